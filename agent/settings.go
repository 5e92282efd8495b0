package agent

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"demorl/dynamics"
	"demorl/mpc"
	"demorl/sac"
)

// The choices of the framework (design.md section 4).
const (
	ActPolicy  = "policy"  // the policy drives the real system
	ActPlanner = "planner" // the planner drives it

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

	RewardKnown   = "known"   // imagination asks the task's Rewarder, where it has one
	RewardLearned = "learned" // the model predicts rewards
)

// Settings is one member of the family: everything that influences learning.
type Settings struct {
	Act     string `yaml:"act"`     // who acts in the real system: policy or planner
	Imagine string `yaml:"imagine"` // what fills D_MPC: nothing, branched or planned
	World   string `yaml:"world"`   // what is planned in: model or simulator

	PlannerShare float64 `yaml:"planner_share"` // share of episodes that the planner drives, with act planner; the policy drives the others

	Warmup      int      `yaml:"warmup"`       // real steps with uniform random actions, counted
	EpochSteps  int      `yaml:"epoch_steps"`  // real steps an epoch
	RefitEvery  int      `yaml:"refit_every"`  // real steps between refits of the model
	ReplanEvery int      `yaml:"replan_every"` // real steps between rounds of imagination
	UTD         int      `yaml:"utd"`          // SAC updates a real step
	UpdateEvery int      `yaml:"update_every"` // real steps between blocks of updates
	RealRatio   Schedule `yaml:"real_ratio"`   // share of real rows in a batch
	Horizon     Schedule `yaml:"horizon"`      // imagined steps
	StartStates int      `yaml:"start_states"` // B: starts of one round of imagination

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

	SAC     sac.Settings      `yaml:"sac"`
	Model   dynamics.Settings `yaml:"model"`
	Planner mpc.Settings      `yaml:"planner"`
}

// DefaultSettings returns M-DeMoRL with the corrected defaults of method.md A.6.
func DefaultSettings() Settings {
	return Settings{
		Act: ActPolicy, Imagine: ImaginePlanned, World: WorldModel, PlannerShare: 1,
		Warmup: 5000, EpochSteps: 1000, RefitEvery: 250, ReplanEvery: 250, UTD: 20, UpdateEvery: 1,
		RealRatio: Schedule{0.05}, Horizon: Schedule{5}, StartStates: 10_000,
		Capacity: 1_000_000, PlanBuffer: BufferClear, RetainEpochs: 1, StoreReward: "mean", StopAtTerminal: true, NoiseRedraw: RedrawRound,
		Reward: RewardKnown, Termination: "env", Precision: PrecisionF32, ProbeStarts: 500,
		SAC: sac.DefaultSettings(), Model: dynamics.DefaultSettings(), Planner: mpc.DefaultSettings(),
	}
}

// UsesModel reports whether the algorithm learns a model.
func (s *Settings) UsesModel() bool {
	return s.World == WorldModel && (s.Imagine != ImagineNothing || s.Act == ActPlanner)
}

// Learns reports whether the algorithm trains a policy and its value.
func (s *Settings) Learns() bool { return s.UTD > 0 }

// Plans reports whether the algorithm has an inner loop.
func (s *Settings) Plans() bool { return s.Imagine == ImaginePlanned || s.Act == ActPlanner }

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
	if !(s.PlannerShare >= 0 && s.PlannerShare <= 1) {
		faults = append(faults, fmt.Errorf("planner_share is %v; want a number from 0 to 1", s.PlannerShare))
	}
	oneOf("plan_buffer", s.PlanBuffer, BufferClear, BufferRing)
	oneOf("store_reward", s.StoreReward, "mean", "sample")
	oneOf("noise_redraw", s.NoiseRedraw, RedrawRound, RedrawEpoch)
	oneOf("reward", s.Reward, RewardKnown, RewardLearned)
	oneOf("precision", s.Precision, PrecisionF32, PrecisionBF16)
	if s.Precision == PrecisionBF16 && s.SAC.Critic.Norm != sac.NormNone {
		faults = append(faults, fmt.Errorf("precision is %q and sac.critic.norm is %q; bfloat16 needs critics without norm, or use precision %s", s.Precision, s.SAC.Critic.Norm, PrecisionF32))
	}
	oneOf("termination", s.Termination, "env", "never")
	atLeast("warmup", s.Warmup, 1)
	atLeast("epoch_steps", s.EpochSteps, 1)
	atLeast("refit_every", s.RefitEvery, 1)
	atLeast("replan_every", s.ReplanEvery, 1)
	atLeast("utd", s.UTD, 0)
	atLeast("update_every", s.UpdateEvery, 1)
	atLeast("capacity", s.Capacity, 1)
	atLeast("retain_epochs", s.RetainEpochs, 1)
	atLeast("model_freeze_epoch", s.ModelFreezeEpoch, 0)
	atLeast("probe_starts", s.ProbeStarts, 0)
	if s.Imagine != ImagineNothing {
		atLeast("start_states", s.StartStates, 1)
	}
	faults = append(faults, s.RealRatio.validate("real_ratio", 0, 1), s.Horizon.validate("horizon", 1, 1000))
	faults = append(faults, prefixed("sac", s.SAC.Validate()), prefixed("model", s.Model.Validate()))
	if s.Plans() {
		planner := s.Planner
		planner.Horizon = 1
		if len(s.Horizon) > 0 {
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
	if s.EpochSteps > 0 && s.UsesModel() && s.RefitEvery > s.EpochSteps {
		faults = append(faults, fmt.Errorf("refit_every is %d; want at most epoch_steps (%d), since every epoch begins with a refit", s.RefitEvery, s.EpochSteps))
	}
	if s.EpochSteps > 0 && s.Imagine != ImagineNothing && s.ReplanEvery > s.EpochSteps {
		faults = append(faults, fmt.Errorf("replan_every is %d; want at most epoch_steps (%d), since every epoch begins with a round", s.ReplanEvery, s.EpochSteps))
	}
	return errors.Join(faults...)
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
