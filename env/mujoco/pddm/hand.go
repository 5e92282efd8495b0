package pddm

import (
	"slices"

	"demorl/env/mujoco"
)

const handJoints = 24

// cupped is the hand's pose at a reset in demorl's own scenes, in the order of
// the hand's joints, rad: the wrist lowered by 0.2, four fingers bent by 0.9,
// 0.6 and 0.5 and a little spread, the thumb across the palm. A cube and two
// balls rest in it (TestTheCuppedHandHolds).
var cupped = []float64{
	0, -.2, // wrist
	-.1, .9, .6, .5, // first finger
	-.03, .9, .6, .5, // middle
	.03, .9, .6, .5, // ring
	.4, -.1, .9, .6, .5, // little
	.4, .8, -.1, 0, -.5, // thumb
}

// prepareHand takes the pose of the model's key 0 where it has one.
func prepareHand(e *Env, share float64, twice bool) {
	e.pose = slices.Clone(cupped)
	if key := e.sim.Field(mujoco.KeyQpos); len(key) > 0 {
		e.pose = slices.Clone(key[:handJoints])
	}
	e.drive = handDrive(e.pose, e.sim.Field(mujoco.ActuatorCtrlrange), share, twice)
}

// handDrive spreads actions over share of what is left of the servos' range on
// either side of the pose: limits are low and high of each.
func handDrive(pose, limits []float64, share float64, twice bool) drive {
	d := drive{mid: pose, twice: twice, speed: 3, low: same(handJoints, -40), high: same(handJoints, 40)}
	for j := range handJoints {
		d.up = append(d.up, share*(limits[2*j+1]-pose[j]))
		d.down = append(d.down, share*(pose[j]-limits[2*j]))
	}
	return d
}

// startHand writes the first positions: those of key 0, or the model's own
// with the hand in its pose.
func (e *Env) startHand() {
	q := e.sim.Field(mujoco.Qpos)
	if key := e.sim.Field(mujoco.KeyQpos); len(key) > 0 {
		copy(q, key[:len(q)])
	}
	copy(q, e.pose)
}
