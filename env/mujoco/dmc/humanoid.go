package dmc

import (
	"math"

	"demorl/env/mujoco"
	"demorl/rng"
)

var humanoids = []task{
	humanoid("stand", "humanoid, stand", 0),
	humanoid("walk", "humanoid, walk at 1 m/s", 1),
	humanoid("run", "humanoid, run at 10 m/s", 10),
}

func humanoid(name, summary string, speed float64) task {
	return task{
		domain: "humanoid", name: name, summary: summary,
		timestep: .005, substeps: 5, repeat: 2, size: size{28, 27, 21},
		observe: []entry{{"joint_angles", 21}, {"head_height", 0}, {"extremities", 12}, {"torso_vertical", 3}, {"com_velocity", 3}, {"velocity", 27}},
		scene: func(f *finder) scene {
			h := &body{
				plant: newPlant(f), torso: f.body(mujoco.Xmat, "torso"), position: f.body(mujoco.Xpos, "torso"),
				head: f.body(mujoco.Xpos, "head"), velocity: f.sensor("torso_subtreelinvel"),
			}
			for i, limb := range []string{"left_hand", "left_foot", "right_hand", "right_foot"} {
				h.limbs[i] = f.body(mujoco.Xpos, limb)
			}
			if speed > 0 {
				h.moves = atLeast(speed).falling(speed, linear, 0)
			}
			return h
		},
	}
}

// body is the humanoid.
type body struct {
	plant
	torso    []float64 // rotation matrix
	position []float64 // of the torso
	head     []float64
	limbs    [4][]float64
	velocity []float64 // of the centre of mass
	moves    tolerance // of the horizontal speed; without margin where the task is to stand
}

var (
	headHigh     = atLeast(1.4).near(.35)
	torsoUpright = atLeast(.9).falling(1.9, linear, 0)
	staysPut     = within(0, 0).near(2)
)

func (b *body) reset(s *rng.Stream) error { return b.drawFree(s, b.drawJoints) }

func (b *body) observe(obs []float64) {
	n := copy(obs, b.qpos[7:])
	obs[n] = b.head[2]
	n++
	for _, limb := range b.limbs {
		into(obs[n:n+3], limb, b.position, b.torso)
		n += 3
	}
	n += copy(obs[n:], b.torso[6:9])
	n += copy(obs[n:], b.velocity)
	copy(obs[n:], b.qvel)
}

func (b *body) reward() float64 {
	stands := headHigh.at(b.head[2]) * torsoUpright.at(b.torso[8])
	control := (4 + calm.mean(b.ctrl)) / 5
	if b.moves.margin == 0 {
		return control * stands * staysPut.mean(b.velocity[:2])
	}
	move := (5*b.moves.at(math.Hypot(b.velocity[0], b.velocity[1])) + 1) / 6
	return control * stands * move
}

// into writes the vector from origin to point in the axes of a rotation matrix;
// dst may have fewer than three entries. The products are rounded before they
// are added, from the first on, as NumPy without fused operations does it.
func into(dst, point, origin, axes []float64) {
	x, y, z := point[0]-origin[0], point[1]-origin[1], point[2]-origin[2]
	for i := range dst {
		dst[i] = float64(float64(x*axes[i])+float64(y*axes[3+i])) + float64(z*axes[6+i])
	}
}
