package train_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"demorl/agent"
	"demorl/dynamics"
	"demorl/env"
	_ "demorl/env/classic"
	_ "demorl/env/leg"
	"demorl/internal/par"
	"demorl/replay"
	"demorl/rng"
	"demorl/settings"
	"demorl/train"
)

const leg, pendulum = "leg2r/ellipse-100hz", "classic/pendulum"

// tiny returns settings of a run that takes milliseconds and meets every event:
// the ends of warm-up, of episodes and of epochs, refits, rounds, evaluations,
// log lines and checkpoints, at steps that do not coincide.
func tiny(t testing.TB, task, algorithm string) train.Settings {
	t.Helper()
	s, err := train.Default(task, algorithm, "gate")
	if err != nil {
		t.Fatal(err)
	}
	s.Seed, s.Steps = 3, 200
	s.EvalEvery, s.EvalEpisodes, s.CheckpointEvery, s.LogEvery = 45, 1, 25, 10
	a := &s.Agent
	a.Warmup, a.EpochSteps, a.RefitEvery, a.ReplanEvery, a.UTD = 30, 40, 20, 10, 1
	if a.Learner == agent.LearnerClone {
		a.UTD = 0
	}
	a.UpdateEvery = min(a.UpdateEvery, 7)
	a.StartStates, a.ProbeStarts, a.Capacity = 12, 4, 1000
	a.Gradient = agent.GradientSettings{Steps: 2, ImagineEvery: 6, RetainRounds: 2, CriticUpdates: 3}
	a.Horizon = agent.Schedule{0, 2, 2, 3}
	a.SAC.Hidden, a.SAC.Batch = []int{8, 8}, 8
	a.Model.Members, a.Model.Elites, a.Model.Hidden, a.Model.Batch = 3, 2, []int{8, 8}, 16
	a.Model.Decay, a.Model.MaxPasses = dynamics.ShapeDecay(2), 2
	a.Planner.Samples, a.Planner.Elites, a.Planner.Iterations, a.Planner.Particles = 6, 2, 1, 2
	a.Planner.PolicySamples = min(a.Planner.PolicySamples, 2)
	return s
}

// scripted is a task of two numbers, the steps made in the episode and in all,
// without StateCodec. Hooks change what a step returns.
type scripted struct {
	inEpisode, inAll, episodes int
	limit                      int // steps after which it truncates
	step                       func(e *scripted, obs []float64, out *env.Outcome) error
	reset                      func(e *scripted, obs []float64) error
	actions                    []float64 // of all steps
}

func (e *scripted) Spec() env.Spec {
	return env.Spec{ID: "test/scripted", ObsDim: 2, ActDim: 1, Low: []float64{-1}, High: []float64{1}, Dt: 0.1,
		ObsNames: []string{"age", "all"}, Terminates: true, Simulator: "test 1"}
}

func (e *scripted) observe(obs []float64) { obs[0], obs[1] = float64(e.inEpisode), float64(e.inAll) }

func (e *scripted) Reset(_ *rng.Stream, obs []float64) error {
	e.inEpisode = 0
	e.episodes++
	e.observe(obs)
	if e.reset != nil {
		return e.reset(e, obs)
	}
	return nil
}

func (e *scripted) Step(action, obs []float64) (env.Outcome, error) {
	e.inEpisode++
	e.inAll++
	e.actions = append(e.actions, action[0])
	e.observe(obs)
	out := env.Outcome{Reward: 0.5, Truncated: e.inEpisode == e.limit}
	if e.step != nil {
		if err := e.step(e, obs, &out); err != nil {
			return out, err
		}
	}
	return out, nil
}

func (e *scripted) Close() error { return nil }

