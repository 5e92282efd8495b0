package dynamics

import (
	"math"
	"testing"

	"demorl/rollout"
)

// TestDisagreementIsTheElitesSpread recomputes it from Predict.
func TestDisagreementIsTheElitesSpread(t *testing.T) {
	for _, norm := range []bool{false, true} {
		e := fitted(t, func(s *Settings) { s.TargetNorm = norm })
		l := e.World(WorldOptions{Propagation: Fixed}).NewLane(300).(*Lane)
		b, starts := crowd(50, 3, 2)
		if err := l.Begin(b, starts); err != nil {
			t.Fatal(err)
		}
		was := make([]rollout.Fate, b.Rows)
		was[7] = rollout.Terminated
		out := make([]float32, b.Rows)
		out[7] = -1
		l.Disagreement(b, was, out)
		means := make([][]float32, len(e.elites))
		for i, m := range e.elites {
			means[i] = make([]float32, b.Rows*3)
			e.Predict(m, b.Obs, b.Action, b.Rows, means[i], nil)
		}
		for r := range b.Rows {
			want := 0.0
			for d := 1; d < 3; d++ {
				mean, variance := 0.0, 0.0
				for i := range means {
					mean += float64(means[i][r*3+d]) / 3
				}
				for i := range means {
					x := float64(means[i][r*3+d]) - mean
					variance += x * x / 3
				}
				want += math.Sqrt(variance) / (float64(e.span.high[d-1]-e.span.low[d-1]) / 1.4) / 2
			}
			if r == 7 {
				want = -1
			}
			if d := math.Abs(float64(out[r]) - want); !(d <= 1e-4*math.Abs(want)) {
				t.Fatalf("row %d: disagreement %g, want %g", r, out[r], want)
			}
		}
		if n := testing.AllocsPerRun(3, func() { l.Disagreement(b, was, out) }); n != 0 {
			t.Errorf("allocates %g times", n)
		}
	}
}

func TestDisagreementGrowsAwayFromTheDataAndIsNoneOfOneElite(t *testing.T) {
	e := fitted(t, nil)
	l := e.World(WorldOptions{}).NewLane(4).(*Lane)
	b := rollout.NewBlock(2, 2, 1)
	b.Rows = 2
	copy(b.Obs, []float32{0.1, 0.1, 40, -40})
	was, out := make([]rollout.Fate, 2), make([]float32, 2)
	l.Disagreement(b, was, out)
	if !(out[1] > 3*out[0] && out[0] > 0) {
		t.Errorf("disagreement %g within the data and %g far outside", out[0], out[1])
	}
	one := fitted(t, func(s *Settings) { s.Elites = 1 })
	one.World(WorldOptions{}).NewLane(4).(*Lane).Disagreement(b, was, out)
	if out[0] != 0 || out[1] != 0 {
		t.Errorf("one elite disagrees with itself by %v", out)
	}
}
