// Package dmc registers tasks of the DeepMind Control Suite: dmc/walker-run,
// dmc/finger-turn_easy and so on, each with dm_control's action repeat of the
// literature and, as dmc/walker-run:k1, without.
//
// The definition is dm_control 1.0.50, summed up in section 2 of
// docs/environments.md. task.go says what tells one task from another; the
// files named after kinds of robots (balance, planar, humanoid, finger, reach)
// hold each domain's rows of the table with its observation, reward and reset;
// env.go is the one engine that runs them all; tolerance.go is the soft
// indicator that most rewards are made of.
//
// What walks in: actions in [-1, 1], a random stream, injected or saved states.
// What walks out: observations equal in every bit to those of dm_control on the
// same libmujoco, and rewards. No task terminates.
package dmc
