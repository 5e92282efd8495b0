// Package stoch registers the tasks of the StochLite quadruped, a robot of
// 3.2 kg that the reference project simulates with PyBullet: stoch/flat,
// stoch/upslope, stoch/downslope and stoch/noisy, with their variants.
// environments.md section 6 (docs/environments.md) has every number.
//
// An action shapes a trot: generator.go turns it into twelve joint targets
// (trajectory of each foot, inverse kinematics), which position servos of the
// simulator follow. support.go estimates the support plane from feet in
// contact; measure.go has the observation, the reward and the termination. These
// are pure Go and compared with the original on recorded inputs. model.go
// writes the robot and its terrain as MJCF, and env.go is the task itself.
//
// What walks in: actions in [-1, 1], a random stream, injected or saved states,
// a velocity command and ranges of domain randomisation. What walks out:
// observations, rewards and terminations.
package stoch
