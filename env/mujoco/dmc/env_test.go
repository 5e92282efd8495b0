//go:build mujoco && cgo && linux

package dmc

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"

	"demorl/env/mujoco"
	"demorl/rng"
)

func instance(t testing.TB, task *task) *Env {
	t.Helper()
	needSimulator(t)
	e, err := open(task)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// find returns the row of an id without its family.
func find(t testing.TB, id string) *task {
	t.Helper()
	for i := range tasks {
		if tasks[i].id() == id {
			return &tasks[i]
		}
	}
	t.Fatal("no task is called " + id)
	return nil
}

// each runs a test for every task as the literature runs it.
func each(t *testing.T, test func(t *testing.T, task *task)) {
	needSimulator(t)
	for i := range tasks[:len(tasks)/2] {
		t.Run(tasks[i].id(), func(t *testing.T) { test(t, &tasks[i]) })
	}
}

func sameBits(t *testing.T, step int, a, b []float64) {
	t.Helper()
	for i := range a {
		if math.Float64bits(a[i]) != math.Float64bits(b[i]) {
			t.Fatalf("step %d: observation %d is %v and %v", step, i, a[i], b[i])
		}
	}
}

// hold draws actions that are held for some steps, so that the robots move.
func hold(s *rng.Stream, step int, action []float64) {
	for j := range action {
		if u := s.Uniform(-1, 1); step%7 == 0 {
			action[j] = u
		}
	}
}

func TestARestoredEpisodeStepsBitForBit(t *testing.T) {
	each(t, func(t *testing.T, task *task) {
		saved, undisturbed, other := instance(t, task), instance(t, task), instance(t, task)
		spec := saved.Spec()
		s := rng.NewStream(rng.Root(7).Derive(task.id()))
		obs, second, third := make([]float64, spec.ObsDim), make([]float64, spec.ObsDim), make([]float64, spec.ObsDim)
		action := make([]float64, spec.ActDim)
		key, touches, restored := s.Uint64(), false, false
		for _, e := range []*Env{saved, undisturbed} {
			if err := e.Reset(rng.NewStream(rng.Root(key)), obs); err != nil {
				t.Fatal(err)
			}
		}
		touch := len(obs)
		for i, name := range spec.ObsNames {
			if name == "touch[0]" {
				touch = i
			}
		}
		for i := range 130 {
			touching := touch < len(obs) && obs[touch]+obs[touch+1] > 0
			if i == 0 || i%40 == 20 || touching && !touches { // restore over another episode and go on with it
				touches = touches || touching
				if err := other.Reset(s, third); err != nil {
					t.Fatal(err)
				}
				state := saved.AppendState([]byte("kept"))
				if err := other.RestoreState(state[4:], third); err != nil {
					t.Fatal(err)
				}
				sameBits(t, i, obs, third)
				if string(state[:4]) != "kept" || !bytes.Equal(other.AppendState(nil), state[4:]) {
					t.Errorf("step %d: the restored state saves differently", i)
				}
				restored = true
			}
			hold(s, i, action)
			a, err := saved.Step(action, obs)
			b, err2 := undisturbed.Step(action, second)
			c, err3 := other.Step(action, third)
			if err := errors.Join(err, err2, err3); err != nil {
				t.Fatal(err)
			}
			if a != b || a != c {
				t.Fatalf("step %d: outcomes %+v, %+v and %+v", i, a, b, c)
			}
			sameBits(t, i, obs, second)
			sameBits(t, i, obs, third)
		}
		if !restored || touch < len(obs) && !touches {
			t.Errorf("restored: %v, with a reading of a touch sensor: %v", restored, touches)
		}
	})
}

// A step of the task is the same as its control steps one by one, in another
// instance that takes the state over.
func TestARepeatedStepIsTheSumOfItsControlSteps(t *testing.T) {
	each(t, func(t *testing.T, task *task) {
		whole, single := instance(t, task), instance(t, find(t, task.id()+":k1"))
		s := rng.NewStream(rng.Root(3).Derive(task.id()))
		obs, other := make([]float64, whole.spec.ObsDim), make([]float64, whole.spec.ObsDim)
		action := make([]float64, whole.spec.ActDim)
		if err := whole.Reset(s, obs); err != nil {
			t.Fatal(err)
		}
		if err := single.RestoreState(whole.AppendState(nil), other); err != nil {
			t.Fatal(err)
		}
		for i := range 30 {
			hold(s, i, action)
			want, err := whole.Step(action, obs)
			if err != nil {
				t.Fatal(err)
			}
			sum := 0.
			for range task.repeat {
				out, err := single.Step(action, other)
				if err != nil {
					t.Fatal(err)
				}
				if out.Reward < 0 || out.Reward > 1 {
					t.Errorf("step %d: the reward of a control step is %v", i, out.Reward)
				}
				sum += out.Reward
			}
			if want.Reward != sum {
				t.Fatalf("step %d: reward %v, its control steps have %v", i, want.Reward, sum)
			}
			sameBits(t, i, obs, other)
		}
	})
}

func TestBareMakesTheSameCalls(t *testing.T) {
	for _, id := range []string{"cheetah-run", "cartpole-swingup", "hopper-hop:k1"} {
		a, b := instance(t, find(t, id)), instance(t, find(t, id))
		obs, all := make([]float64, a.spec.ObsDim), []float64(nil)
		s := rng.NewStream(rng.Root(5))
		for _, e := range []*Env{a, b} {
			if err := e.Reset(rng.NewStream(rng.Root(4)), obs); err != nil {
				t.Fatal(err)
			}
		}
		for range 20 {
			action := make([]float64, a.spec.ActDim)
			for j := range action {
				action[j] = s.Uniform(-1, 1)
			}
			all = append(all, action...)
			if _, err := a.Step(action, obs); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Bare(all); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a.AppendState(nil), b.AppendState(nil)) {
			t.Errorf("%s: steps and the bare loop end in different states", id)
		}
	}
}

func TestAStateOfAnotherTaskIsRefused(t *testing.T) {
	easy, hard, spin := instance(t, find(t, "finger-turn_easy")), instance(t, find(t, "finger-turn_hard")), instance(t, find(t, "finger-spin"))
	for _, e := range []*Env{hard, spin} {
		if err := e.RestoreState(easy.AppendState(nil), make([]float64, e.spec.ObsDim)); err == nil || !strings.Contains(err.Error(), "finger/turn_easy") {
			t.Errorf("%s: got %v", e.spec.ID, err)
		}
	}
	state := easy.AppendState(nil)
	if err := easy.RestoreState(state[:len(state)-1], make([]float64, 12)); err == nil {
		t.Error("a state cut short was taken")
	}
}

func TestAnInjectedStateIsTakenOrItsFaultIsNamed(t *testing.T) {
	e := instance(t, find(t, "finger-turn_easy"))
	obs := make([]float64, e.spec.ObsDim)
	if err := e.Reset(rng.NewStream(rng.Root(1)), obs); err != nil {
		t.Fatal(err)
	}
	site := append([]float64(nil), e.sim.Field(mujoco.SitePos)...)
	id, err := e.sim.ID(mujoco.Site, "target")
	if err != nil {
		t.Fatal(err)
	}
	site[3*id], site[3*id+2] = .2, .4+.13
	q, v := []float64{.5, -.25, math.Pi}, []float64{1, 2, 3}
	if err := e.Inject(map[string][]float64{"qpos": q, "qvel": v, "site_pos": site}, obs); err != nil {
		t.Fatal(err)
	}
	// The target is above the hinge and the spinner's tip below it; the joint's sensor is the joint's position.
	for i, want := range map[int]float64{0: .5, 1: -.25, 2: 0, 3: -.13, 4: 1, 5: 2, 6: 3, 9: 0, 10: .13, 11: .26 - .07} {
		if math.Abs(obs[i]-want) > 1e-15 {
			t.Errorf("%s is %v, want %v", e.spec.ObsNames[i], obs[i], want)
		}
	}
	for want, fields := range map[string]map[string][]float64{
		`needs "qvel"`:           {"qpos": q},
		"qpos has 2 numbers":     {"qpos": q[:2], "qvel": v},
		`has no "dof_damping"`:   {"qpos": q, "qvel": v, "dof_damping": v},
		"site_pos has 3 numbers": {"qpos": q, "qvel": v, "site_pos": v},
	} {
		if err := e.Inject(fields, obs); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), e.spec.ID) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if _, err := e.Step(v[:1], obs); err == nil || !strings.Contains(err.Error(), "1 entries") {
		t.Errorf("an action that is too short gave %v", err)
	}
}

