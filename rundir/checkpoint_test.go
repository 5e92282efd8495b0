package rundir

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"demorl/internal/vfs"
)

func sectionsOf(step uint64) []Section {
	return []Section{
		{"train", []byte(fmt.Sprintf("step %d", step))},
		{"replay", bytes.Repeat([]byte{byte(step), byte(step >> 8)}, 500)},
		{"empty", nil},
	}
}

func lengthsOf(step uint64) Lengths { return Lengths{int64(step), int64(step) + 1, int64(step) + 2} }

func mustCheckpoint(t *testing.T, d *Dir, steps ...uint64) {
	t.Helper()
	for _, s := range steps {
		if err := d.WriteCheckpoint(s, sectionsOf(s), lengthsOf(s)); err != nil {
			t.Fatal(err)
		}
	}
}

func isState(c Checkpoint) bool {
	return c.Logs == lengthsOf(c.Step) && EqualState(c, Checkpoint{Step: c.Step, Sections: sectionsOf(c.Step)})
}

func TestCheckpointBytesAreAFunctionOfStepAndSections(t *testing.T) {
	a, b := newRun(t, vfs.OS()), newRun(t, vfs.OS())
	mustCheckpoint(t, a, 1000)
	mustCheckpoint(t, b, 500, 1000)
	x, _ := os.ReadFile(filepath.Join(a.Path(), "checkpoints/1000/state.bin"))
	y, _ := os.ReadFile(filepath.Join(b.Path(), "checkpoints/1000/state.bin"))
	if len(x) == 0 || !bytes.Equal(x, y) {
		t.Error("two runs wrote different bytes")
	}
	c, err := a.ReadCheckpoint(1000)
	if err != nil || !isState(c) {
		t.Errorf("%+v, %v", c, err)
	}
	if data, ok := c.Section("train"); !ok || string(data) != "step 1000" {
		t.Errorf("section train: %q", data)
	}
	if err := a.WriteCheckpoint(1, []Section{{"x", nil}, {"x", nil}}, Lengths{}); err == nil {
		t.Error("two sections of one name were taken")
	}
}

func TestTheLastTwoAndTheBestAreKept(t *testing.T) {
	d := newRun(t, vfs.OS())
	mustCheckpoint(t, d, 1000)
	if err := d.MarkBest(1000); err != nil {
		t.Fatal(err)
	}
	mustCheckpoint(t, d, 2000, 3000, 4000)
	if steps, _ := d.Steps(); fmt.Sprint(steps) != "[4000 3000 1000]" {
		t.Errorf("kept %v", steps)
	}
	if err := d.MarkBest(4000); err != nil {
		t.Fatal(err)
	}
	mustCheckpoint(t, d, 5000)
	if steps, _ := d.Steps(); fmt.Sprint(steps) != "[5000 4000]" {
		t.Errorf("kept %v", steps)
	}
	if best, ok := d.Best(); !ok || best != 4000 {
		t.Errorf("best %d", best)
	}
	if err := d.DiscardAfter(4000); err != nil {
		t.Fatal(err)
	}
	if steps, _ := d.Steps(); fmt.Sprint(steps) != "[4000]" {
		t.Errorf("kept %v", steps)
	}
	if err := d.MarkBest(9); err == nil {
		t.Error("a checkpoint that is not there was marked")
	}
}

func TestAnyChangedByteOfTheNewestIsNoticedAndTheOlderOneWins(t *testing.T) {
	d := newRun(t, vfs.OS())
	if _, _, err := d.ReadNewest(); !errors.Is(err, ErrNoCheckpoint) {
		t.Errorf("an empty run: %v", err)
	}
	mustCheckpoint(t, d, 1000, 2000)
	for _, file := range []string{stateName, lengthsName} {
		path := filepath.Join(d.Path(), "checkpoints/2000", file)
		whole, _ := os.ReadFile(path)
		check := func(what string, data []byte) {
			os.WriteFile(path, data, 0o666)
			c, skipped, err := d.ReadNewest()
			if err != nil || c.Step != 1000 || !isState(c) || len(skipped) != 1 || !strings.HasSuffix(skipped[0].Path, "2000") || skipped[0].Err == nil {
				t.Fatalf("%s, %s: step %d, skipped %v, %v", file, what, c.Step, skipped, err)
			}
		}
		for i := range whole {
			bad := bytes.Clone(whole)
			bad[i] ^= 0x10
			check(fmt.Sprintf("byte %d", i), bad)
		}
		for _, n := range []int{0, 1, 20, len(whole) / 2, len(whole) - 1} {
			check(fmt.Sprintf("cut at %d", n), whole[:n])
		}
		check("longer", append(bytes.Clone(whole), 0))
		os.WriteFile(path, whole, 0o666)
		if c, skipped, err := d.ReadNewest(); err != nil || c.Step != 2000 || len(skipped) != 0 {
			t.Errorf("%s whole again: %d %v %v", file, c.Step, skipped, err)
		}
	}
}

// overtaken calls meanwhile, once, before the first file of that name is read.
type overtaken struct {
	vfs.FS
	name      string
	meanwhile func()
}

func (o *overtaken) ReadFile(path string) ([]byte, error) {
	if o.meanwhile != nil && filepath.Base(path) == o.name {
		meanwhile := o.meanwhile
		o.meanwhile = nil
		meanwhile()
	}
	return o.FS.ReadFile(path)
}

