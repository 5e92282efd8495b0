package leg

import "math"

// Controller is the reference controller of comparisons: a Cartesian PD law
// through the transposed Jacobian plus the nominal leg's gravity torque. It
// needs the observation alone, so it drives any leg2r task.
type Controller struct {
	Kp float64 // N/m
	Kd float64 // N s/m
}

// Action writes into dst the two actions in [-1, 1] for obs (10 numbers).
func (c Controller) Action(obs, dst []float64) {
	q1, q2 := obs[0], obs[1]
	fx := -c.Kp*errorScale*obs[4] - c.Kd*rateScale*obs[6]
	fz := -c.Kp*errorScale*obs[5] - c.Kd*rateScale*obs[7]
	s1, c1 := math.Sincos(q1)
	s12, c12 := math.Sincos(q1 + q2)
	d := nominal()
	g1, g2 := d.gravityTorque(q1, q2)
	knee := link2*c12*fx + link2*s12*fz
	hip := link1*c1*fx + link1*s1*fz + knee
	dst[0] = min(1, max(-1, (hip+g1)/torqueMax))
	dst[1] = min(1, max(-1, (knee+g2)/torqueMax))
}
