package mpc

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"demorl/rng"
	"demorl/rollout"
)

// toll is a world whose steps take time of a clock: cost a row.
type toll struct {
	world
	pay func(rows int)
}

func (w toll) NewLane(int) rollout.Lane { return w }
func (w toll) Step(b *rollout.Block, h int) error {
	w.pay(b.Rows)
	return w.world.Step(b, h)
}

// until is a context that ends at a moment of a clock of the test's own.
type until struct {
	context.Context
	end time.Time
}

func (u until) Deadline() (time.Time, bool) { return u.end, true }

// TestADeadlineIsKeptToTheStep plans under a clock that only the world's steps
// move: once the planner has seen a step, no call ends after its deadline, and
// the first call is late by at most the step that it could not foresee.
func TestADeadlineIsKeptToTheStep(t *testing.T) {
	for _, row := range []time.Duration{time.Microsecond, 50 * time.Microsecond, time.Millisecond} {
		for _, budget := range []time.Duration{0, time.Nanosecond, time.Millisecond, 10 * time.Millisecond, time.Second} {
			t.Run(fmt.Sprint(row, " a row in ", budget), func(t *testing.T) {
				clock := time.Unix(1000, 0)
				w := toll{integrator(2), func(rows int) { clock = clock.Add(row * time.Duration(rows)) }}
				s := CEM()
				s.Horizon, s.Samples, s.Iterations = 6, 1280, 5000
				p := newPlanner(t, s, w, Deps{}, 1)
				p.now = func() time.Time { return clock }
				iterations, candidates := 0, 0
				for call := range 20 {
					began := clock
					r := p.Plan(until{context.Background(), began.Add(budget)}, startsAt(1, 2, 5)[0], rng.Root(uint64(call)))
					feasible(t, r)
					if r.Reason != Deadline {
						t.Fatalf("call %d ended by %q", call, r.Reason)
					}
					late, allowed := clock.Sub(began)-budget, time.Duration(0)
					if call == 0 {
						allowed = firstRows * row
					}
					if late > allowed {
						// A call that found no room forgets slowly, and may try a step that does not fit.
						if fits := row <= budget; fits || late > row {
							t.Errorf("call %d ended %v after its deadline, want at most %v", call, late, allowed)
						}
					}
					iterations += r.Iterations
					candidates += r.Candidates
				}
				if whole := row * 1280 * 6; budget > 2*whole && iterations < 20*int(budget/whole)/2 {
					t.Errorf("%d iterations in 20 calls with room for %d each", iterations, budget/whole)
				}
				if few := row * 6 * 40; budget > few && candidates < 20 {
					t.Errorf("%d candidates in 20 calls", candidates)
				}
			})
		}
	}
}

// TestTheBestSoFarIsAnsweredWithinTheDeadline lets the deadline fall into the
// first iteration: the answer is the best of the candidates that were finished.
func TestTheBestSoFarIsAnsweredWithinTheDeadline(t *testing.T) {
	clock := time.Unix(1000, 0)
	best, value := float32(0), math.Inf(-1)
	f := oneShot(1, func(u []float32) float64 { return -math.Abs(float64(u[0]) - 0.3) })
	finished := []float32{}
	w := toll{f, nil}
	w.pay = func(rows int) { clock = clock.Add(time.Duration(rows) * time.Microsecond) }
	w.world.step = func(r row, h int, x, u, next []float32) (float32, rollout.Fate) {
		finished = append(finished, u[0])
		return f.step(r, h, x, u, next)
	}
	s := CEM()
	s.Horizon, s.Samples, s.Answer, s.Sigma = 1, 1280, AnswerBest, 1
	p := newPlanner(t, s, w, Deps{}, 1)
	p.now = func() time.Time { return clock }
	r := p.Plan(until{context.Background(), clock.Add(600 * time.Microsecond)}, rollout.Start{Obs: []float32{0}}, rng.Root(4))
	for _, u := range finished {
		if v := -math.Abs(float64(u) - 0.3); v > value {
			best, value = u, v
		}
	}
	if r.Reason != Deadline || r.Iterations != 0 || r.Source != FromPlan || r.Candidates != len(finished) || r.Candidates < 256 {
		t.Errorf("%q, %d iterations, %d of %d candidates, answered from %q", r.Reason, r.Iterations, r.Candidates, len(finished), r.Source)
	}
	if r.Action[0] != best {
		t.Errorf("answered %g, the best of the finished candidates is %g", r.Action[0], best)
	}
}

