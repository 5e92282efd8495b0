// Package agent is the hierarchical framework: how the outer loop (SAC) and
// the inner loop (planning inside the learned model) meet. Every named
// algorithm is a value of it (table.go); no code branches on an algorithm's
// name.
//
// What walks in: real transitions. What walks out: actions, and a learner whose
// whole state is one serialisable value. It knows neither files nor terminals.
package agent
