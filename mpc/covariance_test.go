package mpc

import (
	"context"
	"math"
	"testing"

	"demorl/rng"
	"demorl/rollout"
)

// ellipsoid is -sum 10^(4 i/(n-1)) y_i^2, y the coordinates along the columns of
// a Householder reflection, so that no axis of u is one of the ellipsoid's.
func ellipsoid(u []float64) float64 {
	n, dot, c := len(u), 0.0, 0.0
	for i, x := range u { // direction 1, 2, ..., n, not normalised
		dot += float64(i+1) * (x - 0.3)
	}
	size := float64(n*(n+1)*(2*n+1)) / 6
	for i, x := range u {
		y := x - 0.3 - 2*dot/size*float64(i+1)
		c -= math.Pow(10, 4*float64(i)/float64(n-1)) * y * y
	}
	return c
}

func rosenbrock(u []float64) float64 {
	d, e := u[1]-u[0]*u[0], 1-u[0]
	return -(100*d*d + e*e)
}

// inSteps is a world whose plan of n actions of one joint earns f at its last
// step: what a plan is worth depends on all of its steps together.
func inSteps(n int, f func(u []float64) float64) world {
	return world{n, 1, func(_ row, h int, x, u, next []float32) (float32, rollout.Fate) {
		copy(next, x)
		if next[h] = u[0]; h < n-1 {
			return 0, rollout.Running
		}
		all := make([]float64, n)
		for i, v := range next {
			all[i] = float64(v)
		}
		return float32(f(all)), rollout.Running
	}}
}

// inJoints is the same for one action of n joints.
func inJoints(n int, f func(u []float64) float64) world {
	return oneShot(n, func(u []float32) float64 {
		all := make([]float64, n)
		for i, v := range u {
			all[i] = float64(v)
		}
		return f(all)
	})
}

// TestFullCovarianceBeatsDiagonalOnCorrelatedCosts is method.md G.2: the test
// functions of optimisation, in joints of one step and in steps of one joint.
func TestFullCovarianceBeatsDiagonalOnCorrelatedCosts(t *testing.T) {
	for _, c := range []struct {
		name   string
		n      int
		f      func([]float64) float64
		better float64 // frozen: diagonal's cost is at least so many times full's
	}{{"ellipsoid", 5, ellipsoid, 1e3}, {"rosenbrock", 2, rosenbrock, 1e3}} {
		for _, steps := range []bool{false, true} {
			cost := func(distribution string, seed uint64) float64 {
				s := CEM()
				s.Samples, s.Elites, s.Iterations, s.Sigma, s.Bound, s.MinStd, s.Gamma = 200, 20, 30, 1, 1e9, 0, 1
				s.Distribution, s.Horizon = distribution, 1
				s.StepCov, s.Covariance = 0.9, CovOld
				w := inJoints(c.n, c.f)
				if steps {
					s.Horizon, w = c.n, inSteps(c.n, c.f)
				}
				p := newPlanner(t, s, w, Deps{}, 1)
				p.Plan(context.Background(), rollout.Start{Obs: make([]float32, w.obs)}, rng.Root(seed))
				return -c.f(p.kept.mean)
			}
			ratio, kinds := 1.0, []string{DistributionFull, DistributionFullStep}
			if steps {
				kinds = kinds[:1]
			}
			for seed := range uint64(5) {
				diag := cost(DistributionDiag, seed)
				for _, kind := range kinds {
					full := cost(kind, seed)
					t.Logf("%s, steps %v, seed %d: diagonal %.3g, %s %.3g", c.name, steps, seed, diag, kind, full)
					if !(full < diag) {
						t.Errorf("%s, steps %v, seed %d: %s ends at %g, diagonal at %g", c.name, steps, seed, kind, full, diag)
					}
					ratio *= math.Pow(diag/max(full, 1e-300), 1/float64(5*len(kinds)))
				}
			}
			if ratio < c.better {
				t.Errorf("%s, steps %v: diagonal's cost is %g times full's in the geometric mean, want at least %g", c.name, steps, ratio, c.better)
			}
		}
	}
}

func TestExponentialUtilityReachesTheTiltedGaussianWithItsCovariance(t *testing.T) {
	const n, lambda, sigma = 200_000, 0.7, 0.5
	s := single(n)
	s.Utility, s.Lambda, s.Sigma, s.Covariance, s.Distribution = UtilityExp, lambda, sigma, CovElite, DistributionFull
	p := planOne(t, s, oneShot(2, halfQuadratic))
	a, b, d := 1/(sigma*sigma)+hessian[0][0]/lambda, hessian[0][1]/lambda, 1/(sigma*sigma)+hessian[1][1]/lambda
	det := a*d - b*b
	for i, want := range []float64{d / det, -b / det, -b / det, a / det} {
		near(t, "covariance", p.kept.cov[i], want, 0.003)
	}
	near(t, "deviation", p.kept.std[0], math.Sqrt(p.kept.cov[0]), 1e-15)
}

