package train_test

import (
	"fmt"
	"os"
	"testing"
)

// passAll trains one run a seed.
func passAll(t *testing.T, g gate, seeds ...uint64) {
	t.Helper()
	for _, seed := range seeds {
		t.Run(fmt.Sprintf("%s/seed-%d", g.algo, seed), func(t *testing.T) {
			t.Parallel()
			g.pass(t, seed)
		})
	}
}

// method.md G.3: SAC solves the pendulum from every one of five seeds, by real
// step 20,000 there and within the gate's 8,000 here. Seed 0 is the gate itself.
func TestSACSolvesThePendulumFromFiveSeeds(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for half a minute")
	}
	passAll(t, gate{"sac", "classic/pendulum", "policy", 8000, -200, 500}, 1, 2, 3, 4)
}

// method.md G.4: M-DeMoRL and MBPO balance the pole for all 1000 steps of an
// episode within 5000 real steps, from every one of five seeds.
func TestInvertedPendulumIsBalancedFromFiveSeeds(t *testing.T) {
	if os.Getenv("DEMORL_EVIDENCE") == "" {
		t.Skip("trains for minutes: make evidence")
	}
	for _, algo := range []string{"m-demorl", "mbpo"} {
		passAll(t, gate{algo, "gym/invertedpendulum", "policy", 5000, 1000, 250}, 0, 1, 2, 3, 4)
	}
}
