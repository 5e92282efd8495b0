package sac

import (
	"errors"
	"fmt"
	"slices"
)

// Rules for the target entropy, with A the number of action dimensions.
const (
	Fixed            = "fixed"              // Settings.TargetEntropy
	MinusActions     = "minus_actions"      // -A, plain SAC
	MinusHalfActions = "minus_half_actions" // -A/2
)

// Initialisations of the networks.
const (
	InitTorch  = "torch"  // PyTorch's default linear layer
	InitGlorot = "glorot" // Glorot uniform with zero biases, TensorFlow's default
)

// Norms of the critics' hidden layers.
const (
	NormNone  = "none"
	NormLayer = "layer"        // LayerNorm before the activation
	NormPlain = "plain"        // the same without learned gains and offsets
	NormBatch = "batch_renorm" // CrossQ: batch renormalisation of critics and actor, joint passes, no targets
)

// Activations of the hidden layers.
const (
	ReLU = "relu"
	SiLU = "silu"
)

// Networks of actor and critics.
const (
	NetworkMLP   = "mlp"
	NetworkSimBa = "simba" // residual blocks behind a LayerNorm (method.md D.4)
)

// What the actor climbs, and what imagination's terminal value is.
const (
	UsesMin  = "min"  // the smallest critic
	UsesMean = "mean" // the mean over all critics
)

// CriticSettings says what the critics are (method.md D.4).
type CriticSettings struct {
	Count     int     `yaml:"count"`      // critics
	Hidden    []int   `yaml:"hidden"`     // features of their hidden layers; empty takes sac.hidden
	Norm      string  `yaml:"norm"`       // none, layer, plain (layer without gains and offsets) or batch_renorm (CrossQ: of the actor too, and without targets)
	Dropout   float64 `yaml:"dropout"`    // share of hidden features left out, of targets too; needs norm layer or plain
	Subset    int     `yaml:"subset"`     // critics, drawn anew for each update, whose smallest is the target (REDQ)
	ActorUses string  `yaml:"actor_uses"` // min or mean
	Quantiles int     `yaml:"quantiles"`  // quantiles of the return that a critic tells; 1 means its mean (TQC)
	Blocks    int     `yaml:"blocks"`     // residual blocks, with sac.network simba
	Drop      int     `yaml:"drop"`       // largest quantiles, per critic, that a target leaves out

	// Scaled critics answer in units of the tracked bounds of the value, start
	// in their middle, and their targets are clamped to them (method.md D.5).
	Scaled bool `yaml:"scaled"`
}

// ValueSettings says what the network V(s) is that planner.value vnet ends scores
// with (method.md A.5); it is built and trained only there.
type ValueSettings struct {
	Hidden  []int   `yaml:"hidden"` // features of its hidden layers; empty takes sac.hidden
	Rate    float64 `yaml:"rate"`   // Adam's rate for it
	Trained bool    `yaml:"-"`      // whether there is one; a run's planner.value sets it
}

// DefaultCritic returns the twin critics of plain SAC.
func DefaultCritic() CriticSettings {
	return CriticSettings{Count: 2, Norm: NormNone, Subset: 2, ActorUses: UsesMin, Quantiles: 1, Blocks: 2}
}

// Settings is what a user may set about the learner.
type Settings struct {
	Network            string  `yaml:"network"`             // of actor and critics: mlp or simba
	Hidden             []int   `yaml:"hidden"`              // features of the hidden layers of actor and critics; with network simba one number, the stream's
	Blocks             int     `yaml:"blocks"`              // residual blocks of the actor, with network simba
	Gamma              float64 `yaml:"gamma"`               // discount per step
	Tau                float64 `yaml:"tau"`                 // share of the critics in their targets after each update
	ActorRate          float64 `yaml:"actor_rate"`          // Adam's rate for the actor
	CriticRate         float64 `yaml:"critic_rate"`         // Adam's rate for the critics
	TemperatureRate    float64 `yaml:"temperature_rate"`    // Adam's rate for the log temperature; 0 keeps it
	Batch              int     `yaml:"batch"`               // rows of an update
	TargetEntropy      float64 `yaml:"target_entropy"`      // in nats, read under the rule fixed
	TargetEntropyRule  string  `yaml:"target_entropy_rule"` // fixed, minus_actions or minus_half_actions
	Init               string  `yaml:"init"`                // torch or glorot
	Activation         string  `yaml:"activation"`          // of actor and critics: relu or silu
	RewardScale        float64 `yaml:"reward_scale"`        // factor of rewards within the learner, whose values and temperature are in these units; what it tells others is not scaled
	PolicyAverage      float64 `yaml:"policy_average"`      // share of the newest policy in the average one after each actor step, which is evaluated and exported; 0: no average
	PolicyEvery        int     `yaml:"policy_every"`        // actor and temperature step after every n-th critic step
	InitialTemperature float64 `yaml:"initial_temperature"`
	InitialStd         float64 `yaml:"initial_std"`      // standard deviation, before the tanh, that the untrained policy has about everywhere; 0 leaves it to init (about 1)
	WeightDecay        float64 `yaml:"weight_decay"`     // AdamW's, of all parameters of actor and critics; 0: plain Adam
	AdamBeta1          float64 `yaml:"adam_beta1"`       // share of the old gradient mean that actor's and critics' Adam keeps
	ObservationNorm    bool    `yaml:"observation_norm"` // actor and critics see observations at the mean 0 and deviation 1 of all real ones so far

	Critic CriticSettings `yaml:"critic"`
	Value  ValueSettings  `yaml:"value"` // read with planner.value vnet
}

