package rng

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"demorl/internal/kern"
)

// The vectors are those of Random123's kat_vectors for philox4x32-10.
func TestPhiloxGivesTheKnownAnswers(t *testing.T) {
	for _, v := range []struct {
		key, hi, lo uint64
		want        [4]uint32
	}{
		{0, 0, 0, [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{math.MaxUint64, math.MaxUint64, math.MaxUint64, [4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{0x299f31d0_a4093822, 0x03707344_13198a2e, 0x85a308d3_243f6a88, [4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	} {
		a, b, c, d := philox(v.key, v.hi, v.lo)
		if got := [4]uint32{a, b, c, d}; got != v.want {
			t.Errorf("philox(%#x, %#x, %#x) = %#x, want %#x", v.key, v.hi, v.lo, got, v.want)
		}
	}
}

func eachTier(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	defer kern.SetTier(kern.Tier())
	for _, name := range kern.Tiers() {
		if err := kern.SetTier(name); err != nil {
			t.Fatal(err)
		}
		t.Run(name, f)
	}
}

func TestNormalsHaveTheSameBitsInEveryTierAtEveryLengthAndStart(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		for trial, key := range []Key{{}, Root(1), Root(2).Derive("x", 3), {math.MaxUint64, math.MaxUint64}} {
			for _, first := range []uint64{0, 4, 8, 60, 64, 1 << 33, 1<<34 - 16, math.MaxUint64 - 3} {
				for _, n := range []int{0, 1, 2, 4, 5, 31, 32, 33, 63, 64, 65, 127, 129, 1000, 70000} {
					if n > 1000 && trial > 0 {
						continue
					}
					whole := make([]float32, n+32)
					for i := range whole {
						whole[i] = 77
					}
					got := whole[16 : 16+n]
					key.Normals(got, first)
					want := make([]float32, n)
					normalsGeneric(want, key, first/4)
					for i := range want {
						if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
							t.Fatalf("%v from %d, %d numbers: [%d] is %v, want %v", key, first, n, i, got[i], want[i])
						}
					}
					for i := range 16 {
						if whole[i] != 77 || whole[16+n+i] != 77 {
							t.Fatalf("%v from %d, %d numbers: wrote outside", key, first, n)
						}
					}
				}
			}
		}
	})
}

func TestBoxMullerAgreesWithFloat64(t *testing.T) {
	k := Root(5)
	words := []uint32{0, 1, 2, 3, 1 << 29, 1 << 30, 1 << 31, 1<<30 - 1, 1<<31 - 1, math.MaxUint32, math.MaxUint32 - 1, 0xB504F333}
	check := func(a, b uint32) {
		x, y := boxMuller(a, b)
		r := math.Sqrt(-2 * math.Log(float64(a|1)*0x1p-32))
		angle := math.Pi / 2 * float64(int32(b<<2)) * 0x1p-32
		s, c := math.Sincos(angle)
		if b&(1<<30) != 0 {
			s, c = c, s
		}
		if b&(1<<31) != 0 {
			r = -r
		}
		// The radius near 0 is as coarse as float32 is near 1.
		if math.Abs(float64(x)-r*c) > 3e-6 && math.Abs(r) > 0.01 || math.Abs(float64(y)-r*s) > 3e-6 && math.Abs(r) > 0.01 ||
			math.Abs(float64(x)-r*c) > 4e-4 || math.Abs(float64(y)-r*s) > 4e-4 {
			t.Fatalf("boxMuller(%#x, %#x) = %v, %v, want %v, %v", a, b, x, y, r*c, r*s)
		}
	}
	for _, a := range words {
		for _, b := range words {
			check(a, b)
		}
	}
	for i := range uint64(200000) {
		a, b, c, d := k.Block(i)
		check(a, b)
		check(c, d)
		check(a>>(i%32), b)
	}
}

// The limits below are five standard errors or more: a fixed seed cannot flake,
// and a wrong generator is far outside.
func TestNormalsAreStandardNormal(t *testing.T) {
	const n = 1 << 21
	x := make([]float32, n)
	Root(11).Derive("distribution").Normals(x, 0)
	var m [5]float64
	for _, v := range x {
		p := 1.0
		for j := range m {
			m[j] += p / n
			p *= float64(v)
		}
	}
	for j, want := range []float64{1, 0, 1, 0, 3} {
		se := math.Sqrt([]float64{1, 1, 2, 15, 96}[j] / n)
		if math.Abs(m[j]-want) > 5*se {
			t.Errorf("moment %d is %v, want %v within %v", j, m[j], want, 5*se)
		}
	}
	for lag := 1; lag <= 8; lag++ {
		var c, c2 float64
		for i := range n - lag {
			a, b := float64(x[i]), float64(x[i+lag])
			c += a * b / n
			c2 += (a*a - 1) * (b*b - 1) / n
		}
		if se := math.Sqrt(1.0 / n); math.Abs(c) > 5*se || math.Abs(c2) > 5*2*se {
			t.Errorf("lag %d: correlation %v, of squares %v", lag, c, c2)
		}
	}
	sorted := slices.Clone(x)
	slices.Sort(sorted)
	worst := 0.0
	for i, v := range sorted {
		p := 0.5 * math.Erfc(-float64(v)/math.Sqrt2)
		worst = max(worst, math.Abs(p-float64(i)/n), math.Abs(p-float64(i+1)/n))
	}
	if d := worst * math.Sqrt(n); d > 2 { // P(D > 2) = 7e-4
		t.Errorf("Kolmogorov-Smirnov statistic is %v", d)
	}
	for _, limit := range []float64{1, 2, 3, 3.5, 4} {
		want := n * math.Erfc(limit/math.Sqrt2)
		var lo, hi float64
		for _, v := range x {
			if float64(v) > limit {
				hi++
			}
			if float64(v) < -limit {
				lo++
			}
		}
		if math.Abs(lo+hi-want) > 5*math.Sqrt(want) || math.Abs(lo-hi) > 5*math.Sqrt(want) {
			t.Errorf("beyond %v sigma: %v below, %v above, want %v in all", limit, lo, hi, want)
		}
	}
}

func TestUniformsCoverTheirRangeEvenly(t *testing.T) {
	const n = 1 << 18
	x := make([]float32, n)
	Root(12).Uniforms(x, 0)
	var sum, square float64
	for _, v := range x {
		if v < -1 || v >= 1 {
			t.Fatalf("%v is outside [-1, 1)", v)
		}
		sum += float64(v) / n
		square += float64(v) * float64(v) / n
	}
	if math.Abs(sum) > 5*math.Sqrt(1.0/3/n) || math.Abs(square-1.0/3) > 5*0.3/math.Sqrt(n) {
		t.Errorf("mean %v, mean square %v", sum, square)
	}
}

func TestDrawingAllocatesNothing(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		x := make([]float32, 333)
		k := Root(1)
		if n := testing.AllocsPerRun(20, func() { k.Normals(x, 4); k.Uniforms(x, 4) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

func BenchmarkNormals(b *testing.B) {
	defer kern.SetTier(kern.Tier())
	for _, name := range kern.Tiers() {
		for _, n := range []int{12, 4096} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				if err := kern.SetTier(name); err != nil {
					b.Fatal(err)
				}
				x, k := make([]float32, n), Root(1)
				for b.Loop() {
					k.Normals(x, 0)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/number")
			})
		}
	}
}
