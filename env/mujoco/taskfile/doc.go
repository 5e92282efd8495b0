// Package taskfile makes tasks out of files: a MuJoCo model and a YAML file that
// says what is observed, what is paid, when an episode ends and how it begins.
// docs/your-own-task.md lists every key.
//
// What walks in: the path of such a file, as a task's name (importing the
// package makes env.Lookup take it), or the contents that a run kept. What walks
// out: an env.Task, or every fault of the file at once, with line and column.
//
// file.go is the file's form, decode.go reads it, compile.go looks its names up
// in the model, env.go steps. All numbers that rewards and rules read are
// elements: entries of the simulator's arrays, or differences of two. Elements
// that stand in the observation too are known in imagination; a rule or reward
// made of such alone is used there (env.Terminator, env.Rewarder).
package taskfile
