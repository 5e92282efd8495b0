package mpc

import (
	"math"
	"testing"

	"demorl/rng"
)

// moment is the covariance of steps i and j of a series.
func moment(m []float32, columns, i, j int) float64 {
	x := 0.0
	for q := range columns {
		x += float64(m[i*columns+q]) * float64(m[j*columns+q])
	}
	return x
}

// method.md G.1, 11: of the amplitudes of B.6 a_k the variance is (a_0^2/2 + sum
// a_k^2 + a_last^2/2) / (sum a_k^2 + a_last^2/4), the last one, of even lengths,
// kept out of the sums; it is near 1, and exactly 1/(1 - 1.5/H) without colour,
// which leaves numbers that are uncorrelated.
func TestColouredNoiseHasTheVarianceOfItsAmplitudes(t *testing.T) {
	amplitudes := func(h int, beta float64) (variance float64) {
		power := func(k int) float64 { return math.Pow(float64(k)/float64(h), -beta) }
		up, down := power(1)/2, 0.0 // the frequency 0 takes the first one's
		for k := 1; 2*k < h; k++ {
			up, down = up+power(k), down+power(k)
		}
		if h%2 == 0 {
			up, down = up+power(h/2)/2, down+power(h/2)/4
		}
		return up / down
	}
	for _, h := range []int{5, 6, 16, 17, 64} {
		for _, beta := range []float64{0, 0.5, 1, 2, 3} {
			s := Settings{Noise: NoiseColoured, Beta: beta}
			m, want := make([]float32, seriesSize(&s, h)), amplitudes(h, beta)
			columns := series(m, &s, h)
			for i := range h {
				near(t, "variance", moment(m, columns, i, i), want, 1e-5)
				for j := range i {
					if beta == 0 {
						near(t, "covariance of white numbers", moment(m, columns, i, j), 0, 1e-5)
					}
				}
			}
			if beta == 0 && h%2 == 0 {
				near(t, "variance of white numbers", want, 1/(1-1.5/float64(h)), 1e-12)
			}
			if beta <= 1 && h >= 16 {
				near(t, "variance, about", want, 1, 0.25)
			}
		}
	}
	// What a planner draws.
	s := CEM()
	s.Horizon, s.Samples, s.Elites, s.Iterations, s.Noise, s.Beta, s.Sigma, s.Bound = 16, 4000, 10, 1, NoiseColoured, 1, 0.4, 1e9
	p, w := observed(t, s)
	_, passes := w.call(p, rng.Root(3))
	squares := 0.0
	for c := range s.Samples {
		for _, u := range passes[0].actions(c) {
			squares += u * u / float64(32*s.Samples)
		}
	}
	near(t, "variance drawn", squares/0.16, amplitudes(16, 1), 0.03)
}

func TestARNoiseHasTheCovarianceOfItsRecursion(t *testing.T) {
	const h = 24
	for _, b := range [][3]float64{{0.25, 0.8, 0}, {0.5, 0.6, 0.3}, {1, 0, 0}} {
		s := Settings{Noise: NoiseAR, AR: b[:]}
		m := make([]float32, seriesSize(&s, h))
		columns := series(m, &s, h)
		// The recursion applied to covariances: c(t,u) = b1 c(t-1,u) + b2 c(t-2,u) for u < t.
		var c [h][h]float64
		for i := range h {
			for j := range i {
				if i >= 2 {
					c[i][j] = b[1]*c[i-1][j] + b[2]*c[i-2][j]
					c[j][i] = c[i][j]
				}
			}
			if c[i][i] = 1; i >= 2 {
				c[i][i] = b[0]*b[0] + b[1]*c[i][i-1] + b[2]*c[i][i-2]
			}
		}
		for i := range h {
			for j := range h {
				near(t, "covariance", moment(m, columns, i, j), c[i][j], 1e-6)
			}
		}
	}
	// The stationary variance of mjmpc's filter.
	s := Settings{Noise: NoiseAR, AR: []float64{0.25, 0.8, 0}}
	m := make([]float32, seriesSize(&s, 80))
	near(t, "stationary variance", moment(m, series(m, &s, 80), 79, 79), 0.0625/(1-0.64), 1e-6)
}

func TestKnotNoisePassesThroughItsNodesAndKeepsPolynomials(t *testing.T) {
	const h, n = 13, 5 // nodes at 0, 3, 6, 9, 12
	for _, order := range []int{0, 1, 3} {
		s := Settings{Noise: NoiseKnots, Knots: n, KnotOrder: order}
		m := make([]float32, seriesSize(&s, h))
		if columns := series(m, &s, h); columns != n {
			t.Fatalf("%d columns, want %d", columns, n)
		}
		for q := range n {
			for k := range n {
				want := 0.0
				if k == q {
					want = 1
				}
				near(t, "node", float64(m[3*k*n+q]), want, 1e-6)
			}
		}
		for step := range h {
			x, sum := 0.0, 0.0
			for q := range n {
				x += float64(m[step*n+q]) * float64(3*q)
				sum += float64(m[step*n+q])
			}
			near(t, "sum", sum, 1, 1e-6)
			want := float64(step) // orders 1 and 3 keep a line
			if order == 0 {
				want = float64(step / 3 * 3)
			}
			near(t, "line", x, want, 1e-5)
		}
	}
	// A natural cubic spline through (0, 1, 0) has second derivative -3 at its middle.
	second := make([]float64, 3)
	naturalSpline(second, []float64{0, 1, 0})
	near(t, "bend", second[1], -3, 1e-15)
	// Knots are smoother than white numbers: steps differ less.
	for order, want := range map[int]float64{1: 2.0 / 9, 3: 0.5} {
		s := Settings{Noise: NoiseKnots, Knots: n, KnotOrder: order}
		m := make([]float32, seriesSize(&s, h))
		c := series(m, &s, h)
		if d := moment(m, c, 4, 4) - 2*moment(m, c, 4, 5) + moment(m, c, 5, 5); d > want+1e-6 {
			t.Errorf("order %d: variance of a step's change is %g, want at most %g", order, d, want)
		}
	}
}

func TestSeriesOfShortHorizonsAreFinite(t *testing.T) {
	for h := 1; h < 5; h++ {
		for _, noise := range []string{NoiseColoured, NoiseAR, NoiseKnots} {
			for _, order := range []int{0, 1, 3} {
				s := Settings{Noise: noise, Beta: 2, AR: []float64{0.25, 0.8, 0}, Knots: 6, KnotOrder: order}
				m := make([]float32, seriesSize(&s, h))
				columns := series(m, &s, h)
				for i := range h {
					if v := moment(m, columns, i, i); !(v > 0 && v < 10) {
						t.Errorf("%s, order %d, horizon %d: variance %g at step %d", noise, order, h, v, i)
					}
				}
				for _, x := range m {
					if math.IsNaN(float64(x)) {
						t.Fatalf("%s, horizon %d: NaN", noise, h)
					}
				}
			}
		}
	}
}
