//go:build mujoco && cgo && linux

package gymtasks

import (
	"os"
	"strings"
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
	for i := range tasks {
		id := "gym/" + tasks[i].id
		t.Run(strings.TrimPrefix(id, "gym/"), func(t *testing.T) {
			t.Parallel()
			report := suite.Check(t, id, "8", "60")
			if tasks[i].healthy != nil && report.Terminations == 0 {
				t.Error("no state of the oracle terminates")
			}
		})
	}
}
