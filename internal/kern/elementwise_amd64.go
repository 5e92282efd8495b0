//go:build amd64 && !noasm

package kern

// callLength is the number of elements in one assembly call: below 100 us in
// every tier, because such a call cannot be preempted. The AVX2 kernels do
// whole vectors only; the generic twins, which return the same bits, do the
// rest.
const callLength = 16384

func expAny(dst, x []float32) {
	for len(x) > 0 {
		n := min(len(x), callLength)
		switch current() {
		case tierAVX512:
			expAVX512(&dst[0], &x[0], n)
		case tierAVX2:
			whole := n &^ 7
			expAVX2(&dst[0], &x[0], whole)
			expGeneric(dst[whole:n], x[whole:n])
		default:
			expGeneric(dst[:n], x[:n])
		}
		dst, x = dst[n:], x[n:]
	}
}

func logAny(dst, x []float32) {
	for len(x) > 0 {
		n := min(len(x), callLength)
		switch current() {
		case tierAVX512:
			logAVX512(&dst[0], &x[0], n)
		case tierAVX2:
			whole := n &^ 7
			logAVX2(&dst[0], &x[0], whole)
			logGeneric(dst[whole:n], x[whole:n])
		default:
			logGeneric(dst[:n], x[:n])
		}
		dst, x = dst[n:], x[n:]
	}
}

func sinCosAny(sin, cos, x []float32) {
	for len(x) > 0 {
		n := min(len(x), callLength)
		far := false
		switch current() {
		case tierAVX512:
			far = sinCosAVX512(&sin[0], &cos[0], &x[0], n)
		case tierAVX2:
			whole := n &^ 7
			far = sinCosAVX2(&sin[0], &cos[0], &x[0], whole)
			sinCosGeneric(sin[whole:n], cos[whole:n], x[whole:n])
		default:
			sinCosGeneric(sin[:n], cos[:n], x[:n])
		}
		if far {
			sinCosRest(sin[:n], cos[:n], x[:n])
		}
		sin, cos, x = sin[n:], cos[n:], x[n:]
	}
}

func tanhAny(dst, x []float32) {
	for len(x) > 0 {
		n := min(len(x), callLength)
		switch current() {
		case tierAVX512:
			tanhAVX512(&dst[0], &x[0], n)
		case tierAVX2:
			whole := n &^ 7
			tanhAVX2(&dst[0], &x[0], whole)
			tanhGeneric(dst[whole:n], x[whole:n])
		default:
			tanhGeneric(dst[:n], x[:n])
		}
		dst, x = dst[n:], x[n:]
	}
}

func siluAny(dst, x []float32) {
	for len(x) > 0 {
		n := min(len(x), callLength)
		switch current() {
		case tierAVX512:
			siluAVX512(&dst[0], &x[0], n)
		case tierAVX2:
			whole := n &^ 7
			siluAVX2(&dst[0], &x[0], whole)
			siluGeneric(dst[whole:n], x[whole:n])
		default:
			siluGeneric(dst[:n], x[:n])
		}
		dst, x = dst[n:], x[n:]
	}
}

func softplusAny(dst, x []float32) {
	for len(x) > 0 {
		n := min(len(x), callLength)
		switch current() {
		case tierAVX512:
			softplusAVX512(&dst[0], &x[0], n)
		case tierAVX2:
			whole := n &^ 7
			softplusAVX2(&dst[0], &x[0], whole)
			softplusGeneric(dst[whole:n], x[whole:n])
		default:
			softplusGeneric(dst[:n], x[:n])
		}
		dst, x = dst[n:], x[n:]
	}
}

func reluAny(x []float32) {
	for len(x) > 0 {
		n := min(len(x), callLength)
		switch current() {
		case tierAVX512:
			reluAVX512(&x[0], n)
		case tierAVX2:
			whole := n &^ 7
			reluAVX2(&x[0], whole)
			reluGeneric(x[whole:n])
		default:
			reluGeneric(x[:n])
		}
		x = x[n:]
	}
}

