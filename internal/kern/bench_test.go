package kern

import (
	"fmt"
	"testing"
	"time"
)

func fill(n int, seed uint32) []float32 {
	x := make([]float32, n)
	for i := range x {
		seed = seed*1664525 + 1013904223
		x[i] = float32(int32(seed)) * 0x1p-31
	}
	return x
}

// BenchmarkProducts reports GFLOP/s of the forward and both transposed
// products of a layer k -> n with a batch of m.
func BenchmarkProducts(b *testing.B) {
	shapes := [][3]int{
		{256, 256, 256}, {512, 256, 256}, {420, 200, 200}, {100, 200, 200},
		{256, 17, 256}, {256, 30, 256}, {256, 256, 1}, {256, 256, 6}, {256, 256, 36}, {1, 256, 256}, {4096, 256, 256},
	}
	for _, name := range Tiers()[1:] {
		for _, s := range shapes {
			m, k, n := s[0], s[1], s[2]
			head := ReLU
			if n == 1 {
				head = Identity // as heads of one output are
			}
			x, w, dy := fill(m*k, 1), fill(k*n, 2), fill(m*n, 3)
			y, dx, dw, bias := make([]float32, m*n), make([]float32, m*k), make([]float32, k*n), fill(n, 4)
			var pw, pwT, pdy Packed
			pw.Pack(w, k, n)
			pwT.PackT(w, n, k)
			for _, product := range []struct {
				name string
				run  func()
			}{
				{"y", func() { Mul(y, n, x, k, m, &pw, bias, head) }},
				{"ySiLU", func() { Mul(y, n, x, k, m, &pw, bias, SiLU) }},
				{"dx", func() { Mul(dx, k, dy, n, m, &pwT, nil, Identity) }},
				{"dw", func() { pdy.Pack(dy, m, n); MulT(dw, n, x, k, k, &pdy, false) }},
				{"packT", func() { pwT.PackT(w, n, k) }},
			} {
				b.Run(fmt.Sprintf("%s/%dx%dx%d/%s", name, m, k, n, product.name), func(b *testing.B) {
					if err := SetTier(name); err != nil {
						b.Fatal(err)
					}
					b.ReportAllocs()
					best := time.Hour // of one call: a shared machine disturbs the mean
					for b.Loop() {
						start := time.Now()
						product.run()
						best = min(best, time.Since(start))
					}
					flop := 2 * float64(m*k*n)
					b.ReportMetric(flop*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
					b.ReportMetric(flop/float64(best.Nanoseconds()), "best-GFLOP/s")
				})
			}
		}
	}
}

// BenchmarkPeak is the rate of one 14 x 32 (AVX-512) or 6 x 16 tile on data in the first cache.
func BenchmarkPeak(b *testing.B) {
	defer SetTier(Tier())
	for _, name := range Tiers()[1:] {
		b.Run(name, func(b *testing.B) {
			if err := SetTier(name); err != nil {
				b.Fatal(err)
			}
			rows, n := 14, 32
			if name != "avx512" {
				rows, n = 6, 16
			}
			const k = 128
			x, y := fill(rows*k, 1), make([]float32, rows*n)
			var w Packed
			w.Pack(fill(k*n, 2), k, n)
			best := time.Hour
			for b.Loop() {
				start := time.Now()
				for range 50 {
					Mul(y, n, x, k, rows, &w, nil, Identity)
				}
				best = min(best, time.Since(start))
			}
			b.ReportMetric(50*2*float64(rows*n*k)/float64(best.Nanoseconds()), "best-GFLOP/s")
		})
	}
}

func BenchmarkElementwise(b *testing.B) {
	defer SetTier(Tier())
	const n = 8192
	for _, name := range Tiers() {
		for _, c := range elementwiseCases {
			b.Run(name+"/"+c.name, func(b *testing.B) {
				if err := SetTier(name); err != nil {
					b.Fatal(err)
				}
				x := make([][]float32, c.arrays)
				for i := range x {
					x[i] = fill(n, uint32(i))
				}
				best := time.Hour
				for b.Loop() {
					start := time.Now()
					c.run(x)
					best = min(best, time.Since(start))
				}
				b.ReportMetric(float64(best.Nanoseconds())/n, "best-ns/number")
			})
		}
	}
}
