package train_test

import (
	"path/filepath"
	"testing"

	"demorl/agent"
	"demorl/rundir"
	"demorl/train"
)

// A program outside the module cannot name the file system's type: the zero
// Options are the real disk, and a run keeps its settings without their text.
func TestTheZeroOptionsMakeARunThatGoesOn(t *testing.T) {
	dir, s := filepath.Join(t.TempDir(), "run"), tiny(t, pendulum, "sac")
	finish(t, must(train.Create(dir, s, train.Options{}))(t), 50)
	d, err := rundir.View(nil, dir)
	if err != nil {
		t.Fatal(err)
	}
	if kept, err := train.ReadSettings(d); err != nil || kept.Agent.Warmup != s.Agent.Warmup || kept.Agent.Warmup == agent.DefaultSettings().Warmup {
		t.Errorf("the run keeps a warm-up of %d, %v; want %d", kept.Agent.Warmup, err, s.Agent.Warmup)
	}
	r := must(train.Resume(dir, train.Options{}))(t)
	if r.Steps() != 50 {
		t.Errorf("resumed at step %d", r.Steps())
	}
	finish(t, r, 60)
}

// must ends a test whose run could not be opened.
func must(r *train.Run, err error) func(t *testing.T) *train.Run {
	return func(t *testing.T) *train.Run {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
}
