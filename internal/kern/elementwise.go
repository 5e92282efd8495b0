package kern

import (
	"fmt"
	"math"
)

// The elementwise kernels. All of them take slices of equal length (they panic
// otherwise), may work in place where the signature allows it, allocate
// nothing and return the same bits in every tier: each multiplication and each
// addition is rounded on its own.

// Exp sets dst[i] = exp(x[i]) within 1.25 ulp, also where the result is
// subnormal. dst may be x.
func Exp(dst, x []float32) {
	sameLength("Exp", len(dst), len(x))
	expAny(dst, x)
}

// Log sets dst[i] = log(x[i]) within 1 ulp, also for subnormal x: -Inf for 0
// and -0, NaN for x < 0, +Inf for +Inf. dst may be x.
func Log(dst, x []float32) {
	sameLength("Log", len(dst), len(x))
	logAny(dst, x)
}

// SinCos sets sin[i] and cos[i] to those of x[i] in radians within 0.6 ulp for
// every finite x, and to NaN for the others. Beyond |x| = 1e6 an element is
// computed by package math, one at a time. x must not overlap sin or
// cos.
func SinCos(sin, cos, x []float32) {
	sameLength("SinCos", len(sin), len(cos), len(x))
	sinCosAny(sin, cos, x)
}

// TanhOf sets dst[i] = tanh(x[i]) within 1.5 ulp. dst may be x.
func TanhOf(dst, x []float32) {
	sameLength("TanhOf", len(dst), len(x))
	tanhAny(dst, x)
}

// SiLUOf sets dst[i] = x[i]*sigmoid(x[i]) within 3.5 ulp for x >= -87; below that
// it stays at its value there, -1.4e-36. dst may be x.
func SiLUOf(dst, x []float32) {
	sameLength("SiLUOf", len(dst), len(x))
	siluAny(dst, x)
}

// SiLUSlope sets y[i] = x[i]*sigmoid(x[i]), as SiLUOf does, and x[i] to its
// derivative there: both come from one exponential. The derivative, the sum of
// s = sigmoid(x) and x*s*(1-s), is within 5.5 ulp of the larger of the two for
// x >= -87; below that it stays at its value there, -1.4e-36. y must not
// overlap x.
func SiLUSlope(y, x []float32) {
	sameLength("SiLUSlope", len(y), len(x))
	siluSlopeAny(y, x)
}

// Times sets dst[i] = dst[i]*x[i].
func Times(dst, x []float32) {
	sameLength("Times", len(dst), len(x))
	timesAny(dst, x)
}

// DropMask makes a dropout mask of uniform numbers: x[i] becomes 0 where it is
// below level, else scale.
func DropMask(x []float32, level, scale float32) { dropMaskAny(x, level, scale) }

// Softplus sets dst[i] = log(1+exp(x[i])) within 4 ulp for x >= -87; below
// that it stays at exp(-87). dst may be x.
func Softplus(dst, x []float32) {
	sameLength("Softplus", len(dst), len(x))
	softplusAny(dst, x)
}

// Normalise sets x[i] = (x[i]-mean[i])*scale[i].
func Normalise(x, mean, scale []float32) {
	sameLength("Normalise", len(x), len(mean), len(scale))
	normaliseAny(x, mean, scale)
}

// Gaussian makes draws from the raw output of a probabilistic network: std[i],
// a raw log-variance, becomes the standard deviation exp(s/2), where s is the
// log-variance softly bounded by upper[i] and lower[i] (method.md C.2), and
// x[i], the mean, becomes x[i] + std[i]*noise[i].
func Gaussian(x, std, noise, upper, lower []float32) {
	sameLength("Gaussian", len(x), len(std), len(noise), len(upper), len(lower))
	gaussianAny(x, std, noise, upper, lower)
}

// CountOutside returns how many x[i] are below low[i] or above high[i]. NaN is
// neither.
func CountOutside(x, low, high []float32) int {
	sameLength("CountOutside", len(x), len(low), len(high))
	return countOutsideAny(x, low, high)
}

