package rng

import "math"

// Normals fills dst with standard normal numbers: dst[i] is number first+i of
// k. One index gives one number whatever the slice's length or start, so
// workers may draw disjoint parts of one sequence. first must be a multiple of
// 4. The bits are the same on every machine. The largest magnitude is 6.7.
func (k Key) Normals(dst []float32, first uint64) {
	if first%4 != 0 {
		panic("rng: Normals must start at a multiple of 4")
	}
	normals(dst, k, first/4)
}

// normalsGeneric defines Normals; blk is the Philox block of dst[0]. The vector
// versions follow it operation by operation.
func normalsGeneric(dst []float32, k Key, blk uint64) {
	for len(dst) > 0 {
		a, b, c, d := philox(k.Word, k.Space, blk)
		blk++
		var q [4]float32
		q[0], q[1] = boxMuller(a, b)
		q[2], q[3] = boxMuller(c, d)
		dst = dst[copy(dst, q[:]):]
	}
}

// The minimax polynomials of boxMuller: -2*log(1+f)/f for sqrt(1/2) <= 1+f <
// sqrt(2), and sin(pi/2*t)/t and cos(pi/2*t) in t^2 for |t| <= 1/2.
const (
	log0, log1, log2 = -2, 0.99999994, -0.666683853
	log3, log4, log5 = 0.500027061, -0.399118662, 0.331559867
	log6, log7, log8 = -0.29954803, 0.285385162, -0.170666263

	sin0, sin1, sin2, sin3 = 1.57079637, -0.64596349, 0.0796802193, -0.00460214913
	cos0, cos1, cos2, cos3 = 1, -1.23369706, 0.253598571, -0.0204081591

	twoLn2       = 1.38629436
	sqrtHalfBits = 0x3F3504F3 // math.Float32bits(sqrt(1/2))
)

// boxMuller turns two uniform words into two independent normals: a gives the
// radius; of b, the two upper bits choose a quarter of the circle and the
// others the angle in it. The conversions keep compilers from fusing a product
// with a sum.
func boxMuller(a, b uint32) (x, y float32) {
	u := math.Float32bits(float32(a | 1)) // 2^32 times a number in (0, 1]
	e := int32(u-sqrtHalfBits) >> 23
	f := math.Float32frombits(u-uint32(e)<<23) - 1
	p := float32(log8)
	p = float32(p*f) + log7
	p = float32(p*f) + log6
	p = float32(p*f) + log5
	p = float32(p*f) + log4
	p = float32(p*f) + log3
	p = float32(p*f) + log2
	p = float32(p*f) + log1
	p = float32(p*f) + log0
	square := float32(f*p) + float32(float32(32-e)*twoLn2)
	r := float32(math.Sqrt(float64(square)))
	r = math.Float32frombits(math.Float32bits(r) ^ b&0x80000000)

	t := float32(float32(int32(b<<2)) * 0x1p-32)
	z := float32(t * t)
	s := float32(sin3)
	s = float32(s*z) + sin2
	s = float32(s*z) + sin1
	s = float32(s*z) + sin0
	s = float32(t * s)
	c := float32(cos3)
	c = float32(c*z) + cos2
	c = float32(c*z) + cos1
	c = float32(c*z) + cos0
	if b&0x40000000 != 0 {
		c, s = s, c
	}
	return float32(c * r), float32(s * r)
}

// Uniforms fills dst with uniform numbers in [-1, 1): dst[i] is number first+i
// of k. first must be a multiple of 4.
func (k Key) Uniforms(dst []float32, first uint64) {
	if first%4 != 0 {
		panic("rng: Uniforms must start at a multiple of 4")
	}
	uniforms(dst, k, first/4)
}

// uniformsGeneric defines Uniforms; blk is the Philox block of dst[0].
func uniformsGeneric(dst []float32, k Key, blk uint64) {
	for len(dst) > 0 {
		var w [4]uint32
		w[0], w[1], w[2], w[3] = philox(k.Word, k.Space, blk)
		blk++
		var q [4]float32
		for i := range q {
			q[i] = float32(int32(w[i])>>8) * 0x1p-23
		}
		dst = dst[copy(dst, q[:]):]
	}
}
