package agent

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"demorl/clone"
	"demorl/dynamics"
	"demorl/mpc"
	"demorl/sac"
)

// The choices of the framework (design.md section 4).
const (
	ActPolicy  = "policy"  // the policy drives the real system
	ActPlanner = "planner" // the planner drives it
	ActNewest  = "newest"  // in evaluations: the policy as the last update left it, where policy is an average

	ImagineNothing  = "nothing"  // no D_MPC
	ImagineBranched = "branched" // rollouts of the policy from replayed states (MBPO)
	ImaginePlanned  = "planned"  // rollouts of improved plans (MoPAC, M-DeMoRL)

	RedrawRound = "round" // the candidates' noise is drawn anew for every round
	RedrawEpoch = "epoch" // the rounds of an epoch share it

	BufferClear = "clear" // D_MPC is emptied at every epoch
	BufferRing  = "ring"  // D_MPC keeps the last retain_epochs epochs

	PrecisionF32  = "f32"
	PrecisionBF16 = "bf16"

	WorldModel     = "model"     // planning and imagination happen in the learned ensemble
	WorldSimulator = "simulator" // planning happens in copies of the task itself

	LearnerSAC           = "sac"            // updates from batches of transitions
	LearnerValueGradient = "value_gradient" // updates from start states, back through the model (method.md D.5)
	LearnerClone         = "clone"          // a policy taught by what the planner did, without a value

	RewardKnown   = "known"   // imagination asks the task's Rewarder, where it has one
	RewardLearned = "learned" // the model predicts rewards
)

// Settings is one member of the family: everything that influences learning.
type Settings struct {
	Act     string `yaml:"act"`     // who acts in the real system: policy or planner
	Imagine string `yaml:"imagine"` // what fills D_MPC: nothing, branched or planned
	World   string `yaml:"world"`   // what is planned in: model or simulator
	Learner string `yaml:"learner"` // how the policy learns: sac, value_gradient or clone

	PlannerShare float64 `yaml:"planner_share"` // share of episodes that the planner drives, with act planner; the policy drives the others

	ActionRange  []float64 `yaml:"action_range"`  // shares of the actions' range, around its middle, that the learner uses: one for all or one an action; null: all of it
	ActionRepeat int       `yaml:"action_repeat"` // steps of the task for which each action is held; a real step of the run is one such decision, whose reward is the sum of theirs

	Warmup       int      `yaml:"warmup"`         // real steps with uniform random actions, counted
	WarmupRange  float64  `yaml:"warmup_range"`   // share of every action's range, around its middle, from which they are drawn
	EpochSteps   int      `yaml:"epoch_steps"`    // real steps an epoch
	RefitEvery   int      `yaml:"refit_every"`    // real steps between refits of the model
	ReplanEvery  int      `yaml:"replan_every"`   // real steps between rounds of imagination
	UTD          int      `yaml:"utd"`            // SAC updates a real step
	UpdateEvery  int      `yaml:"update_every"`   // real steps between blocks of updates
	RealRatio    Schedule `yaml:"real_ratio"`     // share of real rows in a batch
	Horizon      Schedule `yaml:"horizon"`        // imagined steps
	Entropy      Schedule `yaml:"target_entropy"` // of the policy in nats, by epoch; empty: sac.target_entropy under its rule
	HorizonLimit float64  `yaml:"horizon_limit"`  // imagined steps are fewer where the model's measured open-loop error, in standard deviations of the data, is above this; 0: no limit
	StartStates  int      `yaml:"start_states"`   // B: starts of one round of imagination

	Capacity         int    `yaml:"capacity"`           // rows of D_ENV
	PlanBuffer       string `yaml:"plan_buffer"`        // clear or ring
	RetainEpochs     int    `yaml:"retain_epochs"`      // epochs of imagination that D_MPC holds
	StoreReward      string `yaml:"store_reward"`       // mean or sample
	StopAtTerminal   bool   `yaml:"stop_at_terminal"`   // nothing is stored after a terminal row
	NoiseRedraw      string `yaml:"noise_redraw"`       // the planner's exploration, anew every round or epoch
	Reward           string `yaml:"reward"`             // in imagination: known (the task's own, where it tells one) or learned
	ModelFreezeEpoch int    `yaml:"model_freeze_epoch"` // no refit from this epoch on; 0 means never frozen
	Termination      string `yaml:"termination"`        // in imagination: env (rule or learned head) or never
	Precision        string `yaml:"precision"`          // of imagination and planning: f32 or bf16 (bfloat16 products); learning and acting are f32
	ProbeStarts      int    `yaml:"probe_starts"`       // starts on which a round's gain over the policy is measured

	Gradient GradientSettings  `yaml:"value_gradient"`
	SAC      sac.Settings      `yaml:"sac"`
	Clone    clone.Settings    `yaml:"clone"` // read with learner clone
	Model    dynamics.Settings `yaml:"model"`
	Planner  mpc.Settings      `yaml:"planner"`
}

