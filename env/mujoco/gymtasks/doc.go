// Package gymtasks registers the MuJoCo tasks of Gymnasium, versions 5, 4 and
// 2, with full and truncated observations: HalfCheetah, Hopper, Walker2d, Ant,
// Humanoid, HumanoidStandup, InvertedPendulum, InvertedDoublePendulum, Reacher,
// Swimmer and Pusher, as gym/halfcheetah, gym/hopper:v4, gym/ant:trunc and so on.
//
// The table (section 1 of docs/environments.md) has one literal value a task, in
// tasks.go and reach.go; a version or a variant changes a few fields of it
// (versions.go). env.go is the one engine that runs them all.
//
// What walks in: actions in the task's own units, a random stream, injected or
// saved states. What walks out: observations equal in every bit to those of
// Gymnasium on the same libmujoco, rewards and terminations.
package gymtasks
