// Package imagine makes the rows of D_MPC: branched rollouts of the policy
// (MBPO) and planned rollouts (M-DeMoRL, MoPAC; method.md A.4 step 7).
//
// What walks in: start observations, a world and either a policy or the plans
// that the planner improved. What walks out: transitions, appended to a replay
// buffer in an order that does not depend on the number of workers, and figures
// that say what the plans gained over the policy they started from.
package imagine
