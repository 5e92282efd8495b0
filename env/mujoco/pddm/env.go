package pddm

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"demorl/env"
	"demorl/env/mujoco"
	"demorl/internal/wire"
	"demorl/rng"
)

// Env is one instance of a task. It has the powers env.StateCodec,
// env.Terminator and env.Injector, and, where the observation tells the
// reward, env.Rewarder.
type Env struct {
	task   *task
	spec   env.Spec
	sim    *mujoco.Sim
	dt     float64
	drive  drive
	pose   []float64   // of the hand's joints at a reset
	memory []float64   // what the task remembers, slot after slot
	ids    [2]int      // of what the task moves
	first  [][]float64 // the model's own numbers in the fields that the task writes
	noise  rng.Stream
}

var (
	_ env.StateCodec = (*Env)(nil)
	_ env.Terminator = (*Env)(nil)
	_ env.Injector   = (*Env)(nil)
	_ env.Rewarder   = known{}
)

// open loads the task's model and puts it in the model's initial pose.
func open(t *task) (*Env, error) {
	sim, err := t.scene.load()
	if err != nil {
		return nil, err
	}
	e := &Env{task: t, spec: t.spec(), sim: sim, dt: sim.Timestep() * substeps}
	for _, s := range t.memory {
		e.memory = append(e.memory, make([]float64, s.size)...)
	}
	if err := e.prepare(); err != nil {
		sim.Close()
		return nil, e.wrap(err)
	}
	return e, nil
}

func (e *Env) prepare() error {
	t := e.task
	got := size{len(e.sim.Field(mujoco.Qpos)), len(e.sim.Field(mujoco.Qvel)), len(e.sim.Field(mujoco.Ctrl))}
	if got != t.size {
		return fmt.Errorf("the model has the sizes %+v (positions, velocities, controls), the task needs %+v: is %s of %s as it was published?", got, t.size, t.scene.main, t.scene.name)
	}
	for i, o := range t.moved {
		id, err := e.sim.ID(o.kind, o.name)
		if err != nil {
			return err
		}
		e.ids[i] = id
	}
	t.prepare(e)
	e.sim.Keep(t.keep...)
	for _, f := range t.keep {
		e.first = append(e.first, slices.Clone(e.sim.Field(f)))
	}
	if err := e.sim.Reset(); err != nil {
		return err
	}
	return e.sim.Forward()
}

// Spec describes the task.
func (e *Env) Spec() env.Spec { return e.spec }

// Close frees the simulation.
func (e *Env) Close() error {
	e.sim.Close()
	return nil
}

// forget takes the model and the task's memory back to where they began.
func (e *Env) forget() {
	for i, f := range e.task.keep {
		copy(e.sim.Field(f), e.first[i])
	}
	clear(e.memory)
}

// Reset starts an episode. Whatever an earlier one left in the instance is
// forgotten first.
func (e *Env) Reset(s *rng.Stream, obs []float64) error {
	if err := e.sim.Reset(); err != nil {
		return e.wrap(err)
	}
	e.forget()
	e.task.reset(e, s)
	return e.settle(obs)
}

// settle computes what follows from a freshly written state.
func (e *Env) settle(obs []float64) error {
	if err := e.sim.Forward(); err != nil {
		return e.wrap(err)
	}
	if e.task.shown != nil {
		e.task.shown(e)
	}
	e.task.observe(e, obs)
	return nil
}

// Step holds the action's targets for the task's sub-steps. Actions beyond
// [-1, 1] are clipped, as the originals do.
func (e *Env) Step(action, obs []float64) (env.Outcome, error) {
	t := e.task
	if len(action) != e.spec.ActDim || len(obs) != e.spec.ObsDim {
		return env.Outcome{}, fmt.Errorf("%s: action has %d entries and obs %d; they must have %d and %d", e.spec.ID, len(action), len(obs), e.spec.ActDim, e.spec.ObsDim)
	}
	if t.before != nil {
		t.before(e)
	}
	e.drive.control(e.sim, action, e.dt)
	if err := e.sim.Step(mujoco.Plain, substeps); err != nil {
		return env.Outcome{}, e.wrap(err)
	}
	if t.after != nil {
		t.after(e, action)
	}
	t.observe(e, obs)
	o := mujoco.Row{Real: obs}
	var out env.Outcome
	if t.reward != nil {
		out.Reward = t.reward(o)
	} else {
		out.Reward = t.rewardNow(e, o)
	}
	out.Terminated = t.terminal != nil && t.terminal(o)
	return out, nil
}

