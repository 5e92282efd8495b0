package mpc

import (
	"context"
	"slices"
	"testing"

	"demorl/rng"
	"demorl/rollout"
)

// cutPlan plans with one worker in blocks of 128 candidates and cancels when the
// second iteration has finished so many of its candidates, 0 or 128; less than 0
// lets it be. It returns what every iteration's candidates did, in their order.
func cutPlan(t *testing.T, s Settings, finished int, seed uint64) (Result, [][]try) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var passes [][]try
	last := int32(-1)
	w := oneShot(1, func(u []float32) float64 { return -float64(u[0]-0.3) * float64(u[0]-0.3) })
	plain := w.step
	w.step = func(r row, h int, x, u, next []float32) (float32, rollout.Fate) {
		if r.candidate <= last || len(passes) == 0 {
			passes = append(passes, nil)
		}
		last = r.candidate
		reward, fate := plain(r, h, x, u, next)
		now := len(passes) - 1
		passes[now] = append(passes[now], try{u[0], float64(reward)})
		if done := len(passes[now]); finished == 0 && now == 0 && done == s.Samples || finished > 0 && now == 1 && done == finished {
			cancel()
		}
		return reward, fate
	}
	p := newPlanner(t, s, w, Deps{}, 1)
	r := p.Plan(ctx, rollout.Start{Obs: []float32{0}}, rng.Root(seed))
	feasible(t, r)
	return r, passes
}

// try is what one candidate did and earned.
type try struct {
	u     float32
	score float64
}

func best(tries []try) try {
	return slices.MaxFunc(tries, func(a, b try) int {
		if a.score < b.score {
			return -1
		}
		return 1
	})
}

// method.md B.10: an iteration that the end of time cuts is discarded, and what
// was finished of it competes with the best of the one before; it never takes
// its place.
func TestTheAnswerOfACutIterationIsNoWorseThanThatOfTheOneBefore(t *testing.T) {
	s := CEM()
	s.Horizon, s.Samples, s.Elites, s.Iterations, s.Sigma, s.Covariance, s.Answer = 1, 640, 20, 3, 1, CovFixed, AnswerLastBest
	before, within := 0, 0
	for seed := range uint64(20) {
		// Between two iterations: the best of the complete one.
		r, passes := cutPlan(t, s, 0, seed)
		if want := best(passes[0]); r.Iterations != 1 || r.Candidates != 640 || r.Action[0] != want.u {
			t.Fatalf("cut between iterations, %d done: answered %g, the best of the last one was %g", r.Iterations, r.Action[0], want.u)
		}
		// Within the second: the best of both.
		r, passes = cutPlan(t, s, 128, seed)
		one, two := best(passes[0]), best(passes[1])
		if len(passes[1]) != 128 || r.Iterations != 1 {
			t.Fatalf("%d candidates of the cut iteration, %d iterations", len(passes[1]), r.Iterations)
		}
		want := one
		if two.score > one.score {
			want = two
			within++
		} else {
			before++
		}
		if r.Action[0] != want.u {
			t.Errorf("seed %d: answered %g; the best was %g of the complete iteration, %g of the cut one", seed, r.Action[0], one.u, two.u)
		}
	}
	if before == 0 || within == 0 {
		t.Errorf("the best was %d times of the complete iteration and %d times of the cut one: the test shows nothing", before, within)
	}
}

// A candidate is drawn by its weight among those of the last complete iteration.
func TestACutIterationIsNotDrawnFrom(t *testing.T) {
	s := CEM()
	s.Horizon, s.Samples, s.Elites, s.Sigma, s.Answer = 1, 640, 20, 1, AnswerSample
	for seed := range uint64(5) {
		s.Iterations = 1
		whole, _ := cutPlan(t, s, -1, seed)
		s.Iterations = 3
		for _, finished := range []int{0, 128} {
			if r, _ := cutPlan(t, s, finished, seed); r.Iterations != 1 || r.Reason != Cancelled || r.Action[0] != whole.Action[0] {
				t.Errorf("seed %d, %d candidates of the second iteration: answered %g, of the first alone it is %g", seed, finished, r.Action[0], whole.Action[0])
			}
		}
	}
}

// The mean that an earlier iteration left was never scored; its best candidate was.
func TestWhereTheLastIterationIsAllBadTheAnswerIsOfTheOneBefore(t *testing.T) {
	for _, answer := range []string{AnswerBest, AnswerLastBest, AnswerSample} {
		s := CEM()
		s.Horizon, s.Samples, s.Elites, s.Sigma, s.Answer = 1, 40, 5, 1, answer
		s.Iterations = 1
		good := oneShot(1, func(u []float32) float64 { return -float64(u[0] * u[0]) })
		alone := newPlanner(t, s, good, Deps{}, 1).Plan(nil, rollout.Start{Obs: []float32{0}}, rng.Root(3))
		s.Iterations = 2
		w, steps := good, 0
		w.step = func(r row, h int, x, u, next []float32) (float32, rollout.Fate) {
			reward, fate := good.step(r, h, x, u, next)
			if steps++; steps > s.Samples {
				fate = rollout.NonFinite
			}
			return reward, fate
		}
		r := newPlanner(t, s, w, Deps{}, 1).Plan(nil, rollout.Start{Obs: []float32{0}}, rng.Root(3))
		if !r.Degenerate || r.Source != FromPlan || r.Action[0] != alone.Action[0] {
			t.Errorf("%s: degenerate %t, answered %g from %s, want %g", answer, r.Degenerate, r.Action[0], r.Source, alone.Action[0])
		}
	}
}

// Before an iteration is complete the answer is the shifted plan (method.md B.10),
// with what the policy's rollout has put into it.
func TestACutFirstIterationLeavesThePolicysPartOfThePlan(t *testing.T) {
	const steps = 4
	good := integrator(2)
	start := startsAt(1, 2, 5)[0]
	// follow continues plan by the policy's mean actions along the true model.
	follow := func(plan []float32) []float32 {
		x, next, u := slices.Clone(start.Obs), make([]float32, 2), make([]float32, 1)
		for h := range steps {
			if h == len(plan) {
				poor.Act(x, 1, nil, nil, u)
				plan = append(plan, u[0])
			}
			good.step(row{}, h, x, plan[h:h+1], next)
			copy(x, next)
		}
		return plan
	}
	for _, open := range []bool{true, false} {
		s := CEM()
		s.Horizon, s.Samples, s.Proposal = steps, 640, ProposalMean
		if s.Tail = TailPolicy; open {
			s.Shift, s.Tail = ShiftOpen, TailRepeat
		}
		ctx, cancel := context.WithCancel(context.Background())
		ends, w := false, good
		w.step = func(r row, h int, x, u, next []float32) (float32, rollout.Fate) {
			if ends && r.candidate == 5 {
				cancel()
			}
			return good.step(r, h, x, u, next)
		}
		p := newPlanner(t, s, w, Deps{NewActor: poor.actor}, 1)
		want := []float32{}
		if !open {
			before := p.Plan(ctx, start, rng.Root(1))
			want = append(want, before.Sequence[1:]...)
		}
		want, ends = follow(want), true
		r := p.Plan(ctx, start, rng.Root(2))
		if r.Iterations != 0 || r.Source != FromShifted || len(r.Sequence) != steps {
			t.Fatalf("%d iterations, answered from %s", r.Iterations, r.Source)
		}
		for h, u := range r.Sequence {
			near(t, s.Shift, float64(u), float64(want[h]), 1e-6)
		}
		near(t, "the action", float64(r.Action[0]), float64(want[0]), 1e-6)
	}
}
