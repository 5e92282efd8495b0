package mpc

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Validate returns every fault of s, joined; each names the field, its value
// and what to do.
func (s *Settings) Validate() error {
	return errors.Join(s.numbers(), s.words(), s.agreement())
}

func (s *Settings) numbers() error {
	var faults []error
	atLeast := func(name string, v, least int) {
		if v < least {
			faults = append(faults, fmt.Errorf("planner.%s is %d; use at least %d", name, v, least))
		}
	}
	atMost := func(name string, v, most int) {
		if v > most {
			faults = append(faults, fmt.Errorf("planner.%s is %d; use at most %d", name, v, most))
		}
	}
	within := func(name string, v, lo, hi float64, open bool) {
		if !(v >= lo && v <= hi) || open && v == lo {
			bracket := "["
			if open {
				bracket = "("
			}
			faults = append(faults, fmt.Errorf("planner.%s is %g; use a number in %s%g, %g]", name, v, bracket, lo, hi))
		}
	}
	atLeast("horizon", s.Horizon, 1)
	atLeast("samples", s.Samples, 1)
	atMost("samples", s.Samples, 1_000_000)
	atLeast("policy_samples", s.PolicySamples, 0)
	atLeast("particles", s.Particles, 1)
	atMost("particles", s.Particles, 10_000)
	atLeast("iterations", s.Iterations, 1)
	atLeast("elites", s.Elites, 0)
	within("elite_frac", s.EliteFrac, 0, 1, s.Elites == 0)
	within("lambda", s.Lambda, 0, math.MaxFloat64, true)
	within("ess_target", s.ESSTarget, 0, 1, true)
	within("step_mean", s.StepMean, 0, s.stepLimit(), true)
	within("step_cov", s.StepCov, 0, 1, true)
	within("inflate", s.Inflate, 0, math.MaxFloat64, false)
	within("sigma", s.Sigma, 0, math.MaxFloat64, true)
	within("min_std", s.MinStd, 0, math.MaxFloat64, false)
	within("min_std_stop", s.MinStdStop, 0, math.MaxFloat64, false)
	within("bound", s.Bound, 0, math.MaxFloat64, true)
	within("beta", s.Beta, 0, 10, false)
	within("decay", s.Decay, 1, math.MaxFloat64, false)
	within("keep_elites", s.KeepElites, 0, 1, false)
	within("shift_elites", s.ShiftElites, 0, 1, false)
	within("gamma", s.Gamma, 0, 1, false)
	within("score_k", s.ScoreK, 0, math.MaxFloat64, false)
	within("score_q", s.ScoreQ, 0, 1, true)
	within("disagreement", s.Disagreement, 0, math.MaxFloat64, false)
	within("action_cost", s.ActionCost, 0, math.MaxFloat64, false)
	within("rate_cost", s.RateCost, 0, math.MaxFloat64, false)
	for i, r := range s.Rate {
		within(fmt.Sprintf("rate[%d]", i), r, 0, math.MaxFloat64, true)
	}
	return errors.Join(errors.Join(faults...), s.noise())
}

// noise finds faults of the noise's own numbers.
func (s *Settings) noise() error {
	var faults []error
	if s.Noise == NoiseAR && len(s.AR) != 3 {
		faults = append(faults, fmt.Errorf("planner.ar is %v; use three numbers b0, b1, b2, such as [0.25, 0.8, 0]", s.AR))
	}
	for i, b := range s.AR {
		if !(math.Abs(b) <= 10) {
			faults = append(faults, fmt.Errorf("planner.ar[%d] is %g; use a number in [-10, 10]", i, b))
		}
	}
	if s.Noise == NoiseKnots && s.Knots < 2 {
		faults = append(faults, fmt.Errorf("planner.knots is %d; use at least 2", s.Knots))
	}
	if s.KnotOrder != 0 && s.KnotOrder != 1 && s.KnotOrder != 3 {
		faults = append(faults, fmt.Errorf("planner.knot_order is %d; use 0, 1 or 3", s.KnotOrder))
	}
	return errors.Join(faults...)
}

// stepLimit is the largest step of the mean: with utility cost the step has
// units of action per score, with divergence euclid those of a variance, and is
// not a weight.
func (s *Settings) stepLimit() float64 {
	if s.Utility == UtilityCost || s.Divergence == DivergenceEuclid {
		return math.MaxFloat64
	}
	return 1
}

