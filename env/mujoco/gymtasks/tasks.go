package gymtasks

import (
	"math"

	"demorl/env/mujoco"
)

// tasks is the whole family (environments.md section 1). Notation: q, v =
// qpos, qvel after the step.
var tasks = []task{
	halfCheetah, halfCheetah.v4(), halfCheetah.v4().v2(),
	hopper, hopper.v4(), hopper.v4().v2(),
	walker2d, walker2dV4, walker2dV4.v2(),
	ant, truncated(ant), antV4, antV4Contact, antV2, truncated(antV2, "AntTruncatedObs-v2"),
	humanoid, truncated(humanoid), humanoidV4, truncated(humanoidV4), humanoidV2, truncated(humanoidV2, "HumanoidTruncatedObs-v2"),
	humanoidStandup, humanoidStandupV4,
	invertedPendulum, invertedPendulum.v4(), invertedPendulum.v4().v2(),
	invertedDoublePendulum, invertedDoublePendulumV4, invertedDoublePendulumV4.v2(),
	reacher, reacherV4, reacherV4.v2(),
	swimmer, swimmer.v4(), swimmer.v4().v2(),
	pusher, pusherV4,
}

var halfCheetah = task{
	id: "halfcheetah", names: []string{"HalfCheetah-v5"}, published: "HalfCheetah", summary: "planar cheetah, run forward",
	model: "half_cheetah.xml", size: size{nq: 9, nv: 9, nu: 6, nbody: 8}, timestep: .01, skip: 5, bound: 1,
	qNoise: uniform(.1), vNoise: normal(.1),
	skipped: 1, observe: []part{q(1), v(0)},
	position: rootX, speedWeight: 1,
	cost: func(_ *mujoco.Sim, a []float64) float64 { return .1 * sumSquares(a) },
}

var hopper = task{
	id: "hopper", names: []string{"Hopper-v5"}, published: "Hopper", summary: "planar one-legged robot, hop forward",
	model: "hopper.xml", size: size{nq: 6, nv: 6, nu: 3, nbody: 5}, timestep: .002, skip: 4, bound: 1,
	qNoise: uniform(.005), vNoise: uniform(.005),
	skipped: 1, observe: []part{q(1), v(10)},
	position: rootX, speedWeight: 1, alive: 1,
	cost: func(_ *mujoco.Sim, a []float64) float64 { return 1e-3 * sumSquares(a) },
	healthy: func(o mujoco.Row) bool {
		for i := 1; i < 11; i++ { // all of q[2:] and v
			if !(math.Abs(o.At(i)) < 100) {
				return false
			}
		}
		return o.At(0) > .7 && math.Abs(o.At(1)) < .2
	},
}

var walker2d = task{
	id: "walker2d", names: []string{"Walker2d-v5"}, published: "Walker2d", summary: "planar two-legged robot, walk forward",
	model: "walker2d_v5.xml", size: size{nq: 9, nv: 9, nu: 6, nbody: 8}, timestep: .002, skip: 4, bound: 1,
	qNoise: uniform(.005), vNoise: uniform(.005),
	skipped: 1, observe: []part{q(1), v(10)},
	position: rootX, speedWeight: 1, alive: 1,
	cost:    func(_ *mujoco.Sim, a []float64) float64 { return 1e-3 * sumSquares(a) },
	healthy: func(o mujoco.Row) bool { return .8 < o.At(0) && o.At(0) < 2 && math.Abs(o.At(1)) < 1 },
}

// ant reads the torso's position one sub-step behind (environments.md 0.3).
var ant = task{
	id: "ant", names: []string{"Ant-v5"}, published: "Ant", summary: "four-legged robot, run forward",
	model: "ant.xml", size: size{nq: 15, nv: 14, nu: 8, nbody: 14}, timestep: .01, skip: 5, bound: 1,
	qNoise: uniform(.1), vNoise: normal(.1),
	skipped: 2, observe: []part{q(2), v(0), {field: mujoco.CfrcExt, from: 1 * 6, clip: 1}},
	position:    func(s *mujoco.Sim) float64 { return s.Field(mujoco.Xpos)[3] },
	speedWeight: 1, alive: 1,
	cost: func(s *mujoco.Sim, a []float64) float64 {
		contact := 0.
		for _, f := range s.Field(mujoco.CfrcExt) {
			f = min(1, max(-1, f))
			contact += f * f
		}
		return antControlCost(s, a) + 5e-4*contact
	},
	healthy: func(o mujoco.Row) bool { return .2 <= o.At(0) && o.At(0) <= 1 },
}

func antControlCost(_ *mujoco.Sim, a []float64) float64 { return .5 * sumSquares(a) }

