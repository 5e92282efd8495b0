package dmc

import (
	"fmt"

	"demorl/env"
	"demorl/env/mujoco"
	"demorl/internal/wire"
	"demorl/rng"
)

// Env is one instance of a task. It has the powers env.StateCodec,
// env.Terminator and env.Injector.
type Env struct {
	task     *task
	spec     env.Spec
	sim      *mujoco.Sim
	scene    scene
	injected map[string]mujoco.Field // fields of the model that Inject takes
	controls []float64               // scratch of Bare
	// unactuated: no step was made since the state was written, so that what
	// follows from it was computed without actuation.
	unactuated bool
}

var (
	_ env.StateCodec = (*Env)(nil)
	_ env.Terminator = (*Env)(nil)
	_ env.Injector   = (*Env)(nil)
)

// open loads the task's model and puts it in the model's initial pose.
func open(t *task) (*Env, error) {
	sim, err := t.load()
	if err != nil {
		return nil, err
	}
	e := &Env{task: t, spec: t.spec(), sim: sim, injected: map[string]mujoco.Field{}}
	for _, f := range t.writes {
		e.injected[f.String()] = f
	}
	sim.Keep(t.writes...)
	if err := e.prepare(); err != nil {
		sim.Close()
		return nil, e.wrap(err)
	}
	return e, nil
}

// prepare checks the model against the table and makes the first pose.
func (e *Env) prepare() error {
	got := size{len(e.sim.Field(mujoco.Qpos)), len(e.sim.Field(mujoco.Qvel)), len(e.sim.Field(mujoco.Ctrl))}
	if got != e.task.size {
		return fmt.Errorf("the model has nq, nv, nu of %v, the task needs %v: is %s dm_control's own?", got, e.task.size, e.task.file())
	}
	f := &finder{sim: e.sim}
	e.scene = e.task.scene(f)
	if f.err != nil {
		return f.err
	}
	return e.begin()
}

// begin puts the simulation where dm_control's resets start from.
func (e *Env) begin() error {
	if err := e.sim.Reset(); err != nil {
		return err
	}
	e.unactuated = true
	return e.sim.ForwardUnactuated()
}

// Spec describes the task.
func (e *Env) Spec() env.Spec { return e.spec }

// Close frees the simulation.
func (e *Env) Close() error {
	e.sim.Close()
	return nil
}

// Reset draws a state from dm_control's distribution (environments.md section 2).
func (e *Env) Reset(s *rng.Stream, obs []float64) error {
	if err := e.begin(); err != nil {
		return e.wrap(err)
	}
	if err := e.scene.reset(s); err != nil {
		return e.wrap(err)
	}
	return e.settle(obs)
}

// settle computes what follows from a freshly written state, without actuation
// since there is no control yet.
func (e *Env) settle(obs []float64) error {
	e.unactuated = true
	if err := e.sim.ForwardUnactuated(); err != nil {
		return e.wrap(err)
	}
	e.scene.observe(obs)
	return nil
}

// Step holds action for the task's control steps and adds their rewards. The
// action is not clipped: the simulator clamps what acts on the robot, the
// reward counts what was asked for.
func (e *Env) Step(action, obs []float64) (env.Outcome, error) {
	if len(action) != e.spec.ActDim || len(obs) != e.spec.ObsDim {
		return env.Outcome{}, fmt.Errorf("%s: action has %d entries and obs %d; they must have %d and %d", e.spec.ID, len(action), len(obs), e.spec.ActDim, e.spec.ObsDim)
	}
	e.unactuated = false
	copy(e.sim.Field(mujoco.Ctrl), action)
	var out env.Outcome
	for range e.task.repeat {
		if err := e.sim.Step(mujoco.Control, e.task.substeps); err != nil {
			return env.Outcome{}, e.wrap(err)
		}
		out.Reward += e.scene.reward()
	}
	e.scene.observe(obs)
	return out, nil
}

// Bare makes a step with each row of actions inside one call into C, without
// observations and rewards: what the simulator alone costs.
func (e *Env) Bare(actions []float64) error {
	e.unactuated = false
	e.controls = e.controls[:0]
	for nu := e.spec.ActDim; len(actions) >= nu; actions = actions[nu:] {
		for range e.task.repeat {
			e.controls = append(e.controls, actions[:nu]...)
		}
	}
	if err := e.sim.Repeat(mujoco.Control, e.controls, e.task.substeps); err != nil {
		return e.wrap(err)
	}
	return nil
}

// Terminal is true of observations that are not finite and of no others: these
// tasks do not terminate. It may be called from several goroutines at once.
func (e *Env) Terminal(obs []float32, done []bool) {
	for i := range done {
		done[i] = false
		for _, x := range obs[i*e.spec.ObsDim : (i+1)*e.spec.ObsDim] {
			if x-x != 0 { // NaN or infinite
				done[i] = true
			}
		}
	}
}

// Inject sets qpos and qvel, and optionally what mujoco.Sim.Write takes besides
// and the fields of the model that the task's resets write, and computes the
// rest as a reset does. qacc_warmstart is needed for equal bits where the
// state comes out of an episode, and of cheetah's resets.
func (e *Env) Inject(fields map[string][]float64, obs []float64) error {
	if err := e.sim.Write(fields, e.injected); err != nil {
		return e.wrap(err)
	}
	return e.settle(obs)
}

// AppendState saves the simulation and the fields of the model that resets
// write. These tasks have no memory of their own.
func (e *Env) AppendState(dst []byte) []byte {
	return e.sim.AppendState(wire.Bool(wire.String(dst, e.kind()), e.unactuated))
}

// kind names what states may be exchanged: those of a task whatever its repeat.
func (e *Env) kind() string { return e.task.domain + "/" + e.task.name }

// RestoreState restores what AppendState of the same task saved, at any
// repeat. The first half of the next step is computed here, since dm_control's
// way of stepping ends with it; after a reset it was part of a computation
// without actuation, in which the actuators' velocities are zero.
func (e *Env) RestoreState(state []byte, obs []float64) error {
	r := wire.NewReader(state)
	if kind := r.String(); kind != e.kind() {
		r.Fail("the state is one of %q, not of %q", kind, e.kind())
	}
	unactuated := r.Bool()
	if err := e.sim.RestoreState(r); err != nil {
		return e.wrap(err)
	}
	if unactuated {
		return e.settle(obs)
	}
	e.unactuated = false
	if err := e.sim.Step1(); err != nil {
		return e.wrap(err)
	}
	e.scene.observe(obs)
	return nil
}

func (e *Env) wrap(err error) error { return fmt.Errorf("%s: %w", e.spec.ID, err) }
