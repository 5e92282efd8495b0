package bench

import (
	"slices"
	"time"

	"demorl/internal/kern"
	"demorl/par"
)

// repeats is the least number of measurements behind a median.
const repeats = 20

// timed calls f once to warm up and then n times, and returns the sorted
// durations in seconds.
func timed(n int, f func()) []float64 {
	f()
	all := make([]float64, n)
	for i := range all {
		start := time.Now()
		f()
		all[i] = time.Since(start).Seconds()
	}
	slices.Sort(all)
	return all
}

// median returns the middle of sorted.
func median(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// quantile returns the smallest of sorted that at least the share q do not exceed.
func quantile(sorted []float64, q float64) float64 {
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

// Peak returns the float32 GFLOP/s that all workers of pool reach at once with
// multiply-adds on registers, in the active kernel tier: the median of some
// 50 ms of repeats.
func Peak(pool *par.Pool) float64 {
	const rounds = 200_000
	flop := 0.0
	piece := func(_, i int) {
		if f := kern.Peak(rounds); i == 0 {
			flop = f
		}
	}
	seconds := median(timed(repeats, func() { pool.Do(pool.Workers(), piece) }))
	return flop * float64(pool.Workers()) / seconds / 1e9
}
