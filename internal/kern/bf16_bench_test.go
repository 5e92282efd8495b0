package kern

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// BenchmarkBF16Products reports GFLOP/s of a layer k -> n with a batch of m: in
// float32 on the tier in use, and in bfloat16 on every engine but the twin.
func BenchmarkBF16Products(b *testing.B) {
	shapes := [][3]int{{420, 200, 200}, {512, 256, 256}, {256, 256, 256}, {100, 200, 200}, {256, 23, 200}, {420, 200, 36}, {1, 200, 200}}
	defer SetBF16Engine("")
	for _, s := range shapes {
		m, k, n := s[0], s[1], s[2]
		as, hs := Even(k), Even(n)
		a := halves(rand.New(rand.NewPCG(1, 1)), m, k, as)
		x, w, bias, y, half := fill(m*k, 1), fill(k*n, 2), fill(n, 3), make([]float32, m*n), make([]uint16, m*hs)
		var p Packed
		p.Pack(w, k, n)
		measure := func(name string, f func()) {
			b.Run(fmt.Sprintf("%dx%dx%d/%s", m, k, n, name), func(b *testing.B) {
				best := time.Hour
				for b.Loop() {
					start := time.Now()
					f()
					best = min(best, time.Since(start))
				}
				b.ReportMetric(2*float64(m*k*n)/float64(best.Nanoseconds()), "best-GFLOP/s")
			})
		}
		measure(Tier()+"/SiLU", func() { Mul(y, n, x, k, m, &p, bias, SiLU) })
		for _, engine := range BF16Engines()[1:] {
			if err := SetBF16Engine(engine); err != nil {
				b.Fatal(err)
			}
			var q PackedBF16
			q.Pack(w, k, n)
			measure(engine+"/linear", func() { MulBF16(y, n, a, as, m, &q, bias, Identity) })
			measure(engine+"/SiLU", func() { MulBF16Rounded(half, hs, a, as, m, &q, bias, SiLU) })
			measure(engine+"/tanh", func() { MulBF16Rounded(half, hs, a, as, m, &q, bias, Tanh) })
			measure(engine+"/pack", func() { q.Pack(w, k, n) })
		}
	}
}

func BenchmarkRoundBF16(b *testing.B) {
	const n = 8192
	x, h := fill(n, 1), make([]uint16, n)
	for name, f := range map[string]func(){"round": func() { RoundBF16(h, x) }, "widen": func() { WidenBF16(x, h) }} {
		b.Run(name, func(b *testing.B) {
			best := time.Hour
			for b.Loop() {
				start := time.Now()
				f()
				best = min(best, time.Since(start))
			}
			b.ReportMetric(float64(best.Nanoseconds())/n, "best-ns/number")
		})
	}
}
