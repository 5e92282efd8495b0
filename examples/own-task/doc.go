// Command own-task trains M-DeMoRL on a task of its own: a lift is to stop at
// height 0, driven by a motor of limited force. docs/your-own-task.md shows it.
//
// It owns the task and nothing else. What walks in: the library, by env.Register
// and train.Start. What walks out: a run directory, runs/own-task, and the mean
// return of five evaluation episodes.
package main
