package kern

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// eachBF16Engine runs f once on every engine that this machine has, and the
// engine float32 once in every tier.
func eachBF16Engine(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	defer SetBF16Engine("")
	for _, name := range BF16Engines() {
		if err := SetBF16Engine(name); err != nil {
			t.Fatal(err)
		}
		if name == "float32" {
			t.Run(name, func(t *testing.T) { eachTier(t, f) })
		} else {
			t.Run(name, f)
		}
	}
}

const guardHalf = uint16(0xD32A)

// guardedHalf is guarded for bfloat16 numbers.
func guardedHalf(n, off int, value func() uint16) ([]uint16, func() bool) {
	const fence = 40
	whole := make([]uint16, off+n+2*fence)
	for i := range whole {
		whole[i] = guardHalf
	}
	lo := fence + off
	mid := whole[lo : lo+n : lo+n]
	for i := range mid {
		mid[i] = value()
	}
	return mid, func() bool {
		for i, v := range whole {
			if (i < lo || i >= lo+n) && v != guardHalf {
				return false
			}
		}
		return true
	}
}

// halves returns rows x cols random bfloat16 numbers at the row stride, with
// zeros as padding of an odd row.
func halves(r *rand.Rand, rows, cols, stride int) []uint16 {
	a := make([]uint16, rows*stride)
	for i := range rows {
		for j := range cols {
			a[i*stride+j] = roundBF16(float32(r.NormFloat64()))
		}
	}
	return a
}

func activate(x float64, act Act) float64 {
	switch act {
	case ReLU:
		return max(x, 0)
	case SiLU:
		return x / (1 + math.Exp(-x))
	case Tanh:
		return math.Tanh(x)
	}
	return x
}

// checkBF16Product compares both forms of one product with a float64 oracle on
// the rounded numbers.
func checkBF16Product(t *testing.T, r *rand.Rand, rows, k, n int, withBias bool, act Act) {
	t.Helper()
	as, ds, hs := Even(k)+2*r.IntN(3), n+r.IntN(4), Even(n)+2*r.IntN(3)
	a := halves(r, rows, k, as)
	w, wWhole := guarded(k*n, r.IntN(16), func() float32 { return float32(r.NormFloat64()) })
	dst, dstWhole := guarded((rows-1)*ds+n, r.IntN(16), r.Float32)
	half, halfWhole := guardedHalf((rows-1)*hs+Even(n), r.IntN(16), func() uint16 { return guardHalf })
	before := append([]float32(nil), dst...)
	var bias []float32
	if withBias {
		bias = fill(n, r.Uint32())
	}
	var p PackedBF16
	p.Pack(w, k, n)
	MulBF16(dst, ds, a, as, rows, &p, bias, act)
	MulBF16Rounded(half, hs, a, as, rows, &p, bias, act)
	if !wWhole() || !dstWhole() || !halfWhole() {
		t.Fatalf("%d x %d x %d: wrote outside", rows, k, n)
	}
	for i := range rows {
		for j := n; j < ds && i*ds+j < len(dst); j++ {
			if dst[i*ds+j] != before[i*ds+j] {
				t.Fatalf("%d x %d x %d: wrote between rows", rows, k, n)
			}
		}
		for j := n; j < hs && i*hs+j < len(half); j++ {
			if want := guardHalf; j < Even(n) && half[i*hs+j] != 0 || j >= Even(n) && half[i*hs+j] != want {
				t.Fatalf("%d x %d x %d: element %d after a row of bfloat16 is %04x", rows, k, n, j, half[i*hs+j])
			}
		}
		for j := range n {
			want, size := 0.0, 0.0
			for q := range k {
				x := float64(widenBF16(a[i*as+q])) * float64(widenBF16(roundBF16(w[q*n+j])))
				want += x
				size += math.Abs(x)
			}
			if bias != nil {
				want += float64(bias[j])
			}
			want = activate(want, act)
			got := dst[i*ds+j]
			if e := math.Abs(float64(got) - want); !(e <= 2e-6*(size+1)+2e-5*math.Abs(want)) {
				t.Fatalf("%d x %d x %d act %d: (%d,%d) is %v, want %v", rows, k, n, act, i, j, got, want)
			}
			if half[i*hs+j] != roundBF16(got) {
				t.Fatalf("%d x %d x %d act %d: (%d,%d) is %04x in bfloat16 and %v in float32", rows, k, n, act, i, j, half[i*hs+j], got)
			}
		}
	}
}

