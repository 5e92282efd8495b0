package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"demorl/env"
	"demorl/env/check"
)

// asProgram makes the test binary run main.
const asProgram = "DEMORL_OWN_TASK_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestExampleTrainsPastWarmUpAndEvaluates(t *testing.T) {
	evaluations, err := learn(filepath.Join(t.TempDir(), "run"), 510)
	if err != nil {
		t.Fatal(err)
	}
	if len(evaluations) != 5 || evaluations[0].Length < 1 || evaluations[0].Length > spec.Limit {
		t.Errorf("evaluations %v; want five of at most %d steps", evaluations, spec.Limit)
	}
}

// Started again, the program goes on: the second call has nothing left to train
// and judges the same policy.
func TestASecondCallGoesOnWithTheRun(t *testing.T) {
	folder := t.TempDir()
	var said [2]string
	for i := range said {
		call := exec.Command(os.Args[0])
		call.Dir, call.Env = folder, append(os.Environ(), asProgram+"=1")
		out, err := call.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		_, said[i], _ = strings.Cut(string(out), "mean return")
	}
	if said[0] == "" || said[0] != said[1] {
		t.Errorf("the calls said %q", said)
	}
	if steps, err := filepath.Glob(filepath.Join(folder, "runs", "own-task", "checkpoints", "1500")); err != nil || len(steps) != 1 {
		t.Errorf("no checkpoint of the last step: %v, %v", steps, err)
	}
}

func TestTheTaskKeepsTheContractWithoutRemarks(t *testing.T) {
	task, err := env.Lookup(spec.ID)
	if err != nil {
		t.Fatal(err)
	}
	if r := check.Check(task.New, task.Describe, check.Options{}); len(r.Findings) > 0 {
		t.Error(r.Findings)
	}
}

// docs/your-own-task.md shows the program as it is.
func TestTheDocumentShowsThisProgram(t *testing.T) {
	source, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/your-own-task.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), "```go\n"+string(source)+"```\n") {
		t.Error("docs/your-own-task.md does not show examples/own-task/main.go as it is; copy it there")
	}
	if lines := strings.Count(string(source), "\n"); lines > 100 {
		t.Errorf("the program has %d lines; the page promises at most 100", lines)
	}
}
