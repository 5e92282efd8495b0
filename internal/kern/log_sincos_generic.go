package kern

import "math"

// The constants of log: x = 2^k*(1+f) with sqrt(1/2) <= 1+f < sqrt(2), s =
// f/(2+f) and log(1+f) = 2s + s^3*(log1+log2*s^2+log3*s^4) within 1e-9 of
// itself, written as f - f^2/2 + s*(f^2/2 + ...), whose leading term is exact.
// k*ln2Hi is exact.
const (
	ln2Hi     = 0.693359375
	ln2Lo     = -2.12194440e-4
	minNormal = 0x1p-126

	sqrtHalfBits = 0x3F3504F3 // math.Float32bits(sqrt(1/2))

	log1 = 0.66666776
	log2 = 0.39977509
	log3 = 0.29872692
)

func logGeneric(dst, x []float32) {
	for i, v := range x {
		dst[i] = log(v)
	}
}

func log(x float32) float32 {
	switch {
	case x == 0:
		return float32(math.Inf(-1))
	case x < 0:
		return float32(math.NaN())
	case !(x < float32(math.Inf(1))):
		return x
	}
	shift := int32(0)
	if x < minNormal {
		x = float32(x * (1 << 23))
		shift = 23
	}
	u := math.Float32bits(x)
	e := int32(u-sqrtHalfBits) >> 23
	f := math.Float32frombits(u-uint32(e)<<23) - 1
	k := float32(e - shift)
	s := f / (2 + f)
	z := float32(s * s)
	half := float32(float32(0.5*f) * f)
	p := float32(log3)
	p = float32(p*z) + log2
	p = float32(p*z) + log1
	rest := float32(s*(half+float32(z*p))) + float32(k*ln2Lo)
	return float32(k*ln2Hi) + (f - (half - rest))
}

// The constants of sinCos, in float64: x = k*pi/2 + r with |r| <= pi/4, where
// k*quarterHi is exact up to sinCosEnd; sin(r) = r + r^3*poly(r^2) and cos(r) =
// 1 - r^2/2 + r^4*poly(r^2) within 4e-9 of themselves.
const (
	quarters    = 0.6366197723675814 // 2/pi
	quarterHi   = 0x1.921fb544p+00
	quarterLo   = 0x1.0b4611a626331p-34
	roundBias64 = 0x1.8p52 // adding it rounds to an integer
	sinCosEnd   = 1e6

	sin1, sin2, sin3 = -0.16666654601841568, 0.008332160271578902, -0.00019515215910072658
	cos1, cos2, cos3 = 0.041666645669992695, -0.001388731560980717, 2.4433082022297298e-05
)

func sinCosGeneric(sin, cos, x []float32) {
	for i, v := range x {
		sin[i], cos[i] = sinCos(v)
	}
}

func sinCos(x float32) (sin, cos float32) {
	d := float64(x)
	if !(math.Abs(d) <= sinCosEnd) {
		s, c := math.Sincos(d)
		return float32(s), float32(c)
	}
	k := float64(d*quarters) + roundBias64 - roundBias64
	r := float64(d-float64(k*quarterHi)) - float64(k*quarterLo)
	z := float64(r * r)
	p := float64(sin3)
	p = float64(p*z) + sin2
	p = float64(p*z) + sin1
	sin = float32(r + float64(float64(r*z)*p))
	p = cos3
	p = float64(p*z) + cos2
	p = float64(p*z) + cos1
	cos = float32(1 - float64(z*0.5) + float64(float64(z*z)*p))
	q := uint32(int32(k))
	if q&1 != 0 {
		sin, cos = cos, sin
	}
	sin = math.Float32frombits(math.Float32bits(sin) ^ q<<30&0x80000000)
	cos = math.Float32frombits(math.Float32bits(cos) ^ (q+1)<<30&0x80000000)
	return sin, cos
}

// sinCosRest writes the elements that the vector kernels leave out.
func sinCosRest(sin, cos, x []float32) {
	for i, v := range x {
		if !(v >= -sinCosEnd && v <= sinCosEnd) {
			sin[i], cos[i] = sinCos(v)
		}
	}
}
