package taskfile

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"demorl/env"
	"demorl/settings"
)

func TestFaultsOfTheFileAreFoundAllAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.yaml")
	text := `modle: m.xml
frame_skip: 0
stepping: gymnasum
limit: many
action: {low: .inf, scale: 0}
reset: {qpos: {uniform: 1, normal: 2}, qvel: {uniform: [2, 1]}}
observation:
  - {qpos: all, qvel: all}
  - {clip: 3}
  - {action: all}
  - {qpos: all, reduce: norm}
  - {body: torso, from: 2}
  - {qpos: all, axes: [x]}
reward:
  - {value: {qpos: a}, square: {qpos: a}}
  - {weight: 2}
  - {constant: 1, width: 3}
  - {tolerance: {qpos: a}, shape: gausian}
  - {product: 3}
terminate:
  - {qpos: a}
  - {qpos: a, outside: [0, 1], above: 2}
  - {qpos: a, below: 1, at_bounds: yes}
limit: 3
`
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	_, err := env.Lookup(path)
	var faults *settings.Faults
	if !errors.As(err, &faults) {
		t.Fatalf("%v; want faults", err)
	}
	for _, says := range []string{
		":1:1: modle: there is no such key here, the nearest is model", ":1:1: model is missing",
		":2:13: frame_skip: want an integer of at least 1, have 0", `:3:11: stepping: "gymnasum" is not known, the nearest is gymnasium`,
		`:4:8: limit: want a number, have "many"`, ":5:15: action.low: want finite", ":5:28: action.scale: want finite",
		":6:15: reset.qpos: give either uniform", ":6:56: reset.qvel.uniform: low 2 is above high 1",
		":8:23: observation[0].qvel: qpos and qvel are both given", ":9:5: observation[1]: what of the simulation?",
		":10:5: observation[2]: an action is no observation", ":11:5: observation[3]: an observation is not reduced",
		":12:25: observation[4].from: from is for whole arrays", ":13:23: observation[5].axes: axes are those of",
		":15:32: reward[0].square: value and square are both given", ":16:5: reward[1]: what is paid?",
		":17:26: reward[2].width: is for exp, not for constant", `:18:35: reward[3].shape: "gausian" is not known, the nearest is gaussian`,
		":18:5: reward[3]: bounds are missing", `:19:15: reward[4].product: want a list, have "3"`,
		":21:5: terminate[0]: when does it end an episode?", ":22:5: terminate[1]: give outside", `:23:36: terminate[2].at_bounds: want true or false, have "yes"`,
		":24:1: limit: is given twice",
	} {
		if !strings.Contains(err.Error(), says) {
			t.Errorf("no fault says %q", says)
		}
	}
	if len(faults.List) != 25 {
		t.Errorf("%d faults; want 25", len(faults.List))
	}
	for i, f := range faults.List {
		if f.Source != path || i > 0 && f.Line < faults.List[i-1].Line {
			t.Errorf("fault %d is %v; want all of %s, in the order of lines", i, f, path)
		}
	}
	if t.Failed() {
		t.Log(err)
	}
}

func TestTextsThatAreNoTaskAreRefused(t *testing.T) {
	folder := t.TempDir()
	for text, says := range map[string]string{
		"":                          "the file is empty",
		"- a\n- b\n":                "want a mapping",
		"model: [":                  ":1:",
		"model: a\n---\nmodel: b\n": ":2:1: a second document",
		"model: asset:gym/x.xml\nobservation: [{qpos: all}]\nreward: [{constant: 1}]\n": ":1:8: \"asset:gym/x.xml\" is no fetched model",
		"model: none.xml\nobservation: [{qpos: all}]\nreward: [{constant: 1}]\n":        ":1:8: the model cannot be read",
		"model: x.xml\nobservation: []\nreward: []\n":                                   "observe something",
	} {
		path := filepath.Join(folder, "t.yml")
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := env.Lookup(path)
		var faults *settings.Faults
		if !errors.As(err, &faults) || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v; want faults that say %q", text, err, says)
		}
	}
	if _, err := env.Lookup(filepath.Join(folder, "nowhere.yaml")); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, ok, err := Resolve("gym/hopper"); ok || err != nil {
		t.Errorf("a task's id is taken for a file: %v", err)
	}
}

