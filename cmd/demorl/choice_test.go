package main

import (
	"testing"

	"demorl/mpc"
)

// Every planner of mpc is one that a user can choose by its name, with an
// algorithm that has what it needs: a value, or a policy whose parameters it searches.
func TestEveryPlannerCanBeChosen(t *testing.T) {
	for _, name := range mpc.PresetNames() {
		p, _ := mpc.Preset(name)
		algo := "cem"
		switch {
		case p.PlanForm == mpc.PlanParameters:
			algo = "poplin-p"
		case p.PlanForm == mpc.PlanResidualMean:
			algo = "poplin-a"
		case p.Value != mpc.ValueNone:
			algo = "loop"
		}
		c := choice{Env: "classic/pendulum", Algo: algo, Planner: name}
		s, _, err := c.resolve("")
		if err != nil {
			t.Errorf("%s with %s: %v", name, algo, err)
			continue
		}
		if got := s.Agent.Planner; got.Samples != p.Samples || got.Utility != p.Utility || s.Agent.Horizon.Max() != float64(p.Horizon) {
			t.Errorf("%s: samples %d, utility %s, horizon %v; want those of the preset: %d, %s, %d", name, got.Samples, got.Utility, s.Agent.Horizon, p.Samples, p.Utility, p.Horizon)
		}
	}
}
