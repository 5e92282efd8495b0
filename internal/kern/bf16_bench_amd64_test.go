//go:build amd64 && !noasm

package kern

import (
	"testing"
	"time"
)

// BenchmarkBF16Peak is the rate of VDPBF16PS on registers alone.
func BenchmarkBF16Peak(b *testing.B) {
	if !hasBF16(engineAVX512BF16) {
		b.Skip("this processor has no AVX512_BF16")
	}
	const iterations = 5000
	best := time.Hour
	for b.Loop() {
		start := time.Now()
		peakBF16AVX512(iterations)
		best = min(best, time.Since(start))
	}
	b.ReportMetric(24*64*iterations/float64(best.Nanoseconds()), "best-GFLOP/s")
}