// CountNotInside returns how many x[i] are not in [low[i], high[i]]. NaN is not.
func CountNotInside(x, low, high []float32) int {
	sameLength("CountNotInside", len(x), len(low), len(high))
	return countNotInsideAny(x, low, high)
}

// ReLUGrad sets dst[i] = dy[i] where y[i] > 0 or NaN, else 0; y is ReLU's input
// or output. dst may be dy or y.
func ReLUGrad(dst, dy, y []float32) {
	sameLength("ReLUGrad", len(dst), len(dy), len(y))
	reluGradAny(dst, dy, y)
}

// TanhGrad sets dst[i] = dy[i] * (1-y[i]^2); y is tanh's output. dst may be dy
// or y.
func TanhGrad(dst, dy, y []float32) {
	sameLength("TanhGrad", len(dst), len(dy), len(y))
	tanhGradAny(dst, dy, y)
}

// AXPY adds a*x to dst.
func AXPY(dst []float32, a float32, x []float32) {
	sameLength("AXPY", len(dst), len(x))
	axpyAny(dst, a, x)
}

// Lerp moves dst by the fraction tau of its distance to x.
func Lerp(dst, x []float32, tau float32) {
	sameLength("Lerp", len(dst), len(x))
	lerpAny(dst, x, tau)
}

// ColSums adds to dst (length cols) the column sums of the row-major matrix x
// (rows x cols), row after row.
func ColSums(dst, x []float32, rows, cols int) {
	if len(dst) != cols || len(x) < rows*cols {
		panic(fmt.Sprintf("kern: ColSums: dst has length %d and x %d for %d x %d", len(dst), len(x), rows, cols))
	}
	colSumsAny(dst, x, rows, cols)
}

// sumLanes is the number of interleaved parts that SumSquares sums apart.
const sumLanes = 64

// SumSquares returns the sum of x[i]^2, added up in 64 interleaved parts in
// float32 and these in order in float64.
func SumSquares(x []float32) float64 {
	var sums [sumLanes]float32
	whole := len(x) &^ (sumLanes - 1)
	sumSquaresAny(&sums, x[:whole])
	sumSquaresGeneric(&sums, x[whole:])
	total := 0.0
	for _, s := range sums {
		total += float64(s)
	}
	return total
}

// Adam makes one step of Adam (Kingma and Ba 2015) with L2 weight decay, as in
// PyTorch: g' = g + decay*w; m = beta1*m + (1-beta1)*g'; v = beta2*v +
// (1-beta2)*g'^2; w -= lrT*m / (sqrt(v)/c2Sqrt + eps), where lrT =
// lr/(1-beta1^t) and c2Sqrt = sqrt(1-beta2^t) at step t = 1, 2, ...
func Adam(w, m, v, g []float32, lrT, beta1, beta2, eps, c2Sqrt, decay float32) {
	sameLength("Adam", len(w), len(m), len(v), len(g))
	adamAny(w, m, v, g, &adamArgs{
		lrT: lrT, beta1: beta1, rest1: oneMinus(beta1), beta2: beta2, rest2: oneMinus(beta2),
		eps: eps, c2Sqrt: c2Sqrt, decay: decay,
	})
}

// adamArgs are the constants of one Adam step; the assembly reads them in this
// order.
type adamArgs struct{ lrT, beta1, rest1, beta2, rest2, eps, c2Sqrt, decay float32 }

// oneMinus returns 1-b for the decimal of at most six digits that b stands for,
// if it stands for one: 1-float32(0.999) is off by 1.3e-5 of itself, which
// every step would carry into v.
func oneMinus(b float32) float32 {
	if short := math.Round(float64(b)*1e6) / 1e6; float32(short) == b {
		return float32(1 - short)
	}
	return 1 - b
}

func sameLength(kernel string, n int, others ...int) {
	for _, m := range others {
		if m != n {
			panic(fmt.Sprintf("kern: %s: slices of %d and %d numbers", kernel, n, m))
		}
	}
}
