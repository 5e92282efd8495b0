package leg

import "math"

// The mechanism, environments.md section 7. Lengths in m, masses in kg,
// inertias in kg m^2 about the centre of mass, angles in rad.
const (
	link1, link2     = 0.15, 0.15
	com1, com2       = 0.06, 0.065
	inertia1         = 6e-4
	inertia2         = 3e-4
	rotor            = 1e-3 // reflected rotor inertia of each joint
	gravity          = 9.81
	hipLow, hipHigh  = -1.6, 1.6
	kneeLow          = -2.6
	kneeHigh         = -0.1
	torqueMax        = 2.0   // N m at action 1
	tick             = 0.002 // s, the integrator's step
	coulombSharpness = 0.05  // rad/s
)

// dynamics holds what can differ between legs: the masses and the dissipation.
type dynamics struct {
	m1, m2        float64 // kg
	viscous       float64 // N m s/rad per joint
	coulomb       float64 // N m per joint
	stopStiffness float64 // N m/rad outside the range
	stopDamping   float64 // N m s/rad outside the range
}

func nominal() dynamics {
	return dynamics{m1: 0.25, m2: 0.12, viscous: 0.02, stopStiffness: 50, stopDamping: 0.5}
}

// stop is the torque of a joint's end stop at angle q and speed v.
func (d *dynamics) stop(q, v, low, high float64) float64 {
	switch {
	case q < low:
		return d.stopStiffness*(low-q) - d.stopDamping*v
	case q > high:
		return d.stopStiffness*(high-q) - d.stopDamping*v
	}
	return 0
}

// massMatrix returns M11, M12, M22 at the knee's cosine.
func (d *dynamics) massMatrix(cosKnee float64) (m11, m12, m22 float64) {
	cc := d.m2 * link1 * com2 * cosKnee
	m11 = inertia1 + d.m1*com1*com1 + inertia2 + d.m2*(link1*link1+com2*com2) + 2*cc + rotor
	m12 = inertia2 + d.m2*com2*com2 + cc
	m22 = inertia2 + d.m2*com2*com2 + rotor
	return m11, m12, m22
}

// gravityTorque returns the torques G that gravity needs to be held.
func (d *dynamics) gravityTorque(q1, q2 float64) (g1, g2 float64) {
	g2 = d.m2 * com2 * gravity * math.Sin(q1+q2)
	return (d.m1*com1+d.m2*link1)*gravity*math.Sin(q1) + g2, g2
}

// acceleration solves M x (joint accelerations) = torque - friction + stops - C - G.
// x is q1, q2, q1', q2'.
func (d *dynamics) acceleration(x *[4]float64, t1, t2 float64) (a1, a2 float64) {
	q1, q2, v1, v2 := x[0], x[1], x[2], x[3]
	s2, c2 := math.Sincos(q2)
	m11, m12, m22 := d.massMatrix(c2)
	h := d.m2 * link1 * com2 * s2
	g1, g2 := d.gravityTorque(q1, q2)
	r1 := t1 - d.viscous*v1 + d.stop(q1, v1, hipLow, hipHigh) + h*v2*(2*v1+v2) - g1
	r2 := t2 - d.viscous*v2 + d.stop(q2, v2, kneeLow, kneeHigh) - h*v1*v1 - g2
	if d.coulomb != 0 {
		r1 -= d.coulomb * math.Tanh(v1/coulombSharpness)
		r2 -= d.coulomb * math.Tanh(v2/coulombSharpness)
	}
	det := m11*m22 - m12*m12
	return (m22*r1 - m12*r2) / det, (m11*r2 - m12*r1) / det
}

// energy is the sum of kinetic and potential energy in J, zero potential at
// the hip's height.
func (d *dynamics) energy(x *[4]float64) float64 {
	m11, m12, m22 := d.massMatrix(math.Cos(x[1]))
	kinetic := 0.5*(m11*x[2]*x[2]+m22*x[3]*x[3]) + m12*x[2]*x[3]
	return kinetic - (d.m1*com1+d.m2*link1)*gravity*math.Cos(x[0]) - d.m2*com2*gravity*math.Cos(x[0]+x[1])
}

// rk4 advances x by dt with constant torques: classical Runge-Kutta.
func (d *dynamics) rk4(x *[4]float64, t1, t2, dt float64) {
	a1, a2 := d.acceleration(x, t1, t2)
	k1 := [4]float64{x[2], x[3], a1, a2}
	y := offset(x, &k1, dt/2)
	a1, a2 = d.acceleration(&y, t1, t2)
	k2 := [4]float64{y[2], y[3], a1, a2}
	y = offset(x, &k2, dt/2)
	a1, a2 = d.acceleration(&y, t1, t2)
	k3 := [4]float64{y[2], y[3], a1, a2}
	y = offset(x, &k3, dt)
	a1, a2 = d.acceleration(&y, t1, t2)
	k4 := [4]float64{y[2], y[3], a1, a2}
	for i := range x {
		x[i] += dt / 6 * (k1[i] + 2*k2[i] + 2*k3[i] + k4[i])
	}
}

// offset returns x + scale k.
func offset(x, k *[4]float64, scale float64) [4]float64 {
	return [4]float64{x[0] + scale*k[0], x[1] + scale*k[1], x[2] + scale*k[2], x[3] + scale*k[3]}
}

// semiImplicit advances x by dt: speeds first, then angles with the new speeds.
func (d *dynamics) semiImplicit(x *[4]float64, t1, t2, dt float64) {
	a1, a2 := d.acceleration(x, t1, t2)
	x[2] += dt * a1
	x[3] += dt * a2
	x[0] += dt * x[2]
	x[1] += dt * x[3]
}

// foot returns the foot's position (x forward, z up, from the hip, m) and
// velocity (m/s) in state s.
func foot(s *[4]float64) (x, z, vx, vz float64) {
	s1, c1 := math.Sincos(s[0])
	s12, c12 := math.Sincos(s[0] + s[1])
	w := s[2] + s[3]
	x, z = link1*s1+link2*s12, -link1*c1-link2*c12
	vx, vz = link1*c1*s[2]+link2*c12*w, link1*s1*s[2]+link2*s12*w
	return x, z, vx, vz
}

// inverse returns the joint angles that put the foot at (x, z), knee backward.
func inverse(x, z float64) (hip, knee float64) {
	knee = -math.Acos((x*x + z*z - link1*link1 - link2*link2) / (2 * link1 * link2))
	s, c := math.Sincos(knee)
	return math.Atan2(x, -z) - math.Atan2(link2*s, link1+link2*c), knee
}
