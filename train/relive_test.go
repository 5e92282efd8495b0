package train_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"demorl/env"
	"demorl/internal/vfs"
	"demorl/rng"
	"demorl/train"
)

// robot is a task whose state cannot be saved, and whose observations are float32
// as the log's are, so that what is lived again can be compared in every bit.
type robot struct {
	task   env.Env
	resets *int
	steps  *int
}

func (r robot) Spec() env.Spec { return r.task.Spec() }

func (r robot) Close() error { return r.task.Close() }

func (r robot) Reset(s *rng.Stream, obs []float64) error {
	*r.resets++
	err := r.task.Reset(s, obs)
	rounded(obs)
	return err
}

func (r robot) Step(action, obs []float64) (env.Outcome, error) {
	*r.steps++
	out, err := r.task.Step(action, obs)
	rounded(obs)
	return out, err
}

func rounded(x []float64) {
	for i, v := range x {
		x[i] = float64(float32(v))
	}
}

// robots makes the options of a run on robots; resets and steps count those of
// the training's own.
func robots(resets, steps *int) func(*train.Options) {
	return func(o *train.Options) {
		made, others := 0, new(int)
		o.Instance = func(id string) (env.Env, error) {
			e, err := short(id)
			if made++; made > 1 {
				return robot{e, others, others}, err
			}
			return robot{e, resets, steps}, err
		}
	}
}

