package train_test

import (
	"bytes"
	"context"
	"testing"

	"demorl/agent"
	"demorl/dynamics"
	"demorl/env"
	_ "demorl/env/classic"
	_ "demorl/env/leg"
	"demorl/par"
	"demorl/rng"
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
