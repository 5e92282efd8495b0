package agent

import (
	"fmt"
	"slices"
	"strings"

	"demorl/clone"
	"demorl/dynamics"
	"demorl/env"
	"demorl/mpc"
	"demorl/sac"
)

// Algorithm is one named member of the family: the four choices of the
// framework as data. What it leaves at its zero value stays as the defaults are.
type Algorithm struct {
	Name    string
	Summary string
	Source  string

	Act     string              // who acts in the real system
	Imagine string              // what is imagined
	Planner func() mpc.Settings // the inner loop; nil where there is none

	Propagation string // how a particle picks its ensemble member
	PlanBuffer  string
	StoreReward string
	RealRatio   Schedule
	UTD         int    // 0 leaves it to the task's row
	UpdateEvery int    // 0 means 1
	Warmup      int    // 0 leaves it to the task's row
	WarmupMost  int    // random steps at most, on tasks of at most fewNumbers observations; 0: as many as the row says
	EntropyRule string // "" leaves it to the task's row
	RefitEvery  int    // 0 leaves it to the task's row
	Horizon     int    // 0 leaves it to the task's row
	Starts      int    // start states of a round; 0 leaves it to the preset

	Critic      *sac.CriticSettings // nil: twin critics
	PolicyEvery int                 // critic steps an actor step; 0 means 1
	Rate        float64             // Adam's, of all that SAC learns; 0 leaves it to the defaults
	Beta1       float64             // Adam's, of actor and critics; 0 leaves it to the defaults

	PlannerShare float64               // share of episodes that the planner drives; 0 means all, where it acts
	Untrained    bool                  // no policy and no value are trained by updates
	Clone        func() clone.Settings // the learner is clone, with these settings; nil: sac
	PerEpisode   bool                  // the model is refitted after every episode instead of at the row's interval
	Members      int                   // of the ensemble, all used; 0 leaves it to the preset
	Passes       int                   // training passes of a refit at the published size; 0 means until the held-out error stops falling
	ModelBatch   int                   // rows a gradient step of the model; 0 leaves it to the preset
	Tune         func(*Settings)       // further choices; nil: none
	Reference    func(*Settings)       // what the published size alone has; nil: nothing
	Lite         func(*Settings)       // what preset lite alone has; nil: nothing
}

// fewNumbers is the largest observation that m-demorl-plus halves the random steps
// of. It lies between HalfCheetah's 17 numbers, where half of them were enough for a
// first model, and Ant's 27, where the critics ran away after first fits that ended
// too early; what holds in between, or with whole fits, is not known
// (docs/results/ant.md).
const fewNumbers = 20

// variantOfTheModel gives the model the form that DHMBPO was published with
// (method.md C.11): variances that do not depend on the input, LayerNorm and
// dropout, weighted rows, and fits that end by a test on the held-out scores; and
// policy and critics its normalised observations.
func variantOfTheModel(s *Settings) {
	m := &s.Model
	m.Variance, m.Norm, m.NormEpsilon, m.Dropout = dynamics.VarianceConstant, dynamics.NormLayer, []float64{1, 0.1, 0.01}, []float64{0.0075, 0.005, 0.0025}
	m.Optimizer, m.FreshOptimizer, m.Decay, m.NoiseDecay = dynamics.OptimizerAdamW, true, []float64{2.5e-4, 5e-4, 7.5e-4, 1e-3}, 1e-2
	m.Rows, m.Batch, m.PassBatches, m.TargetNorm = dynamics.RowsWeights, 2048, 6, true
	m.Stop, m.Patience = dynamics.StopTest, 50
	s.SAC.ObservationNorm = true
}

// variantInSmallBatches is variantOfTheModel with the fits of C.5, whose gradient
// steps cost an eighth, and which go on until 800 of them have brought nothing: the
// variances have to find their size in them, and first fits that end sooner explain
// less. With variances that depend on the input Ant was not seen to walk
// (docs/results/ant.md).
func variantInSmallBatches(s *Settings) {
	variantOfTheModel(s)
	m, usual := &s.Model, dynamics.DefaultSettings()
	m.Batch, m.PassBatches, m.Stop, m.Patience = usual.Batch, usual.PassBatches, usual.Stop, usual.Patience
	m.PatienceSteps = 800
}

