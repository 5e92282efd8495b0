// Package classic owns four small tasks in pure Go: pendulum and mountaincar
// (Gymnasium's Pendulum-v1 and MountainCarContinuous-v0), cartpole-swingup and
// lqr2, a linear-quadratic problem whose optimum is known in closed form.
//
// What walks in: actions in the task's own units and a random stream. What
// walks out: observations, rewards, terminations; environments.md section 8 is
// their definition. No task here needs a compiler, Python or MuJoCo.
//
// Importing the package registers its tasks. The vector that "state" of
// env.Injector means stands at each task's type.
package classic
