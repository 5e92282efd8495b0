package mpc

import (
	"context"
	"math"
	"slices"
	"testing"

	"demorl/rng"
	"demorl/rollout"
)

// limbDeps is deps for more joints than one.
func limbDeps(joints int) Deps {
	d := deps()
	d.NewActor = limbs(joints).actor
	return d
}

// design.md section 5, 5, and method.md B.10: under an observation that is not
// finite every candidate is the worst there is and counted, and the answer is
// the shifted plan's, or the last one where a policy would have to be asked; the
// call after it plans as ever. The tests' policy clips, so that an infinite
// observation gives it a finite action.
func TestAStartThatIsNotFiniteIsCountedAndAnsweredFeasibly(t *testing.T) {
	everyPreset(t, func(t *testing.T, s Settings) {
		for _, joints := range []int{1, 3} {
			if s.PlanForm == PlanParameters && joints > 1 {
				continue // the perturbed policy of the tests has one
			}
			for _, bad := range []float64{math.NaN(), math.Inf(-1)} {
				p := newPlanner(t, s, arm(joints), limbDeps(joints), 1)
				good := startsAt(2, 2, 5)
				before := slices.Clone(p.Plan(context.Background(), good[0], rng.Root(1)).Action)
				r := p.Plan(context.Background(), rollout.Start{Obs: []float32{0.3, float32(bad)}}, rng.Root(2))
				if !r.Degenerate || r.Candidates == 0 || r.Stats.Bad != r.Candidates || r.Stats.NonFinite < r.Candidates {
					t.Errorf("degenerate %v, %d candidates, %d of them bad, %d rollouts not finite", r.Degenerate, r.Candidates, r.Stats.Bad, r.Stats.NonFinite)
				}
				feasible(t, r)
				want, source := before, FromPrevious
				if !s.closed() && s.PlanForm != PlanParameters {
					source, want = FromShifted, nil
					for _, u := range r.Sequence[:joints] {
						want = append(want, min(1, max(-1, u)))
					}
				}
				if math.IsNaN(bad) && (r.Source != source || r.Infeasible != (source == FromPrevious) || !slices.Equal(r.Action, want)) {
					t.Errorf("answered %v from %s, infeasible %v; want %v from %s", r.Action, r.Source, r.Infeasible, want, source)
				}
				r = p.Plan(context.Background(), good[1], rng.Root(3))
				if feasible(t, r); r.Source != FromPlan || r.Degenerate || r.Stats.Bad != 0 {
					t.Errorf("afterwards: answered from %s, %d candidates bad", r.Source, r.Stats.Bad)
				}
			}
		}
	})
}

// Within a batch such a start has no plan, and the others' are as without it.
func TestAStartThatIsNotFiniteIsSkippedAloneInABatch(t *testing.T) {
	everyPreset(t, func(t *testing.T, s Settings) {
		if s.PlanForm == PlanParameters {
			return
		}
		p, starts := newPlanner(t, s, arm(3), limbDeps(3), 1), startsAt(4, 2, 5)
		whole, out := &Plans{}, &Plans{}
		if st, err := p.PlanBatch(starts, rng.Root(1), whole); err != nil || st.Skipped != 0 {
			t.Fatalf("%d skipped, error %v", st.Skipped, err)
		}
		starts[2].Obs[0] = float32(math.NaN())
		st, err := p.PlanBatch(starts, rng.Root(1), out)
		if err != nil || st.Skipped != 1 || out.Length[2] != 0 || st.Bad != st.Candidates/4 {
			t.Errorf("%d skipped, length %d, %d of %d candidates bad, error %v", st.Skipped, out.Length[2], st.Bad, st.Candidates, err)
		}
		for i := range starts {
			for h := range p.h {
				if i != 2 && !slices.Equal(out.At(i, h), whole.At(i, h)) {
					t.Fatalf("plan %d holds %g at step %d, want %g", i, out.At(i, h), h, whole.At(i, h))
				}
			}
		}
	})
}
