package rollout

import (
	"errors"
	"fmt"
	"math"

	"demorl/env"
)

// SimWorld is a World over true simulators: planners that plan in it know the
// physics exactly. Every lane owns one instance; every row owns a state, which
// starts as Start.State, written by the outermost env.StateCodec of an instance
// that was made the same way. Rewards are the simulator's, their standard
// deviation is 0. Time limits do not end imagined trajectories.
type SimWorld struct {
	open           func() (env.Env, error)
	obsDim, actDim int
}

// NewSimWorld returns a world over instances made by open, whose actions must
// be in [-1, 1] (env.Scaled) and which must be able to save their state.
func NewSimWorld(open func() (env.Env, error)) (*SimWorld, error) {
	e, err := open()
	if err != nil {
		return nil, err
	}
	spec := e.Spec()
	if _, ok := env.Power[env.StateCodec](e); !ok {
		err = fmt.Errorf("%s cannot save and restore its state; plan over a learned model instead", spec.ID)
	}
	for j, lo := range spec.Low {
		if lo != -1 || spec.High[j] != 1 {
			err = errors.Join(err, fmt.Errorf("%s: joint %d has bounds [%g, %g]; wrap the task with env.Scale", spec.ID, j, lo, spec.High[j]))
		}
	}
	if err = errors.Join(err, e.Close()); err != nil {
		return nil, err
	}
	return &SimWorld{open: open, obsDim: spec.ObsDim, actDim: spec.ActDim}, nil
}

// ObsDim returns the length of an observation.
func (w *SimWorld) ObsDim() int { return w.obsDim }

// ActDim returns the number of joints.
func (w *SimWorld) ActDim() int { return w.actDim }

// NewLane returns a lane with a simulator of its own; when that cannot be
// made, Begin reports it.
func (w *SimWorld) NewLane(rows int) Lane {
	l := &simLane{state: make([][]byte, rows), obs: make([]float64, w.obsDim), action: make([]float64, w.actDim)}
	if l.env, l.err = w.open(); l.err == nil {
		l.codec, _ = env.Power[env.StateCodec](l.env)
	}
	return l
}

type simLane struct {
	env    env.Env
	codec  env.StateCodec
	state  [][]byte // one a row
	obs    []float64
	action []float64
	err    error
}

// Begin copies the starts' states.
func (l *simLane) Begin(b *Block, starts []Start) error {
	if l.err != nil {
		return l.err
	}
	for r := range b.Rows {
		s := starts[b.Start[r]].State
		if len(s) == 0 {
			return fmt.Errorf("start %d has no simulator state; fill rollout.Start.State", b.Start[r])
		}
		l.state[r] = append(l.state[r][:0], s...)
	}
	return nil
}

// Step steps every running row from its own state. A step that the simulator
// refuses ends the row as not finite.
func (l *simLane) Step(b *Block, h int) error {
	for r := range b.Rows {
		if b.Fate[r] != Running {
			continue
		}
		if err := l.codec.RestoreState(l.state[r], l.obs); err != nil {
			return fmt.Errorf("restoring the simulator at imagined step %d: %w", h, err)
		}
		for j := range l.action {
			l.action[j] = float64(b.Action[r*b.ActDim+j])
		}
		out, err := l.env.Step(l.action, l.obs)
		if err != nil {
			b.Fate[r] = NonFinite
			continue
		}
		sum := out.Reward
		next := b.Next[r*b.ObsDim : (r+1)*b.ObsDim]
		for j, x := range l.obs {
			next[j] = float32(x)
			sum += x
		}
		b.Reward[r], b.RewardStd[r] = float32(out.Reward), 0
		switch {
		case math.IsNaN(sum - sum): // one of them is NaN or infinite
			b.Fate[r] = NonFinite
		case out.Terminated:
			b.Fate[r] = Terminated
		default:
			l.state[r] = l.codec.AppendState(l.state[r][:0])
		}
	}
	return nil
}
