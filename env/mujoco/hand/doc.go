// Package hand registers the Shadow-hand tasks: Gymnasium-Robotics' in-hand
// manipulation as hand/block, hand/egg-rotate and so on, and those of Dexterous
// Gym, with two hands or a spinning pen, as dext/egg-handover, dext/penspin and
// so on (environments.md section 4, which lives in docs/environments.md).
//
// manipulate.go and dext.go are the tables: each task is one literal value.
// env.go is the engine that runs them all, draw.go its resets and goals,
// score.go the rewards, load.go finds the models and mends the texts that
// MuJoCo no longer reads.
//
// What walks in: actions in [-1, 1] per actuator, a random stream, injected or
// saved states. What walks out: observations with the desired goal at their end,
// equal in every bit to the originals' on the same libmujoco, and rewards, which
// are also known functions of the next observation.
package hand
