//go:build arm64 && !noasm

package kern

// wholeRows reports whether the assembly, which does whole vectors only, does
// rows of cols numbers.
func wholeRows(cols int) bool { return vectorPart(cols) == cols }

func layerNormAny(to, scaled, inverse, x, gains, offsets []float32, cols int, epsilon float32, rectify bool) {
	if !wholeRows(cols) {
		layerNormGeneric(to, scaled, inverse, x, gains, offsets, cols, epsilon, rectify)
		return
	}
	for r := 0; r < len(inverse); {
		rows, at := rowsPerCall(len(inverse)-r, cols), r*cols
		layerNormNEON(&to[at], &scaled[at], &inverse[r], &x[at], &gains[0], &offsets[0], rows, cols, float32(cols), epsilon, floor(rectify))
		r += rows
	}
}

func standardiseAny(x, inverse []float32, cols int, epsilon float32) {
	if !wholeRows(cols) {
		standardiseGeneric(x, inverse, cols, epsilon)
		return
	}
	for r := 0; r < len(inverse); {
		rows := rowsPerCall(len(inverse)-r, cols)
		standardiseNEON(&x[r*cols], &inverse[r], rows, cols, float32(cols), epsilon)
		r += rows
	}
}

func layerNormGradAny(delta, scaled, inverse, gains, dGains, dOffsets []float32, cols int) {
	if !wholeRows(cols) {
		layerNormGradGeneric(delta, scaled, inverse, gains, dGains, dOffsets, cols)
		return
	}
	for r := 0; r < len(inverse); {
		rows, at := rowsPerCall(len(inverse)-r, cols), r*cols
		if dGains != nil {
			layerNormGradNEON(&delta[at], &scaled[at], &inverse[r], &gains[0], &dGains[0], &dOffsets[0], rows, cols, float32(cols))
		} else {
			layerNormGradInputNEON(&delta[at], &scaled[at], &inverse[r], &gains[0], rows, cols, float32(cols))
		}
		r += rows
	}
}

func standardiseGradAny(delta, scaled, inverse []float32, cols int) {
	if !wholeRows(cols) {
		standardiseGradGeneric(delta, scaled, inverse, cols)
		return
	}
	for r := 0; r < len(inverse); {
		rows, at := rowsPerCall(len(inverse)-r, cols), r*cols
		standardiseGradNEON(&delta[at], &scaled[at], &inverse[r], rows, cols, float32(cols))
		r += rows
	}
}
