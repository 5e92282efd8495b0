package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"demorl/env"
	_ "demorl/env/classic" // the tasks: thresholds by their names in the published tables, and presets
	_ "demorl/env/leg"
	_ "demorl/env/mujoco/adroit"
	_ "demorl/env/mujoco/dmc"
	_ "demorl/env/mujoco/gymtasks"
	_ "demorl/env/mujoco/hand"
	_ "demorl/env/mujoco/pddm"
	_ "demorl/env/mujoco/stoch"
	"demorl/report"
)

// The names of what an algorithm's folder holds, and of what is made.
const (
	metaName      = "meta.yaml"
	settingsName  = "settings.yaml"
	publishedName = "published.yaml"
	shownName     = "shown.yaml"
	curveName     = "curve.svg"
	tableName     = "table.md"
)

// meta says what was run where.
type meta struct {
	Env     string  `yaml:"env"`
	Algo    string  `yaml:"algo"`
	Name    string  `yaml:"name,omitempty"` // what the algorithm with these settings is called here; "": as it is
	Preset  string  `yaml:"preset"`
	Commit  string  `yaml:"commit"`
	CPU     string  `yaml:"cpu"`
	Kernel  string  `yaml:"kernel,omitempty"` // tier
	Threads int     `yaml:"threads"`          // of each run
	Hours   float64 `yaml:"hours"`            // of one run on the mean; 0: not kept
	Note    string  `yaml:"note,omitempty"`

	Set []string `yaml:"set,omitempty"` // settings beside the preset, PATH=VALUE
}

// label is the name in tables and pictures.
func (m meta) label() string {
	if m.Name != "" {
		return m.Name
	}
	return m.Algo
}

// result is one algorithm's folder.
type result struct {
	dir string
	meta
	group report.Group
}

// shown says what else a task's tables tell.
type shown struct {
	Thresholds []float64 `yaml:"thresholds"` // returns, beside the published ones
	Steps      []float64 `yaml:"steps"`      // columns, beside the usual ones
}

// task is one task's folder.
type task struct {
	dir       string
	results   []result
	published []report.Published
	shown     shown
}

// made is one file to write.
type made struct {
	path string
	data []byte
}

// generate returns every picture and table of the results below root.
func generate(root string) ([]made, error) {
	tasks, err := load(root)
	if err != nil {
		return nil, err
	}
	var files []made
	for _, t := range tasks {
		for _, r := range t.results {
			one, err := render(r.dir, t, r)
			if err != nil {
				return nil, err
			}
			files = append(files, one...)
		}
		all, err := render(t.dir, t, t.results...)
		if err != nil {
			return nil, err
		}
		files = append(files, all...)
	}
	ablations, err := loadAblations(root)
	if err != nil {
		return nil, err
	}
	for _, a := range ablations {
		some, err := a.render()
		if err != nil {
			return nil, err
		}
		files = append(files, some...)
	}
	return files, nil
}

// load reads all folders of root that hold folders with a meta.yaml.
func load(root string) ([]task, error) {
	paths, err := filepath.Glob(filepath.Join(root, "*", "*", metaName))
	if err != nil {
		return nil, err
	}
	var tasks []task
	for _, path := range paths { // in the order of their names
		dir := filepath.Dir(filepath.Dir(path))
		if n := len(tasks); n == 0 || tasks[n-1].dir != dir {
			t := task{dir: dir}
			for name, into := range map[string]any{publishedName: &t.published, shownName: &t.shown} {
				if err := readYAML(filepath.Join(dir, name), into); err != nil && !errors.Is(err, fs.ErrNotExist) {
					return nil, err
				}
			}
			tasks = append(tasks, t)
		}
		last := &tasks[len(tasks)-1]
		r, err := loadResult(filepath.Dir(path), last.shown)
		if err != nil {
			return nil, err
		}
		if len(last.results) > 0 && last.results[0].Env != r.Env {
			return nil, fmt.Errorf("%s is of %s and %s of %s; one folder holds one task", last.results[0].dir, last.results[0].Env, r.dir, r.Env)
		}
		last.results = append(last.results, r)
	}
	return tasks, nil
}

// loadResult reads one algorithm's folder.
func loadResult(dir string, s shown) (result, error) {
	r := result{dir: dir}
	if err := readYAML(filepath.Join(dir, metaName), &r.meta); err != nil {
		return r, err
	}
	if r.Env == "" || r.Algo == "" || r.Commit == "" {
		return r, fmt.Errorf("%s: env is %q, algo %q and commit %q; all three are needed", filepath.Join(dir, metaName), r.Env, r.Algo, r.Commit)
	}
	paths, err := filepath.Glob(filepath.Join(dir, "eval-*.csv"))
	if err != nil {
		return r, err
	}
	byseed := map[uint64]report.Series{}
	var seeds []uint64
	for _, path := range paths {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "eval-"), ".csv")
		seed, err := strconv.ParseUint(name, 10, 64)
		if err != nil {
			return r, fmt.Errorf("%s: want eval-SEED.csv", path)
		}
		if byseed[seed], err = readCurve(path); err != nil {
			return r, err
		}
		seeds = append(seeds, seed)
	}
	slices.Sort(seeds)
	var curves []report.Series
	for _, seed := range seeds {
		curves = append(curves, byseed[seed])
	}
	r.group, err = report.Summarise(r.Env, r.label(), seeds, curves, append(s.Thresholds[:len(s.Thresholds):len(s.Thresholds)], thresholds(r.Env)...))
	if err != nil {
		return r, fmt.Errorf("%s: %w", dir, err)
	}
	return r, nil
}

