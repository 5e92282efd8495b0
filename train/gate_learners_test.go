package train_test

import (
	"context"
	"testing"

	"demorl/env"
	_ "demorl/env/classic"
	"demorl/internal/par"
	"demorl/train"
)

// Each of these learners swings the pendulum up with the settings of preset
// gate. A random policy earns about -1200 an episode from the evaluation's
// starts. On seeds 100 to 102 each earned between -120 and -128 at its step below
// (docs/algorithms.md).
func TestOtherLearnersSwingThePendulumUp(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for minutes")
	}
	for _, c := range []struct {
		algorithm, actor string
		steps            int
	}{
		{"crossq", "policy", 3000},
		{"poplin-a", "planner", 1200},
		{"poplin-p", "planner", 1200},
	} {
		t.Run(c.algorithm, func(t *testing.T) {
			s, err := train.Default("classic/pendulum", c.algorithm, "gate")
			if err != nil {
				t.Fatal(err)
			}
			s.EvalEvery = 0
			pool := par.New(1)
			defer pool.Close()
			loop, err := train.NewLoop(s, func() (env.Env, error) { return env.ForLearning(s.Env) }, pool)
			if err != nil {
				t.Fatal(err)
			}
			defer loop.Close()
			for loop.Steps() < c.steps {
				if _, err := loop.Step(context.Background()); err != nil {
					t.Fatal(err)
				}
			}
			all, err := loop.Evaluate(context.Background(), 3)
			if err != nil {
				t.Fatal(err)
			}
			mean, n := train.Mean(all, c.actor)
			t.Logf("step %d: %.1f", c.steps, mean)
			if n != 3 || mean < -250 {
				t.Errorf("mean return after %d steps is %.1f over %d episodes, want at least -250", c.steps, mean, n)
			}
		})
	}
}