// loopOf makes a loop whose real system and evaluation are the given tasks.
func loopOf(t testing.TB, s train.Settings, instances ...env.Env) *train.Loop {
	t.Helper()
	pool := par.New(1)
	t.Cleanup(pool.Close)
	n := 0
	l, err := train.NewLoop(s, func() (env.Env, error) {
		n++
		return instances[n-1], nil
	}, pool)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// short makes a task whose episodes take 35 steps at most, so that a short run
// has several.
func short(id string) (env.Env, error) {
	e, err := env.Make(id)
	if err != nil {
		return nil, err
	}
	return env.Scale(env.Limit(e, 35))
}

func newLoop(t testing.TB, s train.Settings, workers int) *train.Loop {
	t.Helper()
	pool := par.New(workers)
	t.Cleanup(pool.Close)
	l, err := train.NewLoop(s, func() (env.Env, error) { return short(s.Env) }, pool)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func steps(t testing.TB, l *train.Loop, n int) (events []train.Event) {
	t.Helper()
	for range n {
		ev, err := l.Step(context.Background())
		if err != nil {
			t.Fatalf("step %d: %v", l.Steps()+1, err)
		}
		events = append(events, ev)
	}
	return events
}

func sections(l *train.Loop) map[string][]byte {
	out := map[string][]byte{}
	for _, s := range l.Sections() {
		out[s.Name] = s.Append(nil)
	}
	return out
}

func equalSections(t testing.TB, what string, got, want *train.Loop) {
	t.Helper()
	g, w := sections(got), sections(want)
	for name := range w {
		if !bytes.Equal(g[name], w[name]) {
			t.Errorf("%s: section %s differs", what, name)
		}
	}
	if len(g) != len(w) {
		t.Errorf("%s: %d sections, want %d", what, len(g), len(w))
	}
}

// A time limit is not an end: the value of what follows counts (method.md D.2).
func TestATruncatedEpisodeBootstrapsAndATerminatedOneDoesNot(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	s.EvalEvery = 0
	world := &scripted{limit: 5}
	world.step = func(e *scripted, obs []float64, out *env.Outcome) error {
		out.Terminated = e.inAll%9 == 8
		return nil
	}
	l := loopOf(t, s, world, &scripted{limit: 5})
	events := steps(t, l, 29)
	real := l.Agent().Real()
	ends := 0
	for i := range real.Len() {
		row := real.Row(i)
		terminated, truncated := (i+1)%9 == 8, row.Next[0] == 5
		if row.Terminated != terminated || row.Truncated != truncated {
			t.Errorf("row %d: %+v, want terminated %t, truncated %t", i, row, terminated, truncated)
		}
		// What follows an ending step is the episode's last observation, not the next one's first.
		if row.Next[1] != float32(i+1) || row.Next[0] != row.Obs[0]+1 {
			t.Errorf("row %d goes from %v to %v", i, row.Obs, row.Next)
		}
		if ended := terminated || truncated; ended != events[i].EpisodeEnd {
			t.Errorf("row %d: EpisodeEnd is %t", i, events[i].EpisodeEnd)
		} else if ended {
			ends++
			if events[i].Length != int(row.Next[0]) || events[i].Return != 0.5*float64(row.Next[0]) {
				t.Errorf("row %d: length %d, return %g of an episode of %g steps", i, events[i].Length, events[i].Return, row.Next[0])
			}
			if i+1 < real.Len() && real.Row(i + 1).Obs[0] != 0 {
				t.Errorf("row %d does not begin a new episode: %v", i+1, real.Row(i+1).Obs)
			}
		}
		batch := replay.NewBatch(1, 2, 1)
		one := replay.NewBuffer(1, 2, 1)
		one.Add(row)
		replay.SampleMixed(batch, one, nil, 1, rng.Root(1))
		if want := float32(1); terminated != (batch.Continue[0] != want) {
			t.Errorf("row %d (terminated %t, truncated %t) has Continue %g", i, terminated, truncated, batch.Continue[0])
		}
	}
	if ends < 6 {
		t.Errorf("only %d episodes ended", ends)
	}
	for i, u := range world.actions {
		if float32(u) != real.Row(i).Action[0] {
			t.Fatalf("step %d took action %g and stored %g", i+1, u, real.Row(i).Action[0])
		}
	}
}

func TestABadValueIsRefusedWithItsNameAndStep(t *testing.T) {
	at := func(step int, spoil func(obs []float64, out *env.Outcome)) *scripted {
		return &scripted{limit: 10, step: func(e *scripted, obs []float64, out *env.Outcome) error {
			if e.inAll == step {
				spoil(obs, out)
			}
			return nil
		}}
	}
	for name, c := range map[string]struct {
		world *scripted
		step  int
		want  string
	}{
		"observation": {at(3, func(obs []float64, _ *env.Outcome) { obs[1] = math.NaN() }), 3, "step 3: observation 1 (all) is NaN"},
		"infinite":    {at(33, func(obs []float64, _ *env.Outcome) { obs[0] = math.Inf(-1) }), 33, "step 33: observation 0 (age) is -Inf"},
		"reward":      {at(1, func(_ []float64, out *env.Outcome) { out.Reward = math.NaN() }), 1, "step 1: the reward is NaN"},
		// Finite, but not as the float32 that is learned from.
		"overflow": {at(2, func(_ []float64, out *env.Outcome) { out.Reward = -1e300 }), 2, "step 2: the reward is -1e+300"},
		"too far":  {at(5, func(obs []float64, _ *env.Outcome) { obs[0] = 1e39 }), 5, "step 5: observation 0 (age) is 1e+39"},
		"reset": {&scripted{limit: 4, reset: func(e *scripted, obs []float64) error {
			if e.episodes == 3 {
				obs[0] = math.NaN()
			}
			return nil
		}}, 8, "step 8: observation 0 (age) is NaN"},
	} {
		s := tiny(t, pendulum, "sac")
		l := loopOf(t, s, c.world, &scripted{limit: 4})
		var err error
		for range 40 {
			if _, err = l.Step(context.Background()); err != nil {
				break
			}
		}
		var bad *train.BadValueError
		if !errors.As(err, &bad) || bad.Step != c.step || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
		for i := range l.Agent().Real().Len() {
			row := l.Agent().Real().Row(i)
			if x := row.Next[0] + row.Next[1] + row.Reward; x-x != 0 {
				t.Errorf("%s: the bad row was stored as row %d", name, i)
			}
		}
	}
}

func TestTheEnvironmentsOwnErrorIsPassedOnWithTheStep(t *testing.T) {
	unplugged := errors.New("the cable is out")
	broken := &scripted{limit: 10, step: func(e *scripted, _ []float64, _ *env.Outcome) error {
		if e.inAll == 7 {
			return unplugged
		}
		return nil
	}}
	stuck := &scripted{limit: 3, reset: func(e *scripted, _ []float64) error {
		if e.episodes == 2 {
			return unplugged
		}
		return nil
	}}
	for want, world := range map[string]*scripted{"failed at step 7": broken, "reset before step 4": stuck} {
		l := loopOf(t, tiny(t, pendulum, "sac"), world, &scripted{limit: 4})
		var err error
		for range 10 {
			if _, err = l.Step(context.Background()); err != nil {
				break
			}
		}
		if !errors.Is(err, unplugged) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

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

func TestALoopDependsNeitherOnWorkersNorOnBeingSavedAndRestored(t *testing.T) {
	for _, task := range []string{pendulum, leg} {
		for _, a := range agent.Algorithms {
			s := tiny(t, task, a.Name)
			whole := newLoop(t, s, 1)
			steps(t, whole, 97) // in the middle of an episode
			saved := sections(whole)
			other := newLoop(t, s, 3)
			for _, section := range other.Sections() {
				if err := section.Restore(saved[section.Name]); err != nil {
					t.Fatal(err)
				}
			}
			equalSections(t, a.Name+" restored", other, whole)
			got, want := steps(t, other, 45), steps(t, whole, 45)
			for i := range want {
				if fmt.Sprint(got[i]) != fmt.Sprint(want[i]) {
					t.Fatalf("%s %s: step %d brings %v, want %v", task, a.Name, want[i].Step, got[i], want[i])
				}
			}
			equalSections(t, task+" "+a.Name+" after more steps", other, whole)
		}
	}
}

// Without StateCodec the episode under way is lost: the next step begins a new
// one, also for the planner, and nothing else is forgotten.
func TestARestoredLoopOfATaskWithoutStateBeginsANewEpisode(t *testing.T) {
	s := tiny(t, pendulum, "loop")
	l := loopOf(t, s, &scripted{limit: 10}, &scripted{limit: 3})
	steps(t, l, 44) // 4 steps into the fifth episode
	if l.Exact() {
		t.Error("a task without StateCodec is called exact")
	}
	world := &scripted{limit: 10}
	other := loopOf(t, s, world, &scripted{limit: 3})
	for i, section := range other.Sections() {
		if err := section.Restore(l.Sections()[i].Append(nil)); err != nil {
			t.Fatal(err)
		}
	}
	ev := steps(t, other, 1)[0]
	if ev.Step != 45 || ev.Transition.Obs[0] != 0 || world.episodes != 1 {
		t.Errorf("step %d starts at age %g of episode %d", ev.Step, ev.Transition.Obs[0], world.episodes)
	}
	// A planner whose episode ended answers as one that was reset.
	reset := loopOf(t, s, &scripted{limit: 10}, &scripted{limit: 3})
	for i, section := range reset.Sections() {
		if err := section.Restore(l.Sections()[i].Append(nil)); err != nil {
			t.Fatal(err)
		}
	}
	reset.Agent().EpisodeEnd()
	if again := steps(t, reset, 1)[0]; again.Transition.Action[0] != ev.Transition.Action[0] {
		t.Errorf("the planner went on with the plan of an episode that is lost: %g, want %g", ev.Transition.Action[0], again.Transition.Action[0])
	}
}

// forgetful is a scripted task that could not tell its state when it was saved.
type forgetful struct{ scripted }

func (e *forgetful) AppendState(dst []byte) []byte { return append(dst, 1) }

func (e *forgetful) RestoreState([]byte, []float64) error {
	return fmt.Errorf("test/scripted: %w", env.ErrNoState)
}

func TestARestoredLoopWhoseTaskLostItsStateBeginsANewEpisode(t *testing.T) {
	s := tiny(t, pendulum, "loop")
	l := loopOf(t, s, &forgetful{scripted{limit: 10}}, &scripted{limit: 3})
	steps(t, l, 44)
	world := &forgetful{scripted{limit: 10}}
	other := loopOf(t, s, world, &scripted{limit: 3})
	for i, section := range other.Sections() {
		if err := section.Restore(l.Sections()[i].Append(nil)); err != nil {
			t.Fatal(err)
		}
	}
	if ev := steps(t, other, 1)[0]; ev.Step != 45 || ev.Transition.Obs[0] != 0 || world.episodes != 1 {
		t.Errorf("step %d starts at age %g of episode %d", ev.Step, ev.Transition.Obs[0], world.episodes)
	}
}

func TestADamagedLoopSectionIsAnError(t *testing.T) {
	l := newLoop(t, tiny(t, pendulum, "sac"), 1)
	steps(t, l, 3)
	all := l.Sections()
	own := all[len(all)-1]
	state := own.Append(nil)
	for _, damaged := range [][]byte{nil, state[:len(state)-1], append(slices.Clone(state), 0)} {
		if err := own.Restore(damaged); err == nil || !strings.Contains(err.Error(), "loop: ") {
			t.Errorf("%d of %d bytes give %v", len(damaged), len(state), err)
		}
	}
	// A simulator state has no place in a task that cannot restore one.
	s := tiny(t, pendulum, "sac")
	plain := loopOf(t, s, withoutCodec{mustEnv(t, pendulum)}, withoutCodec{mustEnv(t, pendulum)})
	all = plain.Sections()
	if err := all[len(all)-1].Restore(state); err == nil || !strings.Contains(err.Error(), "cannot restore") {
		t.Errorf("got %v", err)
	}
}

// withoutCodec hides all powers of a task.
type withoutCodec struct{ env.Env }

func mustEnv(t testing.TB, id string) env.Env {
	t.Helper()
	e, err := env.ForLearning(id)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// equipped is a scripted task that can be varied and told what to do.
type equipped struct {
	scripted
	ranges  env.Randomization
	command []float64
}

func (e *equipped) Randomize(r env.Randomization) error {
	e.ranges = r
	return r.Only("test/scripted", "friction")
}

func (e *equipped) Command(c []float64) error {
	e.command = c
	return nil
}

func TestTheTrainingInstanceAloneIsRandomizedAndBothAreCommanded(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	s.Randomize, s.Command = env.Randomization{Friction: env.Range{.5, 1}}, []float64{1, 2}
	world, judge := &equipped{}, &equipped{}
	loopOf(t, s, world, judge)
	if world.ranges != s.Randomize || !judge.ranges.Off() || !slices.Equal(world.command, s.Command) || !slices.Equal(judge.command, s.Command) {
		t.Errorf("training %+v, evaluation %+v", world, judge)
	}
}

func TestASettingThatTheTaskCannotServeIsRefused(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	for want, c := range map[string]struct {
		change func(*train.Settings)
		world  env.Env
	}{
		"randomize is set, but the physics of test/scripted": {func(s *train.Settings) { s.Randomize.Mass = env.Range{.8, 1.2} }, &scripted{}},
		"command is set, but test/scripted":                  {func(s *train.Settings) { s.Command = []float64{1} }, &scripted{}},
		"randomize.noise is set, but test/scripted":          {func(s *train.Settings) { s.Randomize.Noise = .1 }, &equipped{}},
	} {
		one := s
		c.change(&one)
		pool := par.New(1)
		_, err := train.NewLoop(one, func() (env.Env, error) { return c.world, nil }, pool)
		pool.Close()
		var unfit *train.UnfitError
		if !errors.As(err, &unfit) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	s.Randomize, s.Command = env.Randomization{Motor: env.Range{2, 1}, Push: env.Range{-1, 1}}, []float64{0, math.NaN()}
	err := s.Validate()
	for _, want := range []string{"randomize.motor is [2, 1]", "randomize.push is [-1, 1]", "command[1] is NaN"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestRandomizationIsWrittenIntoTheSettingsAndReadBack(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	s.Randomize = env.Randomization{Friction: env.Range{.5, 1}, Latency: env.Range{0, .01}, Noise: .02}
	s.Command = []float64{1, 0, -.5}
	text, err := settings.Encode(&s, nil)
	if err != nil {
		t.Fatal(err)
	}
	back := train.Stored()
	if _, err := settings.Decode(&back, settings.YAML("run.yaml", text)); err != nil {
		t.Fatal(err)
	}
	if back.Randomize != s.Randomize || !slices.Equal(back.Command, s.Command) {
		t.Errorf("read back as %+v and %v", back.Randomize, back.Command)
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

// testdata/before-learners.yaml is what the program wrote before there were
// other learners than SAC.
func TestRunsOfEarlierVersionsGoOnAsTheyWere(t *testing.T) {
	text, err := os.ReadFile("testdata/before-learners.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s := train.Stored()
	if _, err := settings.Decode(&s, settings.YAML("run.yaml", text)); err != nil {
		t.Fatal(err)
	}
	if s.Agent.Learner != agent.LearnerSAC || s.Agent.SAC.AdamBeta1 != 0.9 || s.Agent.SAC.ObservationNorm {
		t.Errorf("read as learner %q, beta %g, normalised %t", s.Agent.Learner, s.Agent.SAC.AdamBeta1, s.Agent.SAC.ObservationNorm)
	}
	steps(t, newLoop(t, s, 1), s.Agent.Warmup+3)
}

func TestEvaluationsCanHappenOnAVariedTaskWhileTrainingDoesNot(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	world, judge, other := &equipped{}, &equipped{}, &equipped{scripted: scripted{limit: 3}}
	l := loopOf(t, s, world, judge)
	r := env.Randomization{Friction: env.Range{.5, 1}}
	if err := l.JudgeOn(func() (env.Env, error) { return other, nil }, []float64{3}, r); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Episodes(context.Background(), "policy", 1); err != nil {
		t.Fatal(err)
	}
	if other.ranges != r || !slices.Equal(other.command, []float64{3}) || !world.ranges.Off() || len(world.command) != 0 {
		t.Errorf("training %+v, evaluation %+v", world, other)
	}
	unfit := &train.UnfitError{}
	if err := l.JudgeOn(func() (env.Env, error) { return other, nil }, nil, env.Randomization{Noise: 1}); !errors.As(err, &unfit) {
		t.Errorf("a task that cannot be varied so: %v", err)
	}
}
