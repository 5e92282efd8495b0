package mpc

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// The names that Settings' words take.
const (
	UtilityElite    = "elite"     // the best candidates, method.md B.3
	UtilityExp      = "exp"       // exponential weights
	UtilityCost     = "cost"      // expected cost: advantages instead of weights
	UtilityEliteExp = "elite_exp" // exponential weights within the best candidates

	WeightsUniform = "uniform"
	WeightsCost    = "cost" // Eq. 14 of the paper; for comparison only, see Settings.Warnings

	LambdaFixed    = "fixed"
	LambdaRelative = "relative" // times the standard deviation of the finite scores
	LambdaESS      = "ess"      // found by bisection for an effective sample size

	ScaleNone = "none"
	ScaleStd  = "std"

	CovFixed = "fixed"
	CovOld   = "old"   // centred on the shifted mean
	CovElite = "elite" // centred on the weighted mean
	CovNew   = "new"   // centred on the new mean
	CovExact = "exact" // the mirror step of mean and covariance together

	ShiftRoll     = "roll"
	ShiftClosed   = "policy_closed"   // proposals are the policy at each particle's own state
	ShiftOpen     = "policy_open"     // the mean is one policy rollout through the model
	ShiftMixture  = "mixture"         // roll, plus policy rollouts as further candidates
	ShiftResidual = "policy_residual" // as policy_closed, and residuals are rolled from call to call (POPLIN-A)

	TailRepeat = "repeat"
	TailZero   = "zero"
	TailPolicy = "policy"
	TailRandom = "random"

	CovReset   = "reset"
	CovCarry   = "carry"
	CovInflate = "inflate"

	SampleClip     = "clip"
	SampleTruncate = "truncate"

	NoiseWhite    = "white"
	NoiseColoured = "coloured"

	ProposalSample = "sample"
	ProposalMean   = "mean"

	PlanMean          = "mean"
	PlanResidual      = "residual"
	PlanResidualMean  = "residual_mean"
	PlanPolicy        = "policy"
	PlanBest          = "best"
	PlanFirstParticle = "first_particle"
	PlanParameters    = "parameters" // offsets of the policy's parameters, a set a step (POPLIN-P)

	AnswerMean     = "mean"
	AnswerBest     = "best"      // best candidate of all iterations
	AnswerLastBest = "last_best" // best candidate of the last iteration
	AnswerSample   = "sample"    // a candidate drawn by its weight

	ValueNone       = "none"
	ValueTerminal   = "value"            // discounted value after the last reward
	ValueLastAction = "minq_last_action" // one reward fewer, then Q of the last state and action

	RewardsAll       = "all"          // H rewards, value of s_H
	RewardsButLast   = "all_but_last" // H-1 rewards, value of s_{H-1}
	ScoreRewardMean  = "mean"
	ScoreRewardDrawn = "sample"
)

