package adroit

import (
	"errors"
	"fmt"
	"math"

	"demorl/env"
	"demorl/env/mujoco"
	"demorl/internal/wire"
	"demorl/rng"
)

// substeps of one step.
const substeps = 5

// Env is one instance of a task. It has the powers env.StateCodec,
// env.Terminator and env.Injector.
type Env struct {
	task  *task
	spec  env.Spec
	sim   *mujoco.Sim
	scene scene

	mid, half []float64   // of the actuators' ranges
	controls  []float64   // scratch of Bare
	targets   [][]float64 // views of what a reset writes, as task.targets
	initial   [][]float64 // what the file has there
}

// Known is an instance of a task whose reward is a known function of the next
// observation; it has the power env.Rewarder besides.
type Known struct{ *Env }

var (
	_ env.StateCodec = (*Env)(nil)
	_ env.Terminator = (*Env)(nil)
	_ env.Injector   = (*Env)(nil)
	_ env.Rewarder   = Known{}
)

// instance makes an instance with the powers that its task has.
func instance(t *task) (env.Env, error) {
	e, err := open(t)
	if err != nil {
		return nil, err
	}
	if t.known != nil {
		return Known{e}, nil
	}
	return e, nil
}

// open loads the task's model and puts it in the model's initial pose.
func open(t *task) (*Env, error) {
	path, err := mujoco.FindAsset(mujoco.GymnasiumRobotics, t.model)
	if err != nil {
		return nil, err
	}
	sim, err := mujoco.Load(path)
	if err != nil {
		return nil, err
	}
	e := &Env{task: t, spec: t.spec(), sim: sim}
	if err := e.prepare(); err != nil {
		sim.Close()
		return nil, e.wrap(err)
	}
	return e, nil
}

// prepare checks the model against the table, finds what the task reads and
// writes, and makes the first pose.
func (e *Env) prepare() error {
	t, sim := e.task, e.sim
	for field, want := range map[mujoco.Field]int{mujoco.Qpos: t.nq, mujoco.Qvel: t.nq, mujoco.Ctrl: t.nu} {
		if got := len(sim.Field(field)); got != want {
			return fmt.Errorf("the model has %d entries of %s, the task needs %d: is %s the original's?", got, field, want, t.model)
		}
	}
	f := &finder{sim: sim}
	e.scene.q, e.scene.v = sim.Field(mujoco.Qpos), sim.Field(mujoco.Qvel)
	e.scene.palm = f.site("S_grasp")
	t.bind(f, &e.scene)
	for _, target := range t.targets {
		view := f.view(target.kind, target.of, target.field, target.width)
		e.targets = append(e.targets, view)
		e.initial = append(e.initial, append([]float64(nil), view...))
	}
	sim.Keep(mujoco.BodyPos, mujoco.BodyQuat, mujoco.SitePos)
	e.setServos(f)
	if err := f.err(); err != nil {
		return err
	}
	ranges := sim.Field(mujoco.ActuatorCtrlrange)
	for i := 0; i < len(ranges); i += 2 {
		e.mid, e.half = append(e.mid, (ranges[i]+ranges[i+1])/2), append(e.half, .5*(ranges[i+1]-ranges[i]))
	}
	if err := sim.Reset(); err != nil {
		return err
	}
	return e.settle()
}

// setServos gives the wrist's and the fingers' actuators the stiffness that
// the originals give them in place of the file's.
func (e *Env) setServos(f *finder) {
	for _, part := range []struct {
		from, to string
		gain     float64
	}{{"A_WRJ1", "A_WRJ0", 10}, {"A_FFJ3", "A_THJ0", 1}} {
		for a := f.id(mujoco.Actuator, part.from); a <= f.id(mujoco.Actuator, part.to); a++ {
			copy(e.sim.Field(mujoco.ActuatorGainprm)[10*a:], []float64{part.gain, 0, 0})
			copy(e.sim.Field(mujoco.ActuatorBiasprm)[10*a:], []float64{0, -part.gain, 0})
		}
	}
}

// Spec describes the task.
func (e *Env) Spec() env.Spec { return e.spec }

// Close frees the simulation.
func (e *Env) Close() error {
	e.sim.Close()
	return nil
}

// Reset draws the targets; the hand and the object begin in the model's pose.
func (e *Env) Reset(s *rng.Stream, obs []float64) error {
	if err := e.sim.Reset(); err != nil {
		return e.wrap(err)
	}
	e.asInTheFile()
	e.task.draw(s, e)
	if err := e.settle(); err != nil {
		return e.wrap(err)
	}
	e.observe(obs)
	return nil
}

// asInTheFile undoes what an earlier reset or a written state changed in the model.
func (e *Env) asInTheFile() {
	for k, x := range e.initial {
		copy(e.targets[k], x)
	}
}

// settle computes what follows from a freshly written state, and measures the pens.
func (e *Env) settle() error {
	if err := e.sim.Forward(); err != nil {
		return err
	}
	e.scene.measure()
	return nil
}

func (e *Env) observe(obs []float64) {
	n := copy(obs, e.scene.q[e.task.hand[0]:e.task.hand[1]])
	e.task.observe(&e.scene, obs[n:])
}

// control writes the actuators' targets for an action, clipped to [-1, 1].
func (e *Env) control(dst, action []float64) {
	for i, a := range action {
		dst[i] = e.mid[i] + float64(clip(a)*e.half[i])
	}
}

