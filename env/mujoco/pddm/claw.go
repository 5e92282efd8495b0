package pddm

import (
	"math"
	"slices"

	"demorl/env/mujoco"
	"demorl/rng"
)

const fingerJoints = 9

// clawSize counts nine joints of the claw, nine of a transparent copy of it
// that only pictures use, and the valve's, which is the last.
var clawSize = size{nq: 19, nv: 19, nu: 9}

// claw is PDDM's turning task (environments.md 5.1). fixed pays each of the
// two bonuses once, as they are written.
func claw(fixed bool) task {
	t := task{
		id: "claw", names: []string{"pddm_dclaw_turn-v0"}, summary: "three-fingered claw, turn a valve to an angle",
		scene: &robelClaw, size: clawSize, limit: 500,
		obs:    slices.Concat(numbered("qpos", fingerJoints), numbered("qvel", fingerJoints), []string{"valve", "valve_velocity", "goal"}),
		memory: []slot{{"goal", 1}}, keep: []mujoco.Field{mujoco.BodyQuat}, moved: []object{{mujoco.Body, "target"}},
		prepare: prepareClaw, reset: resetClaw, observe: observeClaw,
		shown:  func(e *Env) { e.turnTarget(e.memory[0]) },
		reward: func(o mujoco.Row) float64 { return clawReward(o, 20, 2) },
	}
	if fixed {
		t.id, t.names, t.summary = "claw:fixed", nil, t.summary+", each bonus paid once"
		t.reward = func(o mujoco.Row) float64 { return clawReward(o, 11, 1) }
	}
	return t
}

func prepareClaw(e *Env) { e.drive = clawDrive(e.sim.Field(mujoco.ActuatorCtrlrange)) }

// clawDrive spreads actions over the servos' range: limits are low and high of
// each.
func clawDrive(limits []float64) drive {
	d := drive{speed: 5, low: same(fingerJoints, -rad32(math.Pi/2)), high: same(fingerJoints, rad32(math.Pi/2))}
	for j := range fingerJoints {
		low, high := limits[2*j], limits[2*j+1]
		d.mid, d.up = append(d.mid, (low+high)/2), append(d.up, .5*(high-low))
	}
	d.down = d.up
	return d
}

func resetClaw(e *Env, s *rng.Stream) {
	goal := s.Uniform(math.Pi/2, math.Pi)
	if s.Intn(2) == 1 {
		goal = -goal
	}
	e.memory[0] = goal
	q := e.sim.Field(mujoco.Qpos)
	for j := 0; j < fingerJoints; j += 3 {
		q[j], q[j+1], q[j+2] = 0, -1, 1.35
	}
	q[clawSize.nq-1] = s.Uniform(-math.Pi/4, math.Pi/4)
}

// turnTarget turns the mark of the goal, which nothing touches.
func (e *Env) turnTarget(angle float64) {
	quat := e.sim.Field(mujoco.BodyQuat)[4*e.ids[0]:]
	sin, cos := mujoco.SinCos(angle / 2)
	quat[0], quat[1], quat[2], quat[3] = cos, 0, 0, sin
}

func observeClaw(e *Env, obs []float64) {
	q, v := e.sim.Field(mujoco.Qpos), e.sim.Field(mujoco.Qvel)
	copy(obs, q[:fingerJoints])
	copy(obs[fingerJoints:], v[:fingerJoints])
	obs[18], obs[19], obs[20] = q[len(q)-1], v[len(v)-1], e.memory[0]
}

// clawReward pays near within 0.1 rad of the goal, and about within 0.25 rad.
func clawReward(o mujoco.Row, near, about float64) float64 {
	angle := o.At(18) - o.At(20)
	distance := math.Abs(math.Atan2(math.Sin(angle), math.Cos(angle)))
	switch {
	case distance < .1:
		return -10*distance + near
	case distance < .25:
		return -10*distance + about
	}
	return -10 * distance
}
