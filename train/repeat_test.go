package train_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"demorl/agent"
	"demorl/env"
	"demorl/par"
	"demorl/train"
)

// An action is held for three steps: the learner sees the sum of their rewards,
// the log every step, and an episode that ends ends the action with it.
func TestAHeldActionIsOneRowOfTheLearner(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	s.EvalEvery, s.Agent.ActionRepeat = 0, 3
	world := &scripted{limit: 7}
	world.step = func(e *scripted, _ []float64, out *env.Outcome) error {
		out.Reward = float64(e.inAll)
		return nil
	}
	l := loopOf(t, s, world, &scripted{limit: 7})
	events := steps(t, l, 14)
	if l.Steps() != 14 || l.Agent().Steps() != 6 {
		t.Fatalf("%d steps and %d decisions, want 14 and 6", l.Steps(), l.Agent().Steps())
	}
	for i, want := range [][3]float32{{0, 3, 6}, {3, 6, 15}, {6, 7, 7}, {0, 3, 27}, {3, 6, 36}, {6, 7, 14}} {
		row := l.Agent().Real().Row(i)
		if got := [3]float32{row.Obs[0], row.Next[0], row.Reward}; got != want || row.Truncated != (i%3 == 2) {
			t.Errorf("row %d: from, to, reward %v, truncated %t; want %v", i, got, row.Truncated, want)
		}
		if first := i/3*7 + i%3*3; float32(world.actions[first]) != row.Action[0] || i%3 < 2 && world.actions[first] != world.actions[first+2] {
			t.Errorf("row %d has action %g, taken were %v", i, row.Action[0], world.actions[first:])
		}
	}
	for i, ev := range events {
		if ev.Step != i+1 || ev.EpisodeEnd != (i%7 == 6) {
			t.Errorf("step %d is %+v", i+1, ev)
		}
	}
	if events[13].Return != 77 || events[13].Length != 7 {
		t.Errorf("the second episode is %+v", events[13])
	}
}

func TestAnEvaluationHoldsActionsAsTrainingDoes(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	s.Agent.ActionRepeat = 4
	judge := &scripted{limit: 10}
	l := loopOf(t, s, &scripted{limit: 10}, judge)
	all, err := l.Evaluate(context.Background(), 2)
	if err != nil || all[0].Length != 10 {
		t.Fatalf("%+v, %v", all, err)
	}
	for i, u := range judge.actions {
		if age := i % 10; u != judge.actions[i-age%4] {
			t.Errorf("step %d of the episode takes %g and not what was chosen at step %d", age, u, age-age%4)
		}
	}
	if judge.actions[0] == judge.actions[4] {
		t.Errorf("actions %v", judge.actions)
	}
}

// The value that critics state at an episode's start stands beside the return with
// the learner's discount, which counts decisions and not steps.
func TestAnEvaluationTellsWhatTheCriticsPromisedAndWhatCame(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	s.Agent.ActionRepeat, s.Agent.SAC.Gamma = 4, 0.5
	judge := &scripted{limit: 10, step: func(e *scripted, _ []float64, out *env.Outcome) error {
		out.Reward = float64(e.inAll)
		return nil
	}}
	l := loopOf(t, s, &scripted{limit: 10}, judge)
	all, err := l.Evaluate(context.Background(), 2)
	if err != nil {
		t.Fatal(err)
	}
	critic := l.Agent().NewCritic()
	for e, first := range []float64{1, 11} { // rewards count up over the instance's life
		want := 0.0
		for k := range 10 {
			want += math.Pow(0.5, float64(k/4)) * (first + float64(k))
		}
		q := critic([]float32{0, float32(10 * e)}, []float32{float32(judge.actions[10*e])})
		if got := all[e]; got.Discounted != want || !got.Valued || got.Value != q || q == 0 {
			t.Errorf("episode %d: value %g, discounted %g; want %g, %g", e, got.Value, got.Discounted, q, want)
		}
	}
	value, bias, ok := train.Bias(all)
	if mean := (all[0].Value + all[1].Value) / 2; !ok || value != mean || bias != mean-(all[0].Discounted+all[1].Discounted)/2 {
		t.Errorf("value %g, bias %g, %t", value, bias, ok)
	}
	planner := newLoop(t, tiny(t, pendulum, "cem"), 1)
	if all, err = planner.Evaluate(context.Background(), 1); err != nil || all[0].Valued {
		t.Errorf("a planner without critics: %+v, %v", all, err)
	}
}

