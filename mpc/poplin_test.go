package mpc

import (
	"context"
	"slices"
	"strings"
	"testing"

	"demorl/internal/wire"
	"demorl/rng"
	"demorl/rollout"
)

// constant is a policy of one parameter, its action, whatever it observes.
type constant struct{ at float32 }

func (c constant) Act(_ []float32, rows int, _, sample, mean []float32) {
	for r := range rows {
		if sample != nil {
			sample[r] = c.at
		}
		if mean != nil {
			mean[r] = c.at
		}
	}
}

func (c constant) Parameters() int { return 1 }

func (c constant) ActPerturbed(offset, _ []float32, rows int, action []float32) {
	for r := range rows {
		action[r] = c.at + offset[0]
	}
}

// Where a policy's parameter is its action, planning offsets of parameters is
// planning actions, and so is planning residuals of a policy that does nothing:
// the same numbers in every bit, call after call.
func TestPlanningParametersOrResidualsOfATrivialPolicyIsPlanningActions(t *testing.T) {
	plain := POPLINP()
	plain.Samples, plain.Elites, plain.Horizon, plain.Sigma = 60, 8, 5, 0.05 // far from the bounds
	plain.Sampling, plain.PlanForm = SampleClip, PlanMean
	parameters, residuals := plain, plain
	parameters.PlanForm = PlanParameters
	residuals.Shift, residuals.Proposal, residuals.PlanForm = ShiftResidual, ProposalMean, PlanResidualMean
	idle := Deps{
		NewActor:     func(int) rollout.Actor { return constant{} },
		NewPerturbed: func(int) Perturbed { return constant{} },
	}
	p := newPlanner(t, plain, integrator(1), idle, 1)
	for name, s := range map[string]Settings{"parameters": parameters, "residuals": residuals} {
		q := newPlanner(t, s, integrator(1), idle, 2)
		p.Reset()
		for i, start := range startsAt(6, 2, 3) {
			want, got := p.Plan(context.Background(), start, rng.Root(uint64(i))), q.Plan(context.Background(), start, rng.Root(uint64(i)))
			if !slices.Equal(got.Sequence, want.Sequence) || !slices.Equal(got.Action, want.Action) || got.Source != FromPlan {
				t.Fatalf("%s, call %d: %v from %s, want %v", name, i, got.Sequence, got.Source, want.Sequence)
			}
			if want.Action[0] == 0 {
				t.Fatalf("call %d plans nothing", i)
			}
		}
	}
}

// The first action is the moved policy's at the present state, and a policy that
// is the optimum already is not moved far from it.
func TestTheAnswerOfParametersIsTheMovedPolicysAction(t *testing.T) {
	s := POPLINP()
	s.Samples, s.Elites, s.Horizon = 100, 10, 4
	policy := linear{gain: []float32{0.3, 0.2}, obs: 2, act: 1}
	p := newPlanner(t, s, integrator(1), Deps{NewPerturbed: policy.perturbed}, 1)
	for i, start := range startsAt(4, 2, 8) {
		r := p.Plan(context.Background(), start, rng.Root(uint64(i)))
		want := make([]float32, 1)
		policy.ActPerturbed(r.Sequence[:3], start.Obs, 1, want)
		if r.Action[0] != want[0] || len(r.Sequence) != 3*s.Horizon || r.Form != FormParameters {
			t.Errorf("answered %v with %d numbers, want %v", r.Action, len(r.Sequence), want)
		}
	}
}

// A residual plan is carried from call to call: where the world rewards what is
// 0.3 above the policy, the second call begins there.
func TestResidualsAreRolledFromCallToCall(t *testing.T) {
	s := POPLINA()
	s.Samples, s.Elites, s.Horizon, s.Iterations = 200, 20, 4, 1
	s.StepMean, s.Sigma = 1, 0.2
	w := integrator(1)
	w.step = func(_ row, _ int, x, u, next []float32) (float32, rollout.Fate) {
		copy(next, x)
		d := u[0] - 0.4
		return -d * d, rollout.Running
	}
	p := newPlanner(t, s, w, Deps{NewActor: func(int) rollout.Actor { return constant{0.1} }}, 1)
	start := startsAt(1, 2, 1)[0]
	for i := range 6 {
		r := p.Plan(context.Background(), start, rng.Root(uint64(i)))
		near(t, "the mean residual is carried: its first number", float64(r.Sequence[0]), 0.3, 0.2/float64(1+i))
	}
	s.Shift, s.Sampling = ShiftClosed, SampleClip
	q := newPlanner(t, s, w, Deps{NewActor: func(int) rollout.Actor { return constant{0.1} }}, 1)
	q.Plan(context.Background(), start, rng.Root(0))
	if q.shift(q.solo) {
		t.Error("policy_closed carries a plan")
	}
}

