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
	"time"

	"demorl/agent"
	"demorl/env"
	"demorl/internal/vfs"
	"demorl/rundir"
	"demorl/settings"
	"demorl/train"
)

func optionsOf(t testing.TB, s train.Settings, fsys vfs.FS) train.Options {
	t.Helper()
	text, err := settings.Encode(&s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return train.Options{FS: fsys, Threads: 1, Program: "test", Settings: text, Instance: short}
}

// create begins a run in dir.
func create(t testing.TB, dir string, s train.Settings, change ...func(*train.Options)) *train.Run {
	t.Helper()
	o := optionsOf(t, s, vfs.OS())
	for _, f := range change {
		f(&o)
	}
	r, err := train.Create(dir, s, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func resume(t testing.TB, dir string, change ...func(*train.Options)) *train.Run {
	t.Helper()
	o := train.Options{FS: vfs.OS(), Threads: 2, Instance: short}
	for _, f := range change {
		f(&o)
	}
	r, err := train.Resume(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// finish trains r to steps and closes it.
func finish(t testing.TB, r *train.Run, to int) {
	t.Helper()
	if err := r.Train(context.Background(), to, nil); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

// wholeRun returns the folder of a run that was never stopped.
func wholeRun(t testing.TB, s train.Settings, change ...func(*train.Options)) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "whole")
	finish(t, create(t, dir, s, change...), s.Steps)
	return dir
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func view(t testing.TB, dir string) *rundir.Dir {
	t.Helper()
	d, err := rundir.View(vfs.OS(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// transitions returns the log of real transitions as text.
func transitions(t testing.TB, dir string) (rows []string) {
	t.Helper()
	m, err := view(t, dir).ReadManifest()
	if err != nil {
		t.Fatal(err)
	}
	task, err := env.Lookup(m.Env)
	if err != nil {
		t.Fatal(err)
	}
	spec := task.Describe()
	log, err := view(t, dir).OpenTransitions(rundir.Layout{Obs: spec.ObsDim, Action: spec.ActDim})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.Read(0, func(r rundir.Transition) error {
		rows = append(rows, fmt.Sprint(r))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return rows
}

func progress(t testing.TB, dir string) []rundir.Record {
	t.Helper()
	lines, err := view(t, dir).ReadProgress()
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// equalRuns fails unless both runs ended with the same bytes (docs/cli.md), the
// same log of transitions and lines of progress at the same steps.
func equalRuns(t testing.TB, what, got, want string, step int) {
	t.Helper()
	for _, name := range []string{fmt.Sprintf("checkpoints/%d/state.bin", step), "eval.csv"} {
		if !bytes.Equal(read(t, filepath.Join(got, name)), read(t, filepath.Join(want, name))) {
			t.Errorf("%s: %s differs from the run that was left alone", what, name)
		}
	}
	g, w := transitions(t, got), transitions(t, want)
	if len(w) != step || !slices.Equal(g, w) {
		t.Errorf("%s: the logs hold %d and %d transitions of %d, or other ones", what, len(g), len(w), step)
	}
	at := func(lines []rundir.Record) (steps []uint64) {
		for _, l := range lines {
			steps = append(steps, l.Step)
		}
		return steps
	}
	if g, w := at(progress(t, got)), at(progress(t, want)); !slices.Equal(g, w) {
		t.Errorf("%s: lines of progress at %v, want %v", what, g, w)
	}
}

// 2N steps are N steps, a resume and N steps, whatever N meets: warm-up, an
// episode's middle, a checkpoint's step, an epoch's end.
func TestAResumedRunEndsWithTheBytesOfOneThatWasNeverStopped(t *testing.T) {
	for _, c := range []struct {
		task, algorithm string
		stops           []int
	}{
		{leg, "m-demorl", []int{17, 97}},
		{leg, "mbpo", []int{110}},
		{pendulum, "loop", []int{65, 100}},
		{pendulum, "sac", []int{31}},
		{pendulum, "mopac", []int{150}},
	} {
		s := tiny(t, c.task, c.algorithm)
		want := wholeRun(t, s)
		for _, stop := range c.stops {
			dir := filepath.Join(t.TempDir(), "run")
			finish(t, create(t, dir, s), stop)
			r := resume(t, dir)
			if r.Steps() != stop || !r.Manifest().Exact || !equalSettings(r.Settings(), s) {
				t.Errorf("%s: resumed at step %d of %d, exact %t", c.algorithm, r.Steps(), stop, r.Manifest().Exact)
			}
			finish(t, r, s.Steps)
			equalRuns(t, fmt.Sprintf("%s %s stopped at %d", c.task, c.algorithm, stop), dir, want, s.Steps)
		}
	}
}

// Cancelling ends the run after the step under way, with a checkpoint of it.
func TestACancelledRunLeavesACheckpointOfItsLastStep(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	want := wholeRun(t, s)
	dir := filepath.Join(t.TempDir(), "run")
	r := create(t, dir, s)
	ctx, cancel := context.WithCancel(context.Background())
	if err := r.Train(ctx, s.Steps, func(p train.Progress) {
		if p.Target != s.Steps {
			t.Errorf("target %d", p.Target)
		}
		if p.Step == 83 {
			cancel()
		}
	}); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil || r.Steps() != 83 {
		t.Fatalf("stopped at step %d: %v", r.Steps(), err)
	}
	r = resume(t, dir)
	if r.Steps() != 83 {
		t.Errorf("resumed at step %d", r.Steps())
	}
	finish(t, r, s.Steps)
	equalRuns(t, "cancelled", dir, want, s.Steps)
}

func TestARunOfATaskThatCannotSaveItsStateGoesOnAndIsMarkedNotExact(t *testing.T) {
	s := tiny(t, pendulum, "m-demorl")
	instance := func(o *train.Options) {
		o.Instance = func(id string) (env.Env, error) { return &scripted{limit: 30}, nil }
	}
	dir := filepath.Join(t.TempDir(), "run")
	finish(t, create(t, dir, s, instance), 100)
	m, err := view(t, dir).ReadManifest()
	if err != nil || m.Exact || !strings.Contains(m.NotExactFor, "cannot save its state") {
		t.Errorf("manifest says exact %t (%q), %v", m.Exact, m.NotExactFor, err)
	}
	r := resume(t, dir, instance)
	if r.Steps() != 100 || !strings.Contains(strings.Join(r.Notices, "\n"), "new episode") {
		t.Errorf("resumed at step %d with %q", r.Steps(), r.Notices)
	}
	finish(t, r, s.Steps)
	if m := r.Manifest(); m.Exact || len(m.Resumed) != 1 || r.Steps() != s.Steps {
		t.Errorf("ended at step %d with %+v", r.Steps(), m)
	}
	if lines := bytes.Count(read(t, filepath.Join(dir, "eval.csv")), []byte("\n")); lines != 1+4 {
		t.Errorf("eval.csv has %d lines, want a header and evaluations at 45, 90, 135, 180", lines)
	}
}

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

func TestWithoutAnyGoodCheckpointTheRunBeginsAgain(t *testing.T) {
	s := tiny(t, leg, "m-demorl")
	want := wholeRun(t, s)
	for name, damage := range map[string]func(dir string){
		"none": func(dir string) { os.RemoveAll(filepath.Join(dir, "checkpoints")) },
		"all damaged": func(dir string) {
			paths, _ := filepath.Glob(filepath.Join(dir, "checkpoints", "*", "state.bin"))
			for _, p := range paths {
				os.WriteFile(p, []byte("no state"), 0o666)
			}
		},
	} {
		dir := filepath.Join(t.TempDir(), "run")
		finish(t, create(t, dir, s), 60)
		damage(dir)
		r := resume(t, dir)
		if r.Steps() != 0 || !strings.Contains(strings.Join(r.Notices, "\n"), "begins again from step 0") {
			t.Errorf("%s: resumed at step %d with %q", name, r.Steps(), r.Notices)
		}
		finish(t, r, 40)
		if left, err := view(t, dir).Steps(); err != nil || slices.Max(left) != 40 {
			t.Errorf("%s: checkpoints %v of the lost run are taken for newer than that of step 40 (%v)", name, left, err)
		}
		finish(t, resume(t, dir), s.Steps)
		equalRuns(t, name, dir, want, s.Steps)
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

// Errors of the task end the run the same way.
func TestAFailingRobotLeavesTheLastGoodCheckpoint(t *testing.T) {
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
	for at, want := range map[int]string{12: "no checkpoint was written before", 60: "last good checkpoint is that of step 50"} {
		dir := filepath.Join(t.TempDir(), "run")
		r := create(t, dir, s, failing(at))
		if err := r.Train(context.Background(), s.Steps, nil); !errors.Is(err, unplugged) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), fmt.Sprintf("step %d", at)) {
			t.Errorf("failing at step %d: got %v", at, err)
		}
		r.Close()
		r = resume(t, dir, failing(-1))
		if wants := map[int]int{12: 0, 60: 50}[at]; r.Steps() != wants {
			t.Errorf("resumed at step %d, want %d", r.Steps(), wants)
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

// docs/cli.md: every line has step, time and, from when they exist, the named
// scalars; a resumed run's lines go on with all of them.
func TestEveryLineOfProgressHasThePromisedFields(t *testing.T) {
	always := []string{"time/elapsed_s", "time/steps_per_s"}
	learned := []string{"sac/critic_loss", "sac/actor_loss", "sac/temperature", "sac/q_mean", "model/train_nll", "model/holdout_mse", "model/disagreement", "plan/nonfinite"}
	for _, a := range agent.Algorithms {
		if a.Imagine == agent.ImagineNothing && a.Act != agent.ActPlanner {
			continue // model-free
		}
		s := tiny(t, leg, a.Name)
		s.EvalEvery, s.Agent.UpdateEvery = 0, 1
		dir := filepath.Join(t.TempDir(), "run")
		finish(t, create(t, dir, s), 75)
		finish(t, resume(t, dir), s.Steps)
		lines := progress(t, dir)
		if len(lines) != s.Steps/s.LogEvery {
			t.Fatalf("%s: %d lines", a.Name, len(lines))
		}
		returned := false
		for i, line := range lines {
			if line.Step != uint64((i+1)*s.LogEvery) || line.Time.IsZero() {
				t.Errorf("%s: line %d is of step %d, time %v", a.Name, i, line.Step, line.Time)
			}
			want := slices.Clone(always)
			if line.Step > uint64(s.Agent.Warmup) {
				want = append(want, learned...)
				if a.Imagine != agent.ImagineNothing {
					want = append(want, "plan/return_policy", "plan/return_plan")
				}
			}
			if _, ok := line.Scalars["train/return"]; ok || returned {
				want, returned = append(want, "train/return"), true
			}
			for _, name := range want {
				if _, ok := line.Scalars[name]; !ok {
					t.Errorf("%s: the line of step %d lacks %s", a.Name, line.Step, name)
				}
			}
		}
		if _, early := lines[0].Scalars["train/return"]; early || !returned {
			t.Errorf("%s: train/return is in the first line %t, in any %t", a.Name, early, returned)
		}
	}
}

func TestTheReturnInAnyLineIsOfTheLastEpisodeThatEnded(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	dir := filepath.Join(t.TempDir(), "run")
	instance := func(o *train.Options) {
		o.Instance = func(string) (env.Env, error) {
			return &scripted{limit: 25, step: func(e *scripted, _ []float64, out *env.Outcome) error {
				out.Reward = float64(e.episodes)
				return nil
			}}, nil
		}
	}
	finish(t, create(t, dir, s, instance), 100)
	for _, line := range progress(t, dir) {
		got, ok := line.Scalars["train/return"]
		if want := float64(line.Step / 25 * 25); ok != (want > 0) || got != want {
			t.Errorf("step %d: return %g, %t; want %g", line.Step, got, ok, want)
		}
	}
}

// time/elapsed_s is the time of all sessions without the pauses between them.
func TestElapsedTimeGoesOnOverAResumeAndLeavesPausesOut(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	s.LogEvery, s.EvalEvery = 1, 0
	dir := filepath.Join(t.TempDir(), "run")
	began := time.Now()
	r := create(t, dir, s)
	for p := range 3 {
		if p > 0 {
			time.Sleep(200 * time.Millisecond)
			before := progress(t, dir)
			last := before[len(before)-1].Scalars["time/elapsed_s"]
			began = began.Add(200 * time.Millisecond)
			r = resume(t, dir)
			finish(t, r, (p+1)*40)
			after := progress(t, dir)
			if first := after[len(before)].Scalars["time/elapsed_s"]; first < last {
				t.Errorf("elapsed falls from %g to %g", last, first)
			}
			continue
		}
		finish(t, r, 40)
	}
	lines := progress(t, dir)
	last, worked := lines[len(lines)-1].Scalars["time/elapsed_s"], time.Since(began).Seconds()
	if last <= 0 || last > worked {
		t.Errorf("elapsed %g s in the end; at most %g s were worked", last, worked)
	}
	for i := 1; i < len(lines); i++ {
		if lines[i].Scalars["time/elapsed_s"] < lines[i-1].Scalars["time/elapsed_s"] {
			t.Errorf("elapsed falls at line %d", i)
		}
	}
}

func TestTheBestCheckpointOutlivesTheNewest(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	s.EvalEvery, s.CheckpointEvery, s.KeepCheckpoints = 40, 20, 2
	dir := filepath.Join(t.TempDir(), "run")
	var r *train.Run
	made := 0
	r = create(t, dir, s, func(o *train.Options) {
		o.Instance = func(string) (env.Env, error) {
			made++
			e := &scripted{limit: 4}
			if made == 2 { // the evaluation's: the best is that of step 80
				e.step = func(_ *scripted, _ []float64, out *env.Outcome) error {
					out.Reward = 0
					if r.Steps() == 80 {
						out.Reward = 1
					}
					return nil
				}
			}
			return e, nil
		}
	})
	finish(t, r, s.Steps)
	d := view(t, dir)
	best, ok := d.Best()
	steps, err := d.Steps()
	if err != nil || !ok || best != 80 || !slices.Equal(steps, []uint64{200, 180, 80}) {
		t.Errorf("best %d, %t; checkpoints %v, %v", best, ok, steps, err)
	}
	if want := "step,episode,return,length,actor\n40,0,0,4,policy\n80,0,4,4,policy\n120,0,0,4,policy\n160,0,0,4,policy\n200,0,0,4,policy\n"; string(read(t, filepath.Join(dir, "eval.csv"))) != want {
		t.Errorf("eval.csv is\n%s", read(t, filepath.Join(dir, "eval.csv")))
	}
}

// equalSettings leaves out planner.horizon: the agent's own horizon sets it.
func equalSettings(a, b train.Settings) bool {
	a.Agent.Planner.Horizon, b.Agent.Planner.Horizon = 0, 0
	return reflect.DeepEqual(a, b)
}

// run.yaml alone makes the run again.
func TestRunYAMLHoldsTheCompleteSettings(t *testing.T) {
	for _, a := range agent.Algorithms {
		s := tiny(t, leg, a.Name)
		dir := filepath.Join(t.TempDir(), "run")
		if err := create(t, dir, s).Close(); err != nil {
			t.Fatal(err)
		}
		got, err := train.ReadSettings(view(t, dir))
		if err != nil || !equalSettings(got, s) {
			t.Errorf("%s: got %+v, %v\nwant %+v", a.Name, got, err, s)
		}
	}
}

// The library's own beginning: no flags, no files beforehand.
func TestStartMakesARunThatCanBeResumed(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	dir := filepath.Join(t.TempDir(), "run")
	r, err := train.Start(dir, s)
	if err != nil {
		t.Fatal(err)
	}
	if r.Path() != dir || r.Manifest().Program != "library" || r.Manifest().Algorithm != "sac" {
		t.Errorf("%s: %+v", r.Path(), r.Manifest())
	}
	finish(t, r, 100)
	registry := func(o *train.Options) { o.Instance = nil }
	finish(t, resume(t, dir, registry), s.Steps)
	equalRuns(t, "library", dir, wholeRun(t, s, registry), s.Steps)
}
