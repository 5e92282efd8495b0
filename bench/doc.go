// Package bench measures how fast this machine does the program's hot work and
// how fast it could: kernels, one planning decision, learner updates, model
// fits, environment steps and a whole epoch, beside the peak of register-only
// multiply-adds measured in the same run with the same number of threads.
//
// What walks in: a thread budget and sizes. What walks out: one struct a
// measurement, whose JSON is the command line's (docs/cli.md, bench). Data and
// seeds are fixed; times are medians of repeats.
//
//	result, err := bench.NewLearner(256, []int{256, 256}, pool)
package bench
