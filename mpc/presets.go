package mpc

import (
	"math"
	"sort"
)

// base is what the presets share: one white, clipped, discounted candidate
// distribution whose answer is its mean.
func base() Settings {
	return Settings{
		Horizon: 20, Samples: 100, Particles: 1, Iterations: 1,
		Utility: UtilityElite, EliteFrac: 0.1, EliteWeights: WeightsUniform,
		Lambda: 1, LambdaMode: LambdaFixed, ESSTarget: 0.1, CostScale: ScaleStd,
		Distribution: DistributionDiag, Divergence: DivergenceKL, StepMean: 1, StepCov: 1, Covariance: CovFixed,
		Shift: ShiftRoll, Tail: TailRepeat, ShiftCovariance: CovReset, Inflate: 0.1,
		Sigma: 0.5, MinStd: 1e-3, Sampling: SampleClip, Bound: 1, Decay: 1,
		Noise: NoiseWhite, AR: []float64{0.25, 0.8, 0}, Knots: 4, KnotOrder: 3,
		Score: ScoreMean, ScoreK: 1, ScoreQ: 0.2,
		Proposal: ProposalSample, PlanForm: PlanMean, Parameters: ParametersSep, Answer: AnswerMean,
		Gamma: 0.99, Value: ValueNone, Mask: true, ScoreRewards: RewardsAll, ScoreReward: ScoreRewardMean,
	}
}

// Unnamed holds what settings that runs of earlier versions do not name mean
// there; all others are zero.
func Unnamed() Settings {
	b := base()
	return Settings{
		Distribution: b.Distribution, Divergence: b.Divergence, AR: b.AR, Knots: b.Knots, KnotOrder: b.KnotOrder,
		Score: b.Score, ScoreK: b.ScoreK, ScoreQ: b.ScoreQ, Parameters: b.Parameters,
	}
}

// CEM is the cross-entropy method: elites refit mean and variance (method.md B.8).
func CEM() Settings {
	s := base()
	s.Samples, s.Iterations, s.Elites = 200, 5, 20
	s.Covariance = CovElite
	return s
}

// SmoothedCEM is CEM with steps below 1 (method.md B.8).
func SmoothedCEM() Settings {
	s := CEM()
	s.StepMean, s.StepCov = 0.9, 0.9
	return s
}

// MPPI is model predictive path integral control in its DMD-MPC form
// (method.md B.8, E.2: N 512, H 16, lambda 0.1 of the scores' deviation).
func MPPI() Settings {
	s := base()
	s.Samples, s.Horizon = 512, 16
	s.Utility, s.Lambda, s.LambdaMode = UtilityExp, 0.1, LambdaRelative
	return s
}

// PETS is Chua et al.'s planner (method.md B.8, E.2; kchua/handful-of-trials):
// CEM 500/50/5, step 0.9, 20 particles, truncated normal with the variance
// limited by the bounds, initial variance (range)^2/16.
func PETS() Settings {
	s := base()
	s.Horizon, s.Samples, s.Elites, s.Iterations, s.Particles = 30, 500, 50, 5, 20
	s.StepMean, s.StepCov, s.Covariance = 0.9, 0.9, CovElite
	s.Tail, s.Sampling, s.Gamma = TailZero, SampleTruncate, 1
	return s
}

// ICEM is Pinneri et al.'s improved CEM (method.md B.8, E.2; martius-lab/iCEM)
// at a budget of 300 rollouts a step: 4 iterations of 100.
func ICEM() Settings {
	s := base()
	s.Horizon, s.Samples, s.Elites, s.Iterations = 30, 100, 10, 4
	s.StepMean, s.StepCov, s.Covariance, s.SmoothStd = 0.9, 0.9, CovElite, true
	s.Noise, s.Beta, s.Decay = NoiseColoured, 1, 1.25
	s.KeepElites, s.ShiftElites, s.MeanLast = 0.3, 0.3, true
	s.Answer, s.Gamma = AnswerLastBest, 1
	return s
}

// LOOP is ARC, the planner of LOOP (method.md B.8, E.2; hari-sikchi/LOOP): 100
// candidates around the rolled plan and 5 policy rollouts, exponential weights
// over all of them, variance step 0.9 centred on the new mean. The published
// planner rolls 4 particles on each of 5 elite members.
func LOOP() Settings {
	s := base()
	s.Horizon, s.Samples, s.PolicySamples, s.Iterations, s.Particles = 3, 100, 5, 5, 20
	s.Utility, s.Lambda = UtilityExp, 1
	s.StepMean, s.StepCov, s.Covariance = 1, 0.9, CovNew
	s.Shift, s.Sampling, s.Value = ShiftMixture, SampleTruncate, ValueLastAction
	s.Answer = AnswerSample // in training; evaluations take the mean
	return s
}

