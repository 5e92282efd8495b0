package train_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"demorl/agent"
	"demorl/env"
	"demorl/settings"
	"demorl/train"
)

func TestALoopDependsNeitherOnWorkersNorOnBeingSavedAndRestored(t *testing.T) {
	for _, task := range []string{pendulum, leg} {
		for _, a := range agent.Algorithms {
			s := tiny(t, task, a.Name)
			whole := newLoop(t, s, 1)
			steps(t, whole, 97) // in the middle of an episode
			saved := sections(whole)
			other := newLoop(t, s, 3)
			for _, section := range other.Sections() {
				if err := section.Restore(saved[section.Name]); err != nil {
					t.Fatal(err)
				}
			}
			equalSections(t, a.Name+" restored", other, whole)
			got, want := steps(t, other, 45), steps(t, whole, 45)
			for i := range want {
				if fmt.Sprint(got[i]) != fmt.Sprint(want[i]) {
					t.Fatalf("%s %s: step %d brings %v, want %v", task, a.Name, want[i].Step, got[i], want[i])
				}
			}
			equalSections(t, task+" "+a.Name+" after more steps", other, whole)
		}
	}
}

// Without StateCodec the episode under way is lost: the next step begins a new
// one, also for the planner, and nothing else is forgotten.
func TestARestoredLoopOfATaskWithoutStateBeginsANewEpisode(t *testing.T) {
	s := tiny(t, pendulum, "loop")
	l := loopOf(t, s, &scripted{limit: 10}, &scripted{limit: 3})
	steps(t, l, 44) // 4 steps into the fifth episode
	if l.Exact() {
		t.Error("a task without StateCodec is called exact")
	}
	world := &scripted{limit: 10}
	other := loopOf(t, s, world, &scripted{limit: 3})
	for i, section := range other.Sections() {
		if err := section.Restore(l.Sections()[i].Append(nil)); err != nil {
			t.Fatal(err)
		}
	}
	ev := steps(t, other, 1)[0]
	if ev.Step != 45 || ev.Transition.Obs[0] != 0 || world.episodes != 1 {
		t.Errorf("step %d starts at age %g of episode %d", ev.Step, ev.Transition.Obs[0], world.episodes)
	}
	// A planner whose episode ended answers as one that was reset.
	reset := loopOf(t, s, &scripted{limit: 10}, &scripted{limit: 3})
	for i, section := range reset.Sections() {
		if err := section.Restore(l.Sections()[i].Append(nil)); err != nil {
			t.Fatal(err)
		}
	}
	reset.Agent().EpisodeEnd()
	if again := steps(t, reset, 1)[0]; again.Transition.Action[0] != ev.Transition.Action[0] {
		t.Errorf("the planner went on with the plan of an episode that is lost: %g, want %g", ev.Transition.Action[0], again.Transition.Action[0])
	}
}

// forgetful is a scripted task that could not tell its state when it was saved.
type forgetful struct{ scripted }

func (e *forgetful) AppendState(dst []byte) []byte { return append(dst, 1) }

func (e *forgetful) RestoreState([]byte, []float64) error {
	return fmt.Errorf("test/scripted: %w", env.ErrNoState)
}

func TestARestoredLoopWhoseTaskLostItsStateBeginsANewEpisode(t *testing.T) {
	s := tiny(t, pendulum, "loop")
	l := loopOf(t, s, &forgetful{scripted{limit: 10}}, &scripted{limit: 3})
	steps(t, l, 44)
	world := &forgetful{scripted{limit: 10}}
	other := loopOf(t, s, world, &scripted{limit: 3})
	for i, section := range other.Sections() {
		if err := section.Restore(l.Sections()[i].Append(nil)); err != nil {
			t.Fatal(err)
		}
	}
	if ev := steps(t, other, 1)[0]; ev.Step != 45 || ev.Transition.Obs[0] != 0 || world.episodes != 1 {
		t.Errorf("step %d starts at age %g of episode %d", ev.Step, ev.Transition.Obs[0], world.episodes)
	}
}

// Such a run is no longer exact, and says so.
func TestARunWhoseTaskLostItsStateIsNotExact(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	dir := filepath.Join(t.TempDir(), "run")
	forgetting := func(o *train.Options) {
		o.Instance = func(string) (env.Env, error) { return &forgetful{scripted{limit: 10}}, nil }
	}
	finish(t, create(t, dir, s, forgetting), 20) // between two episodes nothing is lost
	r := resume(t, dir, forgetting)
	if m := r.Manifest(); !m.Exact {
		t.Errorf("resumed between two episodes: %+v", m)
	}
	finish(t, r, 24)
	r = resume(t, dir, forgetting)
	defer r.Close()
	if m := r.Manifest(); m.Exact || !strings.Contains(m.NotExactFor, "step 24") || !strings.Contains(strings.Join(r.Notices, "\n"), "goes on with a new episode") {
		t.Errorf("resumed within an episode: %+v, %q", m, r.Notices)
	}
}

func TestADamagedLoopSectionIsAnError(t *testing.T) {
	l := newLoop(t, tiny(t, pendulum, "sac"), 1)
	steps(t, l, 3)
	all := l.Sections()
	own := all[len(all)-1]
	state := own.Append(nil)
	for _, damaged := range [][]byte{nil, state[:len(state)-1], append(slices.Clone(state), 0)} {
		if err := own.Restore(damaged); err == nil || !strings.Contains(err.Error(), "loop: ") {
			t.Errorf("%d of %d bytes give %v", len(damaged), len(state), err)
		}
	}
	// A simulator state has no place in a task that cannot restore one.
	s := tiny(t, pendulum, "sac")
	plain := loopOf(t, s, withoutCodec{mustEnv(t, pendulum)}, withoutCodec{mustEnv(t, pendulum)})
	all = plain.Sections()
	if err := all[len(all)-1].Restore(state); err == nil || !strings.Contains(err.Error(), "cannot restore") {
		t.Errorf("got %v", err)
	}
}

// testdata/before-learners.yaml is what the program wrote before there were
// other learners than SAC.
func TestRunsOfEarlierVersionsGoOnAsTheyWere(t *testing.T) {
	text, err := os.ReadFile("testdata/before-learners.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s := train.Stored()
	if _, err := settings.Decode(&s, settings.YAML("run.yaml", text)); err != nil {
		t.Fatal(err)
	}
	if s.Agent.Learner != agent.LearnerSAC || s.Agent.SAC.AdamBeta1 != 0.9 || s.Agent.SAC.ObservationNorm {
		t.Errorf("read as learner %q, beta %g, normalised %t", s.Agent.Learner, s.Agent.SAC.AdamBeta1, s.Agent.SAC.ObservationNorm)
	}
	steps(t, newLoop(t, s, 1), s.Agent.Warmup+3)
}