// Step holds action for five sub-steps.
func (e *Env) Step(action, obs []float64) (env.Outcome, error) {
	t := e.task
	if len(action) != e.spec.ActDim || len(obs) != e.spec.ObsDim {
		return env.Outcome{}, fmt.Errorf("%s: action has %d entries and obs %d; they must have %d and %d", e.spec.ID, len(action), len(obs), e.spec.ActDim, e.spec.ObsDim)
	}
	e.control(e.sim.Field(mujoco.Ctrl), action)
	if err := e.sim.Step(mujoco.Gymnasium, substeps); err != nil {
		return env.Outcome{}, e.wrap(err)
	}
	e.observe(obs)
	out := env.Outcome{Terminated: t.dropped != nil && t.dropped(mujoco.Row{Real: obs})}
	if t.onlySuccess {
		out.Reward = onSuccess(t.success(&e.scene))
	} else {
		out.Reward = t.dense(&e.scene, t.reach)
	}
	return out, nil
}

// Bare makes a step with each row of actions inside one call into C, without
// observations and rewards: what the simulator alone costs.
func (e *Env) Bare(actions []float64) error {
	if cap(e.controls) < len(actions) {
		e.controls = make([]float64, len(actions))
	}
	controls, n := e.controls[:len(actions)], e.spec.ActDim
	for at := 0; at+n <= len(actions); at += n {
		e.control(controls[at:at+n], actions[at:at+n])
	}
	if err := e.sim.Repeat(mujoco.Gymnasium, controls, substeps); err != nil {
		return e.wrap(err)
	}
	return nil
}

// Terminal is the task's rule on predicted observations; an observation that
// is not finite is terminal in every task.
func (e *Env) Terminal(obs []float32, done []bool) {
	dim := e.spec.ObsDim
	for i := range done {
		o := obs[i*dim : (i+1)*dim]
		done[i] = !mujoco.Finite(o) || e.task.dropped != nil && e.task.dropped(mujoco.Row{Pred: o})
	}
}

// Reward is the task's reward as a function of the next observation, for a
// batch of rows.
func (k Known) Reward(_, _, next, reward []float32) {
	dim := k.spec.ObsDim
	for i := range reward {
		reward[i] = float32(k.task.known(mujoco.Row{Pred: next[i*dim : (i+1)*dim]}))
	}
}

// Inject sets qpos, qvel and what mujoco.Sim.Write takes besides, and what a
// reset draws, under the name that the original's get_env_state has for it or
// as "target": door_body_pos, board_pos, desired_orien, obj_pos, target_pos.
// What is not given is as in the model's file. The pen takes "lengths" besides,
// of the pen and of the target pen as measured after the original's reset;
// without them they are measured now.
func (e *Env) Inject(fields map[string][]float64, obs []float64) error {
	rest := make(map[string][]float64, len(fields))
	written := make([][]float64, len(e.targets))
	var lengths []float64
	for name, x := range fields {
		k := e.targetOf(name)
		switch {
		case k >= 0:
			if written[k] != nil {
				return e.wrap(fmt.Errorf("the state has %s under two names; give one of them", e.task.targets[k].name))
			}
			if err := mujoco.CheckVector(name, x, len(e.targets[k])); err != nil {
				return e.wrap(err)
			}
			written[k] = x
		case name == "lengths" && e.scene.top != nil:
			if err := mujoco.CheckVector(name, x, len(e.scene.lengths)); err != nil {
				return e.wrap(err)
			}
			if x[0] <= 0 || x[1] <= 0 {
				return e.wrap(errors.New("lengths must be positive"))
			}
			lengths = x
		default:
			rest[name] = x
		}
	}
	if err := e.sim.Write(rest, nil); err != nil {
		return e.wrap(err)
	}
	e.asInTheFile()
	for k, x := range written {
		copy(e.targets[k], x)
	}
	if err := e.settle(); err != nil {
		return e.wrap(err)
	}
	copy(e.scene.lengths[:], lengths)
	e.observe(obs)
	return nil
}

// targetOf is the number of a target by any of its names, -1 for another name.
func (e *Env) targetOf(name string) int {
	for k, target := range e.task.targets {
		if name == target.name || target.alias != "" && name == target.alias {
			return k
		}
	}
	return -1
}

// AppendState saves the simulation, the fields of the model that a reset
// writes, and the pens' lengths.
func (e *Env) AppendState(dst []byte) []byte {
	return e.sim.AppendState(wire.F64s(wire.String(dst, e.task.model), e.scene.lengths[:]))
}

// RestoreState restores what AppendState of a task with the same model saved.
func (e *Env) RestoreState(state []byte, obs []float64) error {
	r := wire.NewReader(state)
	if model := r.String(); model != e.task.model {
		r.Fail("the state is one of %q, not of %q", model, e.task.model)
	}
	var lengths [2]float64
	r.F64sInto(lengths[:], "pen lengths")
	if err := e.sim.RestoreState(r); err != nil {
		return e.wrap(err)
	}
	e.scene.lengths = lengths
	e.observe(obs)
	return nil
}

func (e *Env) wrap(err error) error { return fmt.Errorf("%s: %w", e.spec.ID, err) }

func clip(x float64) float64 { return min(1, max(-1, x)) }

// one is 1 where the condition holds.
func one(holds bool) float64 {
	if holds {
		return 1
	}
	return 0
}

func norm(x []float64) float64 { return math.Sqrt(sumSquares(x)) }
