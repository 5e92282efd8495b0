package classic

import (
	"math"

	"demorl/env"
	"demorl/rng"
)

// MountainCar is Gymnasium's MountainCarContinuous-v0: rock a weak car out of a
// valley. The state, which is also the observation, is [position, velocity],
// rounded to float32 after every step as the original's is.
type MountainCar struct {
	system
	push float64 // action of the last step, clipped: for frames only
}

func mountainCarSpec() env.Spec {
	low, high := bounds(1, 1)
	return env.Spec{ID: "classic/mountaincar", ObsDim: 2, ActDim: 1, Low: low, High: high, Dt: 1, Limit: 999,
		Terminates: true, Simulator: simulator, ObsNames: []string{"position", "velocity"}}
}

// NewMountainCar returns a car at position 0.
func NewMountainCar() *MountainCar {
	return &MountainCar{system: system{mountainCarSpec(), "position, velocity", make([]float64, 2), observeAll}}
}

// observeAll is the observation of a task whose whole state is seen.
func observeAll(x, obs []float64) { copy(obs[:len(x)], x) }

// Reset draws the position from U(-0.6, -0.4).
func (m *MountainCar) Reset(s *rng.Stream, obs []float64) error {
	m.x[0], m.x[1] = float64(float32(s.Uniform(-0.6, -0.4))), 0
	m.push = 0
	m.observe(m.x, obs)
	return nil
}

// Inject sets the state rounded to float32.
func (m *MountainCar) Inject(fields map[string][]float64, obs []float64) error {
	if err := m.system.Inject(fields, obs); err != nil {
		return err
	}
	m.x[0], m.x[1] = float64(float32(m.x[0])), float64(float32(m.x[1]))
	m.observe(m.x, obs)
	return nil
}

// atGoal is the termination rule, on the rounded state so that imagination and
// the task agree to the last bit. The original asks before rounding, which
// differs on an interval of 3e-8.
func atGoal(position, velocity float32) bool { return position >= 0.45 && velocity >= 0 }

func mountainCarReward(a float64, goal bool) float64 {
	reward := -0.1 * a * a
	if goal {
		reward += 100
	}
	return reward
}

// Step applies the force, clipped to 1; the cost is of the action as given.
func (m *MountainCar) Step(action, obs []float64) (env.Outcome, error) {
	if err := m.checkAction(action); err != nil {
		return env.Outcome{}, err
	}
	p, v := m.x[0], m.x[1]
	v = clip(v+0.0015*clip(action[0], 1)-0.0025*math.Cos(3*p), 0.07)
	p = min(0.6, max(-1.2, p+v))
	if p == -1.2 && v < 0 {
		v = 0
	}
	m.x[0], m.x[1] = float64(float32(p)), float64(float32(v))
	m.push = clip(action[0], 1)
	m.observe(m.x, obs)
	goal := atGoal(float32(p), float32(v))
	return env.Outcome{Reward: mountainCarReward(action[0], goal), Terminated: goal}, nil
}

// Terminal reports rows at the goal and rows that are not finite.
func (m *MountainCar) Terminal(obs []float32, done []bool) {
	m.system.Terminal(obs, done)
	for r := range done {
		done[r] = done[r] || atGoal(obs[2*r], obs[2*r+1])
	}
}

// Reward is a function of action and next; obs does not enter.
func (m *MountainCar) Reward(_, action, next, reward []float32) {
	for r := range reward {
		reward[r] = float32(mountainCarReward(float64(action[r]), atGoal(next[2*r], next[2*r+1])))
	}
}
