package train_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"demorl/env"
	"demorl/train"
)

// LoadPolicy gives the policy of the checkpoint that is named, and says whose it is.
func TestAPolicyIsLoadedFromTheCheckpointThatIsNamed(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	s.Steps, s.EvalEvery, s.CheckpointEvery, s.KeepCheckpoints = 60, 20, 20, 5
	dir := wholeRun(t, s)
	task, err := env.Lookup(s.Env)
	if err != nil {
		t.Fatal(err)
	}
	obs := []float64{1, 0.5, -0.5}
	acts := map[string][]float64{}
	for _, which := range []string{"newest", "best", "60", "40"} {
		p, err := train.LoadPolicy(dir, which, task.Describe())
		if err != nil {
			t.Fatalf("%s: %v", which, err)
		}
		acts[which] = p.Act(obs)
		if p.About.Env != s.Env || p.About.Algorithm != s.Algo || p.About.Producer != "demorl test" {
			t.Errorf("%s: it says that it is of %+v", which, p.About)
		}
		if want := map[string]int{"newest": 60, "60": 60, "40": 40}[which]; want > 0 && p.About.Step != want {
			t.Errorf("%s: it says step %d, want %d", which, p.About.Step, want)
		}
	}
	if !reflect.DeepEqual(acts["newest"], acts["60"]) || reflect.DeepEqual(acts["newest"], acts["40"]) {
		t.Errorf("actions %v: newest and 60 are one policy, 40 is another", acts)
	}
	for which, says := range map[string]string{"77": "77", "oldest": "want newest, best or a number"} {
		if _, err := train.LoadPolicy(dir, which, task.Describe()); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("checkpoint %s: %v; want an error that says %q", which, err, says)
		}
	}
	if err := os.Remove(filepath.Join(dir, "checkpoints", "best")); err != nil {
		t.Fatal(err)
	}
	if _, err := train.LoadPolicy(dir, "best", task.Describe()); err == nil || !strings.Contains(err.Error(), "never evaluated") {
		t.Errorf("without a best checkpoint: %v", err)
	}
	if _, err := train.LoadPolicy(t.TempDir(), "newest", task.Describe()); err == nil {
		t.Error("a folder without a run has a policy")
	}
}
