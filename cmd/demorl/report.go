package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"demorl/env"
	"demorl/internal/vfs"
	"demorl/report"
	"demorl/rundir"
)

type reportCommand struct {
	Dirs      []string  `arg:"" help:"Run directories, or folders with runs below them."`
	Actor     string    `placeholder:"NAME" help:"policy or planner. Default: the planner where it was evaluated, else the policy."`
	Threshold []float64 `placeholder:"RETURN,..." help:"Returns to tell the steps of. Default: those of the published tables."`
	Out       string    `placeholder:"FILE" help:"Learning curves (SVG; with several tasks one file each, FILE-TASK.svg), or the whole report where FILE ends in .html."`
	HTML      string    `name:"html" placeholder:"FILE" help:"The whole report as one self-contained page."`
	JSON      bool      `name:"json" help:"Print one JSON object a group of runs."`
}

// foundRun is one run that is reported on.
type foundRun struct {
	path string
	rundir.Manifest
	curve report.Series
}

func (cmd *reportCommand) Run(c *console) error {
	if cmd.Actor != "" && cmd.Actor != "policy" && cmd.Actor != "planner" {
		return usagef("--actor is %q; want policy or planner", cmd.Actor)
	}
	if ext := filepath.Ext(cmd.Out); cmd.Out != "" && ext != ".svg" && ext != ".html" {
		return usagef("--out %s: want a name that ends in .svg or .html", cmd.Out)
	}
	var paths []string
	for _, dir := range cmd.Dirs {
		found, err := runsBelow(dir)
		if err != nil {
			return err
		}
		paths = append(paths, found...)
	}
	groups, err := cmd.groups(c, paths)
	if err != nil {
		return err
	}
	rows := report.Rows(groups, nil, report.Marks)
	if err := cmd.draw(c, groups, rows); err != nil {
		return err
	}
	if !cmd.JSON {
		return report.Markdown(c.out, rows)
	}
	lines := json.NewEncoder(c.out)
	for _, g := range groups {
		if err := lines.Encode(g); err != nil {
			return err
		}
	}
	return nil
}

// runsBelow returns dir if it is a run, else the runs in folders below it.
func runsBelow(dir string) ([]string, error) {
	_, err := rundir.View(vfs.OS(), dir)
	if err == nil {
		return []string{dir}, nil
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

// groups reads the runs and judges them by task and algorithm.
func (cmd *reportCommand) groups(c *console, paths []string) ([]report.Group, error) {
	byName := map[string][]foundRun{}
	var names []string
	for _, path := range paths {
		run, err := cmd.read(path)
		if err != nil {
			return nil, err
		}
		if len(run.curve.Steps) == 0 {
			c.note(path + " has no evaluation yet and is left out")
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
		return nil, usagef("no run in %s was evaluated; there is nothing to report", strings.Join(cmd.Dirs, ", "))
	}
	var groups []report.Group
	for _, name := range names {
		runs := byName[name]
		slices.SortStableFunc(runs, func(a, b foundRun) int { return int(int64(a.Seed) - int64(b.Seed)) })
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
	data, err := vfs.OS().ReadFile(dir.EvalPath())
	if err != nil {
		return r, err
	}
	episodes, err := report.ReadEval(bytes.NewReader(data))
	if err != nil {
		return r, fmt.Errorf("%s: %w", path, err)
	}
	actors := []string{cmd.Actor}
	if cmd.Actor == "" {
		actors = []string{"planner", "policy"}
	}
	for _, actor := range actors {
		if r.curve = report.ByStep(path, actor, episodes); len(r.curve.Steps) > 0 {
			break
		}
	}
	return r, nil
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
func (cmd *reportCommand) draw(c *console, groups []report.Group, rows [][]string) error {
	page, svg := cmd.HTML, cmd.Out
	if filepath.Ext(cmd.Out) == ".html" {
		page, svg = cmd.Out, ""
	}
	if page == "" && svg == "" {
		return nil
	}
	var tasks, pictures []string
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
			return err
		}
		pictures = append(pictures, b.String())
		if svg == "" {
			continue
		}
		path := svg
		if len(tasks) > 1 {
			path = strings.TrimSuffix(svg, ".svg") + "-" + strings.NewReplacer("/", "-", ":", "-").Replace(task) + ".svg"
		}
		if err := picture(vfs.OS(), path, func(w io.Writer) error { _, err := w.Write(b.Bytes()); return err }); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		c.note(path)
	}
	if page == "" {
		return nil
	}
	if err := picture(vfs.OS(), page, func(w io.Writer) error { return report.HTML(w, rows, pictures) }); err != nil {
		return fmt.Errorf("%s: %w", page, err)
	}
	c.note(page)
	return nil
}
