package nn_test

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"demorl/internal/kern"
	"demorl/internal/wire"
	"demorl/nn"
	"demorl/rng"
)

// goldenRenorm is testdata/renorm.json, written by oracle/golden_renorm.py.
type goldenRenorm struct {
	Networks []struct {
		Sizes        []int
		Rows         int
		Warmup       uint64
		Params       []float32
		Running      [2][]float32 // means and variances of all layers
		X, DOut      []float32
		Eval, Train  goldenPass
		RunningAfter [2][]float64 `json:"running_after"`
	}
}

type goldenPass struct{ Out, Grad, DIn []float64 }

func TestBatchRenormalisationAgreesWithTorch(t *testing.T) {
	data, err := os.ReadFile("testdata/renorm.json")
	if err != nil {
		t.Fatal(err)
	}
	var stored goldenRenorm
	if err := json.Unmarshal(data, &stored); err != nil {
		t.Fatal(err)
	}
	if len(stored.Networks) == 0 {
		t.Fatal("the goldens have no networks")
	}
	for _, g := range stored.Networks {
		n := nn.New(nn.Spec{Members: 2, Sizes: g.Sizes, Hidden: kern.ReLU, Trained: true, Renorm: true, RenormWarmup: g.Warmup})
		const m = 1 // the other member is not looked at
		copy(n.Member(m), g.Params)
		n.PackAll()
		at := 0
		for l := range n.Layers() {
			at += copy(n.RunningMean(m, l), g.Running[0][at:])
			copy(n.RunningVariance(m, l), g.Running[1][at-n.Sizes[l]:])
		}
		tape := n.NewTape(g.Rows + 2)
		allNear(t, "inference", n.Infer(m, tape, g.X, g.Rows), g.Eval.Out, 3e-6)
		for _, pass := range []struct {
			name    string
			forward func(int, *nn.Tape, []float32, int) []float32
			want    goldenPass
		}{{"running statistics", n.Forward, g.Eval}, {"batch statistics", n.ForwardBatch, g.Train}} {
			allNear(t, pass.name+": output", pass.forward(m, tape, g.X, g.Rows), pass.want.Out, 3e-6)
			grad, dIn := make([]float32, n.MemberSize()), make([]float32, len(g.X))
			for i := range grad {
				grad[i] = 1 // Backward adds
			}
			n.Backward(m, tape, g.DOut, grad, dIn)
			for i := range grad {
				grad[i]--
			}
			allNear(t, pass.name+": gradient by parameters", grad, pass.want.Grad, 6e-6)
			allNear(t, pass.name+": gradient by input", dIn, pass.want.DIn, 6e-6)
			n.Gradient(m, tape, g.DOut, grad)
			allNear(t, pass.name+": gradient alone", grad, pass.want.Grad, 6e-6)
		}
		var mean, variance []float32
		for l := range n.Layers() {
			mean, variance = append(mean, n.RunningMean(m, l)...), append(variance, n.RunningVariance(m, l)...)
		}
		allNear(t, "running means", mean, g.RunningAfter[0], 1e-6)
		allNear(t, "running variances", variance, g.RunningAfter[1], 1e-6)
	}
}

// renormed returns a network with batch renormalisation and a batch for it.
func renormed(warmup uint64) (n *nn.Net, x []float32) {
	n = nn.New(nn.Spec{Members: 1, Sizes: []int{4, 8, 5, 2}, Hidden: kern.Tanh, Trained: true, Renorm: true, RenormWarmup: warmup})
	n.InitUniform(rng.Root(3))
	x = make([]float32, 4*40)
	rng.Root(4).Normals(x, 0)
	return n, x
}

// With the running statistics a row's output does not depend on the others, and
// after many equal batches both kinds of statistics give the same.
func TestRunningStatisticsComeToAgreeWithTheBatchs(t *testing.T) {
	n, x := renormed(1 << 60)
	tape := n.NewTape(40)
	var batch []float32
	for range 3000 {
		batch = n.ForwardBatch(0, tape, x, 40)
	}
	batch = slices.Clone(batch)
	all := slices.Clone(n.Infer(0, tape, x, 40))
	for i := range all {
		if math.Abs(float64(all[i]-batch[i])) > 1e-4 {
			t.Fatalf("number %d is %g with running statistics and %g with the batch's", i, all[i], batch[i])
		}
	}
	for r := range 40 {
		if alone := n.Infer(0, tape, x[4*r:4*r+4], 1); !slices.Equal(alone, all[2*r:2*r+2]) {
			t.Fatalf("row %d is %v alone and %v among others", r, alone, all[2*r:2*r+2])
		}
	}
}

// Rows that Keep drops take no part in the way back.
func TestKeepDropsRowsOfAPassWithRunningStatistics(t *testing.T) {
	n, x := renormed(0)
	tape := n.NewTape(40)
	n.ForwardBatch(0, tape, x, 40)
	ones := slices.Repeat([]float32{1}, 80)
	all, kept := make([]float32, len(x)), make([]float32, 8)
	n.Forward(0, tape, x, 40)
	n.Backward(0, tape, ones, nil, all)
	n.Forward(0, tape, x, 40)
	tape.Keep([]int32{7, 31})
	n.Backward(0, tape, ones[:4], nil, kept)
	if !slices.Equal(kept[:4], all[28:32]) || !slices.Equal(kept[4:], all[124:128]) {
		t.Errorf("kept rows have gradients %v, want %v and %v", kept, all[28:32], all[124:128])
	}
	defer func() {
		if recover() == nil {
			t.Error("Keep takes rows of a batch whose statistics bind them together")
		}
	}()
	n.ForwardBatch(0, tape, x, 40)
	tape.Keep([]int32{0})
}

func TestRunningStatisticsAreSavedAndNothingIsAllocated(t *testing.T) {
	n, x := renormed(2)
	tape := n.NewTape(40)
	grad, dOut := make([]float32, n.MemberSize()), make([]float32, 80)
	if got := testing.AllocsPerRun(5, func() {
		n.ForwardBatch(0, tape, x, 40)
		n.Gradient(0, tape, dOut, grad)
		n.Infer(0, tape, x, 40)
	}); got != 0 {
		t.Errorf("passes allocate %g times", got)
	}
	other, _ := renormed(2)
	saved := n.AppendState(nil)
	r := wire.NewReader(saved)
	if other.ReadState(r); r.Err() != nil {
		t.Fatal(r.Err())
	}
	a, b := slices.Clone(n.ForwardBatch(0, tape, x, 40)), other.ForwardBatch(0, other.NewTape(40), x, 40)
	if !slices.Equal(a, b) || !slices.Equal(n.AppendState(nil), other.AppendState(nil)) {
		t.Error("a restored network goes on differently")
	}
	r = wire.NewReader(saved[:len(saved)-3])
	if other.ReadState(r); r.Err() == nil {
		t.Error("a cut state is taken")
	}
}
