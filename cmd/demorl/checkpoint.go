package main

import (
	"fmt"
	"strconv"
	"strings"

	"demorl/rundir"
)

// readCheckpoint reads the checkpoint of the run at path that which asks for:
// newest, best or a number of real steps.
func readCheckpoint(c *console, dir *rundir.Dir, path, which string) (rundir.Checkpoint, error) {
	if which == "newest" {
		checkpoint, skipped, err := dir.ReadNewest()
		for _, sk := range skipped {
			c.note(sk.String())
		}
		if err != nil {
			return checkpoint, fmt.Errorf("%s: %w", path, err)
		}
		return checkpoint, nil
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
		return checkpoint, usagef("--checkpoint %s: %w (there are: %s)", which, err, strings.Trim(fmt.Sprint(steps), "[]"))
	}
	return checkpoint, nil
}
