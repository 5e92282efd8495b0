// Package env says what a task is: its Spec, the contract Env with its optional
// powers, the registry of tasks by id, and the wrappers (time limit, action
// scaling) that stand between a task and the learner.
//
// Environments speak float64 in the task's own units, so that they match the
// simulator they come from bit for bit. Scaling to [-1, 1] per joint happens
// once, in Scaled.
//
// What walks in: actions and a random stream. What walks out: observations,
// rewards and the two different facts Terminated and Truncated.
package env
