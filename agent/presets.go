package agent

import (
	"fmt"
	"slices"
	"strings"

	"demorl/dynamics"
	"demorl/env"
	"demorl/mpc"
	"demorl/sac"
)

// row is what method.md E.1 and E.4 say of one task: columns that the size of
// a preset does not change.
type row struct {
	warmup, epochSteps int
	refitEvery         int // and replanEvery
	utd                int // published updates a real step of m-demorl
	horizon            Schedule
	realRatio          Schedule
	targetEntropy      float64
	hidden             int // width of the ensemble
	retainEpochs       int
	planBuffer         string
	branchedUTD        int // of mbpo
	branchedEntropy    float64
	rolloutLength      Schedule // of mbpo
	gateUTD            int      // of preset gate, calibrated on seeds from 100 and frozen; 0 means 10
	branchedRetain     int
	dropout            float64 // of droq; 0 means 0.01
	drop               int     // quantiles that tqc leaves out per critic; -1 means none, 0 means 2

	actionRepeat int             // 0 means 1; the counts above are then of decisions
	actionRange  []float64       // nil means all
	tune         func(*Settings) // what else the task asks of every size; nil: nothing
}

// published holds the rows of the tasks that the tables name, by env.Task.Published.
var published = map[string]row{
	"HalfCheetah": {
		warmup: 5000, epochSteps: 1000, refitEvery: 250, utd: 40, horizon: Schedule{0, 80, 5, 15}, realRatio: Schedule{0, 70, 0.2, 0.8}, targetEntropy: 0,
		hidden: 200, retainEpochs: 1, branchedUTD: 40, branchedEntropy: -3, rolloutLength: Schedule{1}, branchedRetain: 1, drop: -1,
	},
	"Hopper": {
		warmup: 5000, epochSteps: 1000, refitEvery: 250, utd: 20, horizon: Schedule{0, 80, 5, 15}, realRatio: Schedule{0.8}, targetEntropy: 0,
		hidden: 200, retainEpochs: 1, branchedUTD: 20, branchedEntropy: -1, rolloutLength: Schedule{20, 150, 1, 15}, branchedRetain: 1, dropout: 1e-4, drop: 5,
	},
	"Walker2d": {
		warmup: 5000, epochSteps: 1000, refitEvery: 250, utd: 20, horizon: Schedule{0, 80, 5, 15}, realRatio: Schedule{0.8}, targetEntropy: 0,
		hidden: 200, retainEpochs: 1, branchedUTD: 20, branchedEntropy: -3, rolloutLength: Schedule{1}, branchedRetain: 1, dropout: 5e-3,
	},
	"Ant": {
		warmup: 5000, epochSteps: 1000, refitEvery: 250, utd: 20, horizon: Schedule{0, 80, 5, 15}, realRatio: Schedule{0.8}, targetEntropy: 0,
		hidden: 200, retainEpochs: 1, branchedUTD: 20, branchedEntropy: -4, rolloutLength: Schedule{20, 100, 1, 25}, branchedRetain: 1,
	},
	"Humanoid": {
		warmup: 5000, epochSteps: 1000, refitEvery: 1000, utd: 20, horizon: Schedule{0, 80, 5, 15}, realRatio: Schedule{0, 80, 0.95, 0.05}, targetEntropy: 0,
		hidden: 400, retainEpochs: 5, planBuffer: BufferRing, branchedUTD: 20, branchedEntropy: -2, rolloutLength: Schedule{20, 300, 1, 25}, branchedRetain: 5, dropout: 0.1,
	},
	"InvertedPendulum": {
		warmup: 500, epochSteps: 250, refitEvery: 250, utd: 10, horizon: Schedule{5}, realRatio: Schedule{0.05}, targetEntropy: 0,
		hidden: 200, retainEpochs: 1, branchedUTD: 10, branchedEntropy: -0.05, rolloutLength: Schedule{1}, branchedRetain: 1,
	},
	"InvertedDoublePendulum": {
		warmup: 500, epochSteps: 250, refitEvery: 250, utd: 20, gateUTD: 20, horizon: Schedule{5}, realRatio: Schedule{0.05}, targetEntropy: -0.5,
		hidden: 200, retainEpochs: 1, branchedUTD: 10, branchedEntropy: -0.5, rolloutLength: Schedule{1}, branchedRetain: 1,
	},
	"leg2r": {
		// The joints' stops make imagined states doubtful: longer plans, more imagined
		// rows or more updates a step than these end in overestimated values (seeds 100
		// to 102, and 1 for the horizon; docs/results/first-run.md).
		warmup: 1000, epochSteps: 1000, refitEvery: 250, utd: 5, gateUTD: 5, horizon: Schedule{1}, realRatio: Schedule{0.9}, targetEntropy: -1,
		hidden: 200, retainEpochs: 1, branchedUTD: 20, branchedEntropy: -1, rolloutLength: Schedule{1}, branchedRetain: 1,
	},
	"StochLite": {
		// An action shapes a trot of 0.4 s that walks when all is 0; noise from step to
		// step breaks it, and what an action does shows over the next strides. So one
		// decision is a stride. The shifts of the feet (4 forward, 4 sideways, 4 upward)
		// stay below 6 cm, 3 mm and 1 mm, within which random ones do not fall on the
		// flat, and of the velocity commands (forward, sideways, turn) the turn has to
		// be small.
		warmup: strides, epochSteps: 250, refitEvery: 125, utd: 20, gateUTD: 20, horizon: Schedule{2}, realRatio: Schedule{0.5}, targetEntropy: -15,
		hidden: 200, retainEpochs: 1, branchedUTD: 20, branchedEntropy: -15, rolloutLength: Schedule{1}, branchedRetain: 1,
		actionRepeat: 40, actionRange: []float64{.6, .6, .6, .6, .03, .03, .03, .03, .01, .01, .01, .01, 1, .3, .05}, tune: tuneStochLite,
	},
}

