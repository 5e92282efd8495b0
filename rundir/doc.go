// Package rundir owns what a run leaves on disk and how it survives a kill, a
// full disk or a power failure:
//
//	run.yaml             the complete resolved settings
//	manifest.json        what made the run: program, machine, seed, task, times
//	progress.jsonl       everything that was logged, one object a line
//	tb/                  the same as TensorBoard events
//	eval.csv             every evaluation episode; no clock in it
//	checkpoints/<step>/  state.bin; the last few and the best are kept
//	transitions/         append-only segments of real transitions
//	lock                 held by the process that writes the run
//
// What walks in: bytes, rows and scalars that other packages made. What walks
// out: the same, with every damaged piece named instead of returned. It knows
// nothing of algorithms and reads no clock: times are the caller's.
//
// A checkpoint is durable when WriteCheckpoint returns. It should hold the
// Lengths of the logs, taken after their Sync; a resume gives them to Cut, so
// that the logs and the state tell the same story.
package rundir
