package stoch

import (
	"fmt"
	"math"

	"demorl/env"
	"demorl/env/mujoco"
	"demorl/rng"
)

// Env is one instance of a task. It has the powers env.StateCodec,
// env.Terminator, env.Injector, env.Randomizer, env.Commander and env.Measurer.
type Env struct {
	task  *task
	spec  env.Spec
	sim   *mujoco.Sim
	ticks int    // of one step
	leg   []int8 // by geom: the leg whose shank it belongs to, or -1

	command  vector // wanted velocities, as shares of the largest
	ranges   env.Randomization
	vary     *mujoco.Variation // nil: the physics is that of the model
	released []float64         // zeros, the servos' limits in the fall of a reset
	limits   []float64         // scratch

	memory
	motion motion // after the last step
}

// memory is what a task carries from step to step besides the simulation.
type memory struct {
	generator generator
	support   support
	targets   joints     // of the last step, in rad
	again     joints     // N m that the original applies twice, see advance
	late      int        // ticks that targets act late
	sensors   rng.Stream // of noise and pushes
	pushIn    int        // steps until the next push
	pushFor   int        // steps left of the present one
	push      [2]float64 // N, its force in x and y
	seen      [obsDim]float64
}

var (
	_ env.StateCodec = (*Env)(nil)
	_ env.Terminator = (*Env)(nil)
	_ env.Injector   = (*Env)(nil)
	_ env.Randomizer = (*Env)(nil)
	_ env.Commander  = (*Env)(nil)
	_ env.Measurer   = (*Env)(nil)
)

// fallTime is how long in s the robot falls without torque in a reset.
const fallTime = .06

// open makes an instance of the task.
func open(t *task) (*Env, error) { return load(t, t.model()) }

// load makes an instance of the task with the given model.
func load(t *task, model []byte) (*Env, error) {
	const name = "stochlite.xml"
	sim, err := mujoco.LoadFiles(name, map[string][]byte{name: model})
	if err != nil {
		return nil, err
	}
	e := &Env{task: t, spec: t.spec(), sim: sim, ticks: int(math.Round(stepTime / t.tick()))}
	e.memory = memory{support: level(), sensors: *rng.NewStream(rng.Root(0))}
	if !t.original {
		e.command = vector{1, 0, 0}
	}
	for _, b := range sim.Index(mujoco.GeomBodyid) {
		leg := int8(-1)
		for i, name := range legNames {
			if sim.Name(mujoco.Body, int(b)) == name+"_shank" {
				leg = int8(i)
			}
		}
		e.leg = append(e.leg, leg)
	}
	e.released = make([]float64, len(sim.Field(mujoco.ActuatorForcerange)))
	e.limits = make([]float64, len(e.released))
	slow(sim)
	if err := e.place(); err != nil {
		sim.Close()
		return nil, e.wrap(err)
	}
	e.look()
	return e, nil
}

// Measures are where the robot went.
func (e *Env) Measures() []env.Measure {
	return []env.Measure{{Name: "distance forward", Unit: "m", Summary: env.Travel}, {Name: "distance to the left", Unit: "m", Summary: env.Travel}}
}

// Measure writes the torso's place.
func (e *Env) Measure(values []float64) { copy(values, e.motion.position[:2]) }

// Spec describes the task.
func (e *Env) Spec() env.Spec { return e.spec }

// Close frees the simulation.
func (e *Env) Close() error {
	e.sim.Close()
	return nil
}

// Command sets the velocities to walk with as shares of .5 m/s forward,
// .25 m/s to the left and 2 rad/s to the left, each in [-1, 1].
func (e *Env) Command(c []float64) error {
	if len(c) != 3 {
		return fmt.Errorf("%s: the command has %d numbers; give 3: shares in [-1, 1] of 0.5 m/s forward, 0.25 m/s sideways and 2 rad/s", e.spec.ID, len(c))
	}
	for i, x := range c {
		if !(math.Abs(x) <= 1) {
			return fmt.Errorf("%s: command[%d] is %g; give a share in [-1, 1]", e.spec.ID, i, x)
		}
	}
	copy(e.command[:], c)
	return nil
}