// Settings is what may be set of a planner. Actions are in [-1, 1] per joint,
// so standard deviations are in half ranges. Step sizes are weights of the new
// value. The sources are method.md parts A.4, A.6, A.7 and B.
type Settings struct {
	Horizon       int `yaml:"-"`              // actions in a plan; a run's schedule sets it
	Samples       int `yaml:"samples"`        // candidates of an iteration around the mean or the policy
	PolicySamples int `yaml:"policy_samples"` // policy rollouts among the candidates; shift mixture only
	Particles     int `yaml:"particles"`      // rollouts of every candidate
	Iterations    int `yaml:"iterations"`     // updates of the distribution in one call

	Utility      string  `yaml:"utility"`       // elite, exp, cost or elite_exp
	EliteFrac    float64 `yaml:"elite_frac"`    // share of samples that are elites
	Elites       int     `yaml:"elites"`        // number of elites; 0 takes elite_frac
	EliteWeights string  `yaml:"elite_weights"` // uniform or cost (Eq. 14)
	Lambda       float64 `yaml:"lambda"`        // temperature of the exponential utility
	LambdaMode   string  `yaml:"lambda_mode"`   // fixed, relative or ess
	ESSTarget    float64 `yaml:"ess_target"`    // share of the candidates, for lambda_mode ess
	CostScale    string  `yaml:"cost_scale"`    // none or std: what advantages of utility cost are divided by

	StepMean   float64 `yaml:"step_mean"`  // weight of the new mean
	StepCov    float64 `yaml:"step_cov"`   // weight of the new covariance
	Covariance string  `yaml:"covariance"` // fixed, old, elite, new or exact
	SmoothStd  bool    `yaml:"smooth_std"` // step_cov weighs standard deviations instead of variances

	Shift           string  `yaml:"shift"`            // roll, policy_closed, policy_open, mixture or policy_residual
	Tail            string  `yaml:"tail"`             // repeat, zero, policy or random
	ShiftCovariance string  `yaml:"shift_covariance"` // reset, carry or inflate
	Inflate         float64 `yaml:"inflate"`          // share of the initial variance added by inflate

	Sigma      float64 `yaml:"sigma"`        // initial standard deviation
	MinStd     float64 `yaml:"min_std"`      // floor of the standard deviation
	MinStdStop float64 `yaml:"min_std_stop"` // iterations end when every standard deviation is below; 0 never
	Sampling   string  `yaml:"sampling"`     // clip or truncate
	Bound      float64 `yaml:"bound"`        // candidates lie in [-bound, bound]
	Noise      string  `yaml:"noise"`        // white or coloured
	Beta       float64 `yaml:"beta"`         // exponent of the coloured noise's power spectrum

	Decay       float64 `yaml:"decay"`        // samples of iteration i are samples / decay^i, at least twice the elites
	KeepElites  float64 `yaml:"keep_elites"`  // share of the elites that join the next iteration
	ShiftElites float64 `yaml:"shift_elites"` // share of the elites that join the next call, shifted
	MeanLast    bool    `yaml:"mean_last"`    // the mean joins the last iteration

	Proposal string `yaml:"proposal"`  // sample or mean: the policy's action that is explored around
	PlanForm string `yaml:"plan_form"` // mean, residual, residual_mean, policy, best, first_particle or parameters
	Answer   string `yaml:"answer"`    // mean, best, last_best or sample

	Gamma        float64 `yaml:"gamma"`         // discount of the score
	Value        string  `yaml:"value"`         // none, value or minq_last_action
	Mask         bool    `yaml:"mask"`          // rewards and value after a terminal state do not count
	ScoreRewards string  `yaml:"score_rewards"` // all or all_but_last
	ScoreReward  string  `yaml:"score_reward"`  // mean or sample of the predicted reward

	Partial bool `yaml:"partial"` // an iteration cut by the deadline may still update, given enough candidates
	Strict  bool `yaml:"strict"`  // ignore deadlines
}

// DefaultSettings returns the inner loop of M-DeMoRL.
func DefaultSettings() Settings { return MDeMoRL() }

// EliteCount returns the number of elites: max(1, round(elite_frac * samples))
// unless set outright.
func (s *Settings) EliteCount() int {
	if s.Elites > 0 {
		return s.Elites
	}
	return max(1, int(math.Round(s.EliteFrac*float64(s.Samples))))
}

// NeedsPolicy reports whether planning asks an Actor.
func (s *Settings) NeedsPolicy() bool {
	return s.Shift != ShiftRoll || s.Tail == TailPolicy || s.PolicySamples > 0
}

// closed reports whether candidates are offsets of the policy's action at the
// visited state.
func (s *Settings) closed() bool { return s.Shift == ShiftClosed || s.Shift == ShiftResidual }

func (s *Settings) residual() bool {
	return s.PlanForm == PlanResidual || s.PlanForm == PlanResidualMean
}

// Warnings names settings that exist for comparison only.
func (s *Settings) Warnings() []string {
	var w []string
	if s.Utility == UtilityElite && s.EliteWeights == WeightsCost {
		w = append(w, "planner.elite_weights cost (Eq. 14) turns its sign with the sign of the returns; use uniform except to compare (method.md G.1)")
	}
	if s.Bound > 1 {
		w = append(w, fmt.Sprintf("planner.bound %g lets candidates leave the action space; use 1 except to compare (method.md A.7)", s.Bound))
	}
	return w
}

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
	atLeast("policy_samples", s.PolicySamples, 0)
	atLeast("particles", s.Particles, 1)
	atLeast("iterations", s.Iterations, 1)
	atLeast("elites", s.Elites, 0)
	within("elite_frac", s.EliteFrac, 0, 1, s.Elites == 0)
	within("lambda", s.Lambda, 0, math.MaxFloat64, true)
	within("ess_target", s.ESSTarget, 0, 1, true)
	within("step_mean", s.StepMean, 0, stepLimit(s.Utility), true)
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
	return errors.Join(faults...)
}

