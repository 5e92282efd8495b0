// Package report draws what a run did: learning curves and tracked paths as
// self-contained SVG, and a learning curve in a terminal's letters.
//
// What walks in: eval.csv (ReadEval, ByStep) or series of numbers. What walks
// out: pictures on an io.Writer. It knows nothing of training, and equal input
// gives equal bytes.
package report
