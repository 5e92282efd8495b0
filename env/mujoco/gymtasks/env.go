package gymtasks

import (
	"errors"
	"fmt"
	"image"
	"math"

	"demorl/env"
	"demorl/env/mujoco"
	"demorl/internal/wire"
	"demorl/rng"
)

// Env is one instance of a task. It has the powers env.StateCodec,
// env.Terminator, env.Injector, env.Randomizer, env.Renderer and env.Measurer.
type Env struct {
	task    *task
	spec    env.Spec
	sim     *mujoco.Sim
	dt      float64
	parts   []piece   // of the observation, in order
	posture []float64 // q[skipped:] then v, scratch of healthy
	vary    *mujoco.Variation
}

// piece is a part as the simulator's own arrays.
type piece struct {
	x, minus []float64 // minus may be nil
	clip     float64
}

var (
	_ env.StateCodec = (*Env)(nil)
	_ env.Terminator = (*Env)(nil)
	_ env.Injector   = (*Env)(nil)
	_ env.Randomizer = (*Env)(nil)
	_ env.Renderer   = (*Env)(nil)
	_ env.Measurer   = (*Env)(nil)
)

// open loads the task's model and puts it in the model's initial pose.
func open(t *task) (*Env, error) {
	path, err := mujoco.FindModel(t.model)
	if err != nil {
		return nil, err
	}
	sim, err := mujoco.Load(path)
	if err != nil {
		return nil, err
	}
	e := &Env{task: t, spec: t.spec(), sim: sim, dt: sim.Timestep() * float64(t.skip)}
	if t.camera != nil {
		sim.SetCamera(*t.camera)
	}
	e.posture = make([]float64, t.size.nq-t.skipped+t.size.nv)
	if err := e.prepare(); err != nil {
		sim.Close()
		return nil, fmt.Errorf("%s: %w", e.spec.ID, err)
	}
	return e, nil
}

// prepare checks the model against the table and makes the first pose.
func (e *Env) prepare() error {
	for _, p := range e.task.observe {
		if want, _ := e.task.size.length(p.field); len(e.sim.Field(p.field)) != want {
			return fmt.Errorf("the model has %d entries of %s, the task needs %d: is %s Gymnasium's own?", len(e.sim.Field(p.field)), p.field, want, e.task.model)
		}
		if p.field == mujoco.SinQpos {
			e.sim.Trigonometry()
		}
		x := e.sim.Field(p.field)
		piece := piece{x: x[p.from:p.end(len(x))], clip: p.clip}
		if p.minus > 0 {
			piece.minus = x[p.minus:][:len(piece.x)]
		}
		e.parts = append(e.parts, piece)
	}
	for name, want := range e.task.bodies {
		if got, err := e.sim.ID(mujoco.Body, name); err != nil || got != want {
			return fmt.Errorf("the model's body %q has number %d, the task needs %d: is %s Gymnasium's own?", name, got, want, e.task.model)
		}
	}
	if got := len(e.sim.Field(mujoco.Ctrl)); got != e.spec.ActDim {
		return fmt.Errorf("the model has %d controls, the task needs %d: is %s Gymnasium's own?", got, e.spec.ActDim, e.task.model)
	}
	if err := e.sim.Reset(); err != nil {
		return err
	}
	return e.sim.Forward()
}

// Measures are the metres that the task rewards, where it rewards walking.
func (e *Env) Measures() []env.Measure {
	if e.task.position == nil {
		return nil
	}
	return []env.Measure{{Name: "distance", Unit: "m", Summary: env.Travel}}
}

// Measure writes the present position.
func (e *Env) Measure(values []float64) {
	if e.task.position != nil {
		values[0] = e.task.position(e.sim)
	}
}

// Spec describes the task.
func (e *Env) Spec() env.Spec { return e.spec }

// Close frees the simulation.
func (e *Env) Close() error {
	e.sim.Close()
	return nil
}

// Randomize sets what later resets draw of friction, masses and motors.
func (e *Env) Randomize(r env.Randomization) error {
	if err := errors.Join(r.Validate(), r.Only(e.spec.ID, "friction", "mass", "motor")); err != nil {
		return err
	}
	e.vary = e.sim.Vary(r, mujoco.GeomFriction, mujoco.ActuatorGear)
	return nil
}

// Reset draws all of qpos first, then all of qvel (environments.md 0.5).
func (e *Env) Reset(s *rng.Stream, obs []float64) error {
	if e.vary != nil {
		if err := e.vary.Draw(rng.NewStream(s.Key().Derive("randomize", s.Uint64()))); err != nil {
			return e.wrap(err)
		}
	}
	if err := e.sim.Reset(); err != nil {
		return e.wrap(err)
	}
	t := e.task
	q, v := e.sim.Field(mujoco.Qpos), e.sim.Field(mujoco.Qvel)
	noisyQ, noisyV := len(q), len(v)
	if t.noisy > 0 {
		noisyQ, noisyV = t.noisy, t.noisy
	}
	t.qNoise.add(s, q[:noisyQ])
	if t.place != nil {
		t.place(s, q)
	}
	t.vNoise.add(s, v[:noisyV])
	return e.settle(obs)
}

