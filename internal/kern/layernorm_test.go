package kern

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// normCase is a kernel of LayerNorm under test: array i has rows x cols numbers,
// or one a row, or one a column.
type normCase struct {
	name         string
	shapes       string // m: rows x cols, r: rows, c: cols
	run, generic func(x [][]float32, cols int)
}

var normCases = []normCase{
	{"LayerNorm", "mmrmcc",
		func(x [][]float32, _ int) { LayerNorm(x[0], x[1], x[2], x[3], x[4], x[5], 1e-5, false) },
		func(x [][]float32, cols int) {
			layerNormGeneric(x[0], x[1], x[2], x[3], x[4], x[5], cols, 1e-5, false)
		}},
	{"LayerNorm in place, rectified", "mmrcc",
		func(x [][]float32, _ int) { LayerNorm(x[0], x[1], x[2], x[0], x[3], x[4], 0.1, true) },
		func(x [][]float32, cols int) {
			layerNormGeneric(x[0], x[1], x[2], x[0], x[3], x[4], cols, 0.1, true)
		}},
	{"Standardise", "mr",
		func(x [][]float32, _ int) { Standardise(x[0], x[1], 1e-5) },
		func(x [][]float32, cols int) { standardiseGeneric(x[0], x[1], cols, 1e-5) }},
	{"LayerNormGrad", "mmrccc",
		func(x [][]float32, _ int) { LayerNormGrad(x[0], x[1], x[2], x[3], x[4], x[5]) },
		func(x [][]float32, cols int) { layerNormGradGeneric(x[0], x[1], x[2], x[3], x[4], x[5], cols) }},
	{"LayerNormGrad by the input alone", "mmrc",
		func(x [][]float32, _ int) { LayerNormGrad(x[0], x[1], x[2], x[3], nil, nil) },
		func(x [][]float32, cols int) { layerNormGradGeneric(x[0], x[1], x[2], x[3], nil, nil, cols) }},
	{"StandardiseGrad", "mmr",
		func(x [][]float32, _ int) { StandardiseGrad(x[0], x[1], x[2]) },
		func(x [][]float32, cols int) { standardiseGradGeneric(x[0], x[1], x[2], cols) }},
}

// normNumbers returns how many an array of shape s has.
func normNumbers(s rune, rows, cols int) int {
	return map[rune]int{'m': rows * cols, 'r': rows, 'c': cols}[s]
}

// checkNorm compares a kernel with its twin, bit by bit, on numbers of value.
func checkNorm(t *testing.T, c normCase, r *rand.Rand, rows, cols int, value func() float32) {
	t.Helper()
	var got, want [][]float32
	var whole []func() bool
	for _, s := range c.shapes {
		x, check := guarded(normNumbers(s, rows, cols), r.IntN(16), value)
		got, whole, want = append(got, x), append(whole, check), append(want, append([]float32(nil), x...))
	}
	c.run(got, cols)
	c.generic(want, cols)
	for i := range got {
		if !whole[i]() {
			t.Fatalf("%s of %d x %d: wrote outside array %d", c.name, rows, cols, i)
		}
		for j := range got[i] {
			if !sameBits(got[i][j], want[i][j]) {
				t.Fatalf("%s of %d x %d: array %d element %d is %v, want %v", c.name, rows, cols, i, j, got[i][j], want[i][j])
			}
		}
	}
}

func TestLayerNormTiersReturnTheBitsOfTheGenericTwins(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(11, 12))
		trials := 250
		if testing.Short() {
			trials = 50
		}
		for _, c := range normCases {
			for trial := range trials {
				rows, cols := 1+r.IntN(9), 1+r.IntN(150)
				switch {
				case trial == 0:
					rows, cols = 300, 256 // several calls
				case trial == 1:
					rows, cols = 2, 3*callLengthOfTests
				case trial%2 == 0:
					cols = (cols + 7) &^ 7
				}
				mixed := trial%5 == 0
				checkNorm(t, c, r, rows, cols, func() float32 {
					switch {
					case mixed && r.IntN(40) == 0:
						return special[r.IntN(len(special))]
					case mixed:
						return float32(r.NormFloat64() * math.Pow(10, float64(r.IntN(9)-4)))
					}
					return float32(r.NormFloat64())
				})
			}
		}
	})
}

// callLengthOfTests is the largest callLength of an architecture.
const callLengthOfTests = 16384

func FuzzLayerNorm(f *testing.F) {
	f.Add(uint64(1), uint8(3), uint8(33), uint32(0x3f800000))
	f.Add(uint64(2), uint8(1), uint8(64), uint32(0x7fc00000))
	f.Fuzz(func(t *testing.T, seed uint64, rows, cols uint8, bits uint32) {
		was := Tier()
		defer SetTier(was)
		for _, name := range Tiers() {
			if err := SetTier(name); err != nil {
				t.Fatal(err)
			}
			r := rand.New(rand.NewPCG(seed, 2))
			for _, c := range normCases {
				checkNorm(t, c, r, 1+int(rows), 1+int(cols), func() float32 {
					switch r.IntN(8) {
					case 0:
						return math.Float32frombits(bits)
					case 1:
						return math.Float32frombits(r.Uint32())
					}
					return float32(r.NormFloat64())
				})
			}
		}
	})
}

