package vector

import (
	"errors"
	"fmt"

	"demorl/env"
	"demorl/par"
	"demorl/rng"
)

// Set is n instances of one task. It is for one caller at a time. The exported
// slices are its own memory, valid until the next call.
type Set struct {
	Obs        []float64 // n x ObsDim: the present observations
	Next       []float64 // n x ObsDim: what the last step led to
	Reward     []float64 // n, of the last step
	Terminated []bool    // n, of the last step
	Truncated  []bool    // n, of the last step

	spec     env.Spec
	key      rng.Key
	pool     *par.Pool
	envs     []env.Env
	streams  []rng.Stream
	episodes []uint64 // begun by each instance
	errs     []error
	actions  []float64 // of the call under way
	block    int       // instances a piece of work
	reset    func(worker, piece int)
	step     func(worker, piece int)
}

// piecesEach is how many pieces of work there are a worker, at most: many, since
// the last piece keeps the others waiting and a reset takes several steps' time;
// not one an instance, since a step of a small task takes little longer than
// handing out a piece.
const piecesEach = 16

// New makes n instances; wrap them as the caller wants to act (env.Limit for
// the time limit, env.Scale for actions in [-1, 1]). Reset must follow.
func New[E env.Env](instance func() (E, error), n int, key rng.Key, pool *par.Pool) (*Set, error) {
	if n < 1 {
		return nil, fmt.Errorf("vector: %d instances; want at least 1", n)
	}
	v := &Set{key: key, pool: pool}
	for i := range n {
		e, err := instance()
		if err != nil {
			return nil, errors.Join(fmt.Errorf("vector: instance %d: %w", i, err), v.Close())
		}
		v.envs = append(v.envs, e)
	}
	v.spec = v.envs[0].Spec()
	v.Obs, v.Next = make([]float64, n*v.spec.ObsDim), make([]float64, n*v.spec.ObsDim)
	v.Reward, v.Terminated, v.Truncated = make([]float64, n), make([]bool, n), make([]bool, n)
	v.streams, v.episodes, v.errs = make([]rng.Stream, n), make([]uint64, n), make([]error, n)
	v.block = (n + piecesEach*pool.Workers() - 1) / (piecesEach * pool.Workers())
	v.reset = func(_, piece int) { v.each(piece, v.begin) }
	v.step = func(_, piece int) { v.each(piece, v.advance) }
	return v, nil
}

// Len is the number of instances.
func (v *Set) Len() int { return len(v.envs) }

// Spec describes the instances as they were handed over.
func (v *Set) Spec() env.Spec { return v.spec }

// Reset starts the first episode of every instance, as if the set were new.
func (v *Set) Reset() error {
	clear(v.episodes)
	clear(v.errs)
	return v.run(v.reset)
}

// Step makes one step in every instance with its row of actions (n x ActDim)
// and starts a new episode where one ended. The error names the first instance
// that failed; Reset must then follow.
func (v *Set) Step(actions []float64) error {
	if len(actions) != len(v.envs)*v.spec.ActDim {
		return fmt.Errorf("vector: %d actions for %d instances of %s; give %d", len(actions), len(v.envs), v.spec.ID, len(v.envs)*v.spec.ActDim)
	}
	v.actions = actions
	return v.run(v.step)
}

func (v *Set) run(piece func(worker, piece int)) error {
	v.pool.Do((len(v.envs)+v.block-1)/v.block, piece)
	for i, err := range v.errs {
		if err != nil {
			return fmt.Errorf("vector: instance %d: %w", i, err)
		}
	}
	return nil
}

func (v *Set) each(piece int, f func(i int)) {
	for i := piece * v.block; i < min(len(v.envs), (piece+1)*v.block); i++ {
		if v.errs[i] == nil {
			f(i)
		}
	}
}

// begin starts the next episode of instance i.
func (v *Set) begin(i int) {
	v.streams[i] = *rng.NewStream(v.key.At(uint64(i)).At(v.episodes[i]))
	v.episodes[i]++
	v.errs[i] = v.envs[i].Reset(&v.streams[i], v.row(v.Obs, i))
}

func (v *Set) advance(i int) {
	next := v.row(v.Next, i)
	out, err := v.envs[i].Step(v.actions[i*v.spec.ActDim:(i+1)*v.spec.ActDim], next)
	v.Reward[i], v.Terminated[i], v.Truncated[i], v.errs[i] = out.Reward, out.Terminated, out.Truncated, err
	switch {
	case err != nil:
	case out.Terminated || out.Truncated:
		v.begin(i)
	default:
		copy(v.row(v.Obs, i), next)
	}
}

func (v *Set) row(all []float64, i int) []float64 {
	return all[i*v.spec.ObsDim : (i+1)*v.spec.ObsDim : (i+1)*v.spec.ObsDim]
}

// Close gives all instances back.
func (v *Set) Close() error {
	var all []error
	for _, e := range v.envs {
		all = append(all, e.Close())
	}
	v.envs = nil
	return errors.Join(all...)
}