func (s *Settings) words() error {
	var faults []error
	oneOf := func(name, v string, known ...string) {
		if !slices.Contains(known, v) {
			faults = append(faults, fmt.Errorf("planner.%s is %q; use one of %q", name, v, known))
		}
	}
	oneOf("utility", s.Utility, UtilityElite, UtilityExp, UtilityCost, UtilityEliteExp, UtilityEliteCost)
	oneOf("elite_weights", s.EliteWeights, WeightsUniform, WeightsCost)
	oneOf("lambda_mode", s.LambdaMode, LambdaFixed, LambdaRelative, LambdaESS)
	oneOf("cost_scale", s.CostScale, ScaleNone, ScaleStd)
	oneOf("distribution", s.Distribution, DistributionDiag, DistributionFull, DistributionFullStep)
	oneOf("divergence", s.Divergence, DivergenceKL, DivergenceEuclid)
	oneOf("covariance", s.Covariance, CovFixed, CovOld, CovElite, CovNew, CovExact)
	oneOf("shift", s.Shift, ShiftRoll, ShiftClosed, ShiftOpen, ShiftMixture, ShiftResidual)
	oneOf("tail", s.Tail, TailRepeat, TailZero, TailPolicy, TailRandom)
	oneOf("shift_covariance", s.ShiftCovariance, CovReset, CovCarry, CovInflate)
	oneOf("sampling", s.Sampling, SampleClip, SampleTruncate)
	oneOf("noise", s.Noise, NoiseWhite, NoiseColoured, NoiseAR, NoiseKnots)
	oneOf("proposal", s.Proposal, ProposalSample, ProposalMean)
	oneOf("plan_form", s.PlanForm, PlanMean, PlanResidual, PlanResidualMean, PlanPolicy, PlanBest, PlanFirstParticle, PlanParameters)
	oneOf("parameters", s.Parameters, ParametersSep, ParametersUni)
	oneOf("answer", s.Answer, AnswerMean, AnswerBest, AnswerLastBest, AnswerSample)
	oneOf("value", s.Value, ValueNone, ValueTerminal, ValueLastAction, ValueNet)
	oneOf("score", s.Score, ScoreMean, ScoreMeanMinusKStd, ScoreCVaR)
	oneOf("score_rewards", s.ScoreRewards, RewardsAll, RewardsButLast)
	oneOf("score_reward", s.ScoreReward, ScoreRewardMean, ScoreRewardDrawn)
	return errors.Join(faults...)
}