// stepLimit is the largest step of the mean: with utility cost the step has
// units of action per score and is not a weight.
func stepLimit(utility string) float64 {
	if utility == UtilityCost {
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
	oneOf("utility", s.Utility, UtilityElite, UtilityExp, UtilityCost, UtilityEliteExp)
	oneOf("elite_weights", s.EliteWeights, WeightsUniform, WeightsCost)
	oneOf("lambda_mode", s.LambdaMode, LambdaFixed, LambdaRelative, LambdaESS)
	oneOf("cost_scale", s.CostScale, ScaleNone, ScaleStd)
	oneOf("covariance", s.Covariance, CovFixed, CovOld, CovElite, CovNew, CovExact)
	oneOf("shift", s.Shift, ShiftRoll, ShiftClosed, ShiftOpen, ShiftMixture, ShiftResidual)
	oneOf("tail", s.Tail, TailRepeat, TailZero, TailPolicy, TailRandom)
	oneOf("shift_covariance", s.ShiftCovariance, CovReset, CovCarry, CovInflate)
	oneOf("sampling", s.Sampling, SampleClip, SampleTruncate)
	oneOf("noise", s.Noise, NoiseWhite, NoiseColoured)
	oneOf("proposal", s.Proposal, ProposalSample, ProposalMean)
	oneOf("plan_form", s.PlanForm, PlanMean, PlanResidual, PlanResidualMean, PlanPolicy, PlanBest, PlanFirstParticle, PlanParameters)
	oneOf("answer", s.Answer, AnswerMean, AnswerBest, AnswerLastBest, AnswerSample)
	oneOf("value", s.Value, ValueNone, ValueTerminal, ValueLastAction)
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
	closedOnly := s.residual() || s.PlanForm == PlanFirstParticle || s.PlanForm == PlanPolicy
	bad(closedOnly && !s.closed(), "planner.plan_form is %q with planner.shift %q; use shift policy_closed", s.PlanForm, s.Shift)
	bad(s.Shift == ShiftResidual && !s.residual(), "planner.shift is %q with planner.plan_form %q; use plan_form residual_mean or residual", s.Shift, s.PlanForm)
	bad(s.Shift == ShiftResidual && s.Tail == TailPolicy, "planner.tail is %q with planner.shift %q; use zero: the policy is under the residuals already", s.Tail, s.Shift)
	parameters := s.PlanForm == PlanParameters
	bad(parameters && s.Shift != ShiftRoll, "planner.shift is %q with planner.plan_form %q; use roll", s.Shift, s.PlanForm)
	bad(parameters && s.Tail != TailZero && s.Tail != TailRepeat, "planner.tail is %q with planner.plan_form %q; use zero or repeat", s.Tail, s.PlanForm)
	bad(parameters && s.Noise != NoiseWhite, "planner.noise is %q with planner.plan_form %q; use white", s.Noise, s.PlanForm)
	bad((s.PlanForm == PlanBest || s.PlanForm == PlanFirstParticle) && s.Iterations > 1, "planner.plan_form is %q with planner.iterations %d; use 1 iteration, or plan_form mean", s.PlanForm, s.Iterations)
	bad(s.residual() && s.Sampling == SampleTruncate && s.Shift != ShiftResidual, "planner.sampling is truncate with planner.plan_form %q; use clip: a residual has no bounds of its own", s.PlanForm)
	onlyOne := s.Horizon == 1 && (s.ScoreRewards == RewardsButLast && s.Value == ValueNone)
	bad(onlyOne, "planner.score_rewards is all_but_last with horizon 1 and value none: nothing is scored; use all")
	return errors.Join(faults...)
}
