package agent

import (
	"math"
	"slices"
	"strings"
	"testing"

	"demorl/env"
)

// method.md G.1 item 9.
func TestSchedulesTakeThePublishedValues(t *testing.T) {
	cases := []struct {
		s     Schedule
		epoch int
		want  float64
		floor int
	}{
		{Schedule{0, 80, 5, 15}, 0, 5, 5},
		{Schedule{0, 80, 5, 15}, 40, 10, 10},
		{Schedule{0, 80, 5, 15}, 80, 15, 15},
		{Schedule{0, 80, 5, 15}, 200, 15, 15},
		{Schedule{20, 150, 1, 15}, 84, 7.892307692307692, 7},
		{Schedule{20, 150, 1, 15}, 85, 8, 8},
		{Schedule{0, 70, 0.2, 0.8}, 35, 0.5, 0},
		{Schedule{3, 3, 1, 4}, 3, 1, 1},
		{Schedule{3, 3, 1, 4}, 4, 4, 4},
		{Schedule{7}, 1000, 7, 7},
	}
	for _, c := range cases {
		if got := c.s.At(c.epoch); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%v at epoch %d is %v, want %v", c.s, c.epoch, got, c.want)
		}
		if got := c.s.Int(c.epoch); got != c.floor {
			t.Errorf("%v at epoch %d floors to %d, want %d", c.s, c.epoch, got, c.floor)
		}
	}
}

func TestScheduleFaultsNameTheSettingAndTheValue(t *testing.T) {
	for _, c := range []struct {
		s    Schedule
		want string
	}{
		{Schedule{1, 2}, "2 numbers"},
		{Schedule{}, "0 numbers"},
		{Schedule{2}, "value 2"},
		{Schedule{5, 1, 0, 1}, "before it starts"},
		{Schedule{0, 1, 0, math.NaN()}, "NaN"},
	} {
		err := c.s.validate("real_ratio", 0, 1)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "real_ratio") {
			t.Errorf("%v: got %v, want a fault of real_ratio with %q", c.s, err, c.want)
		}
	}
}

// Sizes that method.md E.2 states for one task: the cart-pole of PETS and POPLIN,
// at their published size alone, and the colour of iCEM's noise.
func TestPlannersHaveTheirOwnSizesOnTheTasksThatNameThem(t *testing.T) {
	of := func(algorithm, preset, id string) Settings {
		a, err := FindAlgorithm(algorithm)
		if err != nil {
			t.Fatal(err)
		}
		s, err := Preset(a, preset, env.Task{ID: id, Describe: func() env.Spec { return env.Spec{ID: id, ObsDim: 5, ActDim: 1, Limit: 250} }})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, algorithm := range []string{"pets", "poplin-a", "poplin-p"} {
		for id, want := range map[string][5]int{swingUp: {25, 400, 40, 3, 500}, "classic/pendulum": {30, 500, 50, 4, 200}} {
			s := of(algorithm, "reference", id)
			if got := [5]int{int(s.Horizon.Max()), s.Planner.Samples, s.Planner.Elites, len(s.Model.Hidden), s.Model.Hidden[0]}; got != want {
				t.Errorf("%s on %s: horizon, candidates, elites, layers, width %v, want %v", algorithm, id, got, want)
			}
			if id == swingUp && !slices.Equal(s.Model.Decay, []float64{1e-4, 2.5e-4, 2.5e-4, 5e-4}) { // method.md C.3
				t.Errorf("%s on %s: weight decays %v", algorithm, id, s.Model.Decay)
			}
			if err := s.Validate(); err != nil {
				t.Errorf("%s on %s: %v", algorithm, id, err)
			}
		}
	}
	for id, want := range map[string]float64{"gym/halfcheetah": 0.25, "adroit/relocate": 3.5, "classic/pendulum": 1} {
		if got := of("icem", "lite", id).Planner.Beta; got != want {
			t.Errorf("iCEM on %s: beta %g, want %g", id, got, want)
		}
	}
}

// Fewer random steps are for tasks whose model they are enough for.
func TestFewerRandomStepsAreForSmallObservations(t *testing.T) {
	for obs, want := range map[int]int{17: 2500, 27: 5000} {
		a, err := FindAlgorithm("m-demorl-plus")
		if err != nil {
			t.Fatal(err)
		}
		s, err := Preset(a, "lite", env.Task{ID: "gym/some", Describe: func() env.Spec { return env.Spec{ID: "gym/some", ObsDim: obs, ActDim: 6, Limit: 1000} }})
		if err != nil {
			t.Fatal(err)
		}
		if s.Warmup != want || s.Model.RefitGradSteps != 500 || s.SAC.PolicyEvery != 4 {
			t.Errorf("%d observations: %d random steps, refits of %d and a policy step every %d, want %d, 500 and 4", obs, s.Warmup, s.Model.RefitGradSteps, s.SAC.PolicyEvery, want)
		}
	}
}
