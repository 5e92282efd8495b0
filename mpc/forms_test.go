package mpc

import (
	"context"
	"math"
	"testing"

	"demorl/rng"
	"demorl/rollout"
)

func scores(s ...float64) []ranked {
	info := make([]candidate, len(s))
	for i := range s {
		info[i] = candidate{score: s[i], done: true}
	}
	return ranking(make([]ranked, 0, len(s)), info)
}

func TestEq14TurnsItsSignAndTheDefaultWeightsDoNot(t *testing.T) {
	rank, w := scores(1, 0.2, -1.1), make([]float64, 3)
	s := DefaultSettings()
	weigh(&s, 3, rank, w)
	for _, x := range w {
		near(t, "default weight", x, 1./3, 1e-15)
	}
	s.EliteWeights = WeightsCost
	if _, _, uniform := weigh(&s, 3, rank, w); uniform {
		t.Error("fell back to uniform")
	}
	for i, want := range []float64{10, 2, -11} {
		near(t, "Eq. 14 weight", w[i], want, 1e-9)
	}
	if _, _, uniform := weigh(&s, 2, scores(1, -1), w); !uniform || w[0] != 0.5 {
		t.Error("a vanishing sum of costs does not fall back to uniform weights")
	}
	if len(s.Warnings()) == 0 {
		t.Error("Eq. 14 gives no warning")
	}
}

// single is one update around mean 0 with n unbounded samples.
func single(n int) Settings {
	s := CEM()
	s.Horizon, s.Samples, s.Iterations, s.Elites = 1, n, 1, n/10
	s.Sigma, s.Bound, s.Covariance, s.Gamma = 1, 1e9, CovFixed, 1
	return s
}

func planOne(t *testing.T, s Settings, w rollout.World) *Planner {
	t.Helper()
	p := newPlanner(t, s, w, Deps{}, 2)
	r := p.Plan(context.Background(), rollout.Start{Obs: []float32{0}}, rng.Root(7))
	if r.Err != nil || r.Source != FromPlan {
		t.Fatalf("source %s, error %v", r.Source, r.Err)
	}
	return p
}

var (
	hessian = [2][2]float64{{2, 0.5}, {0.5, 1}}
	centre  = [2]float64{0.6, -0.3}
)

func halfQuadratic(u []float32) float64 {
	x, y := float64(u[0])-centre[0], float64(u[1])-centre[1]
	return -0.5 * (hessian[0][0]*x*x + 2*hessian[0][1]*x*y + hessian[1][1]*y*y)
}

func TestExpectedCostStepIsTheNaturalGradientOfAQuadratic(t *testing.T) {
	const n = 200_000
	s := single(n)
	s.Utility, s.CostScale, s.StepMean, s.Sigma = UtilityCost, ScaleNone, 0.3, 0.5
	p := planOne(t, s, oneShot(2, halfQuadratic))
	// m = m0 - step * Sigma * A * (m0 - c) with m0 = 0.
	for j := range 2 {
		want := 0.3 * 0.25 * (hessian[j][0]*centre[0] + hessian[j][1]*centre[1])
		near(t, "mean", p.kept.mean[j], want, 3/math.Sqrt(n))
	}
}

func TestExponentialUtilityReachesTheTiltedGaussian(t *testing.T) {
	const n, lambda, sigma = 200_000, 0.7, 0.5
	s := single(n)
	s.Utility, s.Lambda, s.Sigma, s.Covariance = UtilityExp, lambda, sigma, CovElite
	p := planOne(t, s, oneShot(2, halfQuadratic))
	a, b, d := 1/(sigma*sigma)+hessian[0][0]/lambda, hessian[0][1]/lambda, 1/(sigma*sigma)+hessian[1][1]/lambda
	det := a*d - b*b
	r0 := (hessian[0][0]*centre[0] + hessian[0][1]*centre[1]) / lambda
	r1 := (hessian[1][0]*centre[0] + hessian[1][1]*centre[1]) / lambda
	near(t, "mean 0", p.kept.mean[0], (d*r0-b*r1)/det, 0.01)
	near(t, "mean 1", p.kept.mean[1], (a*r1-b*r0)/det, 0.01)
	near(t, "variance 0", p.kept.std[0]*p.kept.std[0], d/det, 0.01)
	near(t, "variance 1", p.kept.std[1]*p.kept.std[1], a/det, 0.01)
}

func TestExponentialUtilityContractsAsTheClosedFormSays(t *testing.T) {
	const n, lambda, sigma, step, curve, c = 200_000, 0.5, 0.4, 0.6, 3.0, 0.5
	s := single(n)
	s.Utility, s.Lambda, s.Sigma, s.StepMean = UtilityExp, lambda, sigma, step
	p := planOne(t, s, oneShot(1, func(u []float32) float64 { d := float64(u[0]) - c; return -curve / 2 * d * d }))
	want := (1 - step) + step/(1+sigma*sigma*curve/lambda)
	near(t, "contraction", (c-p.kept.mean[0])/c, want, 0.01)
}