// GradientSettings say how the learner value_gradient works (method.md D.5).
// After every refit it starts from fresh optimisers and an empty D_MPC and makes
// its updates in one block: utd times refit_every, after warm-up utd times warmup.
type GradientSettings struct {
	Steps         int `yaml:"steps"`          // T: model steps of a walk, through which the gradient goes
	ImagineEvery  int `yaml:"imagine_every"`  // updates between rounds of imagination, which make start states
	RetainRounds  int `yaml:"retain_rounds"`  // rounds that D_MPC holds
	CriticUpdates int `yaml:"critic_updates"` // updates of the critics alone with which a block begins
}

// DefaultGradient returns the published settings.
func DefaultGradient() GradientSettings {
	return GradientSettings{Steps: 5, ImagineEvery: 20, RetainRounds: 10, CriticUpdates: 250}
}

// DefaultSettings returns M-DeMoRL with the corrected defaults of method.md A.6.
func DefaultSettings() Settings {
	return Settings{
		Act: ActPolicy, Imagine: ImaginePlanned, World: WorldModel, Learner: LearnerSAC, PlannerShare: 1, ActionRepeat: 1,
		Warmup: 5000, WarmupRange: 1, EpochSteps: 1000, RefitEvery: 250, ReplanEvery: 250, UTD: 20, UpdateEvery: 1,
		RealRatio: Schedule{0.05}, Horizon: Schedule{5}, StartStates: 10_000,
		Capacity: 1_000_000, PlanBuffer: BufferClear, RetainEpochs: 1, StoreReward: "mean", StopAtTerminal: true, NoiseRedraw: RedrawRound,
		Reward: RewardKnown, Termination: "env", Precision: PrecisionF32, ProbeStarts: 500,
		Gradient: DefaultGradient(), SAC: sac.DefaultSettings(), Clone: clone.DefaultSettings(), Model: dynamics.DefaultSettings(), Planner: mpc.DefaultSettings(),
	}
}

// UsesModel reports whether the algorithm learns a model.
func (s *Settings) UsesModel() bool {
	return s.World == WorldModel && (s.Imagine != ImagineNothing || s.Act == ActPlanner)
}

// Learns reports whether the algorithm trains a policy and its value.
func (s *Settings) Learns() bool { return s.UTD > 0 }

// Clones reports whether the policy is taught by what the planner did.
func (s *Settings) Clones() bool { return s.Learner == LearnerClone }

// Plans reports whether the algorithm has an inner loop.
func (s *Settings) Plans() bool { return s.Imagine == ImaginePlanned || s.Act == ActPlanner }

// averages reports whether the policy that is evaluated is an average.
func (s *Settings) averages() bool { return s.Learns() && !s.Clones() && s.SAC.PolicyAverage > 0 }

// usesStateValue reports whether the planner ends its scores with a network of
// the state alone, which is then trained.
func (s *Settings) usesStateValue() bool { return s.Plans() && s.Planner.Value == mpc.ValueNet }

// gradients reports whether updates go back through the model.
func (s *Settings) gradients() bool { return s.Learner == LearnerValueGradient }

