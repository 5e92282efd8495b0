package rng

import (
	"math"
	"slices"
	"testing"
)

// The limits below are five standard errors or more: a fixed seed cannot flake,
// and a wrong generator is far outside.

// law is a distribution symmetric about 0.
type law struct {
	fill    func(k Key, dst []float32, first uint64)
	cdf     func(x float64) float64
	moments [9]float64 // of the powers 0 to 8
	tails   []float64
}

func normalCDF(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }

var normalLaw = law{
	fill: Key.Normals, cdf: normalCDF,
	moments: [9]float64{1, 0, 1, 0, 3, 0, 15, 0, 105},
	tails:   []float64{1, 2, 3, 3.5, 4},
}

var truncatedLaw = law{
	fill:    Key.TruncatedNormals,
	cdf:     func(x float64) float64 { return 0.5 + 0.5*math.Erf(max(-2, min(2, x))/math.Sqrt2)/math.Erf(math.Sqrt2) },
	moments: truncatedMoments(),
	tails:   []float64{0.5, 1, 1.5, 1.9, 1.99, 2},
}

// truncatedMoments integrates by parts: m[k] = (k-1)*m[k-2] less the boundary.
func truncatedMoments() (m [9]float64) {
	density := math.Exp(-2) / math.Sqrt(2*math.Pi) / math.Erf(math.Sqrt2)
	m[0] = 1
	for k := 2; k < 9; k += 2 {
		m[k] = float64(k-1)*m[k-2] - 2*math.Pow(2, float64(k-1))*density
	}
	return m
}

var uniformLaw = law{
	fill: Key.Uniforms, cdf: func(x float64) float64 { return (1 + x) / 2 },
	moments: [9]float64{1, 0, 1. / 3, 0, 1. / 5, 0, 1. / 7, 0, 1. / 9},
	tails:   []float64{0.1, 0.5, 0.9, 0.999},
}

const draws = 1 << 21

func eachLaw(t *testing.T, name string, f func(t *testing.T, l law, x []float32)) {
	for _, c := range []struct {
		name string
		law  law
	}{{"Normals", normalLaw}, {"TruncatedNormals", truncatedLaw}, {"Uniforms", uniformLaw}} {
		t.Run(c.name, func(t *testing.T) {
			x := make([]float32, draws)
			c.law.fill(Root(11).Derive(name), x, 0)
			f(t, c.law, x)
		})
	}
}

// The powers 1 to 4 say mean, variance, skewness and kurtosis.
func TestNumbersHaveTheFirstFourMomentsOfTheirLaws(t *testing.T) {
	eachLaw(t, "distribution", func(t *testing.T, l law, x []float32) {
		var m [5]float64
		for _, v := range x {
			p := 1.0
			for j := range m {
				m[j] += p / draws
				p *= float64(v)
			}
		}
		for j := range m {
			want := l.moments[j]
			se := math.Sqrt((l.moments[2*j] - want*want) / draws)
			if math.Abs(m[j]-want) > 5*se+1e-12 {
				t.Errorf("moment %d is %v, want %v within %v", j, m[j], want, 5*se)
			}
		}
	})
}

// kolmogorovSmirnov returns sqrt(n) times the largest distance of the
// distribution functions; it sorts x.
func kolmogorovSmirnov(x []float32, cdf func(x float64) float64) float64 {
	slices.Sort(x)
	n, worst := float64(len(x)), 0.0
	for i, v := range x {
		p := cdf(float64(v))
		worst = max(worst, math.Abs(p-float64(i)/n), math.Abs(p-float64(i+1)/n))
	}
	return worst * math.Sqrt(n)
}

func TestNumbersPassKolmogorovSmirnov(t *testing.T) {
	eachLaw(t, "distribution", func(t *testing.T, l law, x []float32) {
		if d := kolmogorovSmirnov(x, l.cdf); d > 2 { // P(D > 2) = 7e-4
			t.Errorf("Kolmogorov-Smirnov statistic is %v", d)
		}
	})
}

// Only every twentieth truncated number comes from the tail's polynomials; here
// they are alone.
func TestNumbersDrawnAnewFollowTheTruncatedLaw(t *testing.T) {
	z, x := make([]float32, draws), make([]float32, draws)
	k := Root(11).Derive("anew")
	k.Normals(z, 0)
	k.TruncatedNormals(x, 0)
	var anew []float32
	for i, v := range z {
		switch {
		case v < -2 || v > 2:
			anew = append(anew, x[i])
		case x[i] != v:
			t.Fatalf("number %d, %v, became %v", i, v, x[i])
		}
	}
	if d := kolmogorovSmirnov(anew, truncatedLaw.cdf); d > 2 {
		t.Errorf("Kolmogorov-Smirnov statistic of %d numbers is %v", len(anew), d)
	}
}

func TestNumbersHaveTheTailsOfTheirLaws(t *testing.T) {
	eachLaw(t, "distribution", func(t *testing.T, l law, x []float32) {
		for _, limit := range l.tails {
			want := draws * 2 * l.cdf(-limit)
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
				t.Errorf("beyond %v: %v below, %v above, want %v in all", limit, lo, hi, want)
			}
		}
	})
}

