package kern

import (
	"math"
	"math/rand/v2"
	"testing"
)

// A vector function under test: how it is called and what defines it.
type elementwiseCase struct {
	name    string
	outputs int // the first so many arrays are written
	arrays  int
	run     func(x [][]float32)
	generic func(x [][]float32)
}

var elementwiseCases = []elementwiseCase{
	{"Exp", 1, 2, func(x [][]float32) { Exp(x[0], x[1]) }, func(x [][]float32) { expGeneric(x[0], x[1]) }},
	{"Log", 1, 2, func(x [][]float32) { Log(x[0], x[1]) }, func(x [][]float32) { logGeneric(x[0], x[1]) }},
	{"SinCos", 2, 3, func(x [][]float32) { SinCos(x[0], x[1], x[2]) }, func(x [][]float32) { sinCosGeneric(x[0], x[1], x[2]) }},
	{"TanhOf", 1, 2, func(x [][]float32) { TanhOf(x[0], x[1]) }, func(x [][]float32) { tanhGeneric(x[0], x[1]) }},
	{"SiLUOf", 1, 2, func(x [][]float32) { SiLUOf(x[0], x[1]) }, func(x [][]float32) { siluGeneric(x[0], x[1]) }},
	{"SiLUSlope", 2, 2, func(x [][]float32) { SiLUSlope(x[0], x[1]) }, func(x [][]float32) { siluSlopeGeneric(x[0], x[1]) }},
	{"Normalise", 1, 3, func(x [][]float32) { Normalise(x[0], x[1], x[2]) }, func(x [][]float32) { normaliseGeneric(x[0], x[1], x[2]) }},
	{"Gaussian", 2, 5, func(x [][]float32) { Gaussian(x[0], x[1], x[2], x[3], x[4]) },
		func(x [][]float32) { gaussianGeneric(x[0], x[1], x[2], x[3], x[4]) }},
	{"Times", 1, 2, func(x [][]float32) { Times(x[0], x[1]) }, func(x [][]float32) { timesGeneric(x[0], x[1]) }},
	{"DropMask", 1, 1, func(x [][]float32) { DropMask(x[0], -0.9, 1.05) }, func(x [][]float32) { dropMaskGeneric(x[0], -0.9, 1.05) }},
	{"Softplus", 1, 2, func(x [][]float32) { Softplus(x[0], x[1]) }, func(x [][]float32) { softplusGeneric(x[0], x[1]) }},
	{"Apply ReLU", 1, 1, func(x [][]float32) { Apply(x[0], ReLU) }, func(x [][]float32) { reluGeneric(x[0]) }},
	{"ReLUGrad", 1, 3, func(x [][]float32) { ReLUGrad(x[0], x[1], x[2]) }, func(x [][]float32) { reluGradGeneric(x[0], x[1], x[2]) }},
	{"TanhGrad", 1, 3, func(x [][]float32) { TanhGrad(x[0], x[1], x[2]) }, func(x [][]float32) { tanhGradGeneric(x[0], x[1], x[2]) }},
	{"AXPY", 1, 2, func(x [][]float32) { AXPY(x[0], 0.3, x[1]) }, func(x [][]float32) { axpyGeneric(x[0], 0.3, x[1]) }},
	{"Lerp", 1, 2, func(x [][]float32) { Lerp(x[0], x[1], 0.005) }, func(x [][]float32) { lerpGeneric(x[0], x[1], 0.005) }},
	{"Adam", 3, 4, func(x [][]float32) { Adam(x[0], x[1], x[2], x[3], 1e-3, 0.9, 0.999, 1e-8, 0.7, 1e-4) },
		func(x [][]float32) {
			adamGeneric(x[0], x[1], x[2], x[3], &adamArgs{1e-3, 0.9, 0.1, 0.999, 0.001, 1e-8, 0.7, 1e-4})
		}},
}

// sameBits takes every NaN for the same.
func sameBits(a, b float32) bool {
	return math.Float32bits(a) == math.Float32bits(b) || a != a && b != b
}

var special = []float32{
	0, float32(math.Copysign(0, -1)), float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()),
	math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32, -math.SmallestNonzeroFloat32,
	88.7, -88.4, -103.9, -104.1, 0.625, -0.625, 10, -10, 86, -87, 87, -87.01, 104, 1e5, -98765.4, 1e6, -1e6, 1000000.1, 1e-40,
}

func TestElementwiseTiersReturnTheBitsOfTheGenericTwins(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 4))
		for _, c := range elementwiseCases {
			for trial := range 120 {
				n := r.IntN(150)
				if trial == 0 {
					n = 2*16384 + 37
				}
				value := func() float32 {
					if r.IntN(4) == 0 {
						return special[r.IntN(len(special))]
					}
					if r.IntN(6) == 0 {
						return math.Float32frombits(r.Uint32())
					}
					return float32(r.NormFloat64() * math.Pow(10, float64(r.IntN(5)-2)))
				}
				got, want := make([][]float32, c.arrays), make([][]float32, c.arrays)
				whole := make([]func() bool, c.arrays)
				for i := range got {
					got[i], whole[i] = guarded(n, r.IntN(16), value)
					want[i] = append([]float32(nil), got[i]...)
				}
				c.run(got)
				c.generic(want)
				for i := range got {
					if !whole[i]() {
						t.Fatalf("%s of %d: wrote outside array %d", c.name, n, i)
					}
					for j := range got[i] {
						if !sameBits(got[i][j], want[i][j]) {
							t.Fatalf("%s of %d: array %d element %d is %v, want %v", c.name, n, i, j, got[i][j], want[i][j])
						}
					}
				}
			}
		}
	})
}