func TestBF16ProductsAgreeWithFloat64AtRandomShapes(t *testing.T) {
	eachBF16Engine(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		for range 150 {
			checkBF16Product(t, r, 1+r.IntN(60), r.IntN(70), 1+r.IntN(100), r.IntN(2) == 0, Act(r.IntN(4)))
		}
		checkBF16Product(t, r, 20, 6500, 20, true, ReLU)
		checkBF16Product(t, r, 3, 9001, 5, true, SiLU)
		checkBF16Product(t, r, 300, 150, 17, true, SiLU)
	})
}

// awkward are bfloat16 numbers whose products and sums overflow, vanish, cancel
// or are not numbers.
var awkward = []uint16{0, 0x8000, 0x7F80, 0xFF80, 0x7FC1, 0x7F81, 0x0001, 0x807F, 0x0080, 0x8080, 0x7F7F, 0xFF7F, 0x2000, 0x1F80, 0x9F81, 0x3F80, 0xBF80}

// awkwardDraws are ways to draw the numbers of a product.
func awkwardDraws(r *rand.Rand) []func() uint16 {
	normal := func() uint16 { return roundBF16(float32(r.NormFloat64())) }
	return []func() uint16{
		normal,
		func() uint16 { // some exceptional numbers
			if r.IntN(20) == 0 {
				return awkward[r.IntN(len(awkward))]
			}
			return normal()
		},
		// products around the smallest normal float32
		func() uint16 { return uint16(r.IntN(2)<<15 | (58+r.IntN(11))<<7 | r.IntN(128)) },
		// every bit pattern
		func() uint16 { return uint16(r.Uint32()) },
	}
}

func TestBF16TileReturnsTheBitsOfItsTwin(t *testing.T) {
	if !hasBF16(engineAVX512BF16) {
		t.Skip("this processor has no AVX512_BF16")
	}
	defer SetBF16Engine("")
	r := rand.New(rand.NewPCG(3, 4))
	draws := awkwardDraws(r)
	for trial := range 400 {
		rows, k, n, act := 1+r.IntN(40), 1+r.IntN(90), 1+r.IntN(70), Act(r.IntN(4))
		value := draws[trial%len(draws)]
		a, w := make([]uint16, rows*Even(k)), make([]float32, k*n)
		for i := range rows {
			for j := range k {
				a[i*Even(k)+j] = value()
			}
		}
		for i := range w {
			w[i] = widenBF16(value())
		}
		bias := fill(n, r.Uint32())
		if trial%3 == 0 {
			bias = nil
		}
		run := func(engine string) ([]float32, []uint16) {
			if err := SetBF16Engine(engine); err != nil {
				t.Fatal(err)
			}
			dst, half := make([]float32, rows*n), make([]uint16, rows*Even(n))
			var p PackedBF16
			p.Pack(w, k, n)
			MulBF16(dst, n, a, Even(k), rows, &p, bias, act)
			MulBF16Rounded(half, Even(n), a, Even(k), rows, &p, bias, act)
			return dst, half
		}
		got, gotHalf := run("avx512bf16")
		want, wantHalf := run("generic")
		for i := range want {
			if !sameBits(got[i], want[i]) {
				t.Fatalf("trial %d, %d x %d x %d act %d: element %d is %x, the twin has %x", trial, rows, k, n, act, i, got[i], want[i])
			}
		}
		for i := range wantHalf {
			if !sameBits(widenBF16(gotHalf[i]), widenBF16(wantHalf[i])) {
				t.Fatalf("trial %d, %d x %d x %d act %d: element %d is %04x, the twin has %04x", trial, rows, k, n, act, i, gotHalf[i], wantHalf[i])
			}
		}
	}
}

