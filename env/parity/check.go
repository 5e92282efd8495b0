package parity

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"demorl/env"
	"demorl/env/mujoco"
)

// UseOraclesFiles points this process to the oracle's own library file (bits
// are equal only between processes that run the same library) and to fetched
// models. Without an oracle it returns the reason. It is called from TestMain,
// before anything is loaded.
func (s Suite) UseOraclesFiles(task string) error {
	root, err := Root()
	if err != nil {
		return err
	}
	thirdParty := filepath.Join(root, "third_party")
	if os.Getenv("MUJOCO_DIR") == "" {
		if dir := filepath.Join(thirdParty, "mujoco-"+mujoco.Version); isFolder(dir) {
			os.Setenv("MUJOCO_DIR", dir)
		}
	}
	os.Setenv("DEMORL_THIRD_PARTY", thirdParty)
	out, err := s.Run("--states", "0", task)
	if err != nil {
		return err
	}
	var head Head
	if err := json.Unmarshal(out, &head); err != nil {
		return err
	}
	if head.Library != "" {
		os.Setenv("MUJOCO_DIR", filepath.Dir(head.Library))
	}
	if head.Assets != "" {
		os.Setenv("DEMORL_ASSETS", head.Assets)
	}
	return nil
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// Need skips a test for the given reason, if there is one, but fails it in CI.
func Need(t testing.TB, reason string) {
	t.Helper()
	if reason == "" {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

// Check compares one task in states with actions each, and fails the test on
// a difference or when the actions do not exercise the task.
func (s Suite) Check(t *testing.T, id, states, actions string) Report {
	t.Helper()
	out, err := s.Run("--states", states, "--actions", actions, id)
	if err != nil {
		t.Fatal(err)
	}
	return s.check(t, id, out)
}

// CheckAll does so for several tasks in one process of a script that takes
// them, with a subtest of each, and returns the report of each that passed.
func (s Suite) CheckAll(t *testing.T, ids []string, states, actions string) map[string]Report {
	t.Helper()
	out, err := s.Run(append([]string{"--states", states, "--actions", actions}, ids...)...)
	if err != nil {
		t.Fatal(err)
	}
	const head = `{"library"` // begins every task's part
	parts := bytes.Split(out, []byte("\n"+head))
	if len(parts) != len(ids) {
		t.Fatalf("oracle/%s answered for %d tasks of %d", s.Script, len(parts), len(ids))
	}
	reports := map[string]Report{}
	for i, id := range ids {
		if i > 0 {
			parts[i] = append([]byte(head), parts[i]...)
		}
		t.Run(id, func(t *testing.T) { reports[id] = s.check(t, id, parts[i]) })
	}
	return reports
}

// check compares one task with a script's output.
func (s Suite) check(t *testing.T, id string, out []byte) Report {
	t.Helper()
	e, err := env.Make(id)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	report, err := Compare(e, out, s.Tolerance(id))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %d states, %d steps, %d of them terminated, largest difference %.1e in an observation, %.1e in a reward",
		id, report.States, report.Steps, report.Terminations, report.Obs, report.Reward)
	if report.States == 0 || report.Steps == 0 {
		t.Error("nothing was compared")
	}
	return report
}
