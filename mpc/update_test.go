package mpc

import (
	"context"
	"fmt"
	"math"
	"testing"

	"demorl/rng"
	"demorl/rollout"
)

// randomUpdate draws settings of one or two updates; Validate may refuse some.
func randomUpdate(z *rng.Stream) Settings {
	s := base()
	pick := func(words ...string) string { return words[z.Intn(len(words))] }
	step := func() float64 { return []float64{1, z.Uniform(0.05, 0.95)}[z.Intn(2)] }
	s.Horizon, s.Samples, s.Particles, s.Iterations = 2+z.Intn(4), 6+z.Intn(20), 1+z.Intn(2)*z.Intn(3), 1+z.Intn(2)
	s.Utility, s.Elites = pick(UtilityElite, UtilityExp, UtilityCost, UtilityEliteExp, UtilityEliteCost), 1+z.Intn(6)
	s.Lambda, s.LambdaMode, s.CostScale = math.Exp(z.Uniform(-2, 1)), pick(LambdaFixed, LambdaRelative), pick(ScaleNone, ScaleStd)
	s.Distribution, s.Divergence = pick(DistributionDiag, DistributionFull, DistributionFullStep), pick(DivergenceKL, DivergenceKL, DivergenceEuclid)
	s.StepMean, s.StepCov = step(), z.Uniform(0.05, 0.9)
	s.Covariance, s.SmoothStd = pick(CovFixed, CovOld, CovElite, CovNew, CovExact), z.Intn(3) == 0
	if s.Covariance == CovExact {
		s.StepMean = s.StepCov
	}
	s.Shift, s.Tail = pick(ShiftRoll, ShiftClosed, ShiftOpen, ShiftMixture, ShiftResidual), pick(TailRepeat, TailZero, TailPolicy)
	s.ShiftCovariance, s.Inflate = pick(CovReset, CovCarry, CovInflate), z.Uniform(0.1, 2)
	s.Proposal, s.PlanForm = ProposalMean, PlanMean
	if s.closed() {
		s.Proposal, s.PlanForm = pick(ProposalSample, ProposalMean), pick(PlanMean, PlanResidual, PlanResidualMean)
	}
	if s.Shift == ShiftMixture {
		s.PolicySamples = 1 + z.Intn(3)
	}
	s.Sigma, s.MinStd, s.Bound = z.Uniform(0.2, 0.8), []float64{1e-3, 0.3}[z.Intn(2)], []float64{1, 1.4, 1e9}[z.Intn(3)]
	s.Noise, s.Sampling = pick(NoiseWhite, NoiseColoured, NoiseAR, NoiseKnots), pick(SampleClip, SampleTruncate)
	s.KeepElites, s.Decay, s.MeanLast = z.Uniform(0, 1)*float64(z.Intn(2)), 1+float64(z.Intn(2)), z.Intn(3) == 0
	s.Gamma = z.Uniform(0.5, 1)
	if z.Intn(4) == 0 {
		s.Rate = []float64{0.4}
	}
	return s
}

// load gives p a plan of the call before at random and returns it.
func (k reckoner) load(p *Planner, z *rng.Stream) belief {
	b := k.belief(0)
	n := len(b.mean)
	root := make([][]float64, n)
	for i := range root {
		b.mean[i], root[i] = z.Uniform(-0.9, 0.9), make([]float64, n)
		for j := range root[i] {
			root[i][j] = z.Uniform(-0.5, 0.5)
		}
	}
	for i := range n {
		for j := range n {
			if !k.covary(i, j) {
				continue
			}
			if i == j {
				b.cov[i][j] = 0.1
			}
			for q := range n {
				b.cov[i][j] += root[i][q] * root[j][q] / float64(n)
			}
			if p.cov.size > 0 {
				p.kept.cov[p.cov.at(i, j)] = b.cov[i][j]
			}
		}
		p.kept.mean[i], p.kept.std[i] = b.mean[i], math.Sqrt(b.cov[i][i])
	}
	p.kept.valid = true
	return b
}

// shifted is what a call begins with, n ticks after a plan (method.md B.5).
func (k reckoner) shifted(was belief, n int, w *witness, start []float32) belief {
	b := k.belief(k.s.Sigma)
	keep, last := (k.s.Horizon-n)*k.a, was.mean[len(was.mean)-k.a:]
	if n >= k.s.Horizon || k.s.Shift == ShiftClosed || k.s.Shift == ShiftOpen {
		keep = 0
	} else {
		copy(b.mean[:keep], was.mean[n*k.a:])
		for i := keep; i < len(b.mean) && k.s.Tail == TailRepeat; i++ {
			b.mean[i] = last[i%k.a]
		}
		for i := range b.mean {
			for j := range b.mean {
				if max(i, j) < keep && k.s.ShiftCovariance != CovReset {
					b.cov[i][j] = was.cov[i+n*k.a][j+n*k.a]
				}
			}
			if k.s.ShiftCovariance == CovInflate {
				b.cov[i][i] += k.s.Inflate * k.s.Sigma * k.s.Sigma
			}
		}
	}
	if k.s.Shift == ShiftOpen || k.s.Tail == TailPolicy && !k.s.closed() {
		k.follow(b.mean, keep, w, start)
	}
	return b
}

