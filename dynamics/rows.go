package dynamics

import (
	"math"
	"slices"

	"demorl/rng"
)

// weight is member m's weight of training row j: exponential of mean 1, drawn
// once in a row's life (method.md C.11).
func (f *fitter) weight(m, j int) float32 {
	number := f.oldest + uint64(f.train[j])
	return float32(-math.Log1p(-f.weightKey.At(uint64(m)).Float64At(number)))
}

// drawLists gives every member its rows: draws with replacement (bootstrap) or
// each row once (shuffle, weights).
func (f *fitter) drawLists(key rng.Key) {
	n := len(f.train)
	bootstrap := f.e.settings.Rows == RowsBootstrap
	f.e.pool.Do(f.e.Members(), func(_, m int) {
		f.lists[m] = slices.Grow(f.lists[m][:0], n)[:n]
		own := key.At(uint64(m))
		for i := range f.lists[m] {
			f.lists[m][i] = int32(i)
			if bootstrap {
				f.lists[m][i] = int32(own.IntnAt(uint64(i), n))
			}
		}
	})
}

// shuffle puts every member's list into a new order; where a pass does not take
// all of it, only the part that it takes.
func (f *fitter) shuffle(key rng.Key) {
	f.e.pool.Do(f.e.Members(), func(_, m int) {
		own, list := key.At(uint64(m)), f.lists[m]
		if taken := f.e.settings.PassBatches * f.e.settings.Batch; taken > 0 && taken < len(list) {
			for i := range taken {
				j := i + own.IntnAt(uint64(i), len(list)-i)
				list[i], list[j] = list[j], list[i]
			}
			return
		}
		for i := len(list) - 1; i > 0; i-- {
			j := own.IntnAt(uint64(i), i+1)
			list[i], list[j] = list[j], list[i]
		}
	})
}
