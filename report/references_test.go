package report

import (
	"strings"
	"testing"

	"demorl/env"
	_ "demorl/env/leg"
	_ "demorl/env/mujoco/dmc"
	_ "demorl/env/mujoco/gymtasks"
)

func TestTheStoredReferencesAreOfTasksAndSayWhereTheyAreFrom(t *testing.T) {
	all := References()
	if len(all) < 20 {
		t.Errorf("only %d tasks have a reference", len(all))
	}
	for id, r := range all {
		if task, err := env.Lookup(id); err != nil || task.ID != id {
			t.Errorf("%s is no task's id (%v)", id, err)
		}
		if r.Normalise(r.Random) != 0 || r.Normalise(r.Reference) != 1 || !near(r.Normalise((r.Random+r.Reference)/2), 0.5) {
			t.Errorf("%s: %+v does not normalise", id, r)
		}
	}
}

func TestWrongReferencesAreRefusedAllAtOnce(t *testing.T) {
	_, err := ReadReferences(strings.NewReader("a: {random: 3, random_source: x, reference: 3, reference_source: y}\nb: {random: .nan, random_source: x, reference: 3}\n"))
	for _, want := range []string{"a: random is 3 and reference 3", "b: random is NaN", `reference_source ""`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if _, err := ReadReferences(strings.NewReader("a: {rndom: 3}\n")); err == nil || !strings.Contains(err.Error(), "rndom") {
		t.Errorf("an unknown field: %v", err)
	}
}
