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
	{"TanhOf", 1, 2, func(x [][]float32) { TanhOf(x[0], x[1]) }, func(x [][]float32) { tanhGeneric(x[0], x[1]) }},
	{"SiLUOf", 1, 2, func(x [][]float32) { SiLUOf(x[0], x[1]) }, func(x [][]float32) { siluGeneric(x[0], x[1]) }},
	{"Softplus", 1, 2, func(x [][]float32) { Softplus(x[0], x[1]) }, func(x [][]float32) { softplusGeneric(x[0], x[1]) }},
	{"Apply ReLU", 1, 1, func(x [][]float32) { Apply(x[0], ReLU) }, func(x [][]float32) { reluGeneric(x[0]) }},
	{"SiLUGrad", 1, 3, func(x [][]float32) { SiLUGrad(x[0], x[1], x[2]) }, func(x [][]float32) { siluGradGeneric(x[0], x[1], x[2]) }},
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
	88.7, -88.4, -103.9, -104.1, 0.625, -0.625, 10, -10, 86, -87,
}

func TestElementwiseTiersReturnTheBitsOfTheGenericTwins(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 4))
		for _, c := range elementwiseCases {
			for trial := range 120 {
				n := r.IntN(70)
				if trial == 0 {
					n = 2*16384 + 37
				}
				value := func() float32 {
					if r.IntN(4) == 0 {
						return special[r.IntN(len(special))]
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

// ulps is the distance of got from want in units in the last place of want.
func ulps(got float32, want float64) float64 {
	exponent := math.Max(math.Floor(math.Log2(math.Abs(want))), -126)
	return math.Abs(float64(got)-want) / math.Exp2(exponent-23)
}

// sweep calls f for every stride-th float32 between lo and hi of one sign.
func sweep(lo, hi float32, stride uint32, f func(x float32)) {
	for b := math.Float32bits(lo); b <= math.Float32bits(hi); b += stride {
		f(math.Float32frombits(b))
	}
}

func TestTranscendentalsStayWithinTheirStatedUlpsOverTheWholeRange(t *testing.T) {
	const stride = 2999
	check := func(name string, of func(dst, x []float32), oracle func(x float64) float64, limit float64, lo, hi float32) {
		t.Helper()
		worst, at := 0.0, float32(0)
		var in, out [1]float32
		try := func(x float32) {
			in[0] = x
			of(out[:], in[:])
			if e := ulps(out[0], oracle(float64(x))); e > worst {
				worst, at = e, x
			}
		}
		if hi > 0 {
			sweep(0, hi, stride, try)
		}
		if lo < 0 {
			sweep(float32(math.Copysign(0, -1)), lo, stride, try)
		}
		t.Logf("%s: %.2f ulp at %v", name, worst, at)
		if worst > limit {
			t.Errorf("%s: %.2f ulp at %v, stated %v", name, worst, at, limit)
		}
	}
	check("exp", expGeneric, math.Exp, 2, -104, 88.72)
	check("tanh", tanhGeneric, math.Tanh, 3, -100, 100)
	check("silu", siluGeneric, func(x float64) float64 { return x / (1 + math.Exp(-x)) }, 4, -88.3, math.MaxFloat32)
	check("softplus", softplusGeneric, func(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }, 4, -87, math.MaxFloat32)
}
