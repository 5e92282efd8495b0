package kern

import "math"

// The plain Go twins of the bfloat16 kernels.

func roundBF16(x float32) uint16 {
	u := math.Float32bits(x)
	switch {
	case u&^signBit > infinityBits:
		return uint16(u>>16) | 0x40 // quiet, so that no NaN loses its last bit
	case u&infinityBits == 0:
		return uint16(u>>16) & 0x8000
	}
	return uint16((u + 0x7FFF + u>>16&1) >> 16)
}

const (
	signBit      = 0x80000000
	infinityBits = 0x7F800000
)

func widenBF16(h uint16) float32 { return math.Float32frombits(uint32(h) << 16) }

func roundBF16Generic(dst []uint16, src []float32) {
	for i, v := range src {
		dst[i] = roundBF16(v)
	}
}

func widenBF16Generic(dst []float32, src []uint16) {
	for i, v := range src {
		dst[i] = widenBF16(v)
	}
}

// dotPair adds the products of two pairs to c as VDPBF16PS does: first the odd
// elements, then the even ones, each with one rounding to the nearest float32,
// ties to even; subnormal numbers are zeros on the way in and on the way out.
func dotPair(c float32, a0, a1, b0, b1 uint16) float32 {
	c = fmaFlushed(a1, b1, flush(c))
	return fmaFlushed(a0, b0, c)
}

// fmaFlushed returns a*b + c. The product has at most 16 significant bits, so
// it is exact in float64; the float64 sum is exact too or far from the middle
// between two float32, so the second rounding does no harm.
func fmaFlushed(a, b uint16, c float32) float32 {
	s := float64(widenFlushed(a))*float64(widenFlushed(b)) + float64(c)
	f := float32(s)
	if math.Float32bits(f)&^signBit > smallestNormalBits {
		return f
	}
	// What counts is the size after rounding to 24 bits, whatever the exponent.
	if math.Abs(float64(float32(s*0x1p64))) < 0x1p-62 {
		return float32(math.Copysign(0, s))
	}
	return f
}

const smallestNormalBits = 0x00800000

func widenFlushed(h uint16) float32 {
	if h&0x7F80 == 0 {
		h &= 0x8000
	}
	return widenBF16(h)
}

func flush(x float32) float32 {
	if u := math.Float32bits(x); u&infinityBits == 0 {
		return math.Float32frombits(u & signBit)
	}
	return x
}

// mulGeneric is the definition of the product for the engine avx512bf16.
func (o *bf16Output) mulGeneric(a []uint16, as, rows int, b *PackedBF16) {
	var tile [panelWidth]float32
	pairs := (b.K + 1) / 2
	for i := range rows {
		for j := 0; j < b.N; j += panelWidth {
			clear(tile[:])
			panel := b.panel(j)
			for p := range pairs {
				a0, a1 := a[i*as+2*p], a[i*as+2*p+1]
				for c := range min(panelWidth, b.N-j) {
					at := 2 * (p*panelWidth + c)
					tile[c] = dotPair(tile[c], a0, a1, panel[at], panel[at+1])
				}
			}
			o.finishGeneric(tile[:], i, 1, j)
		}
	}
}

// finishGeneric stores act(tile + bias) for a tile of rows x 32 whose first
// element belongs to row and column j.
func (o *bf16Output) finishGeneric(tile []float32, row, rows, j int) {
	width := min(panelWidth, o.n-j)
	for i := range rows {
		x := tile[i*panelWidth : i*panelWidth+width]
		for c := range x {
			b := float32(0)
			if o.bias != nil {
				b = o.bias[j+c]
			}
			x[c] += b
		}
		if o.act == SiLU {
			siluShortGeneric(x)
		} else {
			Apply(x, o.act)
		}
		at := (row+i)*o.stride + j
		if o.half == nil {
			copy(o.dst[at:], x)
			continue
		}
		roundBF16Generic(o.half[at:at+width], x)
		if width&1 == 1 {
			o.half[at+width] = 0
		}
	}
}

const log2E = 1.44269504

// The constants of 2^r = poly(r) for |r| <= 1/2 within 2.6e-6 of its size.
const (
	short0 = 0.999999285
	short1 = 0.693121791
	short2 = 0.240247443
	short3 = 0.0559178591
	short4 = 0.00957010221
)

// siluShortGeneric replaces x by x/(1+2^u), u = -x*log2(e).
func siluShortGeneric(x []float32) {
	for i, v := range x {
		u := float32(v * -log2E)
		n := math.RoundToEven(float64(u))
		r := u - float32(n)
		if math.IsInf(n, 0) {
			r = 0
		}
		p := float32(short4)
		p = fma32(p, r, short3)
		p = fma32(p, r, short2)
		p = fma32(p, r, short1)
		p = fma32(p, r, short0)
		// 2^1000 is as infinite in float32 as any higher power.
		e := float32(math.Ldexp(float64(p), int(clamp64(n, -1000, 1000))))
		x[i] = v / (e + 1)
	}
}

// clamp64 keeps n within the exponents that an int can hold; NaN becomes lo.
func clamp64(n, lo, hi float64) float64 {
	if n > hi {
		return hi
	}
	if n > lo {
		return n
	}
	return lo
}

// fma32 returns a*b + c rounded once, for results far from overflow and
// underflow. The product is exact in float64. A float64 sum that is not exact
// gets an odd last bit, on the side of the true sum, which the rounding to
// float32 cannot mistake for the middle between two numbers (Boldo and
// Melquiond 2008).
func fma32(a, b, c float32) float32 {
	p, q := float64(a)*float64(b), float64(c)
	s := p + q
	t := s - p
	lost := (p - (s - t)) + (q - t)
	if bits := math.Float64bits(s); lost != 0 && bits&1 == 0 {
		if lost > 0 == (s > 0) {
			bits++
		} else {
			bits--
		}
		s = math.Float64frombits(bits)
	}
	return float32(s)
}
