package mpc

import (
	"context"
	"math"
	"strings"
	"testing"

	"demorl/internal/par"
	"demorl/rng"
	"demorl/rollout"
)

// TestNoActionMovesFasterThanItsRate watches every action that a world is asked
// for and every answer, for rolled plans and plans around a policy that jumps.
func TestNoActionMovesFasterThanItsRate(t *testing.T) {
	rates := []float64{0.3, 0.05}
	policy := linear{gain: []float32{3, 0, 0, -2}, obs: 2, act: 2, std: 0.8}
	step := integrator(2).step
	for name, change := range map[string]func(*Settings){
		"cem":    func(s *Settings) { *s = CEM() },
		"icem":   func(s *Settings) { *s = ICEM() },
		"zero":   func(s *Settings) { *s = PETS(); s.StepMean = 0.5 },
		"loop":   func(s *Settings) { *s = LOOP() },
		"closed": func(s *Settings) { *s = MDeMoRL() },
		"step":   func(s *Settings) { *s = MDeMoRL(); s.StepMean = 0.5; s.Iterations = 2 },
		"first":  func(s *Settings) { *s = MDeMoRL(); s.PlanForm = PlanFirstParticle },
		"full":   func(s *Settings) { *s = CEM(); s.Distribution = DistributionFull },
	} {
		var s Settings
		change(&s)
		s.Horizon, s.Sigma, s.Rate, s.Particles = 5, 2, rates, min(s.Particles, 2)
		s.Value = ValueNone
		last := map[row][]float32{}
		var sent []float32
		w := world{2, 2, func(r row, h int, x, u, next []float32) (float32, rollout.Fate) {
			before := last[r]
			if h == 0 {
				before = sent
			}
			for j := range u {
				if before != nil && !(math.Abs(float64(u[j]-before[j])) <= rates[j]+1e-6) {
					t.Errorf("%s: joint %d moves from %g to %g at step %d", name, j, before[j], u[j], h)
				}
			}
			last[r] = append([]float32(nil), u...)
			return step(r, h, x, u, next)
		}}
		if s.PolicySamples > 0 { // rollouts of the bare policy are no candidates
			s.PolicySamples, s.Shift = 0, ShiftRoll
		}
		p := newPlanner(t, s, w, Deps{NewActor: policy.actor}, 1)
		within := func(what string, seq, from []float32) {
			for i, u := range seq {
				before := from
				if i >= 2 {
					before = seq[i-2:]
				} else if from == nil {
					continue
				} else {
					before = from[i:]
				}
				if !(math.Abs(float64(u-before[0])) <= rates[i%2]+1e-6) {
					t.Errorf("%s: %s moves from %g to %g", name, what, before[0], u)
				}
			}
		}
		for i, st := range startsAt(6, 2, 9) {
			clear(last)
			if i == 3 {
				sent = []float32{-0.9, 0.4}
				p.Sent(sent)
			}
			ctx := context.Background()
			if i == 5 {
				ctx = cancelled() // the fallback keeps to it too
			}
			r := p.Plan(ctx, st, rng.Root(uint64(i)))
			feasible(t, r)
			within("the answer", r.Action, sent)
			within("the plan", r.Sequence, sent)
			sent = append([]float32(nil), r.Action...)
		}
		sent = nil
		clear(last)
		out := &Plans{}
		if _, err := p.PlanBatch(startsAt(3, 2, 9), rng.Root(1), out); err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			within("a batch's plan", out.Sequence[i*10:(i+1)*10], nil)
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
