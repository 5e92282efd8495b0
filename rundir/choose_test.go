package rundir

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"demorl/internal/vfs"
)

// One rule says which checkpoint newest, best and a number are; an absent one, a
// wrong name and a damaged one are three different errors.
func TestACheckpointIsReadByItsName(t *testing.T) {
	d := newRun(t, vfs.OS())
	for _, which := range []string{"newest", "best", "1000", "oldest"} {
		if _, _, err := d.ReadNamed(which); !errors.Is(err, ErrNoCheckpoint) || errors.Is(err, ErrNotNamed) {
			t.Errorf("%s of an empty run: %v", which, err)
		}
	}
	d.Keep = 3
	mustCheckpoint(t, d, 1000, 2000, 3000)
	refused := func(which, says string) {
		t.Helper()
		if _, _, err := d.ReadNamed(which); !errors.Is(err, ErrNotNamed) || errors.Is(err, ErrNoCheckpoint) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v; want an error that says %q", which, err, says)
		}
	}
	refused("best", "never evaluated")
	refused("oldest", "want newest, best or a number of steps")
	refused("-1000", "want newest, best or a number of steps")
	refused("1500", "there are: 3000 2000 1000")
	if err := d.MarkBest(1000); err != nil {
		t.Fatal(err)
	}
	for which, step := range map[string]uint64{"newest": 3000, "best": 1000, "2000": 2000} {
		if c, skipped, err := d.ReadNamed(which); err != nil || c.Step != step || !isState(c) || len(skipped) != 0 {
			t.Errorf("%s: step %d, skipped %v, %v; want step %d", which, c.Step, skipped, err, step)
		}
	}
	if err := os.Truncate(filepath.Join(d.Path(), "checkpoints/3000", stateName), 20); err != nil {
		t.Fatal(err)
	}
	if c, skipped, err := d.ReadNamed("newest"); err != nil || c.Step != 2000 || len(skipped) != 1 {
		t.Errorf("a damaged newest: step %d, skipped %v, %v", c.Step, skipped, err)
	}
	if _, _, err := d.ReadNamed("3000"); err == nil || errors.Is(err, ErrNotNamed) {
		t.Errorf("a damaged checkpoint by its number: %v; want an error of its damage", err)
	}
}
