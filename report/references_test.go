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
	// None of the parser's own words, nor the program's types, reach the user.
	for text, want := range map[string]string{
		"a: {rndom: 3}\n":                `line 1: a: there is no "rndom"; want the form TASK: {random: RETURN, `,
		"hello\n":                        "line 1: want lines of the form TASK: {",
		"- a\n":                          "line 1: want lines of the form TASK: {",
		"\na: 3\n":                       "line 2: a: want the form TASK: {",
		"a: {random: x}\n":               "line 1: a: random is no number; want a number",
		"a: {random: 1}\na: {random: 1}": "line 2: a stands there twice",
		"a: {random: 1\n":                "not YAML: ",
		"":                               "it holds no references; want lines of the form TASK: {",
	} {
		_, err := ReadReferences(strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "report.") || strings.Contains(err.Error(), "construct") {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