func TestColSumsTiersReturnTheBitsOfTheGenericTwin(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(5, 6))
		for range 200 {
			rows, cols := r.IntN(40), r.IntN(150)
			normal := func() float32 { return float32(r.NormFloat64()) }
			x, _ := guarded(rows*cols, r.IntN(16), normal)
			got, whole := guarded(cols, r.IntN(16), normal)
			want := append([]float32(nil), got...)
			ColSums(got, x, rows, cols)
			colSumsGeneric(want, x, rows, cols, 0)
			for j := range want {
				if !sameBits(got[j], want[j]) {
					t.Fatalf("%d x %d: column %d is %v, want %v", rows, cols, j, got[j], want[j])
				}
			}
			if !whole() {
				t.Fatalf("%d x %d: wrote outside", rows, cols)
			}
		}
	})
}

func TestCountsAreTheSameInEveryTierAndNaNIsNotInside(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(9, 10))
		for n := range 200 {
			value := func() float32 {
				if r.IntN(6) == 0 {
					return special[r.IntN(len(special))]
				}
				return float32(r.NormFloat64())
			}
			x, _ := guarded(n, r.IntN(16), value)
			low, _ := guarded(n, r.IntN(16), func() float32 { return -1 })
			high, _ := guarded(n, r.IntN(16), func() float32 { return 1 })
			outside, nan := 0, 0
			for _, v := range x {
				switch {
				case v != v:
					nan++
				case v < -1 || v > 1:
					outside++
				}
			}
			if got := CountOutside(x, low, high); got != outside || countOutsideGeneric(x, low, high) != outside {
				t.Fatalf("%d numbers: %d outside, want %d", n, got, outside)
			}
			if got := CountNotInside(x, low, high); got != outside+nan || countNotInsideGeneric(x, low, high) != outside+nan {
				t.Fatalf("%d numbers: %d not inside, want %d", n, got, outside+nan)
			}
		}
	})
}

func TestSumSquaresHasTheSameBitsInEveryTierAndIsTheSum(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(7, 8))
		for _, n := range []int{0, 1, 63, 64, 65, 200, 1000, 5*16384 + 17} {
			x, _ := guarded(n, r.IntN(16), func() float32 { return float32(r.NormFloat64()) })
			var sums [sumLanes]float32
			sumSquaresGeneric(&sums, x)
			twin, exact := 0.0, 0.0
			for _, s := range sums {
				twin += float64(s)
			}
			for _, v := range x {
				exact += float64(v) * float64(v)
			}
			if got := SumSquares(x); got != twin || math.Abs(got-exact) > 1e-5*exact {
				t.Errorf("%d numbers: %v, the twin says %v and the exact sum is %v", n, got, twin, exact)
			}
		}
	})
}

// ulps is the distance of got from want in units in the last place of scale.
func ulps(got float32, want, scale float64) float64 {
	if float64(got) == want {
		return 0
	}
	exponent := max(math.Ilogb(scale), -126)
	return math.Abs(float64(got)-want) * math.Ldexp(1, 23-exponent)
}

// inFloats calls f with every stride-th float32 from lo to hi, of both signs,
// in batches; between two calls only stride floats are left out.
func inFloats(lo, hi float32, stride uint32, f func(x []float32)) {
	batch := make([]float32, 0, 4096)
	add := func(end float32, sign uint32) {
		for b := sign; b <= math.Float32bits(end); b += stride {
			if batch = append(batch, math.Float32frombits(b)); len(batch) == cap(batch) {
				f(batch)
				batch = batch[:0]
			}
		}
		batch = append(batch, end)
	}
	if hi > 0 {
		add(hi, 0)
	}
	if lo < 0 {
		add(lo, 1<<31)
	}
	f(batch)
}

