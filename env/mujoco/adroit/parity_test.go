//go:build mujoco && cgo && linux

package adroit

import (
	"os"
	"strings"
	"testing"

	"demorl/env/parity"
)

var suite = parity.Find("adroit_parity.py")

// oracleFault says why there is no live oracle, or is empty.
var oracleFault string

func TestMain(m *testing.M) {
	if err := suite.UseOraclesFiles(door.id); err != nil {
		oracleFault = err.Error()
	}
	os.Exit(m.Run())
}

// needSimulator skips a test without library and models, but fails it in CI.
func needSimulator(t testing.TB) {
	t.Helper()
	if needs := door.needs(); needs != "" {
		parity.Need(t, "needs "+needs)
	}
}

// The script fails where no state leads to success, so every bonus is compared.
func TestEveryTaskStepsAsGymnasiumRoboticsDoesBitForBit(t *testing.T) {
	parity.Need(t, oracleFault)
	for i := range tasks {
		t.Run(strings.TrimPrefix(tasks[i].id, "adroit/"), func(t *testing.T) {
			t.Parallel()
			report := suite.Check(t, tasks[i].id, "6", "20")
			if tasks[i].dropped != nil && report.Terminations == 0 {
				t.Error("no state of the oracle terminates")
			}
		})
	}
}
