package main

import (
	"flag"
	"fmt"
	"math"
	"os"

	"demorl/env"
	_ "demorl/env/classic"
	_ "demorl/env/leg"
	_ "demorl/env/mujoco/adroit"
	_ "demorl/env/mujoco/dmc"
	_ "demorl/env/mujoco/gymtasks"
	_ "demorl/env/mujoco/hand"
	_ "demorl/env/mujoco/pddm"
	_ "demorl/env/mujoco/stoch"
	"demorl/rng"
)

func main() {
	episodes := flag.Int("episodes", 100, "episodes a task")
	seed := flag.Uint64("seed", 0, "of starts and actions")
	flag.Parse()
	if flag.NArg() == 0 || *episodes < 1 {
		fmt.Fprintln(os.Stderr, "usage: random [-episodes N] [-seed N] TASK..., with at least one episode and one task")
		os.Exit(2)
	}
	for _, id := range flag.Args() {
		mean, deviation, err := play(id, *episodes, rng.Root(*seed).Derive("random policy"))
		if err != nil {
			fmt.Fprintln(os.Stderr, "random:", err)
			os.Exit(1)
		}
		fmt.Printf("%s: mean %.4g, standard deviation %.3g, standard error %.2g\n", id, mean, deviation, deviation/math.Sqrt(float64(*episodes)))
	}
}

// play returns mean and standard deviation of the returns of episodes of
// uniform actions, held for a whole control step. Every episode has streams of
// its own for starts and actions.
func play(id string, episodes int, key rng.Key) (mean, deviation float64, err error) {
	e, err := env.ForLearning(id)
	if err != nil {
		return 0, 0, err
	}
	defer e.Close()
	spec := e.Spec()
	if spec.Limit == 0 && !spec.Terminates {
		return 0, 0, fmt.Errorf("%s has neither a time limit nor an end; its episodes have no return", id)
	}
	obs, action := make([]float64, spec.ObsDim), make([]float64, spec.ActDim)
	var returns []float64
	for i := range uint64(episodes) {
		actions := rng.NewStream(key.Derive("actions", i))
		if err := e.Reset(rng.NewStream(key.Derive("start", i)), obs); err != nil {
			return 0, 0, err
		}
		sum := 0.0
		for ended := false; !ended; {
			for j := range action {
				action[j] = actions.Uniform(-1, 1)
			}
			out, err := e.Step(action, obs)
			if err != nil {
				return 0, 0, fmt.Errorf("%s: episode %d: %w", id, i, err)
			}
			sum += out.Reward
			ended = out.Terminated || out.Truncated
		}
		mean += sum / float64(episodes)
		returns = append(returns, sum)
	}
	for _, r := range returns {
		deviation += (r - mean) * (r - mean) / float64(max(1, episodes-1))
	}
	return mean, math.Sqrt(deviation), nil
}
