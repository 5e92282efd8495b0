package classic

import "demorl/env"

func init() {
	env.Register(env.Task{
		ID: "classic/pendulum", Aliases: []string{"Pendulum-v1"}, Family: "classic",
		Summary:  "swing a pendulum up with a weak motor (Gymnasium's Pendulum-v1)",
		Make:     func() (env.Env, error) { return NewPendulum(), nil },
		Describe: pendulumSpec,
	})
	env.Register(env.Task{
		ID: "classic/mountaincar", Aliases: []string{"MountainCarContinuous-v0"}, Family: "classic",
		Summary:  "rock a weak car out of a valley (Gymnasium's MountainCarContinuous-v0)",
		Make:     func() (env.Env, error) { return NewMountainCar(), nil },
		Describe: mountainCarSpec,
	})
	env.Register(env.Task{
		ID: "classic/cartpole-swingup", Family: "classic",
		Summary:  "swing a rod on a cart up and hold it over the centre",
		Make:     func() (env.Env, error) { return NewCartPole(), nil },
		Describe: cartPoleSpec,
	})
	env.Register(env.Task{
		ID: "classic/lqr2", Family: "classic",
		Summary:  "two double integrators with a quadratic cost; the optimum is known exactly",
		Make:     func() (env.Env, error) { return NewLQR2(), nil },
		Describe: lqr2Spec,
	})
}
