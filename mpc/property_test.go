package mpc

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"demorl/par"
	"demorl/rng"
	"demorl/rollout"
)

// randomSettings draws settings, of which Validate may refuse some.
func randomSettings(z *rng.Stream) Settings {
	s := base()
	pick := func(words ...string) string { return words[z.Intn(len(words))] }
	s.Horizon, s.Samples, s.Particles, s.Iterations = 1+z.Intn(7), 1+z.Intn(40), 1+z.Intn(4), 1+z.Intn(4)
	s.Utility = pick(UtilityElite, UtilityExp, UtilityCost, UtilityEliteExp)
	s.Elites, s.EliteFrac = z.Intn(6), z.Uniform(0.01, 1)
	s.EliteWeights = pick(WeightsUniform, WeightsUniform, WeightsCost)
	s.Lambda, s.LambdaMode, s.ESSTarget = math.Exp(z.Uniform(-30, 10)), pick(LambdaFixed, LambdaRelative, LambdaESS), z.Uniform(0.01, 1)
	s.CostScale = pick(ScaleNone, ScaleStd)
	s.StepMean, s.StepCov = z.Uniform(0.01, 1), z.Uniform(0.01, 1)
	s.Covariance = pick(CovFixed, CovOld, CovElite, CovNew, CovExact)
	if s.Covariance == CovExact {
		s.StepCov = s.StepMean
	}
	s.Distribution = pick(DistributionDiag, DistributionFull, DistributionFullStep)
	s.SmoothStd = z.Intn(4) == 0
	s.Shift, s.Tail = pick(ShiftRoll, ShiftClosed, ShiftOpen, ShiftMixture), pick(TailRepeat, TailZero, TailPolicy, TailRandom)
	if s.Shift == ShiftMixture {
		s.PolicySamples = z.Intn(4)
	}
	s.ShiftCovariance, s.Inflate = pick(CovReset, CovCarry, CovInflate), z.Uniform(0, 2)
	s.Sigma, s.MinStd, s.MinStdStop = math.Exp(z.Uniform(-12, 4)), z.Uniform(0, 0.1), z.Uniform(0, 0.2)*float64(z.Intn(2))
	s.Sampling = pick(SampleClip, SampleClip, SampleTruncate)
	s.Noise, s.Beta = pick(NoiseWhite, NoiseColoured, NoiseAR, NoiseKnots), z.Uniform(0, 4)
	s.AR = []float64{z.Uniform(-1, 1), z.Uniform(-2, 2), z.Uniform(-2, 2)} // unstable filters too
	s.Knots, s.KnotOrder = 2+z.Intn(8), []int{0, 1, 3}[z.Intn(3)]
	s.Decay, s.KeepElites, s.ShiftElites = z.Uniform(1, 3), z.Uniform(0, 1)*float64(z.Intn(2)), z.Uniform(0, 1)*float64(z.Intn(2))
	s.MeanLast, s.Partial, s.Measure = z.Intn(2) == 0, z.Intn(2) == 0, z.Intn(3) == 0
	s.Proposal = pick(ProposalSample, ProposalMean)
	s.PlanForm = pick(PlanMean, PlanMean, PlanResidual, PlanResidualMean, PlanPolicy, PlanBest, PlanFirstParticle)
	s.Answer = pick(AnswerMean, AnswerBest, AnswerLastBest, AnswerSample)
	s.Gamma, s.Value, s.Mask = z.Uniform(0, 1), pick(ValueNone, ValueTerminal, ValueLastAction), z.Intn(2) == 0
	s.ScoreRewards, s.ScoreReward = pick(RewardsAll, RewardsButLast), pick(ScoreRewardMean, ScoreRewardDrawn)
	s.Score, s.ScoreK, s.ScoreQ = pick(ScoreMean, ScoreMeanMinusKStd, ScoreCVaR), z.Uniform(0, 5), z.Uniform(0.01, 1)
	s.Disagreement = z.Uniform(0, 2) * float64(z.Intn(2))
	if z.Intn(2) == 0 {
		s.Rate = []float64{math.Exp(z.Uniform(-8, 1))}
	}
	if z.Intn(4) == 0 {
		s.Utility = UtilityEliteCost
	}
	s.Divergence = pick(DivergenceKL, DivergenceKL, DivergenceEuclid)
	s.ActionCost, s.RateCost = z.Uniform(0, 2)*float64(z.Intn(2)), z.Uniform(0, 2)*float64(z.Intn(2))
	s.MPPIControlCost = s.Utility == UtilityExp && s.LambdaMode == LambdaFixed && s.Noise == NoiseWhite && z.Intn(2) == 0
	return s
}

