package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"demorl/agent"
	"demorl/internal/vfs"
	"demorl/rundir"
	"demorl/settings"
	"demorl/train"
)

// add takes finished runs of one algorithm on one task into its folder below
// root, a new one; name is what the algorithm is called there, "" its own name.
// Runs that differ in anything but their seed are refused, and so is one that has
// not reached its steps.
func add(root, name string, paths []string) error {
	runs, err := readRuns(paths, readRun)
	if err != nil {
		return err
	}
	about, common := runs[0].meta, runs[0].settings
	for i, one := range runs[1:] {
		if changed := differences(common, one.settings); len(changed) > 0 {
			return fmt.Errorf("%s and %s differ in %s; add them apart, one of them under another name: draw add -as NAME", paths[0], paths[i+1], strings.Join(changed, ", "))
		}
	}
	if name != "" {
		if _, err := agent.FindAlgorithm(name); err == nil && name != about.Algo || name == elitesName || !plainName.MatchString(name) {
			return fmt.Errorf("-as %q: want a name of small letters, digits, dots and hyphens that no other algorithm has, such as %s-control", name, about.Algo)
		}
		about.Name = name
	}
	about.Set = besidePreset(about, runs[0])
	dir := filepath.Join(root, folder(about.Env), folder(about.label()))
	if err := empty(dir, common); err != nil {
		return err
	}
	return store(dir, about, runs)
}

// plainName is what -as takes: what is a folder's name as it stands.
var plainName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*$`)

// empty refuses a folder that holds something, and says what to do: runs with
// other settings than common go under another name.
func empty(dir string, common []byte) error {
	old, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(old) == 0 {
		return err
	}
	stored, err := os.ReadFile(filepath.Join(dir, settingsName))
	if err == nil {
		if changed := differences(common, stored); len(changed) > 0 {
			return fmt.Errorf("the runs differ from those of %s in %s; add them under another name: draw add -as NAME", dir, strings.Join(changed, ", "))
		}
	}
	return fmt.Errorf("%s holds %d files; remove them first, or move the folder: figures of two versions are never mixed", dir, len(old))
}

// store writes the folder of runs that belong together.
func store(dir string, about meta, runs []finished) error {
	files, hours := map[string][]byte{}, 0.0
	for _, one := range runs {
		files[fmt.Sprintf("eval-%d.csv", one.seed)] = one.eval
		if one.gain != nil {
			files[fmt.Sprintf("gain-%d.csv", one.seed)] = one.gain
		}
		hours += one.Hours / float64(len(runs))
	}
	about.Hours = math.Round(hours*1000) / 1000
	text, err := yaml.Marshal(about)
	if err != nil {
		return err
	}
	files[metaName], files[settingsName] = text, runs[0].settings
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	fmt.Println(dir)
	return nil
}

// readRuns reads runs that one program made on one kind of machine, of different
// seeds or, in an ablation, fractions.
func readRuns(paths []string, read func(path string) (finished, error)) ([]finished, error) {
	var runs []finished
	for _, path := range paths {
		one, err := read(path)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(runs, func(other finished) bool { return other.seed == one.seed && other.fraction == one.fraction }) {
			return nil, fmt.Errorf("%s: seed %d is there already", path, one.seed)
		}
		runs = append(runs, one)
		if first := runs[0]; one.Commit != first.Commit || one.CPU != first.CPU || one.Kernel != first.Kernel || one.Threads != first.Threads {
			return nil, fmt.Errorf("%s and %s differ in commit, CPU, kernel or threads; add them apart", paths[0], path)
		}
	}
	return runs, nil
}

// finished is what add takes from one run.
type finished struct {
	meta
	path           string
	seed           uint64
	settings, eval []byte // settings with seed 0
	named          []byte // the run's own file of settings

	fraction string // share of elites, where runs are taken for an ablation
	gain     []byte // what plans gained over the policy, likewise
}

func readRun(path string) (finished, error) {
	f := finished{path: path}
	dir, err := rundir.View(vfs.OS(), path)
	if err != nil {
		return f, err
	}
	m, err := dir.ReadManifest()
	if err != nil {
		return f, err
	}
	s, err := train.ReadSettings(dir)
	if err != nil {
		return f, err
	}
	steps, err := dir.Steps()
	if err != nil {
		return f, err
	}
	if len(steps) == 0 || steps[0] < uint64(s.Steps) {
		return f, fmt.Errorf("%s has not reached its %d steps", path, s.Steps)
	}
	if f.eval, err = os.ReadFile(dir.EvalPath()); err != nil {
		return f, err
	}
	lines, err := dir.ReadProgress()
	if err != nil {
		return f, err
	}
	f.meta = meta{Env: s.Env, Algo: s.Algo, Preset: s.Preset, Commit: m.Commit, CPU: m.CPU, Kernel: m.Kernel, Threads: m.Threads}
	if f.Commit == "" {
		f.Commit = "unknown" // a program of one's own made the run
	}
	for _, c := range m.Changed {
		f.Commit += fmt.Sprintf(", from step %d %s", c.Step, c.Commit)
	}
	if n := len(lines); n > 0 {
		f.Hours = lines[n-1].Scalars["time/elapsed_s"] / 3600
	}
	if f.named, err = dir.ReadSettings(); err != nil {
		return f, err
	}
	f.seed, s.Seed = s.Seed, 0
	f.settings, err = settings.Encode(&s, nil)
	return f, err
}