// Algorithms is the family (design.md section 4). Everything that tells one
// from another is on this page.
var Algorithms = []Algorithm{
	{
		Name: "m-demorl", Summary: "plans with elites inside the model to make better imagined data for SAC", Source: "arXiv 2112.02999; method.md part A",
		Act: ActPolicy, Imagine: ImaginePlanned, Planner: mpc.MDeMoRL, Propagation: "fixed", PlanBuffer: BufferClear, StoreReward: "mean",
	},
	{
		Name: "m-demorl-plus", Summary: "as m-demorl, with half of the random steps, a policy step every four critic steps and, after the first fit, refits of at most 500 gradient steps", Source: "ours; docs/results/plus.md",
		Act: ActPolicy, Imagine: ImaginePlanned, Planner: mpc.MDeMoRL, Propagation: "fixed", PlanBuffer: BufferClear, StoreReward: "mean",
		WarmupMost: 2500, PolicyEvery: 4, Tune: func(s *Settings) { s.Model.RefitGradSteps, s.Model.PatienceSteps = 500, leastStale },
	},
	{
		Name: "mopac", Summary: "as m-demorl with exponential weights over all candidates", Source: "MoPAC; method.md E.1",
		Act: ActPolicy, Imagine: ImaginePlanned, Planner: mpc.MoPAC, Propagation: "fixed", PlanBuffer: BufferClear, StoreReward: "mean", Horizon: 5,
	},
	{
		Name: "mbpo", Summary: "SAC on short rollouts of the policy in the model, without planning", Source: "MBPO; method.md E.1",
		Act: ActPolicy, Imagine: ImagineBranched, Propagation: "ts1", PlanBuffer: BufferRing, StoreReward: "sample",
		RealRatio: Schedule{0.05}, Horizon: 1, Starts: 100_000,
	},
	{
		Name: "loop", Summary: "the planner drives the robot, SAC's critic values the end of its plans", Source: "LOOP; method.md E.2",
		Act: ActPlanner, Imagine: ImagineNothing, Planner: mpc.LOOP, Propagation: "all",
		RealRatio: Schedule{1}, UTD: 1, UpdateEvery: 50, Warmup: 1000, RefitEvery: 250, EntropyRule: "minus_actions",
	},
	{
		Name: "m-demorl-online", Summary: "as m-demorl, and the planner drives half of the episodes", Source: "ours; method.md E.2",
		Act: ActPlanner, Imagine: ImaginePlanned, Planner: mpc.MDeMoRL, Propagation: "fixed", PlanBuffer: BufferClear, StoreReward: "mean", PlannerShare: 0.5,
	},
	{
		Name: "pets", Summary: "cross-entropy planning over an ensemble, no policy", Source: "PETS; method.md E.2",
		Act: ActPlanner, Imagine: ImagineNothing, Planner: mpc.PETS, Propagation: "tsinf",
		RealRatio: Schedule{1}, Untrained: true, PerEpisode: true, Members: 5, Passes: 5, ModelBatch: 32,
	},
	{
		Name: "poplin-a", Summary: "cross-entropy search for residuals of a policy that is cloned from what the search does", Source: "POPLIN; method.md B.8, E.2",
		Act: ActPlanner, Imagine: ImagineNothing, Planner: mpc.POPLINA, Propagation: "expect",
		RealRatio: Schedule{1}, Untrained: true, PerEpisode: true, Members: 5, Passes: 5, ModelBatch: 32,
		Clone: clone.DefaultSettings,
	},
	{
		Name: "poplin-p", Summary: "cross-entropy search in the parameters of a small policy, which follows their mean", Source: "POPLIN; method.md B.8, E.2",
		Act: ActPlanner, Imagine: ImagineNothing, Planner: mpc.POPLINP, Propagation: "expect",
		RealRatio: Schedule{1}, Untrained: true, PerEpisode: true, Members: 5, Passes: 5, ModelBatch: 32,
		Clone: clone.Averaged,
	},
	{
		Name: "cem", Summary: "the cross-entropy method over the model or the simulator, no policy", Source: "method.md B.8",
		Act: ActPlanner, Imagine: ImagineNothing, Planner: mpc.CEM, Propagation: "tsinf", RealRatio: Schedule{1}, Untrained: true,
	},
	{
		Name: "mppi", Summary: "path integral control over the model or the simulator, no policy", Source: "MPPI as DMD-MPC; method.md B.8, E.2",
		Act: ActPlanner, Imagine: ImagineNothing, Planner: mpc.MPPI, Propagation: "tsinf", RealRatio: Schedule{1}, Untrained: true,
	},
	{
		Name: "icem", Summary: "CEM with coloured noise and kept elites over the model or the simulator, no policy", Source: "iCEM; method.md B.8, E.2",
		Act: ActPlanner, Imagine: ImagineNothing, Planner: mpc.ICEM, Propagation: "tsinf", RealRatio: Schedule{1}, Untrained: true,
	},
	{
		Name: "dhmbpo", Summary: "climbs value gradients through short model rollouts that start from long ones", Source: "DHMBPO; method.md D.5, C.11",
		Act: ActPolicy, Imagine: ImagineBranched, Propagation: "ts1", StoreReward: "mean",
		UTD: 1, EntropyRule: "minus_actions", Horizon: 20, Starts: 256, PerEpisode: true, Members: 8,
		Critic: &gradientCritic, Tune: valueGradient, Reference: variantOfTheModel, Lite: variantInSmallBatches,
	},
	{
		Name: "m-demorl-vg", Summary: "as dhmbpo, from the states of plans that m-demorl's planner improved", Source: "ours; method.md D.5",
		Act: ActPolicy, Imagine: ImaginePlanned, Planner: mpc.MDeMoRL, Propagation: "fixed", StoreReward: "mean",
		UTD: 1, EntropyRule: "minus_actions", Horizon: 5, Starts: 1024, PerEpisode: true, Members: 8,
		Critic: &gradientCritic, Tune: valueGradient, Reference: variantOfTheModel, Lite: variantInSmallBatches,
	},
	{
		Name: "redq", Summary: "SAC with ten critics, a random pair of them as the target, and 20 updates a step", Source: "REDQ; method.md D.4, E.3",
		Act: ActPolicy, Imagine: ImagineNothing, RealRatio: Schedule{1}, UTD: 20, PolicyEvery: 20,
		Critic: &sac.CriticSettings{Count: 10, Norm: sac.NormNone, Subset: 2, ActorUses: sac.UsesMean, Quantiles: 1},
	},
	{
		Name: "droq", Summary: "SAC with dropout and LayerNorm in its critics and 20 updates a step", Source: "DroQ; method.md D.4, E.3",
		Act: ActPolicy, Imagine: ImagineNothing, RealRatio: Schedule{1}, UTD: 20, PolicyEvery: 20,
		Critic: &sac.CriticSettings{Count: 2, Norm: sac.NormLayer, Dropout: 0.01, Subset: 2, ActorUses: sac.UsesMean, Quantiles: 1},
	},
	{
		Name: "tqc", Summary: "SAC with quantile critics that leave the largest quantiles out of their targets", Source: "TQC; method.md D.4",
		Act: ActPolicy, Imagine: ImagineNothing, RealRatio: Schedule{1}, UTD: 1, EntropyRule: "minus_actions",
		Critic: &sac.CriticSettings{Count: 5, Hidden: []int{512, 512, 512}, Norm: sac.NormNone, Subset: 5, ActorUses: sac.UsesMean, Quantiles: 25, Drop: 2},
	},
	{
		Name: "crossq", Summary: "SAC with batch renormalisation and joint passes of its critics, without target networks", Source: "CrossQ; method.md D.4, E.3",
		Act: ActPolicy, Imagine: ImagineNothing, RealRatio: Schedule{1}, UTD: 1, EntropyRule: "minus_actions", PolicyEvery: 3, Rate: 1e-3, Beta1: 0.5,
		Critic: &sac.CriticSettings{Count: 2, Hidden: []int{2048, 2048}, Norm: sac.NormBatch, Subset: 2, ActorUses: sac.UsesMin, Quantiles: 1},
	},
	{
		Name: "sac", Summary: "the model-free outer loop alone", Source: "SAC; method.md part D, E.3",
		Act: ActPolicy, Imagine: ImagineNothing, RealRatio: Schedule{1}, UTD: 1, EntropyRule: "minus_actions",
	},
}

