package mpc

import "math"

// series fills dst with the matrix (h x the returned columns) that turns
// independent normals into one joint's series of h numbers, row-major (method.md
// B.6). White noise needs none.
func series(dst []float32, s *Settings, h int) (columns int) {
	switch s.Noise {
	case NoiseColoured:
		coloured(dst, h, s.Beta)
		return 2 * (h/2 + 1)
	case NoiseAR:
		autoregressive(dst, h, s.AR[0], s.AR[1], s.AR[2])
		return h
	case NoiseKnots:
		n := min(s.Knots, h)
		splines(dst, h, n, s.KnotOrder)
		return n
	}
	return 0
}

// seriesSize is the most numbers that series fills for horizons up to h.
func seriesSize(s *Settings, h int) int {
	switch s.Noise {
	case NoiseColoured:
		return h * 2 * (h/2 + 1)
	case NoiseAR:
		return h * h
	case NoiseKnots:
		return h * min(s.Knots, h)
	}
	return 0
}

// autoregressive fills dst (h x h) with the responses of the filter e_t = b0 z_t
// + b1 e_{t-1} + b2 e_{t-2}. The first two numbers are the white ones, as in
// mohakbhardwaj/mjmpc.
func autoregressive(dst []float32, h int, b0, b1, b2 float64) {
	clear(dst[:h*h])
	for q := range h {
		last, before := 0.0, 0.0
		for t := q; t < h; t++ {
			e := 0.0
			switch {
			case t == q && t < 2:
				e = 1
			case t == q:
				e = b0
			case t >= 2:
				e = b1*last + b2*before
			}
			dst[t*h+q] = float32(e)
			last, before = e, last
		}
	}
}

// splines fills dst (h x n) with the numbers that each of n nodes, spread evenly
// from the first step to the last, gives to the steps: 0 holds a node's number
// until the next node, 1 is linear, 3 a natural cubic spline.
func splines(dst []float32, h, n, order int) {
	y, second := make([]float64, n), make([]float64, n)
	for q := range n {
		clear(y)
		y[q] = 1
		if order == 3 {
			naturalSpline(second, y)
		}
		for t := range h {
			x := 0.0 // in distances of nodes
			if h > 1 {
				x = float64(t) * float64(n-1) / float64(h-1)
			}
			i := min(int(x+1e-9), max(0, n-2))
			f := x - float64(i)
			v := y[i]
			switch {
			case order == 0:
				v = y[min(int(x+1e-9), n-1)]
			case n == 1:
			default:
				v = (1-f)*y[i] + f*y[i+1]
				if order == 3 {
					v += ((1-f)*(1-f)*(1-f)-(1-f))*second[i]/6 + (f*f*f-f)*second[i+1]/6
				}
			}
			dst[t*n+q] = float32(v)
		}
	}
}

// naturalSpline fills second with the second derivatives at the nodes y, one
// apart, of the cubic spline through them whose ends are not bent: the
// tridiagonal system second[i-1] + 4 second[i] + second[i+1] = 6 (y[i-1] - 2
// y[i] + y[i+1]).
func naturalSpline(second, y []float64) {
	n := len(y)
	clear(second)
	if n < 3 {
		return
	}
	ratio := make([]float64, n)
	for i := 1; i < n-1; i++ {
		pivot := 4 - ratio[i-1]
		ratio[i] = 1 / pivot
		second[i] = (6*(y[i-1]-2*y[i]+y[i+1]) - second[i-1]) / pivot
	}
	for i := n - 2; i > 0; i-- {
		second[i] -= ratio[i] * second[i+1]
	}
}

// coloured fills dst (h x 2(h/2+1)) with the matrix that turns independent
// normals into a series of length h whose power spectrum falls as f^-beta
// (Timmer and Koenig; method.md B.6). Columns are the real and imaginary parts
// of the frequencies in turn.
func coloured(dst []float32, h int, beta float64) {
	k := h/2 + 1
	amp := func(i int) float64 {
		f := float64(max(i, 1)) / float64(h)
		return math.Pow(f, -beta/2)
	}
	norm := 0.0
	for i := 1; i < k; i++ {
		a := amp(i)
		if h%2 == 0 && i == k-1 {
			a /= 2
		}
		norm += a * a
	}
	scale := 2 / float64(h) * math.Sqrt(norm)
	if h == 1 {
		scale = 1 // a series of one number is white
	}
	for t := range h {
		for i := range k {
			re, im := 2*amp(i), -2*amp(i)
			if i == 0 || h%2 == 0 && i == k-1 {
				re, im = math.Sqrt2*amp(i), 0
				if h == 1 {
					re = 1
				}
			}
			sin, cos := math.Sincos(2 * math.Pi * float64(i) * float64(t) / float64(h))
			dst[t*2*k+2*i] = float32(re * cos / float64(h) / scale)
			dst[t*2*k+2*i+1] = float32(im * sin / float64(h) / scale)
		}
	}
}
