package train_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"

	"demorl/agent"
	"demorl/env"
	"demorl/internal/kern"
	"demorl/internal/vfs"
	"demorl/rundir"
	"demorl/train"
)

// newest returns the state file of the newest checkpoint.
func newest(t testing.TB, dir string) string {
	t.Helper()
	steps, err := view(t, dir).Steps()
	if err != nil || len(steps) == 0 {
		t.Fatalf("checkpoints %v, %v", steps, err)
	}
	return filepath.Join(dir, fmt.Sprintf("checkpoints/%d/state.bin", steps[0]))
}

func TestADamagedCheckpointIsPassedOverWithANotice(t *testing.T) {
	s := tiny(t, leg, "m-demorl")
	want := wholeRun(t, s)
	for name, damage := range map[string]func(path string, data []byte){
		"a flipped bit": func(path string, data []byte) { data[len(data)/2] ^= 4; os.WriteFile(path, data, 0o666) },
		"a torn end":    func(path string, data []byte) { os.WriteFile(path, data[:len(data)-100], 0o666) },
		"an empty file": func(path string, data []byte) { os.WriteFile(path, nil, 0o666) },
		"a lost file":   func(path string, data []byte) { os.Remove(path) },
	} {
		dir := filepath.Join(t.TempDir(), "run")
		finish(t, create(t, dir, s), 110)
		path := newest(t, dir)
		damage(path, read(t, path))
		r := resume(t, dir)
		notice := strings.Join(r.Notices, "\n")
		if r.Steps() != 100 || !strings.Contains(notice, "checkpoints/110 is damaged") || !strings.Contains(notice, "checkpoint of step 100") {
			t.Errorf("%s: resumed at step %d with %q", name, r.Steps(), notice)
		}
		if left, err := view(t, dir).Steps(); err != nil || slices.Max(left) != 100 {
			t.Errorf("%s: after the resume from step 100 there are checkpoints %v, %v", name, left, err)
		}
		finish(t, r, s.Steps)
		equalRuns(t, name, dir, want, s.Steps)
	}
}

func TestWithoutAnyCheckpointTheRunBeginsAgain(t *testing.T) {
	s := tiny(t, leg, "m-demorl")
	s.Steps, s.CheckpointEvery = 60, 50
	want := wholeRun(t, s)
	dir := filepath.Join(t.TempDir(), "run")
	finish(t, create(t, dir, s), 40)
	if err := os.RemoveAll(filepath.Join(dir, "checkpoints")); err != nil {
		t.Fatal(err)
	}
	r := resume(t, dir)
	if r.Steps() != 0 || !strings.Contains(strings.Join(r.Notices, "\n"), "begins again from step 0") {
		t.Errorf("resumed at step %d with %q", r.Steps(), r.Notices)
	}
	finish(t, r, s.Steps)
	equalRuns(t, "begun again", dir, want, s.Steps)
}

// A run that had checkpoints and has none is not begun again over its logs.
func TestARunWhoseCheckpointsAreGoneIsLeftAsItIs(t *testing.T) {
	s := tiny(t, leg, "m-demorl")
	dir := filepath.Join(t.TempDir(), "run")
	finish(t, create(t, dir, s), s.Steps)
	rows := transitions(t, dir)
	if err := os.RemoveAll(filepath.Join(dir, "checkpoints")); err != nil {
		t.Fatal(err)
	}
	_, err := train.Resume(dir, train.Options{FS: vfs.OS(), Threads: 1, Instance: short})
	if err == nil || !strings.Contains(err.Error(), "nothing was changed") || !slices.Equal(transitions(t, dir), rows) {
		t.Errorf("got %v", err)
	}
}

// Logs that a resume refuses leave the damaged checkpoints, which may still be
// mended, where they are.
func TestARefusedResumeDiscardsNoCheckpoint(t *testing.T) {
	s := tiny(t, leg, "sac")
	dir := filepath.Join(t.TempDir(), "run")
	finish(t, create(t, dir, s), 60)
	if err := os.Truncate(newest(t, dir), 1000); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "eval.csv"), []byte("step,"), 0o666); err != nil {
		t.Fatal(err)
	}
	before, _ := view(t, dir).Steps()
	_, err := train.Resume(dir, train.Options{FS: vfs.OS(), Threads: 1, Instance: short})
	if after, _ := view(t, dir).Steps(); err == nil || !strings.Contains(err.Error(), "eval.csv") || !slices.Equal(before, after) {
		t.Errorf("got %v; of the checkpoints %v there are %v left", err, before, after)
	}
}

