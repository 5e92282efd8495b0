package main

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v4"

	"demorl/internal/vfs"
	"demorl/rundir"
	"demorl/settings"
	"demorl/train"
)

// add takes finished runs of one algorithm on one task into its folder below
// root, a new one. Runs that differ in anything but their seed are refused, and so
// is one that has not reached its steps.
func add(root string, paths []string) error {
	var about meta
	var common []byte // the settings with seed 0
	var hours float64
	files := map[string][]byte{}
	for i, path := range paths {
		one, err := readRun(path)
		if err != nil {
			return err
		}
		if i == 0 {
			about, common = one.meta, one.settings
		}
		if !bytes.Equal(one.settings, common) || one.Commit != about.Commit || one.CPU != about.CPU || one.Kernel != about.Kernel || one.Threads != about.Threads {
			return fmt.Errorf("%s and %s differ in settings other than the seed, or in commit, CPU, kernel or threads; add them apart", paths[0], path)
		}
		name := fmt.Sprintf("eval-%d.csv", one.seed)
		if files[name] != nil {
			return fmt.Errorf("%s: seed %d is there already", path, one.seed)
		}
		files[name] = one.eval
		hours += one.Hours / float64(len(paths))
	}
	about.Hours = math.Round(hours*1000) / 1000
	dir := filepath.Join(root, folder(about.Env), folder(about.Algo))
	old, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		return err
	}
	if len(old) > 0 {
		return fmt.Errorf("%s holds %d files; remove them first, or move the folder: figures of two versions are never mixed", dir, len(old))
	}
	text, err := yaml.Marshal(about)
	if err != nil {
		return err
	}
	files[metaName], files[settingsName] = text, common
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

// finished is what add takes from one run.
type finished struct {
	meta
	seed           uint64
	settings, eval []byte // settings with seed 0
}

func readRun(path string) (finished, error) {
	var f finished
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
	if n := len(lines); n > 0 {
		f.Hours = lines[n-1].Scalars["time/elapsed_s"] / 3600
	}
	f.seed, s.Seed = s.Seed, 0
	f.settings, err = settings.Encode(&s, nil)
	return f, err
}