// killedAt leaves in dir what a run's folder holds when it is killed after step at.
func killedAt(t *testing.T, dir string, s train.Settings, at int) {
	t.Helper()
	running := filepath.Join(t.TempDir(), "running")
	r := create(t, running, s, robots(new(int), new(int)))
	ctx, cancel := context.WithCancel(context.Background())
	if err := r.Train(ctx, s.Steps, func(p train.Progress) {
		if p.Step == at {
			if err := os.CopyFS(dir, os.DirFS(running)); err != nil {
				t.Error(err)
			}
			cancel()
		}
	}); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

// Steps that a robot made after the newest checkpoint are not lost by a kill:
// the learner ends where it would have been, in every bit, and the robot does
// not move for it.
func TestAKilledRobotsStepsAreLivedAgain(t *testing.T) {
	for _, c := range []struct {
		algorithm string
		kill      int
		repeat    int
	}{{"sac", 83, 1}, {"m-demorl", 76, 1}, {"loop", 90, 1}, {"poplin-a", 72, 1}, {"sac", 87, 2}, {"mbpo", 20, 1}} {
		what := fmt.Sprintf("%s killed at %d, actions held for %d", c.algorithm, c.kill, c.repeat)
		s := tiny(t, pendulum, c.algorithm)
		s.CheckpointEvery, s.Agent.ActionRepeat = 50, c.repeat
		want := filepath.Join(t.TempDir(), "want")
		finish(t, create(t, want, s, robots(new(int), new(int))), c.kill)
		dir := filepath.Join(t.TempDir(), "killed")
		killedAt(t, dir, s, c.kill)

		resets, made := 0, 0
		r := resume(t, dir, robots(&resets, &made))
		checkpoint := c.kill / 50 * 50
		if r.Steps() != checkpoint || r.Reliving() != c.kill-checkpoint || !strings.Contains(strings.Join(r.Notices, "\n"), "lived again") {
			t.Fatalf("%s: resumed at step %d with %d to be lived again: %q", what, r.Steps(), r.Reliving(), r.Notices)
		}
		if err := r.Train(context.Background(), c.kill, nil); err != nil {
			t.Fatal(what, err)
		}
		if resets != 0 || made != 0 || r.Steps() != c.kill || r.Reliving() != 0 {
			t.Errorf("%s: the robot was reset %d times and made %d steps; the run is at step %d", what, resets, made, r.Steps())
		}
		equalRuns(t, what, dir, want, c.kill)
		if err := r.Train(context.Background(), s.Steps, nil); err != nil {
			t.Fatal(what, err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(what, err)
		}
		if made != s.Steps-c.kill || resets == 0 {
			t.Errorf("%s: then the robot made %d steps in %d episodes, want %d", what, made, resets, s.Steps-c.kill)
		}
		if rows := transitions(t, dir); len(rows) != s.Steps {
			t.Errorf("%s: the log holds %d steps", what, len(rows))
		}
	}
}

// A stop while steps are lived again loses none of them, and an episode that
// an earlier resume cut stays cut.
func TestLivingAgainCanBeStoppedAndRepeated(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	s.CheckpointEvery, s.EvalEvery = 1000, 0
	dir := filepath.Join(t.TempDir(), "killed")
	killedAt(t, dir, s, 60)
	r := resume(t, dir, robots(new(int), new(int)))
	if r.Steps() != 0 || r.Reliving() != 60 {
		t.Fatalf("step %d, %d to be lived again", r.Steps(), r.Reliving())
	}
	ctx, cancel := context.WithCancel(context.Background())
	if err := r.Train(ctx, s.Steps, func(p train.Progress) {
		if p.Step == 41 {
			cancel()
		}
	}); err != nil {
		t.Fatal(err)
	}
	if r.Reliving() != 19 {
		t.Errorf("%d are left", r.Reliving())
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}

	// Again, to the end of the log and beyond; then the checkpoints are lost.
	finish(t, resume(t, dir, robots(new(int), new(int))), 85)
	before, rows := read(t, filepath.Join(dir, "checkpoints", "85", "state.bin")), transitions(t, dir)
	if err := os.RemoveAll(filepath.Join(dir, "checkpoints")); err != nil {
		t.Fatal(err)
	}
	resets := 0
	r = resume(t, dir, robots(&resets, new(int)))
	finish(t, r, 85)
	if resets != 0 || !slices.Equal(transitions(t, dir), rows) {
		t.Errorf("the robot was reset %d times, or the log changed", resets)
	}
	if !bytes.Equal(before, read(t, filepath.Join(dir, "checkpoints", "85", "state.bin"))) {
		t.Error("lived twice, the run is another one")
	}
}

// An evaluation that a kill prevented is made; one that was made is not repeated,
// and counts as the best where it was.
func TestAnEvaluationIsMadeOnceAtTheEndOfTheLog(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	s.CheckpointEvery, s.EvalEvery = 50, 30
	want := filepath.Join(t.TempDir(), "want")
	finish(t, create(t, want, s, robots(new(int), new(int))), 60)
	for _, prevented := range []bool{false, true} {
		dir := filepath.Join(t.TempDir(), "killed")
		killedAt(t, dir, s, 60)
		if err := os.RemoveAll(filepath.Join(dir, "checkpoints", "60")); err != nil { // where the evaluation was the best
			t.Fatal(err)
		}
		path := filepath.Join(dir, "eval.csv")
		rows := read(t, path)
		if prevented {
			rows = rows[:bytes.Index(rows, []byte("\n60,"))+1]
		}
		if err := os.WriteFile(path, rows, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(dir, "checkpoints", "best")); err != nil {
			t.Fatal(err)
		}
		finish(t, resume(t, dir, robots(new(int), new(int))), 60)
		equalRuns(t, fmt.Sprintf("prevented %t", prevented), dir, want, 60)
		if best, _ := view(t, dir).Best(); best != 60 {
			t.Errorf("prevented %t: the best is said to be %d", prevented, best)
		}
	}
}

// A file of evaluations that lost rows is refused, and one that is gone is told,
// also where steps are lived again.
func TestEvaluationsThatAreLostAreToldBeforeStepsAreLivedAgain(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	s.CheckpointEvery, s.EvalEvery = 50, 40
	dir := filepath.Join(t.TempDir(), "killed")
	killedAt(t, dir, s, 60)
	path := filepath.Join(dir, "eval.csv")
	if err := os.Truncate(path, int64(len("step,episode,return,length,actor\n"))); err != nil {
		t.Fatal(err)
	}
	o := train.Options{FS: vfs.OS(), Threads: 1}
	robots(new(int), new(int))(&o)
	if _, err := train.Resume(dir, o); err == nil || !strings.Contains(err.Error(), "rows are lost") {
		t.Errorf("of a shorter file: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	r := resume(t, dir, robots(new(int), new(int)))
	if notices := strings.Join(r.Notices, "\n"); !strings.Contains(notices, path+" is gone") {
		t.Errorf("of a removed file: %s", notices)
	}
	r.Close()
}

// A block that a kill tore is cut off; what is before it is lived again, also
// where that is nothing.
func TestATornEndOfTheLogIsCutOff(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	s.CheckpointEvery = 50
	for kill, left := range map[int]int{60: 9, 51: 0} {
		dir := filepath.Join(t.TempDir(), "killed")
		killedAt(t, dir, s, kill)
		segment := filepath.Join(dir, "transitions", "000000.seg")
		data := read(t, segment)
		if err := os.WriteFile(segment, data[:len(data)-3], 0o644); err != nil {
			t.Fatal(err)
		}
		r := resume(t, dir, robots(new(int), new(int)))
		if r.Reliving() != left {
			t.Errorf("killed at %d: %d steps to be lived again, want %d", kill, r.Reliving(), left)
		}
		finish(t, r, 70)
		if rows := transitions(t, dir); len(rows) != 70 {
			t.Errorf("killed at %d: the log holds %d steps", kill, len(rows))
		}
	}
}

// Steps of the log are made steps: a resume that is to end before them changes nothing.
func TestAResumeToFewerStepsThanTheLogHoldsIsRefused(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	s.CheckpointEvery, s.EvalEvery = 50, 0
	dir := filepath.Join(t.TempDir(), "killed")
	killedAt(t, dir, s, 60)
	before := read(t, filepath.Join(dir, "manifest.json"))
	o := train.Options{FS: vfs.OS(), Threads: 1, Steps: 55}
	robots(new(int), new(int))(&o)
	_, err := train.Resume(dir, o)
	var unfit *train.UnfitError
	if !errors.As(err, &unfit) || !strings.Contains(err.Error(), "has made 60 steps") || !bytes.Equal(before, read(t, filepath.Join(dir, "manifest.json"))) {
		t.Errorf("to 55 steps: %v", err)
	}
	r := resume(t, dir, robots(new(int), new(int)), func(o *train.Options) { o.Steps = 60 })
	finish(t, r, 60)
}