// Bare makes a step with each row of actions as position targets inside one
// call into C, without observations and rewards: what the simulator alone costs.
func (e *Env) Bare(actions []float64) error {
	if err := e.sim.Repeat(mujoco.Plain, actions, substeps); err != nil {
		return e.wrap(err)
	}
	return nil
}

// Terminal is the task's rule on predicted observations; an observation that
// is not finite is terminal in every task. It may be called from several
// goroutines at once.
func (e *Env) Terminal(obs []float32, done []bool) {
	dim := e.spec.ObsDim
	for i := range done {
		o := obs[i*dim : (i+1)*dim]
		done[i] = !mujoco.Finite(o) || e.task.terminal != nil && e.task.terminal(mujoco.Row{Pred: o})
	}
}

// known adds env.Rewarder to a task whose observation tells the reward.
type known struct{ *Env }

// Unwrap returns the task without the power.
func (k known) Unwrap() env.Env { return k.Env }

// Reward is the reward of arriving at next, whatever the action was.
func (k known) Reward(_, _, next, reward []float32) {
	dim := k.spec.ObsDim
	for i := range reward {
		reward[i] = float32(k.task.reward(mujoco.Row{Pred: next[i*dim : (i+1)*dim]}))
	}
}

// Inject sets qpos and qvel, and optionally what mujoco.Sim.Write takes
// besides, the model's fields that the task writes, and the slots of the task's
// memory (docs/environments.md 5.3), which are 0 when left out. Observation
// noise, where the task has it, is off until the next Reset.
func (e *Env) Inject(fields map[string][]float64, obs []float64) error {
	rest := maps.Clone(fields)
	memory := make([]float64, len(e.memory))
	at := 0
	var names []string
	for _, s := range e.task.memory {
		names = append(names, s.name)
		if x, ok := rest[s.name]; ok {
			if len(x) != s.size {
				return e.wrap(fmt.Errorf("%s has %d numbers; give %d", s.name, len(x), s.size))
			}
			for i, v := range x {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					return e.wrap(fmt.Errorf("%s[%d] is %g; give a finite number", s.name, i, v))
				}
			}
			copy(memory[at:], x)
			delete(rest, s.name)
		}
		at += s.size
	}
	also := map[string]mujoco.Field{}
	for _, f := range e.task.keep {
		also[f.String()] = f
	}
	before := make([][]float64, len(e.task.keep))
	for i, f := range e.task.keep { // Write sets them only when it accepts everything
		before[i] = slices.Clone(e.sim.Field(f))
		copy(e.sim.Field(f), e.first[i])
	}
	if err := e.sim.Write(rest, also); err != nil {
		for i, f := range e.task.keep {
			copy(e.sim.Field(f), before[i])
		}
		return e.wrap(fmt.Errorf("%w (and, of the task's own: %s)", err, strings.Join(names, ", ")))
	}
	copy(e.memory, memory)
	return e.settle(obs)
}

// AppendState saves the simulation, the model's fields that the task writes
// and the task's memory.
func (e *Env) AppendState(dst []byte) []byte {
	dst = wire.String(dst, e.task.id)
	dst = wire.F64s(dst, e.memory)
	dst = wire.Bytes(dst, e.noise.AppendState(nil))
	return e.sim.AppendState(dst)
}

// RestoreState restores what AppendState of the same task saved.
func (e *Env) RestoreState(state []byte, obs []float64) error {
	r := wire.NewReader(state)
	if id := r.String(); id != e.task.id {
		r.Fail("the state is one of %q, not of %q", id, e.task.id)
	}
	memory := make([]float64, len(e.memory))
	r.F64sInto(memory, "memory of "+e.task.id)
	noise := r.Bytes()
	var stream rng.Stream
	if !r.Failed() {
		if err := stream.RestoreState(noise); err != nil {
			r.Fail("%v", err)
		}
	}
	if err := e.sim.RestoreState(r); err != nil {
		return e.wrap(err)
	}
	copy(e.memory, memory)
	e.noise = stream
	e.task.observe(e, obs)
	return nil
}

func (e *Env) wrap(err error) error { return fmt.Errorf("%s: %w", e.spec.ID, err) }
