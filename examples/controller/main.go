package main

import (
	"fmt"
	"log"
	"os"

	"demorl/env"
	_ "demorl/env/classic"
	"demorl/rng"
	"demorl/train"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: controller RUN")
	}
	reward, err := swingUp(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("return %.1f\n", reward)
}

// swingUp plays one episode of the pendulum with the policy of the run in folder.
func swingUp(folder string) (reward float64, err error) {
	pendulum, err := env.Lookup("classic/pendulum")
	if err != nil {
		return 0, err
	}
	spec := pendulum.Describe()
	policy, err := train.LoadPolicy(folder, "newest", spec)
	if err != nil {
		return 0, err
	}
	// A robot's driver stands where the task stands here: it gives the observation and takes the action.
	robot, err := pendulum.New()
	if err != nil {
		return 0, err
	}
	defer robot.Close()
	obs := make([]float64, spec.ObsDim)
	start := rng.NewStream(rng.Root(0).Derive("controller"))
	if err := robot.Reset(start, obs); err != nil {
		return 0, err
	}
	for range spec.Limit {
		out, err := robot.Step(policy.Act(obs), obs)
		if err != nil {
			return 0, err
		}
		reward += out.Reward
	}
	return reward, nil
}
