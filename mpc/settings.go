package mpc

import (
	"fmt"
	"math"
)

// The names that Settings' words take.
const (
	UtilityElite    = "elite"     // the best candidates, method.md B.3
	UtilityExp      = "exp"       // exponential weights
	UtilityCost     = "cost"      // expected cost: advantages instead of weights
	UtilityEliteExp = "elite_exp" // exponential weights within the best candidates
	// UtilityEliteCost is utility elite with elite_weights cost, under one name.
	UtilityEliteCost = "elite_cost"

	WeightsUniform = "uniform"
	WeightsCost    = "cost" // Eq. 14 of the paper; for comparison only, see Settings.Warnings

	LambdaFixed    = "fixed"
	LambdaRelative = "relative" // times the standard deviation of the finite scores
	LambdaESS      = "ess"      // found by bisection for an effective sample size

	ScaleNone = "none"
	ScaleStd  = "std"

	DistributionDiag     = "diag"      // every coordinate on its own
	DistributionFull     = "full"      // one covariance over all steps and joints
	DistributionFullStep = "full_step" // one covariance of the joints a step

	DivergenceKL     = "kl"     // of the distributions: the mean moves by a share of its distance to the weighted one
	DivergenceEuclid = "euclid" // half the squared distance of the means: the plain gradient (method.md B.4)

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
	NoiseColoured = "coloured" // power spectrum f^-beta
	NoiseAR       = "ar"       // second-order autoregressive filter
	NoiseKnots    = "knots"    // spline through a few nodes

	ProposalSample = "sample"
	ProposalMean   = "mean"

	PlanMean          = "mean"
	PlanResidual      = "residual"
	PlanResidualMean  = "residual_mean"
	PlanPolicy        = "policy"
	PlanBest          = "best"
	PlanFirstParticle = "first_particle"
	PlanParameters    = "parameters" // offsets of the policy's parameters (POPLIN-P)

	ParametersSep = "sep" // POPLIN-P: a set of offsets for every step
	ParametersUni = "uni" // one set for all steps, carried from call to call

	AnswerMean     = "mean"
	AnswerBest     = "best"      // best candidate of all iterations
	AnswerLastBest = "last_best" // best candidate of the last iteration
	AnswerSample   = "sample"    // a candidate drawn by its weight

	ValueNone       = "none"
	ValueTerminal   = "value"            // discounted value after the last reward
	ValueLastAction = "minq_last_action" // one reward fewer, then Q of the last state and action
	ValueNet        = "vnet"             // as value, by a network of the state alone (method.md A.5)

	ScoreMean          = "mean"
	ScoreMeanMinusKStd = "mean_minus_kstd"
	ScoreCVaR          = "cvar" // mean of the worst share score_q

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

	Utility      string  `yaml:"utility"`       // elite, exp, cost, elite_exp or elite_cost
	EliteFrac    float64 `yaml:"elite_frac"`    // share of samples that are elites
	Elites       int     `yaml:"elites"`        // number of elites; 0 takes elite_frac
	EliteWeights string  `yaml:"elite_weights"` // uniform or cost (Eq. 14)
	Lambda       float64 `yaml:"lambda"`        // temperature of the exponential utility
	LambdaMode   string  `yaml:"lambda_mode"`   // fixed, relative or ess
	ESSTarget    float64 `yaml:"ess_target"`    // share of the candidates, for lambda_mode ess
	CostScale    string  `yaml:"cost_scale"`    // none or std: what advantages of utility cost are divided by

	Distribution string  `yaml:"distribution"` // diag, full or full_step
	Divergence   string  `yaml:"divergence"`   // kl or euclid
	StepMean     float64 `yaml:"step_mean"`    // weight of the new mean; with divergence euclid in units of the variance
	StepCov      float64 `yaml:"step_cov"`     // weight of the new covariance
	Covariance   string  `yaml:"covariance"`   // fixed, old, elite, new or exact
	SmoothStd    bool    `yaml:"smooth_std"`   // step_cov weighs standard deviations instead of variances

	Shift           string  `yaml:"shift"`            // roll, policy_closed, policy_open, mixture or policy_residual
	Tail            string  `yaml:"tail"`             // repeat, zero, policy or random
	ShiftCovariance string  `yaml:"shift_covariance"` // reset, carry or inflate
	Inflate         float64 `yaml:"inflate"`          // share of the initial variance added by inflate

	Sigma      float64   `yaml:"sigma"`        // initial standard deviation
	MinStd     float64   `yaml:"min_std"`      // floor of the standard deviation
	MinStdStop float64   `yaml:"min_std_stop"` // iterations end when every standard deviation is below; 0 never
	Sampling   string    `yaml:"sampling"`     // clip or truncate
	Bound      float64   `yaml:"bound"`        // candidates lie in [-bound, bound]
	Rate       []float64 `yaml:"rate"`         // largest change of an action from a step to the next, one number or one a joint; empty: no limit
	Noise      string    `yaml:"noise"`        // white, coloured, ar or knots
	Beta       float64   `yaml:"beta"`         // exponent of the coloured noise's power spectrum
	AR         []float64 `yaml:"ar"`           // b0, b1, b2 of noise ar: e_h = b0 z_h + b1 e_{h-1} + b2 e_{h-2}, from the third step on
	Knots      int       `yaml:"knots"`        // nodes of noise knots, spread evenly over the horizon; more than the horizon counts as the horizon
	KnotOrder  int       `yaml:"knot_order"`   // 0 holds each node's number, 1 is linear, 3 a natural cubic spline

	Decay       float64 `yaml:"decay"`        // samples of iteration i are samples / decay^i, at least twice the elites
	KeepElites  float64 `yaml:"keep_elites"`  // share of the elites that join the next iteration
	ShiftElites float64 `yaml:"shift_elites"` // share of the elites that join the next call, shifted
	MeanLast    bool    `yaml:"mean_last"`    // the mean joins the last iteration

	Proposal string `yaml:"proposal"`  // sample or mean: the policy's action that is explored around
	PlanForm string `yaml:"plan_form"` // mean, residual, residual_mean, policy, best, first_particle or parameters
	Answer   string `yaml:"answer"`    // mean, best, last_best or sample

	Parameters string `yaml:"parameters"` // with plan_form parameters: sep (a set of offsets a step) or uni (one for all steps)

	Score        string  `yaml:"score"`         // over particles: mean, mean_minus_kstd or cvar
	ScoreK       float64 `yaml:"score_k"`       // k of score mean_minus_kstd
	ScoreQ       float64 `yaml:"score_q"`       // share of the worst particles that score cvar averages
	Disagreement float64 `yaml:"disagreement"`  // what a step's disagreement of the world's models costs; 0 asks for none
	ActionCost   float64 `yaml:"action_cost"`   // what the squared Euclidean length of every action costs, discounted as rewards are
	RateCost     float64 `yaml:"rate_cost"`     // the same of every change of the action, from the last one that was sent on
	Gamma        float64 `yaml:"gamma"`         // discount of the score
	Value        string  `yaml:"value"`         // none, value, minq_last_action or vnet
	Mask         bool    `yaml:"mask"`          // rewards and value after a terminal state do not count
	ScoreRewards string  `yaml:"score_rewards"` // all or all_but_last
	ScoreReward  string  `yaml:"score_reward"`  // mean or sample of the predicted reward

	MPPIControlCost bool `yaml:"mppi_control_cost"` // candidates pay lambda m' Sigma^-1 (u - m), m the mean they were drawn around (method.md B.8)

	Measure bool `yaml:"measure"` // roll the plan once before and once after planning, for Stats
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

// uniform reports whether a plan is one set of numbers for all of its steps.
func (s *Settings) uniform() bool {
	return s.PlanForm == PlanParameters && s.Parameters == ParametersUni
}

func (s *Settings) residual() bool {
	return s.PlanForm == PlanResidual || s.PlanForm == PlanResidualMean
}

// Warnings names settings that exist for comparison only.
func (s *Settings) Warnings() []string {
	var w []string
	if s.Utility == UtilityElite && s.EliteWeights == WeightsCost || s.Utility == UtilityEliteCost {
		w = append(w, "planner.elite_weights cost (Eq. 14, also as utility elite_cost) turns its sign with the sign of the returns; use uniform except to compare (method.md G.1)")
	}
	if s.Bound > 1 {
		w = append(w, fmt.Sprintf("planner.bound %g lets candidates leave the action space; use 1 except to compare (method.md A.7)", s.Bound))
	}
	return w
}