// follow takes the numbers from place keep on from a rollout that follows mean
// until there and the policy then.
func (k reckoner) follow(mean []float64, keep int, w *witness, start []float32) {
	x, next, u := append([]float32(nil), start...), make([]float32, w.obs), make([]float32, k.a)
	for at := 0; at < len(mean); at += k.a {
		if at >= keep {
			w.policy.Act(x, 1, nil, nil, u)
			copy(mean[at:], wide(u))
		} else {
			for j := range u {
				u[j] = min(1, max(-1, float32(mean[at+j])))
			}
		}
		w.move(x, u, next)
		copy(x, next)
	}
}

// verify plans once from a plan at random and compares what is kept with the
// recomputed.
func verify(t *testing.T, s *Settings, z *rng.Stream) error {
	a, key := 1+z.Intn(3), rng.Root(z.Uint64())
	w := &witness{
		obs: 2, act: a, policy: linear{gain: make([]float32, 2*a), obs: 2, act: a, std: 0.3, bias: float32(z.Uniform(-0.4, 0.4))},
		gamma: s.Gamma, mortal: z.Uniform(0, 1.3) - 0.3, bad: z.Uniform(0, 0.3), pre: key.At(0), steps: s.Horizon, wish: 0.2,
	}
	for i := range w.policy.gain {
		w.policy.gain[i] = float32(z.Uniform(-0.5, 0.5))
	}
	p := newPlanner(t, *s, w, Deps{NewActor: w.policy.actor}, 1)
	k := reckoner{s, a, p.form}
	was, skip := k.load(p, z), z.Intn(3)*z.Intn(3)
	p.Skip(skip)
	start := []float32{float32(z.Uniform(-1, 1)), float32(z.Uniform(-1, 1))}
	r := p.Plan(context.Background(), rollout.Start{Obs: start}, key)
	want, length, moved := k.shifted(was, 1+skip, w, start), 0, 0.0
	passes := w.passes
	if p.pre > 0 {
		passes = passes[1:]
	}
	if len(passes) != s.Iterations {
		return fmt.Errorf("%d passes", len(passes))
	}
	for it, pass := range passes {
		closed := s.closed() && (it == 0 || s.residual())
		if c := k.tries(pass, closed); len(c) > 0 {
			want, length, moved = k.updated(want, c, closed)
		}
	}
	tolerance := 1e-7
	if s.residual() || s.closed() && s.Particles > 1 { // those numbers are made in float32
		tolerance = 2e-5
	}
	off := func(what string, i int, got, want float64) error {
		if !(math.Abs(got-want) <= tolerance*(1+math.Abs(want))) {
			return fmt.Errorf("%s %d is %g, want %g", what, i, got, want)
		}
		return nil
	}
	for i, x := range want.mean {
		if err := off("mean", i, p.kept.mean[i], x); err != nil {
			return err
		}
		if err := off("variance", i, p.kept.std[i]*p.kept.std[i], want.cov[i][i]); err != nil {
			return err
		}
		for j := range want.mean {
			if p.cov.size > 0 && k.covary(i, j) {
				if err := off("covariance", i*len(want.mean)+j, p.kept.cov[p.cov.at(i, j)], want.cov[i][j]); err != nil {
					return err
				}
			}
		}
	}
	if r.Length != length {
		return fmt.Errorf("length %d, want %d", r.Length, length)
	}
	return off("the distance moved", 0, r.Stats.Moved, moved)
}

// TestUpdatesAreTheSpecifiedOnesWhateverTheSettings recomputes whole calls from
// what the world was asked for: the shift of a plan that is not zero (method.md
// B.5), the weights (B.3) and the update of mean and covariance (B.4, A.4.6),
// with rollouts that end early left out of the steps behind their end, and the
// monitor of G.1, 8.
func TestUpdatesAreTheSpecifiedOnesWhateverTheSettings(t *testing.T) {
	tried := 0
	for seed := range uint64(3000) {
		z := rng.NewStream(rng.Root(5000 + seed))
		s := randomUpdate(z)
		if s.Validate() != nil {
			continue
		}
		tried++
		if err := verify(t, &s, z); err != nil {
			t.Errorf("seed %d: %v\n%+v", seed, err, s)
		}
	}
	if tried < 300 {
		t.Errorf("only %d settings were tried", tried)
	}
	t.Logf("%d settings tried", tried)
}