// gradientCritic are the critics of the value gradients (method.md D.5.6).
var gradientCritic = sac.CriticSettings{Count: 5, Norm: sac.NormPlain, Dropout: 1e-3, Subset: 2, ActorUses: sac.UsesMean, Quantiles: 1, Scaled: true}

// valueGradient writes the sizes and constants of method.md D.5 and C.11.
func valueGradient(s *Settings) {
	s.Learner, s.Reward = LearnerValueGradient, RewardLearned // a known reward has no gradient here
	s.SAC.Hidden, s.SAC.Activation = []int{256, 256, 256}, sac.SiLU
	s.SAC.Gamma, s.SAC.InitialTemperature = 0.995, 0.1
	s.Planner.Gamma = s.SAC.Gamma
	s.Model.Hidden = []int{256, 256, 256}
	s.Model.Decay = dynamics.ShapeDecay(len(s.Model.Hidden))
	s.Model.TargetNorm = true
}

// FindAlgorithm returns the named algorithm.
func FindAlgorithm(name string) (Algorithm, error) {
	best, names := "", []string{}
	for _, a := range Algorithms {
		if a.Name == name {
			return a, nil
		}
		names = append(names, a.Name)
		if best == "" || env.EditDistance(name, a.Name) < env.EditDistance(name, best) {
			best = a.Name
		}
	}
	return Algorithm{}, fmt.Errorf("unknown algorithm %q; nearest is %s (known: %s)", name, best, strings.Join(names, ", "))
}

