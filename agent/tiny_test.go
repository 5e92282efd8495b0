package agent

import (
	"bytes"
	"context"
	"testing"

	"demorl/dynamics"
	"demorl/env"
	_ "demorl/env/classic"
	"demorl/par"
	"demorl/replay"
	"demorl/rng"
)

// tiny returns settings of the named algorithm that learn nothing in
// milliseconds and meet every event of the framework within some hundred steps.
func tiny(t testing.TB, algorithm, task string) Settings {
	t.Helper()
	a, err := FindAlgorithm(algorithm)
	if err != nil {
		t.Fatal(err)
	}
	about, err := env.Lookup(task)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Preset(a, "gate", about)
	if err != nil {
		t.Fatal(err)
	}
	s.Warmup, s.EpochSteps, s.RefitEvery, s.ReplanEvery, s.UTD = 30, 40, 20, 10, min(s.UTD, 1)
	if s.UpdateEvery > 1 {
		s.UpdateEvery = 7
	}
	s.StartStates, s.ProbeStarts, s.Capacity = 12, 4, 1000
	s.Gradient = GradientSettings{Steps: 2, ImagineEvery: 6, RetainRounds: 2, CriticUpdates: 3}
	s.Horizon = Schedule{0, 2, 2, 3}
	s.SAC.Hidden, s.SAC.Batch = []int{8, 8}, 8
	s.Model.Members, s.Model.Elites, s.Model.Hidden, s.Model.Batch = 3, 2, []int{8, 8}, 16
	s.Model.Decay, s.Model.MaxPasses, s.Model.ModelGuard = dynamics.ShapeDecay(2), 2, 0
	s.Model.TerminalHidden = []int{4}
	s.Planner.Samples, s.Planner.Elites, s.Planner.Iterations, s.Planner.Particles = 6, 2, 1, 2
	s.Planner.PolicySamples = min(s.Planner.PolicySamples, 2)
	return s
}

// driver leads an agent through a task as a run does, without evaluations.
type driver struct {
	t       testing.TB
	a       *Agent
	e       env.Env
	obs     []float64
	began   bool
	episode uint64
}

func newDriver(t testing.TB, s Settings, task string, workers int) *driver {
	t.Helper()
	e, err := env.ForLearning(task)
	if err != nil {
		t.Fatal(err)
	}
	return driverOf(t, s, e, TaskOf(e), workers)
}

func driverOf(t testing.TB, s Settings, e env.Env, task Task, workers int) *driver {
	t.Helper()
	pool := par.New(workers)
	t.Cleanup(pool.Close)
	a, err := New(s, task, rng.Root(5), pool)
	if err != nil {
		t.Fatal(err)
	}
	return &driver{t: t, a: a, e: e, obs: make([]float64, task.ObsDim)}
}

// step makes one real step.
func (d *driver) step() {
	d.t.Helper()
	must := func(err error) {
		if err != nil {
			d.t.Helper()
			d.t.Fatalf("step %d: %v", d.a.Steps(), err)
		}
	}
	if !d.began {
		must(d.e.Reset(rng.NewStream(rng.Root(6).At(d.episode)), d.obs))
		d.began = true
		d.episode++
	}
	must(d.a.Prepare())
	row := replay.Transition{Obs: narrow(d.obs), Action: make([]float32, d.a.task.ActDim)}
	must(d.a.Act(context.Background(), row.Obs, nil, row.Action))
	action := make([]float64, len(row.Action))
	for j, u := range row.Action {
		action[j] = float64(u)
	}
	out, err := d.e.Step(action, d.obs)
	must(err)
	row.Next, row.Reward, row.Terminated, row.Truncated = narrow(d.obs), float32(out.Reward), out.Terminated, out.Truncated
	d.a.Observe(row)
	if out.Terminated || out.Truncated {
		d.began = false
		d.a.EpisodeEnd()
	}
	must(d.a.Learn())
}

func (d *driver) run(steps int) {
	d.t.Helper()
	for range steps {
		d.step()
	}
}

// to returns a driver of another agent, restored from d's state, at d's place
// in the task. skipped counts sections that need not be saved.
func (d *driver) to(s Settings, task string, workers int) (other *driver, skipped []string) {
	d.t.Helper()
	other = newDriver(d.t, s, task, workers)
	saved := map[string][]byte{}
	for _, section := range d.a.Sections() {
		if section.Skip != nil && section.Skip() {
			skipped = append(skipped, section.Name)
			continue
		}
		saved[section.Name] = section.Append(nil)
	}
	for _, section := range other.a.Sections() {
		if state, ok := saved[section.Name]; ok {
			if err := section.Restore(state); err != nil {
				d.t.Fatal(err)
			}
		}
	}
	from, _ := env.Power[env.StateCodec](d.e)
	into, _ := env.Power[env.StateCodec](other.e)
	if d.began {
		if err := into.RestoreState(from.AppendState(nil), other.obs); err != nil {
			d.t.Fatal(err)
		}
		copy(other.obs, d.obs)
	}
	other.began, other.episode = d.began, d.episode
	return other, skipped
}

func narrow(x []float64) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = float32(v)
	}
	return out
}

// states returns the bytes of every section by name.
func states(a *Agent) map[string][]byte {
	out := map[string][]byte{}
	for _, s := range a.Sections() {
		out[s.Name] = s.Append(nil)
	}
	return out
}

// equalStates fails for every section of got that differs from want's.
func equalStates(t testing.TB, what string, got, want *Agent) {
	t.Helper()
	g, w := states(got), states(want)
	if len(g) != len(w) {
		t.Errorf("%s: %d sections, want %d", what, len(g), len(w))
	}
	for name := range w {
		if !bytes.Equal(g[name], w[name]) {
			t.Errorf("%s: section %s differs", what, name)
		}
	}
}
