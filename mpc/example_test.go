package mpc_test

import (
	"context"
	"fmt"
	"log"

	"demorl/env"
	_ "demorl/env/classic"
	"demorl/mpc"
	"demorl/par"
	"demorl/rng"
	"demorl/rollout"
)

// A pendulum that hangs down is swung up by iCEM, which plans every action in
// copies of the task itself.
func ExamplePlanner_Plan() {
	const id = "classic/pendulum"
	open := func() (env.Env, error) { return env.ForLearning(id) } // actions in [-1, 1]
	world, err := rollout.NewSimWorld(open)
	if err != nil {
		log.Fatal(err)
	}
	settings := mpc.ICEM()
	settings.Samples, settings.Horizon = 100, 25
	planner, err := mpc.New(settings, world, mpc.Deps{}, par.New(1))
	if err != nil {
		log.Fatal(err)
	}
	pendulum, err := open()
	if err != nil {
		log.Fatal(err)
	}
	defer pendulum.Close()
	saved, _ := env.Power[env.StateCodec](pendulum)
	placed, _ := env.Power[env.Injector](pendulum)
	obs := make([]float64, 3) // cosine and sine of the angle from the top, speed
	if err := pendulum.Reset(rng.NewStream(rng.Root(0).Derive("reset")), obs); err != nil {
		log.Fatal(err)
	}
	if err := placed.Inject(map[string][]float64{"state": {3.14, 0}}, obs); err != nil {
		log.Fatal(err)
	}
	start, action := rollout.Start{Obs: make([]float32, 3)}, make([]float64, 1)
	for step := range 100 { // 5 seconds
		start.State = saved.AppendState(start.State[:0])
		for i, x := range obs {
			start.Obs[i] = float32(x)
		}
		plan := planner.Plan(context.Background(), start, rng.Root(0).Derive("plan").At(uint64(step)))
		if plan.Err != nil {
			log.Fatal(plan.Err)
		}
		action[0] = float64(plan.Action[0])
		if _, err := pendulum.Step(action, obs); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Printf("height %.2f, slower than 0.5 rad/s: %t\n", obs[0], obs[2] < 0.5 && obs[2] > -0.5)
	// Output: height 1.00, slower than 0.5 rad/s: true
}
