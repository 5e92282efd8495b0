//go:build mujoco && cgo && linux

package gymtasks

import (
	"os"
	"slices"
	"testing"

	"demorl/env/mujoco"
	"demorl/env/parity"
)

var suite = parity.Find("gym_parity.py")

// oracleFault says why there is no live oracle, or is empty.
var oracleFault string

func TestMain(m *testing.M) {
	if err := suite.UseOraclesFiles("gym/halfcheetah"); err != nil {
		oracleFault = err.Error()
	}
	os.Exit(m.Run())
}

// needSimulator skips a test without library and models, but fails it in CI.
func needSimulator(t testing.TB) {
	t.Helper()
	if needs := mujoco.Needs("half_cheetah.xml"); needs != "" {
		parity.Need(t, "needs "+needs)
	}
}

func TestEveryTaskStepsAsGymnasiumDoesBitForBit(t *testing.T) {
	parity.Need(t, oracleFault)
	var ids []string
	for i := range tasks {
		ids = append(ids, "gym/"+tasks[i].id)
	}
	for id, report := range suite.CheckAll(t, ids, "8", "60") {
		if task := tasks[slices.Index(ids, id)]; task.healthy != nil && report.Terminations == 0 {
			t.Errorf("%s: no state of the oracle terminates", id)
		}
	}
}