// Settings of another run in a run's folder are told and not trained.
func TestSettingsOfAnotherRunAreRefused(t *testing.T) {
	s := tiny(t, leg, "sac")
	dir := filepath.Join(t.TempDir(), "run")
	finish(t, create(t, dir, s), 40)
	path := filepath.Join(dir, "run.yaml")
	was := string(read(t, path))
	for _, edit := range [][2]string{{"seed: 3", "seed: 5"}, {"algo: sac", "algo: tqc"}, {"env: " + leg, "env: leg2r/ellipse"}} {
		if err := os.WriteFile(path, []byte(strings.Replace(was, edit[0], edit[1], 1)), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := train.Resume(dir, train.Options{FS: vfs.OS(), Threads: 1, Instance: short})
		name, _, _ := strings.Cut(edit[0], ":")
		if err == nil || !strings.Contains(err.Error(), name+" is ") || !strings.Contains(err.Error(), "manifest.json") {
			t.Errorf("%s: %v", edit[1], err)
		}
	}
}

// A run whose checkpoints are all damaged may still be mended by hand: it is
// left as it is.
func TestARunWithoutAWholeCheckpointIsLeftAsItIs(t *testing.T) {
	s := tiny(t, leg, "m-demorl")
	dir := filepath.Join(t.TempDir(), "run")
	finish(t, create(t, dir, s), 60)
	paths, _ := filepath.Glob(filepath.Join(dir, "checkpoints", "*", "state.bin"))
	for _, p := range paths {
		if err := os.WriteFile(p, []byte("no state"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	files := func() map[string]string {
		out := map[string]string{}
		filepath.Walk(dir, func(path string, info os.FileInfo, _ error) error {
			if !info.IsDir() {
				out[path] = string(read(t, path))
			}
			return nil
		})
		return out
	}
	before := files()
	_, err := train.Resume(dir, train.Options{FS: vfs.OS(), Threads: 1, Instance: short})
	if !errors.Is(err, rundir.ErrNoCheckpoint) || len(paths) < 2 {
		t.Fatalf("got %v", err)
	}
	for _, p := range paths {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("%s is not named in %v", p, err)
		}
	}
	if !reflect.DeepEqual(files(), before) {
		t.Error("the run was changed")
	}
}

// At every single disk operation around a checkpoint: the failure names the
// last good checkpoint, and the run goes on from it to the same bytes.
func TestADiskThatFailsDuringACheckpointCostsNothingButTheStepsSince(t *testing.T) {
	s := tiny(t, pendulum, "m-demorl")
	s.Steps, s.EvalEvery = 60, 0
	want := wholeRun(t, s)
	counted := vfs.NewFaulty(vfs.OS())
	count := map[int]int{}
	r := create(t, filepath.Join(t.TempDir(), "count"), s, func(o *train.Options) { o.FS = counted })
	if err := r.Train(context.Background(), s.Steps, func(p train.Progress) { count[p.Step] = counted.Count() }); err != nil {
		t.Fatal(err)
	}
	r.Close()
	first, last := count[49]+1, count[50] // the operations of the step with the second checkpoint
	if last-first < 8 {
		t.Fatalf("operations %d to %d", first, last)
	}
	for at := first; at <= last; at++ {
		faulty := vfs.NewFaulty(vfs.OS())
		faulty.FailAt, faulty.Torn, faulty.Crash = at, true, at%2 == 0
		dir := filepath.Join(t.TempDir(), "run")
		r := create(t, dir, s, func(o *train.Options) { o.FS = faulty })
		err := r.Train(context.Background(), s.Steps, nil)
		if !errors.Is(err, vfs.ErrInjected) || !strings.Contains(err.Error(), "last good checkpoint is that of step 25") || !strings.Contains(err.Error(), "demorl resume "+dir) {
			t.Errorf("operation %d: got %v", at, err)
		}
		r.Close()
		if faulty.Crash {
			if err := faulty.PowerLoss(); err != nil {
				t.Fatal(err)
			}
		}
		r = resume(t, dir)
		if r.Steps() != 25 && r.Steps() != 50 {
			t.Errorf("operation %d: resumed at step %d", at, r.Steps())
		}
		finish(t, r, s.Steps)
		equalRuns(t, fmt.Sprintf("operation %d of %d..%d", at, first, last), dir, want, s.Steps)
	}
}

func TestAFullDiskIsToldWithTheLastGoodCheckpoint(t *testing.T) {
	s := tiny(t, pendulum, "m-demorl")
	s.Steps, s.EvalEvery, s.CheckpointEvery = 60, 0, 1000
	s.KeepCheckpoints = 5
	// A run that ends is due a checkpoint as well: it fails with the same words.
	size := int64(0)
	probe := filepath.Join(t.TempDir(), "probe")
	finish(t, create(t, probe, s), 30)
	filepath.Walk(probe, func(_ string, info os.FileInfo, _ error) error {
		if !info.IsDir() {
			size += info.Size()
		}
		return nil
	})
	for name, c := range map[string]struct {
		every, to int
		full      int64
		want      string
	}{
		"between":                {30, 60, size + 2000, "last good checkpoint is that of step 30"},
		"at the end of training": {1000, 40, size - 2000, "no checkpoint was written before"},
	} {
		s.CheckpointEvery = c.every
		want := wholeRun(t, s)
		faulty := vfs.NewFaulty(vfs.OS())
		faulty.Full = c.full
		dir := filepath.Join(t.TempDir(), "run")
		r := create(t, dir, s, func(o *train.Options) { o.FS = faulty })
		err := r.Train(context.Background(), c.to, nil)
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "free some space") {
			t.Errorf("%s: got %v", name, err)
		}
		r.Close()
		finish(t, resume(t, dir), s.Steps)
		equalRuns(t, name, dir, want, s.Steps)
	}
}

// Errors of the task end the run the same way. Its steps cannot be made again,
// and none is lost.
func TestAFailingRobotLosesNoStep(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	unplugged := errors.New("the cable is out")
	failing := func(at int) func(o *train.Options) {
		return func(o *train.Options) {
			o.Instance = func(string) (env.Env, error) {
				return &scripted{limit: 30, step: func(e *scripted, _ []float64, _ *env.Outcome) error {
					if e.inAll == at {
						return unplugged
					}
					return nil
				}}, nil
			}
		}
	}
	for _, at := range []int{12, 60} {
		want := fmt.Sprintf("the %d steps before it are in the log", at-1)
		dir := filepath.Join(t.TempDir(), "run")
		r := create(t, dir, s, failing(at))
		if err := r.Train(context.Background(), s.Steps, nil); !errors.Is(err, unplugged) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), fmt.Sprintf("step %d", at)) {
			t.Errorf("failing at step %d: got %v", at, err)
		}
		r.Close()
		r = resume(t, dir, failing(-1))
		if r.Steps()+r.Reliving() != at-1 {
			t.Errorf("resumed at step %d with %d to be lived again, want %d in all", r.Steps(), r.Reliving(), at-1)
		}
		finish(t, r, 70)
	}
}

