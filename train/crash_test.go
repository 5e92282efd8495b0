package train_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// crashCase is a run small enough to be killed often.
type crashCase struct {
	env     string
	moments int
	args    []string
}

// small settings: several epochs with refits, planning rounds, evaluations and
// a checkpoint every few steps, so that a kill meets each of them.
var small = []string{
	"--algo", "m-demorl", "--preset", "gate", "--threads", "1", "--steps", "400", "--seed", "7",
	"--set", "warmup=150", "--set", "epoch_steps=100", "--set", "refit_every=50", "--set", "replan_every=50",
	"--set", "start_states=300", "--set", "utd=2", "--set", "eval_every=100", "--set", "eval_episodes=1",
	"--set", "checkpoint_every=5", "--set", "model.members=3", "--set", "model.elites=2", "--set", "model.max_passes=8",
	"--set", "sac.batch=64", "--set", "probe_starts=20",
}

// A run that is killed by SIGKILL at any moment and resumed ends with the bytes
// of the run that was left alone. DEMORL_CRASH_ENVS names further tasks and
// DEMORL_CRASH_MOMENTS sets the number of kills (make crash).
func TestKilledRunsResumeBitForBit(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes for a minute")
	}
	cases := []crashCase{{env: "leg2r/ellipse-100hz", moments: 6, args: small}}
	if more := os.Getenv("DEMORL_CRASH_ENVS"); more != "" {
		cases = nil
		for _, id := range strings.Fields(more) {
			cases = append(cases, crashCase{env: id, moments: 20, args: small})
		}
	}
	if n, err := strconv.Atoi(os.Getenv("DEMORL_CRASH_MOMENTS")); err == nil {
		for i := range cases {
			cases[i].moments = n
		}
	}
	program := buildProgram(t)
	for _, c := range cases {
		t.Run(strings.ReplaceAll(c.env, "/", "-"), func(t *testing.T) { killAndCompare(t, program, c) })
	}
}

// buildProgram builds the command as `make build` does.
func buildProgram(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "demorl")
	args := []string{"build", "-tags", "mujoco", "-o", program, "../cmd/demorl"}
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		t.Fatalf("go %v: %v\n%s", args, err, out)
	}
	return program
}

func killAndCompare(t *testing.T, program string, c crashCase) {
	root := t.TempDir()
	whole := filepath.Join(root, "whole")
	began := time.Now()
	run(t, program, append([]string{"train", c.env, "--out", whole}, c.args...)...)
	took := time.Since(began)
	want := finalBytes(t, whole)
	killed := 0
	for tries := 0; killed < c.moments && tries < 3*c.moments; tries++ {
		dir := filepath.Join(root, fmt.Sprintf("killed-%d", tries))
		cmd := command(program, append([]string{"train", c.env, "--out", dir}, c.args...)...)
		started, ended := time.Now(), make(chan error, 1)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		go func() { ended <- cmd.Wait() }()
		moment := time.Duration((float64(killed) + 0.5) / float64(c.moments) * float64(took))
		select {
		case <-time.After(moment):
			cmd.Process.Signal(syscall.SIGKILL)
			<-ended
		case <-ended: // others left the machine meanwhile, and runs are shorter now
			took = time.Since(started)
			continue
		}
		if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || !status.Signaled() {
			continue // it ended just before
		}
		killed++
		if _, err := os.Stat(filepath.Join(dir, "manifest.json")); err != nil {
			continue // killed before the run existed: there is nothing to resume
		}
		run(t, program, "resume", dir, "--threads", "2")
		for name, data := range finalBytes(t, dir) {
			if !bytes.Equal(data, want[name]) {
				t.Errorf("killed after %v: %s differs from the run that was left alone", moment, name)
			}
		}
	}
	if killed < c.moments/2 {
		t.Errorf("only %d of %d runs were killed before they ended", killed, c.moments)
	}
	t.Logf("%s: %d kills over a run of %v", c.env, killed, took)
}

// command is the program in a folder from which it finds its assets.
func command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Dir = ".."
	return cmd
}

func run(t *testing.T, program string, args ...string) {
	t.Helper()
	if out, err := command(program, args...).CombinedOutput(); err != nil {
		t.Fatalf("demorl %v: %v\n%s", args, err, out)
	}
}

// finalBytes returns what "the same bytes" means: the newest checkpoint's state
// file and eval.csv.
func finalBytes(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	states, err := filepath.Glob(filepath.Join(dir, "checkpoints", "*", "state.bin"))
	if err != nil || len(states) == 0 {
		t.Fatalf("no checkpoint in %s: %v", dir, err)
	}
	newest, step := "", -1
	for _, s := range states {
		if n, err := strconv.Atoi(filepath.Base(filepath.Dir(s))); err == nil && n > step {
			newest, step = s, n
		}
	}
	out := map[string][]byte{}
	for name, path := range map[string]string{"state": newest, "eval.csv": filepath.Join(dir, "eval.csv")} {
		if out[name], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	out["step"] = []byte(strconv.Itoa(step))
	return out
}
