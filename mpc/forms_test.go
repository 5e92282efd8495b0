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

// method.md G.1, 3: the error of N candidates falls as 1/sqrt(N). With a = A/lambda
// and Z(t) the mean of exp(-t a (u - c)^2 / 2) under the candidates' Gaussian, N
// times the squared error tends to Z(2)/Z(1)^2 times the mean of (u - m)^2 under
// the Gaussian that is tilted twice, m the mean of the one that is tilted once.
func TestTheErrorOfExponentialWeightsFallsAsTheRootOfTheCandidates(t *testing.T) {
	const lambda, sigma, curve, c, starts = 0.7, 0.5, 2.0, 0.6, 600
	tilted := func(times float64) (z, mean, variance float64) {
		a := times * curve / lambda
		f := 1 + a*sigma*sigma
		return math.Exp(-a*c*c/(2*f)) / math.Sqrt(f), a * sigma * sigma * c / f, sigma * sigma / f
	}
	z1, m1, _ := tilted(1)
	z2, m2, v2 := tilted(2)
	limit := z2 / (z1 * z1) * (v2 + (m2-m1)*(m2-m1))
	w := oneShot(1, func(u []float32) float64 { d := float64(u[0]) - c; return -curve / 2 * d * d })
	for _, n := range []int{100, 400, 1600} {
		s, out, squares := single(n), NewPlans(0, 1, 1), 0.0
		s.Utility, s.Lambda, s.Sigma = UtilityExp, lambda, sigma
		if _, err := newPlanner(t, s, w, Deps{}, 1).PlanBatch(startsAt(starts, 1, 1), rng.Root(uint64(n)), out); err != nil {
			t.Fatal(err)
		}
		for i := range starts {
			d := float64(out.At(i, 0)[0]) - m1
			squares += d * d / starts
		}
		near(t, "N times the squared error", float64(n)*squares/limit, 1, 0.2) // 3.5 deviations of 600 squares
	}
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
	few, variance := single(100), 0.0
	few.Covariance = CovElite
	one := newPlanner(t, few, line, Deps{}, 1)
	for i := range uint64(6000) {
		one.Reset()
		one.Plan(context.Background(), rollout.Start{Obs: []float32{0}}, rng.Root(i))
		variance += one.kept.std[0] * one.kept.std[0] / 6000
	}
	near(t, "variance of 10 of 100", variance, 0.1573, 0.004)
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

// method.md G.1, 7, by quadrature, and what the planner owes to it: the centring
// `exact` is the mirror step of B.4. Of all Gaussians the new one has the least
// sum of KL divergences from the old one and from the elites' one, weighted with
// 1 - step and step, and its entropy is the same sum of divergences and entropies.
func TestTheExactUpdateHasTheLeastSumOfDivergences(t *testing.T) {
	type gaussian struct{ mean, std float64 }
	entropy := func(p gaussian) float64 { return 0.5 * math.Log(2*math.Pi*math.E*p.std*p.std) }
	kl := func(p, q gaussian) float64 {
		d := p.mean - q.mean
		return math.Log(q.std/p.std) + (p.std*p.std+d*d)/(2*q.std*q.std) - 0.5
	}
	logDensity := func(p gaussian, x float64) float64 {
		z := (x - p.mean) / p.std
		return -0.5*z*z - math.Log(p.std*math.Sqrt(2*math.Pi))
	}
	p, q, sumH, sumKL := gaussian{0.3, 0.5}, gaussian{-0.4, 1.2}, 0.0, 0.0
	for x := p.mean - 6; x < p.mean+6; x += 1e-3 {
		f := 1e-3 * math.Exp(logDensity(p, x))
		sumH -= f * logDensity(p, x)
		sumKL += f * (logDensity(p, x) - logDensity(q, x))
	}
	near(t, "entropy", entropy(p), sumH, 1e-6)
	near(t, "divergence", kl(p, q), sumKL, 1e-6)

	const step = 0.35
	s := CEM()
	s.Horizon, s.Samples, s.Elites, s.Iterations, s.Bound = 2, 40, 8, 1, 1e9
	s.Covariance, s.StepMean, s.StepCov, s.ShiftCovariance = CovExact, step, step, CovCarry
	planner, w := observed(t, s)
	mean, std := keep(planner)
	_, passes := w.call(planner, rng.Root(3))
	mean = rolled(mean, 1)
	std = append(std[2:], s.Sigma, s.Sigma)
	for i := range 4 {
		var elites gaussian
		for _, c := range passes[0].best()[:8] {
			elites.mean += passes[0].actions(c)[i] / 8
		}
		for _, c := range passes[0].best()[:8] {
			d := passes[0].actions(c)[i] - elites.mean
			elites.std += d * d / 8
		}
		elites.std = math.Sqrt(elites.std)
		old, next := gaussian{mean[i], std[i]}, gaussian{planner.kept.mean[i], planner.kept.std[i]}
		sum := func(q gaussian) float64 { return (1-step)*kl(old, q) + step*kl(elites, q) }
		near(t, "entropy", entropy(next), sum(next)+(1-step)*entropy(old)+step*entropy(elites), 1e-9)
		for _, d := range []float64{-1e-3, 1e-3} {
			if sum(gaussian{next.mean + d, next.std}) <= sum(next) || sum(gaussian{next.mean, next.std * (1 + d)}) <= sum(next) {
				t.Errorf("number %d: the update %+v is not the nearest Gaussian", i, next)
			}
		}
	}
}

// method.md G.1, 8: a loss that grows by one a step is discounted to the bracket
// of Lemma 1, by its sum and by its closed form.
func TestALossThatGrowsByTheStepIsTheBracketOfLemma1(t *testing.T) {
	growing := world{1, 1, func(_ row, h int, _, _, next []float32) (float32, rollout.Fate) {
		next[0] = 0
		return -float32(h), rollout.Running
	}}
	for _, horizon := range []int{1, 5, 15} {
		s := CEM()
		s.Horizon, s.Gamma, s.Iterations = horizon, 0.99, 1
		st := newPlanner(t, s, growing, Deps{}, 1).Plan(context.Background(), rollout.Start{Obs: []float32{0}}, rng.Root(1)).Stats
		g, n := 0.99, float64(horizon)
		closed := ((n-1)*math.Pow(g, n+1) - n*math.Pow(g, n) + g) / ((1 - g) * (1 - g))
		near(t, "bracket", -st.AllMean, closed, 1e-9*(1+closed))
		if horizon == 5 {
			near(t, "bracket", -st.AllMean, 9.703481, 5e-7)
		}
	}
}

// method.md G.1, 8: how far an update moves the mean from the policy's proposals
// shrinks as the policy improves, in M-DeMoRL's own setting.
func TestTheDistanceFromTheProposalsFallsAsThePolicyImproves(t *testing.T) {
	s := MDeMoRL()
	s.Horizon, s.Value, s.Proposal, s.Sigma = 1, ValueNone, ProposalMean, 0.2
	w := oneShot(1, func(u []float32) float64 { d := float64(u[0]) - 0.6; return -d * d })
	var moved []float64
	for _, bias := range []float32{0, 0.4, 0.6} {
		policy, out := linear{gain: []float32{0}, obs: 1, act: 1, bias: bias}, NewPlans(0, 1, 1)
		st, err := newPlanner(t, s, w, Deps{NewActor: policy.actor}, 1).PlanBatch(startsAt(200, 1, 1), rng.Root(1), out)
		if err != nil {
			t.Fatal(err)
		}
		want := 0.0
		for i := range 200 {
			want += math.Abs(float64(out.At(i, 0)[0]-bias)) / 200
		}
		near(t, "Moved", st.Moved, want, 1e-6)
		moved = append(moved, math.Log(st.Moved))
	}
	if !(moved[0] > moved[1]+0.3 && moved[1] > moved[2]+1) {
		t.Errorf("log distances %v do not fall", moved)
	}
}
