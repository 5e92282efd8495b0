package bench

import (
	"encoding/json"
	"math"
	"testing"

	_ "demorl/env/classic"
	"demorl/internal/kern"
	"demorl/par"
)

// The figures are those of docs/performance.md, counted by hand.
func TestTheWorkIsTheNumberOfOperationsThatTheNetworksNeed(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"a linear layer forward", forwardFlop([]int{3, 5}), 2 * 15},
		{"a linear layer's training step", trainFlop([]int{3, 5}), 4 * 15},
		{"two layers' training step", trainFlop([]int{3, 5, 2}), 6*25 - 2*15},
		{"a SAC update", updateFlop(256, 17, 6, []int{256, 256}), 0.59e9},
		{"a fit step", 256 * fitFlop(7, []int{23, 200, 200, 200, 200, 36}), 1.41e9},
		// Of 9.8e9 for rows that are all computed, a quarter of the model's part is shared on the first of three steps.
		{"a decision without shared rows", decisionFlop(PlannerWork{Samples: 420, Particles: 1, Members: 5, Horizon: 3, Iterations: 5, Width: 200}), 9.8e9},
		{"a decision", decisionFlop(ReferencePlanner(5)), 0.75*8.27e9 + 1.53e9},
	} {
		if math.Abs(c.got/c.want-1) > 0.015 {
			t.Errorf("%s is %g operations, want %g", c.name, c.got, c.want)
		}
	}
}

func TestNoKernelIsFasterThanThePeak(t *testing.T) {
	was := kern.Tier()
	n := 0
	err := Kernels([][3]int{{32, 48, 40}}, func(k Kernel) error {
		n++
		// The clock moves between two measurements.
		if k.Tier != "generic" && (k.Fraction > 1.3 || k.Fraction <= 0) {
			t.Errorf("%+v", k)
		}
		return nil
	})
	if err != nil || n != 4*len(kern.Tiers()) {
		t.Errorf("%d measurements, error %v", n, err)
	}
	if kern.Tier() != was {
		t.Errorf("the tier is %s afterwards, was %s", kern.Tier(), was)
	}
}

func TestADecisionAllocatesNothingInEitherPrecision(t *testing.T) {
	pool := par.New(2)
	defer pool.Close()
	for _, half := range []bool{false, true} {
		w := PlannerWork{Samples: 20, Particles: 2, Members: 2, Horizon: 2, Iterations: 2, Width: 16, BFloat16: half}
		p, err := NewPlanner("small", w, 3, pool)
		if err != nil {
			t.Fatal(err)
		}
		if p.Allocs != 0 || p.P99 < p.Median || p.Median <= 0 {
			t.Errorf("%+v", p)
		}
	}
}

func TestAnEnvironmentWithoutSimulatorHasNoBareLoop(t *testing.T) {
	e, err := NewEnvironment("classic/pendulum", 2)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	if bare, ok := fields["bare_steps_per_s"]; !ok || bare != nil || e.Steps <= 0 {
		t.Errorf("%s", text)
	}
}

func TestAnEpochIsBrokenDownIntoItsParts(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for seconds")
	}
	pool := par.New(2)
	defer pool.Close()
	e, err := NewEpoch(EpochWork{Env: "classic/pendulum", Algo: "m-demorl", Preset: "gate", Steps: 20, Passes: 2}, pool, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	parts := e.EnvS + e.FitS + e.ImagineS + e.LearnS
	if e.EnvS < 0 || e.FitS <= 0 || e.ImagineS <= 0 || e.LearnS <= 0 || math.Abs(parts-e.Seconds) > 1e-9 || e.Passes != 2 || e.Ratio <= 0 || e.TFLOP <= 0 {
		t.Errorf("%+v", e)
	}
}
