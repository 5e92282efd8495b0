package kern

import "math"

// The plain Go twins of the elementwise kernels. They define the results: the
// conversions float32(...) keep compilers from fusing a product with a sum.

// The constants of exp: x = k*ln2/8 + r with |r| <= ln2/16, where k*eighthHi is
// exact. With k = 8n+j, exp(x) = 2^n*2^(j/8)*exp(r), and exp(r) = 1 + r +
// r^2*(exp2+exp3*r) within 2.6e-8.
const (
	eighths   = 11.5415603 // 8/ln2
	eighthHi  = 8.6669921875e-2
	eighthLo  = -2.65243050e-5
	exp2      = 0.500064552
	exp3      = 0.166668579
	roundBias = 12582912 // 1.5*2^23: adding it rounds to an integer

	expHi = 89   // above it exp is +Inf
	expLo = -104 // below it exp is 0

	// sigmoidEnd limits the argument of the exponential in the functions made of
	// it, so that neither it nor its reciprocal leaves the normal numbers.
	sigmoidEnd = 87
)

// roots[j] holds the bits of 2^(j/8), less j<<20: adding k<<20 then multiplies
// by 2^n.
var roots = [8]uint32{0x3f800000, 0x3f7b95c2, 0x3f7837f0, 0x3f75fed7, 0x3f7504f3, 0x3f75672a, 0x3f7744fd, 0x3f7ac0c7}

// expParts returns s and p with exp(x) = s+s*p for |x| <= 104. s holds the bits
// of a float32 whose exponent may lie outside its range.
func expParts(x float32) (s uint32, p float32) {
	t := float32(x*eighths) + roundBias
	k := t - roundBias
	r := float32(x-float32(k*eighthHi)) - float32(k*eighthLo)
	p = float32(r*exp3) + exp2
	p = float32(p*float32(r*r)) + r
	// The low bits of roundBias are zero, so those of t are k's.
	b := math.Float32bits(t)
	return roots[b%8] + b<<20, p
}

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

// exp is exp over the whole range, subnormal results included: 2^64 or 2^-64
// is taken out of s and multiplied in at the end.
func exp(x float32) float32 {
	x = clamp(x, expLo, expHi)
	bits, p := expParts(x)
	half := uint32(0x20000000)
	if math.Float32bits(x)&0x80000000 != 0 {
		half = 0xE0000000
	}
	s := math.Float32frombits(bits - half)
	return float32(float32(s*p)+s) * math.Float32frombits(half+0x3F800000)
}

// expNear is exp for |x| <= sigmoidEnd.
func expNear(x float32) float32 {
	bits, p := expParts(x)
	s := math.Float32frombits(bits)
	return float32(s*p) + s
}

// sigmoid returns s = 1/(1+e) with e = exp(-x) of x limited to sigmoidEnd on
// both sides, and that x with the lower limit alone (low) and with both.
func sigmoid(x float32) (low, both, e, s float32) {
	low = clamp(x, -sigmoidEnd, float32(math.Inf(1)))
	both = clamp(low, -sigmoidEnd, sigmoidEnd)
	e = expNear(-both)
	return low, both, e, 1 / (1 + e)
}

// siluSlope is the derivative of x*sigmoid(x) from the results of sigmoid.
func siluSlope(both, e, s float32) float32 {
	// 1-s is e*s without cancellation.
	return float32(s * (float32(float32(both*s)*e) + 1))
}

func expGeneric(dst, x []float32) {
	for i, v := range x {
		dst[i] = exp(v)
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
			y = 1 - 2/(expNear(clamp(a+a, 0, 2*tanhEnd))+1)
		}
		dst[i] = math.Float32frombits(math.Float32bits(y) | sign)
	}
}

func siluGeneric(dst, x []float32) {
	for i, v := range x {
		low, _, _, s := sigmoid(v)
		dst[i] = float32(low * s)
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

func softplus(x float32) float32 {
	a := math.Float32frombits(math.Float32bits(x) &^ 0x80000000)
	e := expNear(-clamp(a, 0, sigmoidEnd))
	s := e / (2 + e)
	z := float32(s * s)
	p := float32(log1p4)
	p = float32(p*z) + log1p3
	p = float32(p*z) + log1p2
	p = float32(p*z) + log1p1
	p = float32(p*z) + log1p0
	return relu(x) + float32(p*s)
}

func softplusGeneric(dst, x []float32) {
	for i, v := range x {
		dst[i] = softplus(v)
	}
}

func normaliseGeneric(x, mean, scale []float32) {
	for i, m := range mean {
		x[i] = float32((x[i] - m) * scale[i])
	}
}

func gaussianGeneric(x, std, noise, upper, lower []float32) {
	for i, u := range upper {
		below := u - softplus(u-std[i])
		within := softplus(below-lower[i]) + lower[i]
		std[i] = exp(float32(within * 0.5))
		x[i] += float32(std[i] * noise[i])
	}
}

func countOutsideGeneric(x, low, high []float32) (n int) {
	for i, v := range x {
		if v < low[i] || v > high[i] {
			n++
		}
	}
	return n
}

func countNotInsideGeneric(x, low, high []float32) (n int) {
	for i, v := range x {
		if !(v >= low[i] && v <= high[i]) {
			n++
		}
	}
	return n
}

func siluSlopeGeneric(y, x []float32) {
	for i, v := range x {
		low, both, e, s := sigmoid(v)
		y[i], x[i] = float32(low*s), siluSlope(both, e, s)
	}
}

func timesGeneric(dst, x []float32) {
	for i, v := range x {
		dst[i] *= v
	}
}

func dropMaskGeneric(x []float32, level, scale float32) {
	for i, v := range x {
		x[i] = scale
		if v < level {
			x[i] = 0
		}
	}
}

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
