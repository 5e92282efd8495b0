package stoch

import "math"

type vector = [3]float64

func cross(a, b vector) vector {
	return vector{a[1]*b[2] - a[2]*b[1], a[2]*b[0] - a[0]*b[2], a[0]*b[1] - a[1]*b[0]}
}

func minus(a, b vector) vector { return vector{a[0] - b[0], a[1] - b[1], a[2] - b[2]} }

// rotate applies the rotation of a unit quaternion (w, x, y, z) to a vector.
func rotate(q [4]float64, v vector) vector {
	w, x, y, z := q[0], q[1], q[2], q[3]
	return vector{
		(1-2*(y*y+z*z))*v[0] + 2*(x*y-w*z)*v[1] + 2*(x*z+w*y)*v[2],
		2*(x*y+w*z)*v[0] + (1-2*(x*x+z*z))*v[1] + 2*(y*z-w*x)*v[2],
		2*(x*z-w*y)*v[0] + 2*(y*z+w*x)*v[1] + (1-2*(x*x+y*y))*v[2],
	}
}

// diagonal holds the vectors from the torso to the two feet of a trotting
// pair, front foot first, in world axes, and whether they were seen since the
// last estimate.
type diagonal struct {
	feet [2]vector
	seen bool
}

// support estimates the plane that the robot stands on (environments.md 6.5):
// its normal follows from the two diagonals of feet that were last in contact.
type support struct {
	normal      vector
	right, left diagonal // front right with back left, front left with back right
	roll, pitch float64  // of the plane, in rad
}

// level is the estimate before any contact.
func level() support { return support{normal: vector{0, 0, 1}} }

// update takes in what was measured after a step.
func (s *support) update(m *motion) {
	switch {
	case m.touching[frontRight] && m.touching[backLeft]:
		s.right = diagonal{[2]vector{m.foot(frontRight), m.foot(backLeft)}, true}
	case m.touching[frontLeft] && m.touching[backRight]:
		s.left = diagonal{[2]vector{m.foot(frontLeft), m.foot(backRight)}, true}
	}
	if s.right.seen && s.left.seen {
		s.right.seen, s.left.seen = false, false
		n := cross(minus(s.left.feet[1], s.left.feet[0]), minus(s.right.feet[0], s.right.feet[1]))
		// Parallel diagonals span no plane: the estimate stays.
		if size := math.Sqrt(n[0]*n[0] + n[1]*n[1] + n[2]*n[2]); size > 0 {
			s.normal = vector{n[0] / size, n[1] / size, n[2] / size}
		}
	}
	n := s.normal
	y := cross(n, rotate(m.quaternion, vector{1, 0, 0}))
	x := cross(y, n)
	across := math.Sqrt(x[0]*x[0] + x[1]*x[1])
	s.pitch = math.Atan2(-x[2], across)
	if across < 1e-6 {
		s.roll = math.Atan2(-n[1], y[1])
	} else {
		s.roll = math.Atan2(y[2], n[2])
	}
}

// foot is the vector from the torso to a foot in world axes, as the estimator
// has it: from measured joints, with hips that stand half as wide again as
// the generator's.
func (m *motion) foot(leg int) vector {
	f := forward(leg, m.angles[leg])
	f[0] += front(leg) * halfBody
	f[1] += side(leg) * (halfWidth + hipOffset)
	return rotate(m.quaternion, f)
}
