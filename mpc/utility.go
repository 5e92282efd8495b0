package mpc

import (
	"cmp"
	"math"
	"slices"
)

// byScore orders scores from the best down; equal ones by their index.
func byScore(a, b ranked) int {
	if a.score != b.score {
		return cmp.Compare(b.score, a.score)
	}
	return cmp.Compare(a.index, b.index)
}

// ranking collects the finite scores of finished candidates, best first.
func ranking(dst []ranked, info []candidate) []ranked {
	dst = dst[:0]
	for i := range info {
		if x := info[i].score; info[i].done && x-x == 0 {
			dst = append(dst, ranked{x, int32(i)})
		}
	}
	slices.SortFunc(dst, byScore)
	return dst
}

// weigh fills weight for the first entries of rank and returns how many have
// one, with the effective sample size 1/sum(w^2). Weights sum to 1, except with
// utility cost, where they are advantages over the number of scores. rank is
// sorted and not empty (method.md B.3).
func weigh(s *Settings, elites int, rank []ranked, weight []float64) (n int, ess float64, uniform bool) {
	k := min(elites, len(rank))
	switch s.Utility {
	case UtilityExp:
		n = len(rank)
		exponential(s, rank, weight)
	case UtilityEliteExp:
		n = k
		exponential(s, rank[:k], weight)
	case UtilityCost:
		n = len(rank)
		advantages(s, rank, weight)
		return n, float64(n), false
	default:
		n = k
		if s.EliteWeights == WeightsCost || s.Utility == UtilityEliteCost {
			uniform = costWeights(rank[:k], weight)
		} else {
			equal(weight[:k])
		}
	}
	squares := 0.0
	for _, w := range weight[:n] {
		squares += w * w
	}
	return n, 1 / squares, uniform
}

func equal(weight []float64) {
	for i := range weight {
		weight[i] = 1 / float64(len(weight))
	}
}

// spread returns mean and standard deviation (dividing by n) of the scores.
func spread(rank []ranked) (mean, std float64) {
	for i := range rank {
		mean += rank[i].score
	}
	mean /= float64(len(rank))
	for i := range rank {
		d := rank[i].score - mean
		std += d * d
	}
	return mean, math.Sqrt(std / float64(len(rank)))
}

// exponential fills softmax weights. A temperature below 1e-6 of the scores'
// range takes the best candidate alone.
func exponential(s *Settings, rank []ranked, weight []float64) {
	best, worst := rank[0].score, rank[len(rank)-1].score
	lambda := s.Lambda
	switch s.LambdaMode {
	case LambdaRelative:
		_, std := spread(rank)
		lambda *= std
	case LambdaESS:
		lambda = lambdaFor(s.ESSTarget*float64(len(rank)), rank)
	}
	if best == worst {
		equal(weight[:len(rank)])
		return
	}
	if lambda < 1e-6*(best-worst) {
		clear(weight[:len(rank)])
		weight[0] = 1
		return
	}
	sum := 0.0
	for i := range rank {
		weight[i] = math.Exp((rank[i].score - best) / lambda)
		sum += weight[i]
	}
	for i := range rank {
		weight[i] /= sum
	}
}

// lambdaFor finds by bisection the temperature at which 1/sum(w^2) is target:
// it grows with the temperature.
func lambdaFor(target float64, rank []ranked) float64 {
	best, worst := rank[0].score, rank[len(rank)-1].score
	lo, hi := math.Log(1e-6*(best-worst)), math.Log(1e6*(best-worst))
	if best == worst {
		return 1
	}
	for range 60 {
		mid := (lo + hi) / 2
		lambda := math.Exp(mid)
		sum, squares := 0.0, 0.0
		for i := range rank {
			w := math.Exp((rank[i].score - best) / lambda)
			sum += w
			squares += w * w
		}
		if sum*sum/squares < target {
			lo = mid
		} else {
			hi = mid
		}
	}
	return math.Exp((lo + hi) / 2)
}

// advantages fills (score - mean)/scale/n. Equal scores have no advantage.
func advantages(s *Settings, rank []ranked, weight []float64) {
	mean, std := spread(rank)
	scale := 1.0
	if s.CostScale == ScaleStd {
		scale = std
	}
	for i := range rank {
		weight[i] = 0
		if std > 0 {
			weight[i] = (rank[i].score - mean) / scale / float64(len(rank))
		}
	}
}

// costWeights fills Eq. 14 of the paper, w = C/sum(C) with signed costs, and
// falls back to uniform weights where the sum vanishes. It exists to compare
// only: with negative costs the best candidates may get the wrong sign.
func costWeights(rank []ranked, weight []float64) (uniform bool) {
	sum, size := 0.0, 0.0
	for i := range rank {
		sum -= rank[i].score
		size += math.Abs(rank[i].score)
	}
	if math.Abs(sum) <= 1e-8*size {
		equal(weight[:len(rank)])
		return true
	}
	for i := range rank {
		weight[i] = -rank[i].score / sum
	}
	return false
}
