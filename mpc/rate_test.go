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

// rates of the two joints of the world of a watch.
var rates = []float64{0.3, 0.05}

// watch is a world of two joints that complains of every action that leaves the
// reach of the one before, or of the one that was sent before the first.
type watch struct {
	t    *testing.T
	name string
	last map[row][]float32
	sent []float32
}

func (w *watch) world() world {
	step := integrator(2).step
	return world{2, 2, func(r row, h int, x, u, next []float32) (float32, rollout.Fate) {
		before := w.last[r]
		if h == 0 {
			before = w.sent
		}
		if before != nil {
			w.within("a candidate", u, before)
		}
		w.last[r] = append([]float32(nil), u...)
		return step(r, h, x, u, next)
	}}
}

// within checks a sequence of actions that follows from, where that is not nil.
func (w *watch) within(what string, seq, from []float32) {
	w.t.Helper()
	for i, u := range seq {
		var before float32
		switch {
		case i >= 2:
			before = seq[i-2]
		case from == nil:
			continue
		default:
			before = from[i]
		}
		if !(math.Abs(float64(u-before)) <= rates[i%2]+1e-6) {
			w.t.Errorf("%s: %s moves joint %d from %g to %g", w.name, what, i%2, before, u)
		}
	}
}

// TestNoActionMovesFasterThanItsRate watches every action that a world is asked
// for and every answer, for rolled plans and plans around a policy that jumps.
func TestNoActionMovesFasterThanItsRate(t *testing.T) {
	policy := linear{gain: []float32{3, 0, 0, -2}, obs: 2, act: 2, std: 0.8}
	for name, change := range map[string]func(*Settings){
		"cem":    func(s *Settings) { *s = CEM() },
		"icem":   func(s *Settings) { *s = ICEM() },
		"zero":   func(s *Settings) { *s = PETS(); s.StepMean = 0.5 },
		"closed": func(s *Settings) { *s = MDeMoRL() },
		"step":   func(s *Settings) { *s = MDeMoRL(); s.StepMean = 0.5; s.Iterations = 2 },
		"first":  func(s *Settings) { *s = MDeMoRL(); s.PlanForm = PlanFirstParticle },
		"full":   func(s *Settings) { *s = CEM(); s.Distribution = DistributionFull },
	} {
		var s Settings
		change(&s)
		s.Horizon, s.Sigma, s.Rate, s.Particles, s.Value = 5, 2, rates, min(s.Particles, 2), ValueNone
		w := &watch{t: t, name: name, last: map[row][]float32{}}
		p := newPlanner(t, s, w.world(), Deps{NewActor: policy.actor}, 1)
		for i, st := range startsAt(6, 2, 9) {
			clear(w.last)
			if i == 3 {
				w.sent = []float32{-0.9, 0.4}
				p.Sent(w.sent)
			}
			ctx := context.Background()
			if i == 5 {
				ctx = cancelled() // the fallback keeps to it too
			}
			r := p.Plan(ctx, st, rng.Root(uint64(i)))
			feasible(t, r)
			w.within("the answer", r.Action, w.sent)
			w.within("the plan", r.Sequence, w.sent)
			w.sent = append([]float32(nil), r.Action...)
		}
		w.sent = nil
		clear(w.last)
		out := &Plans{}
		if _, err := p.PlanBatch(startsAt(3, 2, 9), rng.Root(1), out); err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			w.within("a batch's plan", out.Sequence[i*10:(i+1)*10], nil)
		}
	}
}

func TestARateThatDoesNotFitTheJointsIsRefused(t *testing.T) {
	s := CEM()
	s.Rate = []float64{0.1, 0.2, 0.3}
	if _, err := New(s, integrator(1), Deps{}, par.New(1)); err == nil || !strings.Contains(err.Error(), "planner.rate") {
		t.Errorf("three rates for one joint give %v", err)
	}
	s = MDeMoRL()
	s.PlanForm, s.Rate = PlanResidual, []float64{0}
	err := s.Validate()
	if err == nil || !strings.Contains(err.Error(), "planner.rate[0] is 0") || !strings.Contains(err.Error(), "plan_form mean") {
		t.Errorf("a rate of 0 under a residual gives %v", err)
	}
}

// What a caller says was sent never makes an answer that no actuator can do
// (method.md B.10).
func TestWhatWasSentLeadsToNoInfeasibleAnswer(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	s := CEM()
	s.Horizon, s.Rate, s.Value = 5, rates, ValueNone
	for _, c := range []struct{ sent, within []float32 }{
		{[]float32{3, -5}, []float32{1, -1}}, {[]float32{-inf, inf}, []float32{-1, 1}}, {[]float32{nan, 0.2}, nil},
	} {
		w := &watch{t: t, name: "sent", last: map[row][]float32{}}
		p := newPlanner(t, s, w.world(), Deps{}, 1)
		p.Sent(c.sent)
		w.sent = c.within
		r := p.Plan(nil, startsAt(1, 2, 9)[0], rng.Root(1))
		feasible(t, r)
		w.within("the answer", r.Action, c.within)
	}
}