var humanoid = task{
	id: "humanoid", names: []string{"Humanoid-v5"}, published: "Humanoid", summary: "two-legged robot with arms, run forward",
	model: "humanoid.xml", size: size{nq: 24, nv: 23, nu: 17, nbody: 14}, timestep: .003, skip: 5, bound: .4,
	qNoise: uniform(.01), vNoise: uniform(.01),
	skipped: 2, observe: []part{
		q(2), v(0), {field: mujoco.Cinert, from: 1 * 10}, {field: mujoco.Cvel, from: 1 * 6},
		{field: mujoco.QfrcActuator, from: 6}, {field: mujoco.CfrcExt, from: 1 * 6},
	},
	position: massCentre, speedWeight: 1.25, alive: 5,
	cost: func(s *mujoco.Sim, a []float64) float64 {
		return .1*sumSquares(a) + min(5e-7*sumSquares(s.Field(mujoco.CfrcExt)), 10)
	},
	healthy: func(o mujoco.Row) bool { return 1 < o.At(0) && o.At(0) < 2 },
}

// humanoidStandup is the same robot on its back, paid for the height of its
// torso in units of one sub-step and not for moving.
var humanoidStandup = humanoid.with(func(t *task) {
	t.id, t.names, t.published, t.summary = "humanoidstandup", []string{"HumanoidStandup-v5"}, "", "two-legged robot with arms, stand up"
	t.model, t.position, t.speedWeight, t.alive, t.healthy = "humanoidstandup.xml", nil, 0, 1, nil
	t.worth = func(s *mujoco.Sim) float64 { return s.Field(mujoco.Qpos)[2] / s.Timestep() }
})

var invertedPendulum = task{
	id: "invertedpendulum", names: []string{"InvertedPendulum-v5"}, published: "InvertedPendulum", summary: "balance a pole on a cart",
	model: "inverted_pendulum.xml", size: size{nq: 2, nv: 2, nu: 1, nbody: 3}, timestep: .02, skip: 2, bound: 3,
	qNoise: uniform(.01), vNoise: uniform(.01),
	observe: []part{q(0), v(0)},
	alive:   1,
	healthy: func(o mujoco.Row) bool { return math.Abs(o.At(1)) <= .2 },
	camera:  front(.25, 2.6),
}

// invertedDoublePendulum ends by the height of the tip one sub-step behind;
// an observation tells the height of now, so the two tests can differ on the
// step that crosses the bound.
var invertedDoublePendulum = task{
	id: "inverteddoublependulum", names: []string{"InvertedDoublePendulum-v5"}, published: "InvertedDoublePendulum",
	summary: "balance two poles on a cart",
	model:   "inverted_double_pendulum.xml", size: size{nq: 3, nv: 3, nu: 1, nbody: 4}, timestep: .01, skip: 5, bound: 1,
	qNoise: uniform(.1), vNoise: normal(.1),
	observe: []part{
		{field: mujoco.Qpos, count: 1}, {field: mujoco.SinQpos, from: 1}, {field: mujoco.CosQpos, from: 1}, v(10),
		{field: mujoco.QfrcConstraint, count: 1, clip: 10},
	},
	alive: 10,
	cost: func(s *mujoco.Sim, _ []float64) float64 {
		tip, v := s.Field(mujoco.SiteXpos), s.Field(mujoco.Qvel)
		x, y := tip[0], tip[2]
		return .01*x*x + (y-2)*(y-2) + (1e-3*v[1]*v[1] + 5e-3*v[2]*v[2])
	},
	healthyNow: func(s *mujoco.Sim) bool { return s.Field(mujoco.SiteXpos)[2] > 1 },
	healthy: func(o mujoco.Row) bool {
		first := math.Atan2(o.At(1), o.At(3))
		second := first + math.Atan2(o.At(2), o.At(4))
		return .6*(math.Cos(first)+math.Cos(second)) > 1
	},
	camera: front(.5, 3.6),
}

// front looks along y at a height, from a distance in m.
func front(height, distance float64) *mujoco.Camera {
	return &mujoco.Camera{Lookat: &[3]float64{0, 0, height}, Distance: distance, Azimuth: 90, Elevation: -8}
}

var swimmer = task{
	id: "swimmer", names: []string{"Swimmer-v5"}, summary: "chain of three links in a viscous fluid, swim forward",
	model: "swimmer.xml", size: size{nq: 5, nv: 5, nu: 2, nbody: 4}, timestep: .01, skip: 4, bound: 1,
	qNoise: uniform(.1), vNoise: uniform(.1),
	skipped: 2, observe: []part{q(2), v(0)},
	position: rootX, speedWeight: 1,
	cost: func(_ *mujoco.Sim, a []float64) float64 { return 1e-4 * sumSquares(a) },
}

// rootX is the forward coordinate of the planar robots.
func rootX(s *mujoco.Sim) float64 { return s.Field(mujoco.Qpos)[0] }

// massCentre is the x coordinate of the centre of mass, one sub-step behind.
func massCentre(s *mujoco.Sim) float64 {
	mass, xipos := s.Field(mujoco.BodyMass), s.Field(mujoco.Xipos)
	weighted, total := 0., 0.
	for b, m := range mass {
		weighted += m * xipos[3*b]
		total += m
	}
	return weighted / total
}

func sumSquares(x []float64) float64 {
	sum := 0.
	for _, x := range x {
		sum += x * x
	}
	return sum
}