func TestAFailedSimulationNamesTheTaskAndAResetMendsIt(t *testing.T) {
	e := instance(t, find(t, "walker-run"))
	obs := make([]float64, e.spec.ObsDim)
	action := make([]float64, e.spec.ActDim)
	action[2] = math.NaN()
	var failure *mujoco.SimError
	if _, err := e.Step(action, obs); !errors.As(err, &failure) || !strings.Contains(err.Error(), "dmc/walker-run") {
		t.Fatalf("an action that is no number gave %v", err)
	}
	if err := e.Reset(rng.NewStream(rng.Root(1)), obs); err != nil {
		t.Fatal(err)
	}
	action[2] = 0
	if _, err := e.Step(action, obs); err != nil {
		t.Error("a reset does not mend the instance:", err)
	}
}

func TestStepAndTerminalAllocateNothing(t *testing.T) {
	each(t, func(t *testing.T, task *task) {
		e := instance(t, task)
		obs, action := make([]float64, e.spec.ObsDim), make([]float64, e.spec.ActDim)
		pred, done := make([]float32, 8*e.spec.ObsDim), make([]bool, 8)
		if n := testing.AllocsPerRun(20, func() {
			if _, err := e.Step(action, obs); err != nil {
				t.Fatal(err)
			}
			e.Terminal(pred, done)
		}); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

// BenchmarkStep reports environment steps a second on one core, with random actions.
func BenchmarkStep(b *testing.B) {
	for _, id := range []string{"cheetah-run", "finger-spin", "walker-run", "humanoid-run"} {
		actions := func(e *Env) []float64 {
			s := rng.NewStream(rng.Root(1))
			a := make([]float64, 200*e.spec.ActDim)
			for i := range a {
				a[i] = s.Uniform(-1, 1)
			}
			return a
		}
		b.Run(id, func(b *testing.B) {
			e := instance(b, find(b, id))
			all, obs, nu, i := actions(e), make([]float64, e.spec.ObsDim), e.spec.ActDim, 0
			for b.Loop() {
				if _, err := e.Step(all[i*nu:(i+1)*nu], obs); err != nil {
					b.Fatal(err)
				}
				i = (i + 1) % 200
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "steps/s")
		})
		b.Run(id+"/bare", func(b *testing.B) {
			e := instance(b, find(b, id))
			all := actions(e)
			for b.Loop() {
				if err := e.Bare(all); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(200*float64(b.N)/b.Elapsed().Seconds(), "steps/s")
		})
	}
}
