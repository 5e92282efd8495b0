package agent

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"demorl/env"
	"demorl/par"
	"demorl/replay"
	"demorl/rng"
)

// Tasks of the tests: one that never ends early and one that does.
var stateTasks = []string{pendulum, "classic/cartpole-swingup"}

func TestNoAlgorithmDependsOnTheNumberOfWorkers(t *testing.T) {
	for _, a := range Algorithms {
		s := tiny(t, a.Name, pendulum)
		s.StartStates = 300 // more than a block of rows
		one, many := newDriver(t, s, pendulum, 1), newDriver(t, s, pendulum, 3)
		for range 2 {
			one.run(s.Warmup/2 + 18)
			many.run(s.Warmup/2 + 18)
			equalStates(t, a.Name, many.a, one.a)
		}
	}
}

// The learner's whole state is in its sections: one restored at any moment goes
// on as the one that was never stopped.
func TestEveryAlgorithmRestoredFromItsSectionsGoesOnBitForBit(t *testing.T) {
	for _, task := range stateTasks {
		for _, a := range Algorithms {
			s := tiny(t, a.Name, task)
			d := newDriver(t, s, task, 1)
			at := 0
			// During warm-up, at its end, between and at rounds, refits and updates, at the ends of epochs.
			for _, moment := range []int{11, s.Warmup, s.Warmup + 3, s.Warmup + 10, s.Warmup + 37, s.Warmup + s.EpochSteps, s.Warmup + 2*s.EpochSteps} {
				d.run(moment - at)
				at = moment
				other, skipped := d.to(s, task, 2)
				if len(skipped) == 0 {
					equalStates(t, a.Name+" restored", other.a, d.a)
				}
				twin, _ := d.to(s, task, 1)
				other.run(25)
				twin.run(25)
				equalStates(t, a.Name+" after 25 more steps", other.a, twin.a)
			}
			// The one that was never stopped is d itself.
			last, _ := d.to(s, task, 1)
			last.run(25)
			d.run(25)
			equalStates(t, a.Name+" on "+task, last.a, d.a)
		}
	}
}

// The light checkpoint: where the next step empties D_MPC it is left out, and a
// learner without it goes on with equal bits.
func TestTheImaginedRowsAreLeftOutExactlyWhereTheNextStepEmptiesThem(t *testing.T) {
	for _, name := range []string{"m-demorl", "mbpo"} {
		s := tiny(t, name, pendulum)
		d := newDriver(t, s, pendulum, 1)
		skips := 0
		for n := 1; n <= s.Warmup+2*s.EpochSteps; n++ {
			d.step()
			_, skipped := d.to(s, pendulum, 1)
			after := n - s.Warmup
			want := s.PlanBuffer == BufferClear && (after < 0 || after%s.EpochSteps == 0)
			if (len(skipped) == 1) != want {
				t.Fatalf("%s, step %d: skipped %v, want it %t", name, n, skipped, want)
			}
			if !want {
				continue
			}
			skips++
			if n%s.EpochSteps != s.Warmup%s.EpochSteps {
				continue // warm-up: nothing is there to be left out
			}
			light, _ := d.to(s, pendulum, 1)
			whole := newDriver(t, s, pendulum, 1)
			whole.run(n)
			if after > 0 && (light.a.imagined.Len() != 0 || whole.a.imagined.Len() == 0) {
				t.Fatalf("step %d: %d rows in the light copy, %d in the whole", n, light.a.imagined.Len(), whole.a.imagined.Len())
			}
			light.run(15)
			whole.run(15)
			equalStates(t, "light checkpoint", light.a, whole.a)
		}
		if (name == "m-demorl") != (skips > 2) {
			t.Errorf("%s: %d steps could leave D_MPC out", name, skips)
		}
	}
}

func TestADamagedSectionIsAnErrorThatNamesIt(t *testing.T) {
	s := tiny(t, "loop", pendulum)
	d := newDriver(t, s, pendulum, 1)
	d.run(s.Warmup + 10)
	sections := d.a.Sections()
	for i, section := range newDriver(t, s, pendulum, 1).a.Sections() {
		state := sections[i].Append(nil)
		for _, damaged := range [][]byte{nil, state[:len(state)/2], append(slices.Clone(state), 1)} {
			if err := section.Restore(damaged); err == nil || !strings.Contains(err.Error(), section.Name+": ") {
				t.Errorf("%s: %d of %d bytes give %v", section.Name, len(damaged), len(state), err)
			}
		}
	}
	// A learner of another shape takes none of the networks.
	s.SAC.Hidden, s.Model.Hidden = []int{9, 9}, []int{9, 9}
	for i, section := range newDriver(t, s, pendulum, 1).a.Sections() {
		if err := section.Restore(sections[i].Append(nil)); (section.Name == "sac" || section.Name == "model") && err == nil {
			t.Errorf("%s of other networks was taken", section.Name)
		}
	}
}

