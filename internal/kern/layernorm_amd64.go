//go:build amd64 && !noasm

package kern

// rowTier is the tier that does rows of cols numbers: AVX2 has no masks and does
// whole vectors only.
func rowTier(cols int) tier {
	if t := current(); t != tierAVX2 || cols%8 == 0 {
		return t
	}
	return tierGeneric
}

func layerNormAny(to, scaled, inverse, x, gains, offsets []float32, cols int, epsilon float32, rectify bool) {
	count, least := float32(cols), floor(rectify)
	for len(inverse) > 0 {
		rows := rowsPerCall(len(inverse), cols)
		switch rowTier(cols) {
		case tierAVX512:
			layerNormAVX512(&to[0], &scaled[0], &inverse[0], &x[0], &gains[0], &offsets[0], rows, cols, count, epsilon, least)
		case tierAVX2:
			layerNormAVX2(&to[0], &scaled[0], &inverse[0], &x[0], &gains[0], &offsets[0], rows, cols, count, epsilon, least)
		default:
			layerNormGeneric(to, scaled, inverse[:rows], x, gains, offsets, cols, epsilon, rectify)
		}
		n := rows * cols
		to, scaled, inverse, x = to[n:], scaled[n:], inverse[rows:], x[n:]
	}
}

func standardiseAny(x, inverse []float32, cols int, epsilon float32) {
	count := float32(cols)
	for len(inverse) > 0 {
		rows := rowsPerCall(len(inverse), cols)
		switch rowTier(cols) {
		case tierAVX512:
			standardiseAVX512(&x[0], &inverse[0], rows, cols, count, epsilon)
		case tierAVX2:
			standardiseAVX2(&x[0], &inverse[0], rows, cols, count, epsilon)
		default:
			standardiseGeneric(x, inverse[:rows], cols, epsilon)
		}
		x, inverse = x[rows*cols:], inverse[rows:]
	}
}

func layerNormGradAny(delta, scaled, inverse, gains, dGains, dOffsets []float32, cols int) {
	count := float32(cols)
	for len(inverse) > 0 {
		rows := rowsPerCall(len(inverse), cols)
		switch t := rowTier(cols); {
		case t == tierAVX512 && dGains != nil:
			layerNormGradAVX512(&delta[0], &scaled[0], &inverse[0], &gains[0], &dGains[0], &dOffsets[0], rows, cols, count)
		case t == tierAVX512:
			layerNormGradInputAVX512(&delta[0], &scaled[0], &inverse[0], &gains[0], rows, cols, count)
		case t == tierAVX2 && dGains != nil:
			layerNormGradAVX2(&delta[0], &scaled[0], &inverse[0], &gains[0], &dGains[0], &dOffsets[0], rows, cols, count)
		case t == tierAVX2:
			layerNormGradInputAVX2(&delta[0], &scaled[0], &inverse[0], &gains[0], rows, cols, count)
		default:
			layerNormGradGeneric(delta, scaled, inverse[:rows], gains, dGains, dOffsets, cols)
		}
		n := rows * cols
		delta, scaled, inverse = delta[n:], scaled[n:], inverse[rows:]
	}
}

func standardiseGradAny(delta, scaled, inverse []float32, cols int) {
	count := float32(cols)
	for len(inverse) > 0 {
		rows := rowsPerCall(len(inverse), cols)
		switch rowTier(cols) {
		case tierAVX512:
			standardiseGradAVX512(&delta[0], &scaled[0], &inverse[0], rows, cols, count)
		case tierAVX2:
			standardiseGradAVX2(&delta[0], &scaled[0], &inverse[0], rows, cols, count)
		default:
			standardiseGradGeneric(delta, scaled, inverse[:rows], cols)
		}
		n := rows * cols
		delta, scaled, inverse = delta[n:], scaled[n:], inverse[rows:]
	}
}
