package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"demorl/internal/vfs"
	"demorl/internal/words"
	"demorl/rundir"
	"demorl/train"
)

type resumeCommand struct {
	Dir      string `arg:"" help:"Run directory, or the folder that train --seeds made."`
	Steps    *int   `placeholder:"N" help:"Real steps in all, those already made included. Default: the run's own."`
	Threads  int    `placeholder:"N" help:"Threads in all; the results do not depend on it. Default: all processors."`
	OtherCPU bool   `name:"other-cpu" help:"Go on although the kernel tier is another one; the run is no longer exact."`
}

func (cmd *resumeCommand) Run(c *console) error {
	budget, err := threads(cmd.Threads)
	if err != nil {
		return err
	}
	if err := noFile(cmd.Dir); err != nil {
		return err
	}
	paths, err := runsIn(cmd.Dir)
	if err != nil {
		return err
	}
	todo, err := cmd.check(c, paths)
	if err != nil {
		return err
	}
	var openers []opener
	for _, path := range todo {
		openers = append(openers, opener{path: path, open: func(threads int) (*train.Run, int, error) { return cmd.open(path, threads) }})
	}
	parent := ""
	if paths[0] != cmd.Dir {
		parent = cmd.Dir
	}
	return trainAll(c, budget, parent, openers...)
}

func (cmd *resumeCommand) open(path string, threads int) (*train.Run, int, error) {
	dir, err := rundir.View(vfs.OS(), path)
	if err != nil {
		return nil, 0, err
	}
	_, t, err := storedSettings(dir)
	if err != nil {
		return nil, 0, err
	}
	o := withTask(options(threads), t)
	o.OtherCPU = cmd.OtherCPU
	if cmd.Steps != nil {
		o.Steps = *cmd.Steps
	}
	r, err := train.Resume(path, o)
	if err != nil {
		return nil, 0, err
	}
	if cmd.Steps == nil {
		return r, r.Settings().Steps, nil
	}
	return r, *cmd.Steps, nil
}

// check refuses what cannot be resumed before any run is opened for writing, and
// returns the runs to go on with. Of several, those beyond --steps are told and
// left as they are, so that they do not keep the others from going on.
func (cmd *resumeCommand) check(c *console, paths []string) (todo []string, err error) {
	if cmd.Steps != nil && *cmd.Steps < 1 {
		return nil, usagef("--steps is %d; want at least 1", *cmd.Steps)
	}
	var all, beyond faults
	var left []string
	for _, path := range paths {
		dir, err := rundir.View(vfs.OS(), path)
		if err != nil {
			return nil, err
		}
		if _, _, err := storedSettings(dir); err != nil {
			all.add(err)
			continue
		}
		made, err := stepsMade(dir, cmd.Steps)
		if err != nil {
			return nil, err
		}
		if cmd.Steps == nil || *cmd.Steps >= made {
			todo = append(todo, path)
			continue
		}
		beyond.add(fmt.Errorf("--steps %d: %s has made %s already; --steps counts them too", *cmd.Steps, path, words.Count(made, "step")))
		left = append(left, fmt.Sprintf("%s has made %s already and is left as it is; --steps counts them too", path, words.Count(made, "step")))
	}
	if len(all) == 0 && len(todo) == 0 && len(paths) > 1 {
		beyond.add(fmt.Errorf("no run in %s is left to go on with", cmd.Dir))
	}
	if len(all) > 0 || len(todo) == 0 {
		return nil, append(all, beyond...).err()
	}
	for _, line := range left {
		c.note(line)
	}
	return todo, nil
}

// stepsMade returns the step of the newest valid checkpoint where it may be
// above limit, else 0. Checkpoints are large: they are read only when one of
// them decides.
func stepsMade(dir *rundir.Dir, limit *int) (int, error) {
	steps, err := dir.Steps()
	if err != nil || limit == nil || len(steps) == 0 || steps[0] <= uint64(*limit) {
		return 0, err
	}
	newest, _, err := dir.ReadNewest()
	if errors.Is(err, rundir.ErrNoCheckpoint) {
		return 0, nil
	}
	return int(newest.Step), err
}

// runsIn returns dir if it is a run directory, else the runs that train
// --seeds left in it. Without any the error wraps rundir.ErrNoRun.
func runsIn(dir string) ([]string, error) {
	_, err := rundir.View(vfs.OS(), dir)
	if err == nil {
		return []string{dir}, nil
	}
	entries, _ := os.ReadDir(dir)
	var runs []string
	for _, e := range entries {
		var seed uint64
		path := filepath.Join(dir, e.Name())
		if n, _ := fmt.Sscanf(e.Name(), "seed-%d", &seed); n == 0 {
			continue
		}
		if _, err := rundir.View(vfs.OS(), path); err == nil {
			runs = append(runs, path)
		}
	}
	if len(runs) == 0 {
		return nil, err
	}
	return runs, nil
}