// Evaluations and exports read runs that go on.
func TestACheckpointThatIsPrunedWhileItIsReadGivesWayToTheNextOne(t *testing.T) {
	for _, name := range []string{stateName, lengthsName} {
		d := newRun(t, vfs.OS())
		d.Keep = 1
		mustCheckpoint(t, d, 1000)
		looks, err := View(&overtaken{vfs.OS(), name, func() { mustCheckpoint(t, d, 2000) }}, d.Path())
		if err != nil {
			t.Fatal(err)
		}
		if c, skipped, err := looks.ReadNewest(); err != nil || c.Step != 2000 || !isState(c) || len(skipped) != 0 {
			t.Errorf("before %s: step %d, skipped %v, %v", name, c.Step, skipped, err)
		}
	}
}

// crashCase is a history and what is written at the moment of the fault.
type crashCase struct {
	name  string
	write uint64
	oldOK []uint64 // steps that may win afterwards
}

func TestEveryFaultInACheckpointLeavesAValidOneAndNoRubbish(t *testing.T) {
	for _, c := range []crashCase{
		{"a new step", 3000, []uint64{2000, 3000}},
		{"the same step again", 2000, []uint64{2000}},
	} {
		for _, torn := range []bool{false, true} {
			for _, crash := range []bool{false, true} {
				for at := 1; ; at++ {
					if at > 200 {
						t.Fatal("no end")
					}
					if done := faultAt(t, c, at, torn, crash); done {
						break
					}
				}
			}
		}
	}
}

// faultAt writes a checkpoint with a fault at one operation and looks at what a
// later process finds. It returns true when the fault came too late to matter.
func faultAt(t *testing.T, c crashCase, at int, torn, crash bool) bool {
	t.Helper()
	where := fmt.Sprintf("%s, fault at %d, torn %v, crash %v", c.name, at, torn, crash)
	d := newRun(t, vfs.OS())
	mustCheckpoint(t, d, 500)
	if err := d.MarkBest(500); err != nil {
		t.Fatal(err)
	}
	mustCheckpoint(t, d, 1000, 2000)
	f := vfs.NewFaulty(vfs.OS())
	f.FailAt, f.Torn, f.Crash = at, torn, crash
	d.fs = f
	err := d.WriteCheckpoint(c.write, sectionsOf(c.write), lengthsOf(c.write))
	d.Close()
	if crash {
		if err := f.PowerLoss(); err != nil {
			t.Fatal(err)
		}
	}
	if f.Count() < at && err != nil {
		t.Fatalf("%s: failed without a fault: %v", where, err)
	}
	again, openErr := Open(vfs.OS(), d.Path())
	if openErr != nil {
		t.Fatalf("%s: open: %v", where, openErr)
	}
	defer again.Close()
	got, skipped, readErr := again.ReadNewest()
	valid := readErr == nil && len(skipped) == 0 && isState(got)
	for i, s := range c.oldOK {
		if got.Step == s {
			break
		}
		valid = valid && i+1 < len(c.oldOK)
	}
	if err == nil && got.Step != c.write {
		valid = false // it said that it was durable
	}
	if !valid {
		t.Errorf("%s: write said %v; then step %d, skipped %v, %v", where, err, got.Step, skipped, readErr)
	}
	if best, ok := again.Best(); !ok || best != 500 {
		t.Errorf("%s: best is %d", where, best)
	} else if b, err := again.ReadCheckpoint(500); err != nil || !isState(b) {
		t.Errorf("%s: the best is gone: %v", where, err)
	}
	entries, _ := os.ReadDir(filepath.Join(d.Path(), "checkpoints"))
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			t.Errorf("%s: %s is left", where, e.Name())
		}
	}
	mustCheckpoint(t, again, 4000)
	return f.Count() < at
}

func TestFullDiskKeepsTheOlderCheckpoints(t *testing.T) {
	d := newRun(t, vfs.OS())
	mustCheckpoint(t, d, 1000, 2000)
	f := vfs.NewFaulty(vfs.OS())
	f.Full = 300
	d.fs = f
	err := d.WriteCheckpoint(3000, sectionsOf(3000), Lengths{})
	if err == nil || !strings.Contains(err.Error(), "free some space") || !strings.Contains(err.Error(), "3000") {
		t.Errorf("error %v", err)
	}
	d.fs = vfs.OS()
	if c, skipped, err := d.ReadNewest(); err != nil || c.Step != 2000 || len(skipped) != 0 || !isState(c) {
		t.Errorf("step %d, %v, %v", c.Step, skipped, err)
	}
	entries, _ := os.ReadDir(filepath.Join(d.Path(), "checkpoints"))
	if len(entries) != 2 {
		t.Errorf("%d entries are left", len(entries))
	}
}

func FuzzDamagedStateIsRefusedWithoutPanic(f *testing.F) {
	var b bytes.Buffer
	if err := encodeState(&b, 5, sectionsOf(5)); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		step, sections, err := decodeState(data)
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := encodeState(&again, step, sections); err != nil || !bytes.Equal(again.Bytes(), data) {
			t.Errorf("a state that reads back has other bytes: %v", err)
		}
	})
}
