//go:build mujoco && cgo && linux

package dmc

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"demorl/env"
	"demorl/env/mujoco"
	"demorl/env/parity"
)

var suite = parity.Find("dmc_parity.py")

// oracleFault says why there is no live oracle, or is empty.
var oracleFault string

func TestMain(m *testing.M) {
	if err := suite.UseOraclesFiles("dmc/pendulum-swingup"); err != nil {
		oracleFault = err.Error()
	}
	os.Exit(m.Run())
}

// needSimulator skips a test without library and models, but fails it in CI.
func needSimulator(t testing.TB) {
	t.Helper()
	if needs := mujoco.NeedsAsset(mujoco.DMControl, "suite/cheetah.xml"); needs != "" {
		parity.Need(t, "needs "+needs)
	}
}

func TestEveryTaskStepsAsDMControlDoesBitForBit(t *testing.T) {
	parity.Need(t, oracleFault)
	ids, err := suite.List()
	if err != nil {
		t.Fatal(err)
	}
	if len(ids) != len(tasks) {
		t.Errorf("the oracle has %d tasks, the table %d", len(ids), len(tasks))
	}
	// One process for all: most of a short comparison's time is dm_control's own start.
	out, err := suite.Run(append([]string{"--states", "4", "--actions", "25"}, ids...)...)
	if err != nil {
		t.Fatal(err)
	}
	const head = `{"library":`
	runs := bytes.Split(out, []byte(head))[1:]
	if len(runs) != len(ids) {
		t.Fatalf("%d runs of %d tasks", len(runs), len(ids))
	}
	for i, id := range ids {
		t.Run(strings.TrimPrefix(id, "dmc/"), func(t *testing.T) {
			e, err := env.Make(id)
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			report, err := parity.Compare(e, append([]byte(head), runs[i]...), suite.Tolerance(id))
			if err != nil {
				t.Fatal(err)
			}
			if report.States != 4 || report.Steps != 100 || report.Task != id {
				t.Errorf("compared were %d states and %d steps of %s", report.States, report.Steps, report.Task)
			}
			if !strings.Contains(report.Oracle, "dm_control "+Version) {
				t.Errorf("the oracle is %s, these tasks are those of dm_control %s", report.Oracle, Version)
			}
		})
	}
}
