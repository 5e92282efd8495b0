package stoch

import "math"

// The legs in the order of actions and of the model.
const (
	frontLeft = iota
	frontRight
	backLeft
	backRight
	numLegs
)

// joints is one number for each joint: of each leg abduction, hip, knee.
type joints [numLegs][3]float64

// What an action means (environments.md 6.3, 6.4).
const (
	stepTime  = .01 // s of one step
	frequency = 2.5 // Hz of the trot
	swingTime = 1 / frequency / 2
	walkZ     = -.25 // m, height of a foot in stance, in the hip's frame
	shiftSize = .1   // m an action shifts a foot's path
	outward   = .05  // m that the feet's paths stand outwards
	maxVX     = .5   // m/s that an action commands
	maxVY     = .25  // m/s
	maxWZ     = 2.   // rad/s
	halfBody  = .167 // m from the torso's middle to the hips, forward
	halfWidth = .096 // m, sideways
)

var phases = [numLegs]float64{0, math.Pi, math.Pi, 0}

// side is +1 of a left leg and -1 of a right one.
func side(leg int) float64 {
	if leg == frontRight || leg == backRight {
		return -1
	}
	return 1
}

// front is +1 of a front leg and -1 of a rear one.
func front(leg int) float64 {
	if leg >= backLeft {
		return -1
	}
	return 1
}

// generator is the memory of the trajectory generator: the trot's phase in rad
// and the planned feet in m, in the frames of the hips.
type generator struct {
	theta float64
	feet  [numLegs][3]float64
}

// advance goes on by one step under action (at least 15 numbers, clipped to
// [-1, 1]) and returns the joint targets in rad. The plan is open loop.
func (g *generator) advance(action []float64) (targets joints) {
	unit := func(i int) float64 { return min(1, max(-1, action[i])) }
	vx, vy, wz := unit(12)*maxVX, unit(13)*maxVY, unit(14)*maxWZ
	g.theta = turn(g.theta + 2*math.Pi*frequency*stepTime)
	for leg := range numLegs {
		theta := turn(g.theta + phases[leg])
		shift := [3]float64{unit(leg) * shiftSize, unit(4+leg)*shiftSize + side(leg)*outward, unit(8+leg) * shiftSize}
		foot := &g.feet[leg]
		rx, ry := foot[0]+front(leg)*halfBody, foot[1]+side(leg)*halfWidth
		x, y := walk(theta, *foot, vx-wz*ry, vy+wz*rx, shift)
		*foot = reachable(x, y, lift(theta)+walkZ+shift[2])
		targets[leg], _ = inverse(leg, *foot)
	}
	return targets
}

// turn takes an angle into [0, 2 pi).
func turn(theta float64) float64 {
	theta = math.Mod(theta, 2*math.Pi)
	if theta < 0 {
		theta += 2 * math.Pi
	}
	return theta
}

// walk moves a foot over the ground: in stance against the leg's velocity, in
// swing towards the place where it lands.
func walk(theta float64, foot [3]float64, vx, vy float64, shift [3]float64) (x, y float64) {
	if theta > math.Pi {
		return foot[0] - vx*stepTime, foot[1] - vy*stepTime
	}
	left := (math.Pi - theta) / math.Pi * swingTime
	if left == 0 {
		return foot[0], foot[1]
	}
	x = foot[0] + (vx*swingTime/2+shift[0]-foot[0])/left*stepTime
	y = foot[1] + (vy*swingTime/2+shift[1]-foot[1])/left*stepTime
	return x, y
}

// The lift of a swinging foot: heights (m) and slopes (m/rad) at five knots.
var (
	liftHeight = [5]float64{0, .06, .08, .04, 0}
	liftSlope  = [5]float64{.1, .05, 0, -.1, 0}
)

// lift is the height in m of a foot above its stance, a cubic Hermite spline.
func lift(theta float64) float64 {
	const span = math.Pi / 4
	if theta >= math.Pi {
		return 0
	}
	i := min(3, int(theta/span))
	t := theta - float64(i)*span
	d0, d1 := liftSlope[i], liftSlope[i+1]
	rise, bend := liftHeight[i+1]-liftHeight[i]-d0*span, d1-d0
	square := (3*rise - span*bend) / (span * span)
	cube := (span*bend - 2*rise) / (span * span * span)
	return liftHeight[i] + t*(d0+t*(square+t*cube))
}

// The links of a leg in m: from the abduction's axis sideways, thigh, shank.
const (
	hipOffset   = .096
	thighLength = .146
	shankLength = .172
)

// reachable draws a foot that the leg cannot reach in or out (environments.md 6.3).
func reachable(x, y, z float64) [3]float64 {
	reach := .9 * math.Sqrt(hipOffset*hipOffset+(thighLength+shankLength)*(thighLength+shankLength))
	far := math.Sqrt(x*x + y*y + z*z)
	if y*y+z*z < hipOffset*hipOffset {
		y, z = hipOffset*(y/far), hipOffset*(z/far)
	}
	if x*x+y*y+z*z > reach*reach {
		x, y, z = reach*(x/far), reach*(y/far), reach*(z/far)
	}
	return [3]float64{x, y, z}
}

// inverse returns the joint angles that put a leg's foot at a point of the
// hip's frame, knees backwards. Out of reach all three are 0 and ok is false.
func inverse(leg int, foot [3]float64) (angles [3]float64, ok bool) {
	x, y, z := foot[0], foot[1], foot[2]
	l := math.Sqrt(y*y + z*z)
	if l < hipOffset {
		return angles, false
	}
	down := math.Sqrt(l*l - hipOffset*hipOffset)
	r2 := x*x + down*down
	if r2 > (thighLength+shankLength)*(thighLength+shankLength) || r2 < (thighLength-shankLength)*(thighLength-shankLength) {
		return angles, false
	}
	r := math.Sqrt(r2)
	s := side(leg)
	abduction := s * (math.Atan2(down, hipOffset) + math.Atan2(s*y, -z) - math.Pi/2)
	hip := math.Atan2(-x, down) + corner(shankLength, r, thighLength)
	knee := corner(r, thighLength, shankLength) - math.Pi
	return [3]float64{abduction, hip, knee}, true
}

// corner is the angle of a triangle opposite to side a.
func corner(a, b, c float64) float64 {
	return math.Acos(min(1, max(-1, (c*c+b*b-a*a)/(2*b*c))))
}

// forward returns where a leg's foot is in the hip's frame, in m.
func forward(leg int, angles [3]float64) [3]float64 {
	sh, ch := math.Sincos(angles[1])
	sk, ck := math.Sincos(angles[1] + angles[2])
	x, y, z := -thighLength*sh-shankLength*sk, side(leg)*hipOffset, -thighLength*ch-shankLength*ck
	sa, ca := math.Sincos(angles[0])
	return [3]float64{x, ca*y - sa*z, sa*y + ca*z}
}