// agreement finds settings that are fine alone and wrong together.
func (s *Settings) agreement() error {
	var faults []error
	bad := func(wrong bool, format string, args ...any) {
		if wrong {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	bad(s.Elites > s.Samples, "planner.elites is %d with planner.samples %d; use at most the number of samples", s.Elites, s.Samples)
	bad(s.PolicySamples > 0 && s.Shift != ShiftMixture, "planner.policy_samples is %d with planner.shift %q; use shift mixture or 0", s.PolicySamples, s.Shift)
	bad(s.Utility == UtilityCost && s.Covariance != CovFixed, "planner.covariance is %q with planner.utility cost; use fixed: advantages are no weights", s.Covariance)
	bad(s.Covariance == CovExact && s.StepMean != s.StepCov, "planner.step_mean is %g and step_cov %g with planner.covariance exact; use one step for both", s.StepMean, s.StepCov)
	bad(s.Covariance == CovExact && s.SmoothStd, "planner.smooth_std is true with planner.covariance exact; use false")
	full := s.Distribution == DistributionFull || s.Distribution == DistributionFullStep
	bad(full && s.SmoothStd, "planner.smooth_std is true with planner.distribution %s; use false: a covariance has no deviation to smooth", s.Distribution)
	bad(full && s.Sampling == SampleTruncate, "planner.sampling is truncate with planner.distribution %s; use clip: correlated numbers are not truncated one by one", s.Distribution)
	bad(len(s.Rate) > 0 && (s.residual() || s.PlanForm == PlanPolicy), "planner.rate is %v with planner.plan_form %q; use plan_form mean: what a residual's policy does is not limited", s.Rate, s.PlanForm)
	closedOnly := s.residual() || s.PlanForm == PlanFirstParticle || s.PlanForm == PlanPolicy
	bad(closedOnly && !s.closed(), "planner.plan_form is %q with planner.shift %q; use shift policy_closed", s.PlanForm, s.Shift)
	bad(s.Shift == ShiftResidual && !s.residual(), "planner.shift is %q with planner.plan_form %q; use plan_form residual_mean or residual", s.Shift, s.PlanForm)
	bad(s.Shift == ShiftResidual && s.Tail == TailPolicy, "planner.tail is %q with planner.shift %q; use zero: the policy is under the residuals already", s.Tail, s.Shift)
	if s.PlanForm == PlanParameters {
		faults = append(faults, s.parameterFaults())
	}
	faults = append(faults, s.precisionFaults())
	bad((s.PlanForm == PlanBest || s.PlanForm == PlanFirstParticle) && s.Iterations > 1, "planner.plan_form is %q with planner.iterations %d; use 1 iteration, or plan_form mean", s.PlanForm, s.Iterations)
	bad(s.residual() && s.Sampling == SampleTruncate && s.Shift != ShiftResidual, "planner.sampling is truncate with planner.plan_form %q; use clip: a residual has no bounds of its own", s.PlanForm)
	onlyOne := s.Horizon == 1 && (s.ScoreRewards == RewardsButLast && s.Value == ValueNone)
	bad(onlyOne, "planner.score_rewards is all_but_last with horizon 1 and value none: nothing is scored; use all")
	return errors.Join(faults...)
}

// precisionFaults are what does not fit updates and scores that divide by the
// distribution's variances.
func (s *Settings) precisionFaults() error {
	var faults []error
	bad := func(wrong bool, with, name string, value any, use string) {
		if wrong {
			faults = append(faults, fmt.Errorf("planner.%s is %v with planner.%s; use %s", name, value, with, use))
		}
	}
	if s.Divergence == DivergenceEuclid {
		const with = "divergence euclid"
		bad(s.Covariance == CovNew || s.Covariance == CovExact, with, "covariance", s.Covariance, "fixed, old or elite: the others follow from a step of divergence kl")
		bad(s.MinStd == 0, with, "min_std", s.MinStd, "a number above 0: the step is divided by variances")
	}
	if s.MPPIControlCost {
		const with = "mppi_control_cost"
		bad(s.Utility != UtilityExp, with, "utility", s.Utility, "exp")
		bad(s.LambdaMode != LambdaFixed, with, "lambda_mode", s.LambdaMode, "fixed: the others follow from the scores")
		bad(s.closed(), with, "shift", s.Shift, "roll, mixture or policy_open: candidates around a policy have no mean")
		bad(s.PlanForm == PlanParameters, with, "plan_form", s.PlanForm, "mean")
		bad(s.Sampling != SampleClip, with, "sampling", s.Sampling, "clip: truncated numbers are not Gaussian")
		bad(s.Noise != NoiseWhite, with, "noise", s.Noise, "white, or a distribution with a covariance")
		bad(s.MinStd == 0, with, "min_std", s.MinStd, "a number above 0: the cost is divided by variances")
	}
	return errors.Join(faults...)
}

// parameterFaults are what does not fit plans that are a policy's parameters:
// their numbers are no actions, so that what is said of joints has no meaning.
func (s *Settings) parameterFaults() error {
	var faults []error
	bad := func(wrong bool, name string, value any, use string) {
		if wrong {
			faults = append(faults, fmt.Errorf("planner.%s is %v with planner.plan_form %q; use %s", name, value, s.PlanForm, use))
		}
	}
	bad(s.Shift != ShiftRoll, "shift", s.Shift, "roll")
	bad(s.Tail != TailZero && s.Tail != TailRepeat, "tail", s.Tail, "zero or repeat")
	bad(s.Noise != NoiseWhite, "noise", s.Noise, "white")
	bad(s.Distribution != DistributionDiag, "distribution", s.Distribution, "diag")
	bad(len(s.Rate) > 0, "rate", s.Rate, "no rate")
	bad(s.Measure, "measure", s.Measure, "false")
	return errors.Join(faults...)
}