// Saved at any step, also between the first and the last of an action, a run
// goes on with equal bits, with what its checkpoint leaves out left out.
func TestARunThatHoldsActionsDependsNeitherOnWorkersNorOnBeingSavedAndRestored(t *testing.T) {
	for _, name := range []string{"m-demorl", "mbpo", "loop", "dhmbpo", "sac", "poplin-p", "cem"} {
		s := tiny(t, leg, name)
		s.Agent.ActionRepeat, s.Agent.ActionRange = 3, []float64{.5, .25}
		whole := newLoop(t, s, 1)
		// Warm-up is 30 decisions of 3 steps, and the episodes of 35 steps cut some short.
		for _, more := range []int{85, 4, 3, 3, 1, 1, 1, 34} {
			steps(t, whole, more)
			saved := map[string][]byte{}
			for _, section := range whole.Sections() {
				if section.Skip == nil || !section.Skip() {
					saved[section.Name] = section.Append(nil)
				}
			}
			other := newLoop(t, s, 3)
			for _, section := range other.Sections() {
				data, ok := saved[section.Name]
				if !ok && section.Skip != nil {
					continue
				}
				if err := section.Restore(data); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
			}
			mirror := newLoop(t, s, 1)
			steps(t, mirror, whole.Steps())
			got, want := steps(t, other, 25), steps(t, mirror, 25)
			for i := range want {
				if fmt.Sprint(got[i]) != fmt.Sprint(want[i]) {
					t.Fatalf("%s from step %d: step %d brings %v, want %v", name, whole.Steps(), want[i].Step, got[i], want[i])
				}
			}
			equalSections(t, fmt.Sprintf("%s from step %d", name, whole.Steps()), other, mirror)
		}
	}
}

// A simulator that is planned in steps as long as decisions.
func TestPlanningInTheSimulatorHoldsActionsToo(t *testing.T) {
	s := tiny(t, pendulum, "cem")
	s.Agent.World, s.Agent.ActionRepeat = agent.WorldSimulator, 2
	s.EvalEvery = 0
	l := newLoop(t, s, 1)
	e, err := l.Agent().Task().Simulator()
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if spec := e.Spec(); spec.Dt != .1 {
		t.Errorf("a planned step takes %g s, want .1", spec.Dt)
	}
	steps(t, l, 80)
}

func TestTheShapeOfActionsIsCheckedAndDescribed(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	s.Agent.ActionRepeat, s.Agent.ActionRange = 0, []float64{.5, 0, 2}
	err := s.Validate()
	for _, want := range []string{"action_repeat is 0", "action_range[1] is 0", "action_range[2] is 2"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	s.Agent.ActionRepeat, s.Agent.ActionRange = 2, []float64{.5, .5}
	pool := par.New(1)
	defer pool.Close()
	var unfit *train.UnfitError
	if _, err := train.NewLoop(s, func() (env.Env, error) { return short(s.Env) }, pool); !errors.As(err, &unfit) {
		t.Errorf("two shares for one action: %v", err)
	}
	spec := env.Spec{ID: "x", ActDim: 2, Low: []float64{-1, 0}, High: []float64{1, 4}, Dt: .01, Limit: 7}
	got, err := train.Decisions(spec, s.Agent)
	if err != nil || !slices.Equal(got.Low, []float64{-.5, 1}) || !slices.Equal(got.High, []float64{.5, 3}) || got.Dt != .02 || got.Limit != 4 {
		t.Errorf("%+v, %v", got, err)
	}
	s.Agent.ActionRange = []float64{1, 1, 1}
	if _, err := train.Decisions(spec, s.Agent); !errors.As(err, &unfit) {
		t.Errorf("three shares for two actions: %v", err)
	}
}
