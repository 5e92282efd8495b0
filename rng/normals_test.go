package rng

import (
	"fmt"
	"math"
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

func TestNumbersHaveTheSameBitsInEveryTierAtEveryLengthAndStart(t *testing.T) {
	for _, c := range []struct {
		name    string
		fill    func(k Key, dst []float32, first uint64)
		generic func(k Key, dst []float32, blk uint64)
	}{
		{"Normals", Key.Normals, func(k Key, dst []float32, blk uint64) { normalsGeneric(dst, k, blk) }},
		{"Uniforms", Key.Uniforms, func(k Key, dst []float32, blk uint64) { uniformsGeneric(dst, k, blk) }},
		{"TruncatedNormals", Key.TruncatedNormals, func(k Key, dst []float32, blk uint64) {
			normalsGeneric(dst, k, blk)
			truncateGeneric(dst)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			eachTier(t, func(t *testing.T) { sameBitsEverywhere(t, c.fill, c.generic) })
		})
	}
}

func sameBitsEverywhere(t *testing.T, fill, generic func(k Key, dst []float32, at uint64)) {
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
				fill(key, got, first)
				want := make([]float32, n)
				generic(key, want, first/4)
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
		if n := testing.AllocsPerRun(20, func() { k.Normals(x, 4); k.Uniforms(x, 4); k.TruncatedNormals(x, 4) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

func BenchmarkNumbers(b *testing.B) {
	defer kern.SetTier(kern.Tier())
	for _, name := range kern.Tiers() {
		for _, c := range []struct {
			name string
			fill func(k Key, dst []float32, first uint64)
		}{{"Normals", Key.Normals}, {"TruncatedNormals", Key.TruncatedNormals}, {"Uniforms", Key.Uniforms}} {
			for _, n := range []int{12, 4096} {
				b.Run(fmt.Sprintf("%s/%s/%d", name, c.name, n), func(b *testing.B) {
					if err := kern.SetTier(name); err != nil {
						b.Fatal(err)
					}
					x, k := make([]float32, n), Root(1)
					for b.Loop() {
						c.fill(k, x, 0)
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/number")
				})
			}
		}
	}
}