// Reset stands the robot at its start, lets it fall for fallTime without
// torque and bends its joints again, as the original does. It draws one number
// of s, which names the streams of sensors and of randomisation.
func (e *Env) Reset(s *rng.Stream, obs []float64) error {
	episode := s.Uint64()
	e.sensors = *rng.NewStream(s.Key().Derive("stoch/sensors", episode))
	e.late, e.pushFor, e.again = 0, 0, joints{}
	if e.vary != nil {
		drawn := rng.NewStream(s.Key().Derive("randomize", episode))
		if err := e.vary.Draw(drawn); err != nil {
			return e.wrap(err)
		}
		if late := e.ranges.Latency; !late.Off() {
			e.late = int(math.Round(drawn.Uniform(late[0], late[1]) / e.task.tick()))
		}
		e.schedule()
	}
	if !e.task.original { // the original never forgets
		e.generator, e.support = generator{}, level()
	}
	if err := e.place(); err != nil {
		return e.wrap(err)
	}
	e.show(obs)
	return nil
}

// place puts the robot at its start.
func (e *Env) place() error {
	if err := e.sim.Reset(); err != nil {
		return err
	}
	q := e.sim.Field(mujoco.Qpos)
	position, quaternion := e.task.start()
	copy(q, position[:])
	copy(q[3:], quaternion[:])
	e.bend()
	force := e.sim.Field(mujoco.ActuatorForcerange)
	copy(e.limits, force)
	copy(force, e.released)
	err := e.sim.Step(mujoco.Plain, int(math.Round(fallTime/e.task.tick())))
	copy(force, e.limits)
	if err != nil {
		return err
	}
	e.bend()
	if err := e.sim.Forward(); err != nil {
		return err
	}
	e.measure()
	for leg := range numLegs {
		e.targets[leg] = stand
	}
	return nil
}

// bend puts all joints into the standing pose, at rest.
func (e *Env) bend() {
	q, v := e.sim.Field(mujoco.Qpos)[7:], e.sim.Field(mujoco.Qvel)[6:]
	for i := range q {
		q[i], v[i] = stand[i%3], 0
	}
}

// measure reads the motion out of the simulation.
func (e *Env) measure() {
	m, q, v := &e.motion, e.sim.Field(mujoco.Qpos), e.sim.Field(mujoco.Qvel)
	copy(m.position[:], q)
	copy(m.quaternion[:], q[3:])
	copy(m.velocity[:], v)
	m.omega = rotate(m.quaternion, vector{v[3], v[4], v[5]})
	for leg := range numLegs {
		copy(m.angles[leg][:], q[7+3*leg:])
		copy(m.speeds[leg][:], v[6+3*leg:])
	}
	m.touching = [numLegs]bool{}
	for i := range e.sim.Contacts() {
		c := e.sim.Contact(i)
		for _, g := range [2]int{c.Geom1, c.Geom2} {
			if leg := e.leg[g]; leg >= 0 {
				m.touching[leg] = true
			}
		}
	}
}

// show fills obs and keeps it, noise included.
func (e *Env) show(obs []float64) {
	e.motion.observe(&e.support, e.seen[:])
	for i := range 6 { // what sensors measure; the support plane is computed
		size := e.ranges.Noise
		if i == 1 || i == 2 {
			size = math.Hypot(size, e.task.noise)
		}
		if size > 0 {
			e.seen[i] += size * e.sensors.Normal()
		}
	}
	copy(obs, e.seen[:])
}

