package agent

import (
	"math"
	"testing"

	"demorl/env"
	"demorl/mpc"
	"demorl/replay"
	"demorl/rng"
	"demorl/rollout"
)

// inspected drives a tiny agent past some refits and records one more episode,
// with the states it met.
func inspected(t *testing.T, change func(*Settings)) (*Agent, *replay.Buffer, []rollout.Start) {
	t.Helper()
	return inspectedOf(t, "m-demorl", change)
}

func inspectedOf(t *testing.T, algorithm string, change func(*Settings)) (*Agent, *replay.Buffer, []rollout.Start) {
	t.Helper()
	const task = "classic/pendulum"
	s := tiny(t, algorithm, task)
	s.Horizon = Schedule{4}
	if change != nil {
		change(&s)
	}
	e, err := env.ForLearning(task)
	if err != nil {
		t.Fatal(err)
	}
	about := TaskOf(e)
	about.Simulator = func() (env.Env, error) { return env.ForLearning(task) }
	d := driverOf(t, s, e, about, 1)
	d.run(120)
	fresh := replay.NewBuffer(100, about.ObsDim, about.ActDim)
	obs, action := make([]float64, about.ObsDim), make([]float32, about.ActDim)
	if err := e.Reset(rng.NewStream(rng.Root(77)), obs); err != nil {
		t.Fatal(err)
	}
	codec, _ := env.Power[env.StateCodec](e)
	var starts []rollout.Start
	for i := range 40 {
		from := narrow(obs)
		starts = append(starts, rollout.Start{ID: uint64(i), Obs: from, State: codec.AppendState(nil)})
		d.a.Best(from, action)
		out, err := e.Step([]float64{float64(action[0])}, obs)
		if err != nil {
			t.Fatal(err)
		}
		fresh.Add(replay.Transition{Obs: from, Action: action, Next: narrow(obs), Reward: float32(out.Reward)})
	}
	return d.a, fresh, starts
}

// way finds one row of a Gain.
func way(t *testing.T, g *Gain, actor, world string) Way {
	t.Helper()
	for _, w := range g.Ways {
		if w.Actor == actor && w.World == world {
			return w
		}
	}
	t.Fatalf("no row for %s in %s: %+v", actor, world, g.Ways)
	return Way{}
}

// What the policy's mean earns in the task itself is what stepping the task by
// hand earns; and inspecting changes nothing that training reads.
func TestTheRealGainIsThatOfTheTask(t *testing.T) {
	a, fresh, starts := inspected(t, nil)
	before := states(a)
	r, err := a.Inspect(fresh, starts, rng.Root(8))
	if err != nil {
		t.Fatal(err)
	}
	for name, was := range states(a) {
		if string(was) != string(before[name]) {
			t.Errorf("inspection changed section %s", name)
		}
	}
	e, _ := env.ForLearning("classic/pendulum")
	codec, _ := env.Power[env.StateCodec](e)
	want := 0.0
	obs, action := make([]float64, 3), make([]float32, 1)
	for _, s := range starts {
		if err := codec.RestoreState(s.State, obs); err != nil {
			t.Fatal(err)
		}
		discount := 1.0
		for range 4 {
			a.Best(narrow(obs), action)
			out, err := e.Step([]float64{float64(action[0])}, obs)
			if err != nil {
				t.Fatal(err)
			}
			want += discount * out.Reward / float64(len(starts))
			discount *= a.settings.SAC.Gamma
		}
	}
	if got := way(t, r.Gain, "mean", "real"); math.Abs(got.Reward-want) > 1e-5*math.Abs(want) {
		t.Errorf("the mean's real reward is %v, by hand %v", got.Reward, want)
	}
	for _, world := range []string{"model", "real"} {
		plan, policy, mean := way(t, r.Gain, "plan", world), way(t, r.Gain, "policy", world), way(t, r.Gain, "mean", world)
		if policy.OverPolicy != (Difference{}) || mean.OverMean != (Difference{}) {
			t.Errorf("%s: a difference to itself: %+v, %+v", world, policy.OverPolicy, mean.OverMean)
		}
		total := plan.Reward + plan.Value - mean.Reward - mean.Value
		if d := plan.OverMean; math.Abs(d.Reward-(plan.Reward-mean.Reward)) > 1e-9 || math.Abs(d.Total-total) > 1e-9 || !(d.TotalError > 0) {
			t.Errorf("%s: %+v is not the difference of the means, %v", world, d, total)
		}
	}
	if r.Fresh.Rows != 40 || r.Replay.Rows == 0 || len(r.Fresh.OpenLoop) != 6 || r.Fresh.OpenLoop[2].Steps != 4 {
		t.Errorf("%d fresh and %d replayed rows, open loop %+v", r.Fresh.Rows, r.Replay.Rows, r.Fresh.OpenLoop)
	}
}

// A plan that is the policy itself gains nothing over it, in either world: all
// ways of acting meet the same noise.
func TestAPlanThatIsThePolicyGainsNothing(t *testing.T) {
	a, fresh, starts := inspected(t, func(s *Settings) { s.Planner.PlanForm = mpc.PlanPolicy })
	r, err := a.Inspect(fresh, starts, rng.Root(8))
	if err != nil {
		t.Fatal(err)
	}
	for _, world := range []string{"model", "real"} {
		if d := way(t, r.Gain, "plan", world).OverPolicy; d != (Difference{}) {
			t.Errorf("%s: %+v", world, d)
		}
	}
}

func TestWithoutStatesOnlyTheModelIsAsked(t *testing.T) {
	a, fresh, starts := inspected(t, nil)
	for i := range starts {
		starts[i].State = nil
	}
	r, err := a.Inspect(fresh, starts, rng.Root(8))
	if err != nil || len(r.Gain.Ways) != 3 || r.Gain.NoReal == "" {
		t.Errorf("%d rows, reason %q, error %v; want the model's three rows and a reason", len(r.Gain.Ways), r.Gain.NoReal, err)
	}
	if r, err := a.Inspect(fresh, nil, rng.Root(8)); err != nil || r.Gain != nil {
		t.Errorf("without a start: %+v, %v", r.Gain, err)
	}
}

// Learner clone has no value, and its policy draws nothing; plans of parameters
// are not followed.
func TestTheGainOfClones(t *testing.T) {
	for algorithm, plans := range map[string]bool{"poplin-a": true, "poplin-p": false} {
		a, fresh, starts := inspectedOf(t, algorithm, nil)
		r, err := a.Inspect(fresh, starts, rng.Root(8))
		if err != nil {
			t.Fatal(algorithm, err)
		}
		found := 0
		for _, w := range r.Gain.Ways {
			if w.Actor == "plan" {
				found++
			} else if w.OverPolicy != (Difference{}) || w.OverMean != (Difference{}) {
				t.Errorf("%s: the policy's sample and its mean differ: %+v", algorithm, w)
			}
			if w.Value != 0 || !(w.Reward < 0) {
				t.Errorf("%s: %s earns %g in the %s, and what follows is worth %g", algorithm, w.Actor, w.Reward, w.World, w.Value)
			}
		}
		if want := map[bool]int{true: 2}[plans]; found != want || len(r.Gain.Ways) != found+4 {
			t.Errorf("%s: %d rows of plans of %d", algorithm, found, len(r.Gain.Ways))
		}
	}
}

func TestMeanAndStandardError(t *testing.T) {
	if mean, e := meanError([]float64{1, 2, 3, 6}); mean != 3 || math.Abs(e-math.Sqrt(14.0/3/4)) > 1e-15 {
		t.Errorf("mean %v, standard error %v", mean, e)
	}
}