// validateGradient returns the faults of the learner value_gradient, or of
// settings that only it understands.
func (s *Settings) validateGradient() error {
	var faults []error
	fault := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	if !s.gradients() {
		fault(!s.SAC.Critic.Scaled, "sac.critic.scaled is true and learner is %q; want learner %s, which tracks the bounds of the value", s.Learner, LearnerValueGradient)
		return errors.Join(faults...)
	}
	g := s.Gradient
	fault(g.Steps >= 1 && g.Steps <= 100, "value_gradient.steps is %d; want 1 to 100", g.Steps)
	fault(g.ImagineEvery >= 1, "value_gradient.imagine_every is %d; want at least 1", g.ImagineEvery)
	fault(g.RetainRounds >= 1, "value_gradient.retain_rounds is %d; want at least 1", g.RetainRounds)
	fault(g.CriticUpdates >= 0, "value_gradient.critic_updates is %d; want at least 0", g.CriticUpdates)
	const why = "with learner value_gradient"
	fault(len(s.Entropy) == 0, "target_entropy is %v; %s leave it empty and use sac.target_entropy", s.Entropy, why)
	fault(s.SAC.RewardScale == 1, "sac.reward_scale is %g; %s want 1", s.SAC.RewardScale, why)
	fault(s.Imagine != ImagineNothing, "imagine is %q; %s the walks start from imagined states: want branched or planned", s.Imagine, why)
	fault(s.Reward == RewardLearned, "reward is %q; %s the reward needs a gradient: want %s", s.Reward, why, RewardLearned)
	fault(s.Precision == PrecisionF32, "precision is %q; %s want %s", s.Precision, why, PrecisionF32)
	fault(!s.Model.DeltaClip, "model.delta_clip is true; %s want false, since a clamp has no gradient", why)
	fault(s.SAC.Critic.Quantiles == 1, "sac.critic.quantiles is %d; %s want 1", s.SAC.Critic.Quantiles, why)
	fault(s.SAC.Critic.ActorUses == sac.UsesMean, "sac.critic.actor_uses is %q; %s want %s", s.SAC.Critic.ActorUses, why, sac.UsesMean)
	fault(s.SAC.Critic.Norm != sac.NormBatch, "sac.critic.norm is %q; %s want another", s.SAC.Critic.Norm, why)
	fault(s.SAC.PolicyEvery == 1, "sac.policy_every is %d; %s want 1", s.SAC.PolicyEvery, why)
	return errors.Join(faults...)
}

