package train_test

import (
	"context"
	"testing"

	"demorl/env"
	_ "demorl/env/leg"
	"demorl/internal/par"
	"demorl/train"
)

// A change that breaks learning is caught the same day: M-DeMoRL with the
// settings of `make train` follows the ellipse after 3,000 real steps. A limp
// leg earns 29 an episode, a random policy 14, the Cartesian PD controller 198.
func TestMDeMoRLLearnsToFollowTheEllipse(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for a minute")
	}
	s, err := train.Default("leg2r/ellipse-100hz", "m-demorl", "gate")
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
	best := 0.0
	for loop.Steps() < 3000 {
		if _, err := loop.Step(context.Background()); err != nil {
			t.Fatal(err)
		}
		if n := loop.Steps(); n >= 2000 && n%250 == 0 {
			all, err := loop.Evaluate(context.Background(), 3)
			if err != nil {
				t.Fatal(err)
			}
			mean, _ := train.Mean(all, "policy")
			t.Logf("step %d: %.1f", n, mean)
			best = max(best, mean)
		}
	}
	if best < 140 {
		t.Errorf("best mean return within 3000 steps is %.1f, want at least 140", best)
	}
}