func TestBF16ProductsGiveTheSameBitsHoweverRowsAreSplit(t *testing.T) {
	eachBF16Engine(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(7, 8))
		for _, s := range [][3]int{{80, 70, 100}, {61, 17, 36}, {45, 300, 33}, {30, 5, 1}, {97, 64, 16}} {
			m, k, n := s[0], s[1], s[2]
			as, hs := Even(k), Even(n)
			a, bias := halves(r, m, k, as), fill(n, 3)
			var p PackedBF16
			p.Pack(fill(k*n, 2), k, n)
			for _, act := range []Act{Identity, SiLU} {
				want, got := make([]float32, m*n), make([]float32, m*n)
				wantHalf, gotHalf := make([]uint16, m*hs), make([]uint16, m*hs)
				MulBF16(want, n, a, as, m, &p, bias, act)
				MulBF16Rounded(wantHalf, hs, a, as, m, &p, bias, act)
				for range 3 {
					for from := 0; from < m; {
						rows := min(1+r.IntN(30), m-from)
						MulBF16(got[from*n:], n, a[from*as:], as, rows, &p, bias, act)
						MulBF16Rounded(gotHalf[from*hs:], hs, a[from*as:], as, rows, &p, bias, act)
						from += rows
					}
					for i := range want {
						if math.Float32bits(want[i]) != math.Float32bits(got[i]) {
							t.Fatalf("%v act %d: element %d is %v in one piece, %v in several", s, act, i, want[i], got[i])
						}
					}
					for i := range wantHalf {
						if wantHalf[i] != gotHalf[i] {
							t.Fatalf("%v act %d: element %d is %04x in one piece, %04x in several", s, act, i, wantHalf[i], gotHalf[i])
						}
					}
				}
			}
		}
	})
}

func TestBF16ProductsKeepNaNInItsRow(t *testing.T) {
	eachBF16Engine(t, func(t *testing.T) {
		const rows, k, n = 20, 9, 37
		r := rand.New(rand.NewPCG(9, 9))
		a := halves(r, rows, k, Even(k))
		a[7*Even(k)+3] = 0x7FC0
		var p PackedBF16
		p.Pack(fill(k*n, 2), k, n)
		dst, half := make([]float32, rows*n), make([]uint16, rows*Even(n))
		for _, act := range []Act{Identity, ReLU, SiLU, Tanh} {
			MulBF16(dst, n, a, Even(k), rows, &p, nil, act)
			MulBF16Rounded(half, Even(n), a, Even(k), rows, &p, nil, act)
			for i := range rows * n {
				row := i / n
				h := widenBF16(half[row*Even(n)+i%n])
				if (dst[i] != dst[i]) != (row == 7) || (h != h) != (row == 7) {
					t.Fatalf("act %d: row %d has %v and %v", act, row, dst[i], h)
				}
			}
		}
	})
}

// The oracle looks for the nearest of the two bfloat16 neighbours in float64.
func nearestBF16(bits uint32) uint16 {
	x, down := math.Float32frombits(bits), uint16(bits>>16)
	switch {
	case math.IsInf(float64(x), 0):
		return down
	case math.Abs(float64(x)) < 0x1p-126:
		return down & 0x8000
	}
	lower, upper := float64(widenBF16(down)), float64(widenBF16(down+1))
	if math.IsInf(upper, 0) {
		upper = math.Copysign(0x1p128, upper)
	}
	toLower, toUpper := math.Abs(float64(x)-lower), math.Abs(upper-float64(x))
	if toUpper < toLower || toUpper == toLower && down&1 == 1 {
		return down + 1
	}
	return down
}

func TestRoundingToBF16TakesTheNearestAndTiesToEven(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		var in [96]float32
		var out [96]uint16
		n := 0
		try := func(bits uint32) {
			in[n] = math.Float32frombits(bits)
			if n++; n < len(in) {
				return
			}
			n = 0
			RoundBF16(out[:], in[:])
			for i, x := range in {
				bits, got := math.Float32bits(x), out[i]
				if x != x {
					if got != uint16(bits>>16)|0x40 {
						t.Fatalf("NaN %08x becomes %04x", bits, got)
					}
				} else if want := nearestBF16(bits); got != want {
					t.Fatalf("%08x (%v) becomes %04x, want %04x", bits, x, got, want)
				}
			}
		}
		for b := uint64(0); b < 1<<32; b += 5003 {
			try(uint32(b))
		}
		for high := range uint32(1 << 16) {
			for _, low := range []uint32{0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF} {
				try(high<<16 | low)
			}
		}
	})
}

