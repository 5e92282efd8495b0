package classic

import (
	"demorl/env"
	"demorl/rng"
)

// LQR2 is two independent double integrators with a quadratic cost. The state,
// which is also the observation, is [p1, p2, v1, v2]; actions are clipped to 1.
type LQR2 struct {
	system
	push [2]float64 // actions of the last step, clipped: for frames only
}

const (
	lqrPosition, lqrVelocity, lqrAction = 1.0, 0.1, 0.01 // weights of the cost
	lqrDt                               = 0.05
	lqrPush                             = 0.00125 // action to position
)

func lqr2Spec() env.Spec {
	low, high := bounds(2, 1)
	return env.Spec{ID: "classic/lqr2", ObsDim: 4, ActDim: 2, Low: low, High: high, Dt: lqrDt, Limit: 200,
		Simulator: simulator, ObsNames: []string{"position 1", "position 2", "velocity 1", "velocity 2"}}
}

// NewLQR2 returns the system at rest at its goal.
func NewLQR2() *LQR2 {
	return &LQR2{system: system{lqr2Spec(), "p1, p2, v1, v2", make([]float64, 4), observeAll}}
}

// Reset draws both positions from U(-1, 1), at rest.
func (l *LQR2) Reset(s *rng.Stream, obs []float64) error {
	l.x[0], l.x[1] = s.Uniform(-1, 1), s.Uniform(-1, 1)
	l.x[2], l.x[3] = 0, 0
	l.push = [2]float64{}
	l.observe(l.x, obs)
	return nil
}

func lqr2Reward(p1, p2, v1, v2, u1, u2 float64) float64 {
	return -(lqrPosition*(p1*p1+p2*p2) + lqrVelocity*(v1*v1+v2*v2) + lqrAction*(u1*u1+u2*u2))
}

// Step moves both integrators; the reward is of the state before.
func (l *LQR2) Step(action, obs []float64) (env.Outcome, error) {
	if err := l.checkAction(action); err != nil {
		return env.Outcome{}, err
	}
	x := l.x
	u1, u2 := clip(action[0], 1), clip(action[1], 1)
	reward := lqr2Reward(x[0], x[1], x[2], x[3], u1, u2)
	x[0] += lqrDt*x[2] + lqrPush*u1
	x[1] += lqrDt*x[3] + lqrPush*u2
	x[2] += lqrDt * u1
	x[3] += lqrDt * u2
	l.push = [2]float64{u1, u2}
	l.observe(x, obs)
	return env.Outcome{Reward: reward}, nil
}

// Reward is a function of obs and action; next does not enter.
func (l *LQR2) Reward(obs, action, _, reward []float32) {
	for r := range reward {
		o, a := obs[4*r:4*r+4], action[2*r:2*r+2]
		reward[r] = float32(lqr2Reward(float64(o[0]), float64(o[1]), float64(o[2]), float64(o[3]),
			clip(float64(a[0]), 1), clip(float64(a[1]), 1)))
	}
}

// LQR2Optimum returns the exact solution of classic/lqr2 without discount and
// without action bounds: the value of x = [p1, p2, v1, v2] is -x' P x and the
// best action is -K x. It iterates the discrete Riccati equation to rest.
func LQR2Optimum() (p [4][4]float64, k [2][4]float64) {
	// One axis: state (p, v), A = [1 dt; 0 1], B = [push; dt].
	pp, pv, vv := lqrPosition, 0.0, lqrVelocity
	var kp, kv float64
	for range 10000 {
		bp := lqrPush*pp + lqrDt*pv // B'P
		bv := lqrPush*pv + lqrDt*vv
		s := lqrAction + bp*lqrPush + bv*lqrDt // R + B'PB
		kp, kv = bp/s, (bp*lqrDt+bv)/s         // (R + B'PB)^-1 B'PA
		// P = Q + A'P(A - BK). The lower left entry follows by symmetry.
		c1p, c1v := 1-lqrPush*kp, -lqrDt*kp // columns of A - BK
		c2p, c2v := lqrDt-lqrPush*kv, 1-lqrDt*kv
		m11, m12, m22 := pp*c1p+pv*c1v, pp*c2p+pv*c2v, pv*c2p+vv*c2v // P(A - BK)
		pp, pv, vv = lqrPosition+m11, m12, lqrVelocity+lqrDt*m12+m22
	}
	for j := range 2 {
		p[j][j], p[j][j+2], p[j+2][j], p[j+2][j+2] = pp, pv, pv, vv
		k[j][j], k[j][j+2] = kp, kv
	}
	return p, k
}
