package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"demorl/env/mujoco"
	"demorl/env/parity"
)

// demorl obeys a command line in this process.
func demorl(t *testing.T, code int, args ...string) (out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	if got := run(args, &console{nil, &o, &e}); got != code {
		t.Fatalf("demorl %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, o.String(), e.String())
	}
	return o.String(), e.String()
}

// A run on a task file keeps the file and its model: it goes on when both are
// gone or changed, to the same bytes as a run that was never stopped.
func TestARunOnATaskFileGoesOnWithoutTheFile(t *testing.T) {
	if root, err := parity.Root(); err == nil && os.Getenv("DEMORL_THIRD_PARTY") == "" {
		t.Setenv("DEMORL_THIRD_PARTY", filepath.Join(root, "third_party"))
	}
	if needs := mujoco.NeedsLibrary(); needs != "" {
		if mujoco.Built {
			parity.Need(t, "needs "+needs)
		}
		t.Skip("needs " + needs)
	}
	folder := t.TempDir()
	for _, name := range []string{"balance.yaml", "balance.xml"} {
		data, err := os.ReadFile(filepath.Join("../../examples/tasks", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name), data, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(folder, "tiny.yaml"), []byte(tiny), 0o666); err != nil {
		t.Fatal(err)
	}
	t.Chdir(folder)
	if out, _ := demorl(t, exitDone, "env", "check", "./balance.yaml", "--steps", "300"); !strings.HasPrefix(out, "balance.yaml keeps the contract") {
		t.Errorf("check said %q", out)
	}
	if out, _ := demorl(t, exitDone, "env", "info", "balance.yaml", "--json"); !strings.Contains(out, `"id":"balance.yaml","family":"file"`) || !strings.Contains(out, `"obs":7,"act":1,"low":[-6]`) {
		t.Errorf("info said %q", out)
	}
	if out, _ := demorl(t, exitDone, "train", "./balance.yaml", "--config", "tiny.yaml", "--set", "steps=300"); !strings.HasPrefix(out, filepath.Join("runs", "balance-m-demorl-0")+"\n") {
		t.Errorf("train said %q", out)
	}
	demorl(t, exitDone, "train", "./balance.yaml", "--config", "tiny.yaml", "--out", "whole")
	demorl(t, exitDone, "train", "./balance.yaml", "--config", "tiny.yaml", "--set", "steps=250", "--out", "parts")
	if err := os.WriteFile("balance.yaml", []byte("model: another.xml\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove("balance.xml"); err != nil {
		t.Fatal(err)
	}
	demorl(t, exitDone, "resume", "parts", "--steps", "400")
	whole, err := os.ReadFile("whole/eval.csv")
	if err != nil {
		t.Fatal(err)
	}
	if parts, err := os.ReadFile("parts/eval.csv"); err != nil || !bytes.Equal(parts, whole) || bytes.Count(whole, []byte("\n")) < 4 {
		t.Errorf("evaluations\n%s%v, want\n%s", parts, err, whole)
	}
	if out, _ := demorl(t, exitDone, "eval", "parts", "--json"); !strings.Contains(out, `"env":"balance.yaml"`) {
		t.Errorf("eval said %q", out)
	}
	demorl(t, exitDone, "eval", "parts", "--episodes", "1", "--video", "film.gif", "--size", "32x24", "--renderer", "wire")
	if _, errs := demorl(t, exitUsage, "train", "balance.yaml"); !strings.Contains(errs, "balance.yaml:1:1: observation is missing") || !strings.Contains(errs, "balance.yaml:1:1: reward is missing") {
		t.Errorf("a broken file: %q", errs)
	}
	if err := os.Remove("parts/task/model/balance.xml"); err != nil {
		t.Fatal(err)
	}
	if _, errs := demorl(t, exitUsage, "resume", "parts", "--steps", "500"); !strings.Contains(errs, "parts/task/task.yaml:3:8: ") {
		t.Errorf("a damaged copy: %q", errs)
	}
}