func reluGradAny(dst, dy, y []float32) {
	for len(y) > 0 {
		n := min(len(y), callLength)
		switch current() {
		case tierAVX512:
			reluGradAVX512(&dst[0], &dy[0], &y[0], n)
		case tierAVX2:
			whole := n &^ 7
			reluGradAVX2(&dst[0], &dy[0], &y[0], whole)
			reluGradGeneric(dst[whole:n], dy[whole:n], y[whole:n])
		default:
			reluGradGeneric(dst[:n], dy[:n], y[:n])
		}
		dst, dy, y = dst[n:], dy[n:], y[n:]
	}
}

func tanhGradAny(dst, dy, y []float32) {
	for len(y) > 0 {
		n := min(len(y), callLength)
		switch current() {
		case tierAVX512:
			tanhGradAVX512(&dst[0], &dy[0], &y[0], n)
		case tierAVX2:
			whole := n &^ 7
			tanhGradAVX2(&dst[0], &dy[0], &y[0], whole)
			tanhGradGeneric(dst[whole:n], dy[whole:n], y[whole:n])
		default:
			tanhGradGeneric(dst[:n], dy[:n], y[:n])
		}
		dst, dy, y = dst[n:], dy[n:], y[n:]
	}
}

func axpyAny(dst []float32, a float32, x []float32) {
	for len(x) > 0 {
		n := min(len(x), callLength)
		switch current() {
		case tierAVX512:
			axpyAVX512(&dst[0], &x[0], n, a)
		case tierAVX2:
			whole := n &^ 7
			axpyAVX2(&dst[0], &x[0], whole, a)
			axpyGeneric(dst[whole:n], a, x[whole:n])
		default:
			axpyGeneric(dst[:n], a, x[:n])
		}
		dst, x = dst[n:], x[n:]
	}
}

func lerpAny(dst, x []float32, tau float32) {
	for len(x) > 0 {
		n := min(len(x), callLength)
		switch current() {
		case tierAVX512:
			lerpAVX512(&dst[0], &x[0], n, tau)
		case tierAVX2:
			whole := n &^ 7
			lerpAVX2(&dst[0], &x[0], whole, tau)
			lerpGeneric(dst[whole:n], x[whole:n], tau)
		default:
			lerpGeneric(dst[:n], x[:n], tau)
		}
		dst, x = dst[n:], x[n:]
	}
}

func adamAny(w, m, v, g []float32, c *adamArgs) {
	for len(g) > 0 {
		n := min(len(g), callLength)
		switch current() {
		case tierAVX512:
			adamAVX512(&w[0], &m[0], &v[0], &g[0], n, &c.lrT)
		case tierAVX2:
			whole := n &^ 7
			adamAVX2(&w[0], &m[0], &v[0], &g[0], whole, &c.lrT)
			adamGeneric(w[whole:n], m[whole:n], v[whole:n], g[whole:n], c)
		default:
			adamGeneric(w[:n], m[:n], v[:n], g[:n], c)
		}
		w, m, v, g = w[n:], m[n:], v[n:], g[n:]
	}
}

func colSumsAny(dst, x []float32, rows, cols int) {
	if rows <= 0 || cols == 0 {
		return
	}
	for block := max(1, 4*callLength/cols); rows > 0; rows -= block {
		n := min(rows, block)
		switch current() {
		case tierAVX512:
			colSumsAVX512(&dst[0], &x[0], n, 4*cols, cols)
		case tierAVX2:
			whole := cols &^ 7
			colSumsAVX2(&dst[0], &x[0], n, 4*cols, whole)
			colSumsGeneric(dst, x, n, cols, whole)
		default:
			colSumsGeneric(dst, x, n, cols, 0)
		}
		x = x[n*cols:]
	}
}

// sumSquaresAny takes a multiple of 64 numbers.
func sumSquaresAny(sums *[sumLanes]float32, x []float32) {
	for len(x) > 0 {
		n := min(len(x), 4*callLength)
		switch current() {
		case tierAVX512:
			sumSquaresAVX512(&sums[0], &x[0], n)
		case tierAVX2:
			sumSquaresAVX2(&sums[0], &x[0], n)
		default:
			sumSquaresGeneric(sums, x[:n])
		}
		x = x[n:]
	}
}

