package env_test

import (
	"math"
	"strings"
	"testing"

	"demorl/env"
)

func TestEveryFaultOfARandomizationIsNamedAtOnce(t *testing.T) {
	wrong := env.Randomization{
		Friction: env.Range{0, 1}, Mass: env.Range{1.2, .8}, Motor: env.Range{-1, 1}, Latency: env.Range{-.01, .01},
		Noise: math.NaN(), Push: env.Range{0, math.Inf(1)},
	}
	err := wrong.Validate()
	if err == nil {
		t.Fatal("no fault was found")
	}
	for _, name := range []string{"friction", "mass", "motor", "latency", "noise", "push"} {
		if !strings.Contains(err.Error(), name+" is ") {
			t.Errorf("%q does not name %s", err, name)
		}
	}
	right := env.Randomization{Friction: env.Range{.5, .5}, Latency: env.Range{0, .01}, Noise: .1, Push: env.Range{0, 20}}
	if err := right.Validate(); err != nil {
		t.Error(err)
	}
	if err := (env.Randomization{}).Validate(); err != nil || !(env.Randomization{}).Off() || right.Off() {
		t.Errorf("the zero value: %v", err)
	}
}

func TestWhatATaskCannotVaryIsNamed(t *testing.T) {
	r := env.Randomization{Friction: env.Range{.5, 1}, Latency: env.Range{0, .01}, Noise: .1}
	err := r.Only("gym/x", "friction", "mass")
	if err == nil || strings.Contains(err.Error(), "randomize.friction") || !strings.Contains(err.Error(), "randomize.latency") || !strings.Contains(err.Error(), "randomize.noise") ||
		!strings.Contains(err.Error(), "only friction, mass") {
		t.Errorf("got %v", err)
	}
	if err := r.Only("gym/x", "friction", "latency", "noise"); err != nil {
		t.Error(err)
	}
}