// Step goes on with the trot that action shapes.
func (e *Env) Step(action, obs []float64) (env.Outcome, error) {
	if len(action) != e.spec.ActDim || len(obs) != obsDim {
		return env.Outcome{}, fmt.Errorf("%s: action has %d entries and obs %d; they must have %d and %d", e.spec.ID, len(action), len(obs), e.spec.ActDim, obsDim)
	}
	for i, a := range action {
		if math.IsNaN(a) {
			return env.Outcome{}, fmt.Errorf("%s: action[%d] is NaN; give a number in [-1, 1]", e.spec.ID, i)
		}
	}
	earlier := e.targets
	e.targets = e.generator.advance(action)
	e.shove()
	if err := e.advance(&earlier); err != nil {
		return env.Outcome{}, e.wrap(err)
	}
	e.measure()
	e.support.update(&e.motion)
	limits := e.torques()
	power := e.motion.power(&e.targets, &limits)
	e.show(obs)
	m := &e.motion
	roll, pitch := m.attitude()
	if fallen(m.position[2], roll, pitch) {
		return env.Outcome{Terminated: true}, nil
	}
	height := e.task.wanted(m.position[0], m.position[1])
	if e.task.original {
		height = e.task.originalHeight(m.position[0])
	}
	return env.Outcome{Reward: m.reward(&e.support, e.command, height, power)}, nil
}

// advance moves the simulation by one step: the servos follow the earlier
// targets for as long as new ones are late, then the new ones.
func (e *Env) advance(earlier *joints) error {
	ticks := e.ticks
	if e.late > 0 {
		e.control(earlier)
		if err := e.sim.Step(mujoco.Plain, e.late); err != nil {
			return err
		}
		ticks -= e.late
	}
	e.control(&e.targets)
	if e.task.original {
		// The original computes the torques once more at a step's end, for the
		// power, and these add to those of the next step's first tick.
		applied := e.sim.Field(mujoco.QfrcApplied)[6:]
		for i := range applied {
			applied[i] = e.again[i/3][i%3]
		}
		err := e.sim.Step(mujoco.Plain, 1)
		clear(applied)
		if err != nil {
			return err
		}
		ticks--
	}
	if ticks > 0 {
		if err := e.sim.Step(mujoco.Plain, ticks); err != nil {
			return err
		}
	}
	if e.task.original {
		e.repeat()
	}
	return nil
}

// repeat remembers the servos' torques at a step's end.
func (e *Env) repeat() {
	q, v, limits := e.sim.Field(mujoco.Qpos)[7:], e.sim.Field(mujoco.Qvel)[6:], e.torques()
	for i := range q {
		leg, joint := i/3, i%3
		e.again[leg][joint] = servoTorque(e.targets[leg][joint], q[i], v[i], limits[leg][joint])
	}
}

func (e *Env) control(targets *joints) {
	ctrl := e.sim.Field(mujoco.Ctrl)
	for leg := range numLegs {
		copy(ctrl[3*leg:], targets[leg][:])
	}
}

// torques are the servos' limits in N m.
func (e *Env) torques() (limits joints) {
	force := e.sim.Field(mujoco.ActuatorForcerange)
	for i := range len(force) / 2 {
		limits[i/3][i%3] = force[2*i+1]
	}
	return limits
}

// Bare makes a step with each row of actions inside one call into C, without
// observations and rewards: what the simulator alone costs.
func (e *Env) Bare(actions []float64) error {
	rows := len(actions) / e.spec.ActDim
	controls := make([]float64, 0, 3*numLegs*rows)
	for i := range rows {
		e.targets = e.generator.advance(actions[i*e.spec.ActDim:])
		for leg := range numLegs {
			controls = append(controls, e.targets[leg][:]...)
		}
	}
	if err := e.sim.Repeat(mujoco.Plain, controls, e.ticks); err != nil {
		return e.wrap(err)
	}
	return nil
}

// Terminal is the task's rule on predicted observations (environments.md 6.7);
// one that is not finite is terminal. It may be called from several goroutines.
func (e *Env) Terminal(obs []float32, done []bool) {
	for i := range done {
		o := obs[i*obsDim : (i+1)*obsDim]
		done[i] = fallen(float64(o[0]), float64(o[1]), float64(o[2]))
		for _, x := range o {
			if x-x != 0 { // NaN or infinite
				done[i] = true
			}
		}
	}
}

func (e *Env) wrap(err error) error { return fmt.Errorf("%s: %w", e.spec.ID, err) }