// Validate returns every fault of the settings at once.
func (s *Settings) Validate() error {
	var faults []error
	oneOf := func(name, v string, known ...string) {
		if !slices.Contains(known, v) {
			faults = append(faults, fmt.Errorf("%s is %q; want %s", name, v, strings.Join(known, " or ")))
		}
	}
	atLeast := func(name string, v, lo int) {
		if v < lo {
			faults = append(faults, fmt.Errorf("%s is %d; want at least %d", name, v, lo))
		}
	}
	oneOf("act", s.Act, ActPolicy, ActPlanner)
	oneOf("imagine", s.Imagine, ImagineNothing, ImagineBranched, ImaginePlanned)
	oneOf("world", s.World, WorldModel, WorldSimulator)
	if s.World == WorldSimulator && s.Imagine != ImagineNothing {
		faults = append(faults, fmt.Errorf("world is %q and imagine is %q; want imagine nothing, since replayed states are observations and not states of the simulator", s.World, s.Imagine))
	}
	if s.Clones() {
		faults = append(faults, s.cloneFaults()...)
	} else if s.Plans() && s.Planner.PlanForm == mpc.PlanParameters {
		faults = append(faults, fmt.Errorf("planner.plan_form is %q and learner is %q; only the policy of learner %s can be planned by its parameters", s.Planner.PlanForm, s.Learner, LearnerClone))
	}
	if !(s.PlannerShare >= 0 && s.PlannerShare <= 1) {
		faults = append(faults, fmt.Errorf("planner_share is %v; want a number from 0 to 1", s.PlannerShare))
	}
	oneOf("learner", s.Learner, LearnerSAC, LearnerValueGradient, LearnerClone)
	faults = append(faults, s.validateGradient())
	oneOf("plan_buffer", s.PlanBuffer, BufferClear, BufferRing)
	oneOf("store_reward", s.StoreReward, "mean", "sample")
	oneOf("noise_redraw", s.NoiseRedraw, RedrawRound, RedrawEpoch)
	oneOf("reward", s.Reward, RewardKnown, RewardLearned)
	oneOf("precision", s.Precision, PrecisionF32, PrecisionBF16)
	faults = append(faults, s.precisionFaults()...)
	faults = append(faults, s.drawFaults()...)
	oneOf("termination", s.Termination, "env", "never")
	atLeast("action_repeat", s.ActionRepeat, 1)
	for i, share := range s.ActionRange {
		if !(share > 0 && share <= 1) {
			faults = append(faults, fmt.Errorf("action_range[%d] is %g; use a share above 0 and up to 1", i, share))
		}
	}
	atLeast("warmup", s.Warmup, 1)
	if !(s.WarmupRange > 0 && s.WarmupRange <= 1) {
		faults = append(faults, fmt.Errorf("warmup_range is %g; use a share above 0 and up to 1", s.WarmupRange))
	}
	atLeast("epoch_steps", s.EpochSteps, 1)
	atLeast("refit_every", s.RefitEvery, 1)
	atLeast("replan_every", s.ReplanEvery, 1)
	atLeast("utd", s.UTD, 0)
	atLeast("update_every", s.UpdateEvery, 1)
	atLeast("capacity", s.Capacity, 1)
	atLeast("retain_epochs", s.RetainEpochs, 1)
	atLeast("model_freeze_epoch", s.ModelFreezeEpoch, 0)
	atLeast("probe_starts", s.ProbeStarts, 0)
	if s.Imagine != ImagineNothing && (s.StartStates < 1 || s.StartStates > maxStarts) {
		faults = append(faults, fmt.Errorf("start_states is %d; use 1 to %d", s.StartStates, maxStarts))
	}
	if s.ProbeStarts > maxStarts {
		faults = append(faults, fmt.Errorf("probe_starts is %d; use 0 to %d", s.ProbeStarts, maxStarts))
	}
	faults = append(faults, s.RealRatio.validate("real_ratio", 0, 1), s.Horizon.validate("horizon", 1, 1000), s.limitFault())
	if len(s.Entropy) > 0 {
		faults = append(faults, s.Entropy.validate("target_entropy", -1e6, 1e6))
	}
	faults = append(faults, prefixed("sac", s.SAC.Validate()), prefixed("model", s.Model.Validate()))
	if s.Plans() {
		planner := s.Planner
		planner.Horizon = 1
		if s.Horizon.validate("horizon", 1, 1000) == nil {
			planner.Horizon = max(1, int(s.Horizon.Max()))
		}
		faults = append(faults, prefixed("planner", planner.Validate()))
		if g := s.Planner.Gamma; g != 1 && g != s.SAC.Gamma {
			faults = append(faults, fmt.Errorf("planner.gamma is %g and sac.gamma is %g; a score with a value at its end needs one discount (1 switches discounting off)", g, s.SAC.Gamma))
		}
		if s.UsesModel() && s.Model.Propagation == dynamics.All && s.Model.Elites > 0 && s.Planner.Particles%s.Model.Elites != 0 {
			faults = append(faults, fmt.Errorf("planner.particles is %d; with model.propagation all it must be a multiple of model.elites (%d)", s.Planner.Particles, s.Model.Elites))
		}
	}
	if s.usesStateValue() && (s.Learner != LearnerSAC || !s.Learns()) {
		faults = append(faults, fmt.Errorf("planner.value is %q, learner is %q and utd is %d; that network is trained by the updates of learner %s: use these, or planner.value %s", s.Planner.Value, s.Learner, s.UTD, LearnerSAC, mpc.ValueTerminal))
	}
	if s.Act == ActPlanner && s.Learner == LearnerSAC && s.UTD == 0 && s.Planner.Value != mpc.ValueNone && !s.usesStateValue() {
		faults = append(faults, fmt.Errorf("planner.value is %q and utd is 0; no update would train that value: use planner.value %s, or an algorithm whose learner updates, such as loop", s.Planner.Value, mpc.ValueNone))
	}
	if s.EpochSteps > 0 && s.UsesModel() && s.RefitEvery > s.EpochSteps {
		faults = append(faults, fmt.Errorf("refit_every is %d; want at most epoch_steps (%d), since every epoch begins with a refit", s.RefitEvery, s.EpochSteps))
	}
	if s.EpochSteps > 0 && s.Imagine != ImagineNothing && s.ReplanEvery > s.EpochSteps {
		faults = append(faults, fmt.Errorf("replan_every is %d; want at most epoch_steps (%d), since every epoch begins with a round", s.ReplanEvery, s.EpochSteps))
	}
	return errors.Join(faults...)
}

// maxStarts is the largest number of start states of a round: the plans of more
// would not fit into any memory.
const maxStarts = 10_000_000

