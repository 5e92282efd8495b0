package pddm

import (
	"math"
	"slices"

	"demorl/env/mujoco"
	"demorl/rng"
)

// The slots of the cube's memory begin here.
const (
	atGoal  = 0 // wanted hinge angles of the episode, rad
	atShown = 3 // those that the observation tells
)

// cubeGoals are left, right, up and down.
var cubeGoals = [4][3]float64{{0, 0, -1.5}, {0, 0, 1.5}, {1.5, 0, 0}, {-1.5, 0, 0}}

// cube is PDDM's cube task (environments.md 5.1). fixed shows the episode's
// goal from the first observation on and maps each action once.
func cube(s *scene, fixed bool) task {
	t := task{
		id: variant("cube", s, fixed), summary: "hand, turn a cube to given angles and do not drop it",
		scene: s, size: size{nq: 33, nv: 33, nu: handJoints}, limit: 1000,
		obs: slices.Concat(numbered("qpos", handJoints), numbered("cube_position", 3), numbered("cube_angle", 3),
			numbered("cube_velocity", 3), numbered("cube_angular_velocity", 3), numbered("goal_angle", 3)),
		memory: []slot{{"goal", 3}, {"shown", 3}},
		prepare: func(e *Env) {
			prepareHand(e, 1, !fixed)
			if s.source == mujoco.PDDM { // its cube's hinges have no armature
				e.sim.TakeSingular()
			}
		},
		reset: func(e *Env, stream *rng.Stream) {
			e.startHand()
			goal := cubeGoals[stream.Intn(len(cubeGoals))]
			copy(e.memory[atGoal:], goal[:])
			if fixed {
				copy(e.memory[atShown:], goal[:])
			}
		},
		before:   func(e *Env) { copy(e.memory[atShown:], e.memory[:atShown]) },
		observe:  observeCube,
		reward:   cubeReward,
		terminal: dropped,
	}
	if s.source == mujoco.PDDM && !fixed {
		t.names = []string{"pddm_cube-v0"}
	}
	return describeHand(t, s, fixed)
}

// describeHand completes a hand task's summary.
func describeHand(t task, s *scene, fixed bool) task {
	if s.source == mujoco.PDDM {
		t.summary += ", scene of PDDM"
	}
	if fixed {
		t.summary += ", the original's slips mended"
	}
	return t
}

// observeCube also turns the picture of the goal, as the original does at the
// same moment: its hinges are the last three and coupled to nothing.
func observeCube(e *Env, obs []float64) {
	q, v := e.sim.Field(mujoco.Qpos), e.sim.Field(mujoco.Qvel)
	shown := e.memory[atShown : atShown+3]
	copy(q[handJoints+6:], shown)
	copy(obs, q[:handJoints+6])
	copy(obs[handJoints+6:], v[handJoints:handJoints+6])
	copy(obs[handJoints+12:], shown)
}

// dropped is where the cube, whose height is entry 26, fell by 10 cm.
func dropped(o mujoco.Row) bool { return o.At(handJoints+2) < -.1 }

func cubeReward(o mujoco.Row) float64 {
	sum := 0.
	for i := range 3 {
		d := o.At(handJoints+3+i) - o.At(handJoints+12+i)
		sum += d * d
	}
	reward := -7 * math.Sqrt(sum)
	if dropped(o) {
		reward -= 1000
	}
	return reward
}
