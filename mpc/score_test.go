package mpc

import (
	"context"
	"math"
	"strings"
	"testing"

	"demorl/par"
	"demorl/rng"
	"demorl/rollout"
)

func TestScoresOverParticlesByHand(t *testing.T) {
	x := func() []float64 { return []float64{3, -1, 5, 1} }
	s := Settings{Score: ScoreCVaR}
	for q, want := range map[float64]float64{0.25: -1, 0.5: 0, 0.75: 1, 1: 2, 0.4: (-1 + 0.6*1) / 1.6, 0.1: -1} {
		s.ScoreQ = q
		near(t, "cvar", total(&s, x()), want, 1e-15)
	}
	s = Settings{Score: ScoreMeanMinusKStd, ScoreK: 0.5}
	near(t, "mean minus k std", total(&s, x()), 2-0.5*math.Sqrt(5), 1e-15)
	for _, kind := range []string{ScoreMean, ScoreCVaR, ScoreMeanMinusKStd} {
		s = Settings{Score: kind, ScoreK: 1, ScoreQ: 0.5}
		if got := total(&s, []float64{2, math.Inf(-1), 1}); !math.IsInf(got, -1) {
			t.Errorf("%s of a particle that went bad is %g, want -Inf", kind, got)
		}
		near(t, kind+" of equal particles", total(&s, []float64{7, 7, 7}), 7, 0)
	}
}

// TestRiskAverseScoresPreferTheSafeArm gives two arms: u > 0 earns 1 on average
// with a loss of 2 for every fourth particle, u < 0 earns 0.5 for sure.
func TestRiskAverseScoresPreferTheSafeArm(t *testing.T) {
	w := world{1, 1, func(r row, _ int, _, u, next []float32) (float32, rollout.Fate) {
		next[0] = 0
		switch {
		case u[0] < 0:
			return 0.5, rollout.Running
		case r.particle%4 == 0:
			return -2, rollout.Running
		}
		return 2, rollout.Running
	}}
	for kind, risky := range map[string]bool{ScoreMean: true, ScoreCVaR: false, ScoreMeanMinusKStd: false} {
		s := CEM()
		s.Horizon, s.Particles, s.Score, s.ScoreQ, s.ScoreK = 1, 4, kind, 0.25, 1
		p := newPlanner(t, s, w, Deps{}, 1)
		r := p.Plan(context.Background(), rollout.Start{Obs: []float32{0}}, rng.Root(1))
		if (r.Action[0] > 0) != risky {
			t.Errorf("%s chooses %g", kind, r.Action[0])
		}
	}
}

// doubtful is a world whose models disagree by the first joint's |u| at every step.
type doubtful struct{ world }

func (d doubtful) NewLane(int) rollout.Lane { return d }
func (d doubtful) Disagreement(b *rollout.Block, was []rollout.Fate, out []float32) {
	for r := range b.Rows {
		if was[r] == rollout.Running {
			u := b.Action[r*b.ActDim]
			out[r] = max(u, -u)
		}
	}
}

func TestDisagreementIsPaidForAtEveryStep(t *testing.T) {
	w := doubtful{oneShot(1, func(u []float32) float64 { return float64(u[0]) })}
	s := CEM()
	s.Horizon, s.Iterations, s.Gamma, s.Disagreement, s.Covariance = 3, 1, 0.5, 0.3, CovFixed
	p := newPlanner(t, s, w, Deps{}, 2)
	p.Plan(context.Background(), startsAt(1, 1, 1)[0], rng.Root(1))
	for c := range s.Samples {
		want, d := 0.0, 1.0
		for _, u := range p.solo.cand[c*3 : c*3+3] {
			want += d * (float64(u) - 0.3*math.Abs(float64(u)))
			d /= 2
		}
		near(t, "score", p.solo.info[c].score, want, 1e-6)
	}
	s.Iterations, s.Covariance = 8, CovElite
	for k, want := range map[float64]float64{0.5: 1, 2: 0} { // u - k|u| is best at the bound or at none
		s.Disagreement = k
		q := newPlanner(t, s, w, Deps{}, 1)
		r := q.Plan(context.Background(), startsAt(1, 1, 1)[0], rng.Root(1))
		near(t, "action", float64(r.Action[0]), want, 0.02)
	}
	if _, err := New(s, w.world, Deps{}, par.New(1)); err == nil || !strings.Contains(err.Error(), "planner.disagreement") {
		t.Errorf("a world that cannot tell gives %v", err)
	}
}