// DefaultSettings returns plain SAC (method.md D.2, D.3).
func DefaultSettings() Settings {
	return Settings{
		Network: NetworkMLP, Blocks: 1, Hidden: []int{256, 256}, Gamma: 0.99, Tau: 0.005,
		ActorRate: 3e-4, CriticRate: 3e-4, TemperatureRate: 3e-4,
		Batch: 256, TargetEntropyRule: MinusActions, Init: InitTorch, Activation: ReLU,
		RewardScale: 1, PolicyEvery: 1, InitialTemperature: 1, AdamBeta1: 0.9, Critic: DefaultCritic(),
		Value: ValueSettings{Rate: 3e-4},
	}
}

// Target returns the target entropy in nats for actDim action dimensions.
func (s Settings) Target(actDim int) float64 {
	switch s.TargetEntropyRule {
	case MinusActions:
		return -float64(actDim)
	case MinusHalfActions:
		return -float64(actDim) / 2
	}
	return s.TargetEntropy
}

// Validate returns all faults of s.
func (s Settings) Validate() error {
	var faults []error
	fault := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	fault(len(s.Hidden) > 0, "sac.hidden is empty; give at least one hidden layer, such as [256, 256]")
	for _, width := range s.Hidden {
		fault(width >= 1 && width <= 1<<16, "sac.hidden is %v; each layer needs 1 to 65536 features", s.Hidden)
	}
	fault(s.Gamma >= 0 && s.Gamma <= 1, "sac.gamma is %g; use a discount from 0 to 1", s.Gamma)
	fault(s.Tau > 0 && s.Tau <= 1, "sac.tau is %g; use a share above 0 and up to 1", s.Tau)
	for _, width := range s.Value.Hidden {
		fault(width >= 1 && width <= 1<<16, "sac.value.hidden is %v; each layer needs 1 to 65536 features", s.Value.Hidden)
	}
	fault(!s.Value.Trained || !s.Critic.Scaled, "sac.critic.scaled is true with planner.value vnet; use planner.value value: V would not know the bounds of the value")
	for _, rate := range []struct {
		name  string
		value float64
	}{{"actor_rate", s.ActorRate}, {"critic_rate", s.CriticRate}, {"temperature_rate", s.TemperatureRate}, {"value.rate", s.Value.Rate}} {
		fault(rate.value >= 0 && rate.value <= 1, "sac.%s is %g; use a rate from 0 to 1", rate.name, rate.value)
	}
	fault(s.Batch >= 1 && s.Batch <= 1<<20, "sac.batch is %d; use 1 to 1048576 rows", s.Batch)
	fault(s.TargetEntropy > -1e6 && s.TargetEntropy < 1e6, "sac.target_entropy is %g; use a finite number of nats", s.TargetEntropy)
	switch s.TargetEntropyRule {
	case Fixed, MinusActions, MinusHalfActions:
	default:
		fault(false, "sac.target_entropy_rule is %q; use %s, %s or %s", s.TargetEntropyRule, Fixed, MinusActions, MinusHalfActions)
	}
	fault(s.Init == InitTorch || s.Init == InitGlorot, "sac.init is %q; use %s or %s", s.Init, InitTorch, InitGlorot)
	fault(s.Activation == ReLU || s.Activation == SiLU, "sac.activation is %q; use %s or %s", s.Activation, ReLU, SiLU)
	fault(s.PolicyEvery >= 1, "sac.policy_every is %d; use 1 or more critic steps", s.PolicyEvery)
	fault(s.RewardScale >= 1e-6 && s.RewardScale <= 1e6, "sac.reward_scale is %g; use a factor from 1e-6 to 1e6", s.RewardScale)
	fault(s.RewardScale == 1 || !s.Critic.Scaled, "sac.reward_scale is %g with critic.scaled true; use 1: such critics have a scale of their own", s.RewardScale)
	fault(s.PolicyAverage >= 0 && s.PolicyAverage <= 1, "sac.policy_average is %g; use a share from 0 to 1, such as 1e-4", s.PolicyAverage)
	fault(s.PolicyAverage == 0 || s.Critic.Norm != NormBatch, "sac.policy_average is %g with critic.norm %q; use 0: the norm's statistics belong to the newest weights", s.PolicyAverage, s.Critic.Norm)
	fault(s.InitialTemperature > 0 && s.InitialTemperature <= 1e6, "sac.initial_temperature is %g; use a number above 0 and up to 1e6", s.InitialTemperature)
	fault(s.InitialStd == 0 || s.InitialStd >= 1e-6 && s.InitialStd <= 7, "sac.initial_std is %g; use 1e-6 to 7, or 0 for what init gives", s.InitialStd)
	fault(s.AdamBeta1 >= 0 && s.AdamBeta1 < 1, "sac.adam_beta1 is %g; use a share from 0 to below 1", s.AdamBeta1)
	fault(s.Network == NetworkMLP || s.Network == NetworkSimBa, "sac.network is %q; use %s or %s", s.Network, NetworkMLP, NetworkSimBa)
	fault(s.WeightDecay >= 0 && s.WeightDecay*max(s.ActorRate, s.CriticRate) < 1, "sac.weight_decay is %g; use 0 or a positive number such as 1e-2", s.WeightDecay)
	if s.Network == NetworkSimBa {
		const why = "with network simba"
		fault(len(s.Hidden) == 1, "sac.hidden is %v; %s use one number, such as [128]", s.Hidden, why)
		fault(len(s.Critic.Hidden) <= 1, "sac.critic.hidden is %v; %s use one number, such as [512]", s.Critic.Hidden, why)
		fault(s.Blocks >= 1 && s.Blocks <= 100, "sac.blocks is %d; %s use 1 to 100", s.Blocks, why)
		fault(s.Critic.Blocks >= 1 && s.Critic.Blocks <= 100, "sac.critic.blocks is %d; %s use 1 to 100", s.Critic.Blocks, why)
		fault(s.Activation == ReLU, "sac.activation is %q; %s use %s", s.Activation, why, ReLU)
		fault(s.Critic.Norm == NormNone, "sac.critic.norm is %q; %s use %s: it has its own", s.Critic.Norm, why, NormNone)
	}
	fault(s.Activation == ReLU || s.Critic.Norm != NormBatch, "sac.activation is %q and critic.norm is %q; use %s, or another norm", s.Activation, s.Critic.Norm, ReLU)
	fault(s.Gamma < 1 || !s.Critic.Scaled, "sac.gamma is %g with critic.scaled true; use a discount below 1: a reward earned for ever bounds the value", s.Gamma)
	fault(s.Critic.Norm != NormBatch || s.Batch > 1, "sac.batch is %d and critic.norm is %q; a batch's statistics need 2 rows or more", s.Batch, s.Critic.Norm)
	return errors.Join(append(faults, s.Critic.validate())...)
}

