package train_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"demorl/agent"
	"demorl/env"
	"demorl/par"
	"demorl/train"
)

// What is wrong with the evaluation's instance is not blamed on the learner.
func TestABadValueInAnEvaluationIsTheEnvironments(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	for name, judge := range map[string]*scripted{
		"observation 0 (age) is NaN": {limit: 4, step: func(_ *scripted, obs []float64, _ *env.Outcome) error { obs[0] = math.NaN(); return nil }},
		"the reward is +Inf":         {limit: 4, step: func(_ *scripted, _ []float64, out *env.Outcome) error { out.Reward = math.Inf(1); return nil }},
		"observation 1 (all) is NaN": {limit: 4, reset: func(_ *scripted, obs []float64) error { obs[1] = math.NaN(); return nil }},
	} {
		_, err := loopOf(t, s, &scripted{limit: 4}, judge).Evaluate(context.Background(), 1)
		var bad *train.BadValueError
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "evaluation") {
			t.Errorf("got %v, want %q", err, name)
		}
	}
}

func TestEvaluationsComeAtTheirStepsAndJudgeEveryActor(t *testing.T) {
	for algorithm, actors := range map[string][]string{"sac": {"policy"}, "loop": {"planner", "policy"}} {
		s := tiny(t, pendulum, algorithm)
		s.EvalEvery, s.EvalEpisodes, s.Agent.Warmup = 20, 2, 40
		s.Agent.EpochSteps, s.Agent.RefitEvery, s.Agent.UpdateEvery = 1000, 1000, 1
		judge := &scripted{limit: 3}
		l := loopOf(t, s, &scripted{limit: 7}, judge)
		best := math.Inf(-1)
		judge.step = func(e *scripted, _ []float64, out *env.Outcome) error {
			out.Reward = -math.Abs(float64(l.Steps() - 80)) // the best evaluation is that of step 80
			return nil
		}
		for _, ev := range steps(t, l, 125) {
			due := ev.Step%20 == 0 && ev.Step > 40 // none during warm-up, where nothing was learned
			if !due {
				if ev.Evaluations != nil || ev.Best {
					t.Errorf("%s: evaluated at step %d", algorithm, ev.Step)
				}
				continue
			}
			if len(ev.Evaluations) != 2*len(actors) {
				t.Fatalf("%s: %d evaluations at step %d", algorithm, len(ev.Evaluations), ev.Step)
			}
			for i, e := range ev.Evaluations {
				if e.Actor != actors[i/2] || e.Episode != i%2 || e.Length != 3 || e.Return != -3*math.Abs(float64(ev.Step-80)) {
					t.Errorf("%s: step %d, evaluation %d is %+v", algorithm, ev.Step, i, e)
				}
			}
			mean, n := train.Mean(ev.Evaluations, "policy")
			if n != 2 || ev.Best != (mean > best) {
				t.Errorf("%s: step %d: best %t with mean %g of %d after %g", algorithm, ev.Step, ev.Best, mean, n, best)
			}
			best = max(best, mean)
		}
	}
}

// The planner is stateful and the networks are shared: still, an evaluation
// leaves every section as it was, and training after it goes on as without.
func TestAnEvaluationTouchesNothingThatTrainingReads(t *testing.T) {
	for _, a := range agent.Algorithms {
		s := tiny(t, pendulum, a.Name)
		s.EvalEvery = 0
		judged, alone := newLoop(t, s, 2), newLoop(t, s, 2)
		for range 3 {
			steps(t, judged, 24)
			steps(t, alone, 24)
			before := sections(judged)
			first, err := judged.Evaluate(context.Background(), 1)
			if err != nil {
				t.Fatal(err)
			}
			for name, state := range sections(judged) {
				if !bytes.Equal(state, before[name]) {
					t.Errorf("%s: an evaluation changed section %s", a.Name, name)
				}
			}
			again, err := judged.Evaluate(context.Background(), 1)
			if err != nil || !reflect.DeepEqual(first, again) {
				t.Errorf("%s: an evaluation of the same learner gave %v, then %v (%v)", a.Name, first, again, err)
			}
			equalSections(t, a.Name+" after evaluations", judged, alone)
		}
	}
}

// Runs of all seeds are judged from the same starts.
func TestEvaluationsStartWhereThoseOfOtherSeedsDo(t *testing.T) {
	start := func(seed uint64) (first []float64) {
		s := tiny(t, pendulum, "sac")
		s.Seed = seed
		l := newLoop(t, s, 1)
		for e := range 3 {
			if _, err := l.Episode(context.Background(), "policy", e, func(judge env.Env, so train.Evaluation) error {
				if so.Length == 0 {
					codec, _ := env.Power[env.StateCodec](judge)
					obs := make([]float64, 3)
					if err := codec.RestoreState(codec.AppendState(nil), obs); err != nil {
						t.Fatal(err)
					}
					first = append(first, obs...)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		return first
	}
	if one, two := start(1), start(2); !slices.Equal(one, two) {
		t.Errorf("seeds 1 and 2 are judged from %v and %v", one, two)
	}
}

// The episodes of an evaluation are functions of policy and start: played one
// after the other on one instance or shared among workers, they are the same.
func TestEvaluationEpisodesDoNotDependOnTheWorkers(t *testing.T) {
	const episodes = 5
	s, err := train.Default("classic/cartpole-swingup", "sac", "gate")
	if err != nil {
		t.Fatal(err)
	}
	var want []train.Evaluation
	for _, workers := range []int{1, 2, 4} {
		pool := par.New(workers)
		made := 0
		l, err := train.NewLoop(s, func() (env.Env, error) { made++; return env.ForLearning(s.Env) }, pool)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time on instances that have played before
			got, err := l.Episodes(t.Context(), "policy", episodes)
			if err != nil {
				t.Fatal(err)
			}
			if want == nil {
				for e := range episodes {
					ev, err := l.Episode(t.Context(), "policy", e, nil)
					if err != nil {
						t.Fatal(err)
					}
					want = append(want, ev)
				}
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%d workers: %v, want %v", workers, got, want)
			}
		}
		if made != 1+workers {
			t.Errorf("%d workers: %d instances; want one to train on and one a worker", workers, made)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		pool.Close()
	}
	if want[0].Return == want[1].Return || want[0].Length == 0 {
		t.Errorf("episodes %v; want different starts", want)
	}
}

func TestAnErrorInOneEpisodeLeavesThoseBeforeIt(t *testing.T) {
	s, err := train.Default("classic/pendulum", "sac", "gate")
	if err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{1, 3} {
		pool := par.New(workers)
		l, err := train.NewLoop(s, func() (env.Env, error) { return env.ForLearning(s.Env) }, pool)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if got, err := l.Episodes(ctx, "policy", 4); !errors.Is(err, context.Canceled) || len(got) != 0 {
			t.Errorf("%d workers: %v, %v; want none and the cancellation", workers, got, err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		pool.Close()
	}
}
