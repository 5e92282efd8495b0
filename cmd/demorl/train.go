package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"demorl/env"
	"demorl/rundir"
	"demorl/settings"
	"demorl/train"
)

type trainCommand struct {
	choice
	Seeds   []uint64 `placeholder:"N" help:"Several runs, one a seed, in DIR/seed-0 and so on."`
	Threads int      `placeholder:"N" help:"Threads in all; the results do not depend on it. Default: all processors."`
	Out     string   `placeholder:"DIR" help:"Run directory, absent or empty. Default: runs/TASK-ALGORITHM-SEED."`
}

func (cmd *trainCommand) Run(c *console) error {
	budget, err := threads(cmd.Threads)
	if err != nil {
		return err
	}
	s, origins, err := cmd.resolve("")
	if err != nil {
		return err
	}
	t, err := env.Lookup(s.Env)
	if err != nil {
		return err
	}
	if lacks := needs(t); lacks != "" {
		return &env.MissingError{ID: t.ID, Needs: lacks}
	}
	if s.Agent.Plans() {
		for _, w := range s.Agent.Planner.Warnings() {
			c.note(w)
		}
	}
	noteIdle(c, s, origins)
	if cmd.Seeds == nil {
		path, err := place(cmd.Out, runName(t, s, fmt.Sprint(s.Seed)))
		if err != nil {
			return err
		}
		return trainAll(c, budget, "", creation(path, t, s, origins))
	}
	return cmd.trainSeeds(c, budget, t, s, origins)
}

// trainSeeds trains one run a seed in sub-directories of one folder.
func (cmd *trainCommand) trainSeeds(c *console, budget int, t env.Task, s train.Settings, origins *settings.Origins) error {
	if cmd.Seed != nil {
		return usagef("--seed and --seeds are both given; give one of them")
	}
	if origins.Of("seed") == "--set" {
		return usagef("--set seed=%d and --seeds are both given; give one of them", s.Seed)
	}
	if len(cmd.Seeds) == 0 {
		return usagef("--seeds is empty; give one or more, such as --seeds 0,1,2")
	}
	if unique := slices.Compact(slices.Sorted(slices.Values(cmd.Seeds))); len(unique) < len(cmd.Seeds) {
		return usagef("--seeds %v names a seed twice; every run needs its own", cmd.Seeds)
	}
	parent, err := place(cmd.Out, runName(t, s, "seeds"))
	if err != nil {
		return err
	}
	var openers []opener
	for _, seed := range cmd.Seeds {
		one := s
		one.Seed = seed
		from := *origins
		from.Mark("seed", "--seeds")
		openers = append(openers, creation(filepath.Join(parent, fmt.Sprintf("seed-%d", seed)), t, one, &from))
	}
	return trainAll(c, budget, parent, openers...)
}

// creation returns the opener of a new run.
func creation(path string, t env.Task, s train.Settings, origins *settings.Origins) opener {
	create := func(threads int) (*train.Run, error) {
		text, err := settings.Encode(&s, origins)
		if err != nil {
			return nil, err
		}
		o := withTask(options(threads), t)
		o.Settings = text
		r, err := train.Create(path, s, o)
		return r, unmade(path, err)
	}
	made := false
	return opener{
		path: path,
		open: func(threads int) (*train.Run, int, error) {
			if !made {
				r, err := create(threads)
				return r, s.Steps, err
			}
			r, err := train.Resume(path, withTask(options(threads), t))
			if err == nil {
				r.Notices = nil // that it begins at step 0 is no news here
			}
			return r, s.Steps, err
		},
		ahead: func(threads int) error {
			r, err := create(threads)
			if err != nil {
				return err
			}
			made = true
			return r.Close()
		},
	}
}

// runName is the default name of a run directory. What a Gymnasium task's name
// says behind # is how it is run and not what it is.
func runName(t env.Task, s train.Settings, seed string) string {
	if t.Files != nil { // named by a path
		name := filepath.Base(s.Env)
		return strings.TrimSuffix(name, filepath.Ext(name)) + "-" + s.Algo + "-" + seed
	}
	task, _, _ := strings.Cut(s.Env, "#")
	return strings.NewReplacer("/", "-", ":", "-", "?", "-", "&", "-", "=", "-", "%", "-", `"`, "", " ", "-").Replace(task) + "-" + s.Algo + "-" + seed
}

// place returns the folder for a new run: out, which must be absent or empty,
// or else a free one below runs.
func place(out, name string) (string, error) {
	if out != "" {
		entries, err := os.ReadDir(out)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", usagef("--out: %w", err)
		}
		if len(entries) > 0 {
			advice := ""
			if runs, err := runsIn(out); err == nil && len(runs) > 0 {
				advice = ", or go on with the run in it: demorl resume " + out
			}
			return "", usagef("--out %s: %w (it holds %s); choose another folder%s", out, rundir.ErrNotEmpty, entries[0].Name(), advice)
		}
		return out, nil
	}
	path := filepath.Join("runs", name)
	for n := 2; ; n++ {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return path, nil
		}
		path = filepath.Join("runs", fmt.Sprintf("%s-%d", name, n))
	}
}
