package rundir

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"demorl/internal/vfs"
)

func transitionOf(i int) Transition {
	x := float32(i)
	return Transition{Obs: []float32{x, -x, float32(math.Inf(1))}, Action: []float32{0.5, x}, Reward: x / 3, Next: []float32{x + 1, 0, 1e-40}, Flags: byte(i % 3)}
}

var testLayout = Layout{3, 2}

func openLog(t *testing.T, d *Dir) *TransitionLog {
	t.Helper()
	l, err := d.OpenTransitions(testLayout)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// readAll returns the rows from offset on, each checked against transitionOf.
func readAll(t *testing.T, l *TransitionLog, offset int64, first int) (int, error) {
	t.Helper()
	n := first
	end, err := l.Read(offset, func(r Transition) error {
		if !reflect.DeepEqual(r, transitionOf(n)) {
			return fmt.Errorf("row %d is %+v", n, r)
		}
		n++
		return nil
	})
	if err == nil && end != l.Length() {
		t.Errorf("read up to %d of %d", end, l.Length())
	}
	return n - first, err
}

func TestTransitionsReadBackBitForBitFromAnyLength(t *testing.T) {
	d := newRun(t, vfs.OS())
	l := openLog(t, d)
	var lengths []int64
	for i := range 1000 {
		if i%100 == 0 {
			if err := l.Sync(); err != nil {
				t.Fatal(err)
			}
			lengths = append(lengths, l.Length())
		}
		if err := l.Append(transitionOf(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = openLog(t, d)
	for i, at := range lengths {
		if n, err := readAll(t, l, at, 100*i); err != nil || n != 1000-100*i {
			t.Errorf("from %d: %d rows, %v", at, n, err)
		}
	}
	if err := l.CutTo(lengths[4]); err != nil {
		t.Fatal(err)
	}
	for i := 400; i < 450; i++ {
		if err := l.Append(transitionOf(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if n, err := readAll(t, openLog(t, d), 0, 0); err != nil || n != 450 {
		t.Errorf("after a cut: %d rows, %v", n, err)
	}
}

func TestReaderStopsAtTheFirstDamagedBlockAndSaysWhere(t *testing.T) {
	d := newRun(t, vfs.OS())
	l := openLog(t, d)
	var ends []int64
	for i := range 10 {
		if err := errors.Join(l.Append(transitionOf(i)), l.Flush()); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, l.Length())
	}
	l.Close()
	path := filepath.Join(d.Path(), "transitions", "000000.seg")
	whole, _ := os.ReadFile(path)
	for i := ends[4]; i < ends[5]; i++ {
		bad := append([]byte(nil), whole...)
		bad[i] ^= 1
		os.WriteFile(path, bad, 0o666)
		l := openLog(t, d)
		n, err := readAll(t, l, 0, 0)
		var damage *Damage
		if n != 5 || !errors.As(err, &damage) || damage.Offset != ends[4] || damage.Path != path || l.Damage() == nil {
			t.Fatalf("byte %d: %d rows, %v", i, n, err)
		}
		if err := l.Append(transitionOf(5)); err == nil {
			t.Fatal("rows went behind a damaged block")
		}
	}
	for i := ends[8] + 1; i < ends[9]; i++ {
		os.WriteFile(path, whole[:i], 0o666)
		l := openLog(t, d)
		if l.Damage() == nil || l.Damage().Offset != ends[8] {
			t.Fatalf("torn at %d: %v", i, l.Damage())
		}
		if err := l.CutTo(l.Damage().Offset); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(l.Append(transitionOf(9)), l.Close()); err != nil {
			t.Fatal(err)
		}
		if again, _ := os.ReadFile(path); string(again) != string(whole) {
			t.Fatalf("torn at %d: other bytes after cutting and writing again", i)
		}
	}
}

func TestAnotherLayoutIsRefusedWithBothNamed(t *testing.T) {
	d := newRun(t, vfs.OS())
	l := openLog(t, d)
	if err := errors.Join(l.Append(transitionOf(0)), l.Close()); err != nil {
		t.Fatal(err)
	}
	_, err := d.OpenTransitions(Layout{4, 2})
	if err == nil || err.Error() != filepath.Join(d.Path(), "transitions", "000000.seg")+" holds transitions with 3 observations and 2 actions; the task has 4 and 2" {
		t.Errorf("%v", err)
	}
}

func TestSegmentsFollowEachOtherAndCutAcrossThem(t *testing.T) {
	d := newRun(t, vfs.OS())
	l := openLog(t, d)
	l.limit = 3000
	var ends []int64
	for i := range 300 {
		if err := l.Append(transitionOf(i)); err != nil {
			t.Fatal(err)
		}
		if i%10 == 9 {
			if err := l.Sync(); err != nil {
				t.Fatal(err)
			}
			ends = append(ends, l.Length())
		}
	}
	l.Close()
	files, _ := os.ReadDir(filepath.Join(d.Path(), "transitions"))
	if len(files) < 4 {
		t.Fatalf("%d segments", len(files))
	}
	for i := len(ends) - 1; i >= 0; i-- {
		if _, err := d.Cut(Lengths{Transitions: ends[i]}); err != nil {
			t.Fatal(err)
		}
		l := openLog(t, d)
		if n, err := readAll(t, l, 0, 0); err != nil || n != 10*(i+1) || l.Length() != ends[i] {
			t.Errorf("cut to %d: %d rows, %v", ends[i], n, err)
		}
	}
}

func TestAppendAllocatesNothing(t *testing.T) {
	d := newRun(t, vfs.OS())
	l := openLog(t, d)
	r := transitionOf(1)
	for range 2 * blockRecords {
		l.Append(r)
	}
	if n := testing.AllocsPerRun(100, func() { l.Append(r) }); n != 0 {
		t.Errorf("%v allocations a row", n)
	}
}

func TestEveryFaultInTheTransitionLogKeepsWhatWasSynced(t *testing.T) {
	for _, torn := range []bool{false, true} {
		for at := 1; at < 60; at++ {
			d := newRun(t, vfs.OS())
			f := vfs.NewFaulty(vfs.OS())
			f.FailAt, f.Torn, f.Crash = at, torn, true
			d.fs = f
			l := openLog(t, d)
			l.limit = 500
			synced := 0
			for i := range 40 {
				if l.Append(transitionOf(i)) != nil {
					break
				}
				if i%4 == 3 {
					if l.Sync() != nil {
						break
					}
					synced = i + 1
				}
			}
			if err := f.PowerLoss(); err != nil {
				t.Fatal(err)
			}
			d.fs = vfs.OS()
			l = openLog(t, d)
			n, err := readAll(t, l, 0, 0)
			var damage *Damage
			if n < synced || err != nil && !errors.As(err, &damage) {
				t.Errorf("fault at %d, torn %v: %d rows of %d synced, %v", at, torn, n, synced, err)
			}
		}
	}
}

func TestReadingFromBehindTheEndIsAnError(t *testing.T) {
	l := openLog(t, newRun(t, vfs.OS()))
	for range 2 { // of an empty log, and of one with a row
		if _, err := l.Read(l.Length()+1, nil); err == nil || !strings.Contains(err.Error(), "behind the end") {
			t.Errorf("of %d bytes: %v", l.Length(), err)
		}
		if err := errors.Join(l.Append(transitionOf(0)), l.Flush()); err != nil {
			t.Fatal(err)
		}
	}
}
