package sac

import (
	"math"
	"strings"
	"testing"

	"demorl/rng"
)

func TestDefaultSettingsAreValid(t *testing.T) {
	if err := DefaultSettings().Validate(); err != nil {
		t.Error(err)
	}
}

func TestValidateNamesEveryFaultAtOnce(t *testing.T) {
	s := Settings{Gamma: 1.5, Tau: 0, ActorRate: -1, CriticRate: math.NaN(), TemperatureRate: 2, TargetEntropyRule: "auto", TargetEntropy: math.Inf(1), InitialStd: -1, PolicyAverage: 2}
	err := s.Validate()
	if err == nil {
		t.Fatal("no fault found")
	}
	for _, field := range []string{"hidden", "gamma", "tau", "actor_rate", "critic_rate", "temperature_rate", "batch", "target_entropy", "target_entropy_rule", "init", "policy_every", "initial_temperature", "initial_std", "reward_scale", "policy_average"} {
		if !strings.Contains(err.Error(), "sac."+field+" is ") {
			t.Errorf("no fault names sac.%s:\n%v", field, err)
		}
	}
}

// Settings that are fine alone and cannot work together are faults that name
// both, before anything is built.
func TestSettingsThatCannotWorkTogetherAreFaults(t *testing.T) {
	for want, change := range map[string]func(*Settings){
		`sac.activation is "silu" and critic.norm is "batch_renorm"`: func(s *Settings) { s.Activation, s.Critic.Norm = SiLU, NormBatch },
		"sac.gamma is 1 with critic.scaled true":                     func(s *Settings) { s.Gamma, s.Critic.Scaled = 1, true },
	} {
		s := DefaultSettings()
		change(&s)
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want a fault %q, got %v", want, err)
		}
	}
}

func TestTargetEntropyFollowsItsRule(t *testing.T) {
	s := DefaultSettings()
	s.TargetEntropy = 0
	for rule, want := range map[string]float64{Fixed: 0, MinusActions: -6, MinusHalfActions: -3} {
		s.TargetEntropyRule = rule
		if got := newAgent(t, s, 17, 6, nil).TargetEntropy(); got != want {
			t.Errorf("rule %s: %g nats, want %g", rule, got, want)
		}
	}
}

func TestNewRefusesATaskWithoutActions(t *testing.T) {
	if _, err := New(DefaultSettings(), 3, 0, rng.Root(1), nil); err == nil {
		t.Error("0 action dimensions were accepted")
	}
}
