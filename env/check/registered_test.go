package check_test

import (
	"os"
	"path/filepath"
	"testing"

	"demorl/env"
	"demorl/env/check"
	_ "demorl/env/classic"
	_ "demorl/env/leg"
	"demorl/env/mujoco"
	_ "demorl/env/mujoco/adroit"
	_ "demorl/env/mujoco/dmc"
	_ "demorl/env/mujoco/gymtasks"
	_ "demorl/env/mujoco/hand"
	_ "demorl/env/mujoco/pddm"
	_ "demorl/env/mujoco/stoch"
	"demorl/env/parity"
)

// quick is the number of steps that registered tasks are checked with.
const quick = 400

// TestMain lets tasks find what was fetched for the repository.
func TestMain(m *testing.M) {
	if root, err := parity.Root(); err == nil && os.Getenv("DEMORL_THIRD_PARTY") == "" {
		os.Setenv("DEMORL_THIRD_PARTY", filepath.Join(root, "third_party"))
	}
	os.Exit(m.Run())
}

func TestEveryRegisteredTaskKeepsTheContract(t *testing.T) {
	checked := 0
	for _, task := range env.Tasks() {
		t.Run(task.ID, func(t *testing.T) {
			if task.Needs != nil {
				if needs := task.Needs(); needs != "" {
					if mujoco.Built {
						parity.Need(t, "needs "+needs)
					}
					t.Skip("needs " + needs)
				}
			}
			report := check.Check(task.New, task.Describe, check.Options{Steps: quick})
			for _, f := range report.Findings {
				if f.Severity == check.Error {
					t.Error(f)
				} else {
					t.Log(f)
				}
			}
			if report.Steps != quick || report.Episodes < 2 || report.StepsPerSecond <= 0 {
				t.Errorf("report %+v; want %d recorded steps, several episodes and a rate", report, quick)
			}
			checked++
		})
	}
	if checked < 36 {
		t.Errorf("%d tasks were checked; at least the 36 in pure Go can be", checked)
	}
}
