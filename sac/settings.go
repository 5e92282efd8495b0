package sac

import (
	"errors"
	"fmt"
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

// Settings is what a user may set about the learner.
type Settings struct {
	Hidden             []int   `yaml:"hidden"`              // features of the hidden layers of actor and critics
	Gamma              float64 `yaml:"gamma"`               // discount per step
	Tau                float64 `yaml:"tau"`                 // share of the critics in their targets after each update
	ActorRate          float64 `yaml:"actor_rate"`          // Adam's rate for the actor
	CriticRate         float64 `yaml:"critic_rate"`         // Adam's rate for the critics
	TemperatureRate    float64 `yaml:"temperature_rate"`    // Adam's rate for the log temperature; 0 keeps it
	Batch              int     `yaml:"batch"`               // rows of an update
	TargetEntropy      float64 `yaml:"target_entropy"`      // in nats, read under the rule fixed
	TargetEntropyRule  string  `yaml:"target_entropy_rule"` // fixed, minus_actions or minus_half_actions
	Init               string  `yaml:"init"`                // torch or glorot
	PolicyEvery        int     `yaml:"policy_every"`        // actor and temperature step after every n-th critic step
	InitialTemperature float64 `yaml:"initial_temperature"`
}

// DefaultSettings returns plain SAC (method.md D.2, D.3).
func DefaultSettings() Settings {
	return Settings{
		Hidden: []int{256, 256}, Gamma: 0.99, Tau: 0.005,
		ActorRate: 3e-4, CriticRate: 3e-4, TemperatureRate: 3e-4,
		Batch: 256, TargetEntropyRule: MinusActions, Init: InitTorch,
		PolicyEvery: 1, InitialTemperature: 1,
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
	for _, rate := range []struct {
		name  string
		value float64
	}{{"actor_rate", s.ActorRate}, {"critic_rate", s.CriticRate}, {"temperature_rate", s.TemperatureRate}} {
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
	fault(s.PolicyEvery >= 1, "sac.policy_every is %d; use 1 or more critic steps", s.PolicyEvery)
	fault(s.InitialTemperature > 0 && s.InitialTemperature <= 1e6, "sac.initial_temperature is %g; use a number above 0 and up to 1e6", s.InitialTemperature)
	return errors.Join(faults...)
}