// jointed gives every joint a rate of its own where there is a limit.
func jointed(s *Settings, joints int, z *rng.Stream) {
	for len(s.Rate) > 0 && len(s.Rate) < joints {
		s.Rate = append(s.Rate, math.Exp(z.Uniform(-8, 1)))
	}
}

// arm is the double integrator with further joints, each with a cost and a wish
// of its own.
func arm(joints int) world {
	first := integrator(2)
	return world{2, joints, func(r row, h int, x, u, next []float32) (float32, rollout.Fate) {
		reward, fate := first.step(r, h, x, u[:1], next)
		for j, v := range u[1:] {
			d := v - 0.5*float32(1-2*(j%2))*float32(j+1)
			reward -= float32(j+1) * d * d
		}
		return reward, fate
	}}
}

// hostile is a world, a policy and a value that go wrong at some rows, by what
// they are asked alone.
func hostile(z *rng.Stream, joints int) (doubtful, Deps, string) {
	kind, every := z.Intn(9), int32(1+z.Intn(9))
	bad := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), math.MaxFloat32}[z.Intn(4)]
	good := arm(joints)
	w := good
	w.step = func(r row, h int, x, u, next []float32) (float32, rollout.Fate) {
		reward, fate := good.step(r, h, x, u, next)
		if (r.candidate+r.particle+int32(h))%every != 0 {
			return reward, fate
		}
		switch kind {
		case 1:
			reward = bad
		case 2:
			next[0], fate = bad, rollout.NonFinite
		case 3:
			fate = rollout.OutOfRange
		case 4:
			fate = rollout.Terminated
		case 5:
			next[1] = bad
		}
		return reward, fate
	}
	policy, value := broken{policy: limbs(joints)}, broken{value: quadratic{[]float64{1, 0, 0, 0.1}, 2}}
	if kind == 6 {
		policy.bad, policy.every = bad, int(every)
	}
	if kind == 7 {
		value.bad, value.every = bad, int(every)
	}
	d := Deps{NewActor: func(int) rollout.Actor { return policy }, NewTerminal: func(int) rollout.Terminal { return value }}
	return doubtful{w}, d, fmt.Sprintf("world %d every %d with %g", kind, every, bad)
}

// limbs is the poor policy for more than one joint.
func limbs(joints int) linear {
	l := poor
	l.act, l.gain = joints, nil
	for j := range joints {
		l.gain = append(l.gain, poor.gain[0]*float32(1+j), poor.gain[1]*float32(1-j))
	}
	return l
}

type broken struct {
	policy linear
	value  quadratic
	bad    float32
	every  int
}

func (b broken) Act(obs []float32, rows int, noise, sample, mean []float32) {
	b.policy.Act(obs, rows, noise, sample, mean)
	for r := range rows {
		if b.every > 0 && math.Float32bits(obs[2*r])%uint32(b.every) == 0 {
			for _, out := range [][]float32{sample, mean} {
				if out != nil { // one joint, and another one in another row
					out[r*b.policy.act+int(math.Float32bits(obs[2*r])>>8)%b.policy.act] = b.bad
				}
			}
		}
	}
}

func (b broken) Value(block *rollout.Block, out []float32) {
	b.value.Value(block, out)
	for r := range block.Rows {
		if b.every > 0 && math.Float32bits(block.Obs[2*r])%uint32(b.every) == 0 {
			out[r] = b.bad
		}
	}
}

// checkAnswer demands what no setting, world or deadline may break.
func checkAnswer(s *Settings, r Result, before []float32) error {
	for j, u := range r.Action {
		if !(u >= -1 && u <= 1) {
			return fmt.Errorf("answered the action %g of joint %d from %s", u, j, r.Source)
		}
		if before == nil || len(s.Rate) == 0 {
			continue
		}
		if rate := s.Rate[j%len(s.Rate)]; !(math.Abs(float64(u-before[j])) <= rate+1e-6) {
			return fmt.Errorf("joint %d moved from %g to %g against a rate of %g", j, before[j], u, rate)
		}
	}
	for i, u := range r.Sequence {
		if !(math.Abs(float64(u)) <= math.MaxFloat32) || r.Form == FormSequence && (u < -1 || u > 1) {
			return fmt.Errorf("the plan holds %g at number %d", u, i)
		}
	}
	if r.Length < 0 || r.Length > s.Horizon || r.Iterations > s.Iterations {
		return fmt.Errorf("length %d, %d iterations", r.Length, r.Iterations)
	}
	return nil
}