func TestRoundingToBF16AndBackStaysInsideItsSlices(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(5, 6))
		for trial := range 200 {
			n := r.IntN(150)
			if trial == 0 {
				n = 16384 + 37
			}
			src, srcWhole := guarded(n, r.IntN(16), func() float32 {
				if r.IntN(4) == 0 {
					return special[r.IntN(len(special))]
				}
				return float32(r.NormFloat64())
			})
			dst, dstWhole := guardedHalf(n, r.IntN(16), func() uint16 { return 1 })
			back, backWhole := guarded(n, r.IntN(16), r.Float32)
			RoundBF16(dst, src)
			WidenBF16(back, dst)
			if !srcWhole() || !dstWhole() || !backWhole() {
				t.Fatalf("%d numbers: wrote outside", n)
			}
			for i, v := range src {
				if dst[i] != roundBF16(v) || math.Float32bits(back[i]) != uint32(dst[i])<<16 {
					t.Fatalf("%d numbers: %v becomes %04x and then %v", n, v, dst[i], back[i])
				}
			}
		}
	})
}

func TestShortSiLUStaysWithinItsStatedError(t *testing.T) {
	worst, at := 0.0, float32(0)
	x := make([]float32, 1)
	try := func(v float32) {
		x[0] = v
		siluShortGeneric(x)
		want := float64(v) / (1 + math.Exp(-float64(v)))
		if e := math.Abs(float64(x[0])-want) / math.Max(math.Abs(want), 0x1p-100); e > worst {
			worst, at = e, v
		}
	}
	sweep(0, math.MaxFloat32, 2999, try)
	sweep(float32(math.Copysign(0, -1)), -math.MaxFloat32, 2999, try)
	t.Logf("%.2g of the size at %v", worst, at)
	if worst > 2e-5 {
		t.Errorf("the error is %.2g of the size at %v, stated 2e-5", worst, at)
	}
}

func TestBF16KernelsAllocateNothing(t *testing.T) {
	eachBF16Engine(t, func(t *testing.T) {
		const m, k, n = 61, 45, 70
		w, x := fill(k*n, 3), fill(m*Even(k), 1)
		a, half, dst := make([]uint16, m*Even(k)), make([]uint16, m*Even(n)), make([]float32, m*n)
		bias := fill(n, 2)
		var p PackedBF16
		p.Pack(w, k, n)
		if allocs := testing.AllocsPerRun(10, func() {
			p.Pack(w, k, n)
			RoundBF16(a, x)
			WidenBF16(x, a)
			MulBF16(dst, n, a, Even(k), m, &p, bias, SiLU)
			MulBF16Rounded(half, Even(n), a, Even(k), m, &p, bias, SiLU)
		}); allocs != 0 {
			t.Errorf("%v allocations", allocs)
		}
	})
}

