package pddm

import (
	"math"
	"slices"

	"demorl/env/mujoco"
	"demorl/rng"
)

// Where things are in the observation and in qpos.
const (
	ball1, ball2         = handJoints, handJoints + 6
	target1, target2     = handJoints + 12, handJoints + 14
	position1, position2 = handJoints, handJoints + 7
)

const (
	period     = 60   // steps in which the targets go round
	above      = -.07 // where the targets are on the palm's y axis, m
	fallen     = .06  // height of a ball that counts as dropped, m
	wristLimit = .15  // of the wrist's bend upwards, rad
)

// The ellipse on which the targets run in the palm's frame, m, and the angles
// at which they begin. They are variables because the original computes them in
// float64, and constants would be exact.
var (
	radiusX, radiusY = .02, product(.02, 1.5, 1.2)
	centreX, centreZ = .005, .055
	phase1, phase2   = product(3, math.Pi) / 4, -math.Pi / 4
	turn             = product(2, math.Pi)
)

// product multiplies in float64, from left to right.
func product(x float64, factors ...float64) float64 {
	for _, f := range factors {
		x *= f
	}
	return x
}

// baoding is PDDM's task with two balls (environments.md 5.1), turning counter
// clockwise. fixed observes the balls' own velocities, shows the episode's
// first targets from the reset on, keeps the two penalties apart and maps each
// action once.
func baoding(s *scene, fixed bool) task {
	velocity1, velocity2 := 22, 29
	if fixed {
		velocity1, velocity2 = 24, 30
	}
	t := task{
		id: variant("baoding", s, fixed), summary: "hand, turn two balls about each other and drop neither",
		scene: s, size: size{nq: 38, nv: 36, nu: handJoints}, limit: 1000,
		obs: slices.Concat(numbered("qpos", handJoints), numbered("ball1_position", 3), numbered("ball1_velocity", 3),
			numbered("ball2_position", 3), numbered("ball2_velocity", 3), numbered("target1", 2), numbered("target2", 2)),
		memory: []slot{{"steps", 1}}, keep: []mujoco.Field{mujoco.SitePos},
		moved:   []object{{mujoco.Site, "target1_site"}, {mujoco.Site, "target2_site"}},
		prepare: func(e *Env) { prepareHand(e, .9, !fixed) },
		reset: func(e *Env, _ *rng.Stream) {
			e.startHand()
			if fixed {
				e.moveTargets()
			}
		},
		before: (*Env).moveTargets,
		after:  func(e *Env, _ []float64) { e.memory[0]++ },
		observe: func(e *Env, obs []float64) {
			q, v, site := e.sim.Field(mujoco.Qpos), e.sim.Field(mujoco.Qvel), e.sim.Field(mujoco.SiteXpos)
			copy(obs, q[:handJoints])
			copy(obs[ball1:], q[position1:position1+3])
			copy(obs[ball1+3:], v[velocity1:velocity1+3])
			copy(obs[ball2:], q[position2:position2+3])
			copy(obs[ball2+3:], v[velocity2:velocity2+3])
			copy(obs[target1:], site[3*e.ids[0]:][:2])
			copy(obs[target2:], site[3*e.ids[1]:][:2])
		},
		reward:   func(o mujoco.Row) float64 { return baodingReward(o, fixed) },
		terminal: anyFallen,
	}
	if s.source == mujoco.PDDM && !fixed {
		t.names = []string{"pddm_baoding-v0"}
	}
	return describeHand(t, s, fixed)
}

// moveTargets puts the targets where they are after as many steps as were made.
func (e *Env) moveTargets() {
	pos := e.sim.Field(mujoco.SitePos)
	round := turn * (e.memory[0] / period)
	for i, phase := range [2]float64{phase1, phase2} {
		sin, cos := mujoco.SinCos(round + phase)
		p := pos[3*e.ids[i]:][:3]
		p[0], p[1], p[2] = float64(radiusX*cos)+centreX, above, float64(radiusY*sin)+centreZ
	}
}

func anyFallen(o mujoco.Row) bool { return o.At(ball1+2) < fallen || o.At(ball2+2) < fallen }

// baodingReward takes 10 for a wrist bent up; unless fixed, a fall counts as
// that too.
func baodingReward(o mujoco.Row, fixed bool) float64 {
	distance := func(ball, target int) float64 {
		x, y := o.At(ball)-o.At(target), o.At(ball+1)-o.At(target+1)
		return math.Sqrt(x*x + y*y)
	}
	reward := -5*distance(ball1, target1) - 5*distance(ball2, target2)
	fall := anyFallen(o)
	if fall {
		reward -= 500
	}
	if o.At(1) > wristLimit || fall && !fixed {
		reward -= 10
	}
	return reward
}
