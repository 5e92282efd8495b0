package mpc

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"demorl/rng"
	"demorl/rollout"
)

// method.md B.4: with divergence euclid and the expected cost of a quadratic the
// step is the plain gradient, m - step A (m - c), whatever the covariance.
func TestAnExpectedCostStepOfDivergenceEuclidIsThePlainGradient(t *testing.T) {
	const n = 200_000
	for _, sigma := range []float64{0.5, 0.8} {
		for _, distribution := range []string{DistributionDiag, DistributionFull} {
			s := single(n)
			s.Utility, s.CostScale, s.StepMean, s.Sigma = UtilityCost, ScaleNone, 0.3, sigma
			s.Divergence, s.Distribution = DivergenceEuclid, distribution
			p := planOne(t, s, oneShot(2, halfQuadratic))
			for j := range 2 {
				want := 0.3 * (hessian[j][0]*centre[0] + hessian[j][1]*centre[1])
				near(t, distribution+" mean", p.kept.mean[j], want, 10/math.Sqrt(n))
			}
		}
	}
}

// One step of either divergence on the same candidates: a covariance that is
// sigma^2 times the identity makes euclid's the KL's over sigma^2, and any other
// one its inverse times it.
func TestAStepOfDivergenceEuclidIsTheInverseCovarianceTimesThatOfKL(t *testing.T) {
	move := func(divergence, distribution string, step float64) *Planner {
		s := single(60)
		s.Horizon, s.StepMean, s.Sigma, s.Divergence, s.Distribution = 2, step, 0.4, divergence, distribution
		return planOne(t, s, oneShot(2, halfQuadratic))
	}
	for _, distribution := range []string{DistributionDiag, DistributionFull, DistributionFullStep} {
		kl, euclid := move(DivergenceKL, distribution, 0.3), move(DivergenceEuclid, distribution, 0.3*0.16)
		for i := range 4 {
			near(t, distribution, euclid.kept.mean[i], kl.kept.mean[i], 1e-12)
		}
	}
	// A correlated covariance, and a plan that ends after one of its two steps.
	for _, steps := range []int{1, 2} {
		p := move(DivergenceEuclid, DistributionFull, 0.7)
		g, cov := p.solo, []float64{2, 0.3, 0.1, 0, 0.3, 1, 0.2, 0.1, 0.1, 0.2, 3, -0.4, 0, 0.1, -0.4, 1.5}
		copy(g.chol, cov)
		if !factored(g.chol, cov, 4) {
			t.Fatal("no factor")
		}
		copy(g.pull, []float64{0.1, -0.2, 0.3, 0.05})
		copy(g.mean, []float64{0.5, 0.4, -0.3, 0.2})
		g.length[0] = int32(steps)
		before := slices.Clone(g.mean[:4])
		g.moveAlong(p, 0)
		for i := range 2 * steps { // Sigma times the move is the step times the pull
			sum := 0.0
			for j := range 2 * steps {
				sum += cov[4*i+j] * (g.mean[j] - before[j])
			}
			near(t, "Sigma times the move", sum, 0.7*[]float64{0.1, -0.2, 0.3, 0.05}[i], 1e-12)
		}
		for i := 2 * steps; i < 4; i++ {
			near(t, "a mean behind the plan's end", g.mean[i], before[i], 0)
		}
	}
}

// method.md B.8: with the control cost and no rewards the weights are the ratio
// of the densities around 0 and around the mean, so that the weighted mean is 0,
// whatever the temperature; without it it stays the mean.
func TestMPPIsControlCostBringsDrawsAroundTheMeanBackToZero(t *testing.T) {
	nothing := oneShot(2, func([]float32) float64 { return 0 })
	for _, distribution := range []string{DistributionDiag, DistributionFull} {
		for _, lambda := range []float64{0.3, 4} {
			for _, costs := range []bool{false, true} {
				s := single(400_000)
				s.Utility, s.Lambda, s.Sigma, s.Distribution, s.MPPIControlCost = UtilityExp, lambda, 0.5, distribution, costs
				s.Shift, s.Tail, s.Proposal, s.Covariance = ShiftOpen, TailZero, ProposalMean, CovElite
				policy := linear{gain: make([]float32, 2), obs: 1, act: 2, bias: 0.3}
				p := newPlanner(t, s, nothing, Deps{NewActor: policy.actor}, 2)
				p.Plan(context.Background(), rollout.Start{Obs: []float32{0}}, rng.Root(7))
				for i := range 2 {
					want := 0.3
					if costs {
						want = 0
					}
					near(t, distribution+" mean", p.kept.mean[i], want, 0.006)
					near(t, distribution+" deviation", p.kept.std[i], 0.5, 0.006)
				}
			}
		}
	}
}

