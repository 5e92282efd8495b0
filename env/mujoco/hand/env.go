package hand

import (
	"errors"
	"fmt"

	"demorl/env"
	"demorl/env/mujoco"
	"demorl/internal/wire"
)

// substeps of one step.
const substeps = 20

// Env is one instance of a task. It has the powers env.StateCodec,
// env.Terminator, env.Rewarder and env.Injector.
type Env struct {
	task *task
	spec env.Spec
	sim  *mujoco.Sim
	sub  float64 // seconds of one sub-step

	mid, half, low, high []float64 // of the actuators' ranges
	controls             []float64 // scratch of Bare
	posesAt              [2]int    // where an observation has the objects' poses
	goalAt               int       // and the goal

	// Views of the simulator's arrays, and of goal, in the observation's order.
	parts       [][]float64
	poses       [2][]float64
	rates       []float64 // the first object's velocity
	center      []float64 // the site that tells whether the object is on the palm
	top, bottom []float64 // the ends of penspin's pen
	goal        []float64 // desired poses, seven numbers an object
	home        []float64 // the goal until one is given: the objects' initial poses
}

var (
	_ env.StateCodec = (*Env)(nil)
	_ env.Terminator = (*Env)(nil)
	_ env.Rewarder   = (*Env)(nil)
	_ env.Injector   = (*Env)(nil)
)

// open loads the task's model and puts it in the model's initial pose, which
// is the goal until one is drawn.
func open(t *task) (*Env, error) {
	sim, err := t.source.load(t.model)
	if err != nil {
		return nil, err
	}
	e := &Env{
		task: t, spec: t.spec(), sim: sim, sub: sim.Timestep(),
		posesAt: t.poses(), goalAt: t.desired(), goal: make([]float64, t.goalDim()),
	}
	if err := e.prepare(); err != nil {
		sim.Close()
		return nil, e.wrap(err)
	}
	return e, nil
}

// prepare checks the model against the table, finds what the task reads, and
// makes the first pose.
func (e *Env) prepare() error {
	t := e.task
	for field, want := range map[mujoco.Field]int{mujoco.Qpos: t.nq(), mujoco.Qvel: t.nv(), mujoco.Ctrl: t.nu()} {
		if got := len(e.sim.Field(field)); got != want {
			return fmt.Errorf("the model has %d entries of %s, the task needs %d: is %s the original's?", got, field, want, t.model)
		}
	}
	ranges := e.sim.Field(mujoco.ActuatorCtrlrange)
	for i := 0; i < len(ranges); i += 2 {
		e.low, e.high = append(e.low, ranges[i]), append(e.high, ranges[i+1])
		e.mid, e.half = append(e.mid, (ranges[i]+ranges[i+1])/2), append(e.half, (ranges[i+1]-ranges[i])/2)
	}
	if err := e.find(); err != nil {
		return err
	}
	if err := e.sim.Reset(); err != nil {
		return err
	}
	for i := range len(e.goal) / 7 {
		e.home = append(e.home, e.poses[i]...)
	}
	copy(e.goal, e.home)
	e.look()
	return e.sim.Forward()
}

// find makes the views.
func (e *Env) find() error {
	t := e.task
	q, v := e.sim.Field(mujoco.Qpos), e.sim.Field(mujoco.Qvel)
	var faults []error
	joint := func(name string) (qpos, qvel int) {
		id, err := e.sim.ID(mujoco.Joint, name)
		if err != nil {
			faults = append(faults, err)
			return 0, 0
		}
		return int(e.sim.Index(mujoco.JntQposadr)[id]), int(e.sim.Index(mujoco.JntDofadr)[id])
	}
	site := func(name string) []float64 {
		id, err := e.sim.ID(mujoco.Site, name)
		if err != nil {
			faults = append(faults, err)
			return nil
		}
		return e.sim.Field(mujoco.SiteXpos)[3*id : 3*id+3]
	}
	for hand := range t.hands {
		names := t.handJoints(suffixes[hand])
		qpos, qvel := joint(names[0])
		for i, name := range names {
			if a, b := joint(name); a != qpos+i || b != qvel+i {
				faults = append(faults, fmt.Errorf("the model's joint %s is not number %d of its hand: is %s the original's?", name, i, t.model))
			}
		}
		e.parts = append(e.parts, q[qpos:qpos+len(names)], v[qvel:qvel+len(names)])
	}
	for i := range t.objects {
		qpos, qvel := joint(objectJoint(i))
		pose, velocity := q[qpos:qpos+7], v[qvel:qvel+6]
		e.poses[i] = pose
		if i == 0 {
			e.rates = velocity
		}
		if t.hands == 1 {
			pose, velocity = velocity, pose
		}
		e.parts = append(e.parts, pose, velocity)
	}
	e.parts = append(e.parts, e.goal)
	if t.center != "" {
		e.center = site(t.center)
	}
	if t.score.spin {
		e.top, e.bottom = site("object:top"), site("object:bottom")
	}
	return errors.Join(faults...)
}

