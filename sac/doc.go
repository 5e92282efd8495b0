// Package sac owns the outer loop's learner: Soft Actor-Critic (Haarnoja et
// al. 2018) with a tanh-Gaussian actor, twin critics with target copies and an
// automatic temperature, all gradients by hand (method.md D.2, D.3). It does
// not know where batches come from.
//
// What walks in: batches of transitions with actions in [-1, 1], and keys for
// noise. What walks out: actions (rollout.Actor), terminal values
// (rollout.Terminal) and what a step did (Stats).
//
//	a, err := sac.New(sac.DefaultSettings(), 17, 6, run.Derive("sac"), pool)
//	stats := a.Update(batch, run.Derive("sac/update").At(n))
//	actor := a.NewActor(rows)
//
// The same learner can be updated from states instead, by value gradients back
// through a rollout.Differentiable world (ValueGradient, method.md D.5).
//
// A batch is cut into pieces of a fixed number of rows; a piece walks through
// all networks while it is in cache, and the gradients of pieces are summed in
// their order. So results do not depend on the number of workers.
package sac