func TestWhatParametersAndResidualsCannotDoIsSaid(t *testing.T) {
	for _, c := range []struct {
		spoil func(s *Settings)
		want  string
	}{
		{func(s *Settings) { s.Shift = ShiftClosed }, "planner.shift is"},
		{func(s *Settings) { s.Tail = TailPolicy }, "planner.tail is"},
		{func(s *Settings) { s.Noise = NoiseColoured }, "planner.noise is"},
		{func(s *Settings) { s.Shift, s.PlanForm = ShiftResidual, PlanMean }, "use plan_form residual_mean"},
		{func(s *Settings) { s.Shift, s.PlanForm, s.Tail = ShiftResidual, PlanResidual, TailPolicy }, "planner.tail is"},
	} {
		s := POPLINP()
		c.spoil(&s)
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
	if _, err := New(POPLINP(), integrator(1), Deps{}, nil); err == nil || !strings.Contains(err.Error(), "learner clone") {
		t.Errorf("without such a policy: %v", err)
	}
}

// uniPlanner plans one offset of a policy of one parameter, the action, for all
// of horizon steps, in a world whose reward at step h is -(u - wants[h])^2 and
// which ends candidates whose action is above 0.9 after the first step.
func uniPlanner(t *testing.T, parameters string, wants []float32, iterations int) *Planner {
	s := POPLINP()
	s.Samples, s.Elites, s.Horizon, s.Iterations, s.Parameters = 400, 20, len(wants), iterations, parameters
	s.StepMean, s.StepCov, s.MinStd = 1, 1, 1e-4
	w := world{1, 1, func(_ row, h int, x, u, next []float32) (float32, rollout.Fate) {
		next[0] = x[0]
		d := u[0] - wants[h]
		if u[0] > 0.9 {
			return -d * d, rollout.Terminated
		}
		return -d * d, rollout.Running
	}}
	return newPlanner(t, s, w, Deps{NewPerturbed: func(int) Perturbed { return constant{} }}, 2)
}

// method.md B.8: of uni the best vector serves all steps together, so that it is
// the mean of what they want; of sep every step gets its own.
func TestUniPlansOneVectorForAllSteps(t *testing.T) {
	wants := []float32{-0.4, 0.1, 0.6}
	start := startsAt(1, 1, 1)[0]
	uni := uniPlanner(t, ParametersUni, wants, 12).Plan(context.Background(), start, rng.Root(1))
	if len(uni.Sequence) != 1 || uni.Length != 1 {
		t.Fatalf("a plan of %d numbers and length %d, want 1", len(uni.Sequence), uni.Length)
	}
	near(t, "the vector of all steps", float64(uni.Sequence[0]), 0.1, 0.01)
	sep := uniPlanner(t, ParametersSep, wants, 12).Plan(context.Background(), start, rng.Root(1))
	for h, want := range wants {
		near(t, "the vector of a step", float64(sep.Sequence[h]), float64(want), 0.06)
	}
}

// With one step to plan there is nothing to tell them apart.
func TestUniAndSepAreTheSameAtHorizonOne(t *testing.T) {
	uni, sep := uniPlanner(t, ParametersUni, []float32{0.3}, 3), uniPlanner(t, ParametersSep, []float32{0.3}, 3)
	start := startsAt(1, 1, 1)[0]
	a, b := uni.Plan(context.Background(), start, rng.Root(4)), sep.Plan(context.Background(), start, rng.Root(4))
	if !slices.Equal(a.Sequence, b.Sequence) || a.Action[0] != b.Action[0] {
		t.Errorf("%v and %v", a.Sequence, b.Sequence)
	}
}

// The vector stays from call to call, also over missed ticks, a change of the
// horizon and a restore, and ends with the episode.
func TestTheVectorOfUniIsCarried(t *testing.T) {
	wants := []float32{-0.4, 0.1, 0.6, 0.3}
	p := uniPlanner(t, ParametersUni, wants, 8)
	start := startsAt(1, 1, 1)[0]
	first := p.Plan(context.Background(), start, rng.Root(1)).Sequence[0]
	carried := func(p *Planner, what string) {
		t.Helper()
		g := p.solo
		g.begin(p, 0, 1)
		if !p.shift(g) || float32(g.mean[0]) != first {
			t.Errorf("%s: the next call starts at %g, want %g", what, g.mean[0], first)
		}
	}
	p.Skip(7)
	carried(p, "after missed ticks")
	if err := p.SetHorizon(2); err != nil || p.Horizon() != 2 {
		t.Fatal(err)
	}
	carried(p, "at another horizon")
	q := uniPlanner(t, ParametersUni, wants, 8)
	r := wire.NewReader(p.AppendState(nil))
	if q.ReadState(r); r.Err() != nil || q.Horizon() != 2 {
		t.Fatal(r.Err())
	}
	carried(q, "restored")
	a, b := p.Plan(context.Background(), start, rng.Root(2)), q.Plan(context.Background(), start, rng.Root(2))
	if a.Sequence[0] != b.Sequence[0] {
		t.Errorf("restored: %g, want %g", b.Sequence[0], a.Sequence[0])
	}
	if n := testing.AllocsPerRun(3, func() { p.Plan(context.Background(), start, rng.Root(2)) }); n != 0 {
		t.Errorf("a plan allocates %g times", n)
	}
	p.Reset()
	p.solo.begin(p, 0, 1)
	if p.shift(p.solo) {
		t.Error("a plan is carried over the end of an episode")
	}
}

// A candidate that ends early counts in the vector with its weight as any other.
func TestAnElitesEarlyEndDoesNotLeaveItOutOfTheVector(t *testing.T) {
	wants := []float32{0.95, -0.95, -0.95} // an end after the first step spares the others
	p := uniPlanner(t, ParametersUni, wants, 15)
	p.s.Sigma = 1 // so that some candidates begin there
	r := p.Plan(context.Background(), startsAt(1, 1, 1)[0], rng.Root(1))
	near(t, "the vector that ends at once", float64(r.Sequence[0]), 0.95, 0.01)
}
