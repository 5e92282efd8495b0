package rundir

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ErrNotNamed is wrapped by ReadNamed's error where what is asked for is no
// name of a checkpoint, or the run has none of that name.
var ErrNotNamed = errors.New("no such checkpoint")

// ReadNamed reads the checkpoint that which names: newest, best or a number of
// real steps. The skipped ones are ReadNewest's. The error wraps ErrNoCheckpoint
// where the run has none at all, and ErrNotNamed where it has others.
func (d *Dir) ReadNamed(which string) (Checkpoint, []Skipped, error) {
	if which == "newest" {
		return d.ReadNewest()
	}
	steps, err := d.Steps()
	if err != nil {
		return Checkpoint{}, nil, err
	}
	if len(steps) == 0 {
		return Checkpoint{}, nil, fmt.Errorf("%s: %w", d.path, ErrNoCheckpoint)
	}
	step, ok := d.Best()
	if which != "best" {
		if step, err = strconv.ParseUint(which, 10, 64); err != nil {
			return Checkpoint{}, nil, fmt.Errorf("%w: want newest, best or a number of steps", ErrNotNamed)
		}
	} else if !ok {
		return Checkpoint{}, nil, fmt.Errorf("%w: none is marked, since the run was never evaluated; take newest", ErrNotNamed)
	}
	if !slices.Contains(steps, step) {
		return Checkpoint{}, nil, fmt.Errorf("%w: there are: %s", ErrNotNamed, strings.Trim(fmt.Sprint(steps), "[]"))
	}
	c, err := d.ReadCheckpoint(step)
	return c, nil, err
}
