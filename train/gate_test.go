package train_test

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"demorl/agent"
	"demorl/env"
	_ "demorl/env/classic"
	_ "demorl/env/leg"
	"demorl/env/mujoco"
	_ "demorl/env/mujoco/gymtasks"
	"demorl/env/parity"
	"demorl/par"
	"demorl/train"
)

type gate struct {
	algo, task string
	actor      string // who is judged
	within     int    // real steps
	reach      float64
	every      int // real steps between two judgements
}

// gates are runs of preset gate on seed 0, one at least of every algorithm: a
// change that breaks learning is caught the same day. Steps and returns were set
// on seeds 100 and up (docs/algorithms.md, Gates); m-demorl's return on the
// cart-pole was read off seed 0 first, and then confirmed there.
var gates = []gate{
	// A limp leg earns 29 an episode, a random policy 8, the Cartesian PD controller 198.
	{"m-demorl", "leg2r/ellipse-100hz", "policy", 3000, 140, 250},
	// A random policy earns -1,360, the best planner in the true model -121.
	{"m-demorl", "classic/pendulum", "policy", 3000, -200, 250},
	{"m-demorl-plus", "classic/pendulum", "policy", 3000, -200, 250},
	{"m-demorl-online", "classic/pendulum", "planner", 2500, -200, 250},
	{"mopac", "classic/pendulum", "policy", 2500, -200, 250},
	{"mbpo", "classic/pendulum", "policy", 2500, -200, 250},
	{"loop", "classic/pendulum", "planner", 6000, -200, 500},
	{"cem", "classic/pendulum", "planner", 1500, -200, 250},
	{"mppi", "classic/pendulum", "planner", 1500, -200, 250},
	{"icem", "classic/pendulum", "planner", 1500, -200, 250},
	{"dhmbpo", "classic/pendulum", "policy", 2000, -200, 250},
	{"m-demorl-vg", "classic/pendulum", "policy", 2000, -200, 250},
	{"crossq", "classic/pendulum", "policy", 3000, -200, 250},
	{"redq", "classic/pendulum", "policy", 2500, -200, 250},
	{"droq", "classic/pendulum", "policy", 3000, -200, 250},
	{"tqc", "classic/pendulum", "policy", 8000, -200, 500},
	{"sac", "classic/pendulum", "policy", 8000, -200, 500},
	{"pets", "classic/pendulum", "planner", 1200, -200, 200},
	{"poplin-a", "classic/pendulum", "planner", 1200, -200, 200},
	{"poplin-p", "classic/pendulum", "planner", 1200, -200, 200},
	// Upright from the first step on is 250.
	{"m-demorl", "classic/cartpole-swingup", "policy", 6000, 130, 500},
	{"pets", "classic/cartpole-swingup", "planner", 3500, 130, 500},
	{"poplin-a", "classic/cartpole-swingup", "planner", 3500, 130, 500},
	{"poplin-p", "classic/cartpole-swingup", "planner", 3500, 130, 500},
	{"m-demorl", "gym/inverteddoublependulum", "policy", 5000, 9300, 250},
}

// gatesLimit is the processor time that m-demorl's four gates may take
// altogether. It is counted by thread, so that other programs and the tests
// beside it do not enter it as they would a clock's time.
const gatesLimit = 8 * time.Minute

func TestGates(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for minutes")
	}
	spent := make([]time.Duration, len(gates))
	t.Run("all", func(t *testing.T) { // returns when its parallel tests have ended
		for i, g := range gates {
			t.Run(g.algo+"/"+strings.ReplaceAll(g.task, "/", "-"), func(t *testing.T) {
				t.Parallel()
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
				begin := threadTime(t)
				g.pass(t, 0)
				spent[i] = threadTime(t) - begin
			})
		}
	})
	var all, four time.Duration
	for i, g := range gates {
		all += spent[i]
		if g.algo == "m-demorl" {
			four += spent[i]
		}
	}
	t.Logf("processor time: %v, of which m-demorl %v", all.Round(time.Second), four.Round(time.Second))
	if four > gatesLimit {
		t.Errorf("m-demorl's gates took %v of a processor, more than %v", four.Round(time.Second), gatesLimit)
	}
}

// gateLoop returns the loop of preset gate with change made, on one worker and
// without evaluations of its own, and its warm-up.
func gateLoop(t *testing.T, id, algo string, change func(*train.Settings)) (loop *train.Loop, warmup int) {
	t.Helper()
	task, err := env.Lookup(id)
	if err != nil {
		t.Fatal(err)
	}
	needTask(t, task)
	s, err := train.Default(id, algo, "gate")
	if err != nil {
		t.Fatal(err)
	}
	s.EvalEvery = 0
	change(&s)
	pool := par.New(1)
	t.Cleanup(pool.Close)
	if loop, err = train.NewLoop(s, func() (env.Env, error) { return task.ForLearning() }, pool); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { loop.Close() })
	return loop, s.Agent.Warmup
}

// pass trains from seed until g's return is reached, and fails where it is not.
func (g gate) pass(t *testing.T, seed uint64) {
	t.Helper()
	loop, warmup := gateLoop(t, g.task, g.algo, func(s *train.Settings) { s.Seed = seed })
	for loop.Steps() < g.within {
		if _, err := loop.Step(context.Background()); err != nil {
			t.Fatal(err)
		}
		if n := loop.Steps(); n <= warmup || n%g.every != 0 {
			continue
		}
		all, err := loop.Episodes(context.Background(), g.actor, 3)
		if err != nil {
			t.Fatal(err)
		}
		mean, _ := train.Mean(all, g.actor)
		t.Logf("step %d: %.1f", loop.Steps(), mean)
		if mean >= g.reach {
			return
		}
	}
	t.Errorf("no mean return of at least %g within %d steps", g.reach, g.within)
}

func TestEveryAlgorithmHasAGate(t *testing.T) {
	for _, a := range agent.Algorithms {
		if !slices.ContainsFunc(gates, func(g gate) bool { return g.algo == a.Name }) {
			t.Errorf("%s has no task and return that it must reach", a.Name)
		}
	}
}

// needTask skips a test whose task cannot run here, but fails it in CI.
func needTask(t *testing.T, task env.Task) {
	t.Helper()
	if task.Needs == nil {
		return
	}
	if needs := task.Needs(); needs != "" {
		if !mujoco.Built {
			t.Skip("needs " + needs)
		}
		parity.Need(t, "needs "+needs)
	}
}
