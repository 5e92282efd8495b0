package mpc

import (
	"math"
	"slices"
)

// total is the score of a candidate from those of its particles, which it may
// sort (method.md B.7). A particle that went bad makes it -Inf.
func total(s *Settings, x []float64) float64 {
	switch s.Score {
	case ScoreCVaR:
		return worstShare(x, s.ScoreQ)
	case ScoreMeanMinusKStd:
		m := mean(x)
		if m-m != 0 {
			return math.Inf(-1)
		}
		squares := 0.0
		for _, v := range x {
			squares += (v - m) * (v - m)
		}
		return m - s.ScoreK*math.Sqrt(squares/float64(len(x)))
	}
	return mean(x)
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// worstShare is the conditional value at risk: the mean of the smallest share q
// of x, the last of them counting in part where q len(x) is not whole.
func worstShare(x []float64, q float64) float64 {
	slices.Sort(x)
	size := q * float64(len(x))
	left, sum := size, 0.0
	for _, v := range x {
		part := min(1, left)
		if part <= 0 {
			break
		}
		sum += part * v
		left -= part
	}
	return sum / size
}