// Numbers that make every reward infinite, and lists that say nothing.
func TestInfiniteRewardsAndEmptyListsAreFaults(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.yaml")
	text := `model: m.xml
action: {low: [], scale: []}
observation: [{qpos: all, minus: []}]
reward:
  - {value: {qpos: a}, weight: .inf}
  - {constant: -.inf}
  - {alive: .nan}
  - {distance: {qpos: a, minus: [.inf]}}
  - {product: []}
terminate: [{qpos: a, below: -.inf, above: 1}]
`
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	_, err := env.Lookup(path)
	if err == nil {
		t.Fatal("no fault")
	}
	for _, says := range []string{
		":2:15: action.low: the list is empty", ":2:26: action.scale: the list is empty", ":3:34: observation[0].minus: the list is empty",
		`:5:32: reward[0].weight: want a finite number, have ".inf"`, `:6:16: reward[1].constant: want a finite number, have "-.inf"`,
		`:7:13: reward[2].alive: want a number, have ".nan"`, ":8:33: reward[3].distance.minus: want finite numbers", ":9:15: reward[4].product: the list is empty",
	} {
		if !strings.Contains(err.Error(), says) {
			t.Errorf("no fault says %q", says)
		}
	}
	if strings.Contains(err.Error(), "terminate") {
		t.Error("a rule without a lower bound is refused")
	}
	if t.Failed() {
		t.Log(err)
	}
}