// The cost itself, recomputed from candidates, mean and covariance, with a
// covariance that an earlier iteration made.
func TestMPPIsControlCostRecomputed(t *testing.T) {
	for _, distribution := range []string{DistributionDiag, DistributionFull} {
		s := single(50)
		s.Horizon, s.Iterations, s.Utility, s.Lambda, s.Sigma, s.Distribution, s.MPPIControlCost = 2, 2, UtilityExp, 0.7, 0.5, distribution, true
		s.Covariance, s.StepCov, s.StepMean = CovElite, 0.5, 0.5
		quiet := oneShot(1, func(u []float32) float64 { return -float64(u[0]) })
		p := newPlanner(t, s, quiet, Deps{}, 1)
		g := p.solo
		g.begin(p, 0, 1)
		copy(g.mean, []float64{0.4, -0.3})
		precision := [2][2]float64{{1 / 0.09, 0}, {0, 1 / 0.25}}
		g.std[0], g.std[1] = 0.3, 0.5
		if distribution == DistributionFull {
			copy(g.cov, []float64{0.09, 0.05, 0.05, 0.25})
			det := 0.09*0.25 - 0.05*0.05
			precision = [2][2]float64{{0.25 / det, -0.05 / det}, {-0.05 / det, 0.09 / det}}
		}
		p.job = job{starts: []rollout.Start{{Obs: []float32{0}}}, key: rng.Root(3), noise: rng.Root(3)}
		g.pass = p.iteration(1, 0)
		p.factor(g)
		p.lean(g)
		p.sweep(p.workers[0], g)
		for c := range 50 {
			u := g.cand[2*c : 2*c+2]
			cost := 0.0
			for i := range 2 {
				for j := range 2 {
					cost += []float64{0.4, -0.3}[i] * precision[i][j] * (float64(u[j]) - []float64{0.4, -0.3}[j])
				}
			}
			near(t, distribution+" score", g.info[c].score, -float64(u[0])-float64(u[1])-0.7*cost, 1e-5)
		}
	}
}

func TestUtilityEliteCostIsEliteWithTheWeightsOfEq14(t *testing.T) {
	rank, got, want := scores(3, -1, 0.5, 2, -4), make([]float64, 5), make([]float64, 5)
	one, two := DefaultSettings(), DefaultSettings()
	one.Utility = UtilityEliteCost
	two.EliteWeights = WeightsCost
	n, ess, uniform := weigh(&one, 3, rank, got)
	m, ess2, uniform2 := weigh(&two, 3, rank, want)
	if n != m || ess != ess2 || uniform != uniform2 || !slices.Equal(got, want) || n != 3 {
		t.Errorf("%v of %d, want %v of %d", got, n, want, m)
	}
	if len(one.Warnings()) == 0 {
		t.Error("no warning")
	}
}

// The score of one plan, by hand: rewards 0, actions 0.5 then -0.3, after 0.1
// was sent; discount 0.5.
func TestActionsAndTheirChangesArePaidFor(t *testing.T) {
	actions := []float32{0.5, -0.3}
	idle := world{1, 1, func(_ row, _ int, x, _, next []float32) (float32, rollout.Fate) {
		copy(next, x)
		return 0, rollout.Running
	}}
	for _, value := range []string{ValueNone, ValueLastAction} {
		for _, sent := range []bool{false, true} {
			s := single(1)
			s.Elites, s.Horizon, s.Sigma, s.MinStd, s.Gamma, s.ActionCost, s.RateCost, s.Value = 1, 2, 1e-6, 0, 0.5, 2, 3, value
			p := newPlanner(t, s, idle, Deps{NewTerminal: quadratic{p: []float64{0}, obs: 1}.terminal}, 1)
			g := p.solo
			g.begin(p, 0, 1)
			for i, u := range actions {
				g.mean[i] = float64(u)
			}
			p.job = job{starts: []rollout.Start{{Obs: []float32{0}}}, key: rng.Root(1), noise: rng.Root(1)}
			first := 0.0
			if sent {
				p.job.sent, first = []float32{0.1}, 3*0.16
			}
			g.pass = p.iteration(0, 0)
			p.sweep(p.workers[0], g)
			want := -(2*0.25 + first) - 0.5*(2*0.09+3*0.64)
			near(t, "score, value "+value, g.info[0].score, want, 1e-4)
		}
	}
}

// A planner that pays for changes tells them from the action that was sent.
func TestTheFirstChangeIsFromTheActionThatWasSent(t *testing.T) {
	s := CEM()
	s.Horizon, s.Samples, s.Elites, s.Iterations, s.RateCost = 1, 300, 10, 8, 1
	p := newPlanner(t, s, oneShot(1, func([]float32) float64 { return 0 }), Deps{}, 1)
	start := rollout.Start{Obs: []float32{0}}
	p.Sent([]float32{0.6})
	near(t, "the action", float64(p.Plan(context.Background(), start, rng.Root(1)).Action[0]), 0.6, 0.03)
	p.Reset()
	p.Sent([]float32{-0.7})
	near(t, "the action", float64(p.Plan(context.Background(), start, rng.Root(2)).Action[0]), -0.7, 0.03)
}

func TestWhatPrecisionsCannotDoIsSaid(t *testing.T) {
	for want, spoil := range map[string]func(s *Settings){
		"planner.covariance is new with planner.divergence euclid": func(s *Settings) { s.Divergence, s.Covariance = DivergenceEuclid, CovNew },
		"planner.min_std is 0 with planner.divergence euclid":      func(s *Settings) { s.Divergence, s.MinStd = DivergenceEuclid, 0 },
		"planner.divergence is":                                    func(s *Settings) { s.Divergence = "kullback" },
		"planner.utility is elite with planner.mppi_control_cost":  func(s *Settings) { s.MPPIControlCost, s.Utility = true, UtilityElite },
		"planner.lambda_mode is relative":                          func(s *Settings) { s.MPPIControlCost = true },
		"planner.noise is ar":                                      func(s *Settings) { s.MPPIControlCost, s.Noise = true, NoiseAR },
		"planner.action_cost is -1":                                func(s *Settings) { s.ActionCost = -1 },
		"planner.rate_cost is NaN":                                 func(s *Settings) { s.RateCost = math.NaN() },
	} {
		s := MPPI()
		spoil(&s)
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
