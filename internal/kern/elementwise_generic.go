package kern

import "math"

// The plain Go twins of the elementwise kernels. They define the results: the
// conversions float32(...) keep compilers from fusing a product with a sum.

// The constants of exp: x = n*ln2 + r with |r| <= ln2/2, where n*ln2Hi is
// exact, and exp(r) = 1 + r + r^2*poly(r).
const (
	log2E     = 1.44269504
	ln2Hi     = 0.693359375
	ln2Lo     = -2.12194440e-4
	roundBias = 12582912 // 1.5*2^23: adding it rounds to an integer

	exp0 = 5.0000001201e-1
	exp1 = 1.6666665459e-1
	exp2 = 4.1665795894e-2
	exp3 = 8.3334519073e-3
	exp4 = 1.3981999507e-3
	exp5 = 1.9875691500e-4

	expHi = 89   // above it exp is +Inf
	expLo = -104 // below it exp is 0

	// The range in which exp is a normal number times one power of two; at the
	// upper end that power is +Inf.
	expFastHi = 89
	expFastLo = -87
)

// expParts returns p and n with exp(x) = p*2^n for |x| <= 104.
func expParts(x float32) (p float32, n int32) {
	t := float32(x*log2E) + roundBias
	k := t - roundBias
	r := float32(x-float32(k*ln2Hi)) - float32(k*ln2Lo)
	p = exp5
	p = float32(p*r) + exp4
	p = float32(p*r) + exp3
	p = float32(p*r) + exp2
	p = float32(p*r) + exp1
	p = float32(p*r) + exp0
	p = float32(float32(float32(p*r)*r)+r) + 1
	return p, int32(math.Float32bits(t) - roundBiasBits)
}

const roundBiasBits = 0x4B400000 // math.Float32bits(roundBias)

// clamp keeps NaN.
func clamp(x, lo, hi float32) float32 {
	if x < lo {
		x = lo
	}
	if x > hi {
		x = hi
	}
	return x
}

// pow2 returns 2^n for -126 <= n <= 127 and +Inf for n = 128.
func pow2(n int32) float32 { return math.Float32frombits(uint32(n+127) << 23) }

// expFull is exp over the whole range, subnormal results included.
func expFull(x float32) float32 {
	p, n := expParts(clamp(x, expLo, expHi))
	half := n >> 1
	return float32(p*pow2(half)) * pow2(n-half)
}

// expFast is exp of x clamped to [expFastLo, hi].
func expFast(x, hi float32) float32 {
	p, n := expParts(clamp(x, expFastLo, hi))
	return float32(p * pow2(n))
}

func expGeneric(dst, x []float32) {
	for i, v := range x {
		dst[i] = expFull(v)
	}
}

// The constants of tanh: below tanhSplit, |x| + |x|*x^2*poly(x^2); above it,
// 1 - 2/(exp(2|x|)+1), which is 1 from tanhEnd on.
const (
	tanhSplit = 0.625
	tanhEnd   = 10

	tanh0 = -0.333333284
	tanh1 = 0.133327693
	tanh2 = -0.0538509078
	tanh3 = 0.0209971797
	tanh4 = -0.00609671418
)

func tanhGeneric(dst, x []float32) {
	for i, v := range x {
		sign := math.Float32bits(v) & 0x80000000
		a := math.Float32frombits(math.Float32bits(v) &^ 0x80000000)
		var y float32
		if a < tanhSplit {
			z := float32(a * a)
			p := float32(tanh4)
			p = float32(p*z) + tanh3
			p = float32(p*z) + tanh2
			p = float32(p*z) + tanh1
			p = float32(p*z) + tanh0
			y = float32(float32(p*z)*a) + a
		} else {
			y = 1 - 2/(expFast(a+a, 2*tanhEnd)+1)
		}
		dst[i] = math.Float32frombits(math.Float32bits(y) | sign)
	}
}

func siluGeneric(dst, x []float32) {
	for i, v := range x {
		dst[i] = v / (1 + expFast(-v, expFastHi))
	}
}

// The constants of log(1+e) = s*poly(s^2) with s = e/(2+e), 0 <= e <= 1.
const (
	log1p0 = 2
	log1p1 = 0.666663229
	log1p2 = 0.400245965
	log1p3 = 0.279651463
	log1p4 = 0.281578422
)

func softplusGeneric(dst, x []float32) {
	for i, v := range x {
		a := math.Float32frombits(math.Float32bits(v) | 0x80000000)
		e := expFast(a, expFastHi)
		s := e / (2 + e)
		z := float32(s * s)
		p := float32(log1p4)
		p = float32(p*z) + log1p3
		p = float32(p*z) + log1p2
		p = float32(p*z) + log1p1
		p = float32(p*z) + log1p0
		dst[i] = relu(v) + float32(p*s)
	}
}

func siluGradGeneric(dst, dy, pre []float32) {
	for i, v := range pre {
		x := clamp(v, -siluGradEnd, siluGradEnd)
		e := expFast(-x, expFastHi)
		s := 1 / (1 + e)
		// 1-s is e*s without cancellation.
		d := float32(s * (1 + float32(x*float32(e*s))))
		dst[i] = float32(dy[i] * d)
	}
}

// siluGradEnd is where the derivative of SiLU is 0 or 1 within 1e-35.
const siluGradEnd = 86

func relu(v float32) float32 {
	if v < 0 {
		return 0
	}
	return v
}

func reluGeneric(x []float32) {
	for i, v := range x {
		x[i] = relu(v)
	}
}

func reluGradGeneric(dst, dy, y []float32) {
	for i, v := range y {
		if v <= 0 {
			dst[i] = 0
		} else {
			dst[i] = dy[i]
		}
	}
}

func tanhGradGeneric(dst, dy, y []float32) {
	for i, v := range y {
		dst[i] = float32(dy[i] * (1 - float32(v*v)))
	}
}

func axpyGeneric(dst []float32, a float32, x []float32) {
	for i, v := range x {
		dst[i] += float32(a * v)
	}
}

func lerpGeneric(dst, x []float32, tau float32) {
	for i, v := range x {
		dst[i] += float32(tau * (v - dst[i]))
	}
}

// colSumsGeneric leaves out the columns before from.
func colSumsGeneric(dst, x []float32, rows, cols, from int) {
	for r := range rows {
		row := x[r*cols : (r+1)*cols]
		for j := from; j < cols; j++ {
			dst[j] += row[j]
		}
	}
}

// sumSquaresGeneric adds the square of x[i] to sums[i%64].
func sumSquaresGeneric(sums *[sumLanes]float32, x []float32) {
	for i, v := range x {
		sums[i%sumLanes] += float32(v * v)
	}
}

func adamGeneric(w, m, v, g []float32, c *adamArgs) {
	for i := range w {
		gi := g[i] + float32(c.decay*w[i])
		mi := float32(c.beta1*m[i]) + float32(c.rest1*gi)
		vi := float32(c.beta2*v[i]) + float32(c.rest2*float32(gi*gi))
		m[i], v[i] = mi, vi
		root := float32(math.Sqrt(float64(vi)))
		w[i] -= float32(c.lrT*mi) / (float32(root/c.c2Sqrt) + c.eps)
	}
}
