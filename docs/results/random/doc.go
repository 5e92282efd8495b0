// Command random measures what uniform actions earn, the zero of normalised
// scores (docs/baselines.md section 8.4), and prints a line a task:
//
//	go run -tags mujoco ./docs/results/random [-episodes N] [-seed N] TASK...
//
// What it prints is kept in report/references.yaml.
package main
