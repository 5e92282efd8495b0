package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"demorl/internal/vfs"
	"demorl/mpc"
	"demorl/report"
	"demorl/rundir"
	"demorl/train"
)

// The names of what the folder of an elite ablation holds beside its fractions'
// folders, and of what is made.
const (
	elitesName   = "elites"
	ablationName = "ablation.yaml"
	elitesPlot   = "elites.svg"
)

// ablation is a task's elite ablation (docs/baselines.md section 3).
type ablation struct {
	Threshold float64   `yaml:"threshold"` // the return to which steps are counted
	Published published `yaml:"published,omitempty"`

	dir  string
	arms []result // by rising fraction
}

// published is what others found, by fraction.
type published struct {
	Name   string             `yaml:"name,omitempty"` // of the column
	Source string             `yaml:"source,omitempty"`
	Of     map[float64]string `yaml:"of,omitempty"`
}

// addElites takes finished runs that differ in their share of elites, and in
// their seeds, into ROOT/TASK/elites/FRACTION. threshold is the return to which
// steps are counted; 0 takes what is stored, else the task's published one.
func addElites(root string, threshold float64, paths []string) error {
	runs, err := readRuns(paths, readElites)
	if err != nil {
		return err
	}
	dir := filepath.Join(root, folder(runs[0].Env), elitesName)
	about := ablation{}
	err = readYAML(filepath.Join(dir, ablationName), &about)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if published := thresholds(runs[0].Env); threshold == 0 && about.Threshold == 0 && len(published) > 0 {
		about.Threshold = published[0]
	} else if threshold != 0 {
		about.Threshold = threshold
	}
	if about.Threshold == 0 {
		return fmt.Errorf("%s has no published threshold; say to which return steps are counted: draw elites -threshold RETURN", runs[0].Env)
	}
	if err := alike(dir, runs); err != nil {
		return err
	}
	byFraction := map[string][]finished{}
	for _, one := range runs {
		byFraction[one.fraction] = append(byFraction[one.fraction], one)
	}
	fractions := slices.Sorted(maps.Keys(byFraction))
	for _, fraction := range fractions { // all folders before the first is written
		if err := empty(filepath.Join(dir, fraction), byFraction[fraction][0].settings); err != nil {
			return err
		}
	}
	for _, fraction := range fractions {
		some := byFraction[fraction]
		arm := some[0].meta
		arm.Name, arm.Set = percent(fraction)+" elites", besidePreset(arm, some[0])
		if err := store(filepath.Join(dir, fraction), arm, some); err != nil {
			return err
		}
	}
	text, err := yaml.Marshal(about)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, ablationName), text, 0o644)
}

// alike refuses runs that differ, from each other or from those of dir, in
// anything but seed, share of elites, what is kept and written, and length: all
// are judged where all have been.
func alike(dir string, runs []finished) error {
	stored, err := filepath.Glob(filepath.Join(dir, "*", settingsName))
	if err != nil {
		return err
	}
	first, name := runs[0].settings, runs[0].path
	if len(stored) > 0 {
		name = filepath.Dir(stored[0])
		if first, err = os.ReadFile(stored[0]); err != nil {
			return err
		}
	}
	for _, one := range runs {
		changed := slices.DeleteFunc(differences(first, one.settings), func(s string) bool {
			path, _, _ := strings.Cut(s, " ")
			return slices.Contains([]string{"planner.elite_frac", "planner.elites", "steps", "checkpoint_every", "keep_checkpoints", "log_every"}, path)
		})
		if len(changed) > 0 {
			return fmt.Errorf("%s and %s differ in %s; an elite ablation varies planner.elite_frac or planner.elites alone", name, one.path, strings.Join(changed, ", "))
		}
	}
	return nil
}

// readElites is readRun with the share of elites and what plans gained.
func readElites(path string) (finished, error) {
	f, err := readRun(path)
	if err != nil {
		return f, err
	}
	dir, err := rundir.View(vfs.OS(), path)
	if err != nil {
		return f, err
	}
	s, err := train.ReadSettings(dir)
	if err != nil {
		return f, err
	}
	p := s.Agent.Planner
	if p.Utility != mpc.UtilityElite && p.Utility != mpc.UtilityEliteExp {
		return f, fmt.Errorf("%s: planner.utility is %s, which has no elites", path, p.Utility)
	}
	share := p.EliteFrac
	if p.Elites > 0 {
		share = float64(p.Elites) / float64(p.Samples)
	}
	f.fraction = strconv.FormatFloat(share, 'g', 6, 64)
	lines, err := dir.ReadProgress()
	if err != nil {
		return f, err
	}
	var b bytes.Buffer
	if err := report.WriteGains(&b, gains(lines)); err != nil {
		return f, err
	}
	f.gain = b.Bytes()
	return f, nil
}

