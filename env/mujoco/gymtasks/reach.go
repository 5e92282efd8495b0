package gymtasks

import (
	"math"

	"demorl/env/mujoco"
	"demorl/rng"
)

// The bodies that the arms' tasks read, by their numbers in the models. Their
// positions are one sub-step behind (environments.md 0.3).
const (
	reacherFingertip, reacherTarget        = 3, 4
	pusherTips, pusherObject, pusherTarget = 10, 11, 12
)

// reacher's target is the last two entries of q, which nothing moves.
var reacher = task{
	id: "reacher", names: []string{"Reacher-v5"}, summary: "planar arm of two joints, reach a target",
	model: "reacher.xml", size: size{nq: 4, nv: 4, nu: 2, nbody: 5}, timestep: .01, skip: 2, bound: 1, limit: 50,
	qNoise: uniform(.1), vNoise: uniform(.005), noisy: 2,
	place: func(s *rng.Stream, q []float64) {
		for {
			q[2], q[3] = s.Uniform(-.2, .2), s.Uniform(-.2, .2)
			if math.Sqrt(q[2]*q[2]+q[3]*q[3]) < .2 {
				return
			}
		}
	},
	bodies: map[string]int{"fingertip": reacherFingertip, "target": reacherTarget},
	observe: []part{
		{field: mujoco.CosQpos, count: 2}, {field: mujoco.SinQpos, count: 2}, q(2), {field: mujoco.Qvel, count: 2},
		{field: mujoco.Xpos, from: 3 * reacherFingertip, count: 2, minus: 3 * reacherTarget, label: "fingertip-target"},
	},
	worth: func(s *mujoco.Sim) float64 { return -distance(s, reacherFingertip, reacherTarget) },
	cost:  func(_ *mujoco.Sim, a []float64) float64 { return sumSquares(a) },
}

// pusher's object and target are the last four entries of q.
var pusher = task{
	id: "pusher", names: []string{"Pusher-v5"}, summary: "arm of seven joints, push an object to a target",
	model: "pusher_v5.xml", size: size{nq: 11, nv: 11, nu: 7, nbody: 13}, timestep: .01, skip: 5, bound: 2, limit: 100,
	vNoise: uniform(.005), noisy: 7,
	place: func(s *rng.Stream, q []float64) {
		for {
			q[7], q[8] = s.Uniform(-.3, 0), s.Uniform(-.2, .2)
			if math.Sqrt(q[7]*q[7]+q[8]*q[8]) > .17 {
				break
			}
		}
		q[9], q[10] = 0, 0
	},
	bodies: map[string]int{"tips_arm": pusherTips, "object": pusherObject, "goal": pusherTarget},
	observe: []part{
		{field: mujoco.Qpos, count: 7}, {field: mujoco.Qvel, count: 7},
		place(pusherTips, "tips_arm"), place(pusherObject, "object"), place(pusherTarget, "goal"),
	},
	worth: func(s *mujoco.Sim) float64 {
		return -distance(s, pusherObject, pusherTarget) - .5*distance(s, pusherObject, pusherTips)
	},
	cost: func(_ *mujoco.Sim, a []float64) float64 { return .1 * sumSquares(a) },
}

// distance is that of the frames of two bodies in metres.
func distance(s *mujoco.Sim, a, b int) float64 {
	x := s.Field(mujoco.Xpos)
	sum := 0.
	for i := range 3 {
		d := x[3*a+i] - x[3*b+i]
		sum += d * d
	}
	return math.Sqrt(sum)
}