func TestARowsNormDoesNotDependOnTheRowsBesideIt(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(13, 14))
		for _, cols := range []int{7, 64, 200} {
			const rows, from = 300, 123
			x, gains := make([]float32, rows*cols), make([]float32, cols)
			for i := range x {
				x[i] = float32(r.NormFloat64())
			}
			for i := range gains {
				gains[i] = float32(r.NormFloat64())
			}
			all, part := append([]float32(nil), x...), append([]float32(nil), x[from*cols:]...)
			scaled, inverse := make([]float32, len(x)), make([]float32, rows)
			LayerNorm(all, scaled, inverse, all, gains, gains, 1e-5, true)
			LayerNorm(part, make([]float32, len(part)), make([]float32, rows-from), part, gains, gains, 1e-5, true)
			for i, v := range part {
				if !sameBits(v, all[from*cols+i]) {
					t.Fatalf("%d columns: number %d is %v among fewer rows, %v among all", cols, i, v, all[from*cols+i])
				}
			}
		}
	})
}

// Of a batch of which Tape.Keep has left nothing there is nothing to normalise.
func TestTheNormOfNoRowsDoesNothing(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		gains := []float32{1, 2, 3}
		for _, c := range normCases {
			var x [][]float32
			for _, s := range c.shapes {
				if s == 'c' {
					x = append(x, gains)
				} else {
					x = append(x, nil)
				}
			}
			c.run(x, 3)
		}
		if gains[0] != 1 || gains[1] != 2 || gains[2] != 3 {
			t.Errorf("gains are %v", gains)
		}
	})
}

func TestLayerNormRefusesWhatDoesNotFitTogether(t *testing.T) {
	some := func(n int) []float32 { return make([]float32, n) }
	for name, call := range map[string]func(){
		"5 numbers in 2 rows": func() { Standardise(some(5), some(2), 1) },
		"numbers in no row":   func() { Standardise(some(5), nil, 1) },
		"fewer gains":         func() { LayerNorm(some(6), some(6), some(2), some(6), some(2), some(3), 1, false) },
		"fewer scaled":        func() { LayerNormGrad(some(6), some(5), some(2), some(3), nil, nil) },
		"one gradient alone":  func() { LayerNormGrad(some(6), some(6), some(2), some(3), some(3), nil) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			call()
		}()
	}
}

// exactNorm is the definition in float64.
func exactNorm(x, gains, offsets []float32, epsilon float64) (y []float64) {
	mean, variance := 0.0, 0.0
	for _, v := range x {
		mean += float64(v) / float64(len(x))
	}
	for _, v := range x {
		variance += (float64(v) - mean) * (float64(v) - mean) / float64(len(x))
	}
	for j, v := range x {
		y = append(y, float64(gains[j])*(float64(v)-mean)/math.Sqrt(variance+epsilon)+float64(offsets[j]))
	}
	return y
}

func TestLayerNormAndItsGradientAreTheDefinitionsInFloat64(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(17, 18))
		for range 40 {
			rows, cols := 1+r.IntN(4), 2+r.IntN(70)
			draw := func(n int, mean float64) []float32 {
				x := make([]float32, n)
				for i := range x {
					x[i] = float32(mean + r.NormFloat64())
				}
				return x
			}
			x, gains, offsets, delta := draw(rows*cols, 3), draw(cols, 1), draw(cols, 0), draw(rows*cols, 0)
			y, scaled, inverse := make([]float32, len(x)), make([]float32, len(x)), make([]float32, rows)
			LayerNorm(y, scaled, inverse, x, gains, offsets, 1e-2, false)
			dx, dGains, dOffsets := append([]float32(nil), delta...), make([]float32, cols), make([]float32, cols)
			LayerNormGrad(dx, scaled, inverse, gains, dGains, dOffsets)
			near := func(what string, got float32, want float64) {
				t.Helper()
				if !(math.Abs(float64(got)-want) < 2e-5*(1+math.Abs(want))) {
					t.Fatalf("%s of %d x %d is %v, want %v", what, rows, cols, got, want)
				}
			}
			wantGains, wantOffsets := make([]float64, cols), make([]float64, cols)
			for row := range rows {
				at := row * cols
				exact := exactNorm(x[at:at+cols], gains, offsets, 1e-2)
				plain, along, inv := 0.0, 0.0, float64(inverse[row])
				unit := make([]float64, cols)
				for j := range cols {
					near("output", y[at+j], exact[j])
					unit[j] = (exact[j] - float64(offsets[j])) / float64(gains[j])
					d := float64(delta[at+j])
					wantOffsets[j] += d
					wantGains[j] += d * unit[j]
					plain += d * float64(gains[j]) / float64(cols)
					along += d * float64(gains[j]) * unit[j] / float64(cols)
				}
				for j := range cols {
					near("gradient", dx[at+j], inv*(float64(delta[at+j])*float64(gains[j])-plain-along*unit[j]))
				}
			}
			for j := range cols {
				near("gradient by a gain", dGains[j], wantGains[j])
				near("gradient by an offset", dOffsets[j], wantOffsets[j])
			}
		}
	})
}

func BenchmarkLayerNorm(b *testing.B) {
	defer SetTier(Tier())
	const rows, cols = 128, 256
	for _, name := range Tiers() {
		for _, c := range normCases {
			b.Run(name+"/"+c.name, func(b *testing.B) {
				if err := SetTier(name); err != nil {
					b.Fatal(err)
				}
				var x [][]float32
				for i, s := range c.shapes {
					x = append(x, fill(normNumbers(s, rows, cols), uint32(i)))
				}
				best := time.Hour // of one call: a shared machine disturbs the mean
				for b.Loop() {
					start := time.Now()
					c.run(x, cols)
					best = min(best, time.Since(start))
				}
				b.ReportMetric(float64(best.Nanoseconds())/(rows*cols), "best-ns/number")
			})
		}
	}
}
