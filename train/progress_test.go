package train_test

import (
	"bytes"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"demorl/agent"
	"demorl/clone"
)

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
				if s.Agent.Learner == agent.LearnerClone {
					want = append(want, learned[4:]...) // SAC's are not there
				} else {
					want = append(want, learned...)
				}
				if s.Agent.Learner == agent.LearnerClone && line.Step > uint64(s.Agent.Warmup)+35 { // an episode has ended
					want = append(want, "clone/rows", "clone/passes", "clone/moved")
					if s.Agent.Clone.Rule == clone.RuleActions { // averages have no error
						want = append(want, "clone/error")
					} else if _, ok := line.Scalars["clone/error"]; ok {
						t.Errorf("%s: the line of step %d has an error that nobody measured", a.Name, line.Step)
					}
				}
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

// What may take minutes between two real steps says where it stands, and a run that
// nobody watches is the same run.
func TestTheWorkBetweenStepsTellsHowFarItHasCome(t *testing.T) {
	for algo, want := range map[string][]string{
		"m-demorl":        {"fitting the model", "imagining"},
		"dhmbpo":          {"fitting the model", "learning"},
		"m-demorl-online": {"fitting the model", "imagining", "judging, episode 1 of 2", "judging, episode 2 of 2"},
	} {
		s := tiny(t, leg, algo)
		s.EvalEpisodes = 2
		watched, alone := filepath.Join(t.TempDir(), "watched"), filepath.Join(t.TempDir(), "alone")
		r, last, seen := create(t, watched, s), agent.Work{}, map[string]int{}
		r.Watch(func(w agent.Work) {
			seen[w.Doing]++
			if w.Doing == last.Doing && w.Unit != "" && w.Done > last.Done+w.Of {
				seen["more: "+w.Doing]++
			}
			if w.Of > 0 && w.Done > w.Of || (w.Doing == "fitting the model") != (w.Held > 0) {
				t.Errorf("%s: %+v", algo, w)
			}
			last = w
		})
		finish(t, r, s.Steps)
		finish(t, create(t, alone, s), s.Steps)
		for _, doing := range want {
			if seen[doing] == 0 {
				t.Errorf("%s never says %q; it said %v", algo, doing, seen)
			}
		}
		if seen["more: fitting the model"] == 0 {
			t.Errorf("%s: a fit does not say how far it has come: %v", algo, seen)
		}
		if want := finalBytes(t, alone); !maps.EqualFunc(finalBytes(t, watched), want, bytes.Equal) {
			t.Errorf("%s: the watched run is another", algo)
		}
	}
}