func siluSlopeAny(y, x []float32) {
	for len(x) > 0 {
		n := min(len(x), callLength)
		switch current() {
		case tierAVX512:
			siluSlopeAVX512(&y[0], &x[0], n)
		case tierAVX2:
			whole := n &^ 7
			siluSlopeAVX2(&y[0], &x[0], whole)
			siluSlopeGeneric(y[whole:n], x[whole:n])
		default:
			siluSlopeGeneric(y[:n], x[:n])
		}
		y, x = y[n:], x[n:]
	}
}

func timesAny(dst, x []float32) {
	for len(x) > 0 {
		n := min(len(x), callLength)
		switch current() {
		case tierAVX512:
			timesAVX512(&dst[0], &x[0], n)
		case tierAVX2:
			whole := n &^ 7
			timesAVX2(&dst[0], &x[0], whole)
			timesGeneric(dst[whole:n], x[whole:n])
		default:
			timesGeneric(dst[:n], x[:n])
		}
		dst, x = dst[n:], x[n:]
	}
}

func dropMaskAny(x []float32, level, scale float32) {
	for len(x) > 0 {
		n := min(len(x), callLength)
		switch current() {
		case tierAVX512:
			dropMaskAVX512(&x[0], n, level, scale)
		case tierAVX2:
			whole := n &^ 7
			dropMaskAVX2(&x[0], whole, level, scale)
			dropMaskGeneric(x[whole:n], level, scale)
		default:
			dropMaskGeneric(x[:n], level, scale)
		}
		x = x[n:]
	}
}

func normaliseAny(x, mean, scale []float32) {
	for len(x) > 0 {
		n := min(len(x), callLength)
		switch current() {
		case tierAVX512:
			normaliseAVX512(&x[0], &mean[0], &scale[0], n)
		case tierAVX2:
			whole := n &^ 7
			normaliseAVX2(&x[0], &mean[0], &scale[0], whole)
			normaliseGeneric(x[whole:n], mean[whole:n], scale[whole:n])
		default:
			normaliseGeneric(x[:n], mean[:n], scale[:n])
		}
		x, mean, scale = x[n:], mean[n:], scale[n:]
	}
}

func gaussianAny(x, std, noise, upper, lower []float32) {
	for len(x) > 0 {
		n := min(len(x), callLength)
		switch current() {
		case tierAVX512:
			softCapAVX512(&std[0], &upper[0], n)
			softFloorAVX512(&std[0], &lower[0], n)
			drawAVX512(&x[0], &std[0], &noise[0], n)
		case tierAVX2:
			whole := n &^ 7
			softCapAVX2(&std[0], &upper[0], whole)
			softFloorAVX2(&std[0], &lower[0], whole)
			drawAVX2(&x[0], &std[0], &noise[0], whole)
			gaussianGeneric(x[whole:n], std[whole:n], noise[whole:n], upper[whole:n], lower[whole:n])
		default:
			gaussianGeneric(x[:n], std[:n], noise[:n], upper[:n], lower[:n])
		}
		x, std, noise, upper, lower = x[n:], std[n:], noise[n:], upper[n:], lower[n:]
	}
}

func countOutsideAny(x, low, high []float32) (total int) {
	for len(x) > 0 {
		n := min(len(x), callLength)
		switch current() {
		case tierAVX512:
			total += countOutsideAVX512(&x[0], &low[0], &high[0], n)
		case tierAVX2:
			whole := n &^ 7
			total += countOutsideAVX2(&x[0], &low[0], &high[0], whole) + countOutsideGeneric(x[whole:n], low[whole:n], high[whole:n])
		default:
			total += countOutsideGeneric(x[:n], low[:n], high[:n])
		}
		x, low, high = x[n:], low[n:], high[n:]
	}
	return total
}

func countNotInsideAny(x, low, high []float32) (total int) {
	for len(x) > 0 {
		n := min(len(x), callLength)
		switch current() {
		case tierAVX512:
			total += countNotInsideAVX512(&x[0], &low[0], &high[0], n)
		case tierAVX2:
			whole := n &^ 7
			total += countNotInsideAVX2(&x[0], &low[0], &high[0], whole) + countNotInsideGeneric(x[whole:n], low[whole:n], high[whole:n])
		default:
			total += countNotInsideGeneric(x[:n], low[:n], high[:n])
		}
		x, low, high = x[n:], low[n:], high[n:]
	}
	return total
}
