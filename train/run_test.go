package train_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
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

// A run.yaml of a version that knew no value gradients means what that version did.
func TestSettingsOfEarlierVersionsAreReadAsTheyWereMeant(t *testing.T) {
	s := tiny(t, leg, "m-demorl")
	text, err := settings.Encode(&s, nil)
	if err != nil {
		t.Fatal(err)
	}
	old := regexp.MustCompile(`(?m)^( *(learner|activation|scaled):.*|value_gradient:\n(  .*\n)+)\n?`).ReplaceAll(text, nil)
	for _, name := range []string{"learner", "value_gradient", "activation", "scaled"} {
		if bytes.Contains(old, []byte(name+":")) {
			t.Fatalf("%s is still named in\n%s", name, old)
		}
	}
	back := train.Stored()
	if _, err := settings.Decode(&back, settings.YAML("run.yaml", old)); err != nil {
		t.Fatal(err)
	}
	s.Agent.Gradient = agent.DefaultGradient() // what tiny makes smaller
	if !equalSettings(back, s) {
		t.Errorf("read as %+v\nwant %+v", back, s)
	}
	if err := back.Validate(); err != nil {
		t.Error(err)
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

// A program that is started again goes on with its run, and never with another one.
func TestOpenBeginsARunOrGoesOnWithIt(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	dir := filepath.Join(t.TempDir(), "run")
	for _, to := range []int{70, s.Steps} {
		s.Steps = to
		r, err := train.Open(dir, s)
		if err != nil {
			t.Fatal(err)
		}
		finish(t, r, to)
	}
	registry := func(o *train.Options) { o.Instance = nil }
	equalRuns(t, "opened twice", dir, wholeRun(t, s, registry), s.Steps)
	s.Agent.SAC.Gamma = 0.9
	if _, err := train.Open(dir, s); err == nil || !strings.Contains(err.Error(), `"gamma: 0.99" in its run.yaml`) {
		t.Errorf("with other settings: %v", err)
	}
}

// A run of a task made of files goes on with its copy, also in the library.
func TestOpenMakesTheTaskOfWhatTheRunKept(t *testing.T) {
	original := "own"
	made := ""
	task := func(text string) env.Task {
		return env.Task{ID: "original.file", Files: map[string][]byte{"text": []byte(text)},
			Describe: func() env.Spec { return (&scripted{}).Spec() },
			Make: func() (env.Env, error) {
				made = text
				return &scripted{limit: 30}, nil
			}}
	}
	env.AddResolver(func(name string) (env.Task, bool, error) { return task(original), name == "original.file", nil })
	env.AddKeeper(func(id, _ string, files map[string][]byte) (env.Task, bool, error) {
		return task(string(files["text"])), id == "original.file", nil
	})
	s := tiny(t, pendulum, "sac")
	s.Env, s.EvalEvery = "original.file", 0
	dir := filepath.Join(t.TempDir(), "run")
	for _, to := range []int{10, 20} {
		r, err := train.Open(dir, s)
		if err != nil {
			t.Fatal(err)
		}
		if made != "own" {
			t.Errorf("the task was made of %q, which the run does not have", made)
		}
		finish(t, r, to)
		original = "edited"
	}
}

// What another machine must change of a Gymnasium environment's name stands behind #.
func TestSettingsOfAnotherTaskDoNotBelongToTheRun(t *testing.T) {
	m := rundir.Manifest{Env: "gymnasium:own:Arm?load=2#folder=/a&python=/a/python"}
	for name, ok := range map[string]bool{
		m.Env: true, "gymnasium:own:Arm?load=2#folder=/b&python=/b/python": true, "gymnasium:own:Arm?load=2": true,
		"gymnasium:own:Arm?load=3#folder=/a&python=/a/python": false, "gymnasium:own:Leg?load=2#folder=/a&python=/a/python": false, "classic/pendulum": false,
	} {
		if err := train.Belongs(train.Settings{Env: name}, m); (err == nil) != ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheManifestSaysWhichCommitWentOnWithTheRun(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	s.Steps = 60
	dir := filepath.Join(t.TempDir(), "run")
	by := func(commit string) func(*train.Options) { return func(o *train.Options) { o.Commit = commit } }
	finish(t, create(t, dir, s, by("first")), 20)
	finish(t, resume(t, dir, by("first")), 30)
	finish(t, resume(t, dir, by("second")), 40)
	finish(t, resume(t, dir, by("second")), 50)
	m, err := view(t, dir).ReadManifest()
	if want := []rundir.Change{{Step: 30, Commit: "second"}}; err != nil || m.Commit != "first" || len(m.Resumed) != 3 || !slices.Equal(m.Changed, want) {
		t.Errorf("manifest says begun by %q, %d resumes, changes %v (%v); want first, 3, %v", m.Commit, len(m.Resumed), m.Changed, err, want)
	}
}