// strides are the random decisions of StochLite's warm-up, 16 episodes: they tell
// the small effects of the shifts, which a policy that knows them no longer tries.
const strides = 400

// tuneStochLite brings rewards of some 1,300 a decision and changes of
// observations by hundredths to a size that learner and model can use, and looks
// ahead for about a second.
func tuneStochLite(s *Settings) {
	s.Warmup = min(s.Warmup, strides)
	s.Model.TargetNorm = true
	if s.gradients() {
		return // whose critics have a scale of their own
	}
	s.SAC.RewardScale, s.SAC.InitialTemperature, s.SAC.Gamma = 0.0025, 0.01, 0.5
	if s.Planner.Gamma != 1 {
		s.Planner.Gamma = s.SAC.Gamma
	}
	if s.SAC.Critic.Norm == sac.NormNone {
		s.SAC.Critic.Norm = sac.NormLayer
	}
	if s.SAC.Critic.Norm != sac.NormBatch {
		s.SAC.PolicyAverage = 1e-3
	}
}

// generic is the row of a task that no table names (method.md E.5).
func generic(spec env.Spec) row {
	episode := spec.Limit
	if episode == 0 {
		episode = 1000
	}
	horizon := Schedule{5}
	if spec.Terminates {
		horizon = Schedule{9, 9, 3, 5}
	}
	entropy := -float64(spec.ActDim) / 2
	return row{
		warmup: min(5000, max(1000, 5*episode)), epochSteps: 1000, refitEvery: 250, utd: 20, horizon: horizon, realRatio: Schedule{0.05}, targetEntropy: entropy,
		hidden: 200, retainEpochs: 1, branchedUTD: 20, branchedEntropy: entropy, rolloutLength: Schedule{1}, branchedRetain: 1,
	}
}

// Presets are the sizes that every algorithm has (method.md E.5).
var Presets = []string{"reference", "lite", "gate"}

