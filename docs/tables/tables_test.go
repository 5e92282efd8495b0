package main

import (
	"os"
	"strings"
	"testing"

	"demorl/agent"
	"demorl/mpc"
)

func TestTheTablesOfThePageAreUpToDate(t *testing.T) {
	page, err := os.ReadFile("../algorithms.md")
	if err != nil {
		t.Fatal(err)
	}
	text, err := fill(string(page))
	if err != nil {
		t.Fatal(err)
	}
	if text != string(page) {
		t.Error("docs/algorithms.md is not what the settings say: run `make tables`")
	}
}

// The published settings of method.md parts B.8 and E, read off the tables.
func TestTablesTellThePublishedSettings(t *testing.T) {
	for _, c := range []struct{ table, algorithm, title, cell string }{
		{"circle", "m-demorl", "what is imagined", "planned rollouts, 5 to 15 steps" + differs},
		{"circle", "m-demorl", "it draws", "mixed, 20 to 80 % real" + differs},
		{"circle", "mbpo", "what is imagined", "rollouts of the policy, 1 step" + differs},
		{"circle", "loop", "who acts", "planner"},
		{"circle", "sac", "inner loop", "none"},
		{"planner", "pets", "candidates", "500"},
		{"planner", "pets", "utility", "50 elites"},
		{"planner", "pets", "particles", "20"},
		{"planner", "m-demorl", "utility", "10 elites"},
		{"planner", "mopac", "utility", "exponential weights, lambda 1"},
		{"learner", "sac", "target entropy", "-A"},
		{"learner", "mbpo", "target entropy", "-3" + differs},
		{"learner", "redq", "critics", "10 critics, targets from 2 of them"},
		{"schedule", "pets", "a fit ends after", "5 passes in batches of 32"},
		{"schedule", "sac", "model fitted every", absent},
		{"sizes", "m-demorl", "updates a step", "40 / 20 / 10"},
		{"sizes", "crossq", "critics", "2x2048 / 2x512 / 2x128"},
	} {
		if got := cellOf(t, c.table, c.algorithm, c.title); got != c.cell {
			t.Errorf("%s, %s, %s: %q, want %q", c.table, c.algorithm, c.title, got, c.cell)
		}
	}
}

func cellOf(t *testing.T, name, algorithm, title string) string {
	t.Helper()
	a, err := agent.FindAlgorithm(algorithm)
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		if table.name != name {
			continue
		}
		cells, err := table.row(a)
		if err != nil || cells == nil {
			t.Fatalf("%s: %v, %v", algorithm, cells, err)
		}
		for c := range cells {
			if table.columns[c].title == title {
				return cells[c]
			}
		}
	}
	t.Fatalf("no column %q of a table %q", title, name)
	return ""
}

func TestATableHasARowForEveryAlgorithmThatHasTheThing(t *testing.T) {
	for _, table := range tables {
		text, err := table.text()
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range agent.Algorithms {
			m, err := resolve(a, "reference", shown)
			if err != nil {
				t.Fatal(err)
			}
			want := table.has == nil || table.has(m)
			if has := strings.Contains(text, "| `"+a.Name+"` |"); has != want {
				t.Errorf("table %s has %s: %v, want %v", table.name, a.Name, has, want)
			}
		}
	}
}

// A new value of a setting must be described before it can be printed.
func TestAValueWithoutWordsIsAnError(t *testing.T) {
	a, err := agent.FindAlgorithm("cem")
	if err != nil {
		t.Fatal(err)
	}
	m, err := resolve(a, "reference", shown)
	if err != nil {
		t.Fatal(err)
	}
	m.Planner.Noise = "purple"
	_, err = table{name: "test", columns: []column{{"noise", noise}}}.cells(m)
	if err == nil || !strings.Contains(err.Error(), `column "noise"`) || !strings.Contains(err.Error(), "purple") {
		t.Errorf("got %v", err)
	}
}

// Planners that no algorithm uses today have words too.
func TestEveryPresetOfThePlannerHasWords(t *testing.T) {
	for _, name := range mpc.PresetNames() {
		p, _ := mpc.Preset(name)
		m := member{Settings: agent.DefaultSettings()}
		m.Act, m.Imagine, m.Planner = agent.ActPlanner, agent.ImagineNothing, p
		for _, table := range tables {
			if table.name == "planner" {
				if _, err := table.cells(m); err != nil {
					t.Errorf("planner preset %s: %v", name, err)
				}
			}
		}
	}
}

func TestAPageWithoutMarkersIsRefused(t *testing.T) {
	_, err := fill("# no tables\n")
	if err == nil || !strings.Contains(err.Error(), tables[0].name) {
		t.Errorf("got %v", err)
	}
}

func TestWhatIsAroundATableStays(t *testing.T) {
	var page strings.Builder
	page.WriteString("above\n")
	for _, table := range tables {
		page.WriteString("<!-- table " + table.name + ": made by make tables -->\nstale\n<!-- table " + table.name + ": end -->\nbetween\n")
	}
	text, err := fill(page.String())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(text, "above\n<!--") || !strings.HasSuffix(text, "-->\nbetween\n") || strings.Contains(text, "stale") {
		t.Errorf("got %.200s", text)
	}
	if again, err := fill(text); err != nil || again != text {
		t.Errorf("filled twice it is another page: %v", err)
	}
}
