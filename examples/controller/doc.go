// Command controller acts with a policy that demorl trained: the folder of a run
// is loaded, and every observation is answered by an action. It is a module of
// its own, as a program that uses demorl as a library is: see its go.mod.
//
// It owns the loop around the policy. What walks in: the folder of a run on
// classic/pendulum. What walks out: the return of one episode.
package main