// apply writes the algorithm's choices over s.
func (a Algorithm) apply(s *Settings) {
	s.Act, s.Imagine = a.Act, a.Imagine
	if a.Planner != nil {
		s.Planner = a.Planner()
		s.Horizon = Schedule{float64(s.Planner.Horizon)}
	}
	if a.Propagation != "" {
		s.Model.Propagation = dynamics.Propagation(a.Propagation)
	}
	if a.PlanBuffer != "" {
		s.PlanBuffer = a.PlanBuffer
	}
	if a.StoreReward != "" {
		s.StoreReward = a.StoreReward
	}
	if a.RealRatio != nil {
		s.RealRatio = a.RealRatio
	}
	if a.UTD > 0 {
		s.UTD = a.UTD
	}
	if a.Warmup > 0 {
		s.Warmup = a.Warmup
	}
	if a.RefitEvery > 0 {
		s.RefitEvery = a.RefitEvery
	}
	if a.Horizon > 0 {
		s.Horizon = Schedule{float64(a.Horizon)}
	}
	if a.Starts > 0 {
		s.StartStates = a.Starts
	}
	s.UpdateEvery = max(1, a.UpdateEvery)
	if a.PlannerShare > 0 {
		s.PlannerShare = a.PlannerShare
	}
	if a.Members > 0 {
		s.Model.Members, s.Model.Elites = a.Members, a.Members
	}
	if a.ModelBatch > 0 {
		s.Model.Batch = a.ModelBatch
	}
	s.Model.MaxPasses = a.Passes
	if a.Tune != nil {
		a.Tune(s)
	}
	a.applyLearner(s)
}

// applyLearner writes the algorithm's choices of how the policy learns over s.
func (a Algorithm) applyLearner(s *Settings) {
	if a.EntropyRule != "" {
		s.SAC.TargetEntropyRule = a.EntropyRule
	}
	s.SAC.PolicyEvery = max(1, a.PolicyEvery)
	if a.Critic != nil {
		blocks := s.SAC.Critic.Blocks // of a network that no row has
		s.SAC.Critic = *a.Critic
		s.SAC.Critic.Blocks = blocks
		s.SAC.Critic.Hidden = slices.Clone(a.Critic.Hidden)
	}
	if a.Rate > 0 {
		s.SAC.ActorRate, s.SAC.CriticRate, s.SAC.TemperatureRate = a.Rate, a.Rate, a.Rate
	}
	if a.Beta1 > 0 {
		s.SAC.AdamBeta1 = a.Beta1
	}
	if a.Untrained {
		s.UTD = 0
	}
	if a.Clone != nil {
		s.Learner, s.Clone = LearnerClone, a.Clone()
	}
}
