package rng

import "math"

// Normals fills dst with standard normal numbers: dst[i] is number first+i of
// k. One index gives one number whatever the slice's length or start, so
// workers may draw disjoint parts of one sequence. first must be a multiple of 4.
func (k Key) Normals(dst []float32, first uint64) {
	if first%4 != 0 {
		panic("rng: Normals must start at a multiple of 4")
	}
	blk := first / 4
	for i := 0; i < len(dst); i += 4 {
		a, b, c, d := philox(k.Word, k.Space, blk)
		blk++
		var q [4]float32
		q[0], q[1] = boxMuller(a, b)
		q[2], q[3] = boxMuller(c, d)
		copy(dst[i:], q[:])
	}
}

// boxMuller turns two uniform words into two independent normals.
func boxMuller(a, b uint32) (x, y float32) {
	r := math.Sqrt(-2 * math.Log((float64(a)+1)*0x1p-32))
	s, c := math.Sincos(2 * math.Pi * (float64(b) * 0x1p-32))
	return float32(r * c), float32(r * s)
}

// Uniforms fills dst with uniform numbers in [-1, 1): dst[i] is number first+i
// of k. first must be a multiple of 4.
func (k Key) Uniforms(dst []float32, first uint64) {
	if first%4 != 0 {
		panic("rng: Uniforms must start at a multiple of 4")
	}
	blk := first / 4
	for i := 0; i < len(dst); i += 4 {
		var w [4]uint32
		w[0], w[1], w[2], w[3] = philox(k.Word, k.Space, blk)
		blk++
		for j := 0; j < 4 && i+j < len(dst); j++ {
			dst[i+j] = float32(int32(w[j])>>8) * 0x1p-23
		}
	}
}