// add adds noise to x entry by entry.
func (n noise) add(s *rng.Stream, x []float64) {
	if n.size == 0 {
		return
	}
	for i := range x {
		if n.normal {
			x[i] += n.size * s.Normal()
		} else {
			x[i] += s.Uniform(-n.size, n.size)
		}
	}
}

// settle computes what follows from a freshly written state.
func (e *Env) settle(obs []float64) error {
	if err := e.sim.Forward(); err != nil {
		return e.wrap(err)
	}
	e.observe(obs)
	return nil
}

func (e *Env) observe(obs []float64) {
	at := 0
	for i := range e.parts {
		p := &e.parts[i]
		out := obs[at : at+len(p.x)]
		at += copy(out, p.x)
		for i, m := range p.minus {
			out[i] -= m
		}
		if p.clip > 0 {
			for i, x := range out {
				out[i] = min(p.clip, max(-p.clip, x))
			}
		}
	}
}

// Step holds action for the task's sub-steps. The action is not clipped: the
// simulator clamps what acts on the robot, the cost counts what was asked for.
func (e *Env) Step(action, obs []float64) (env.Outcome, error) {
	t := e.task
	if len(action) != e.spec.ActDim || len(obs) != e.spec.ObsDim {
		return env.Outcome{}, fmt.Errorf("%s: action has %d entries and obs %d; they must have %d and %d", e.spec.ID, len(action), len(obs), e.spec.ActDim, e.spec.ObsDim)
	}
	var before, reward float64
	if t.position != nil {
		before = t.position(e.sim)
	}
	if t.worth != nil && t.worthBefore {
		reward = t.worth(e.sim)
	}
	copy(e.sim.Field(mujoco.Ctrl), action)
	if err := e.sim.Step(t.style, t.skip); err != nil {
		return env.Outcome{}, e.wrap(err)
	}
	e.observe(obs)
	healthy := e.healthy()
	if t.position != nil {
		reward += t.speedWeight * ((t.position(e.sim) - before) / e.dt)
	}
	if t.worth != nil && !t.worthBefore {
		reward += t.worth(e.sim)
	}
	if healthy || t.aliveAlways {
		reward += t.alive
	}
	if t.cost != nil {
		reward -= t.cost(e.sim, action)
	}
	return env.Outcome{Reward: reward, Terminated: !healthy}, nil
}

// Bare makes a step with each row of actions inside one call into C, without
// observations and rewards: what the simulator alone costs.
func (e *Env) Bare(actions []float64) error {
	if err := e.sim.Repeat(e.task.style, actions, e.task.skip); err != nil {
		return e.wrap(err)
	}
	return nil
}

// healthy tests the simulator's own state.
func (e *Env) healthy() bool {
	t := e.task
	switch {
	case t.healthyNow != nil:
		return t.healthyNow(e.sim)
	case t.healthy == nil:
		return true
	}
	n := copy(e.posture, e.sim.Field(mujoco.Qpos)[t.skipped:])
	copy(e.posture[n:], e.sim.Field(mujoco.Qvel))
	for _, x := range e.posture {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return t.healthy(mujoco.Row{Real: e.posture})
}

// Terminal is the task's rule on predicted observations (method.md A.8); an
// observation that is not finite is terminal in every task. It may be called
// from several goroutines at once.
func (e *Env) Terminal(obs []float32, done []bool) {
	dim := e.spec.ObsDim
	for i := range done {
		o := obs[i*dim : (i+1)*dim]
		done[i] = !mujoco.Finite(o) || e.task.healthy != nil && !e.task.healthy(mujoco.Row{Pred: o})
	}
}

// Inject sets qpos and qvel, and optionally what mujoco.Sim.Write takes
// besides, as Gymnasium's reset does: mj_resetData, write, mj_forward.
func (e *Env) Inject(fields map[string][]float64, obs []float64) error {
	if err := e.sim.Write(fields, nil); err != nil {
		return e.wrap(err)
	}
	return e.settle(obs)
}

// AppendState saves the simulation. These tasks have no memory of their own.
func (e *Env) AppendState(dst []byte) []byte {
	return e.sim.AppendState(wire.String(dst, e.task.physics()))
}

// RestoreState restores what AppendState of a task with the same physics saved.
func (e *Env) RestoreState(state []byte, obs []float64) error {
	r := wire.NewReader(state)
	if physics := r.String(); physics != e.task.physics() {
		r.Fail("the state is one of %q, not of %q", physics, e.task.physics())
	}
	if err := e.sim.RestoreState(r); err != nil {
		return e.wrap(err)
	}
	e.observe(obs)
	return nil
}

// Frame draws the present state over the whole of img.
func (e *Env) Frame(img *image.RGBA) error { return e.sim.Frame(img) }

func (e *Env) wrap(err error) error { return fmt.Errorf("%s: %w", e.spec.ID, err) }
