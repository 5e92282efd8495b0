//go:build mujoco && cgo && linux

package hand

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"demorl/env/mujoco"
	"demorl/env/parity"
)

var (
	handSuite = parity.Find("hand_parity.py")
	dextSuite = parity.Find("dext_parity.py")
)

// oracleFault says why there is no live oracle, or is empty.
var oracleFault string

func TestMain(m *testing.M) {
	if err := handSuite.UseOraclesFiles("hand/block"); err != nil {
		oracleFault = err.Error()
	}
	os.Exit(m.Run())
}

// needSimulator skips a test without library and models, but fails it in CI.
func needSimulator(t testing.TB) {
	t.Helper()
	for _, files := range []struct {
		of   mujoco.Package
		name string
	}{{mujoco.GymnasiumRobotics, "assets/hand/manipulate_pen.xml"}, {mujoco.DexterousGym, "hand/egg_handover.xml"}} {
		if needs := mujoco.NeedsAsset(files.of, files.name); needs != "" {
			parity.Need(t, "needs "+needs)
		}
	}
}

// The scripts fail where no state leads to success, so every reward is
// compared where it is high. `make parity` compares all tasks, here are those
// that differ in more than the object.
func TestTheTasksStepAsTheirOriginalsDoBitForBit(t *testing.T) {
	parity.Need(t, oracleFault)
	for _, id := range []string{
		"hand/block-rotate-z", "hand/block-rotate-parallel:sparse", "hand/block", "hand/egg", "hand/egg-rotate:sparse", "hand/pen", "hand/pen-rotate", "hand/pen:sparse",
		"dext/penspin", "dext/egg-handover", "dext/pen-handover:sparse", "dext/block-catch-underarm", "dext/pen-catch-underarm-hard",
		"dext/egg-catch-overarm", "dext/pen-catch-overarm", "dext/two-block-catch-underarm", "dext/two-pen-catch-underarm:sparse",
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			suite := dextSuite
			if strings.HasPrefix(id, "hand/") || id == penspin.id {
				suite = handSuite
			}
			suite.Check(t, id, "3", "15")
		})
	}
}

func TestTheAxisAlignedRotationsAreTheOriginals(t *testing.T) {
	parity.Need(t, oracleFault)
	out, err := handSuite.Run("--rotations")
	if err != nil {
		t.Fatal(err)
	}
	var original struct{ Rotations [][4]float64 }
	if err := json.Unmarshal(out, &original); err != nil {
		t.Fatal(err)
	}
	if len(original.Rotations) != 24 || len(axisAligned) != 24 {
		t.Fatalf("%d rotations, %d in the original", len(axisAligned), len(original.Rotations))
	}
	for _, want := range original.Rotations {
		found := 0
		for _, q := range axisAligned {
			d := 0.
			for i := range q {
				d = max(d, math.Abs(q[i]-want[i])) // signs count: they tell a distance from its complement
			}
			if d < 1e-12 {
				found++
			}
		}
		if found != 1 {
			t.Errorf("the original's rotation %v is there %d times", want, found)
		}
	}
}
