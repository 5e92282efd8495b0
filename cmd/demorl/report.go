package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"demorl/agent"
	"demorl/env"
	"demorl/internal/vfs"
	"demorl/report"
	"demorl/rundir"
	"demorl/settings"
	"demorl/train"
)

type reportCommand struct {
	Dirs      []string  `arg:"" help:"Run directories, or folders with runs below them; NAME=DIR reports those of DIR as algorithm NAME."`
	Actor     string    `placeholder:"NAME" help:"policy, planner or newest. Default: the planner where it was evaluated, else the policy."`
	Threshold []float64 `placeholder:"RETURN" help:"Returns to tell the steps of. Default: those of the published tables."`
	Out       string    `placeholder:"FILE" help:"Learning curves (SVG; with several tasks one file each, FILE-TASK.svg), or the whole report where FILE ends in .html."`
	HTML      string    `name:"html" placeholder:"FILE" help:"The whole report as one self-contained page."`
	JSON      bool      `name:"json" help:"Print one JSON object a group of runs."`

	At         float64 `placeholder:"STEP" help:"Step at which algorithms are compared. Default: the last one that all runs of a task have."`
	Baseline   string  `placeholder:"NAME" help:"The algorithm to compare the others with. Default: all with each other."`
	Compare    bool    `help:"With --json: one more object, the comparison of the algorithms. --baseline implies it."`
	Profile    string  `placeholder:"FILE" help:"Performance profiles as SVG."`
	References string  `placeholder:"FILE" help:"Random and reference returns of further tasks, or other ones, in the form of report/references.yaml."`
}

// foundRun is one run that is reported on.
type foundRun struct {
	path string
	rundir.Manifest
	settings []byte // run.yaml's, without seed and steps; nil: it cannot be read
	curve    report.Series
	others   []string // who was evaluated, where nobody that is asked for was
}

func (cmd *reportCommand) Run(c *console) error {
	if err := cmd.check(); err != nil {
		return err
	}
	groups, err := cmd.groups(c)
	if err != nil {
		return err
	}
	references, err := cmd.references()
	if err != nil {
		return err
	}
	comparison, err := report.Compare(groups, references, cmd.At, cmd.Baseline)
	if err != nil {
		return usagef("%v", err)
	}
	rows := report.Rows(groups, nil, report.Marks)
	if err := cmd.draw(c, groups, rows, &comparison); err != nil {
		return err
	}
	if cmd.JSON {
		return cmd.print(c.out, groups, comparison)
	}
	if err := report.Markdown(c.out, rows); err != nil {
		return err
	}
	for _, t := range comparison.Tables() {
		if _, err := io.WriteString(c.out, "\n"); err != nil {
			return err
		}
		if err := t.Write(c.out); err != nil {
			return err
		}
	}
	return nil
}

// check refuses what cannot be meant.
func (cmd *reportCommand) check() error {
	if cmd.Actor != "" && !slices.Contains([]string{agent.ActPolicy, agent.ActPlanner, agent.ActNewest}, cmd.Actor) {
		return usagef("--actor is %q; want policy, planner or newest", cmd.Actor)
	}
	if ext := filepath.Ext(cmd.Out); cmd.Out != "" && ext != ".svg" && ext != ".html" {
		return usagef("--out %s: want a name that ends in .svg or .html", cmd.Out)
	}
	if cmd.Profile != "" && filepath.Ext(cmd.Profile) != ".svg" {
		return usagef("--profile %s: want a name that ends in .svg", cmd.Profile)
	}
	for _, r := range cmd.Threshold {
		if math.IsNaN(r) || math.IsInf(r, 0) {
			return usagef("--threshold has %g; want finite returns", r)
		}
	}
	if cmd.At < 0 || cmd.At != math.Trunc(cmd.At) {
		return usagef("--at is %g; want a number of real steps", cmd.At)
	}
	return nil
}

// references are the stored ones, and over them those of --references.
func (cmd *reportCommand) references() (map[string]report.Reference, error) {
	all := report.References()
	if cmd.References == "" {
		return all, nil
	}
	data, err := vfs.OS().ReadFile(cmd.References)
	if err != nil {
		return nil, usagef("--references: %v", err)
	}
	more, err := report.ReadReferences(bytes.NewReader(data))
	if err != nil {
		return nil, usagef("--references %s: %v", cmd.References, err)
	}
	maps.Copy(all, more)
	return all, nil
}

