package stoch

import "math"

// motion is what is measured of the robot: the torso's centre of mass in m and
// m/s and its turning in rad/s, all in world axes, its attitude (w, x, y, z),
// the joints in rad and rad/s, and which shanks touch the terrain.
type motion struct {
	position, velocity, omega vector
	quaternion                [4]float64
	angles, speeds            joints
	touching                  [numLegs]bool
}

// attitude returns roll and pitch in rad about fixed axes x, y, z.
func (m *motion) attitude() (roll, pitch float64) {
	w, x, y, z := m.quaternion[0], m.quaternion[1], m.quaternion[2], m.quaternion[3]
	// PyBullet's bounds, within which roll and yaw cannot be told apart.
	switch s := 2 * (w*y - x*z); {
	case s <= -.99999:
		return 0, -math.Pi / 2
	case s >= .99999:
		return 0, math.Pi / 2
	default:
		return math.Atan2(2*(y*z+w*x), w*w-x*x-y*y+z*z), math.Asin(s)
	}
}

const obsDim = 8

var obsNames = []string{"torso height", "roll", "pitch", "angular velocity x", "angular velocity y", "angular velocity z", "support roll", "support pitch"}

// observe fills obs (environments.md 6.5).
func (m *motion) observe(s *support, obs []float64) {
	roll, pitch := m.attitude()
	obs[0], obs[1], obs[2] = m.position[2], roundProduct(roll, 1e5), roundProduct(pitch, 1e5)
	copy(obs[3:6], m.omega[:])
	obs[6], obs[7] = s.roll, s.pitch
}

// The bounds of an upright robot.
const (
	maxRoll   = 30 * math.Pi / 180
	maxPitch  = 35 * math.Pi / 180
	maxHeight = .7
)

// fallen is the rule of termination on a true or predicted torso.
func fallen(height, roll, pitch float64) bool {
	return math.Abs(roll) > maxRoll || math.Abs(pitch) > maxPitch || height > maxHeight
}

// The servos' gains and the limit of their torque.
const (
	stiffness = 400. // N m/rad
	damping   = 10.  // N m s/rad
	maxTorque = 7.   // N m
)

// servoTorque is what the servo of one joint gives, in N m.
func servoTorque(target, angle, speed, limit float64) float64 {
	return min(limit, max(-limit, stiffness*(target-angle)+damping*(0-speed)))
}

// power is the sum of |torque x speed| over the joints in W, hips and knees
// first: the order of the original's sum. limits are those of the torques.
func (m *motion) power(targets, limits *joints) float64 {
	total := 0.
	add := func(leg, joint int) {
		torque := servoTorque(targets[leg][joint], m.angles[leg][joint], m.speeds[leg][joint], limits[leg][joint])
		total += math.Abs(torque * m.speeds[leg][joint])
	}
	for leg := range numLegs {
		add(leg, 1)
		add(leg, 2)
	}
	for leg := range numLegs {
		add(leg, 0)
	}
	return total
}

// reward is that of a step after which the robot is still up: command has the
// wanted velocities as shares of maxVX, maxVY and maxWZ, height is where the
// torso should be in m, power is in W (environments.md 6.6).
func (m *motion) reward(s *support, command vector, height, power float64) float64 {
	roll, pitch := m.attitude()
	roll, pitch = roundProduct(roll, 1e4)-s.roll, roundProduct(pitch, 1e4)-s.pitch
	fast, side := m.velocity[0]-maxVX*command[0], m.velocity[1]-maxVY*command[1]
	spin := m.omega[2] - maxWZ*command[2]
	term := func(x float64) float64 { return roundProduct(x, 1e4) }
	return term(math.Exp(-45*(pitch*pitch))) + term(math.Exp(-45*(roll*roll))) +
		term(20*math.Exp(-100*math.Abs(height-roundDecimal(m.position[2], 1e5)))) +
		term(15*math.Exp(-5*(fast*fast+side*side))) + term(10*math.Exp(-1*(spin*spin))) +
		term(3*math.Exp(-100*(m.omega[0]*m.omega[0]))) + term(3*math.Exp(-100*(m.omega[1]*m.omega[1]))) +
		roundDecimal(-power/20, 1e4)
}

// roundProduct rounds x to 1/scale as NumPy does: the product with scale is
// rounded to an integer.
func roundProduct(x, scale float64) float64 { return math.RoundToEven(x*scale) / scale }

// roundDecimal rounds x to 1/scale as Python does: exactly, which differs from
// roundProduct where the product with scale itself is rounded to a tie.
func roundDecimal(x, scale float64) float64 {
	product := x * scale
	rest := math.FMA(x, scale, -product)
	n := math.RoundToEven(product)
	switch tie := product - n; {
	case tie == .5 && rest > 0:
		n++
	case tie == -.5 && rest < 0:
		n--
	}
	return n / scale
}
