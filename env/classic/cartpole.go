package classic

import (
	"math"

	"demorl/env"
	"demorl/rng"
)

// CartPole is the swing-up of a uniform rod on a cart, environments.md section
// 8. The state is [x (m), x' (m/s), theta from upright (rad), theta' (rad/s)];
// the observation is [x, x', cos theta, sin theta, theta'].
type CartPole struct {
	system
	push float64 // action of the last step, clipped: for frames only
}

const (
	cartMass, rodMass = 0.5, 0.5 // kg
	rodLength         = 0.6      // m
	rodHalf           = rodLength / 2
	cartFriction      = 0.1 // N s/m
	cartGravity       = 9.81
	cartForce         = 10.0 // N at action 1
	cartTick          = 0.01 // s
	cartRepeat        = 4
)

func cartPoleSpec() env.Spec {
	low, high := bounds(1, 1)
	return env.Spec{ID: "classic/cartpole-swingup", ObsDim: 5, ActDim: 1, Low: low, High: high,
		Dt: cartTick * cartRepeat, Limit: 250, Terminates: true, Simulator: simulator,
		ObsNames: []string{"position", "speed", "cos angle", "sin angle", "angular speed"}}
}

// NewCartPole returns a cart at the centre with its rod upright.
func NewCartPole() *CartPole {
	return &CartPole{system: system{cartPoleSpec(), "x, x', theta, theta'", make([]float64, 4), observeCartPole}}
}

func observeCartPole(x, obs []float64) {
	sin, cos := math.Sincos(x[2])
	obs = obs[:5]
	obs[0], obs[1], obs[2], obs[3], obs[4] = x[0], x[1], cos, sin, x[3]
}

// Reset hangs the rod down, every entry with a normal deviation of 0.05.
func (c *CartPole) Reset(s *rng.Stream, obs []float64) error {
	for i, centre := range [4]float64{0, 0, math.Pi, 0} {
		c.x[i] = centre + 0.05*s.Normal()
	}
	c.push = 0
	c.observe(c.x, obs)
	return nil
}

// cartPoleRate returns the time derivative of x under a force in N.
func cartPoleRate(x [4]float64, force, friction float64) [4]float64 {
	sin, cos := math.Sincos(x[2])
	a := cartMass + rodMass
	b := rodMass * rodHalf * cos
	d := 4.0 / 3 * rodMass * rodHalf * rodHalf
	r1 := force - friction*x[1] + rodMass*rodHalf*x[3]*x[3]*sin
	r2 := rodMass * cartGravity * rodHalf * sin
	det := a*d - b*b
	return [4]float64{x[1], (d*r1 - b*r2) / det, x[3], (a*r2 - b*r1) / det}
}

// cartPoleStep advances x by dt with a constant force: classical Runge-Kutta.
func cartPoleStep(x [4]float64, force, friction, dt float64) [4]float64 {
	along := func(k [4]float64, h float64) [4]float64 {
		return [4]float64{x[0] + h*k[0], x[1] + h*k[1], x[2] + h*k[2], x[3] + h*k[3]}
	}
	k1 := cartPoleRate(x, force, friction)
	k2 := cartPoleRate(along(k1, dt/2), force, friction)
	k3 := cartPoleRate(along(k2, dt/2), force, friction)
	k4 := cartPoleRate(along(k3, dt), force, friction)
	for i := range x {
		x[i] += dt / 6 * (k1[i] + 2*k2[i] + 2*k3[i] + k4[i])
	}
	return x
}

// cartPoleReward is of the state after the step; a is clipped to 1.
func cartPoleReward(position, cos, sin, a float64) float64 {
	dx, dz := position+rodLength*sin, rodLength*cos-rodLength
	return math.Exp(-(dx*dx+dz*dz)/0.36) - 0.001*a*a
}

// Measures are how far the rod's tip is from its place above the track's middle.
func (c *CartPole) Measures() []env.Measure {
	return []env.Measure{{Name: "tip's distance from the top", Unit: "m", Summary: env.WorstLast}}
}

// Measure writes the tip's distance.
func (c *CartPole) Measure(values []float64) {
	sin, cos := math.Sincos(c.x[2])
	values[0] = math.Hypot(c.x[0]+rodLength*sin, rodLength*cos-rodLength)
}

// offTrack is the termination rule, on the observation's own number, so that
// imagination and the task agree to the last bit.
func offTrack(position float32) bool { return position > 2.4 || position < -2.4 }

// Step applies 10 N x action, clipped to 10 N, for 0.04 s.
func (c *CartPole) Step(action, obs []float64) (env.Outcome, error) {
	if err := c.checkAction(action); err != nil {
		return env.Outcome{}, err
	}
	a := clip(action[0], 1)
	x := [4]float64(c.x)
	for range cartRepeat {
		x = cartPoleStep(x, cartForce*a, cartFriction, cartTick)
	}
	copy(c.x, x[:])
	c.push = a
	c.observe(c.x, obs)
	return env.Outcome{
		Reward:     cartPoleReward(obs[0], obs[2], obs[3], a),
		Terminated: offTrack(float32(x[0])),
	}, nil
}

// Terminal reports carts beyond 2.4 m and rows that are not finite.
func (c *CartPole) Terminal(obs []float32, done []bool) {
	c.system.Terminal(obs, done)
	for r := range done {
		done[r] = done[r] || offTrack(obs[5*r])
	}
}

// Reward is a function of action and next; obs does not enter.
func (c *CartPole) Reward(_, action, next, reward []float32) {
	for r := range reward {
		row := next[5*r : 5*r+5]
		reward[r] = float32(cartPoleReward(float64(row[0]), float64(row[2]), float64(row[3]), clip(float64(action[r]), 1)))
	}
}
