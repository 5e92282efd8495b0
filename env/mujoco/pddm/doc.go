// Package pddm registers the manipulation tasks of PDDM and of ROBEL's D'Claw
// (docs/environments.md section 5): pddm/claw turns a valve with three fingers,
// pddm/cube a cube in a hand, pddm/baoding two balls about each other in a
// hand; pddm/claw:robel-fixed and its sisters are ROBEL's own turning tasks.
//
// A task is one literal value of type task, made by the functions in claw.go,
// robel.go, cube.go and baoding.go; env.go is the one engine that runs them and
// drive.go their common actuation with a speed limit. scene.go loads models: the
// claw's is ROBEL's (and equal to PDDM's), the hand's are demorl's own scenes
// over the Adroit hand of Gymnasium-Robotics, or PDDM's own in the variants
// called original.
//
// What walks in: actions in [-1, 1], a random stream, injected or saved states.
// What walks out: observations, rewards and terminations as the originals give
// them, and rewards that are functions of the observation (env.Rewarder).
package pddm