// print writes an object a group, and the comparison where it is asked for.
func (cmd *reportCommand) print(w io.Writer, groups []report.Group, comparison report.Comparison) error {
	lines := json.NewEncoder(w)
	for _, g := range groups {
		if err := lines.Encode(g); err != nil {
			return err
		}
	}
	if !cmd.Compare && cmd.Baseline == "" {
		return nil
	}
	return lines.Encode(map[string]report.Comparison{"comparison": comparison})
}

// runsBelow returns dir if it is a run, else the runs in folders below it.
func runsBelow(dir string) ([]string, error) {
	_, err := rundir.View(vfs.OS(), dir)
	if err == nil {
		return []string{dir}, nil
	}
	if err := noFile(dir); err != nil {
		return nil, err
	}
	var runs []string
	walkErr := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if _, err := rundir.View(vfs.OS(), path); err != nil {
			return nil
		}
		runs = append(runs, path)
		return fs.SkipDir
	})
	if walkErr != nil || len(runs) == 0 {
		return nil, err
	}
	return runs, nil
}

// find reads all runs, and gives those of NAME=DIR their name. A run that cannot
// be read is said to be left out, so that it does not keep the others from being
// reported.
func (cmd *reportCommand) find(c *console) ([]foundRun, error) {
	var runs []foundRun
	for _, dir := range cmd.Dirs {
		name, below, named := strings.Cut(dir, "=")
		if _, err := vfs.OS().Stat(dir); err == nil || !named || name == "" {
			name, below = "", dir
		}
		paths, err := runsBelow(below)
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			run, err := cmd.read(path)
			if err != nil {
				c.note(fmt.Sprintf("%s cannot be read and is left out: %s", path, strings.ReplaceAll(err.Error(), "\n", "; ")))
				continue
			}
			if name != "" {
				run.Algorithm = name
			}
			runs = append(runs, run)
		}
	}
	return runs, nil
}

// groups reads the runs and judges them by task and algorithm.
func (cmd *reportCommand) groups(c *console) ([]report.Group, error) {
	found, err := cmd.find(c)
	if err != nil {
		return nil, err
	}
	byName := map[string][]foundRun{}
	var names []string
	for _, run := range found {
		switch {
		case len(run.others) > 0:
			c.note(fmt.Sprintf("%s has no evaluation of the %s, only of %s, and is left out", run.path, cmd.Actor, strings.Join(run.others, " and ")))
			continue
		case len(run.curve.Steps) == 0:
			c.note(run.path + " has no evaluation yet and is left out")
			continue
		}
		name := run.Env + "\x00" + run.Algorithm
		if byName[name] == nil {
			names = append(names, name)
		}
		byName[name] = append(byName[name], run)
	}
	slices.Sort(names)
	if len(names) == 0 {
		return nil, usagef("no run in %s can be reported: none of them has the evaluations that are asked for", strings.Join(cmd.Dirs, ", "))
	}
	var groups []report.Group
	for _, name := range names {
		runs := byName[name]
		slices.SortStableFunc(runs, func(a, b foundRun) int { return cmp.Compare(a.Seed, b.Seed) })
		warnGroup(c, runs)
		var seeds []uint64
		var curves []report.Series
		for _, r := range runs {
			seeds, curves = append(seeds, r.Seed), append(curves, r.curve)
		}
		g, err := report.Summarise(runs[0].Env, runs[0].Algorithm, seeds, curves, cmd.thresholds(runs[0].Env))
		if err != nil {
			return nil, err
		}
		groups = append(groups, g)
	}
	return groups, nil
}

func (cmd *reportCommand) read(path string) (foundRun, error) {
	r := foundRun{path: path}
	dir, err := rundir.View(vfs.OS(), path)
	if err != nil {
		return r, err
	}
	if r.Manifest, err = dir.ReadManifest(); err != nil {
		return r, err
	}
	if s, err := train.ReadSettings(dir); err == nil {
		s.Seed, s.Steps = 0, 0 // what runs of one group may differ in
		if r.settings, err = settings.Encode(&s, nil); err != nil {
			return r, err
		}
	}
	data, err := vfs.OS().ReadFile(dir.EvalPath())
	if err != nil {
		return r, err
	}
	episodes, err := report.ReadEval(bytes.NewReader(data))
	if err != nil {
		return r, err
	}
	actors := []string{cmd.Actor}
	if cmd.Actor == "" {
		actors = []string{"planner", "policy"}
	}
	for _, actor := range actors {
		if r.curve = report.ByStep(path, actor, episodes); len(r.curve.Steps) > 0 {
			return r, finite(r.curve)
		}
	}
	for _, actor := range []string{agent.ActPolicy, agent.ActPlanner, agent.ActNewest} {
		if len(report.ByStep(path, actor, episodes).Steps) > 0 {
			r.others = append(r.others, actor)
		}
	}
	return r, nil
}