// TestCentringsOfAFullCovariance recomputes one update by the formulas of
// method.md B.4 from the candidates and scores of a planner.
func TestCentringsOfAFullCovariance(t *testing.T) {
	for _, centring := range []string{CovOld, CovElite, CovNew, CovExact} {
		s := single(40)
		s.Utility, s.Lambda, s.Horizon, s.Distribution, s.Covariance, s.StepMean, s.StepCov, s.Sigma = UtilityExp, 0.5, 2, DistributionFull, centring, 0.4, 0.4, 0.6
		p := planOne(t, s, oneShot(2, halfQuadratic))
		g, n := p.solo, 4
		sum, weights := 0.0, make([]float64, 40)
		best := math.Inf(-1)
		for c := range weights {
			best = max(best, g.info[c].score)
		}
		for c := range weights {
			weights[c] = math.Exp((g.info[c].score - best) / 0.5)
			sum += weights[c]
		}
		mean, want := make([]float64, n), make([]float64, n*n)
		for c, w := range weights {
			for i := range n {
				mean[i] += w / sum * float64(g.cand[c*n+i])
			}
		}
		for i := range n {
			for j := range n {
				scatter := 0.0
				for c, w := range weights {
					scatter += w / sum * (float64(g.cand[c*n+i]) - mean[i]) * (float64(g.cand[c*n+j]) - mean[j])
				}
				d, old := mean[i]*mean[j], 0.0 // the mean before is zero
				if i == j {
					old = 0.36
				}
				switch centring {
				case CovOld:
					want[i*n+j] = 0.6*old + 0.4*(scatter+d)
				case CovElite:
					want[i*n+j] = 0.6*old + 0.4*scatter
				case CovNew:
					want[i*n+j] = 0.6*old + 0.4*(scatter+0.36*d)
				case CovExact:
					want[i*n+j] = 0.6*old + 0.4*scatter + 0.24*d
				}
			}
		}
		for i, x := range want {
			near(t, centring, p.kept.cov[i], x, 1e-12)
		}
	}
}

func TestAFactorTimesItsTransposeIsTheCovariance(t *testing.T) {
	const n = 7
	root, a, l := make([]float64, n*n), make([]float64, n*n), make([]float64, n*n)
	for i := range root {
		root[i] = rng.Root(3).Float64At(uint64(i)) - 0.5
	}
	for i := range n {
		for j := range n {
			for k := range n {
				a[i*n+j] += root[i*n+k] * root[j*n+k]
			}
		}
	}
	if !factored(l, a, n) {
		t.Fatal("a positive definite matrix has no factor")
	}
	for i := range n {
		for j := range n {
			x := 0.0
			for k := range n {
				x += l[i*n+k] * l[j*n+k]
			}
			near(t, "product", x, a[i*n+j], 1e-14)
		}
	}
	// Rank one needs the jitter; a negative eigenvalue is beyond it.
	if !factored(l[:4], []float64{1, 1, 1, 1}, 2) {
		t.Error("jitter does not mend a singular matrix")
	}
	if factored(l[:4], []float64{4, 9, 9, 9}, 2) || l[0] != 2 || l[2] != 0 || l[3] != 3 {
		t.Errorf("an indefinite matrix gives %v, want the root of its diagonal", l[:4])
	}
}

func TestAFullDistributionThatNothingMovedDrawsTheDiagonalOnesCandidates(t *testing.T) {
	for _, kind := range []string{DistributionFull, DistributionFullStep} {
		s := CEM()
		s.Horizon, s.Iterations, s.Covariance = 6, 3, CovFixed
		diag := newPlanner(t, s, integrator(2), Deps{}, 1)
		s.Distribution = kind
		full := newPlanner(t, s, integrator(2), Deps{}, 1)
		start := startsAt(1, 2, 5)[0]
		a, b := diag.Plan(context.Background(), start, rng.Root(1)), full.Plan(context.Background(), start, rng.Root(1))
		for i, u := range a.Sequence {
			near(t, kind, float64(b.Sequence[i]), float64(u), 1e-5)
		}
	}
}

func TestRollingAFullCovarianceByTwoEqualsTwoRollsByOne(t *testing.T) {
	for _, kind := range []string{DistributionFull, DistributionFullStep} {
		s := CEM()
		s.Horizon, s.ShiftCovariance, s.Distribution = 5, CovCarry, kind
		p := newPlanner(t, s, world{2, 2, integrator(1).step}, Deps{}, 1)
		load := func() {
			for i := range p.kept.cov {
				p.kept.cov[i] = float64(i)
			}
			p.kept.valid = true
		}
		roll := func(skip int) {
			p.kept.skipped = skip
			p.solo.begin(p, 0, 1)
			p.shift(p.solo)
		}
		load()
		roll(1)
		once := append([]float64(nil), p.solo.cov[:p.cov.size]...)
		load()
		roll(0)
		copy(p.kept.cov, p.solo.cov[:p.cov.size])
		roll(0)
		for i, x := range once {
			near(t, kind, p.solo.cov[i], x, 0)
		}
		last := p.cov.at(9, 9)
		near(t, kind+" tail", p.solo.cov[last], s.Sigma*s.Sigma, 0)
	}
}

func TestAFullCovarianceSurvivesAChangeOfHorizon(t *testing.T) {
	for _, kind := range []string{DistributionFull, DistributionFullStep} {
		s := CEM()
		s.Horizon, s.Distribution = 4, kind
		p := newPlanner(t, s, world{2, 2, integrator(1).step}, Deps{MaxHorizon: 7}, 1)
		for i := range p.cov.size {
			p.kept.cov[i] = float64(i + 1)
		}
		corner := append([]float64(nil), p.kept.cov[:2]...)
		for _, h := range []int{7, 3} {
			if err := p.SetHorizon(h); err != nil {
				t.Fatal(err)
			}
			near(t, kind, p.kept.cov[p.cov.at(0, 0)], corner[0], 0)
			near(t, kind, p.kept.cov[p.cov.at(0, 1)], corner[1], 0)
			if h == 7 {
				near(t, kind+" new step", p.kept.cov[p.cov.at(13, 13)], s.Sigma*s.Sigma, 0)
			}
		}
	}
}
