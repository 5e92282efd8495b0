//go:build mujoco && cgo && linux

package pddm

import (
	"os"
	"slices"
	"strings"
	"testing"

	"demorl/env/mujoco"
	"demorl/env/parity"
)

var suite = parity.Find("pddm_parity.py")

// oracleFault says why there is no live oracle, or is empty.
var oracleFault string

func TestMain(m *testing.M) {
	if err := suite.UseOraclesFiles("pddm/cube"); err != nil {
		oracleFault = err.Error()
	}
	os.Exit(m.Run())
}

// need skips a test whose scene is not installed; in CI only PDDM's own, which
// no package index has, may be missing.
func need(t testing.TB, task *task) {
	t.Helper()
	needs := task.scene.needs()
	switch {
	case needs == "":
	case task.scene.source == mujoco.PDDM:
		t.Skip("needs " + needs)
	default:
		parity.Need(t, "needs "+needs)
	}
}

func TestEveryTaskStepsAsTheFormulasDoBitForBit(t *testing.T) {
	parity.Need(t, oracleFault)
	for i := range tasks {
		t.Run(tasks[i].id, func(t *testing.T) {
			need(t, &tasks[i])
			report := suite.Check(t, "pddm/"+tasks[i].id, "6", "40")
			if tasks[i].terminal != nil && report.Terminations == 0 {
				t.Error("no state of the oracle terminates")
			}
		})
	}
}

// The originals' own classes, run on the same MuJoCo, where their files are.
func TestTasksStepAsTheOriginalsClassesDoBitForBit(t *testing.T) {
	parity.Need(t, oracleFault)
	out, err := suite.Run("--live", "--list")
	if err != nil {
		t.Fatal(err)
	}
	ids := strings.Fields(string(out))
	if len(ids) == 0 {
		t.Skip("no original is here: clone google-research/pddm and run `demorl env fetch pddm-original --assets CLONE`, or name ROBEL's folder in DEMORL_ROBEL_SOURCE")
	}
	for i := range tasks {
		id := "pddm/" + tasks[i].id
		if !slices.Contains(ids, id) {
			continue
		}
		t.Run(tasks[i].id, func(t *testing.T) {
			out, err := suite.Run("--live", "--states", "6", "--actions", "40", id)
			if err != nil {
				t.Fatal(err)
			}
			e, err := tasks[i].open()
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			report, err := parity.Compare(e, out, suite.Tolerance(id))
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d states, %d steps, %d of them terminated, largest difference %.1e in an observation, %.1e in a reward",
				report.States, report.Steps, report.Terminations, report.Obs, report.Reward)
			if report.Steps == 0 {
				t.Error("nothing was compared")
			}
		})
	}
}