// Spec describes the task.
func (e *Env) Spec() env.Spec { return e.spec }

// Close frees the simulation.
func (e *Env) Close() error {
	e.sim.Close()
	return nil
}

func (e *Env) observe(obs []float64) {
	at := 0
	for _, part := range e.parts {
		at += copy(obs[at:], part)
	}
}

// control writes the actuators' targets for an action, clipped to [-1, 1].
func (e *Env) control(dst, action []float64) {
	for i, a := range action {
		a = min(1, max(-1, a))
		dst[i] = min(e.high[i], max(e.low[i], e.mid[i]+float64(a*e.half[i])))
	}
}

// Step holds action for twenty sub-steps.
func (e *Env) Step(action, obs []float64) (env.Outcome, error) {
	if len(action) != e.spec.ActDim || len(obs) != e.spec.ObsDim {
		return env.Outcome{}, fmt.Errorf("%s: action has %d entries and obs %d; they must have %d and %d", e.spec.ID, len(action), len(obs), e.spec.ActDim, e.spec.ObsDim)
	}
	e.control(e.sim.Field(mujoco.Ctrl), action)
	if err := e.sim.Step(mujoco.Plain, substeps); err != nil {
		return env.Outcome{}, e.wrap(err)
	}
	e.observe(obs)
	return env.Outcome{Reward: e.reward()}, nil
}

// reward is that of the simulator's present state.
func (e *Env) reward() float64 {
	if e.task.score.spin {
		return spinning(e.rates[3], e.bottom[2]-e.top[2])
	}
	var poses [14]float64
	for i := range e.task.objects {
		copy(poses[7*i:], e.poses[i])
	}
	return e.task.score.reward(poses[:7*e.task.objects], e.goal)
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
	if err := e.sim.Repeat(mujoco.Plain, controls, substeps); err != nil {
		return e.wrap(err)
	}
	return nil
}

// Terminal is true only for observations that are not finite: these tasks
// never terminate.
func (e *Env) Terminal(obs []float32, done []bool) {
	dim := e.spec.ObsDim
	for i := range done {
		done[i] = !mujoco.Finite(obs[i*dim : (i+1)*dim])
	}
}

// Inject sets qpos, qvel and what mujoco.Sim.Write takes besides, and the goal
// as "goal" or "target", seven numbers an object, position and unit quaternion.
// With ctrl and qacc_warmstart of an original that has stepped, the steps that
// follow are those of the original. A goal that is not given is the model's
// initial pose of the object.
func (e *Env) Inject(fields map[string][]float64, obs []float64) error {
	rest, goal := make(map[string][]float64, len(fields)), e.home
	given := false
	for name, x := range fields {
		if e.task.goal.none || name != "goal" && name != "target" {
			rest[name] = x
			continue
		}
		if given {
			return e.wrap(errors.New("the state has both goal and target; give one of them"))
		}
		if err := mujoco.CheckVector(name, x, len(e.goal)); err != nil {
			return e.wrap(err)
		}
		goal, given = x, true
	}
	if err := e.sim.Write(rest, nil); err != nil {
		return e.wrap(err)
	}
	copy(e.goal, goal)
	if err := e.sim.Forward(); err != nil {
		return e.wrap(err)
	}
	e.observe(obs)
	return nil
}

// AppendState saves the simulation and the goal.
func (e *Env) AppendState(dst []byte) []byte {
	return e.sim.AppendState(wire.F64s(wire.String(dst, e.task.model), e.goal))
}

// RestoreState restores what AppendState of a task with the same model saved;
// on an error the goal stays.
func (e *Env) RestoreState(state []byte, obs []float64) error {
	r := wire.NewReader(state)
	if model := r.String(); model != e.task.model {
		r.Fail("the state is one of %q, not of %q", model, e.task.model)
	}
	goal := r.F64s()
	if len(goal) != len(e.goal) {
		r.Fail("the state has a goal of %d numbers, not of %d", len(goal), len(e.goal))
	}
	if err := e.sim.RestoreState(r); err != nil {
		return e.wrap(err)
	}
	copy(e.goal, goal)
	e.observe(obs)
	return nil
}

func (e *Env) wrap(err error) error { return fmt.Errorf("%s: %w", e.spec.ID, err) }