// gains are the measurements in a run's progress. A line repeats the last one
// until there is a new one; repetitions are left out.
func gains(lines []rundir.Record) []report.Gain {
	var list []report.Gain
	for _, line := range lines {
		plan, measured := line.Scalars["plan/return_plan"]
		if !measured {
			continue
		}
		g := report.Gain{ReturnPlan: plan, ReturnPolicy: line.Scalars["plan/return_policy"],
			RewardPlan: line.Scalars["plan/reward_plan"], RewardPolicy: line.Scalars["plan/reward_policy"]}
		if n := len(list); n > 0 {
			g.Step = list[n-1].Step
			if g == list[n-1] {
				continue
			}
		}
		g.Step = line.Step
		list = append(list, g)
	}
	return list
}

// percent writes a fraction, 0.1, as 10 %.
func percent(fraction string) string {
	x, err := strconv.ParseFloat(fraction, 64)
	if err != nil {
		return fraction
	}
	return strconv.FormatFloat(math.Round(1e6*x)/1e4, 'g', -1, 64) + " %"
}

// loadAblations reads all elite ablations below root.
func loadAblations(root string) ([]ablation, error) {
	paths, err := filepath.Glob(filepath.Join(root, "*", elitesName, ablationName))
	if err != nil {
		return nil, err
	}
	var all []ablation
	for _, path := range paths {
		a := ablation{dir: filepath.Dir(path)}
		if err := readYAML(path, &a); err != nil {
			return nil, err
		}
		arms, err := filepath.Glob(filepath.Join(a.dir, "*", metaName))
		if err != nil {
			return nil, err
		}
		for _, arm := range arms {
			if _, err := fractionOf(filepath.Dir(arm)); err != nil {
				return nil, err
			}
			r, err := loadResult(filepath.Dir(arm), shown{})
			if err != nil {
				return nil, err
			}
			a.arms = append(a.arms, r)
		}
		slices.SortFunc(a.arms, func(x, y result) int {
			left, _ := fractionOf(x.dir)
			right, _ := fractionOf(y.dir)
			return int(math.Copysign(1, left-right))
		})
		if len(a.arms) > 0 {
			all = append(all, a)
		}
	}
	return all, nil
}

// fractionOf is the share that a folder of an ablation is named by.
func fractionOf(dir string) (float64, error) {
	x, err := strconv.ParseFloat(filepath.Base(dir), 64)
	if err != nil || !(x > 0 && x <= 1) {
		return 0, fmt.Errorf("%s: want a folder named by the share of elites, above 0 and at most 1", dir)
	}
	return x, nil
}

// render makes what a task's folder has, for every arm and for all, and the
// ablation's own picture and table.
func (a ablation) render() ([]made, error) {
	var files []made
	told := report.Ablation{Setting: "elite fraction", Threshold: a.Threshold}
	if p := a.Published; len(p.Of) > 0 {
		told.PublishedName = fmt.Sprintf("%s [%s]", p.Name, p.Source)
	}
	for _, r := range a.arms {
		one, err := render(r.dir, task{}, r)
		if err != nil {
			return nil, err
		}
		files = append(files, one...)
		share, err := fractionOf(r.dir)
		if err != nil {
			return nil, err
		}
		arm := report.Arm{Value: percent(filepath.Base(r.dir)), Group: r.group, Published: a.Published.Of[share]}
		for _, seed := range r.group.Seeds {
			gains, err := readGains(filepath.Join(r.dir, fmt.Sprintf("gain-%d.csv", seed)))
			if err != nil {
				return nil, err
			}
			arm.Gains = append(arm.Gains, gains)
		}
		told.Arms = append(told.Arms, arm)
	}
	if math.IsNaN(told.Step()) {
		return nil, fmt.Errorf("%s: the runs of the fractions share no step at which they were evaluated", a.dir)
	}
	all, err := render(a.dir, task{}, a.arms...)
	if err != nil {
		return nil, err
	}
	var plot, table bytes.Buffer
	if err := told.Draw(&plot, "Share of elites on "+a.arms[0].Env); err != nil {
		return nil, err
	}
	if err := report.Markdown(&table, told.Rows()); err != nil {
		return nil, err
	}
	fmt.Fprintf(&table, "\nReturn: interquartile mean over seeds. Steps: the first at which the mean over seeds, or a seed, reaches the threshold; - where none up to step %.0f does. "+
		"Plan's gain: what plans earn above the policy from the same states in the model, the mean over all measurements of a run, with the value at the horizon's end and of rewards alone.\n\n", told.Step())
	for i, f := range all {
		if filepath.Base(f.path) == tableName {
			all[i].data = bytes.Replace(f.data, []byte("-->\n\n"), append([]byte("-->\n\n"), table.Bytes()...), 1)
		}
	}
	return append(append(files, all...), made{filepath.Join(a.dir, elitesPlot), plot.Bytes()}), nil
}

func readGains(path string) ([]report.Gain, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // not measured
	}
	if err != nil {
		return nil, err
	}
	gains, err := report.ReadGains(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return gains, nil
}
