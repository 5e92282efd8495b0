package mpc

import (
	"testing"

	"demorl/dynamics"
	"demorl/par"
	"demorl/replay"
	"demorl/rng"
	"demorl/rollout"
)

// recorded are rows transitions of the double integrator under random actions in
// units of 10, in episodes of 25 steps.
func recorded(rows int, key rng.Key) *replay.Buffer {
	buf, s, w := replay.NewBuffer(rows, 2, 1), rng.NewStream(key), integrator(10)
	x := make([]float32, 2)
	for i := range rows {
		if i%25 == 0 {
			x[0], x[1] = float32(s.Uniform(-1, 1)), float32(s.Uniform(-1, 1))
		}
		u, next := []float32{float32(s.Uniform(-1, 1))}, make([]float32, 2)
		reward, _ := w.step(row{}, 0, x, u, next)
		buf.Add(replay.Transition{Obs: append([]float32(nil), x...), Action: u, Next: next, Reward: reward, Truncated: i%25 == 24})
		copy(x, next)
	}
	return buf
}

// learnedIntegrator fits an ensemble of both states and the reward on 500 transitions.
func learnedIntegrator(t *testing.T, seed uint64) rollout.World {
	t.Helper()
	s := dynamics.DefaultSettings()
	s.Members, s.Elites, s.Hidden, s.Decay, s.Batch = 3, 2, []int{64, 64}, dynamics.ShapeDecay(2), 64
	s.MaxPasses, s.Patience, s.MaxGradSteps, s.TargetNorm = 0, 60, 4000, true
	pool := par.New(1)
	t.Cleanup(pool.Close)
	e, err := dynamics.New(s, 2, 1, rng.Root(seed).Derive("dynamics"), pool)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Fit(recorded(500, rng.Root(seed).Derive("data")), rng.Root(seed).Derive("fit"), nil); err != nil {
		t.Fatal(err)
	}
	return e.World(dynamics.WorldOptions{})
}

// method.md G.2: a model learned from 500 transitions is good enough to plan in
// at 1.2 times the least cost at most, which is 6.0225 from (1, 0); with these
// settings the true model costs 1.02 to 1.03 times that.
func TestPlanningOverALearnedDoubleIntegratorCostsLittleMoreThanTheOptimum(t *testing.T) {
	if testing.Short() {
		t.Skip("fits and plans for seconds")
	}
	const optimum = 6.0225
	s := CEM()
	s.Samples, s.Elites, s.Iterations, s.Sigma = 300, 15, 10, 0.35
	for seed := range uint64(3) {
		cost := regulate(t, s, learnedIntegrator(t, seed), seed)
		t.Logf("seed %d: %.4f of the optimum", seed, cost/optimum)
		if cost < 0.999*optimum || cost > 1.2*optimum {
			t.Errorf("seed %d: cost %.4f, want %.4f to %.4f", seed, cost, optimum, 1.2*optimum)
		}
	}
}
