package dynamics

import (
	"math"
	"testing"

	"demorl/replay"
	"demorl/rng"
)

// Predictions with the true standard deviations: the figures are what a
// Gaussian has.
func TestQualityOfAPerfectGaussian(t *testing.T) {
	const rows = 20000
	e := &Ensemble{settings: Settings{Members: 1}, obsDim: 2, elites: []int{0}}
	p := &heldPredictions{rows: rows, y: make([]float32, 3*rows), mean: [][]float32{make([]float32, 3*rows)}, std: [][]float32{make([]float32, 3*rows)}}
	s := rng.NewStream(rng.Root(22))
	for i := range p.y {
		sigma := float64(i%3) + 0.5 // of the outputs
		p.mean[0][i], p.std[0][i] = float32(s.Normal()), float32(sigma)
		p.y[i] = p.mean[0][i] + float32(sigma*s.Normal())
	}
	var q Quality
	e.assessSteps(&q, p, nil)
	for o, out := range q.Outputs {
		sigma := float64(o) + 0.5
		if math.Abs(out.RMSE/sigma-1) > 0.02 || math.Abs(out.Predicted/sigma-1) > 1e-4 || math.Abs(out.Spread/math.Sqrt(1+sigma*sigma)-1) > 0.02 {
			t.Errorf("output %d: %+v, want error %v", o, out, sigma)
		}
		if want := 1 - sigma*sigma/(1+sigma*sigma); math.Abs(out.R2-want) > 0.02 {
			t.Errorf("output %d: R2 %v, want %v", o, out.R2, want)
		}
		for i, want := range Coverages {
			if math.Abs(out.Coverage[i]-want) > 0.01 {
				t.Errorf("output %d: the %v interval covers %v", o, want, out.Coverage[i])
			}
		}
	}
	if want := (1.5/math.Sqrt(1+2.25) + 2.5/math.Sqrt(1+6.25)) / 2; math.Abs(q.Mean.RMSE-want) > 0.02 || math.Abs(q.Mean.Spread-1) > 1e-12 {
		t.Errorf("mean over observations %+v, want error %v", q.Mean, want)
	}
}

// Other rows are judged in the units of the first ones, and a target that never
// varies has neither spread nor unit.
func TestQualityInTheUnitsOfAnother(t *testing.T) {
	e := &Ensemble{settings: Settings{Members: 1}, obsDim: 1, elites: []int{0}}
	rows := func(y ...float32) *heldPredictions {
		p := &heldPredictions{rows: len(y) / 2, y: y, mean: [][]float32{make([]float32, len(y))}, std: [][]float32{make([]float32, len(y))}}
		for i := range y {
			p.std[0][i] = 1
		}
		return p
	}
	var first, second Quality
	e.assessSteps(&first, rows(0.1, -2, 0.1, 2, 0.1, -2), nil)
	e.assessSteps(&second, rows(3, 4, 5, 4), &first)
	if r := first.Outputs[0]; r.Spread != 0 || r.Unit != 0 || r.R2 != 0 {
		t.Errorf("a constant reward has %+v", r)
	}
	unit := math.Sqrt(32. / 9)
	if o := second.Outputs[1]; math.Abs(o.Unit-unit) > 1e-12 || o.Spread != 0 || math.Abs(second.Mean.RMSE-4/unit) > 1e-12 {
		t.Errorf("%+v and mean %+v, want unit %v and error 4", o, second.Mean, unit)
	}
}

// The open-loop error by coordinate against a replay by hand through Predict.
func TestOpenLoopByCoordinate(t *testing.T) {
	e := fitted(t, nil)
	buf := doubleIntegrator(integratorEpisode, rng.Root(9))
	const steps = integratorEpisode // the whole episode: one segment
	q, err := e.Assess(buf, []int32{0, 1}, []int{steps, steps + 1}, nil, nil, rng.Root(3))
	if err != nil {
		t.Fatal(err)
	}
	var want, still [2]float64
	last := buf.Row(steps - 1).Next
	for _, m := range e.Elites() {
		obs := append([]float32(nil), buf.Row(0).Obs...)
		mean := make([]float32, 3)
		for i := range steps {
			e.Predict(m, obs, buf.Row(i).Action, 1, mean, nil)
			obs[0], obs[1] = obs[0]+mean[1], obs[1]+mean[2]
		}
		for j := range want {
			d := float64(obs[j]-last[j]) / float64(e.Inputs().Std[j])
			want[j] += d * d / 3
			d = float64(buf.Row(0).Obs[j]-last[j]) / float64(e.Inputs().Std[j])
			still[j] = d * d
		}
	}
	got := q.OpenLoop[0]
	for j := range want {
		if math.Abs(got.ByDim[j]-math.Sqrt(want[j])) > 1e-6 || math.Abs(got.NoMove[j]-math.Sqrt(still[j])) > 1e-6 {
			t.Errorf("coordinate %d: %v and %v, want %v and %v", j, got.ByDim[j], got.NoMove[j], math.Sqrt(want[j]), math.Sqrt(still[j]))
		}
	}
	if all := math.Sqrt((want[0] + want[1]) / 2); got.Segments != 1 || math.Abs(got.Error-all) > 1e-6 {
		t.Errorf("%+v, want error %v on one segment", got, all)
	}
	if q.OpenLoop[1].Segments != 0 {
		t.Errorf("a segment longer than the episode: %+v", q.OpenLoop[1])
	}
}

// right ends the toy's episodes on the right.
type right struct{}

func (right) Terminal(obs []float32, done []bool) {
	for r := range done {
		done[r] = obs[2*r] > 0.5
	}
}

// A good model with the task's rule predicts the recorded ends, except for
// those within its error of the edge; with a wrong rule the counts say so.
func TestDiagnosedTerminationComesFromThePredictedState(t *testing.T) {
	e := fitted(t, func(s *Settings) { s.MaxPasses, s.Patience = 300, 100 })
	buf, ends := replay.NewBuffer(300, 2, 1), 0
	from := doubleIntegrator(300, rng.Root(5))
	var rows []int32
	for i := range from.Len() {
		row := from.Row(i)
		if row.Terminated = row.Next[0] > 0.5; row.Terminated {
			ends++
		}
		buf.Add(row)
		rows = append(rows, int32(i))
	}
	q, err := e.Assess(buf, rows, nil, right{}, nil, rng.Root(1))
	if err != nil {
		t.Fatal(err)
	}
	if got := q.Termination; got.Ends != ends || got.Precision < 0.95 || got.Recall < 0.95 || q.OutOfRange > 0 {
		t.Errorf("%+v, out of range %v; want %d ends, nearly all predicted", got, q.OutOfRange, ends)
	}
	if q, err = e.Assess(buf, rows, nil, nil, nil, rng.Root(1)); err != nil || q.Termination != (Termination{Ends: ends, Precision: 1}) {
		t.Errorf("without a rule %+v, %v; want %d ends and none predicted", q.Termination, err, ends)
	}
}
