package hand

import (
	"fmt"
	"math"

	"demorl/env/mujoco"
	"demorl/env/mujoco/rotations"
	"demorl/rng"
)

// maxAttempts bounds the starts that a reset draws until an object stays on
// the palm.
const maxAttempts = 1000

// Reset draws starts until one is right, and then the goal. The objects'
// rotations are drawn first, then the position. It begins every attempt with
// mj_resetData: unlike in the originals, nothing of the episode before survives.
func (e *Env) Reset(s *rng.Stream, obs []float64) error {
	for range maxAttempts {
		if ok, err := e.begin(s); err != nil {
			return e.wrap(err)
		} else if ok {
			e.drawGoal(s)
			e.observe(obs)
			return nil
		}
	}
	return e.wrap(fmt.Errorf("reset: no start of %d kept the object on the palm: is %s the original's?", maxAttempts, e.task.model))
}

// begin makes one attempt, and tells whether it will do.
func (e *Env) begin(s *rng.Stream) (bool, error) {
	t := e.task
	if err := e.sim.Reset(); err != nil {
		return false, err
	}
	copy(e.sim.Field(mujoco.Qpos), t.start.pose) // nothing where the model's own pose stays
	for _, pose := range e.poses[:t.objects] {
		turn(pose, t.start.rotation, s)
	}
	if t.start.noise > 0 {
		for i := range 3 {
			e.poses[0][i] += t.start.noise * s.Normal()
		}
	}
	copy(e.sim.Field(mujoco.Ctrl), e.mid)
	for range t.start.settle {
		if err := e.sim.Step(mujoco.Plain, substeps); err != nil {
			return false, nil // a start that MuJoCo cannot simulate is drawn again
		}
	}
	if err := e.sim.Forward(); err != nil {
		return false, nil
	}
	return e.center == nil || e.center[2] > .04, nil
}

// turn rotates a pose in place.
func turn(pose []float64, how rotation, s *rng.Stream) {
	if how == unturned {
		return
	}
	q := rotations.At(pose[3:]).Mul(drawRotation(how, s)).Unit()
	copy(pose[3:], q[:])
}

// drawRotation draws the angle before the axis, and an axis-aligned rotation
// after both.
func drawRotation(how rotation, s *rng.Stream) rotations.Quat {
	angle, axis := s.Uniform(-math.Pi, math.Pi), [3]float64{0, 0, 1}
	if how == anyAxis {
		for i := range axis {
			axis[i] = s.Uniform(-1, 1)
		}
	}
	q := rotations.About(angle, axis)
	if how == parallel {
		q = q.Mul(axisAligned[s.Intn(len(axisAligned))])
	}
	return q.Unit()
}

// drawGoal draws all positions, then all rotations.
func (e *Env) drawGoal(s *rng.Stream) {
	g := e.task.goal
	if g.none {
		return
	}
	if len(g.boxes) == 0 {
		for i, bounds := range g.offset {
			e.goal[i] = e.poses[0][i]
			if bounds[0] < bounds[1] {
				e.goal[i] += s.Uniform(bounds[0], bounds[1])
			}
		}
	} else {
		chosen := g.farther(e.poses[0])
		for k := range e.task.objects {
			for i, bounds := range g.boxes[(chosen+k)%2] {
				e.goal[7*k+i] = s.Uniform(bounds[0], bounds[1])
			}
		}
	}
	for k := range e.task.objects {
		q := drawRotation(g.rotation, s)
		copy(e.goal[7*k+3:], q[:])
	}
}

// farther is the box whose centre is farther from the object, the second one
// in a tie.
func (g goal) farther(object []float64) int {
	var distance [2]float64
	for k, b := range g.boxes {
		for i, bounds := range b {
			d := object[i] - (bounds[0]+bounds[1])/2
			distance[k] += d * d
		}
	}
	if distance[0] > distance[1] {
		return 0
	}
	return 1
}