// A schedule of two or three numbers is a fault and no panic, and so are counts
// that no memory holds.
func TestSettingsOfImpossibleSizeAreFaults(t *testing.T) {
	for _, bad := range []Schedule{{}, {1, 2}, {1, 2, 3}, {1, 2, 3, 4, 5}} {
		s := tiny(t, "m-demorl", pendulum)
		s.Horizon = bad
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "horizon has") {
			t.Errorf("horizon %v: %v", bad, err)
		}
	}
	s := tiny(t, "m-demorl", pendulum)
	s.StartStates, s.ProbeStarts, s.Planner.Samples, s.Planner.Particles, s.Model.Members = 1e11, 1e11, 1e11, 1e9, 1e8
	err := s.Validate()
	for _, name := range []string{"start_states", "probe_starts", "planner.samples", "planner.particles", "model.members"} {
		if err == nil || !strings.Contains(err.Error(), name+" is ") {
			t.Errorf("%s is not named in %v", name, err)
		}
	}
}

// Judging draws no number of training's and leaves no trace in it.
func TestJudgingTouchesNothingThatTrainingReads(t *testing.T) {
	for _, a := range Algorithms {
		s := tiny(t, a.Name, pendulum)
		judged, alone := newDriver(t, s, pendulum, 2), newDriver(t, s, pendulum, 2)
		for range 3 {
			judged.run(25)
			alone.run(25)
			action := make([]float32, 1)
			for _, actor := range judged.a.Actors() {
				act := judged.a.Judge(actor, rng.Root(77))
				for i := range 5 {
					x := float64(i) / 3
					if err := act(context.Background(), []float32{float32(math.Cos(x)), float32(math.Sin(x)), 0.5}, nil, action); err != nil {
						t.Fatal(err)
					}
				}
			}
			equalStates(t, a.Name+" after being judged", judged.a, alone.a)
		}
	}
}

// An evaluation episode is a function of the learner and its key: neither the
// episode before nor training's noise enters.
func TestJudgementsAreDeterministic(t *testing.T) {
	for _, a := range Algorithms {
		s := tiny(t, a.Name, pendulum)
		d := newDriver(t, s, pendulum, 1)
		d.run(s.Warmup + 12)
		want := []string{ActPolicy}
		switch {
		case a.Untrained:
			want = []string{ActPlanner}
		case a.Act == ActPlanner:
			want = []string{ActPlanner, ActPolicy}
		}
		if got := d.a.Actors(); !slices.Equal(got, want) {
			t.Errorf("%s is judged by %v, want %v", a.Name, got, want)
		}
		play := func(actor string, key rng.Key) (actions []float32) {
			act := d.a.Judge(actor, key)
			action := make([]float32, 1)
			for i := range 6 {
				x := float64(i)
				if err := act(context.Background(), []float32{float32(math.Cos(x)), float32(math.Sin(x)), 1}, nil, action); err != nil {
					t.Fatal(err)
				}
				actions = append(actions, action[0])
			}
			return actions
		}
		for _, actor := range d.a.Actors() {
			first, second := play(actor, rng.Root(1)), play(actor, rng.Root(1))
			if !slices.Equal(first, second) {
				t.Errorf("%s: the %s acts %v, then %v", a.Name, actor, first, second)
			}
			if other := play(actor, rng.Root(2)); slices.Equal(first, other) != (actor == ActPolicy) {
				t.Errorf("%s: the %s acts %v with another key", a.Name, actor, other)
			}
		}
		best := make([]float32, 1)
		if d.a.Best([]float32{1, 0, 1}, best); best[0] != play(ActPolicy, rng.Root(1))[0] {
			t.Errorf("%s: the judged policy is not its mean", a.Name)
		}
	}
}

// ending is a task that ends when its one coordinate leaves [-1, 1] and does
// not tell the rule.
type ending struct{ x float64 }

func (e *ending) Spec() env.Spec {
	return env.Spec{ID: "test/ending", ObsDim: 1, ActDim: 1, Low: []float64{-1}, High: []float64{1}, Terminates: true, Dt: 1}
}
func (e *ending) Reset(s *rng.Stream, obs []float64) error {
	e.x = s.Uniform(-0.2, 0.2)
	obs[0] = e.x
	return nil
}
func (e *ending) Step(action, obs []float64) (env.Outcome, error) {
	e.x += 0.5 * action[0]
	obs[0] = e.x
	return env.Outcome{Reward: 1, Terminated: math.Abs(e.x) > 1}, nil
}
func (e *ending) Close() error { return nil }

// rule tells when ending ends.
type rule struct{}

