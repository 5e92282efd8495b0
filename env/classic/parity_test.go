package classic

import (
	"bufio"
	"bytes"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"demorl/env"
)

// oraclePython is the interpreter that has gymnasium: DEMORL_ORACLE_PYTHON or
// .oracle/bin/python under the repository root.
func oraclePython(t *testing.T, root string) string {
	t.Helper()
	python := os.Getenv("DEMORL_ORACLE_PYTHON")
	if python == "" {
		python = filepath.Join(root, ".oracle", "bin", "python")
	}
	if _, err := exec.LookPath(python); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the oracle is missing: %v", err)
		}
		t.Skipf("the oracle is missing (set DEMORL_ORACLE_PYTHON to a Python with gymnasium 1.4.0): %v", err)
	}
	return python
}

func TestPendulumAndMountainCarAgreeWithGymnasiumAtEveryStep(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(oraclePython(t, root), filepath.Join(root, "oracle", "classic_parity.py"))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	printed, err := cmd.Output()
	if err != nil {
		t.Fatalf("oracle: %v\n%s", err, stderr.Bytes())
	}
	var e env.Env
	obs := make([]float64, 8)
	steps, ends, worstObs, worstReward := 0, 0, 0.0, 0.0
	lines := bufio.NewScanner(bytes.NewReader(printed))
	for n := 1; lines.Scan(); n++ {
		var line struct {
			Task       string
			State      []float64
			Action     []float64
			Obs        []float64
			Reward     float64
			Terminated bool
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatalf("line %d: %v", n, err)
		}
		if line.Task != "" {
			if e, err = env.Make(line.Task); err != nil {
				t.Fatal(err)
			}
			if err := e.(env.Injector).Inject(map[string][]float64{"state": line.State}, obs); err != nil {
				t.Fatal(err)
			}
		} else {
			out, err := e.Step(line.Action, obs)
			if err != nil {
				t.Fatal(err)
			}
			steps++
			worstReward = max(worstReward, math.Abs(out.Reward-line.Reward))
			if out.Terminated != line.Terminated {
				t.Fatalf("line %d, %s: terminated is %v, want %v", n, e.Spec().ID, out.Terminated, line.Terminated)
			}
			if out.Terminated {
				ends++
			}
		}
		for i, want := range line.Obs {
			worstObs = max(worstObs, math.Abs(obs[i]-want))
		}
		if !(worstObs <= 1e-6 && worstReward <= 1e-6) {
			t.Fatalf("line %d, %s: observation differs by %g, reward by %g; want 1e-6", n, e.Spec().ID, worstObs, worstReward)
		}
	}
	if steps != 2400 || ends == 0 {
		t.Fatalf("compared %d steps and %d terminations, want 2400 and some", steps, ends)
	}
	t.Logf("%d steps, %d terminations: observation within %g, reward within %g", steps, ends, worstObs, worstReward)
}
