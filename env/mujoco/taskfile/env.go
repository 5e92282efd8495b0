package taskfile

import (
	"fmt"

	"demorl/env"
	"demorl/env/mujoco"
	"demorl/internal/wire"
	"demorl/rng"
)

// Env is one instance of a task file. It has the powers env.StateCodec and
// env.Injector, and inside Terminating, Rewarding or Known what its file allows.
type Env struct {
	task   *task
	sim    *mujoco.Sim
	action []float64
	read   []reading // of each element
	values []float64 // of each element, after the last step or reset
	before []float64 // before it

	actuators []float64 // scratch of firstHalf
}

// reading is where an element lies in the simulator's memory.
type reading struct {
	x, minus *float64 // minus is nil where nothing or a constant is subtracted
	constant float64
}

// Terminating is an Env whose rules are functions of the observation.
type Terminating struct{ *Env }

// Terminal implements env.Terminator.
func (e Terminating) Terminal(obs []float32, done []bool) { e.task.terminal(obs, done) }

// Rewarding is an Env whose reward is a function of observations and action.
type Rewarding struct{ *Env }

// Reward implements env.Rewarder.
func (e Rewarding) Reward(obs, action, next, reward []float32) {
	e.task.payRows(obs, action, next, reward)
}

// Known is an Env whose rules and rewards are both known.
type Known struct{ *Env }

// Terminal implements env.Terminator.
func (e Known) Terminal(obs []float32, done []bool) { e.task.terminal(obs, done) }

// Reward implements env.Rewarder.
func (e Known) Reward(obs, action, next, reward []float32) {
	e.task.payRows(obs, action, next, reward)
}

// instance makes an Env on a loaded model, which it closes where it fails.
func instance(t *task, sim *mujoco.Sim) (env.Env, error) {
	e := &Env{task: t, sim: sim, action: make([]float64, t.spec.ActDim), values: make([]float64, len(t.elements)), before: make([]float64, len(t.elements))}
	entry := func(f mujoco.Field, i int) *float64 {
		if f == actionField {
			return &e.action[i]
		}
		return &sim.Field(f)[i]
	}
	for _, el := range t.elements {
		r := reading{x: entry(el.field, el.index), constant: el.constant}
		if el.minus != nothing {
			r.minus = entry(el.minus, el.at)
		}
		e.read = append(e.read, r)
	}
	e.actuators = make([]float64, 2*len(sim.Field(mujoco.ActuatorLength)))
	err := sim.Reset()
	if err == nil {
		err = e.settle(nil)
	}
	if err != nil {
		sim.Close()
		return nil, e.wrap(err)
	}
	// A task that cannot terminate says so in imagination too.
	switch ends := t.ends || len(t.ending) == 0; {
	case ends && t.pays:
		return Known{e}, nil
	case ends:
		return Terminating{e}, nil
	case t.pays:
		return Rewarding{e}, nil
	}
	return e, nil
}

// Spec describes the task.
func (e *Env) Spec() env.Spec { return e.task.spec }

// Close frees the simulation.
func (e *Env) Close() error {
	e.sim.Close()
	return nil
}

// Reset sets the keyframe or the model's own pose and draws noise, positions
// first.
func (e *Env) Reset(s *rng.Stream, obs []float64) error {
	if err := e.sim.Reset(); err != nil {
		return e.wrap(err)
	}
	r := &e.task.file.reset
	q, v := e.sim.Field(mujoco.Qpos), e.sim.Field(mujoco.Qvel)
	if r.keyframe >= 0 {
		copy(q, e.sim.Field(mujoco.KeyQpos)[r.keyframe*len(q):])
		copy(v, e.sim.Field(mujoco.KeyQvel)[r.keyframe*len(v):])
	}
	r.qpos.add(s, q, e.task.qpos)
	r.qvel.add(s, v, e.task.qvel)
	return e.wrap(e.settle(obs))
}

func (n *noise) add(s *rng.Stream, x []float64, entries []int) {
	for _, i := range entries {
		if n.normal {
			x[i] += n.deviation * s.Normal()
		} else {
			x[i] += s.Uniform(n.low, n.high)
		}
	}
}