func (rule) Terminal(obs []float32, done []bool) {
	for i, x := range obs {
		done[i] = math.Abs(float64(x)) > 1
	}
}

// method.md A.8, C.9: the rule where the task has one, else the learned head,
// and neither where the task does not end or imagination should not.
func TestTheTerminalHeadIsLearnedOnlyWhereTheTaskHasNoRule(t *testing.T) {
	pool := par.New(1)
	defer pool.Close()
	for _, c := range []struct {
		name, termination string
		task              Task
		head              bool
	}{
		{"rule", "env", Task{Terminates: true, Terminator: rule{}}, false},
		{"no rule", "env", Task{Terminates: true}, true},
		{"no end", "env", Task{}, false},
		{"never", "never", Task{Terminates: true}, false},
		{"never, with a rule", "never", Task{Terminates: true, Terminator: rule{}}, false},
	} {
		s := tiny(t, "m-demorl", pendulum)
		s.Termination = c.termination
		s.Model.TerminalHead = !c.head // the framework decides
		c.task.ID, c.task.ObsDim, c.task.ActDim = "test/ending", 1, 1
		a, err := New(s, c.task, rng.Root(1), pool)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.model.Settings().TerminalHead; got != c.head {
			t.Errorf("%s: terminal head %t, want %t", c.name, got, c.head)
		}
	}
}

// With a rule every imagined row agrees with it, and without termination none ends.
func TestImaginedRowsEndAsTheRuleSays(t *testing.T) {
	for _, termination := range []string{"env", "never"} {
		s := tiny(t, "mbpo", pendulum)
		s.Termination, s.Horizon, s.StartStates, s.RetainEpochs = termination, Schedule{4}, 200, 4
		d := driverOf(t, s, &ending{}, Task{ID: "test/ending", ObsDim: 1, ActDim: 1, Terminates: true, Terminator: rule{}}, 1)
		d.run(s.Warmup + 35)
		ends := 0
		for i := range d.a.imagined.Len() {
			row := d.a.imagined.Row(i)
			if outside := math.Abs(float64(row.Next[0])) > 1; row.Terminated != (outside && termination == "env") {
				t.Fatalf("%s: next %v, terminated %t", termination, row.Next, row.Terminated)
			}
			if row.Terminated {
				ends++
			}
		}
		if (termination == "env") != (ends > 0) {
			t.Errorf("%s: %d of %d imagined rows end", termination, ends, d.a.imagined.Len())
		}
	}
}

// A reward that the task tells is what imagined rows store, under the action
// that they store.
func TestAKnownRewardIsThatOfTheStoredAction(t *testing.T) {
	for _, kind := range []string{RewardKnown, RewardLearned} {
		s := tiny(t, "m-demorl", pendulum)
		s.Reward = kind
		d := newDriver(t, s, pendulum, 2)
		d.run(s.Warmup + 12)
		if d.a.imagined.Len() == 0 {
			t.Fatal("nothing was imagined")
		}
		task, _ := env.Power[env.Rewarder](d.e)
		worst := 0.0
		for i := range d.a.imagined.Len() {
			row := d.a.imagined.Row(i)
			if !(row.Action[0] >= -1 && row.Action[0] <= 1) {
				t.Fatalf("imagined action %g", row.Action[0])
			}
			want := make([]float32, 1)
			task.Reward(row.Obs, []float32{2 * row.Action[0]}, row.Next, want) // the pendulum's own units
			worst = max(worst, math.Abs(float64(row.Reward-want[0])))
		}
		if (kind == RewardKnown) != (worst < 1e-4) {
			t.Errorf("%s: imagined rewards miss the task's by %g", kind, worst)
		}
	}
}

// What is imagined starts at states that the robot visited.
func TestImaginationStartsFromTheRealBuffer(t *testing.T) {
	s := tiny(t, "m-demorl", pendulum)
	s.Horizon = Schedule{1}
	d := newDriver(t, s, pendulum, 1)
	d.run(s.Warmup + 1)
	visited := map[[3]float32]bool{}
	for i := range d.a.real.Len() {
		visited[[3]float32(d.a.real.Row(i).Obs)] = true
	}
	starts := map[[3]float32]bool{}
	for i := range d.a.imagined.Len() {
		at := [3]float32(d.a.imagined.Row(i).Obs)
		if !visited[at] {
			t.Fatalf("row %d starts at %v, where the robot never was", i, at)
		}
		starts[at] = true
	}
	if len(starts) < 6 {
		t.Errorf("only %d of %d starts differ", len(starts), s.StartStates)
	}
}

