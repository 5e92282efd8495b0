// Package parity shows that a native task is the same task as its original:
// both are put in the same states and given the same actions, and what they
// return is compared number by number.
//
// The original is stepped by a script of the folder oracle/, whose output walks
// in as JSON lines; a Report of the differences walks out. Suites lists the
// scripts and what may differ and why. The tests of each family compare a few
// states, `make parity` all of them, for the table of docs/environments.md.
//
// A script is called as `script --list`, which prints the ids of its tasks, one
// a line, or as `script [--states N] [--actions N] [--rate] TASK`, which prints
// one JSON object a line: first {"library","assets",...}, the files in use and
// the versions of packages; then for each state its fields (as the task's
// env.Injector takes them) with "task", and {"obs"} for the state itself,
// followed by {"action","obs","reward","terminated"} for each action; and last,
// with --rate, {"rate"}: the original's own steps per second. A script that
// takes several tasks prints that for each.
package parity
