package classic

import (
	"math"

	"demorl/env"
	"demorl/rng"
)

// Pendulum is Gymnasium's Pendulum-v1: swing a pendulum up with at most 2 N m.
// The state is [theta from upright (rad), speed (rad/s)] in float64; the
// observation [cos, sin, speed] is rounded to float32 as the original's is.
type Pendulum struct {
	system
	torque float64 // N m, of the last step: for frames only
}

func pendulumSpec() env.Spec {
	low, high := bounds(1, 2)
	return env.Spec{ID: "classic/pendulum", ObsDim: 3, ActDim: 1, Low: low, High: high, Dt: 0.05, Limit: 200,
		Simulator: simulator, ObsNames: []string{"cos angle", "sin angle", "speed"}}
}

// NewPendulum returns a pendulum at rest, upright.
func NewPendulum() *Pendulum {
	return &Pendulum{system: system{pendulumSpec(), "theta, speed", make([]float64, 2), observePendulum}}
}

func observePendulum(x, obs []float64) {
	sin, cos := math.Sincos(x[0])
	obs[0], obs[1], obs[2] = float64(float32(cos)), float64(float32(sin)), float64(float32(x[1]))
}

// Reset draws the angle from U(-pi, pi) and the speed from U(-1, 1).
func (p *Pendulum) Reset(s *rng.Stream, obs []float64) error {
	p.x[0] = s.Uniform(-math.Pi, math.Pi)
	p.x[1] = s.Uniform(-1, 1)
	p.torque = 0
	p.observe(p.x, obs)
	return nil
}

// wrap returns x within [-pi, pi).
func wrap(x float64) float64 {
	m := math.Mod(x+math.Pi, 2*math.Pi)
	if m < 0 {
		m += 2 * math.Pi
	}
	return m - math.Pi
}

func pendulumReward(theta, speed, u float64) float64 {
	w := wrap(theta)
	return -(w*w + 0.1*speed*speed + 0.001*u*u)
}

// Step applies the torque, clipped to 2 N m; the reward is of the state before.
func (p *Pendulum) Step(action, obs []float64) (env.Outcome, error) {
	if err := p.checkAction(action); err != nil {
		return env.Outcome{}, err
	}
	theta, speed, u := p.x[0], p.x[1], clip(action[0], 2)
	reward := pendulumReward(theta, speed, u)
	speed = clip(speed+(15*math.Sin(theta)+3*u)*p.spec.Dt, 8)
	p.x[0], p.x[1] = theta+speed*p.spec.Dt, speed
	p.torque = u
	p.observe(p.x, obs)
	return env.Outcome{Reward: reward}, nil
}

// Reward is a function of obs and action; next does not enter.
func (p *Pendulum) Reward(obs, action, _, reward []float32) {
	for r := range reward {
		row := obs[3*r : 3*r+3]
		theta := math.Atan2(float64(row[1]), float64(row[0]))
		reward[r] = float32(pendulumReward(theta, float64(row[2]), clip(float64(action[r]), 2)))
	}
}
