//go:build mujoco && cgo && linux

package gymtasks

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"demorl/env"
	"demorl/env/mujoco"
	"demorl/env/replay"
)

const root = "../../.."

// oracleFault says why there is no live oracle, or is empty.
var oracleFault string

// oracleHead is the oracle's first line: what it runs on.
type oracleHead struct{ Library, Assets, Mujoco, Gymnasium string }

// TestMain loads the oracle's own library file and models where there is an
// oracle: bits are equal only between processes that run the same library.
func TestMain(m *testing.M) {
	out, err := oracle("--states", "0", "gym/halfcheetah")
	var head oracleHead
	if err == nil {
		err = json.Unmarshal(out, &head)
	}
	setenv := func(name, value string) {
		if os.Getenv(name) == "" {
			os.Setenv(name, value)
		}
	}
	if err != nil {
		oracleFault = err.Error()
		if _, err := os.Stat(root + "/third_party"); err == nil {
			setenv("MUJOCO_DIR", root+"/third_party/mujoco-"+mujoco.Version)
			setenv("DEMORL_ASSETS", root+"/third_party/gymnasium-"+mujoco.GymnasiumVersion+"/assets")
		}
	} else {
		os.Setenv("MUJOCO_DIR", filepath.Dir(head.Library))
		os.Setenv("DEMORL_ASSETS", head.Assets)
	}
	os.Exit(m.Run())
}

// oracle runs the oracle script with the interpreter in DEMORL_ORACLE_PYTHON.
func oracle(args ...string) ([]byte, error) {
	python := os.Getenv("DEMORL_ORACLE_PYTHON")
	if python == "" {
		python = filepath.Join(root, ".oracle", "bin", "python")
	}
	var stderr bytes.Buffer
	command := exec.Command(python, append([]string{filepath.Join(root, "oracle", "gym_parity.py")}, args...)...)
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		return nil, &oracleError{err, strings.TrimSpace(stderr.String())}
	}
	return out, nil
}

type oracleError struct {
	err    error
	stderr string
}

func (e *oracleError) Error() string { return strings.TrimSpace(e.err.Error() + " " + e.stderr) }

// need skips a test without the oracle, but fails it in CI.
func needOracle(t *testing.T) {
	t.Helper()
	if oracleFault == "" {
		return
	}
	message := "no Gymnasium oracle (make one with `make oracle`, or set DEMORL_ORACLE_PYTHON): " + oracleFault
	if os.Getenv("CI") == "true" {
		t.Fatal(message)
	}
	t.Skip(message)
}

// needSimulator skips a test without library and models, but fails it in CI.
func needSimulator(t testing.TB) {
	t.Helper()
	needs := mujoco.Needs("half_cheetah.xml")
	if needs == "" {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("needs " + needs)
	}
	t.Skip("needs " + needs)
}

type oracleLine struct {
	Task       string
	Action     []float64
	Obs        []float64
	Reward     float64
	Terminated bool
}

func TestEveryTaskStepsAsGymnasiumDoesBitForBit(t *testing.T) {
	needOracle(t)
	for i := range tasks {
		id := "gym/" + tasks[i].id
		t.Run(strings.TrimPrefix(id, "gym/"), func(t *testing.T) {
			out, err := oracle(id)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, id, out)
		})
	}
}

// compare plays the oracle's states and actions through replay.Replay.
func compare(t *testing.T, id string, oracleOutput []byte) {
	lines := bytes.Split(bytes.TrimSpace(oracleOutput), []byte("\n"))
	var head oracleHead
	if err := json.Unmarshal(lines[0], &head); err != nil {
		t.Fatal(err)
	}
	if library, err := mujoco.Open(); err != nil || !sameFile(t, library, head.Library) {
		t.Fatalf("loaded %s (%v), the oracle runs %s", library, err, head.Library)
	}
	var in bytes.Buffer
	var want []oracleLine
	for _, line := range lines[1:] {
		var l oracleLine
		if err := json.Unmarshal(line, &l); err != nil {
			t.Fatal(err)
		}
		switch {
		case l.Task != "": // a state: its observation is the next line
			var state struct{ Qpos, Qvel []float64 }
			if err := json.Unmarshal(line, &state); err != nil {
				t.Fatal(err)
			}
			writeJSON(t, &in, map[string][]float64{"qpos": state.Qpos, "qvel": state.Qvel})
		case l.Action != nil:
			writeJSON(t, &in, map[string][]float64{"action": l.Action})
			want = append(want, l)
		default:
			want = append(want, l)
		}
	}
	e, err := env.Make(id)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	var got bytes.Buffer
	if err := replay.Replay(e, &in, &got); err != nil {
		t.Fatal(err)
	}
	var worst float64
	terminations, states := 0, 0
	scanner := bufio.NewScanner(&got)
	scanner.Buffer(nil, 1<<20)
	for n, w := range want {
		var g oracleLine
		if !scanner.Scan() {
			t.Fatalf("answer %d is missing", n)
		}
		if err := json.Unmarshal(scanner.Bytes(), &g); err != nil {
			t.Fatal(err)
		}
		if len(g.Obs) != len(w.Obs) {
			t.Fatalf("answer %d: %d observations, want %d", n, len(g.Obs), len(w.Obs))
		}
		for i := range w.Obs {
			if math.Float64bits(g.Obs[i]) != math.Float64bits(w.Obs[i]) {
				t.Fatalf("answer %d: observation %d (%s) is %v, want %v", n, i, e.Spec().ObsNames[i], g.Obs[i], w.Obs[i])
			}
		}
		if w.Action == nil {
			states++
			continue
		}
		worst = max(worst, math.Abs(g.Reward-w.Reward))
		if !(math.Abs(g.Reward-w.Reward) <= 1e-12) {
			t.Fatalf("answer %d: reward %v, want %v", n, g.Reward, w.Reward)
		}
		if g.Terminated != w.Terminated {
			t.Fatalf("answer %d: terminated %v, want %v", n, g.Terminated, w.Terminated)
		}
		if g.Terminated {
			terminations++
		}
	}
	t.Logf("%d states, %d steps, %d of them terminated, largest reward difference %.1e", states, len(want)-states, terminations, worst)
	if states < 20 || len(want)-states < 20*200 || e.Spec().Terminates && terminations == 0 {
		t.Error("the oracle's states and actions do not exercise the task: want 20 states, 200 actions each, and a termination")
	}
}

func writeJSON(t *testing.T, w io.Writer, v any) {
	t.Helper()
	if err := json.NewEncoder(w).Encode(v); err != nil {
		t.Fatal(err)
	}
}

func sameFile(t *testing.T, a, b string) bool {
	t.Helper()
	x, err := os.Stat(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := os.Stat(b)
	if err != nil {
		t.Fatal(err)
	}
	return os.SameFile(x, y)
}