// trial plans with one pool and another and returns what is wrong with the answers.
func trial(s *Settings, w doubtful, deps Deps, z *rng.Stream, seed uint64, one, three *par.Pool) error {
	p, err := New(*s, w, deps, one)
	q, err2 := New(*s, w, deps, three)
	if err != nil || err2 != nil {
		return fmt.Errorf("%v, %v", err, err2)
	}
	starts := startsAt(5, 2, seed)
	if seed%4 == 1 { // an observation with a hole
		starts[z.Intn(5)].Obs[z.Intn(2)] = float32(math.NaN())
	}
	var before []float32
	for i, st := range starts {
		key := rng.Root(uint64(i))
		if i == 2 {
			p.Skip(z.Intn(4))
		}
		ctx, cancel := context.Background(), func() {}
		if i > 1 {
			ctx, cancel = context.WithTimeout(ctx, time.Duration(math.Exp(z.Uniform(0, 14))))
		}
		r := p.Plan(ctx, st, key)
		cancel()
		if err := checkAnswer(s, r, before); err != nil {
			return err
		}
		before = slices.Clone(r.Action)
		if i > 0 {
			continue
		}
		if other := q.Plan(ctx, st, key); !slices.Equal(other.Action, r.Action) || !slices.Equal(other.Sequence, r.Sequence) {
			return fmt.Errorf("three workers answer %v instead of %v", other.Sequence, r.Sequence)
		}
	}
	a, b := &Plans{}, &Plans{}
	sa, err := p.PlanBatch(starts, rng.Root(1), a)
	if err != nil {
		return err
	}
	sb, _ := q.PlanBatch(starts, rng.Root(1), b)
	if !slices.Equal(a.Length, b.Length) || sa.Candidates != sb.Candidates || sa.Bad != sb.Bad {
		return fmt.Errorf("three workers plan lengths %v instead of %v", b.Length, a.Length)
	}
	for i := range starts {
		for h := range int(a.Length[i]) {
			if !slices.Equal(a.At(i, h), b.At(i, h)) { // NaN equals nothing
				return fmt.Errorf("three workers plan %g instead of %g", b.At(i, h), a.At(i, h))
			}
			for _, u := range a.At(i, h) {
				if !(math.Abs(float64(u)) <= math.MaxFloat32) || a.Form == FormSequence && (u < -1 || u > 1) {
					return fmt.Errorf("plan %d holds %g at step %d", i, u, h)
				}
			}
		}
	}
	return nil
}

// drawTrial draws settings, world, policy and value of one to three joints.
func drawTrial(seed uint64) (s Settings, w doubtful, deps Deps, z *rng.Stream, name string) {
	z = rng.NewStream(rng.Root(seed))
	joints := 1 + int(seed%3)
	s = randomSettings(z)
	w, deps, name = hostile(z, joints)
	jointed(&s, joints, z)
	return s, w, deps, z, fmt.Sprintf("%s, %d joints", name, joints)
}

// TestNoSettingsWorldOrDeadlineMakeAnInfeasibleAnswer tries settings at random
// with worlds, policies and values that fail, observations that are not finite,
// joints with rates of their own, and next to no time.
func TestNoSettingsWorldOrDeadlineMakeAnInfeasibleAnswer(t *testing.T) {
	one, three := par.New(1), par.New(3)
	defer one.Close()
	defer three.Close()
	tried := 0
	for seed := range uint64(1500) {
		s, w, deps, z, name := drawTrial(1000 + seed)
		if s.Validate() != nil {
			continue
		}
		tried++
		if err := trial(&s, w, deps, z, seed, one, three); err != nil {
			t.Errorf("seed %d, %s: %v\n%+v", seed, name, err, s)
		}
	}
	if tried < 150 {
		t.Errorf("only %d settings were tried", tried)
	}
	t.Logf("%d settings tried", tried)
}

func FuzzPlanIsFeasible(f *testing.F) {
	one, three := par.New(1), par.New(3)
	f.Cleanup(one.Close)
	f.Cleanup(three.Close)
	f.Add(uint64(1098))  // an infinite proposal
	f.Add(uint64(74195)) // a candidate around a policy that ends early
	f.Fuzz(func(t *testing.T, seed uint64) {
		s, w, deps, z, name := drawTrial(seed)
		if s.Validate() != nil {
			t.Skip()
		}
		if err := trial(&s, w, deps, z, seed, one, three); err != nil {
			t.Errorf("%s: %v\n%+v", name, err, s)
		}
	})
}
