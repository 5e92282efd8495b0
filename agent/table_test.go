package agent_test

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"demorl/agent"
	"demorl/dynamics"
	"demorl/env"
	_ "demorl/env/classic"
	_ "demorl/env/leg"
	_ "demorl/env/mujoco/stoch"
)

// Every row of the table gives settings that are valid for a task that the
// published tables name and for one that they do not, in every size.
func TestEveryAlgorithmHasValidSettingsInEveryPreset(t *testing.T) {
	for _, id := range []string{"leg2r/ellipse-100hz", "classic/cartpole-swingup", "classic/pendulum", "stoch/flat", "stoch/flat:a20"} {
		task, err := env.Lookup(id)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range agent.Algorithms {
			for _, preset := range agent.Presets {
				s, err := agent.Preset(a, preset, task)
				if err != nil {
					t.Errorf("%s %s %s: %v", id, a.Name, preset, err)
					continue
				}
				if err := s.Validate(); err != nil {
					t.Errorf("%s %s %s: %v", id, a.Name, preset, err)
				}
				if n := len(s.ActionRange); n > 1 && n != task.Describe().ActDim {
					t.Errorf("%s %s %s: %d shares of %d actions' range", id, a.Name, preset, n, task.Describe().ActDim)
				}
			}
		}
	}
}

// On tasks that no table names a first fit on a thousand rows must not end before
// it began (dynamics has the fit itself); those that are named keep the published
// patience in passes, and gates what they were calibrated with.
func TestFitsOfTasksThatNoTableNamesHaveAtLeastFourHundredStaleSteps(t *testing.T) {
	for _, a := range agent.Algorithms {
		for _, preset := range []string{"reference", "lite"} {
			for id, want := range map[string]int{"classic/pendulum": 400, "stoch/flat": 0, "leg2r/ellipse-100hz": 0} {
				task, err := env.Lookup(id)
				if err != nil {
					t.Fatal(err)
				}
				s, err := agent.Preset(a, preset, task)
				if err != nil {
					t.Fatal(err)
				}
				if !s.UsesModel() || s.Learner == agent.LearnerValueGradient || a.Name == "m-demorl-plus" { // which has them everywhere
					continue
				}
				if got := s.Model.PatienceSteps; got != want {
					t.Errorf("%s %s %s: %d stale gradient steps, want %d", id, a.Name, preset, got, want)
				}
			}
		}
	}
}

// What separates dhmbpo's lite size from the published one is what its fits cost.
func TestTheLiteModelOfDHMBPODiffersFromThePublishedInItsFitsAlone(t *testing.T) {
	a, err := agent.FindAlgorithm("dhmbpo")
	if err != nil {
		t.Fatal(err)
	}
	task, err := env.Lookup("classic/pendulum")
	if err != nil {
		t.Fatal(err)
	}
	published, err := agent.Preset(a, "reference", task)
	if err != nil {
		t.Fatal(err)
	}
	lite, err := agent.Preset(a, "lite", task)
	if err != nil {
		t.Fatal(err)
	}
	if m := lite.Model; m.Batch != 256 || m.Stop != dynamics.StopPatience || m.PatienceSteps != 800 {
		t.Errorf("the fits of lite: %+v", m)
	}
	m, p := &lite.Model, published.Model
	m.Batch, m.PassBatches, m.Stop, m.Patience, m.PatienceSteps = p.Batch, p.PassBatches, p.Stop, p.Patience, p.PatienceSteps
	if !reflect.DeepEqual(lite, published) || !lite.SAC.ObservationNorm || p.Variance != dynamics.VarianceConstant {
		t.Errorf("lite differs elsewhere:\n%+v\n%+v", lite, published)
	}
}

// Two named algorithms that resolved to equal settings would be one algorithm.
func TestNoTwoAlgorithmsAreTheSame(t *testing.T) {
	task, err := env.Lookup("leg2r/ellipse-100hz")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]agent.Settings{}
	for _, a := range agent.Algorithms {
		s, err := agent.Preset(a, "lite", task)
		if err != nil {
			t.Fatal(err)
		}
		for name, other := range seen {
			if reflect.DeepEqual(s, other) {
				t.Errorf("%s and %s have equal settings", a.Name, name)
			}
		}
		seen[a.Name] = s
	}
}

// The framework's promise: an algorithm is a value, so no code outside its
// table knows a name (design.md section 4).
func TestNoCodeOutsideTheTableBranchesOnAnAlgorithmsName(t *testing.T) {
	for _, dir := range []string{".", "../imagine", "../mpc", "../sac", "../dynamics", "../rollout", "../replay", "../train"} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			name := e.Name()
			if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || dir == "." && name == "table.go" {
				continue
			}
			text, err := os.ReadFile(dir + "/" + name)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range agent.Algorithms {
				branch := regexp.MustCompile(`(case|[=!]=)[^"]*"` + a.Name + `"`)
				for _, line := range strings.Split(string(text), "\n") {
					if code, _, _ := strings.Cut(line, "//"); branch.MatchString(code) {
						t.Errorf("%s/%s branches on the algorithm %s: %s", dir, name, a.Name, strings.TrimSpace(line))
					}
				}
			}
		}
	}
}

func TestUnknownAlgorithmOffersTheNearest(t *testing.T) {
	_, err := agent.FindAlgorithm("m-demrl")
	if err == nil || !strings.Contains(err.Error(), "nearest is m-demorl") {
		t.Fatalf("got %v", err)
	}
}

// docs/algorithms.md says of every algorithm where its equations live.
func TestAlgorithmsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/algorithms.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range agent.Algorithms {
		if !strings.Contains(string(text), "## `"+a.Name+"`") {
			t.Errorf("docs/algorithms.md has no section for %s", a.Name)
		}
	}
}
