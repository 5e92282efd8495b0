// Package report draws what runs did: learning curves and tracked paths as
// self-contained SVG, a learning curve in a terminal's letters, and groups of
// runs as tables and one page, judged as baselines.md section 8 asks.
//
// What walks in: eval.csv (ReadEval, ByStep) or series of numbers; Summarise
// judges the runs of a group, Compare algorithms over tasks and by seed. What
// walks out: pictures and tables on an io.Writer. It knows nothing of training,
// and equal input gives equal bytes.
package report