// settle computes what follows from a freshly written state, as the original of
// the stepping style does; obs may be nil.
func (e *Env) settle(obs []float64) error {
	forward := e.sim.Forward
	if e.task.file.style == mujoco.Control {
		forward = e.sim.ForwardUnactuated
	}
	if err := forward(); err != nil {
		return err
	}
	clear(e.action)
	e.look()
	e.observe(obs)
	return nil
}

// look reads all elements.
func (e *Env) look() {
	for i := range e.read {
		r := &e.read[i]
		x := *r.x
		if r.minus != nil {
			x -= *r.minus
		}
		e.values[i] = x - r.constant
	}
}

func (e *Env) observe(obs []float64) {
	if obs == nil {
		return
	}
	at, v := 0, view{values: e.values}
	for i := range e.task.observe {
		o := &e.task.observe[i]
		for k := range o.elements {
			obs[at] = e.task.entry(v, *o, k)
			at++
		}
	}
}

// Step applies offset + scale x action for frame_skip sub-steps. The action is
// not clipped: the simulator clamps controls to their range, the reward counts
// what was asked for.
func (e *Env) Step(action, obs []float64) (env.Outcome, error) {
	t := e.task
	if len(action) != t.spec.ActDim || len(obs) != t.spec.ObsDim {
		return env.Outcome{}, fmt.Errorf("%s: action has %d entries and obs %d; they must have %d and %d", t.spec.ID, len(action), len(obs), t.spec.ActDim, t.spec.ObsDim)
	}
	copy(e.before, e.values)
	copy(e.action, action)
	control := e.sim.Field(mujoco.Ctrl)
	for j, a := range action {
		control[j] = t.offset[j] + t.scale[j]*a
	}
	if err := e.sim.Step(t.file.style, t.file.skip); err != nil {
		return env.Outcome{}, e.wrap(err)
	}
	e.look()
	e.observe(obs)
	after := view{values: e.values}
	over := t.over(after)
	return env.Outcome{Reward: t.pay(view{values: e.before}, after, over), Terminated: over}, nil
}

// Bare makes a step with each row of actions inside one call into C, without
// observations and rewards: what the simulator alone costs.
func (e *Env) Bare(actions []float64) error {
	return e.wrap(e.sim.Repeat(e.task.file.style, actions, e.task.file.skip))
}

// Inject sets qpos and qvel, and optionally what mujoco.Sim.Write takes besides.
func (e *Env) Inject(fields map[string][]float64, obs []float64) error {
	if err := e.sim.Write(fields, nil); err != nil {
		return e.wrap(err)
	}
	return e.wrap(e.settle(obs))
}

// AppendState saves the simulation; a task file has no memory of its own.
func (e *Env) AppendState(dst []byte) []byte {
	return e.sim.AppendState(wire.String(dst, e.task.file.model))
}

// RestoreState restores what AppendState of a task with the same model saved.
func (e *Env) RestoreState(state []byte, obs []float64) error {
	r := wire.NewReader(state)
	if model := r.String(); model != e.task.file.model {
		r.Fail("the state is one of %q, not of %q", model, e.task.file.model)
	}
	if err := e.sim.RestoreState(r); err != nil {
		return e.wrap(err)
	}
	if e.task.file.style == mujoco.Control {
		if err := e.firstHalf(); err != nil {
			return e.wrap(err)
		}
	}
	clear(e.action)
	e.look()
	e.observe(obs)
	return nil
}

// firstHalf computes what a step of style Control expects of the call before.
// A reset without actuation leaves the actuators' lengths and velocities as they
// were, which the first half would not: they keep the values that were saved.
func (e *Env) firstHalf() error {
	length, velocity := e.sim.Field(mujoco.ActuatorLength), e.sim.Field(mujoco.ActuatorVelocity)
	n := copy(e.actuators, length)
	copy(e.actuators[n:], velocity)
	err := e.sim.Step1()
	copy(length, e.actuators)
	copy(velocity, e.actuators[n:])
	return err
}

func (e *Env) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", e.task.spec.ID, err)
}