// The sweep is made in the fastest tier; another test says that all tiers
// return the same bits.
func TestTranscendentalsStayWithinTheirStatedUlpsOverTheWholeRange(t *testing.T) {
	stride := uint32(401)
	if testing.Short() {
		stride = 19997
	}
	// An oracle returns the exact value and the number whose last place counts.
	itself := func(f func(x float64) float64) func(x float64) (float64, float64) {
		return func(x float64) (float64, float64) { y := f(x); return y, y }
	}
	check := func(name string, of func(dst, x []float32), oracle func(x float64) (y, scale float64), limit float64, lo, hi float32) {
		t.Helper()
		worst, at, visited := 0.0, float32(0), 0
		out := make([]float32, 4097)
		inFloats(lo, hi, stride, func(x []float32) {
			of(out[:len(x)], x)
			for i, v := range x {
				y, scale := oracle(float64(v))
				if e := ulps(out[i], y, scale); e > worst || e != e {
					worst, at = e, v
				}
			}
			visited += len(x)
		})
		t.Logf("%s: %.2f ulp at %v, %d numbers", name, worst, at, visited)
		if !(worst <= limit) {
			t.Errorf("%s: %.2f ulp at %v, stated %v", name, worst, at, limit)
		}
	}
	check("exp", Exp, itself(math.Exp), 1.25, -104, 88.72)
	check("log", Log, itself(math.Log), 1, 0, float32(math.Inf(1)))
	rest := make([]float32, 4097)
	check("sin", func(dst, x []float32) { SinCos(dst, rest[:len(x)], x) }, itself(math.Sin), 0.6, -math.MaxFloat32, math.MaxFloat32)
	check("cos", func(dst, x []float32) { SinCos(rest[:len(x)], dst, x) }, itself(math.Cos), 0.6, -math.MaxFloat32, math.MaxFloat32)
	check("tanh", TanhOf, itself(math.Tanh), 1.5, -math.MaxFloat32, math.MaxFloat32)
	check("silu", SiLUOf, itself(func(x float64) float64 { return x / (1 + math.Exp(-x)) }), 3.5, -87, math.MaxFloat32)
	check("softplus", Softplus, itself(func(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }), 4, -87, math.MaxFloat32)
	check("silu's derivative", func(dst, x []float32) {
		copy(dst, x)
		SiLUSlope(rest[:len(x)], dst)
	}, func(x float64) (float64, float64) {
		s, rest := 1/(1+math.Exp(-x)), 1/(1+math.Exp(x))
		product := x * s * rest
		return s + product, max(s, math.Abs(product))
	}, 5.5, -87, math.MaxFloat32)
}

func TestTranscendentalsKeepNaNAndGoToTheirLimits(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	eachTier(t, func(t *testing.T) {
		for _, c := range []struct {
			name       string
			of         func(dst, x []float32)
			down, up   float32 // at -Inf and below the stated range, at +Inf
			belowRange float32
			tolerance  float64
		}{
			{"exp", Exp, 0, inf, -105, 0},
			{"log", Log, nan, inf, -1, 0},
			{"sin", func(dst, x []float32) { SinCos(dst, make([]float32, 4), x) }, nan, nan, -inf, 0},
			{"cos", func(dst, x []float32) { SinCos(make([]float32, 4), dst, x) }, nan, nan, -inf, 0},
			{"tanh", TanhOf, -1, 1, -20, 0},
			{"silu", SiLUOf, 0, inf, -90, 2e-36},
			{"softplus", Softplus, 0, inf, -90, 2e-38},
			{"silu's derivative", func(dst, x []float32) {
				copy(dst, x)
				SiLUSlope(make([]float32, 4), dst)
			}, 0, 1, -90, 2e-36},
		} {
			x := []float32{nan, -inf, inf, c.belowRange}
			y := make([]float32, 4)
			c.of(y, x)
			near := func(a, b float32) bool {
				return sameBits(a, b) || a == b || math.Abs(float64(a)-float64(b)) <= c.tolerance
			}
			if y[0] == y[0] || !near(y[1], c.down) || !near(y[2], c.up) || !near(y[3], c.down) {
				t.Errorf("%s of %v is %v", c.name, x, y)
			}
		}
	})
}

func TestLogOfEitherZeroIsMinusInfinity(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		x := []float32{0, float32(math.Copysign(0, -1)), 1, 0x1p-149, 0}
		Log(x, x)
		inf := float32(math.Inf(-1))
		if x[0] != inf || x[1] != inf || x[2] != 0 || x[3] != float32(-149*math.Ln2) || x[4] != inf {
			t.Errorf("logs of 0, -0, 1, 2^-149, 0 are %v", x)
		}
	})
}

// One far element sends a whole stretch through the second pass, which must
// leave the near ones alone.
func TestSinCosIsRightBesideAndBeyondItsVectorRange(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(9, 10))
		for range 200 {
			n := 1 + r.IntN(100)
			x, sin, cos := make([]float32, n), make([]float32, n), make([]float32, n)
			for i := range x {
				x[i] = float32(r.NormFloat64() * 100)
			}
			x[r.IntN(n)] = float32(math.Ldexp(r.NormFloat64(), 20+r.IntN(100)))
			x[r.IntN(n)] = []float32{1e6, math.Nextafter32(1e6, 2e6), -1e6, math.MaxFloat32}[r.IntN(4)]
			SinCos(sin, cos, x)
			for i, v := range x {
				s, c := math.Sincos(float64(v))
				if ulps(sin[i], s, s) > 0.6 || ulps(cos[i], c, c) > 0.6 {
					t.Fatalf("sin and cos of %v are %v and %v, want %v and %v", v, sin[i], cos[i], s, c)
				}
			}
		}
	})
}