// Lags 1 to 4 lie within a block and across its end, 64 is one group of the
// widest vectors.
var lags = []int{1, 2, 3, 4, 5, 8, 16, 32, 64, 128}

func TestNumbersAndTheirSquaresAreNotCorrelatedAcrossIndices(t *testing.T) {
	eachLaw(t, "distribution", func(t *testing.T, l law, x []float32) {
		m2 := l.moments[2]
		spread := l.moments[4] - m2*m2
		for _, lag := range lags {
			var c, c2 float64
			for i := range draws - lag {
				a, b := float64(x[i]), float64(x[i+lag])
				c += a * b / draws
				c2 += (a*a - m2) * (b*b - m2) / draws
			}
			if se := math.Sqrt(1.0 / draws); math.Abs(c) > 5*se*m2 || math.Abs(c2) > 5*se*spread {
				t.Errorf("lag %d: covariance %v, of squares %v", lag, c, c2)
			}
		}
	})
}

// pairs returns the chi-square statistic, as standard deviations from its mean,
// of (x[i], y[i]) over 16 x 16 cells that are equally likely if x and y are
// independent and follow l.
func pairs(l law, x, y []float32) float64 {
	const side = 16
	cell := func(v float32) int { return min(side-1, int(side*l.cdf(float64(v)))) }
	var count [side * side]float64
	for i := range x {
		count[cell(x[i])*side+cell(y[i])]++
	}
	want, sum := float64(len(x))/(side*side), 0.0
	for _, n := range count {
		sum += (n - want) * (n - want) / want
	}
	const freedom = side*side - 1
	return (sum - freedom) / math.Sqrt(2*freedom)
}

// Disjoint pairs, so that the statistic has its textbook law.
func TestNeighbouringNumbersAreIndependent(t *testing.T) {
	eachLaw(t, "pairs", func(t *testing.T, l law, x []float32) {
		for _, lag := range lags {
			var a, b []float32
			for i := 0; i+lag < len(x); i += 2 * lag {
				a = append(a, x[i:i+lag]...)
				b = append(b, x[i+lag:min(i+2*lag, len(x))]...)
			}
			if s := pairs(l, a[:len(b)], b); math.Abs(s) > 6 {
				t.Errorf("lag %d: chi-square is %v standard deviations off", lag, s)
			}
		}
	})
}

func TestNumbersOfNeighbouringKeysAreIndependent(t *testing.T) {
	eachLaw(t, "keys", func(t *testing.T, l law, x []float32) {
		y := make([]float32, draws)
		k := Root(11).Derive("keys")
		for name, other := range map[string]Key{
			"child": k.At(0), "next word": {k.Word + 1, k.Space}, "next space": {k.Word, k.Space + 1}, "next seed": Root(12).Derive("keys"),
		} {
			l.fill(other, y, 0)
			if s := pairs(l, x, y); math.Abs(s) > 6 {
				t.Errorf("%s: chi-square is %v standard deviations off", name, s)
			}
		}
	})
}

func TestTruncateAgreesWithTheInverseErrorFunction(t *testing.T) {
	var z, at []float32
	for b := math.Float32bits(2) + 1; b < math.Float32bits(9); b += 61 {
		a := math.Float32frombits(b)
		z, at = append(z, a, -a), append(at, a, -a)
	}
	eachTier(t, func(t *testing.T) {
		x := slices.Clone(z)
		Truncate(x)
		worst, where := 0.0, float32(0)
		for i, got := range x {
			a := math.Abs(float64(at[i]))
			want := math.Copysign(math.Sqrt2*math.Erfinv(math.Erfc(a/math.Sqrt2)/math.Erfc(math.Sqrt2)*math.Erf(math.Sqrt2)), float64(at[i]))
			if e := math.Abs(float64(got) - want); !(e <= worst) {
				worst, where = e, at[i]
			}
			if got < -2 || got > 2 {
				t.Fatalf("%v becomes %v", at[i], got)
			}
		}
		if !(worst < 3e-6) {
			t.Errorf("the error is %v at %v", worst, where)
		}
	})
}

func TestTruncateKeepsWhatLiesInsideAndNaN(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		inf := float32(math.Inf(1))
		z := []float32{0, float32(math.Copysign(0, -1)), 1, -1.5, 2, -2, 1e-40, float32(math.NaN()), inf, -inf}
		x := slices.Clone(z)
		Truncate(x)
		for i := range 7 {
			if math.Float32bits(x[i]) != math.Float32bits(z[i]) {
				t.Errorf("%v becomes %v", z[i], x[i])
			}
		}
		if x[7] == x[7] || math.Abs(float64(x[8])) > 3e-6 || math.Abs(float64(x[9])) > 3e-6 {
			t.Errorf("NaN, Inf and -Inf become %v", x[7:])
		}
	})
}
