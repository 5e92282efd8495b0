// Package clone owns the learner that has no value function: a deterministic
// policy that is taught by what a planner did (POPLIN; Wang and Ba 2020;
// method.md B.8, E.2).
//
// What walks in: real observations, and after every episode either the actions
// that the planner took, which the policy learns to repeat, or the offsets of
// the policy's parameters that it applied, whose mean moves them. What walks
// out: actions (rollout.Actor), and actions under moved parameters, which is what
// a planner over parameters asks for.
//
//	a, err := clone.New(clone.DefaultSettings(), 17, 6, run.Derive("clone"))
//	actor, moved := a.NewActor(rows), a.NewPerturbed(rows)
//	stats, err := a.Learn(n, row, run.Derive("clone/learn").At(step))
package clone