func TestElitesOfALinearRewardAreATruncatedNormal(t *testing.T) {
	s := single(200_000)
	s.Covariance = CovElite
	line := oneShot(1, func(u []float32) float64 { return float64(u[0]) })
	p := planOne(t, s, line)
	near(t, "elite mean", p.kept.mean[0], 1.7550, 0.01)
	near(t, "elite variance", p.kept.std[0]*p.kept.std[0], 0.1691, 0.005)

	q := newPlanner(t, single(100), line, Deps{}, 2)
	out := NewPlans(0, 1, 1)
	if _, err := q.PlanBatch(startsAt(6000, 1, 1), rng.Root(3), out); err != nil {
		t.Fatal(err)
	}
	mean := 0.0
	for i := range 6000 {
		mean += float64(out.At(i, 0)[0]) / 6000
	}
	near(t, "mean of 10 of 100", mean, 1.7325, 0.01)
}

func TestCovarianceCentringsDifferByTheirClosedForms(t *testing.T) {
	const old, variance, d, step = 0.7, 0.2, 0.4, 0.3
	squared := func(name string, d float64) float64 {
		s := CEM()
		s.Covariance, s.StepCov, s.StepMean = name, step, step
		p := &Planner{s: s}
		x := p.deviation(old, variance, d)
		return x * x
	}
	near(t, "old - elite", squared(CovOld, d)-squared(CovElite, d), step*d*d, 1e-12)
	near(t, "exact - elite", squared(CovExact, d)-squared(CovElite, d), step*(1-step)*d*d, 1e-12)
	near(t, "new - elite", squared(CovNew, d)-squared(CovElite, d), step*(1-step)*(1-step)*d*d, 1e-12)
	for _, name := range []string{CovOld, CovNew, CovExact} {
		near(t, name+" at d = 0", squared(name, 0), squared(CovElite, 0), 1e-12)
	}
}

func TestUtilitiesWithoutSelectionAverageAndWithoutTemperatureTakeTheBest(t *testing.T) {
	line := oneShot(1, func(u []float32) float64 { return float64(u[0]) })
	average := func(change func(*Settings)) float64 {
		s := single(64)
		change(&s)
		return planOne(t, s, line).kept.mean[0]
	}
	p := planOne(t, single(64), line)
	mean, best := 0.0, math.Inf(-1)
	for _, u := range p.solo.cand[:64] {
		mean += float64(u) / 64
		best = max(best, float64(u))
	}
	near(t, "all elites", average(func(s *Settings) { s.Elites = 64 }), mean, 1e-9)
	near(t, "infinite temperature", average(func(s *Settings) { s.Utility, s.Lambda = UtilityExp, 1e12 }), mean, 1e-9)
	near(t, "no temperature", average(func(s *Settings) { s.Utility, s.Lambda = UtilityExp, 1e-12 }), best, 0)
	near(t, "one elite", average(func(s *Settings) { s.Elites = 1 }), best, 0)
}

func TestBisectionReachesTheEffectiveSampleSize(t *testing.T) {
	s := MPPI()
	s.LambdaMode, s.ESSTarget = LambdaESS, 0.25
	x := make([]float64, 200)
	for i := range x {
		x[i] = -float64(i*i) / 100
	}
	w := make([]float64, len(x))
	_, ess, _ := weigh(&s, 1, scores(x...), w)
	near(t, "effective sample size", ess, 50, 1e-6)
}

func TestEqualScoresGiveEqualWeightsAndNoAdvantage(t *testing.T) {
	for _, mode := range []string{LambdaFixed, LambdaRelative, LambdaESS} {
		s := MPPI()
		s.LambdaMode = mode
		w := make([]float64, 4)
		weigh(&s, 2, scores(3, 3, 3, 3), w)
		near(t, mode+" weight", w[0], 0.25, 1e-15)
	}
	s := MPPI()
	s.Utility = UtilityCost
	w := make([]float64, 2)
	weigh(&s, 2, scores(3, 3), w)
	if w[0] != 0 || w[1] != 0 {
		t.Errorf("advantages of equal scores are %v", w)
	}
}

func TestBadScoresAreTheWorstAndNeverZero(t *testing.T) {
	rank := scores(-5, math.NaN(), math.Inf(1), -7, math.Inf(-1))
	if len(rank) != 2 || rank[0].index != 0 || rank[1].index != 3 {
		t.Errorf("ranking of -5 NaN +Inf -7 -Inf is %v", rank)
	}
}

