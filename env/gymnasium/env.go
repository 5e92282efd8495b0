package gymnasium

import (
	"errors"
	"fmt"
	"math"

	"demorl/env"
	"demorl/internal/wire"
	"demorl/rng"
)

// DefaultLimit is the time limit in steps of an environment that names none.
const DefaultLimit = 1000

// Env is one environment in its own Python process. An exception of the
// environment's is a *ProcessError, after which Reset may be tried; where the
// process itself is lost, every later call returns the same error.
type Env struct {
	name  Name
	spec  env.Spec
	child *child
}

// Open starts a process and makes the environment in it, without its time
// limit. It has the power env.StateCodec where the environment's exact state
// can be saved (docs/gymnasium.md). Something that is not installed is an
// *env.MissingError, an environment that cannot be learned a *RefusedError.
func Open(n Name) (env.Env, error) {
	n, err := n.settle()
	if err != nil {
		return nil, missing(n, err)
	}
	c, h, err := start(n)
	if err != nil {
		return nil, err
	}
	e := &Env{name: n, child: c, spec: env.Spec{
		ID: n.Short(), ObsDim: h.Obs, ActDim: len(h.Low), Low: h.Low, High: h.High, Dt: h.Dt, Limit: DefaultLimit,
		Terminates: !n.Endless, Simulator: h.Versions, ObsNames: h.Names,
	}}
	if len(h.Names) == 0 {
		e.spec.ObsNames = nil
	}
	if h.Limit != nil {
		e.spec.Limit = max(0, *h.Limit)
	}
	if h.Saves {
		return &saving{Env: e, last: make([]float64, h.Obs)}, nil
	}
	return e, nil
}

// missing gives the error of an interpreter that is not there its task.
func missing(n Name, err error) error {
	var lacks errNoPython
	if errors.As(err, &lacks) {
		return &env.MissingError{ID: n.Short(), Needs: lacks.Error()}
	}
	return err
}

// Spec describes the environment.
func (e *Env) Spec() env.Spec { return e.spec }

// Close lets the environment close itself and ends its process.
func (e *Env) Close() error { return e.child.close() }

// Seed is the seed that Reset gives to the environment when it is given s: 31
// bits of the stream's next number.
func Seed(s *rng.Stream) uint64 { return s.Uint64() >> 33 }

// Reset resets the environment with a seed from s, at every reset.
func (e *Env) Reset(s *rng.Stream, obs []float64) error {
	if _, err := e.child.call("reset", commandReset, Seed(s), nil, e.name.Start); err != nil {
		return err
	}
	copy(obs, e.child.memory.obs)
	return nil
}

// Step makes one step with the action as it is, converted to the type of the
// environment's action space.
func (e *Env) Step(action, obs []float64) (env.Outcome, error) {
	for j, a := range action {
		if math.IsNaN(a) || math.IsInf(a, 0) {
			return env.Outcome{}, fmt.Errorf("%s: action %d is %v; finite actions are needed", e.spec.ID, j, a)
		}
	}
	m := &e.child.memory
	copy(m.action, action)
	if _, err := e.child.call("step", commandStep, 0, nil, e.name.Step); err != nil {
		return env.Outcome{}, err
	}
	copy(obs, m.obs)
	flags := m.words[wordFlags]
	return env.Outcome{Reward: *m.reward, Terminated: flags&flagTerminated != 0, Truncated: flags&flagTruncated != 0}, nil
}

// saving is an Env whose exact state can be saved.
type saving struct {
	*Env
	last []float64 // the last observation
}

var _ env.StateCodec = (*saving)(nil)

// Reset starts an episode.
func (e *saving) Reset(s *rng.Stream, obs []float64) error {
	err := e.Env.Reset(s, obs)
	copy(e.last, obs)
	return err
}

// Step makes one step.
func (e *saving) Step(action, obs []float64) (env.Outcome, error) {
	out, err := e.Env.Step(action, obs)
	copy(e.last, obs)
	return out, err
}

// AppendState saves the last observation and what the environment tells of its
// state. When it fails to tell, nothing is appended, which RestoreState answers
// with env.ErrNoState.
func (e *saving) AppendState(dst []byte) []byte {
	state, err := e.child.call("save", commandSave, 0, nil, e.name.Step)
	if err != nil || len(state) == 0 {
		return dst
	}
	return wire.Bytes(wire.F64s(dst, e.last), state)
}

// RestoreState sets the environment's state.
func (e *saving) RestoreState(state []byte, obs []float64) error {
	if len(state) == 0 {
		return fmt.Errorf("%s: %w", e.spec.ID, env.ErrNoState)
	}
	last := make([]float64, len(e.last))
	r := wire.NewReader(state)
	r.F64sInto(last, "observation")
	inner := r.Bytes()
	if err := r.Err(); err != nil {
		return fmt.Errorf("%s: the saved state: %w", e.spec.ID, err)
	}
	if _, err := e.child.call("restore", commandRestore, uint64(len(inner)), inner, e.name.Start); err != nil {
		return err
	}
	copy(e.last, last)
	copy(obs, last)
	return nil
}
