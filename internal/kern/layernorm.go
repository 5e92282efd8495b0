package kern

import "fmt"

// LayerNorm (Ba et al. 2016) over the rows of a matrix. As many rows as inverse
// has numbers lie one after another; the kernels return the same bits in every
// tier and round every multiplication and addition on its own.
//
// normLanes is the number of interleaved parts that sum a row. The parts are
// added in halves: part j and part j+16, then j and j+8, and so on.
const normLanes = 32

// LayerNorm sets scaled to x brought to the mean 0 and, with epsilon added to
// it, variance 1 over each row, to to gains*scaled + offsets, not below 0 if
// rectify, and inverse to one over each row's standard deviation. x may be to or
// scaled.
func LayerNorm(to, scaled, inverse, x, gains, offsets []float32, epsilon float32, rectify bool) {
	cols := columns("LayerNorm", len(x), len(inverse))
	sameLength("LayerNorm", len(x), len(to), len(scaled))
	if cols == 0 {
		return
	}
	sameLength("LayerNorm", cols, len(gains), len(offsets))
	layerNormAny(to, scaled, inverse, x, gains, offsets, cols, epsilon, rectify)
}

// Standardise brings x to the mean 0 and, with epsilon added to it, variance 1
// over each row and sets inverse to one over each row's standard deviation.
func Standardise(x, inverse []float32, epsilon float32) {
	if cols := columns("Standardise", len(x), len(inverse)); cols > 0 {
		standardiseAny(x, inverse, cols, epsilon)
	}
}

// LayerNormGrad turns delta, the gradient by gains*scaled + offsets, into the
// gradient by what LayerNorm was given. Unless they are nil it adds to dGains
// and dOffsets the gradients by gains and offsets, row after row.
func LayerNormGrad(delta, scaled, inverse, gains, dGains, dOffsets []float32) {
	cols := columns("LayerNormGrad", len(delta), len(inverse))
	sameLength("LayerNormGrad", len(delta), len(scaled))
	if cols == 0 {
		return
	}
	sameLength("LayerNormGrad", cols, len(gains))
	if dGains != nil || dOffsets != nil {
		sameLength("LayerNormGrad", cols, len(dGains), len(dOffsets))
	}
	layerNormGradAny(delta, scaled, inverse, gains, dGains, dOffsets, cols)
}

// StandardiseGrad turns delta, the gradient by scaled, into the gradient by what
// Standardise was given.
func StandardiseGrad(delta, scaled, inverse []float32) {
	cols := columns("StandardiseGrad", len(delta), len(inverse))
	sameLength("StandardiseGrad", len(delta), len(scaled))
	if cols > 0 {
		standardiseGradAny(delta, scaled, inverse, cols)
	}
}

// columns returns how many numbers each of rows rows has of n in all; 0 if there
// are none.
func columns(kernel string, n, rows int) int {
	switch {
	case rows == 0 && n == 0:
		return 0
	case rows == 0 || n%rows != 0:
		panic(fmt.Sprintf("kern: %s: %d numbers in %d rows", kernel, n, rows))
	}
	return n / rows
}
