package dmc

import (
	"math"

	"demorl/env/mujoco"
	"demorl/rng"
)

// The tasks of reaching a point: an arm, a mass, a fish and a chain of links.
var (
	reachers = []task{
		reacher("easy", "planar two-link arm, reach a wide target", .05),
		reacher("hard", "planar two-link arm, reach a narrow target", .015),
	}
	pointMasses = []task{{
		domain: "point_mass", name: "easy", summary: "planar point mass, reach the origin",
		timestep: .02, substeps: 1, repeat: 4, size: size{2, 2, 2},
		observe: []entry{{"position", 2}, {"velocity", 2}},
		scene: func(f *finder) scene {
			radius := f.geom(mujoco.GeomSize, "target")[0]
			return &pointMass{newPlant(f), f.geom(mujoco.GeomXpos, "pointmass"), f.geom(mujoco.GeomXpos, "target"), within(0, radius).near(radius)}
		},
	}}
	fishes = []task{
		{
			domain: "fish", name: "upright", summary: "fish, turn upright",
			timestep: .004, substeps: 10, repeat: 4, size: size{14, 13, 5},
			observe: []entry{{"joint_angles", 7}, {"upright", 0}, {"velocity", 13}},
			scene: func(f *finder) scene {
				s := newFish(f)
				return &s
			},
		},
		{
			domain: "fish", name: "swim", summary: "fish, swim to a target",
			timestep: .004, substeps: 10, repeat: 4, size: size{14, 13, 5},
			observe: []entry{{"joint_angles", 7}, {"upright", 0}, {"target", 3}, {"velocity", 13}},
			writes:  []mujoco.Field{mujoco.GeomPos},
			scene: func(f *finder) scene {
				radii := f.geom(mujoco.GeomSize, "mouth")[0] + f.geom(mujoco.GeomSize, "target")[0]
				return &swimming{
					fish: newFish(f), mouth: f.geom(mujoco.GeomXpos, "mouth"), axes: f.geom(mujoco.GeomXmat, "mouth"),
					target: f.geom(mujoco.GeomXpos, "target"), place: f.geom(mujoco.GeomPos, "target"),
					arrived: within(0, radii).near(2 * radii),
				}
			},
		},
	}
	swimmers = []task{swimmer("swimmer6", 6), swimmer("swimmer15", 15)}
)

func reacher(name, summary string, radius float64) task {
	return task{
		domain: "reacher", name: name, summary: summary,
		timestep: .02, substeps: 1, repeat: 4, size: size{2, 2, 2},
		observe: []entry{{"position", 2}, {"to_target", 2}, {"velocity", 2}},
		writes:  []mujoco.Field{mujoco.GeomPos, mujoco.GeomSize},
		scene: func(f *finder) scene {
			a := &arm{
				plant: newPlant(f), radius: radius, finger: f.geom(mujoco.GeomXpos, "finger"), target: f.geom(mujoco.GeomXpos, "target"),
				fingerSize: f.geom(mujoco.GeomSize, "finger"), size: f.geom(mujoco.GeomSize, "target"), place: f.geom(mujoco.GeomPos, "target"),
			}
			a.size[0] = radius
			return a
		},
	}
}

// arm is the reacher.
type arm struct {
	plant
	radius           float64 // of the target
	finger, target   []float64
	fingerSize, size []float64 // radii in the model
	place            []float64 // of the target in the model
}

func (a *arm) reset(s *rng.Stream) error {
	a.size[0] = a.radius
	a.drawJoints(s)
	angle := s.Uniform(0, 2*math.Pi)
	radius := s.Uniform(.05, .2)
	a.place[0], a.place[1] = radius*math.Sin(angle), radius*math.Cos(angle)
	return nil
}

func (a *arm) observe(obs []float64) {
	n := copy(obs, a.qpos)
	obs[n], obs[n+1] = a.target[0]-a.finger[0], a.target[1]-a.finger[1]
	copy(obs[n+2:], a.qvel)
}

func (a *arm) reward() float64 {
	return within(0, a.size[0]+a.fingerSize[0]).at(distance(a.target[:2], a.finger[:2]))
}

type pointMass struct {
	plant
	mass, target []float64
	arrived      tolerance // of their distance
}

func (p *pointMass) observe(obs []float64) {
	n := copy(obs, p.qpos)
	copy(obs[n:], p.qvel)
}

func (p *pointMass) reward() float64 {
	return p.arrived.at(distance(p.target, p.mass)) * ((calm.mean(p.ctrl) + 4) / 5)
}

// fish is the fish that is to turn upright.
type fish struct {
	plant
	torso  []float64 // rotation matrix
	joints [7]*float64
}

func newFish(f *finder) fish {
	s := fish{plant: newPlant(f), torso: f.body(mujoco.Xmat, "torso")}
	for i, name := range []string{"tail1", "tail_twist", "tail2", "finright_roll", "finright_pitch", "finleft_roll", "finleft_pitch"} {
		s.joints[i] = f.angle(name)
	}
	return s
}

var fishUpright = within(1, 1).near(1)

func (f *fish) reset(s *rng.Stream) error {
	drawQuaternion(s, f.qpos[3:7])
	for _, q := range f.joints {
		*q = s.Uniform(-.2, .2)
	}
	return nil
}

func (f *fish) observe(obs []float64) { copy(obs[f.angles(obs):], f.qvel) }

// angles begins an observation with the joints and the torso's tilt.
func (f *fish) angles(obs []float64) int {
	for i, q := range f.joints {
		obs[i] = *q
	}
	obs[len(f.joints)] = f.torso[8]
	return len(f.joints) + 1
}

func (f *fish) reward() float64 { return fishUpright.at(f.torso[8]) }

// swimming is the fish with a target.
type swimming struct {
	fish
	mouth, axes, target []float64
	place               []float64 // of the target in the model
	arrived             tolerance // of the mouth's distance
}

func (f *swimming) reset(s *rng.Stream) error {
	if err := f.fish.reset(s); err != nil {
		return err
	}
	f.place[0], f.place[1], f.place[2] = s.Uniform(-.4, .4), s.Uniform(-.4, .4), s.Uniform(.1, .3)
	return nil
}

func (f *swimming) observe(obs []float64) {
	n := f.angles(obs)
	into(obs[n:n+3], f.target, f.mouth, f.axes)
	copy(obs[n+3:], f.qvel)
}

func (f *swimming) reward() float64 {
	upright := .5 * (f.torso[8] + 1)
	return (7*f.arrived.at(distance(f.target, f.mouth)) + upright) / 8
}
