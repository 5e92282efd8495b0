package dmc

import (
	"demorl/env/mujoco"
	"demorl/rng"
)

// The robots that move in a vertical plane.
var (
	cheetahs = []task{{
		domain: "cheetah", name: "run", summary: "planar cheetah, run at 10 m/s",
		timestep: .01, substeps: 1, repeat: 4, size: size{9, 9, 6},
		observe: []entry{{"position", 8}, {"velocity", 9}},
		scene: func(f *finder) scene {
			return &cheetah{newPlant(f), f.sensor("torso_subtreelinvel")}
		},
	}}
	hoppers = []task{
		hopper("hop", "planar one-legged robot, hop forward at 2 m/s", true),
		hopper("stand", "planar one-legged robot, stand", false),
	}
	walkers = []task{
		walker("stand", "planar two-legged robot, stand", 0),
		walker("walk", "planar two-legged robot, walk at 1 m/s", 1),
		walker("run", "planar two-legged robot, run at 8 m/s", 8),
	}
)

type cheetah struct {
	plant
	velocity []float64 // of the centre of mass
}

var cheetahRuns = atLeast(10).falling(10, linear, 0)

// reset lets the drawn posture fall for 200 sub-steps. Their first half-step is
// of the posture before the draw, as in dm_control.
func (c *cheetah) reset(s *rng.Stream) error {
	ranges := c.sim.Field(mujoco.JntRange)
	for joint := range c.sim.Index(mujoco.JntType) {
		if c.sim.Limited(joint) {
			c.qpos[joint] = s.Uniform(ranges[2*joint], ranges[2*joint+1])
		}
	}
	if err := c.sim.Step(mujoco.Control, 200); err != nil {
		return err
	}
	c.sim.SetTime(0)
	return nil
}

func (c *cheetah) observe(obs []float64) {
	n := copy(obs, c.qpos[1:])
	copy(obs[n:], c.qvel)
}

func (c *cheetah) reward() float64 { return cheetahRuns.at(c.velocity[0]) }

func hopper(name, summary string, hops bool) task {
	return task{
		domain: "hopper", name: name, summary: summary,
		timestep: .005, substeps: 4, repeat: 2, size: size{7, 7, 4},
		observe: []entry{{"position", 6}, {"velocity", 7}, {"touch", 2}},
		scene: func(f *finder) scene {
			return &oneLeg{
				plant: newPlant(f), hops: hops, torso: f.body(mujoco.Xipos, "torso"), foot: f.body(mujoco.Xipos, "foot"),
				velocity: f.sensor("torso_subtreelinvel"), toe: f.sensor("touch_toe"), heel: f.sensor("touch_heel"),
			}
		},
	}
}

// oneLeg is the hopper.
type oneLeg struct {
	plant
	hops        bool
	torso, foot []float64 // centres of mass
	velocity    []float64 // of the whole robot's centre of mass
	toe, heel   []float64 // normal forces, N
}

var (
	legStretched = within(.6, 2)
	hopsForward  = atLeast(2).falling(1, linear, .5)
)

func (l *oneLeg) observe(obs []float64) {
	n := copy(obs, l.qpos[1:])
	n += copy(obs[n:], l.qvel)
	obs[n], obs[n+1] = mujoco.Log1p(l.toe[0]), mujoco.Log1p(l.heel[0])
}

func (l *oneLeg) reward() float64 {
	stands := legStretched.at(l.torso[2] - l.foot[2])
	if l.hops {
		return stands * hopsForward.at(l.velocity[0])
	}
	return stands * ((calm.mean(l.ctrl) + 4) / 5)
}

func walker(name, summary string, speed float64) task {
	return task{
		domain: "walker", name: name, summary: summary,
		timestep: .0025, substeps: 10, repeat: 2, size: size{9, 9, 6},
		observe: []entry{{"orientations", 14}, {"height", 0}, {"velocity", 9}},
		scene: func(f *finder) scene {
			w := &twoLegs{
				plant: newPlant(f), xmat: f.sim.Field(mujoco.Xmat), torso: f.body(mujoco.Xmat, "torso"),
				position: f.body(mujoco.Xpos, "torso"), velocity: f.sensor("torso_subtreelinvel"),
			}
			if speed > 0 {
				w.moves = atLeast(speed).falling(speed/2, linear, .5)
			}
			return w
		},
	}
}

// twoLegs is the walker.
type twoLegs struct {
	plant
	xmat     []float64 // rotation matrices of all bodies, the world's first
	torso    []float64 // that of the torso
	position []float64 // of the torso
	velocity []float64 // of the centre of mass
	moves    tolerance // of the forward speed; without margin where the task is to stand
}

var torsoHigh = atLeast(1.2).near(.6)

func (w *twoLegs) observe(obs []float64) {
	n := 0
	for body := 9; body < len(w.xmat); body += 9 {
		obs[n], obs[n+1] = w.xmat[body], w.xmat[body+2]
		n += 2
	}
	obs[n] = w.position[2]
	copy(obs[n+1:], w.qvel)
}

func (w *twoLegs) reward() float64 {
	upright := (1 + w.torso[8]) / 2
	stands := (3*torsoHigh.at(w.position[2]) + upright) / 4
	if w.moves.margin == 0 {
		return stands
	}
	return stands * (5*w.moves.at(w.velocity[0]) + 1) / 6
}
