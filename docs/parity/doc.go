// Command parity compares every native task that has a running original with
// it, at length, and writes the table of docs/environments.md:
//
//	go run ./docs/parity [-compare=false] [-rates=false] [-only SCRIPT] [TASK ...]
//
// What it finds is kept in docs/parity/table.csv, a line a task, so that a part
// of the tasks, or their speed alone (on a quiet machine), can be done again.
package main