func TestWeightsThatAreNotNumbersStopTheRobot(t *testing.T) {
	var diverged *DivergedError
	spoil := func(d *driver) {
		net := d.a.sac.Actor()
		net.Params[len(net.Params)-1] = float32(math.NaN())
		for i := range net.Biases(0, net.Layers()-1) {
			net.Biases(0, net.Layers()-1)[i] = float32(math.NaN())
		}
		net.PackAll()
	}
	for _, name := range []string{"sac", "m-demorl"} {
		s := tiny(t, name, pendulum)
		d := newDriver(t, s, pendulum, 1)
		d.run(s.Warmup + 5)
		spoil(d)
		err := d.a.Act(t.Context(), []float32{1, 0, 0}, nil, make([]float32, 1))
		if !errors.As(err, &diverged) || diverged.Step != s.Warmup+5 || !strings.Contains(err.Error(), "action 0 of the policy is NaN") {
			t.Errorf("%s: acting gives %v", name, err)
		}
		if err := d.a.Judge(ActPolicy, rng.Root(1))(t.Context(), []float32{1, 0, 0}, nil, make([]float32, 1)); !errors.As(err, &diverged) {
			t.Errorf("%s: judging gives %v", name, err)
		}
		d.a.Observe(replay.Transition{Obs: []float32{1, 0, 0}, Action: []float32{0}, Next: []float32{1, 0, 0}})
		if err := d.a.Learn(); !errors.As(err, &diverged) || diverged.Step != s.Warmup+6 {
			t.Errorf("%s: learning gives %v", name, err)
		}
	}
	// A planner answers with a finite action whatever its networks say.
	s := tiny(t, "loop", pendulum)
	d := newDriver(t, s, pendulum, 1)
	d.run(s.Warmup + 3)
	spoil(d)
	action := make([]float32, 1)
	if err := d.a.Act(t.Context(), []float32{1, 0, 0}, nil, action); err != nil || !(math.Abs(float64(action[0])) <= 1) {
		t.Errorf("the planner acts %v, %v", action, err)
	}
}

func TestARewardThatIsNotFiniteDivergesInsteadOfSpoilingTheNetworks(t *testing.T) {
	s := tiny(t, "sac", pendulum)
	d := newDriver(t, s, pendulum, 1)
	d.run(s.Warmup + 2)
	for range 200 {
		d.a.real.Add(replay.Transition{Obs: []float32{1, 0, 0}, Action: []float32{0}, Next: []float32{1, 0, 0}, Reward: float32(math.NaN())})
	}
	d.a.Observe(d.a.real.Row(0))
	var diverged *DivergedError
	if err := d.a.Learn(); !errors.As(err, &diverged) || !strings.Contains(err.Error(), "critic loss NaN") {
		t.Errorf("learning gives %v", err)
	}
}

// Everything that is wrong is told at once, each fault with its setting.
func TestAllFaultsOfTheSettingsAreToldAtOnce(t *testing.T) {
	s := DefaultSettings()
	s.Act, s.PlanBuffer, s.Warmup, s.UTD, s.RealRatio, s.Horizon = "nobody", "heap", 0, -1, Schedule{2}, Schedule{0}
	s.SAC.Batch, s.Model.Members, s.Planner.Samples, s.StartStates = 0, 0, 0, 0
	err := s.Validate()
	if err == nil {
		t.Fatal("taken")
	}
	for _, want := range []string{"act is", "plan_buffer is", "warmup is 0", "utd is -1", "real_ratio", "horizon", "sac.batch", "model.members", "planner.samples", "start_states is 0"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not told in:\n%v", want, err)
		}
	}
	pool := par.New(1)
	defer pool.Close()
	if _, err := New(s, Task{ObsDim: 1, ActDim: 1}, rng.Root(1), pool); err == nil {
		t.Error("New takes faulty settings")
	}
	s = DefaultSettings()
	if err := s.Validate(); err != nil {
		t.Error(err)
	}
	s.SAC.Critic.Scaled = true
	if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "sac.critic.scaled") {
		t.Errorf("scaled critics without bounds give %v", err)
	}
	s = tiny(t, "dhmbpo", pendulum)
	s.Reward, s.Precision, s.Imagine, s.Model.DeltaClip = RewardKnown, PrecisionBF16, ImagineNothing, true
	s.SAC.PolicyEvery, s.SAC.Critic.ActorUses, s.SAC.Activation, s.Gradient = 2, "min", "tanh", GradientSettings{CriticUpdates: -1}
	err = s.Validate()
	if err == nil {
		t.Fatal("taken")
	}
	for _, want := range []string{
		"reward is", "precision is", "imagine is", "model.delta_clip", "sac.policy_every", "sac.critic.actor_uses", "sac.activation",
		"value_gradient.steps is 0", "value_gradient.imagine_every is 0", "value_gradient.retain_rounds is 0", "value_gradient.critic_updates is -1",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not told in:\n%v", want, err)
		}
	}
}
