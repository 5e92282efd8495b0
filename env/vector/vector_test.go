package vector_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"demorl/env"
	_ "demorl/env/classic"
	_ "demorl/env/leg"
	"demorl/env/vector"
	"demorl/par"
	"demorl/rng"
)

func scaled(id string) func() (*env.Scaled, error) {
	return func() (*env.Scaled, error) { return env.ForLearning(id) }
}

// draw fills one row of actions an instance, a function of step and instance.
func draw(actions []float64, dims, step int) {
	for i := range actions {
		actions[i] = rng.Root(3).At(uint64(i/dims)).At(uint64(step)).Float64At(uint64(i%dims))*2 - 1
	}
}

// The oracle is each instance stepped alone by hand.
func TestResultsAreThoseOfInstancesAloneForAnyNumberOfWorkers(t *testing.T) {
	const n, steps = 7, 260
	for _, id := range []string{"classic/pendulum", "classic/cartpole-swingup", "leg2r/ellipse-100hz"} {
		for _, workers := range []int{1, 2, 3} {
			pool := par.New(workers)
			key := rng.Root(5)
			set, err := vector.New(scaled(id), n, key, pool)
			if err != nil {
				t.Fatal(err)
			}
			spec := set.Spec()
			var alone [n]*env.Scaled
			var obs [n][]float64
			var episode [n]uint64
			restart := func(i int) {
				if err := alone[i].Reset(rng.NewStream(key.At(uint64(i)).At(episode[i])), obs[i]); err != nil {
					t.Fatal(err)
				}
				episode[i]++
			}
			for i := range n {
				alone[i], _ = env.ForLearning(id)
				obs[i] = make([]float64, spec.ObsDim)
				restart(i)
			}
			if err := set.Reset(); err != nil {
				t.Fatal(err)
			}
			actions, next := make([]float64, n*spec.ActDim), make([]float64, spec.ObsDim)
			for step := range steps {
				draw(actions, spec.ActDim, step)
				if err := set.Step(actions); err != nil {
					t.Fatal(err)
				}
				for i := range n {
					out, err := alone[i].Step(actions[i*spec.ActDim:(i+1)*spec.ActDim], next)
					if err != nil {
						t.Fatal(err)
					}
					copy(obs[i], next)
					if out.Terminated || out.Truncated {
						restart(i)
					}
					if got := (env.Outcome{Reward: set.Reward[i], Terminated: set.Terminated[i], Truncated: set.Truncated[i]}); got != out ||
						!slices.Equal(set.Next[i*spec.ObsDim:(i+1)*spec.ObsDim], next) || !slices.Equal(set.Obs[i*spec.ObsDim:(i+1)*spec.ObsDim], obs[i]) {
						t.Fatalf("%s, %d workers, instance %d, step %d: %+v, want %+v", id, workers, i, step, got, out)
					}
				}
			}
			if !slices.ContainsFunc(episode[:], func(e uint64) bool { return e > 1 }) {
				t.Errorf("%s: no episode ended", id)
			}
			if err := set.Close(); err != nil {
				t.Error(err)
			}
			pool.Close()
		}
	}
}

func TestAResetBeginsAsANewSetDoes(t *testing.T) {
	pool := par.New(2)
	defer pool.Close()
	set, err := vector.New(scaled("classic/cartpole-swingup"), 3, rng.Root(1), pool)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	actions := []float64{1, 1, 1}
	if err := set.Reset(); err != nil {
		t.Fatal(err)
	}
	first := slices.Clone(set.Obs)
	for range 300 {
		if err := set.Step(actions); err != nil {
			t.Fatal(err)
		}
	}
	if err := set.Reset(); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(set.Obs, first) || slices.Equal(first[:5], first[5:10]) {
		t.Errorf("starts %v, then %v; want equal ones, and instances that differ", first, set.Obs)
	}
}

func TestStepsAllocateNothing(t *testing.T) {
	pool := par.New(2)
	defer pool.Close()
	set, err := vector.New(scaled("classic/cartpole-swingup"), 16, rng.Root(1), pool)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	if err := set.Reset(); err != nil {
		t.Fatal(err)
	}
	actions := slices.Repeat([]float64{1}, 16)
	ended := 0
	if n := testing.AllocsPerRun(400, func() {
		if set.Step(actions) != nil {
			t.Fatal("a step failed")
		}
		if set.Terminated[0] || set.Truncated[0] {
			ended++
		}
	}); n != 0 || ended == 0 {
		t.Errorf("a step allocates %g times, with %d episodes ended; want 0 and some", n, ended)
	}
}

// faulty fails at its third step when asked to.
type faulty struct {
	env.Env
	fail  bool
	steps int
}

func (f *faulty) Step(action, obs []float64) (env.Outcome, error) {
	if f.steps++; f.fail && f.steps == 3 {
		return env.Outcome{}, errors.New("the simulator diverged")
	}
	return f.Env.Step(action, obs)
}

func TestAFailureNamesItsInstanceAndAResetMendsIt(t *testing.T) {
	pool := par.New(2)
	defer pool.Close()
	made := 0
	set, err := vector.New(func() (env.Env, error) {
		e, err := env.Make("classic/pendulum")
		made++
		return &faulty{Env: e, fail: made == 3}, err
	}, 4, rng.Root(1), pool)
	if err != nil {
		t.Fatal(err)
	}
	if err := set.Reset(); err != nil {
		t.Fatal(err)
	}
	actions := make([]float64, 4)
	for step := 1; step <= 3; step++ {
		if err = set.Step(actions); (err != nil) != (step == 3) {
			t.Fatalf("step %d: %v", step, err)
		}
	}
	if !strings.Contains(err.Error(), "instance 2: the simulator diverged") {
		t.Errorf("error %v, want one that names instance 2", err)
	}
	if err := errors.Join(set.Reset(), set.Step(actions)); err != nil {
		t.Errorf("after a reset: %v", err)
	}
	if err := set.Step(make([]float64, 3)); err == nil || !strings.Contains(err.Error(), "give 4") {
		t.Errorf("three actions for four instances: %v", err)
	}
}

func TestInstancesThatCannotBeMadeAreGivenBack(t *testing.T) {
	pool := par.New(1)
	defer pool.Close()
	made := 0
	_, err := vector.New(func() (env.Env, error) {
		if made++; made == 3 {
			return nil, fmt.Errorf("out of memory")
		}
		return env.Make("classic/pendulum")
	}, 4, rng.Root(1), pool)
	if err == nil || !strings.Contains(err.Error(), "instance 2: out of memory") {
		t.Errorf("error %v, want one that names instance 2", err)
	}
	if _, err := vector.New(scaled("classic/pendulum"), 0, rng.Root(1), pool); err == nil {
		t.Error("a set of no instance was made")
	}
}

func BenchmarkStep(b *testing.B) {
	for _, workers := range []int{1, 2} {
		for _, n := range []int{2, 16, 256} {
			b.Run(fmt.Sprintf("%d instances/%d workers", n, workers), func(b *testing.B) {
				pool := par.New(workers)
				defer pool.Close()
				set, err := vector.New(scaled("leg2r/ellipse-100hz"), n, rng.Root(1), pool)
				if err != nil {
					b.Fatal(err)
				}
				defer set.Close()
				if err := set.Reset(); err != nil {
					b.Fatal(err)
				}
				actions := make([]float64, n*set.Spec().ActDim)
				draw(actions, set.Spec().ActDim, 0)
				for b.Loop() {
					if err := set.Step(actions); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "steps/s")
			})
		}
	}
}
