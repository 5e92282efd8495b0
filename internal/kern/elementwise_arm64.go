//go:build arm64 && !noasm

package kern

// callLength is the number of elements in one assembly call: below 100 us also
// on cores that take 30 cycles for one of them, because such a call cannot be
// preempted.
// The kernels do whole vectors only; the generic twins, which return the same
// bits, do the rest.
const callLength = 2048

// vectorPart returns how many of n elements the assembly does.
func vectorPart(n int) int {
	if current() == tierGeneric {
		return 0
	}
	return n &^ 3
}

func expAny(dst, x []float32) {
	end := vectorPart(len(x))
	for at := 0; at < end; at += callLength {
		expNEON(&dst[at], &x[at], min(callLength, end-at))
	}
	expGeneric(dst[end:], x[end:])
}

func tanhAny(dst, x []float32) {
	end := vectorPart(len(x))
	for at := 0; at < end; at += callLength {
		tanhNEON(&dst[at], &x[at], min(callLength, end-at))
	}
	tanhGeneric(dst[end:], x[end:])
}

func siluAny(dst, x []float32) {
	end := vectorPart(len(x))
	for at := 0; at < end; at += callLength {
		siluNEON(&dst[at], &x[at], min(callLength, end-at))
	}
	siluGeneric(dst[end:], x[end:])
}

func softplusAny(dst, x []float32) {
	end := vectorPart(len(x))
	for at := 0; at < end; at += callLength {
		softplusNEON(&dst[at], &x[at], min(callLength, end-at))
	}
	softplusGeneric(dst[end:], x[end:])
}

func reluAny(x []float32) {
	end := vectorPart(len(x))
	for at := 0; at < end; at += callLength {
		reluNEON(&x[at], min(callLength, end-at))
	}
	reluGeneric(x[end:])
}

func reluGradAny(dst, dy, y []float32) {
	end := vectorPart(len(y))
	for at := 0; at < end; at += callLength {
		reluGradNEON(&dst[at], &dy[at], &y[at], min(callLength, end-at))
	}
	reluGradGeneric(dst[end:], dy[end:], y[end:])
}

func tanhGradAny(dst, dy, y []float32) {
	end := vectorPart(len(y))
	for at := 0; at < end; at += callLength {
		tanhGradNEON(&dst[at], &dy[at], &y[at], min(callLength, end-at))
	}
	tanhGradGeneric(dst[end:], dy[end:], y[end:])
}

func axpyAny(dst []float32, a float32, x []float32) {
	end := vectorPart(len(x))
	for at := 0; at < end; at += callLength {
		axpyNEON(&dst[at], &x[at], min(callLength, end-at), a)
	}
	axpyGeneric(dst[end:], a, x[end:])
}

func lerpAny(dst, x []float32, tau float32) {
	end := vectorPart(len(x))
	for at := 0; at < end; at += callLength {
		lerpNEON(&dst[at], &x[at], min(callLength, end-at), tau)
	}
	lerpGeneric(dst[end:], x[end:], tau)
}

func adamAny(w, m, v, g []float32, c *adamArgs) {
	end := vectorPart(len(g))
	for at := 0; at < end; at += callLength {
		adamNEON(&w[at], &m[at], &v[at], &g[at], min(callLength, end-at), &c.lrT)
	}
	adamGeneric(w[end:], m[end:], v[end:], g[end:], c)
}

func colSumsAny(dst, x []float32, rows, cols int) {
	if rows <= 0 || cols == 0 {
		return
	}
	end := vectorPart(cols)
	for block := max(1, 4*callLength/cols); rows > 0; rows -= block {
		n := min(rows, block)
		if end > 0 {
			colSumsNEON(&dst[0], &x[0], n, 4*cols, end)
		}
		colSumsGeneric(dst, x, n, cols, end)
		x = x[n*cols:]
	}
}

func siluSlopeAny(y, x []float32) {
	end := vectorPart(len(x))
	for at := 0; at < end; at += callLength {
		siluSlopeNEON(&y[at], &x[at], min(callLength, end-at))
	}
	siluSlopeGeneric(y[end:], x[end:])
}

func timesAny(dst, x []float32) {
	end := vectorPart(len(x))
	for at := 0; at < end; at += callLength {
		timesNEON(&dst[at], &x[at], min(callLength, end-at))
	}
	timesGeneric(dst[end:], x[end:])
}

func dropMaskAny(x []float32, level, scale float32) {
	end := vectorPart(len(x))
	for at := 0; at < end; at += callLength {
		dropMaskNEON(&x[at], min(callLength, end-at), level, scale)
	}
	dropMaskGeneric(x[end:], level, scale)
}

func normaliseAny(x, mean, scale []float32) {
	end := vectorPart(len(x))
	for at := 0; at < end; at += callLength {
		normaliseNEON(&x[at], &mean[at], &scale[at], min(callLength, end-at))
	}
	normaliseGeneric(x[end:], mean[end:], scale[end:])
}

func gaussianAny(x, std, noise, upper, lower []float32) {
	end := vectorPart(len(x))
	for at := 0; at < end; at += callLength {
		n := min(callLength, end-at)
		softCapNEON(&std[at], &upper[at], n)
		softFloorNEON(&std[at], &lower[at], n)
		drawNEON(&x[at], &std[at], &noise[at], n)
	}
	gaussianGeneric(x[end:], std[end:], noise[end:], upper[end:], lower[end:])
}

// sumSquaresAny takes a multiple of 64 numbers.
func sumSquaresAny(sums *[sumLanes]float32, x []float32) {
	if current() == tierGeneric {
		sumSquaresGeneric(sums, x)
		return
	}
	for len(x) > 0 {
		n := min(len(x), 8*callLength)
		sumSquaresNEON(&sums[0], &x[0], n)
		x = x[n:]
	}
}
