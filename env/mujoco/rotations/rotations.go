package rotations

import "math"

// Quat is a quaternion w, x, y, z; unit length means a rotation.
type Quat [4]float64

// At returns the quaternion at the beginning of x, four numbers.
func At(x []float64) Quat { return Quat(x[:4]) }

// Mul is the rotation p followed, on its left, by q: q p.
func (q Quat) Mul(p Quat) Quat {
	return Quat{
		float64(q[0]*p[0]) - float64(q[1]*p[1]) - float64(q[2]*p[2]) - float64(q[3]*p[3]),
		float64(q[0]*p[1]) + float64(q[1]*p[0]) + float64(q[2]*p[3]) - float64(q[3]*p[2]),
		float64(q[0]*p[2]) + float64(q[2]*p[0]) + float64(q[3]*p[1]) - float64(q[1]*p[3]),
		float64(q[0]*p[3]) + float64(q[3]*p[0]) + float64(q[1]*p[2]) - float64(q[2]*p[1]),
	}
}

// Conj is the inverse of a unit quaternion.
func (q Quat) Conj() Quat { return Quat{q[0], -q[1], -q[2], -q[3]} }

// Unit is q divided by its length, which must not be zero.
func (q Quat) Unit() Quat {
	n := math.Sqrt(q.square())
	return Quat{q[0] / n, q[1] / n, q[2] / n, q[3] / n}
}

func (q Quat) square() float64 {
	return float64(q[0]*q[0]) + float64(q[1]*q[1]) + float64(q[2]*q[2]) + float64(q[3]*q[3])
}

// About is the rotation by angle radians about axis, of any length but zero.
func About(angle float64, axis [3]float64) Quat {
	n := math.Sqrt(float64(axis[0]*axis[0]) + float64(axis[1]*axis[1]) + float64(axis[2]*axis[2]))
	sin, cos := math.Sincos(angle / 2)
	return Quat{cos, sin * (axis[0] / n), sin * (axis[1] / n), sin * (axis[2] / n)}.Unit()
}

// Angle is the angle of q conj(p) in radians, from 0 to 2 pi: q and -q are the
// same rotation but have different angles, as in the originals' distance.
func Angle(q, p Quat) float64 {
	return 2 * math.Acos(min(1, max(-1, q.Mul(p.Conj())[0])))
}

// FromEuler is the rotation about x by e[0], then about the turned y by e[1],
// then about the turned z by e[2].
func FromEuler(e [3]float64) Quat {
	sx, cx := math.Sincos(e[0] / 2)
	sy, cy := math.Sincos(e[1] / 2)
	sz, cz := math.Sincos(e[2] / 2)
	return Quat{cx, sx, 0, 0}.Mul(Quat{cy, 0, sy, 0}).Mul(Quat{cz, 0, 0, sz})
}

// Euler is FromEuler's inverse, for q of any length but zero. Where the second
// angle is a right one, the first is 0.
func (q Quat) Euler() [3]float64 {
	s := 2 / q.square()
	w, x, y, z := q[0], q[1], q[2], q[3]
	X, Y, Z := x*s, y*s, z*s
	// The entries of the rotation matrix that are needed, row and column.
	r00, r11, r22 := 1-(float64(y*Y)+float64(z*Z)), 1-(float64(x*X)+float64(z*Z)), 1-(float64(x*X)+float64(y*Y))
	r01, r10 := float64(x*Y)-float64(w*Z), float64(x*Y)+float64(w*Z)
	r02, r12 := float64(x*Z)+float64(w*Y), float64(y*Z)-float64(w*X)
	c := math.Sqrt(float64(r22*r22) + float64(r12*r12))
	const smallest = 4 * 0x1p-52
	if c <= smallest {
		return [3]float64{0, -math.Atan2(-r02, c), -math.Atan2(-r10, r11)}
	}
	return [3]float64{-math.Atan2(r12, r22), -math.Atan2(-r02, c), -math.Atan2(r01, r00)}
}

// Z33 is the z component of the turned z axis, R33 of the rotation matrix of a
// unit quaternion.
func (q Quat) Z33() float64 { return 1 - 2*(float64(q[1]*q[1])+float64(q[2]*q[2])) }

// AxisAligned are the 24 rotations that map the axes onto axes. Their signs are
// those of Gymnasium-Robotics: the quaternions of its canonical Euler angles.
func AxisAligned() []Quat {
	var all []Quat
	const right = math.Pi / 2
	for third := -1.; third <= 2; third++ {
		for first := -1.; first <= 2; first++ {
			all = append(all, FromEuler([3]float64{first * right, 0, third * right}))
		}
		for second := -1.; second <= 1; second += 2 {
			all = append(all, FromEuler([3]float64{0, second * right, third * right}))
		}
	}
	return all
}
