package check_test

import (
	"os"
	"path/filepath"
	"strings"
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

// steps is the number of steps that a task is checked with: two episodes of the
// hands, whose simulations are slow.
func steps(task env.Task) int {
	if task.Family == "hand" || task.Family == "dext" {
		return 2 * task.Describe().Limit
	}
	return 400
}

// exempt says why a finding is none.
func exempt(id string, f check.Finding) string {
	switch {
	case strings.HasPrefix(id, "stoch/") && strings.HasSuffix(id, ":ref"):
		return "the original's generator remembers the episode before, and :ref is the original"
	case strings.HasPrefix(id, "stoch/noisy") && f.Rule == "terminal":
		return "the rule sees the noisy angles, the task the true ones"
	}
	return ""
}

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
		if strings.Contains(task.ID, ":") && os.Getenv("DEMORL_CHECK") != "all" {
			continue // variants share their task's code: make check-tasks has them
		}
		t.Run(task.ID, func(t *testing.T) {
			if task.Needs != nil {
				if needs := task.Needs(); needs != "" {
					if mujoco.Built && !strings.Contains(task.ID, ":original") { // PDDM's own scenes are on no package index
						parity.Need(t, "needs "+needs)
					}
					t.Skip("needs " + needs)
				}
			}
			report := check.Check(task.New, task.Describe, check.Options{Steps: steps(task)})
			for _, f := range report.Findings {
				if f.Severity == check.Error && exempt(task.ID, f) == "" {
					t.Error(f)
				} else {
					t.Log(f)
				}
			}
			if report.Steps != steps(task) || report.Episodes < 2 || report.StepsPerSecond <= 0 {
				t.Errorf("report %+v; want %d recorded steps, several episodes and a rate", report, steps(task))
			}
			checked++
		})
	}
	if checked < 6 {
		t.Errorf("%d tasks were checked; at least those in pure Go can be", checked)
	}
}
