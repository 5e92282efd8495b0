package dmc

import (
	"fmt"
	"math"

	"demorl/env/mujoco"
	"demorl/rng"
)

// plant is what every scene has: the simulation with the arrays that most
// tasks use.
type plant struct {
	sim              *mujoco.Sim
	qpos, qvel, ctrl []float64
}

func newPlant(f *finder) plant {
	return plant{f.sim, f.sim.Field(mujoco.Qpos), f.sim.Field(mujoco.Qvel), f.sim.Field(mujoco.Ctrl)}
}

// MuJoCo's numbers of kinds of joints.
const (
	freeJoint = iota
	ballJoint
	slideJoint
	hingeJoint
)

// reset draws every joint anew; the tasks that do more have their own.
func (p *plant) reset(s *rng.Stream) error {
	p.drawJoints(s)
	return nil
}

// drawJoints draws limited hinges and slides uniformly in their range,
// unlimited hinges in a full turn, and the orientation of a free joint. Its
// position stays, and so do unlimited slides.
func (p *plant) drawJoints(s *rng.Stream) {
	ranges := p.sim.Field(mujoco.JntRange)
	for joint, kind := range p.sim.Index(mujoco.JntType) {
		q := p.qpos[p.sim.Index(mujoco.JntQposadr)[joint]:]
		switch {
		case p.sim.Limited(joint) && kind >= slideJoint:
			q[0] = s.Uniform(ranges[2*joint], ranges[2*joint+1])
		case kind == hingeJoint:
			q[0] = s.Uniform(-math.Pi, math.Pi)
		case kind == freeJoint:
			// The original draws each number from [0, 1), not from a normal law, which reaches an eighth of all
			// orientations; published results have it so.
			for i := range 4 {
				q[3+i] = s.Float64()
			}
			normalise(q[3:7])
		}
	}
}

// drawQuaternion draws an orientation uniformly.
func drawQuaternion(s *rng.Stream, q []float64) {
	for i := range q {
		q[i] = s.Normal()
	}
	normalise(q)
}

func normalise(x []float64) {
	n := norm(x)
	for i := range x {
		x[i] /= n
	}
}

// norm is the Euclidean length.
func norm(x []float64) float64 {
	sum := 0.
	for _, x := range x {
		sum += float64(x * x)
	}
	return math.Sqrt(sum)
}

// attempts is how often a state is drawn before a reset gives up.
const attempts = 1000

// drawFree draws a state until nothing touches.
func (p *plant) drawFree(s *rng.Stream, draw func(s *rng.Stream)) error {
	for range attempts {
		draw(s)
		if err := p.sim.ForwardUnactuated(); err != nil {
			return err
		}
		if p.sim.Contacts() == 0 {
			return nil
		}
	}
	return fmt.Errorf("%d states were drawn and in each of them something touches: is the model dm_control's own?", attempts)
}
