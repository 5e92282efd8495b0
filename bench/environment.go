package bench

import (
	"fmt"
	"sync"

	"demorl/env"
	"demorl/env/vector"
	"demorl/internal/par"
	"demorl/rng"
)

// Environment is the rate of a task's steps.
type Environment struct {
	Bench   string   `json:"bench"`
	Env     string   `json:"env"`
	Threads int      `json:"threads"`
	Steps   float64  `json:"steps_per_s"`
	Bare    *float64 `json:"bare_steps_per_s"` // the same simulator calls in a C loop; nil where there is no simulator
	// Instances is how many were stepped together by env/vector; 0 means one a
	// thread, each at its own pace.
	Instances int `json:"instances,omitzero"`
}

// bare is the power to make the simulator's calls of many steps in one C loop.
type bare interface{ Bare(actions []float64) error }

// stepsEach is the number of steps behind one measurement.
const stepsEach = 1000

// NewEnvironment measures random actions on the named task, resets included,
// with one instance on each of threads threads.
func NewEnvironment(id string, threads int) (Environment, error) {
	out := Environment{Bench: "env", Env: id, Threads: threads}
	runners := make([]*runner, threads)
	for i := range runners {
		r, err := newRunner(id, uint64(i))
		if err != nil {
			return out, err
		}
		defer r.env.Close()
		runners[i] = r
	}
	measure := func(f func(r *runner) error) (float64, error) {
		var failed error
		seconds := median(timed(repeats, func() {
			var done sync.WaitGroup
			errs := make([]error, threads)
			for i, r := range runners {
				done.Go(func() { errs[i] = f(r) })
			}
			done.Wait()
			for _, err := range errs {
				if err != nil {
					failed = err
				}
			}
		}))
		return stepsEach * float64(threads) / seconds, failed
	}
	var err error
	if out.Steps, err = measure((*runner).walk); err != nil {
		return out, fmt.Errorf("bench env: %w", err)
	}
	if _, ok := env.Power[bare](runners[0].env); ok {
		rate, err := measure((*runner).bare)
		if err != nil {
			return out, fmt.Errorf("bench env: %w", err)
		}
		out.Bare = &rate
	}
	return out, nil
}

// NewVector measures random actions on instances of the named task that are
// stepped together on pool, resets included.
func NewVector(id string, instances int, pool *par.Pool) (Environment, error) {
	out := Environment{Bench: "env", Env: id, Threads: pool.Workers(), Instances: instances}
	t, err := env.Lookup(id)
	if err != nil {
		return out, err
	}
	key := rng.Root(0).Derive("bench/env")
	set, err := vector.New(func() (env.Env, error) {
		e, err := t.New()
		if err != nil {
			return nil, err
		}
		return env.Limit(e, e.Spec().Limit), nil
	}, instances, key.At(0), pool)
	if err != nil {
		return out, fmt.Errorf("bench env: %w", err)
	}
	defer set.Close()
	spec := set.Spec()
	rounds := max(20, (stepsEach+instances-1)/instances)
	actions := make([]float64, rounds*instances*spec.ActDim)
	draw(actions, spec, rng.NewStream(key.At(1)))
	failed := set.Reset()
	seconds := median(timed(repeats, func() {
		row := instances * spec.ActDim
		for i := range rounds {
			if failed == nil {
				failed = set.Step(actions[i*row : (i+1)*row])
			}
		}
	}))
	if failed != nil {
		return out, fmt.Errorf("bench env: %w", failed)
	}
	out.Steps = float64(rounds*instances) / seconds
	return out, nil
}

// draw fills actions, rows of ActDim, with uniform ones.
func draw(actions []float64, spec env.Spec, s *rng.Stream) {
	for i := range actions {
		low, high := max(spec.Low[i%spec.ActDim], -1e3), min(spec.High[i%spec.ActDim], 1e3)
		actions[i] = s.Uniform(low, high)
	}
}

// runner is one instance with fixed random actions.
type runner struct {
	env     env.Env
	dim     int
	limit   int
	resets  *rng.Stream
	actions []float64
	obs     []float64
	length  int // of the present episode
}

func newRunner(id string, n uint64) (*runner, error) {
	e, err := env.Make(id)
	if err != nil {
		return nil, err
	}
	spec := e.Spec()
	key := rng.Root(0).Derive("bench/env", n)
	r := &runner{
		env: e, dim: spec.ActDim, limit: spec.Limit, resets: rng.NewStream(key.At(0)),
		actions: make([]float64, stepsEach*spec.ActDim), obs: make([]float64, spec.ObsDim),
	}
	draw(r.actions, spec, rng.NewStream(key.At(1)))
	return r, e.Reset(r.resets, r.obs)
}

// walk steps the task as training does.
func (r *runner) walk() error {
	for i := range stepsEach {
		out, err := r.env.Step(r.actions[i*r.dim:(i+1)*r.dim], r.obs)
		if err != nil {
			return err
		}
		r.length++
		if out.Terminated || out.Truncated || r.limit > 0 && r.length >= r.limit {
			r.length = 0
			if err := r.env.Reset(r.resets, r.obs); err != nil {
				return err
			}
		}
	}
	return nil
}

// bare makes the simulator's calls alone, from a fresh episode.
func (r *runner) bare() error {
	if err := r.env.Reset(r.resets, r.obs); err != nil {
		return err
	}
	b, _ := env.Power[bare](r.env)
	return b.Bare(r.actions)
}
