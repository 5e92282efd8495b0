package stoch

import (
	"fmt"
	"math"

	"demorl/internal/wire"
	"demorl/rng"
)

// AppendState saves the simulation and the task's memory.
func (e *Env) AppendState(dst []byte) []byte {
	m := &e.memory
	dst = wire.String(dst, e.task.id)
	dst = wire.F64(dst, m.generator.theta)
	for leg := range numLegs {
		dst = wire.F64s(dst, m.generator.feet[leg][:])
		dst = wire.F64s(dst, m.targets[leg][:])
		dst = wire.F64s(dst, m.again[leg][:])
	}
	dst = wire.F64s(dst, m.support.normal[:])
	dst = wire.F64(wire.F64(dst, m.support.roll), m.support.pitch)
	for _, d := range []*diagonal{&m.support.right, &m.support.left} {
		dst = wire.Bool(wire.F64s(wire.F64s(dst, d.feet[0][:]), d.feet[1][:]), d.seen)
	}
	dst = wire.Bytes(dst, m.sensors.AppendState(nil))
	dst = wire.Int(wire.Int(wire.Int(dst, m.late), m.pushIn), m.pushFor)
	dst = wire.F64s(wire.F64s(dst, m.push[:]), m.seen[:])
	return e.sim.AppendState(dst)
}

// RestoreState restores what AppendState of the same task saved, with the same
// randomisation.
func (e *Env) RestoreState(state []byte, obs []float64) error {
	r := wire.NewReader(state)
	if id := r.String(); id != e.task.id {
		r.Fail("the state is one of stoch/%s, not of stoch/%s", id, e.task.id)
	}
	var m memory
	m.generator.theta = r.F64()
	for leg := range numLegs {
		r.F64sInto(m.generator.feet[leg][:], "planned feet")
		r.F64sInto(m.targets[leg][:], "joint targets")
		r.F64sInto(m.again[leg][:], "joint torques")
	}
	r.F64sInto(m.support.normal[:], "support normal")
	m.support.roll, m.support.pitch = r.F64(), r.F64()
	for _, d := range []*diagonal{&m.support.right, &m.support.left} {
		r.F64sInto(d.feet[0][:], "feet of the support plane")
		r.F64sInto(d.feet[1][:], "feet of the support plane")
		d.seen = r.Bool()
	}
	sensors := r.Bytes()
	m.late, m.pushIn, m.pushFor = r.Int(), r.Int(), r.Int()
	r.F64sInto(m.push[:], "push")
	r.F64sInto(m.seen[:], "observation")
	if !r.Failed() {
		if err := m.sensors.RestoreState(sensors); err != nil {
			return e.wrap(err)
		}
	}
	if err := e.sim.RestoreState(r); err != nil {
		return e.wrap(err)
	}
	e.memory = m
	e.measure()
	copy(obs, e.seen[:])
	return nil
}

// Inject sets qpos (torso's centre of mass, attitude w x y z, and of each leg
// abduction, hip, knee) and qvel, optionally what mujoco.Sim.Write takes
// besides, the generator's "theta" and "feet" (12 numbers) and the support
// plane's "normal". What is not given is as after a first reset.
func (e *Env) Inject(fields map[string][]float64, obs []float64) error {
	m := memory{support: level(), sensors: *rng.NewStream(rng.Root(0))}
	own := map[string]int{"theta": 1, "feet": 3 * numLegs, "normal": 3}
	rest := map[string][]float64{}
	for name, x := range fields {
		want, ok := own[name]
		if !ok {
			rest[name] = x
			continue
		}
		if len(x) != want {
			return e.wrap(fmt.Errorf("%s has %d numbers; give %d", name, len(x), want))
		}
		for i, v := range x {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return e.wrap(fmt.Errorf("%s[%d] is %g; give a finite number", name, i, v))
			}
		}
		switch name {
		case "theta":
			m.generator.theta = x[0]
		case "normal":
			copy(m.support.normal[:], x)
		case "feet":
			for leg := range numLegs {
				copy(m.generator.feet[leg][:], x[3*leg:])
			}
		}
	}
	if err := e.sim.Write(rest, nil); err != nil {
		return e.wrap(err)
	}
	if err := e.sim.Forward(); err != nil {
		return e.wrap(err)
	}
	e.memory = m
	e.measure()
	e.targets = e.motion.angles
	e.show(obs)
	return nil
}