// A model that a package which is there does not have is a fault of the file; of
// a package that is not there it is a task that needs something.
func TestAModelThatAFetchedPackageHasNotIsAFault(t *testing.T) {
	assets := t.TempDir()
	t.Setenv("DEMORL_ASSETS", assets)
	file := filepath.Join(t.TempDir(), "t.yaml")
	if err := os.WriteFile(file, []byte("model: asset:gymnasium/half_cheeta.xml\nobservation: [{qpos: all}]\nreward: [{constant: 1}]\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	task, err := env.Lookup(file)
	if err != nil || task.Needs() == "" {
		t.Fatalf("without the package: %v", err)
	}
	if err := os.WriteFile(filepath.Join(assets, "half_cheetah.xml"), []byte("<mujoco/>"), 0o666); err != nil {
		t.Fatal(err)
	}
	_, err = env.Lookup(file)
	var faults *settings.Faults
	if want := file + ":1:8: model: " + assets + " has no half_cheeta.xml; did you mean half_cheetah.xml?"; !errors.As(err, &faults) || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestAModelThatRefersOutsideItsFolderIsRefused(t *testing.T) {
	folder := t.TempDir()
	if err := errors.Join(os.Mkdir(filepath.Join(folder, "models"), 0o777),
		os.WriteFile(filepath.Join(folder, "models", "m.xml"), []byte(`<mujoco><compiler meshdir="../shapes"/><asset><mesh file="a.obj"/></asset></mujoco>`), 0o666),
		os.WriteFile(filepath.Join(folder, "t.yaml"), []byte("model: models/m.xml\nobservation: [{qpos: all}]\nreward: [{constant: 1}]\n"), 0o666)); err != nil {
		t.Fatal(err)
	}
	if _, err := env.Lookup(filepath.Join(folder, "t.yaml")); err == nil || !strings.Contains(err.Error(), "../shapes/a.obj, which lies outside its folder") {
		t.Errorf("%v; want the file named", err)
	}
}

// Without the simulator a file is read, its faults are found, and what it needs
// is told.
func TestWithoutTheSimulatorATaskTellsWhatItNeeds(t *testing.T) {
	t.Setenv("MUJOCO_DIR", t.TempDir())
	for _, file := range []string{"hopper.yaml", "balance.yaml"} {
		task, err := env.Lookup(filepath.Join("../../../examples/tasks", file))
		if err != nil {
			t.Fatal(err)
		}
		if spec := task.Describe(); task.Needs() == "" || spec.Limit == 0 || !spec.Terminates || spec.ID != task.ID {
			t.Errorf("%s: needs %q, described as %+v", file, task.Needs(), spec)
		}
		var missing *env.MissingError
		if _, err := task.New(); !errors.As(err, &missing) {
			t.Errorf("%s was made: %v", file, err)
		}
	}
}

// The closed forms: 1 inside, value_at_margin at the margin, and what the
// shape's formula gives half way.
func TestTolerancesMeetTheirClosedForms(t *testing.T) {
	const v = 0.1
	root := math.Sqrt(v)
	for shape, half := range map[string]float64{
		"gaussian": math.Pow(v, 0.25), "linear": (1 + v) / 2, "quadratic": 1 - (1-v)/4, "cosine": (1 + root) / 2,
		"hyperbolic": math.Sqrt(2 / (1/v + 1)), "long_tail": 1 / (1 + (1/v-1)/4), "tanh_squared": 1 - (1-root)*(1-root)/(1-v),
	} {
		p := &term{low: -1, high: 2, margin: 3, atMargin: v, shape: shape}
		for _, c := range []struct{ x, want float64 }{
			{-1, 1}, {0, 1}, {2, 1}, {5, v}, {-4, v}, {3.5, half}, {-2.5, half}, {math.NaN(), 0},
		} {
			if got := p.tolerance(c.x); math.Abs(got-c.want) > 1e-12 {
				t.Errorf("%s at %g: %g, want %g", shape, c.x, got, c.want)
			}
		}
		if far := p.tolerance(1e6); far < 0 || far > 1e-4 {
			t.Errorf("%s far outside: %g, want about 0", shape, far)
		}
	}
	if p := (&term{low: 0, high: 1, shape: "gaussian", atMargin: v}); p.tolerance(1.0001) != 0 || p.tolerance(1) != 1 {
		t.Error("without a margin a tolerance is not a step")
	}
}

func TestTermsPayWhatTheirNamesSay(t *testing.T) {
	// Elements 0 and 1 are a vector, element 2 is a number.
	task := &task{}
	task.spec.Dt = 0.5
	wide := vector{elements: []int{0, 1}, low: math.Inf(-1), high: math.Inf(1)}
	clipped := vector{elements: []int{0, 1}, low: -1, high: 2}
	one := vector{elements: []int{2}, low: math.Inf(-1), high: math.Inf(1)}
	with := func(v vector, reduce string) vector { v.reduce = reduce; return v }
	before, after := view{values: []float64{1, 1, 1}}, view{values: []float64{3, -4, 2}}
	pay := func(kind string, v vector, change func(p *payment)) payment {
		p := payment{term: &term{kind: kind, weight: 1, width: 2, constant: 7, low: 0, high: 1, margin: 1, atMargin: 0.1, shape: "linear"}, vector: v}
		if change != nil {
			change(&p)
		}
		return p
	}
	for _, c := range []struct {
		name string
		p    payment
		over bool
		want float64
	}{
		{"velocity", pay("velocity", one, nil), false, 2},
		{"velocity of a norm", pay("velocity", with(wide, "norm"), nil), false, (5 - math.Sqrt2) / 0.5},
		{"value", pay("value", one, nil), false, 2},
		{"sum", pay("value", with(wide, "sum"), nil), false, -1},
		{"mean", pay("value", with(wide, "mean"), nil), false, -0.5},
		{"min", pay("value", with(wide, "min"), nil), false, -4},
		{"max", pay("value", with(wide, "max"), nil), false, 3},
		{"sum of squares", pay("value", with(wide, "sum_squares"), nil), false, 25},
		{"square", pay("square", wide, nil), false, 25},
		{"square, clipped", pay("square", clipped, nil), false, 5},
		{"distance", pay("distance", wide, nil), false, 5},
		{"exp", pay("exp", wide, nil), false, math.Exp(-25. / 4)},
		{"tolerance", pay("tolerance", one, nil), false, 0.1},
		{"constant", pay("constant", one, nil), true, 7},
		{"alive", pay("alive", one, nil), false, 7},
		{"alive at the end", pay("alive", one, nil), true, 0},
		{"weight", pay("constant", one, func(p *payment) { p.weight = -0.5 }), false, -3.5},
		{"product", pay("product", one, func(p *payment) {
			p.weight = 2
			p.factors = []payment{pay("constant", one, nil), pay("value", one, nil)}
		}), false, 28},
	} {
		if got := task.term(&c.p, before, after, c.over); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s pays %g, want %g", c.name, got, c.want)
		}
	}
}

func TestRulesEndAtTheirBounds(t *testing.T) {
	for _, c := range []struct {
		x        float64
		atBounds bool
		want     bool
	}{
		{0.5, false, false}, {1, false, false}, {0, false, false}, {1, true, true}, {0, true, true}, {1.1, false, true}, {-0.1, false, true},
		{math.NaN(), false, true}, {math.Inf(1), false, true},
	} {
		if got := (&rule{low: 0, high: 1, atBounds: c.atBounds}).left(c.x); got != c.want {
			t.Errorf("%g of [0, 1], ending at the bounds %v: %v", c.x, c.atBounds, got)
		}
	}
	if !(&rule{low: 0, high: math.Inf(1)}).left(math.Inf(1)) {
		t.Error("an infinite entry does not end an episode")
	}
}

// docs/your-own-task.md names every key and word, and shows the example as it is.
func TestTheDocumentNamesEveryKey(t *testing.T) {
	page, err := os.ReadFile("../../../docs/your-own-task.md")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("../../../examples/tasks/balance.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), "```yaml\n"+string(example)+"```\n") {
		t.Error("the page does not show examples/tasks/balance.yaml as it is; copy it there")
	}
	for _, keys := range [][]string{topKeys, actionKeys, resetKeys, noiseKeys, ruleKeys, termKeys, shapes, reductions, packageNames()} {
		for _, key := range keys {
			if !strings.Contains(string(page), "`"+key) && !strings.Contains(string(page), "."+key+"`") && !strings.Contains(string(page), "{"+key+":") {
				t.Errorf("the page does not name %s", key)
			}
		}
	}
}
