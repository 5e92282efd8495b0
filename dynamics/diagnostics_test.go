package dynamics

import (
	"math"
	"testing"

	"demorl/replay"
	"demorl/rng"
)

// synthetic is predictions of known standard deviations and targets drawn with
// them, times factor.
func synthetic(rows int, factor float64) *heldPredictions {
	p := &heldPredictions{rows: rows, y: make([]float32, rows), mean: [][]float32{make([]float32, rows)}, std: [][]float32{make([]float32, rows)}}
	s := rng.NewStream(rng.Root(21))
	for r := range rows {
		p.mean[0][r], p.std[0][r] = float32(s.Normal()), float32(s.Uniform(0.1, 2))
		p.y[r] = p.mean[0][r] + float32(factor*float64(p.std[0][r])*s.Normal())
	}
	return p
}

func TestCalibrationOfAPerfectGaussianIsPerfect(t *testing.T) {
	c := synthetic(20000, 1).calibrate([]int{0}, 0, 1)
	for i, want := range Coverages {
		if math.Abs(c.coverage[i]-want) > 0.01 {
			t.Errorf("%v interval covers %v", want, c.coverage[i])
		}
	}
	if c.ence > 0.05 {
		t.Errorf("ENCE is %v", c.ence)
	}
	// Entropy: mean of log sigma + 1/2 log(2 pi e), sigma uniform on (0.1, 2).
	want := (2*math.Log(2)-0.1*math.Log(0.1))/1.9 - 1 + 0.5*math.Log(2*math.Pi*math.E)
	if math.Abs(c.nll-want) > 0.02 {
		t.Errorf("NLL is %v, want %v", c.nll, want)
	}
}

func TestCalibrationTellsAnOverconfidentModel(t *testing.T) {
	c := synthetic(20000, 2).calibrate([]int{0}, 0, 1)
	// |N(0, 2)| < 1.96 has probability erf(0.98/sqrt 2).
	if want := math.Erf(0.979982 / math.Sqrt2); math.Abs(c.coverage[2]-want) > 0.01 {
		t.Errorf("the 95%% interval covers %v, want %v", c.coverage[2], want)
	}
	if math.Abs(c.ence-1) > 0.05 {
		t.Errorf("ENCE is %v, want 1 for errors twice as large as predicted", c.ence)
	}
}

func TestDiagnoseOfAFittedModel(t *testing.T) {
	e := fitted(t, func(s *Settings) { s.MaxPasses, s.Patience = 300, 100 })
	buf := doubleIntegrator(300, rng.Root(5))
	d := e.Diagnose(buf, rng.Root(6))
	if d.Rows != len(e.holdout.held) || len(d.MSE) != 5 || len(d.MSE[0]) != 3 {
		t.Fatalf("%d rows, %d members", d.Rows, len(d.MSE))
	}
	for i, o := range d.OpenLoop {
		if o.Steps != OpenLoopSteps[i] || o.Segments != min(diagnoseSegments, 300/integratorEpisode*(integratorEpisode+1-o.Steps)) {
			t.Errorf("%+v: a segment crosses the end of an episode or is missing", o)
		}
		if !(o.Error >= 0) || math.IsInf(o.Error, 1) || o.NoChange <= 0 {
			t.Errorf("%+v", o)
		}
	}
	// A model's error over k steps is at most as bad as no model's for a fitted one.
	if last := d.OpenLoop[4]; last.Error > last.NoChange {
		t.Errorf("15 steps: error %v, no change %v", last.Error, last.NoChange)
	}
	if d.Disagreement <= 0 || math.IsNaN(d.NLL) {
		t.Errorf("disagreement %v, NLL %v", d.Disagreement, d.NLL)
	}
}

func TestSegmentsEndWithTheirEpisode(t *testing.T) {
	buf := replay.NewBuffer(10, 1, 1)
	add := func(from, to float32, terminated, truncated bool) {
		buf.Add(replay.Transition{Obs: []float32{from}, Action: []float32{0}, Next: []float32{to}, Terminated: terminated, Truncated: truncated})
	}
	add(0, 1, false, false)
	add(1, 2, true, false)
	add(2, 3, false, true)
	add(3, 4, false, false)
	add(9, 8, false, false) // a reset that nobody flagged
	add(8, 7, false, false)
	want := []int{2, 1, 1, 1, 2, 1}
	for i, n := range runLengths(buf) {
		if n != want[i] {
			t.Errorf("row %d starts a run of %d rows, want %d", i, n, want[i])
		}
	}
}
