// Package replay steps a task from given states through given actions and
// prints what it returns: the protocol of `demorl env replay`.
//
// What walks in: a task and lines of JSON, each a state, a seed or an action.
// What walks out: one line of JSON for each, with numbers that read back as
// the same float64, written before the next line is waited for.
package replay