// TestOverrunOfRealTime measures against the machine's own clock, which others
// use too; only hiccups far beyond a step are faults.
func TestOverrunOfRealTime(t *testing.T) {
	w := toll{integrator(2), func(rows int) {
		for began := time.Now(); time.Since(began) < time.Duration(rows)*2*time.Microsecond; {
		}
	}}
	s := CEM()
	s.Horizon, s.Samples, s.Iterations = 10, 1280, 5000
	p := newPlanner(t, s, w, Deps{}, 1)
	const calls, budget = 200, 10 * time.Millisecond
	late := make([]time.Duration, calls)
	for i := range late {
		ctx, cancel := context.WithTimeout(context.Background(), budget)
		began := time.Now()
		r := p.Plan(ctx, startsAt(1, 2, 5)[0], rng.Root(uint64(i)))
		late[i] = time.Since(began) - budget
		cancel()
		feasible(t, r)
	}
	slices.Sort(late)
	t.Logf("of %d calls of %v: overrun p50 %v, p90 %v, p99 %v, worst %v", calls, budget, late[calls/2], late[calls*9/10], late[calls*99/100], late[calls-1])
	if late[calls/4] > time.Millisecond || late[calls*9/10] > 500*time.Millisecond {
		t.Errorf("a quarter of the calls end %v late, nine in ten %v", late[calls/4], late[calls*9/10])
	}
}

func TestADeadlineReturnsAFeasibleActionInTime(t *testing.T) {
	good := integrator(2)
	slow := good
	slow.step = func(r row, h int, x, u, next []float32) (float32, rollout.Fate) {
		if r.candidate%128 == 0 {
			time.Sleep(time.Millisecond / 4)
		}
		return good.step(r, h, x, u, next)
	}
	s := CEM()
	s.Horizon, s.Samples, s.Iterations, s.Elites = 6, 1280, 5000, 20
	p := newPlanner(t, s, slow, Deps{}, 1)
	for _, limit := range []time.Duration{time.Nanosecond, 5 * time.Millisecond, 60 * time.Millisecond} {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		began := time.Now()
		r := p.Plan(ctx, startsAt(1, 2, 5)[0], rng.Root(1))
		took := time.Since(began)
		cancel()
		feasible(t, r)
		if r.Reason != Deadline {
			t.Errorf("limit %v: ended by %q", limit, r.Reason)
		}
		if took > limit+time.Second { // far below what 5000 iterations take, far above a busy machine's hiccups
			t.Errorf("limit %v: took %v", limit, took)
		}
	}
}

func TestAfterTheDeadlineNoFurtherBlockIsBegunAndFinishedCandidatesCompete(t *testing.T) {
	for _, answer := range []string{AnswerMean, AnswerBest} {
		ctx, cancel := context.WithCancel(context.Background())
		good := integrator(2)
		w, after := good, 0
		w.step = func(r row, h int, x, u, next []float32) (float32, rollout.Fate) {
			if ctx.Err() != nil && h == 0 {
				after++
			}
			if r.candidate == 300 && h == 5 { // within the third block of 128
				cancel()
			}
			return good.step(r, h, x, u, next)
		}
		s := CEM()
		s.Horizon, s.Samples, s.Answer = 6, 1280, answer
		p := newPlanner(t, s, w, Deps{}, 1)
		r := p.Plan(ctx, startsAt(1, 2, 5)[0], rng.Root(1))
		feasible(t, r)
		if r.Reason != Cancelled || after != 0 || r.Candidates != 384 || r.Iterations != 0 {
			t.Errorf("%q with %d candidates, %d rows begun after the end", r.Reason, r.Candidates, after)
		}
		if want := map[string]Source{AnswerMean: FromMiddle, AnswerBest: FromPlan}[answer]; r.Source != want {
			t.Errorf("answer %s came from %q, want %q", answer, r.Source, want)
		}
	}
}

func cancelled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

func TestAnUnfinishedIterationIsDiscarded(t *testing.T) {
	s := CEM()
	s.Horizon = 4
	p := newPlanner(t, s, integrator(2), Deps{}, 1)
	first := p.Plan(context.Background(), startsAt(1, 2, 5)[0], rng.Root(1))
	want := append(slices.Clone(first.Sequence[1:]), first.Sequence[3])
	r := p.Plan(cancelled(), startsAt(1, 2, 5)[0], rng.Root(2))
	if r.Source != FromShifted || !slices.Equal(r.Sequence, want) {
		t.Errorf("answered %v from %s, want the shifted plan %v", r.Sequence, r.Source, want)
	}
}
