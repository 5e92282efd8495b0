package dynamics

import (
	"math"

	"demorl/rollout"
)

var _ rollout.Disagreer = (*Lane)(nil)

// disagreement is a lane's memory for asking all elites at once.
type disagreement struct {
	row          []int32   // of the block, in chunks of predictorRows
	sum, squares []float64 // predictorRows x outputs
}

// Disagreement fills out with how far the elites' mean predictions lie apart:
// their standard deviation over the width of the training data's changes,
// averaged over the observation's coordinates that change in the data
// (rollout.Disagreer; method.md B.7, C.10). It is 0 before the first fit and of
// a single elite. Every elite is evaluated at every row.
func (l *Lane) Disagreement(b *rollout.Block, was []rollout.Fate, out []float32) {
	n := 0
	for r := range b.Rows {
		if was[r] != rollout.Running {
			continue
		}
		if l.apart.row[n] = int32(r); n+1 == len(l.apart.row) {
			l.disagree(b, l.apart.row, out)
			n = 0
			continue
		}
		n++
	}
	l.disagree(b, l.apart.row[:n], out)
}

// disagree answers for the given rows, which go through the networks together.
func (l *Lane) disagree(b *rollout.Block, rows []int32, out []float32) {
	e := l.w.e
	n, outputs, elites := len(rows), e.Outputs(), float64(len(e.elites))
	if n == 0 {
		return
	}
	sum, squares := l.apart.sum[:n*outputs], l.apart.squares[:n*outputs]
	clear(sum)
	clear(squares)
	for _, m := range e.elites {
		for i, r := range rows {
			l.load(b, int(r), i)
		}
		l.p.means(m, n)
		for i, v := range l.p.mean[:n*outputs] {
			sum[i] += float64(v)
			squares[i] += float64(v) * float64(v)
		}
	}
	for i, r := range rows {
		apart, varying := 0.0, 0
		for d := 1; d < outputs; d++ { // output 0 is the reward
			width := float64(e.span.high[d-1]-e.span.low[d-1]) / (1 + 2*deltaMargin)
			if !e.span.known || !(width > 0) {
				continue
			}
			varying++
			m := sum[i*outputs+d] / elites
			variance := squares[i*outputs+d]/elites - m*m
			if variance < 0 { // rounding; a NaN stays one
				variance = 0
			}
			apart += math.Sqrt(variance) / width
		}
		out[r] = float32(apart / float64(max(1, varying)))
	}
}
