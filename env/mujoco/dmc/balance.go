package dmc

import (
	"math"

	"demorl/env/mujoco"
	"demorl/rng"
)

// The tasks of swinging up and balancing.
var (
	cartpoles = []task{
		cartpole("balance", "cart with a pole, keep it upright", false, false),
		cartpole("balance_sparse", "cart with a pole, keep it upright, sparse reward", false, true),
		cartpole("swingup", "cart with a pole, swing it up and keep it there", true, false),
		cartpole("swingup_sparse", "cart with a pole, swing it up and keep it there, sparse reward", true, true),
	}
	pendulums = []task{{
		domain: "pendulum", name: "swingup", summary: "torque-limited pendulum, swing it up and keep it there",
		timestep: .02, substeps: 1, repeat: 4, size: size{1, 1, 1},
		observe: []entry{{"orientation", 2}, {"velocity", 1}},
		scene: func(f *finder) scene {
			return &pendulum{plant: newPlant(f), pole: f.body(mujoco.Xmat, "pole")}
		},
	}}
	acrobots = []task{
		acrobot("swingup", "two links with one motor, swing the tip up", within(0, 0).near(1)),
		acrobot("swingup_sparse", "two links with one motor, swing the tip up, sparse reward", within(0, 0)),
	}
)

func cartpole(name, summary string, swingUp, sparse bool) task {
	return task{
		domain: "cartpole", name: name, summary: summary,
		timestep: .01, substeps: 1, repeat: 8, size: size{2, 2, 1},
		observe: []entry{{"position", 3}, {"velocity", 2}},
		scene: func(f *finder) scene {
			return &cart{plant: newPlant(f), pole: f.body(mujoco.Xmat, "pole_1"), swingUp: swingUp, sparse: sparse}
		},
	}
}

// cart is the slider with its pole: qpos and qvel are the cart's and the angle's.
type cart struct {
	plant
	pole            []float64 // rotation matrix
	swingUp, sparse bool
}

var (
	cartCentred   = within(-.25, .25)
	poleUpright   = within(.995, 1)
	cartNearZero  = within(0, 0).near(2)
	poleNearStill = within(0, 0).near(5)
)

func (c *cart) reset(s *rng.Stream) error {
	if c.swingUp {
		c.qpos[0] = .01 * s.Normal()
		c.qpos[1] = math.Pi + .01*s.Normal()
	} else {
		c.qpos[0] = s.Uniform(-.1, .1)
		c.qpos[1] = s.Uniform(-.034, .034)
	}
	for i := range c.qvel {
		c.qvel[i] = .01 * s.Normal()
	}
	return nil
}

func (c *cart) observe(obs []float64) {
	obs[0], obs[1], obs[2] = c.qpos[0], c.pole[8], c.pole[2]
	copy(obs[3:], c.qvel)
}

func (c *cart) reward() float64 {
	if c.sparse {
		return cartCentred.at(c.qpos[0]) * poleUpright.at(c.pole[8])
	}
	upright := (c.pole[8] + 1) / 2
	centred := (1 + cartNearZero.at(c.qpos[0])) / 2
	control := (4 + calm.at(c.ctrl[0])) / 5
	still := (1 + poleNearStill.at(c.qvel[1])) / 2
	return upright * control * still * centred
}

type pendulum struct {
	plant
	pole []float64 // rotation matrix
}

var within8Degrees = within(math.Cos(8*(math.Pi/180)), 1)

func (p *pendulum) observe(obs []float64) { obs[0], obs[1], obs[2] = p.pole[8], p.pole[2], p.qvel[0] }

func (p *pendulum) reward() float64 { return within8Degrees.at(p.pole[8]) }

func acrobot(name, summary string, atTarget tolerance) task {
	return task{
		domain: "acrobot", name: name, summary: summary,
		timestep: .01, substeps: 1, repeat: 4, size: size{2, 2, 1},
		observe: []entry{{"orientations", 4}, {"velocity", 2}},
		scene: func(f *finder) scene {
			a := &twoLinks{
				plant: newPlant(f), upper: f.body(mujoco.Xmat, "upper_arm"), lower: f.body(mujoco.Xmat, "lower_arm"),
				tip: f.site(mujoco.SiteXpos, "tip"), target: f.site(mujoco.SiteXpos, "target"), atTarget: atTarget,
			}
			a.atTarget.upper = f.site(mujoco.SiteSize, "target")[0]
			return a
		},
	}
}

// twoLinks is the acrobot.
type twoLinks struct {
	plant
	upper, lower []float64 // rotation matrices
	tip, target  []float64
	atTarget     tolerance // of the tip's distance
}

func (a *twoLinks) observe(obs []float64) {
	obs[0], obs[1], obs[2], obs[3] = a.upper[2], a.lower[2], a.upper[8], a.lower[8]
	copy(obs[4:], a.qvel)
}

func (a *twoLinks) reward() float64 { return a.atTarget.at(distance(a.target, a.tip)) }

// distance is that of two points.
func distance(a, b []float64) float64 {
	sum := 0.
	for i := range a {
		d := a[i] - b[i]
		sum += float64(d * d)
	}
	return math.Sqrt(sum)
}