// Preset returns the complete settings of algorithm a in size preset for a task.
func Preset(a Algorithm, preset string, task env.Task) (Settings, error) {
	spec := task.Describe()
	r, named := published[task.Published]
	if !named {
		r = generic(spec)
	}
	s := DefaultSettings()
	s.Warmup, s.EpochSteps, s.RefitEvery, s.ReplanEvery = r.warmup, r.epochSteps, r.refitEvery, r.refitEvery
	s.UTD, s.RealRatio, s.RetainEpochs = r.utd, r.realRatio, r.retainEpochs
	s.SAC.TargetEntropyRule, s.SAC.TargetEntropy = sac.Fixed, r.targetEntropy
	for i := range s.Model.Hidden {
		s.Model.Hidden[i] = r.hidden
	}
	if r.actionRepeat > 1 {
		s.ActionRepeat = r.actionRepeat
		spec.Limit = (spec.Limit + r.actionRepeat - 1) / r.actionRepeat
	}
	s.ActionRange = slices.Clone(r.actionRange)
	a.apply(&s)
	if a.WarmupMost > 0 && spec.ObsDim <= fewNumbers {
		s.Warmup = min(s.Warmup, a.WarmupMost)
	}
	if a.PerEpisode && spec.Limit > 0 {
		s.EpochSteps, s.RefitEvery, s.ReplanEvery = spec.Limit, spec.Limit, spec.Limit
		if a.Untrained {
			s.Warmup = spec.Limit
		}
	}
	switch {
	case s.gradients(): // the tables name no task for them
		s.Gradient.CriticUpdates = s.RefitEvery / 4
	case a.Imagine == ImaginePlanned:
		if a.Horizon == 0 {
			s.Horizon = r.horizon
		}
		if r.planBuffer != "" {
			s.PlanBuffer = r.planBuffer
		}
	case a.Imagine == ImagineBranched:
		s.Horizon, s.UTD, s.RetainEpochs, s.SAC.TargetEntropy = r.rolloutLength, r.branchedUTD, r.branchedRetain, r.branchedEntropy
	}
	if a.Critic != nil && a.Imagine == ImagineNothing {
		if a.EntropyRule == "" {
			s.SAC.TargetEntropy = r.branchedEntropy
		}
		if s.SAC.Critic.Dropout > 0 && r.dropout > 0 {
			s.SAC.Critic.Dropout = r.dropout
		}
		if s.SAC.Critic.Drop > 0 && r.drop != 0 {
			s.SAC.Critic.Drop = max(0, r.drop)
		}
	}
	if beta := beta[task.ID]; beta > 0 && s.Planner.Noise == mpc.NoiseColoured {
		s.Planner.Beta = beta
	}
	switch preset {
	case "reference":
		if a.Reference != nil {
			a.Reference(&s)
		}
		if task.ID == swingUp && a.Untrained && a.PerEpisode {
			smallPlanner(&s)
		}
	case "lite":
		lite(&s, a)
		if a.Lite != nil {
			a.Lite(&s)
		}
	case "gate":
		lite(&s, a)
		gate(&s, a, spec, r)
		if !named && a.Imagine != ImagineNothing && !s.gradients() && s.Model.MaxGradSteps == 0 {
			patient(&s.Model)
		}
	default:
		return s, fmt.Errorf("unknown preset %q; want %s", preset, strings.Join(Presets, ", "))
	}
	if !named && preset != "gate" && s.UsesModel() && !s.gradients() { // gate: calibrated
		s.Model.PatienceSteps = max(s.Model.PatienceSteps, leastStale)
	}
	if r.tune != nil {
		r.tune(&s)
	}
	return s, nil
}

// leastStale is the number of gradient steps without improvement that fits make at
// least where no table names the task. A pass over a thousand rows is four steps,
// so patience counted in passes alone can end a first fit after 28, with a model
// that tells nothing (dmc/cheetah-run, a thousand random steps: an explained
// variance of 0.00 instead of 0.94; docs/results/first-fits.md). The tasks that the
// tables name keep the published rule.
const leastStale = 400

// beta is the colour of iCEM's noise on the tasks that method.md E.2 names, by
// env.Task.ID; elsewhere it is 1.
var beta = map[string]float64{
	"gym/halfcheetah": 0.25, "gym/halfcheetah:v4": 0.25, "gym/halfcheetah:v2": 0.25,
	"gym/humanoidstandup": 2, "gym/humanoidstandup:v4": 2,
	"adroit/door": 2.5, "adroit/door:gr142": 2.5, "adroit/door:sparse": 2.5,
	"adroit/relocate": 3.5, "adroit/relocate:gr142": 3.5, "adroit/relocate:sparse": 3.5,
}