func TestBF16SlicesThatAreTooShortPanicBeforeAnyKernelRuns(t *testing.T) {
	var p PackedBF16
	p.Pack(make([]float32, 15), 3, 5)
	for name, f := range map[string]func(){
		"dst":  func() { MulBF16(make([]float32, 9), 5, make([]uint16, 8), 4, 2, &p, nil, Identity) },
		"half": func() { MulBF16Rounded(make([]uint16, 11), 6, make([]uint16, 8), 4, 2, &p, nil, Identity) },
		"odd":  func() { MulBF16Rounded(make([]uint16, 12), 5, make([]uint16, 8), 4, 2, &p, nil, Identity) },
		"a":    func() { MulBF16(make([]float32, 10), 5, make([]uint16, 7), 4, 2, &p, nil, Identity) },
		"as":   func() { MulBF16(make([]float32, 10), 5, make([]uint16, 80), 3, 2, &p, nil, Identity) },
		"bias": func() { MulBF16(make([]float32, 10), 5, make([]uint16, 8), 4, 2, &p, make([]float32, 4), Identity) },
		"pack": func() { p.Pack(make([]float32, 14), 3, 5) },
		"len":  func() { RoundBF16(make([]uint16, 3), make([]float32, 4)) },
		"engine": func() {
			defer SetBF16Engine("")
			SetBF16Engine("generic")
			var q PackedBF16
			q.Pack(make([]float32, 15), 3, 5)
			SetBF16Engine("float32")
			MulBF16(make([]float32, 10), 5, make([]uint16, 8), 4, 2, &q, nil, Identity)
		},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

func TestTheBF16EngineFollowsTheTierUnlessOneIsChosen(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		want := "float32"
		if current() == tierAVX512 {
			want = bf16Names[bestBF16()]
		}
		if got := BF16Engine(); got != want {
			t.Errorf("the engine is %s, want %s", got, want)
		}
		defer SetBF16Engine("")
		if err := SetBF16Engine("generic"); err != nil || BF16Engine() != "generic" {
			t.Errorf("the engine is %s after generic was chosen, error %v", BF16Engine(), err)
		}
		if err := SetBF16Engine("tensor"); err == nil || BF16Engine() != "generic" {
			t.Errorf("an unknown engine gives the error %v and the engine %s", err, BF16Engine())
		}
	})
}

// Summing -2^-150 to 2^-126 gives a subnormal number, which is flushed;
// summing -2^-151 rounds back to 2^-126, which is not.
func TestBF16SumsAreFlushedBySizeAfterRounding(t *testing.T) {
	eachBF16Engine(t, func(t *testing.T) {
		if engine := currentBF16(); engine == engineFloat32 {
			t.Skip("float32 does not flush")
		}
		for _, c := range []struct{ exponent, want float64 }{{-150, 0}, {-151, 0x1p-126}, {-149, 0}} {
			// The odd elements are added first.
			a := []uint16{roundBF16(float32(-math.Exp2(c.exponent + 75))), roundBF16(0x1p-63)}
			var p PackedBF16
			p.Pack([]float32{0x1p-75, 0x1p-63}, 2, 1)
			dst := make([]float32, 1)
			MulBF16(dst, 1, a, 2, 1, &p, nil, Identity)
			if float64(dst[0]) != c.want {
				t.Errorf("2^-126 - 2^%v is %v, want %v", c.exponent, dst[0], c.want)
			}
		}
	})
}

// The oracle is math/big with 24 bits.
func TestFMA32RoundsOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	draw := func() float32 {
		x := float32(r.NormFloat64() * math.Exp2(float64(r.IntN(60)-30)))
		return math.Float32frombits(math.Float32bits(x) & (^uint32(0) << r.IntN(24)))
	}
	for range 200000 {
		a, b, c := draw(), draw(), draw()
		exact := new(big.Float).SetPrec(300).Mul(big.NewFloat(float64(a)), big.NewFloat(float64(b)))
		exact.SetPrec(300).Add(exact, big.NewFloat(float64(c)))
		if want, _ := exact.Float32(); fma32(a, b, c) != want {
			t.Fatalf("%x*%x + %x is %x, want %x", a, b, c, fma32(a, b, c), want)
		}
	}
}

func FuzzBF16Products(f *testing.F) {
	f.Add(uint64(1), uint16(14), uint16(32), uint16(32), uint8(0))
	f.Add(uint64(2), uint16(1), uint16(0), uint16(1), uint8(3))
	f.Add(uint64(3), uint16(29), uint16(17), uint16(47), uint8(5))
	f.Fuzz(func(t *testing.T, seed uint64, rows, k, n uint16, how uint8) {
		eachBF16Engine(t, func(t *testing.T) {
			checkBF16Product(t, rand.New(rand.NewPCG(seed, 1)), 1+int(rows%100), int(k%200), 1+int(n%100), how&1 != 0, Act(how>>1%4))
		})
	})
}

// sweep calls f for every stride-th float32 between lo and hi of one sign.
func sweep(lo, hi float32, stride uint32, f func(x float32)) {
	for b := math.Float32bits(lo); b <= math.Float32bits(hi); b += stride {
		f(math.Float32frombits(b))
	}
}