// limitFault is what is wrong with horizon_limit.
func (s *Settings) limitFault() error {
	switch {
	case !(s.HorizonLimit >= 0) || math.IsInf(s.HorizonLimit, 1):
		return fmt.Errorf("horizon_limit is %v; want 0 (no limit) or an error in standard deviations of the data such as 0.3", s.HorizonLimit)
	case s.HorizonLimit > 0 && !s.UsesModel():
		return fmt.Errorf("horizon_limit is %v, but no model is learned whose error could be measured; want 0", s.HorizonLimit)
	}
	return nil
}

// drawFaults are rewards that are to be drawn where propagation expect tells
// their mean and no deviation: every draw would be the mean.
func (s *Settings) drawFaults() (faults []error) {
	if !s.UsesModel() || s.Model.Propagation != dynamics.Expect {
		return nil
	}
	fault := func(drawn bool, name string) {
		if drawn {
			faults = append(faults, fmt.Errorf(`%s is "sample" and model.propagation is %q, which tells a mean and no deviation to draw with: use %s mean, or propagation %s, %s or %s`,
				name, dynamics.Expect, name, dynamics.Fixed, dynamics.TS1, dynamics.TSInf))
		}
	}
	fault(s.Imagine != ImagineNothing && s.StoreReward == "sample", "store_reward")
	fault(s.Plans() && s.Planner.ScoreReward == mpc.ScoreRewardDrawn, "planner.score_reward")
	return faults
}

// cloneFaults returns what does not fit the learner without a value.
func (s *Settings) cloneFaults() (faults []error) {
	fault := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	fault(s.Act == ActPlanner && s.PlannerShare == 1, "learner is %q, act is %q and planner_share is %v; it learns from a planner that drives every episode: use act %s and planner_share 1", s.Learner, s.Act, s.PlannerShare, ActPlanner)
	fault(s.Imagine == ImagineNothing, "learner is %q and imagine is %q; it learns from real steps alone: use imagine %s", s.Learner, s.Imagine, ImagineNothing)
	fault(s.UTD == 0, "learner is %q and utd is %d; it learns after episodes and not by updates: use utd 0", s.Learner, s.UTD)
	fault(s.Planner.Value == mpc.ValueNone, "learner is %q and planner.value is %q; it has no value: use %s", s.Learner, s.Planner.Value, mpc.ValueNone)
	parameters := s.Planner.PlanForm == mpc.PlanParameters
	fault(parameters == (s.Clone.Rule == clone.RuleAverage), "clone.rule is %q and planner.plan_form is %q; offsets of parameters (%s) are averaged (%s), and actions are cloned (%s)", s.Clone.Rule, s.Planner.PlanForm, mpc.PlanParameters, clone.RuleAverage, clone.RuleActions)
	if err := s.Clone.Validate(); err != nil {
		faults = append(faults, prefixed("clone", err))
	}
	return faults
}

// prefixed makes sure that every fault of a nested struct names its section.
func prefixed(section string, err error) error {
	if err == nil {
		return nil
	}
	var out []error
	for _, line := range strings.Split(err.Error(), "\n") {
		if !strings.HasPrefix(line, section+".") {
			line = section + "." + line
		}
		out = append(out, errors.New(line))
	}
	return errors.Join(out...)
}

// precisionFaults are networks of which imagination has no bfloat16 copies.
func (s *Settings) precisionFaults() (faults []error) {
	if s.Precision != PrecisionBF16 {
		return nil
	}
	if s.SAC.Network == sac.NetworkSimBa {
		faults = append(faults, fmt.Errorf("precision is %q and sac.network is %q; bfloat16 needs networks without norm, or use precision %s", s.Precision, s.SAC.Network, PrecisionF32))
	}
	if s.SAC.Critic.Norm != sac.NormNone {
		faults = append(faults, fmt.Errorf("precision is %q and sac.critic.norm is %q; bfloat16 needs critics without norm, or use precision %s", s.Precision, s.SAC.Critic.Norm, PrecisionF32))
	}
	if s.UsesModel() && s.Model.Norm == dynamics.NormLayer {
		faults = append(faults, fmt.Errorf("precision is %q and model.norm is %q; bfloat16 needs networks without norm, or use precision %s", s.Precision, s.Model.Norm, PrecisionF32))
	}
	return faults
}
