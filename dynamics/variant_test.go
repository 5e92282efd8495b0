package dynamics

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"demorl/internal/wire"
	"demorl/par"
	"demorl/rng"
)

// variantGolden is what oracle/golden_variant.py wrote.
type variantGolden struct {
	Network struct {
		Members, Obs, Act, Rows int
		Hidden                  []int
		Epsilon, Decay          []float64
		NoiseDecay              float64 `json:"noise_decay"`
		Rate                    float64
		Params                  [][]float32
		LogStd                  [][]float64 `json:"log_std"`
		X, Y, W                 []float32
		Steps                   []struct {
			Loss       []float64
			Grad       [][]float64
			LogStdGrad [][]float64 `json:"log_std_grad"`
			Params     [][]float64
			LogStd     [][]float64 `json:"log_std"`
		}
	}
	Tests []struct {
		Now, Best []float64
		P         float64
	}
}

func readVariantGolden(t *testing.T) variantGolden {
	t.Helper()
	text, err := os.ReadFile("testdata/variant.json")
	if err != nil {
		t.Fatal(err)
	}
	var g variantGolden
	if err := json.Unmarshal(text, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// variant gives s the form of method.md C.11, at s's sizes.
func variant(s *Settings) {
	s.Variance, s.Norm, s.NormEpsilon, s.Dropout = VarianceConstant, NormLayer, []float64{1, 0.1}, []float64{0.0075, 0.005}
	s.Optimizer, s.FreshOptimizer, s.Rows, s.TargetNorm = OptimizerAdamW, true, RowsWeights, true
	s.Stop, s.Patience, s.MaxPasses, s.PassBatches = StopTest, 5, 0, 6
}

// method.md C.11: losses, all gradients and three AdamW steps.
func TestTheVariantAgreesWithTorch(t *testing.T) {
	g := readVariantGolden(t).Network
	s := DefaultSettings()
	variant(&s)
	s.Members, s.Elites, s.Hidden, s.Decay, s.Batch, s.Rate, s.NoiseDecay = g.Members, 1, g.Hidden, g.Decay, g.Rows, g.Rate, g.NoiseDecay
	s.NormEpsilon, s.Dropout = g.Epsilon, nil
	e := mustNew(t, s, g.Obs, g.Act, 1)
	f := newFitter(e)
	in, outputs := e.net.In(), e.Outputs()
	for m := range g.Members {
		copy(e.net.Member(m), g.Params[m])
		copy(e.noise.at[m], g.LogStd[m])
	}
	e.net.PackAll()
	for k, want := range g.Steps {
		for m := range g.Members {
			x, y, w := g.X[m*g.Rows*in:(m+1)*g.Rows*in], g.Y[m*g.Rows*outputs:(m+1)*g.Rows*outputs], g.W[m*g.Rows:(m+1)*g.Rows]
			part := share{member: m, upper: make([]float64, outputs), lower: make([]float64, outputs)}
			grad := f.lanes[0].grad
			f.gradient(f.lanes[0], &part, grad, x, y, w, g.Rows, g.Rows)
			loose := 1.0
			if m == 1 { // whose output below the floor has the precision 2e6, which magnifies the rounding of means
				loose = 10
			}
			near(t, "loss", part.loss, want.Loss[m], loose*math.Abs(want.Loss[m]))
			for i, v := range want.Grad[m] {
				near(t, "gradient", float64(grad[i]), v, loose*max(1, math.Abs(v)))
			}
			for d, v := range want.LogStdGrad[m] {
				near(t, "gradient by a log standard deviation", part.upper[d], v, loose*max(1, math.Abs(v)))
			}
			e.adam.Step(e.net, m, grad, s.Decay)
			e.noise.step(m, part.upper)
			for i, v := range want.Params[m] {
				if math.Abs(float64(e.net.Member(m)[i])-v) > 2e-5 {
					t.Fatalf("step %d, member %d: parameter %d is %v, want %v", k, m, i, e.net.Member(m)[i], v)
				}
			}
			for d, v := range want.LogStd[m] {
				near(t, "log standard deviation", e.noise.at[m][d], v, 2)
			}
		}
	}
}

func TestThePairedTestAgreesWithScipy(t *testing.T) {
	for _, c := range readVariantGolden(t).Tests {
		if got := pairedP(c.Now, c.Best); math.Abs(got-c.P) > 1e-9 {
			t.Errorf("%d rows: p %.12g, want %.12g", len(c.Now), got, c.P)
		}
	}
	// From 1000 rows on normal: z = 2.
	now, best := make([]float64, 1001), make([]float64, 1001)
	for i := range now {
		now[i] = float64(i%2)*2 - 1 // alternating, the last one below
	}
	shift := 2 * math.Sqrt(1001.0/1000) / math.Sqrt(1001)
	for i := range best {
		best[i] = shift
	}
	if got, want := pairedP(now, best), 0.5*math.Erfc(2/math.Sqrt2); math.Abs(got-want) > 3e-3 {
		t.Errorf("p %g, want about %g", got, want)
	}
	if p := pairedP(best, best); !math.IsNaN(p) {
		t.Errorf("of equal scores p is %g, want no number", p)
	}
}

// Row weights are those of the golden's loss with variances that depend on the
// input, too: a row of weight 2 counts as two rows.
func TestAWeightCountsARowThatOften(t *testing.T) {
	e := mustNew(t, smallSettings(), 2, 1, 1)
	f := newFitter(e)
	x, y := random(4*3, rng.Root(1)), random(4*3, rng.Root(2))
	twice := append(slices.Clone(x), x[3:6]...)
	yTwice := append(slices.Clone(y), y[3:6]...)
	run := func(x, y, w []float32, rows int) (share, []float32) {
		part := share{upper: make([]float64, 3), lower: make([]float64, 3)}
		grad := make([]float32, e.net.MemberSize())
		f.gradient(f.lanes[0], &part, grad, x, y, w, rows, 4)
		return part, grad
	}
	a, gradA := run(x, y, []float32{1, 2, 1, 1}, 4)
	b, gradB := run(twice, yTwice, nil, 5)
	near(t, "loss", a.loss, b.loss, 1)
	for i := range gradA {
		near(t, "gradient", float64(gradA[i]), float64(gradB[i]), 1)
	}
	for d := range a.upper {
		near(t, "gradient by a bound", a.upper[d], b.upper[d], 1)
	}
}

// Weights are exponential of mean 1, stay with a row as the buffer grows, and
// differ from member to member.
func TestRowWeightsStayWithTheirRows(t *testing.T) {
	s := smallSettings()
	variant(&s)
	s.MaxPasses = 1
	e := mustNew(t, s, 2, 1, 1)
	buf := doubleIntegrator(3000, rng.Root(4))
	mustFit(t, e, buf, 0)
	f := e.fit
	sum, square := 0.0, 0.0
	for j := range f.train {
		w := float64(f.weight(1, j))
		sum += w
		square += w * w
	}
	n := float64(len(f.train))
	if mean, second := sum/n, square/n; math.Abs(mean-1) > 0.1 || math.Abs(second-2) > 0.4 {
		t.Errorf("weights have mean %g and second moment %g, want 1 and 2", mean, second)
	}
	before := map[int32]float32{}
	for j, row := range f.train {
		before[row] = f.weight(1, j)
	}
	for i := range 500 {
		buf.Add(doubleIntegrator(500, rng.Root(9)).Row(i))
	}
	mustFit(t, e, buf, 1)
	kept := 0
	for j, row := range e.fit.train { // a ring of 3000: every row is now 500 places earlier
		if w, ok := before[row+500]; ok {
			if kept++; w != e.fit.weight(1, j) {
				t.Fatalf("a row's weight changed from %g to %g", w, e.fit.weight(1, j))
			}
		}
	}
	if kept < 1000 || e.fit.weight(0, 5) == e.fit.weight(1, 5) {
		t.Errorf("%d rows are kept; weights of two members %g and %g", kept, e.fit.weight(0, 5), e.fit.weight(1, 5))
	}
}

// A fit learns, ends by its rule, and gives the same bits for any number of
// workers and after a restore in between; also with an odd number of members,
// one of which is shared.
func TestTheVariantFitsAndResumesBitForBit(t *testing.T) {
	var want []byte
	buf := doubleIntegrator(1500, rng.Root(5))
	for _, workers := range []int{1, 3} {
		s := smallSettings()
		variant(&s)
		pool := par.New(workers)
		e, err := New(s, 2, 1, rng.Root(1), pool)
		if err != nil {
			t.Fatal(err)
		}
		first := mustFit(t, e, buf, 0)
		if workers == 3 {
			r := wire.NewReader(e.AppendState(nil))
			if e, err = New(s, 2, 1, rng.Root(77), pool); err != nil {
				t.Fatal(err)
			}
			e.key = rng.Root(1)
			if e.ReadState(r); r.Err() != nil {
				t.Fatal(r.Err())
			}
		}
		second := mustFit(t, e, buf, 1)
		pool.Close()
		patience, most := s.passes(3)
		if patience != 5 || most != 25 || first.Passes > most || first.Steps != 6*first.Passes || !(first.HoldError[0] < 0.5*first.StartError[0]) {
			t.Errorf("first fit: %+v", first)
		}
		if e.fit.test.best[0] != e.fit.test.scores[0] { // the restored weights are those that were saved
			t.Error("the fit does not end with what it saved")
		}
		got := e.AppendState(nil)
		if want == nil {
			want = got
		} else if !bytes.Equal(got, want) {
			t.Errorf("%d workers and a restore give another state (%d passes)", workers, second.Passes)
		}
	}
}

// What a member predicts: its mean and its own constant deviation, in the task's units.
func TestAConstantVarianceIsPredictedEverywhere(t *testing.T) {
	e := fitted(t, func(s *Settings) { variant(s) })
	obs, action := random(2*40, rng.Root(1)), random(40, rng.Root(2))
	mean, std := make([]float32, 40*3), make([]float32, 40*3)
	for _, m := range e.elites {
		e.Predict(m, obs, action, 40, mean, std)
		for i, got := range std {
			d := i % 3
			want := math.Exp(e.noise.at[m][d]) * float64(e.targets.Std[d])
			if math.Abs(float64(got)-want) > 1e-5*want {
				t.Fatalf("member %d, output %d: deviation %g, want %g", m, d, got, want)
			}
		}
	}
}

func TestEveryFaultOfTheVariantIsSaid(t *testing.T) {
	s := DefaultSettings()
	s.Optimizer, s.Norm, s.Variance, s.Stop, s.Rows = "sgd", "batch", "none", "never", "all"
	s.Dropout, s.NoiseDecay, s.PassBatches, s.StopSave, s.StopGoOn = []float64{1}, -1, -1, 0, 2
	err := s.Validate()
	for _, name := range []string{"optimizer", "norm", "variance", "stop", "rows", "dropout", "dropout[0]", "noise_decay", "pass_batches", "stop_save", "stop_go_on"} {
		if err == nil || !strings.Contains(err.Error(), name+" is ") {
			t.Errorf("no fault names %s: %v", name, err)
		}
	}
	s = DefaultSettings()
	s.Norm, s.NormEpsilon, s.Stop, s.Members, s.Elites = NormLayer, []float64{1}, StopTest, 1, 1
	err = s.Validate()
	for _, name := range []string{"norm_epsilon is [1]", "members is 1"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("no fault says %q: %v", name, err)
		}
	}
	// A test of one row has no p-value, so that no fit would keep anything; and a
	// step of AdamW with so large a decay turns the signs of all parameters.
	s = DefaultSettings()
	s.Stop, s.HoldoutMax, s.Optimizer, s.Decay[2] = StopTest, 1, OptimizerAdamW, 2000
	err = s.Validate()
	for _, name := range []string{"holdout_max is 1", "decay[2] is 2000"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("no fault says %q: %v", name, err)
		}
	}
}
