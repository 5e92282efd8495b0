package train_test

import (
	"context"
	"math"
	"testing"

	"demorl/env"
	_ "demorl/env/classic"
	_ "demorl/env/leg"
	"demorl/internal/par"
	"demorl/train"
)

// learn trains algorithm with preset gate on task and returns the best mean
// return of three episodes at steps from, from+250 and so on, to the last or
// until it is enough.
func learn(t *testing.T, algorithm, task string, from, last int, enough float64) (best float64) {
	t.Helper()
	s, err := train.Default(task, algorithm, "gate")
	if err != nil {
		t.Fatal(err)
	}
	s.EvalEvery = 0
	pool := par.New(2)
	defer pool.Close()
	loop, err := train.NewLoop(s, func() (env.Env, error) { return env.ForLearning(s.Env) }, pool)
	if err != nil {
		t.Fatal(err)
	}
	defer loop.Close()
	best = math.Inf(-1)
	for loop.Steps() < last && best < enough {
		if _, err := loop.Step(context.Background()); err != nil {
			t.Fatal(err)
		}
		if n := loop.Steps(); n >= from && (n-from)%250 == 0 {
			all, err := loop.Evaluate(context.Background(), 3)
			if err != nil {
				t.Fatal(err)
			}
			mean, _ := train.Mean(all, "policy")
			t.Logf("%s, step %d: %.1f", algorithm, n, mean)
			best = max(best, mean)
		}
	}
	return best
}

// A change that breaks learning is caught the same day: M-DeMoRL with the
// settings of `make train` follows the ellipse after 3,000 real steps. A limp
// leg earns 29 an episode, a random policy 14, the Cartesian PD controller 198.
func TestMDeMoRLLearnsToFollowTheEllipse(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for a minute")
	}
	if best := learn(t, "m-demorl", "leg2r/ellipse-100hz", 2000, 3000, 140); best < 140 {
		t.Errorf("best mean return within 3000 steps is %.1f, want at least 140", best)
	}
}

// Value gradients swing the pendulum up and hold it within 1,851 real steps; the
// best that can be had from these starts is near -122, a random policy earns
// about -1200.
func TestValueGradientsLearnToSwingThePendulumUp(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for a minute")
	}
	for _, algorithm := range []string{"dhmbpo", "m-demorl-vg"} {
		if best := learn(t, algorithm, "classic/pendulum", 1101, 1851, -200); best < -200 {
			t.Errorf("%s: best mean return within 1851 steps is %.1f, want at least -200", algorithm, best)
		}
	}
}
