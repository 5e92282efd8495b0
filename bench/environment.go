package bench

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"demorl/env"
	"demorl/env/vector"
	"demorl/par"
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

// stepsEach is the number of steps of one pass. Steps that are timed together
// are at most mostSteps, and fewer where they would take longer than piece.
const (
	stepsEach = 1000
	mostSteps = 20
	piece     = 500 * time.Microsecond
)

// NewEnvironment measures random actions on the named task, resets included,
// with one instance on each of threads threads. The steps and the bare loop
// take turns, in the same episodes with the same actions, so that both compute
// the same physics on the same machine at the same time. A pass is timed in
// short pieces, and its time is the sum of the pieces' medians: what else runs
// on the machine interrupts few of the pieces, but every pass.
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
	passes := []func(*runner, *laps) error{(*runner).walk}
	if runners[0].bare != nil {
		passes = append(passes, (*runner).repeat)
	}
	rates, err := alternate(runners, passes)
	if err != nil {
		return out, fmt.Errorf("bench env: %w", err)
	}
	if out.Steps = rates[0]; len(rates) > 1 {
		out.Bare = &rates[1]
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

// alternate makes every pass in turn on all runners at once, repeats times
// after one to warm up, and returns the steps a second of each.
func alternate(runners []*runner, passes []func(*runner, *laps) error) ([]float64, error) {
	timed := make([][]laps, len(passes))
	for i := range timed {
		timed[i] = make([]laps, len(runners))
	}
	for round := range repeats + 1 {
		for i, pass := range passes {
			var done sync.WaitGroup
			errs := make([]error, len(runners))
			for j, r := range runners {
				done.Go(func() {
					l := &timed[i][j]
					l.begin()
					errs[j] = pass(r, l)
				})
			}
			done.Wait()
			if err := errors.Join(errs...); err != nil {
				return nil, err
			}
		}
		if round == 0 {
			for j, r := range runners {
				step := timed[0][j].sum() / stepsEach
				r.piece = min(mostSteps, max(1, int(piece.Seconds()/step)))
			}
			for i := range timed {
				clear(timed[i])
			}
		}
	}
	rates := make([]float64, len(passes))
	for i := range timed {
		for _, l := range timed[i] {
			rates[i] += stepsEach / l.sum()
		}
	}
	return rates, nil
}

// laps are the durations in seconds of the pieces of a pass, in all its repeats.
type laps struct {
	seconds [][]float64
	piece   int
	last    time.Time
}

func (l *laps) begin() { l.piece, l.last = 0, time.Now() }

// lap ends a piece. It yields between two pieces, outside of both: Go's
// scheduler takes the processor from a goroutine that has made nothing but
// calls into C for 10 ms, which a training step's goroutine never does.
func (l *laps) lap() {
	now := time.Now()
	if l.piece == len(l.seconds) {
		l.seconds = append(l.seconds, make([]float64, 0, repeats))
	}
	l.seconds[l.piece] = append(l.seconds[l.piece], now.Sub(l.last).Seconds())
	l.piece++
	runtime.Gosched()
	l.last = time.Now()
}

// sum adds the medians of all pieces.
func (l *laps) sum() float64 {
	total := 0.
	for _, piece := range l.seconds {
		slices.Sort(piece)
		total += median(piece)
	}
	return total
}

// runner is one instance with fixed random actions.
type runner struct {
	env     env.Env
	bare    bare // nil where there is no simulator
	dim     int
	limit   int
	resets  rng.Key // of the stream of every pass's resets
	actions []float64
	obs     []float64
	lengths []int // of the episodes of a walk, the last one cut off
	piece   int   // steps that are timed together
}

func newRunner(id string, n uint64) (*runner, error) {
	e, err := env.Make(id)
	if err != nil {
		return nil, err
	}
	spec := e.Spec()
	key := rng.Root(0).Derive("bench/env", n)
	r := &runner{
		env: e, dim: spec.ActDim, limit: spec.Limit, resets: key.At(0),
		actions: make([]float64, stepsEach*spec.ActDim), obs: make([]float64, spec.ObsDim), piece: mostSteps,
	}
	r.bare, _ = env.Power[bare](e)
	draw(r.actions, spec, rng.NewStream(key.At(1)))
	return r, nil
}

// walk steps the task as training does.
func (r *runner) walk(l *laps) error {
	resets := rng.NewStream(r.resets)
	r.lengths = r.lengths[:0]
	length := 0
	for i := range stepsEach {
		if length == 0 {
			if err := r.env.Reset(resets, r.obs); err != nil {
				return err
			}
		}
		out, err := r.env.Step(r.actions[i*r.dim:(i+1)*r.dim], r.obs)
		if err != nil {
			return err
		}
		length++
		ended := out.Terminated || out.Truncated || length == r.limit || i == stepsEach-1
		if ended || length%r.piece == 0 {
			l.lap()
		}
		if ended {
			r.lengths = append(r.lengths, length)
			length = 0
		}
	}
	return nil
}

// repeat makes the simulator's calls of the walk before it, and its resets,
// alone, in the same pieces.
func (r *runner) repeat(l *laps) error {
	resets := rng.NewStream(r.resets)
	at := 0
	for _, length := range r.lengths {
		if err := r.env.Reset(resets, r.obs); err != nil {
			return err
		}
		for length > 0 {
			n := min(length, r.piece)
			if err := r.bare.Bare(r.actions[at : at+n*r.dim]); err != nil {
				return err
			}
			l.lap()
			at += n * r.dim
			length -= n
		}
	}
	return nil
}
