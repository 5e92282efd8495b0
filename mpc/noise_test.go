package mpc

import (
	"math"
	"testing"
)

// moment is the covariance of steps i and j of a series.
func moment(m []float32, columns, i, j int) float64 {
	x := 0.0
	for q := range columns {
		x += float64(m[i*columns+q]) * float64(m[j*columns+q])
	}
	return x
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
