package adroit

import (
	"errors"
	"math"

	"demorl/env/mujoco"
)

// scene is what tasks read: views of the simulator's arrays. Positions are
// those of the last internal evaluation, one sub-step behind q and v
// (environments.md 0.3), in m and world axes.
type scene struct {
	q, v []float64

	palm   []float64 // site at the palm
	object []float64 // body
	quat   []float64 // the object's rotation
	handle []float64 // site of the door's handle
	nail   []float64 // site of the nail's head
	sunk   []float64 // site where the nail shall be
	head   []float64 // site of the hammer's head
	impact []float64 // the nail's touch sensor, N
	target []float64 // site where the object shall be

	// The ends of the pen and of the target pen, and their lengths in m
	// measured after the reset, by which the directions are divided.
	top, bottom, targetTop, targetBottom []float64
	lengths                              [2]float64
}

// hinge is the door's angle in rad.
func (s *scene) hinge() float64 { return s.q[len(s.q)-2] }

// directions of the pen and of the target pen.
func (s *scene) directions() (pen, wanted vec) {
	return between(s.top, s.bottom).over(s.lengths[0]), between(s.targetTop, s.targetBottom).over(s.lengths[1])
}

// measure sets the pens' lengths.
func (s *scene) measure() {
	if s.top != nil {
		s.lengths = [2]float64{between(s.top, s.bottom).norm(), between(s.targetTop, s.targetBottom).norm()}
	}
}

// vec is a vector of the world.
type vec [3]float64

// between is the vector a - b.
func between(a, b []float64) vec { return vec{a[0] - b[0], a[1] - b[1], a[2] - b[2]} }

func (a vec) over(x float64) vec { return vec{a[0] / x, a[1] / x, a[2] / x} }

func (a vec) minus(b vec) vec { return vec{a[0] - b[0], a[1] - b[1], a[2] - b[2]} }

// dot rounds its products one by one, so that it has the same bits on every machine.
func (a vec) dot(b vec) float64 {
	return float64(a[0]*b[0]) + float64(a[1]*b[1]) + float64(a[2]*b[2])
}

func (a vec) norm() float64 { return math.Sqrt(a.dot(a)) }

func sumSquares(x []float64) float64 {
	sum := 0.
	for _, x := range x {
		sum += float64(x * x)
	}
	return sum
}

// finder looks names up and remembers what was missing.
type finder struct {
	sim    *mujoco.Sim
	faults []error
}

func (f *finder) id(kind mujoco.Kind, name string) int {
	id, err := f.sim.ID(kind, name)
	if err != nil {
		f.faults = append(f.faults, err)
	}
	return id
}

// view is the object's row of a field; a throwaway one where it is missing.
func (f *finder) view(kind mujoco.Kind, name string, field mujoco.Field, width int) []float64 {
	id, err := f.sim.ID(kind, name)
	if err != nil {
		f.faults = append(f.faults, err)
		return make([]float64, width)
	}
	return f.sim.Field(field)[width*id : width*(id+1)]
}

func (f *finder) site(name string) []float64 { return f.view(mujoco.Site, name, mujoco.SiteXpos, 3) }

func (f *finder) err() error { return errors.Join(f.faults...) }
