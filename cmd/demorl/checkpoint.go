package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"demorl/rundir"
	"demorl/train"
)

// readCheckpoint reads the checkpoint of the run at path that which asks for:
// newest, best or a number of real steps.
func readCheckpoint(c *console, dir *rundir.Dir, path, which string) (rundir.Checkpoint, error) {
	if which == "newest" {
		checkpoint, skipped, err := dir.ReadNewest()
		for _, sk := range skipped {
			c.note(sk.String())
		}
		if errors.Is(err, rundir.ErrNoCheckpoint) && len(skipped) == 0 {
			return checkpoint, noneYet(dir, path)
		}
		return checkpoint, err
	}
	step, ok := dir.Best()
	if which != "best" {
		var err error
		if step, err = strconv.ParseUint(which, 10, 64); err != nil {
			return rundir.Checkpoint{}, usagef("--checkpoint is %q; want newest, best or a number of steps", which)
		}
	} else if !ok {
		return rundir.Checkpoint{}, usagef("--checkpoint best: %s has none marked, since it was never evaluated; use newest", path)
	}
	checkpoint, err := dir.ReadCheckpoint(step)
	if err != nil {
		steps, _ := dir.Steps()
		if len(steps) == 0 {
			return checkpoint, noneYet(dir, path)
		}
		return checkpoint, usagef("--checkpoint %s: %w (there are: %s)", which, err, strings.Trim(fmt.Sprint(steps), "[]"))
	}
	return checkpoint, nil
}

// noneYet says of a run without a checkpoint when the first one comes.
func noneYet(dir *rundir.Dir, path string) error {
	when := ""
	if s, err := train.ReadSettings(dir); err == nil {
		when = fmt.Sprintf(" at step %d (checkpoint_every), or", s.CheckpointEvery)
	}
	return usagef("%s has no checkpoint yet; the first one comes%s when the run ends or is stopped with Ctrl-C", path, when)
}