// editManifest changes what manifest.json says.
func editManifest(t testing.TB, dir, name string, value any) {
	t.Helper()
	path := filepath.Join(dir, "manifest.json")
	var m map[string]any
	if err := json.Unmarshal(read(t, path), &m); err != nil {
		t.Fatal(err)
	}
	m[name] = value
	data, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestAnotherKernelTierIsRefusedUnlessAllowed(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	dir := filepath.Join(t.TempDir(), "run")
	finish(t, create(t, dir, s), 40)
	editManifest(t, dir, "kernel", "abacus")
	before := read(t, newest(t, dir))
	_, err := train.Resume(dir, train.Options{FS: vfs.OS(), Threads: 1})
	if err == nil || !strings.Contains(err.Error(), "abacus") || !strings.Contains(err.Error(), "--other-cpu") || !strings.Contains(err.Error(), "--kernel") {
		t.Fatalf("got %v", err)
	}
	if !bytes.Equal(before, read(t, newest(t, dir))) {
		t.Error("the refusal changed the run")
	}
	r := resume(t, dir, func(o *train.Options) { o.OtherCPU = true }) // the refusal let go of the lock
	finish(t, r, 60)
	m, err := view(t, dir).ReadManifest()
	if err != nil || m.Exact || !strings.Contains(m.NotExactFor, "abacus") || m.Kernel == "abacus" {
		t.Errorf("the manifest says %+v, %v", m, err)
	}
}

// Once: the manifest then names the version that goes on.
func TestAnotherVersionOfTheTaskIsTold(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	dir := filepath.Join(t.TempDir(), "run")
	finish(t, create(t, dir, s), 40)
	made, err := view(t, dir).ReadManifest()
	if err != nil {
		t.Fatal(err)
	}
	editManifest(t, dir, "env_version", "an older pendulum")
	r := resume(t, dir)
	if told := strings.Join(r.Notices, "\n"); !strings.Contains(told, `made on "an older pendulum"`) {
		t.Errorf("the notices are %q", told)
	}
	finish(t, r, 60)
	m, err := view(t, dir).ReadManifest()
	if err != nil || m.Exact || !strings.Contains(m.NotExactFor, `"an older pendulum" until step 40`) || m.EnvVersion != made.EnvVersion {
		t.Errorf("the manifest says %+v, %v", m, err)
	}
	r = resume(t, dir)
	defer r.Close()
	if told := strings.Join(r.Notices, "\n"); strings.Contains(told, "made on") {
		t.Errorf("told again: %q", told)
	}
}

func TestOnlyRunsThatMultiplyBFloat16NameItsEngine(t *testing.T) {
	for algo, want := range map[string]string{"sac": kern.Tier(), "m-demorl": kern.Tier() + "+" + kern.BF16Engine()} {
		s := tiny(t, pendulum, algo)
		s.Agent.Precision = agent.PrecisionBF16
		dir := filepath.Join(t.TempDir(), "run")
		finish(t, create(t, dir, s), 1)
		if m, err := view(t, dir).ReadManifest(); err != nil || m.Kernel != want {
			t.Errorf("%s: kernel %q, want %q (%v)", algo, m.Kernel, want, err)
		}
	}
}

func TestASecondProcessIsRefused(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	dir := filepath.Join(t.TempDir(), "run")
	r := create(t, dir, s)
	var locked *rundir.Locked
	_, err := train.Resume(dir, train.Options{FS: vfs.OS(), Threads: 1})
	if !errors.As(err, &locked) || locked.PID != os.Getpid() {
		t.Errorf("a resume of a run that is going on gives %v", err)
	}
	if _, err := train.Create(dir, s, optionsOf(t, s, vfs.OS())); !errors.Is(err, rundir.ErrNotEmpty) || !strings.Contains(err.Error(), "demorl resume") {
		t.Errorf("a new run in the same folder gives %v", err)
	}
	finish(t, r, 10)
	finish(t, resume(t, dir), 20)
	if _, err := train.Resume(t.TempDir(), train.Options{FS: vfs.OS(), Threads: 1}); !errors.Is(err, rundir.ErrNoRun) {
		t.Errorf("a resume of an empty folder gives %v", err)
	}
}

// A task that cannot be made leaves no folder behind.
func TestAFailedStartLeavesNothing(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	dir := filepath.Join(t.TempDir(), "run")
	missing := errors.New("not installed")
	o := optionsOf(t, s, vfs.OS())
	o.Instance = func(string) (env.Env, error) { return nil, missing }
	if _, err := train.Create(dir, s, o); !errors.Is(err, missing) {
		t.Errorf("got %v", err)
	}
	s.Steps, s.Agent.Warmup = 0, 0
	if _, err := train.Create(dir, s, o); err == nil || !strings.Contains(err.Error(), "steps is 0") || !strings.Contains(err.Error(), "warmup is 0") {
		t.Errorf("faulty settings give %v", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is there: %v", err)
	}
}

// Settings that the networks of a checkpoint do not fit are told, not taken.
func TestACheckpointOfOtherSettingsIsAnError(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	dir := filepath.Join(t.TempDir(), "run")
	finish(t, create(t, dir, s), 40)
	s.Agent.SAC.Hidden = []int{9, 9}
	if err := os.WriteFile(filepath.Join(dir, "run.yaml"), optionsOf(t, s, vfs.OS()).Settings, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := train.Resume(dir, train.Options{FS: vfs.OS(), Threads: 1}); err == nil || !strings.Contains(err.Error(), "does not fit the run's settings") {
		t.Errorf("got %v", err)
	}
}

// A kill between a checkpoint and its mark must not cost the mark.
func TestAResumeMarksTheBestCheckpointThatWasNotMarked(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	dir := filepath.Join(t.TempDir(), "run")
	finish(t, create(t, dir, s), 50) // the evaluation at step 45 is the first and best
	mark := filepath.Join(dir, "checkpoints", "best")
	if err := os.Remove(mark); err != nil {
		t.Fatal(err)
	}
	if err := resume(t, dir).Close(); err != nil {
		t.Fatal(err)
	}
	if best, ok := view(t, dir).Best(); !ok || best != 45 {
		t.Errorf("best is %d, %t", best, ok)
	}
}