// MDeMoRL is the inner loop of M-DeMoRL (method.md A.4, A.6, B.8): one update
// with the 10 best of 100 policy rollouts under noise of 0.5 half ranges.
func MDeMoRL() Settings {
	s := base()
	s.Horizon, s.Samples, s.EliteFrac = 5, 100, 0.1
	s.Shift, s.Value = ShiftClosed, ValueTerminal
	return s
}

// MoPAC is the inner loop of MoPAC (method.md B.8; dnandha/mopac): M-DeMoRL's
// with exponential weights, lambda 1.
func MoPAC() Settings {
	s := MDeMoRL()
	s.Utility, s.Lambda = UtilityExp, 1
	return s
}

// POPLINA is the planner of POPLIN-A (Wang and Ba 2020; method.md B.8, E.2):
// PETS's cross-entropy search for residuals of a policy's action at the visited
// state, from a variance of 0.25, along the mean of the members' means.
func POPLINA() Settings {
	s := PETS()
	s.Particles, s.Sigma = 1, 0.5
	s.Shift, s.Proposal, s.PlanForm = ShiftResidual, ProposalMean, PlanResidualMean
	return s
}

// POPLINP is the planner of POPLIN-P (ibid.): the same search for offsets of a
// policy's parameters, a set of them for every step, from a variance of 0.1. With
// parameters uni there is one set for all steps.
func POPLINP() Settings {
	s := PETS()
	s.Particles, s.Sigma = 1, 0.31622776601683794
	s.PlanForm = PlanParameters
	return s
}

// DMDMPCCartPole is Wagener et al.'s DMD-MPC as set for the cart-pole (method.md
// B.8; mohakbhardwaj/mjmpc): exponential utility, step 0.6, and a full
// covariance of each step's joints around the old mean, which every call inflates
// by a tenth of its initial 0.45. The original averages one such covariance over
// all steps.
func DMDMPCCartPole() Settings {
	s := base()
	s.Horizon, s.Samples = 64, 100
	s.Utility, s.Lambda = UtilityExp, 0.1
	s.Distribution, s.Covariance, s.StepMean, s.StepCov = DistributionFullStep, CovOld, 0.6, 0.6
	s.Sigma, s.ShiftCovariance, s.Inflate = math.Sqrt(0.45), CovInflate, 0.1
	return s
}

// DMDMPCReach is the same as set for reaching with seven joints: 32 candidates,
// step 1 and autoregressive noise (method.md B.8).
func DMDMPCReach() Settings {
	s := DMDMPCCartPole()
	s.Horizon, s.Samples, s.Lambda = 16, 32, 0.2
	s.StepMean, s.StepCov, s.Noise = 1, 1, NoiseAR
	return s
}

// TDMPC2 is the planner of TD-MPC2 in its form, over any world (method.md B.8):
// exponential weights within 64 elites of 512 candidates, of which 24 follow the
// policy. Its temperature of 0.5 multiplies scores, so that lambda is 2; its
// upper limit 2 of the standard deviation is never reached by actions in [-1, 1].
func TDMPC2() Settings {
	s := base()
	s.Horizon, s.Samples, s.PolicySamples, s.Elites, s.Iterations = 3, 512-24, 24, 64, 6
	s.Utility, s.Lambda = UtilityEliteExp, 2
	s.Covariance, s.Sigma, s.MinStd = CovElite, 2, 0.05
	s.Shift, s.Value, s.Answer = ShiftMixture, ValueTerminal, AnswerSample
	return s
}

// presets by name.
var presets = map[string]func() Settings{
	"cem": CEM, "smoothed_cem": SmoothedCEM, "mppi": MPPI, "pets": PETS, "icem": ICEM, "loop": LOOP, "m-demorl": MDeMoRL, "mopac": MoPAC,
	"poplin-a": POPLINA, "poplin-p": POPLINP,
	"dmd-mpc-cartpole": DMDMPCCartPole, "dmd-mpc-reach": DMDMPCReach, "td-mpc2": TDMPC2,
}

// Preset returns the named settings and whether the name is known.
func Preset(name string) (Settings, bool) {
	f, ok := presets[name]
	if !ok {
		return Settings{}, false
	}
	return f(), true
}

// PresetNames returns the names that Preset knows, sorted.
func PresetNames() []string {
	names := make([]string, 0, len(presets))
	for n := range presets {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}
