// Package examples_test runs the examples that are modules of their own.
package examples_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	_ "demorl/env/classic"
	"demorl/train"
)

// A program outside the module reaches the policy of a run: nothing internal is
// needed to load it and to act with it.
func TestAProgramOutsideTheModuleActsWithAPolicy(t *testing.T) {
	settings, err := train.Default("classic/pendulum", "sac", "gate")
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "run")
	run, err := train.Start(folder, settings)
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Train(context.Background(), settings.Agent.Warmup+50, nil); err != nil {
		t.Fatal(err)
	}
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
	say := func(args ...string) string {
		call := exec.Command("go", append([]string{"run", "."}, args...)...)
		call.Dir = "controller"
		out, _ := call.CombinedOutput() // what it says tells whether it failed
		return string(out)
	}
	if out := say(folder); !regexp.MustCompile(`^return -\d+\.\d\n$`).MatchString(out) {
		t.Errorf("it said %q; want a return", out)
	}
	if out := say(t.TempDir()); !strings.Contains(out, "not a run directory") {
		t.Errorf("without a run it said %q", out)
	}
}
