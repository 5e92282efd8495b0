package stoch

import (
	"errors"
	"fmt"
	"math"

	"demorl/env"
	"demorl/env/mujoco"
)

// Pushes act on the torso's centre of mass for pushTime steps; between the
// ends of two of them are pushTime to pushTime + pushPause steps.
const (
	pushTime  = 10
	pushPause = 300
)

// Randomize sets what later resets draw: friction of all contacts, masses,
// torque limits, latency of the targets, noise on height, attitude and angular
// velocity, and pushes on the torso.
func (e *Env) Randomize(r env.Randomization) error {
	err := r.Validate()
	if r.Latency[1] > stepTime {
		err = errors.Join(err, fmt.Errorf("latency reaches %g s; %s can be late by %g s at most, one step", r.Latency[1], e.spec.ID, stepTime))
	}
	if err != nil {
		return e.wrap(err)
	}
	e.ranges = r
	e.vary = e.sim.Vary(r, mujoco.PairFriction, mujoco.ActuatorForcerange)
	return nil
}

// schedule draws when the next push begins.
func (e *Env) schedule() {
	if !e.ranges.Push.Off() {
		e.pushIn = pushTime + e.sensors.Intn(pushPause+1)
	}
}

// shove begins, goes on with and ends pushes.
func (e *Env) shove() {
	if e.ranges.Push.Off() {
		return
	}
	force := e.sim.Field(mujoco.XfrcApplied)[6:8] // of the torso, the first body after the world
	switch {
	case e.pushFor > 0:
		e.pushFor--
		if e.pushFor == 0 {
			e.push = [2]float64{}
			e.schedule()
		}
	case e.pushIn > 0:
		e.pushIn--
		if e.pushIn == 0 {
			size, direction := e.sensors.Uniform(e.ranges.Push[0], e.ranges.Push[1]), e.sensors.Uniform(0, 2*math.Pi)
			e.push = [2]float64{size * math.Cos(direction), size * math.Sin(direction)}
			e.pushFor = pushTime
		}
	}
	copy(force, e.push[:])
}