func TestColouredNoiseHasItsSpectrumAndUnitVariance(t *testing.T) {
	for _, beta := range []float64{0, 1, 2} {
		const h, repeats = 512, 100
		waves := 2 * (h/2 + 1)
		m, z := make([]float32, h*waves), make([]float32, waves)
		coloured(m, h, beta)
		power := make([]float64, h/2)
		variance := 0.0
		for rep := range repeats {
			rng.Root(9).At(uint64(rep)).Normals(z, 0)
			x := make([]float64, h)
			for t := range h {
				for q := range waves {
					x[t] += float64(m[t*waves+q]) * float64(z[q])
				}
				variance += x[t] * x[t] / h / repeats
			}
			for k := 4; k < 40; k++ {
				re, im := 0.0, 0.0
				for t := range h {
					s, c := math.Sincos(2 * math.Pi * float64(k*t%h) / h)
					re += x[t] * c
					im += x[t] * s
				}
				power[k] += re*re + im*im
			}
		}
		var n, sx, sy, sxx, sxy float64
		for k := 4; k < 40; k++ {
			lx, ly := math.Log(float64(k)), math.Log(power[k])
			n, sx, sy, sxx, sxy = n+1, sx+lx, sy+ly, sxx+lx*lx, sxy+lx*ly
		}
		near(t, "spectrum slope", (n*sxy-sx*sy)/(n*sxx-sx*sx), -beta, 0.1)
		if beta == 0 {
			near(t, "variance of white", variance, 1/(1-1.5/h), 0.02)
		}
	}
}

func TestTruncatedCandidatesStayWithinTwoDeviationsWhateverTheirNoise(t *testing.T) {
	const samples, sigma = 20_000, 0.1
	for _, noise := range []string{NoiseWhite, NoiseColoured} {
		s := single(samples)
		s.Horizon, s.Sampling, s.Sigma, s.Noise, s.Beta = 5, SampleTruncate, sigma, noise, 2
		p := planOne(t, s, oneShot(1, func(u []float32) float64 { return float64(u[0]) }))
		variance, far := 0.0, 0
		drawn := p.solo.cand[:samples*s.Horizon]
		for _, u := range drawn {
			v := float64(u) / sigma
			if !(math.Abs(v) <= 2.000001) {
				t.Fatalf("%s: a candidate has %v deviations", noise, v)
			}
			if math.Abs(v) > 1.9 {
				far++
			}
			variance += v * v / float64(len(drawn))
		}
		if far == 0 {
			t.Errorf("%s: no candidate is near the truncation", noise)
		}
		if noise == NoiseWhite {
			near(t, "variance", variance, 0.7737, 0.01) // 1 - 4 phi(2)/(2 Phi(2) - 1)
		}
	}
}

func TestRollingByThreeEqualsThreeRollsByOne(t *testing.T) {
	s := CEM()
	s.Horizon, s.ShiftCovariance = 8, CovCarry
	for _, tail := range []string{TailRepeat, TailZero} {
		s.Tail = tail
		p := newPlanner(t, s, integrator(1), Deps{}, 1)
		load := func() {
			for i := range 8 {
				p.kept.mean[i], p.kept.std[i] = float64(i)/10, 0.5
			}
			p.kept.valid = true
		}
		load()
		p.kept.skipped = 2
		p.solo.begin(p, 0, 1)
		p.shift(p.solo)
		once := append([]float64(nil), p.solo.mean[:8]...)
		load()
		p.kept.skipped = 0
		for range 3 {
			p.solo.begin(p, 0, 1)
			p.shift(p.solo)
			copy(p.kept.mean, p.solo.mean[:8])
			copy(p.kept.std, p.solo.std[:8])
		}
		for i, x := range once {
			near(t, tail, p.solo.mean[i], x, 0)
		}
	}
}

func TestOpenPolicyShiftFollowsALinearPolicyExactly(t *testing.T) {
	s := CEM()
	s.Horizon, s.Shift, s.Proposal, s.Sigma, s.MinStd, s.Iterations = 6, ShiftOpen, ProposalMean, 1e-9, 0, 1
	policy := linear{gain: []float32{0.5, 0.3}, obs: 2, act: 1}
	w := integrator(1)
	p := newPlanner(t, s, w, Deps{NewActor: policy.actor}, 1)
	r := p.Plan(context.Background(), rollout.Start{Obs: []float32{0.9, -0.2}}, rng.Root(1))
	x, u, next := []float32{0.9, -0.2}, []float32{0}, []float32{0, 0}
	for h := range 6 {
		policy.Act(x, 1, nil, nil, u)
		near(t, "action", float64(r.Sequence[h]), float64(u[0]), 1e-6)
		w.step(row{}, h, x, u, next)
		copy(x, next)
	}
}