// swingUp is the cart-pole for which PETS and POPLIN have a size of their own.
const swingUp = "classic/cartpole-swingup"

// smallPlanner is the published size of PETS and POPLIN on the cart-pole
// (method.md E.2; C.3 for the weight decays).
func smallPlanner(s *Settings) {
	s.Horizon = Schedule{25}
	s.Planner.Samples, s.Planner.Elites = 400, 40
	s.Model.Hidden = []int{500, 500, 500}
	s.Model.Decay = []float64{1e-4, 2.5e-4, 2.5e-4, 5e-4}
}

// lite saves samples a plan and updates a step: about a fifth of the
// reference's cost, with nothing lost up to 15,000 steps (pilot.md section 3).
func lite(s *Settings, a Algorithm) {
	if a.Imagine != ImagineNothing {
		s.UTD = min(s.UTD, 20)
	}
	if s.SAC.Critic.Norm == sac.NormBatch {
		s.SAC.Critic.Hidden = []int{512, 512} // a sixteenth of the published critics' weights
	}
	switch {
	case a.Imagine == ImaginePlanned:
		if s.Horizon.Max() > 5 {
			s.Horizon = Schedule{5}
		}
		s.Planner.Samples, s.Planner.EliteFrac = 20, 0.2
	case a.Untrained && (s.Planner.Particles > 1 || a.Clone != nil):
		// A quarter of the published candidates and particles: about a sixteenth of the cost.
		s.Planner.Samples, s.Planner.Elites, s.Planner.Particles = s.Planner.Samples/4, s.Planner.Elites/4, max(1, s.Planner.Particles/4)
	}
}

// gate is small enough to learn in minutes on two cores.
func gate(s *Settings, a Algorithm, spec env.Spec, r row) {
	s.Warmup = 500
	if !spec.Terminates {
		s.Warmup = max(500, min(2*spec.Limit, 2000)) // random episodes of the others are short
	}
	switch {
	case s.gradients():
	case a.Imagine != ImagineNothing:
		s.UTD = r.gateUTD
		if s.UTD == 0 {
			s.UTD = 10
		}
		s.StartStates = 2000
	case s.UTD > 10: // still an actor's step a real step, where it was that
		s.UTD, s.SAC.PolicyEvery = 10, min(s.SAC.PolicyEvery, 10)
	}
	gateLearner(&s.SAC)
	s.Model.Members, s.Model.Elites = 5, 3
	if s.gradients() {
		s.Model.Elites = s.Model.Members
	}
	s.Model.Hidden = []int{128, 128, 128}
	if a.Act == ActPlanner && a.Imagine == ImagineNothing {
		// Every decision pays for the model.
		s.Model.Hidden = []int{64, 64, 64}
		s.Planner.Iterations = min(s.Planner.Iterations, 3)
	}
	if a.Untrained {
		s.Horizon = Schedule{min(20, s.Horizon[0])}
		patient(&s.Model)
	}
	s.Model.Decay = dynamics.ShapeDecay(len(s.Model.Hidden))
	if s.Model.Propagation == dynamics.All {
		s.Planner.Particles = s.Model.Elites
	}
}

// patient fits until the held-out error stops falling: few rows are two or three
// gradient steps a pass, and patience counted in passes alone ends fits whose
// error is still to fall. The tasks that the tables name keep what their gates
// were calibrated with.
func patient(s *dynamics.Settings) {
	s.Batch, s.MaxPasses = 128, 0
	s.PatienceSteps, s.MaxGradSteps = leastStale, 2500
}

// gateQuantiles are the quantiles of a critic at gate size.
const gateQuantiles = 10

// gateLearner shrinks the networks and what a critic tells.
func gateLearner(s *sac.Settings) {
	s.Hidden = []int{128, 128}
	c := &s.Critic
	if len(c.Hidden) > 0 {
		c.Hidden = []int{128, 128}
	}
	if c.Quantiles > gateQuantiles {
		// The loss compares all pairs of quantiles. The same share is left out.
		c.Drop = (c.Drop*gateQuantiles + c.Quantiles/2) / c.Quantiles
		c.Quantiles = gateQuantiles
	}
}
