package main

import (
	"errors"
	"fmt"

	"demorl/rundir"
	"demorl/train"
)

// readCheckpoint reads the checkpoint of the run at path that which asks for:
// newest, best or a number of real steps.
func readCheckpoint(c *console, dir *rundir.Dir, path, which string) (rundir.Checkpoint, error) {
	checkpoint, skipped, err := dir.ReadNamed(which)
	for _, sk := range skipped {
		c.note(sk.String())
	}
	switch {
	case errors.Is(err, rundir.ErrNoCheckpoint) && len(skipped) == 0:
		err = noneYet(dir, path)
	case errors.Is(err, rundir.ErrNotNamed):
		err = usagef("--checkpoint %s: %w", which, err)
	}
	return checkpoint, err
}

// noneYet says of a run without a checkpoint when the first one comes.
func noneYet(dir *rundir.Dir, path string) error {
	when := ""
	if s, err := train.ReadSettings(dir); err == nil {
		when = fmt.Sprintf(" at step %d (checkpoint_every), or", s.CheckpointEvery)
	}
	return usagef("%s has no checkpoint yet; the first one comes%s when the run ends or is stopped with Ctrl-C", path, when)
}
