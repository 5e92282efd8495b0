package vfs

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestAtomicWriteLeavesOldOrNewAtEveryFault(t *testing.T) {
	for _, torn := range []bool{false, true} {
		for _, crash := range []bool{false, true} {
			for at := 1; ; at++ {
				dir := t.TempDir()
				path := filepath.Join(dir, "f")
				if err := WriteFileAtomic(OS(), path, []byte("old")); err != nil {
					t.Fatal(err)
				}
				f := NewFaulty(OS())
				f.FailAt, f.Torn, f.Crash = at, torn, crash
				err := WriteFileAtomic(f, path, []byte("newer"))
				if crash {
					if err := f.PowerLoss(); err != nil {
						t.Fatal(err)
					}
				}
				data, _ := os.ReadFile(path)
				if s := string(data); s != "old" && s != "newer" || err == nil && s != "newer" {
					t.Errorf("fault at %d (torn %v, crash %v): file holds %q, error %v", at, torn, crash, s, err)
				}
				if err == nil {
					break
				}
				if !errors.Is(err, ErrInjected) {
					t.Errorf("fault at %d: %v", at, err)
				}
			}
		}
	}
}

func TestFullDiskStopsAtItsLastByte(t *testing.T) {
	f := NewFaulty(OS())
	f.Full = 5
	path := filepath.Join(t.TempDir(), "f")
	file, err := f.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	n, err := file.Write([]byte("1234567"))
	if n != 5 || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("wrote %d, %v", n, err)
	}
	file.Close()
}

func TestPowerLossTakesWhatWasNotSynced(t *testing.T) {
	dir := t.TempDir()
	f := NewFaulty(OS())
	kept, lost := filepath.Join(dir, "kept"), filepath.Join(dir, "lost")
	a, _ := f.Create(kept)
	a.Write([]byte("abc"))
	a.Sync()
	f.SyncDir(dir)
	a.Write([]byte("def"))
	b, _ := f.Create(lost)
	b.Write([]byte("x"))
	b.Sync()
	if err := f.PowerLoss(); err != nil {
		t.Fatal(err)
	}
	data, _ := os.ReadFile(kept)
	if _, err := os.Stat(lost); string(data) != "abc" || err == nil {
		t.Errorf("kept %q, lost %v", data, err)
	}
}

func TestLockNamesTheProcessThatHoldsIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	l, err := OS().Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	var held *Locked
	if _, err := OS().Lock(path); !errors.As(err, &held) || held.PID != os.Getpid() {
		t.Errorf("second lock: %v", err)
	}
	l.Close()
	if l, err = OS().Lock(path); err != nil {
		t.Error(err)
	} else {
		l.Close()
	}
}