func (c CriticSettings) validate() error {
	var faults []error
	fault := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	for _, width := range c.Hidden {
		fault(width >= 1 && width <= 1<<16, "sac.critic.hidden is %v; each layer needs 1 to 65536 features", c.Hidden)
	}
	fault(c.Count >= 1 && c.Count <= 100, "sac.critic.count is %d; use 1 to 100 critics", c.Count)
	fault(slices.Contains([]string{NormNone, NormLayer, NormPlain, NormBatch}, c.Norm), "sac.critic.norm is %q; use %s, %s, %s or %s", c.Norm, NormNone, NormLayer, NormPlain, NormBatch)
	fault(c.Norm != NormBatch || c.Quantiles == 1, "sac.critic.quantiles is %d and norm is %q; use 1 quantile, or another norm", c.Quantiles, c.Norm)
	fault(c.Norm != NormBatch || !c.Scaled, "sac.critic.scaled is true and norm is %q; use another norm", c.Norm)
	fault(c.Dropout >= 0 && c.Dropout < 1, "sac.critic.dropout is %g; use a share from 0 to below 1", c.Dropout)
	fault(c.Dropout == 0 || c.Norm == NormLayer || c.Norm == NormPlain, "sac.critic.dropout is %g and norm is %q; dropout needs norm %s or %s", c.Dropout, c.Norm, NormLayer, NormPlain)
	fault(c.Subset >= 1 && c.Subset <= c.Count, "sac.critic.subset is %d; use 1 to count (%d)", c.Subset, c.Count)
	fault(c.ActorUses == UsesMin || c.ActorUses == UsesMean, "sac.critic.actor_uses is %q; use %s or %s", c.ActorUses, UsesMin, UsesMean)
	fault(c.Quantiles >= 1 && c.Quantiles <= 1000, "sac.critic.quantiles is %d; use 1 to 1000", c.Quantiles)
	fault(c.Drop >= 0 && (c.Drop == 0 || c.Drop < c.Quantiles), "sac.critic.drop is %d; use 0 to below quantiles (%d)", c.Drop, c.Quantiles)
	fault(!c.Scaled || c.Quantiles == 1, "sac.critic.scaled is true and quantiles is %d; scaled critics tell one number", c.Quantiles)
	if c.Quantiles > 1 {
		fault(c.ActorUses == UsesMean, "sac.critic.actor_uses is %q; with quantiles the actor climbs their %s", c.ActorUses, UsesMean)
		fault(c.Subset == c.Count, "sac.critic.subset is %d; with quantiles the target mixes those of all %d critics", c.Subset, c.Count)
	}
	return errors.Join(faults...)
}
