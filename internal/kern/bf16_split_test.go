package kern

import (
	"fmt"
	"math"
	"testing"
	"time"
)

// The two matrices of a float32 product made of bfloat16 products: every
// number is a sum of three parts, high, middle and low, and of the nine
// products of parts the six largest count. They lie side by side in one product
// six times as deep, the smallest first.
var (
	splitLeft  = []int{2, 0, 1, 1, 0, 0}
	splitRight = []int{0, 2, 1, 0, 1, 0}
)

// splitBF16 returns the three parts of x; together they hold all of its 24 bits
// unless the last are subnormal.
func splitBF16(x float32) (parts [3]uint16) {
	for i := range parts {
		parts[i] = roundBF16(x)
		x -= widenBF16(parts[i])
	}
	return parts
}

// splitMatrices returns a (m x k) as m x 6k and b (k x n) packed as 6k x n.
func splitMatrices(a, b []float32, m, k, n int) ([]uint16, *PackedBF16) {
	left, right := make([]uint16, m*6*k), make([]float32, 6*k*n)
	for i, x := range a {
		parts := splitBF16(x)
		for s, part := range splitLeft {
			left[i/k*6*k+s*k+i%k] = parts[part]
		}
	}
	for i, x := range b {
		parts := splitBF16(x)
		for s, part := range splitRight {
			right[s*k*n+i] = widenBF16(parts[part])
		}
	}
	p := new(PackedBF16)
	p.Pack(right, 6*k, n)
	return left, p
}

func TestThreePartsAddUpToTheNumber(t *testing.T) {
	sweep(0x1p-100, math.MaxFloat32/2, 5003, func(x float32) {
		p := splitBF16(x)
		if sum := widenBF16(p[0]) + (widenBF16(p[1]) + widenBF16(p[2])); sum != x {
			t.Fatalf("%x becomes %x, %x and %x", x, widenBF16(p[0]), widenBF16(p[1]), widenBF16(p[2]))
		}
	})
}

func TestSixPartialProductsAreAboutAsExactAsFloat32(t *testing.T) {
	eachBF16Engine(t, func(t *testing.T) {
		if currentBF16() == engineGeneric && testing.Short() {
			t.Skip("slow")
		}
		for _, s := range [][3]int{{256, 256, 256}, {420, 200, 200}} {
			m, k, n := s[0], s[1], s[2]
			a, b := fill(m*k, 1), fill(k*n, 2)
			split, plain, half := make([]float32, m*n), make([]float32, m*n), make([]float32, m*n)
			left, right := splitMatrices(a, b, m, k, n)
			MulBF16(split, n, left, 6*k, m, right, nil, Identity)
			var p Packed
			p.Pack(b, k, n)
			Mul(plain, n, a, k, m, &p, nil, Identity)
			var q PackedBF16
			q.Pack(b, k, n)
			rounded := make([]uint16, m*k)
			RoundBF16(rounded, a)
			MulBF16(half, n, rounded, k, m, &q, nil, Identity)

			var errors [3]float64
			size := 0.0
			for i := range m {
				for j := range n {
					want := 0.0
					for l := range k {
						want += float64(a[i*k+l]) * float64(b[l*n+j])
					}
					size += want * want
					for e, got := range [][]float32{split, plain, half} {
						d := float64(got[i*n+j]) - want
						errors[e] += d * d
					}
				}
			}
			for e := range errors {
				errors[e] = math.Sqrt(errors[e] / size)
			}
			t.Logf("%v: relative error (root mean square) %.2g split, %.2g float32, %.2g bfloat16", s, errors[0], errors[1], errors[2])
			if errors[0] > 3*errors[1] || errors[2] < 1000*errors[0] {
				t.Errorf("%v: relative error %.2g split, %.2g float32, %.2g bfloat16", s, errors[0], errors[1], errors[2])
			}
		}
	})
}

// BenchmarkSplit reports the rate of a float32 product made of six bfloat16
// products, counted as one.
func BenchmarkSplit(b *testing.B) {
	for _, s := range [][3]int{{256, 256, 256}, {420, 200, 200}} {
		m, k, n := s[0], s[1], s[2]
		x, w, y := fill(m*k, 1), fill(k*n, 2), make([]float32, m*n)
		left, right := splitMatrices(x, w, m, k, n)
		var p Packed
		p.Pack(w, k, n)
		for _, c := range []struct {
			name string
			f    func()
		}{
			{"split", func() { MulBF16(y, n, left, 6*k, m, right, nil, Identity) }},
			{"float32", func() { Mul(y, n, x, k, m, &p, nil, Identity) }},
		} {
			b.Run(fmt.Sprintf("%dx%dx%d/%s", m, k, n, c.name), func(b *testing.B) {
				best := time.Hour
				for b.Loop() {
					start := time.Now()
					c.f()
					best = min(best, time.Since(start))
				}
				b.ReportMetric(2*float64(m*k*n)/float64(best.Nanoseconds()), "best-GFLOP/s")
			})
		}
	}
}
