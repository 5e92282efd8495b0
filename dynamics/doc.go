// Package dynamics owns the learned model of a task: a probabilistic ensemble
// of networks that predict reward and change of observation (method.md part C),
// how it is fitted to real transitions, which of its members are trusted, how
// imagination samples from it, and the figures that say how good it is.
//
// What walks in: a replay buffer of real transitions. What walks out: a
// rollout.World, fit statistics and diagnostics. It knows no planner.
//
//	e, err := dynamics.New(dynamics.DefaultSettings(), obsDim, actDim, run.Derive("dynamics"), pool)
//	stats, err := e.Fit(real, run.Derive("fit", round), nil)
//	world := e.World(dynamics.WorldOptions{Terminator: rule})
//	report := e.Diagnose(real, run.Derive("diagnose", round))
//
// Fit and ReadState change what every World of the ensemble predicts; they must
// not run while a Lane steps.
package dynamics
