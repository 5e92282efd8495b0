// Package gymtasks registers the MuJoCo tasks of Gymnasium, versions 5 and 4,
// with full and truncated observations: HalfCheetah, Hopper, Walker2d, Ant,
// Humanoid, InvertedPendulum and InvertedDoublePendulum, as gym/halfcheetah,
// gym/hopper:v4, gym/ant:trunc and so on.
//
// tasks.go is the table (environments.md section 1, which lives in
// docs/environments.md): each task is one literal value, a variant changes a
// few fields of it. env.go is the one engine that runs them all.
//
// What walks in: actions in the task's own units, a random stream, injected or
// saved states. What walks out: observations equal in every bit to those of
// Gymnasium on the same libmujoco, rewards and terminations.
package gymtasks
