// Package adroit registers the tasks of the Adroit hand: adroit/door, hammer,
// pen and relocate (environments.md section 3, which lives in
// docs/environments.md). Each comes as the original suite defines it, as
// Gymnasium-Robotics 1.4.2 has it (:gr142) and with a sparse reward (:sparse).
//
// tasks.go is the table: each task is one literal value, a variant changes a few
// fields of it. env.go is the one engine that runs them all.
//
// What walks in: actions in [-1, 1] per actuator, a random stream, injected or
// saved states. What walks out: observations equal in every bit to the
// original's on the same libmujoco (but for the hammer's angles, by their
// arctangents), rewards and terminations.
package adroit
