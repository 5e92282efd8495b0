// Package mpc is the generic planner of demorl: dynamic mirror descent model
// predictive control (DMD-MPC; Wagener et al., RSS 2019) over any
// rollout.World. CEM, MPPI, PETS, iCEM, LOOP/ARC and the inner loops of
// M-DeMoRL and MoPAC are values of one Settings type (method.md part B).
//
// What walks in: starts, a world, and optionally a policy and a terminal
// value. What walks out: for one start an action (Plan), for thousands of
// starts their improved sequences (PlanBatch, method.md A.4 steps 2-6); both
// are the same code. Storing planned transitions is not this package's business.
//
// Candidates are rows of blocks that are cut independent of the number of
// workers, their noise is a function of the key and the candidate's number, and
// sums run in the order of the scores: a plan does not depend on how many
// workers made it or on how rows were grouped.
package mpc