// readCurve reads an eval.csv: who drove the robot, the planner if it did.
func readCurve(path string) (report.Series, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return report.Series{}, err
	}
	episodes, err := report.ReadEval(bytes.NewReader(data))
	if err != nil {
		return report.Series{}, fmt.Errorf("%s: %w", path, err)
	}
	curve := report.ByStep("", "planner", episodes)
	if len(curve.Steps) == 0 {
		curve = report.ByStep("", "policy", episodes)
	}
	if len(curve.Steps) == 0 {
		return curve, fmt.Errorf("%s has no evaluation", path)
	}
	return curve, nil
}

func readYAML(path string, into any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	in := yaml.NewDecoder(bytes.NewReader(data))
	in.KnownFields(true)
	if err := in.Decode(into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// thresholds are the published ones of a task.
func thresholds(id string) []float64 {
	t, err := env.Lookup(id)
	if err != nil {
		return nil // a task that this program does not have
	}
	return report.Thresholds[t.Published]
}

// render makes curve and table of results of one task, for the folder dir.
func render(dir string, t task, results ...result) ([]made, error) {
	var groups []report.Group
	last := 0.0
	for _, r := range results {
		groups = append(groups, r.group)
		if n := len(r.group.Steps); n > 0 {
			last = max(last, r.group.Steps[n-1])
		}
	}
	var curve, table bytes.Buffer
	if err := report.Curve(&curve, results[0].Env, report.Lines(groups)); err != nil {
		return nil, err
	}
	near, marks := reached(t.published, last)
	marks = append(marks, t.shown.Steps...)
	table.WriteString("<!-- made by `make results`; edit what it is made from -->\n\n")
	if err := report.Markdown(&table, report.Rows(groups, near, append(marks, report.Ticks(last)...))); err != nil {
		return nil, err
	}
	table.WriteString("\nInterquartile mean over seeds, from 5 seeds on with its 95 % bootstrap interval. Steps are real steps, warm-up included.\n\n")
	if err := report.Markdown(&table, ran(results)); err != nil {
		return nil, err
	}
	if pairs := report.Pairs(groups, ""); len(pairs) > 0 {
		table.WriteString("\nReturn of the first less that of the second, by seed; the mean has a 95 % bootstrap interval from 5 seeds on.\n\n")
		if err := report.Markdown(&table, report.PairedRows(pairs, append(marks, report.Ticks(last)...))); err != nil {
			return nil, err
		}
	}
	return []made{{filepath.Join(dir, curveName), curve.Bytes()}, {filepath.Join(dir, tableName), table.Bytes()}}, nil
}

// ran is the table of what was run where. Settings have a column where a result
// has any beside its preset.
func ran(results []result) [][]string {
	rows := [][]string{{"algorithm", "preset", "seeds", "commit", "kernel", "CPU", "threads", "hours a run", "note"}}
	set := false
	for _, r := range results {
		hours := "-"
		if r.Hours > 0 {
			hours = fmt.Sprintf("%.2g", r.Hours)
		}
		set = set || len(r.Set) > 0
		rows = append(rows, []string{r.label(), r.Preset, strings.Trim(fmt.Sprint(r.group.Seeds), "[]"), r.Commit, r.Kernel, r.CPU, fmt.Sprint(r.Threads), hours, r.Note})
	}
	if set {
		rows[0] = slices.Insert(rows[0], 2, "settings beside the preset")
		for i, r := range results {
			rows[i+1] = slices.Insert(rows[i+1], 2, strings.Join(r.Set, " "))
		}
	}
	return rows
}

// reached keeps what was published up to the last step, and lists its steps.
func reached(published []report.Published, last float64) (near []report.Published, marks []float64) {
	for _, p := range published {
		kept := report.Published{Name: p.Name, Source: p.Source, Returns: map[float64]float64{}}
		for step, v := range p.Returns {
			if step <= last {
				kept.Returns[step] = v
				marks = append(marks, step)
			}
		}
		if len(kept.Returns) > 0 {
			near = append(near, kept)
		}
	}
	return near, marks
}

// folder is the name of a task's or an algorithm's folder.
func folder(name string) string { return strings.NewReplacer("/", "-", ":", "-").Replace(name) }