// finite refuses a curve that no statistic is of.
func finite(curve report.Series) error {
	for i, mean := range curve.Mean {
		if math.IsNaN(mean) || math.IsInf(mean, 0) {
			return fmt.Errorf("the return at step %.0f is %v", curve.Steps[i], mean)
		}
	}
	return nil
}

// warnGroup says what makes the runs of one group unlike.
func warnGroup(c *console, runs []foundRun) {
	last := func(r foundRun) float64 { return r.curve.Steps[len(r.curve.Steps)-1] }
	first := runs[0]
	for i, r := range runs[1:] {
		if r.Seed == runs[i].Seed {
			c.note(fmt.Sprintf("%s and %s have the same seed %d: two runs of one seed are not two seeds", runs[i].path, r.path, r.Seed))
		}
		if r.Preset != first.Preset {
			c.note(fmt.Sprintf("%s has preset %s and %s has %s: they are reported as one group", first.path, first.Preset, r.path, r.Preset))
		}
		if r.Preset == first.Preset && !bytes.Equal(r.settings, first.settings) {
			c.note(fmt.Sprintf("%s and %s differ in settings other than the seed: they are reported as one group; NAME=DIR keeps them apart", first.path, r.path))
		}
		if r.Commit != first.Commit {
			c.note(fmt.Sprintf("%s was made at commit %s and %s at %s", first.path, first.Commit, r.path, r.Commit))
		}
		if last(r) != last(first) {
			c.note(fmt.Sprintf("%s was last evaluated at step %.0f and %s at %.0f: the group ends where the shorter one does", first.path, last(first), r.path, last(r)))
		}
	}
}

// thresholds are those asked for, else the published ones of the task.
func (cmd *reportCommand) thresholds(id string) []float64 {
	if len(cmd.Threshold) > 0 {
		return cmd.Threshold
	}
	t, err := env.Lookup(id)
	if err != nil {
		return nil
	}
	return report.Thresholds[t.Published]
}

// draw writes the pictures and the page that are asked for.
func (cmd *reportCommand) draw(c *console, groups []report.Group, rows [][]string, comparison *report.Comparison) error {
	page, svg := cmd.HTML, cmd.Out
	if filepath.Ext(cmd.Out) == ".html" {
		page, svg = cmd.Out, ""
	}
	var profile bytes.Buffer // before anything is written: it may be refused
	if cmd.Profile != "" || page != "" && len(comparison.Profile) > 0 {
		if err := comparison.DrawProfile(&profile); err != nil {
			return usagef("--profile: %v", err)
		}
	}
	var pictures []string
	if page != "" || svg != "" {
		var err error
		if pictures, err = drawCurves(c, groups, svg); err != nil {
			return err
		}
	}
	if profile.Len() > 0 {
		pictures = append(pictures, profile.String())
	}
	if cmd.Profile != "" {
		if err := writePicture(c, cmd.Profile, profile.Bytes()); err != nil {
			return err
		}
	}
	if page == "" {
		return nil
	}
	var b bytes.Buffer
	tables := append([]report.Table{{Rows: rows, Caption: report.Curves}}, comparison.Tables()...)
	if err := report.HTML(&b, tables, pictures); err != nil {
		return err
	}
	return writePicture(c, page, b.Bytes())
}

// drawCurves returns the learning curves, a picture a task, and writes them to
// svg, where it is named.
func drawCurves(c *console, groups []report.Group, svg string) (pictures []string, err error) {
	var tasks []string
	byTask := map[string][]report.Group{}
	for _, g := range groups {
		if byTask[g.Env] == nil {
			tasks = append(tasks, g.Env)
		}
		byTask[g.Env] = append(byTask[g.Env], g)
	}
	for _, task := range tasks {
		var b bytes.Buffer
		if err := report.Curve(&b, task, report.Lines(byTask[task])); err != nil {
			return nil, err
		}
		pictures = append(pictures, b.String())
		if svg == "" {
			continue
		}
		path := svg
		if len(tasks) > 1 {
			path = strings.TrimSuffix(svg, ".svg") + "-" + strings.NewReplacer("/", "-", ":", "-").Replace(task) + ".svg"
		}
		if err := writePicture(c, path, b.Bytes()); err != nil {
			return nil, err
		}
	}
	return pictures, nil
}

// writePicture writes a file and says so.
func writePicture(c *console, path string, data []byte) error {
	if err := picture(vfs.OS(), path, func(w io.Writer) error { _, err := w.Write(data); return err }); err != nil {
		return unwritten(path, err)
	}
	c.note(path)
	return nil
}
