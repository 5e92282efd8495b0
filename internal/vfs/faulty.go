package vfs

import (
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"sync"
	"syscall"
)

// ErrInjected is the fault that Faulty makes where it is not a full disk.
var ErrInjected = errors.New("injected fault")

// Faulty is a file system with faults, for tests. Operations that change the
// disk (create, open to append, write, sync, rename, remove, make a folder,
// truncate, sync a folder) are counted from 1; reading is never disturbed
// before a crash. Set the fields before use.
type Faulty struct {
	FS
	FailAt int   // the operation that fails; 0 for none
	Torn   bool  // a failing write leaves half of its bytes behind
	Crash  bool  // everything after the failing operation fails too, reading included
	Full   int64 // the disk is full after so many bytes; 0 for never

	mu      sync.Mutex
	count   int
	written int64
	crashed bool
	synced  map[string]int64 // bytes of a file that are surely on the disk
	size    map[string]int64 // bytes of a file that were written
	names   []change         // changes of names that no SyncDir made durable
}

// change is a name that a power failure may undo.
type change struct {
	dir      string
	from, to string // a rename, or from empty: a file or folder made at to
	replaced []byte // the file that a rename replaced; nil for none
}

// NewFaulty wraps fsys without any fault: set the fields to have some.
func NewFaulty(fsys FS) *Faulty {
	return &Faulty{FS: fsys, synced: map[string]int64{}, size: map[string]int64{}}
}

// Count returns how many changing operations were asked for.
func (f *Faulty) Count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.count
}

// step counts an operation and says whether it fails.
func (f *Faulty) step() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.crashed {
		return ErrInjected
	}
	f.count++
	if f.count == f.FailAt {
		f.crashed = f.Crash
		return ErrInjected
	}
	return nil
}

func (f *Faulty) readable() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.crashed {
		return ErrInjected
	}
	return nil
}

func (f *Faulty) renamed(from, to string, replaced []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.names = append(f.names, change{filepath.Dir(to), from, to, replaced})
}

// PowerLoss does to the wrapped disk what a power failure may do at worst:
// bytes that were not synced are gone, and so are new names in folders that
// were not synced. Removals and truncations stay. Use it after a crash.
func (f *Faulty) PowerLoss() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []error
	for name, size := range f.size {
		if kept := f.synced[name]; kept < size {
			if _, err := f.FS.Stat(name); err == nil {
				all = append(all, f.FS.Truncate(name, kept))
			}
		}
	}
	for i := len(f.names) - 1; i >= 0; i-- {
		c := f.names[i]
		if _, err := f.FS.Stat(c.to); err != nil {
			continue
		}
		if c.from == "" {
			all = append(all, f.FS.RemoveAll(c.to))
		} else {
			all = append(all, f.FS.Rename(c.to, c.from))
		}
		if c.replaced != nil {
			all = append(all, writeSynced(f.FS, c.to, c.replaced))
		}
	}
	return errors.Join(all...)
}

// Create is FS.Create with faults.
func (f *Faulty) Create(name string) (File, error) { return f.open(name, f.FS.Create, true) }

// OpenAppend is FS.OpenAppend with faults.
func (f *Faulty) OpenAppend(name string) (File, error) { return f.open(name, f.FS.OpenAppend, false) }

func (f *Faulty) open(name string, open func(string) (File, error), empty bool) (File, error) {
	if err := f.step(); err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	old, absent := f.FS.Stat(name)
	file, err := open(name)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if absent != nil {
		f.names = append(f.names, change{dir: filepath.Dir(name), to: name})
	}
	if _, known := f.size[name]; !known || empty {
		f.size[name], f.synced[name] = 0, 0
		if absent == nil && !empty {
			f.size[name], f.synced[name] = old.Size(), old.Size()
		}
	}
	return &faultyFile{f, file, name}, nil
}

// Open is FS.Open; it fails after a crash.
func (f *Faulty) Open(name string) (File, error) {
	if err := f.readable(); err != nil {
		return nil, err
	}
	return f.FS.Open(name)
}

// ReadFile is FS.ReadFile; it fails after a crash.
func (f *Faulty) ReadFile(name string) ([]byte, error) {
	if err := f.readable(); err != nil {
		return nil, err
	}
	return f.FS.ReadFile(name)
}

// ReadDir is FS.ReadDir; it fails after a crash.
func (f *Faulty) ReadDir(name string) ([]fs.DirEntry, error) {
	if err := f.readable(); err != nil {
		return nil, err
	}
	return f.FS.ReadDir(name)
}

// Stat is FS.Stat; it fails after a crash.
func (f *Faulty) Stat(name string) (fs.FileInfo, error) {
	if err := f.readable(); err != nil {
		return nil, err
	}
	return f.FS.Stat(name)
}

// Rename is FS.Rename with faults.
func (f *Faulty) Rename(from, to string) error {
	if err := f.step(); err != nil {
		return &fs.PathError{Op: "rename", Path: from, Err: err}
	}
	replaced, _ := f.FS.ReadFile(to)
	if err := f.FS.Rename(from, to); err != nil {
		return err
	}
	f.renamed(from, to, replaced)
	f.mu.Lock()
	defer f.mu.Unlock()
	move := func(m map[string]int64) {
		for name, n := range m {
			if rel, err := filepath.Rel(from, name); err == nil && filepath.IsLocal(rel) {
				delete(m, name)
				m[filepath.Join(to, rel)] = n
			}
		}
	}
	move(f.size)
	move(f.synced)
	return nil
}

// Remove is FS.Remove with faults.
func (f *Faulty) Remove(name string) error {
	if err := f.step(); err != nil {
		return &fs.PathError{Op: "remove", Path: name, Err: err}
	}
	return f.FS.Remove(name)
}

// RemoveAll is FS.RemoveAll with faults.
func (f *Faulty) RemoveAll(name string) error {
	if err := f.step(); err != nil {
		return &fs.PathError{Op: "remove", Path: name, Err: err}
	}
	return f.FS.RemoveAll(name)
}

// MkdirAll is FS.MkdirAll with faults.
func (f *Faulty) MkdirAll(name string) error {
	if err := f.step(); err != nil {
		return &fs.PathError{Op: "mkdir", Path: name, Err: err}
	}
	_, absent := f.FS.Stat(name)
	if err := f.FS.MkdirAll(name); err != nil {
		return err
	}
	if absent != nil {
		f.renamed("", name, nil)
	}
	return nil
}

// Truncate is FS.Truncate with faults.
func (f *Faulty) Truncate(name string, size int64) error {
	if err := f.step(); err != nil {
		return &fs.PathError{Op: "truncate", Path: name, Err: err}
	}
	if err := f.FS.Truncate(name, size); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.size[name], f.synced[name] = size, size
	return nil
}

// SyncDir is FS.SyncDir with faults.
func (f *Faulty) SyncDir(name string) error {
	if err := f.step(); err != nil {
		return &fs.PathError{Op: "sync", Path: name, Err: err}
	}
	if err := f.FS.SyncDir(name); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var rest []change
	for _, c := range f.names {
		if c.dir != filepath.Clean(name) {
			rest = append(rest, c)
		}
	}
	f.names = rest
	return nil
}

// Lock is FS.Lock without faults.
func (f *Faulty) Lock(name string) (io.Closer, error) { return f.FS.Lock(name) }

// faultyFile is a file of a Faulty.
type faultyFile struct {
	fs *Faulty
	File
	name string
}

func (w *faultyFile) Write(p []byte) (int, error) {
	if err := w.fs.step(); err != nil {
		n := 0
		if w.fs.Torn {
			n = w.write(p[:len(p)/2])
		}
		return n, &fs.PathError{Op: "write", Path: w.name, Err: err}
	}
	w.fs.mu.Lock()
	room := int64(len(p))
	if w.fs.Full > 0 {
		room = min(room, max(w.fs.Full-w.fs.written, 0))
	}
	w.fs.mu.Unlock()
	n := w.write(p[:room])
	if n < len(p) {
		return n, &fs.PathError{Op: "write", Path: w.name, Err: syscall.ENOSPC}
	}
	return n, nil
}

func (w *faultyFile) write(p []byte) int {
	n, _ := w.File.Write(p)
	w.fs.mu.Lock()
	defer w.fs.mu.Unlock()
	w.fs.written += int64(n)
	w.fs.size[w.name] += int64(n)
	return n
}

func (w *faultyFile) Sync() error {
	if err := w.fs.step(); err != nil {
		return &fs.PathError{Op: "sync", Path: w.name, Err: err}
	}
	if err := w.File.Sync(); err != nil {
		return err
	}
	w.fs.mu.Lock()
	defer w.fs.mu.Unlock()
	w.fs.synced[w.name] = w.fs.size[w.name]
	return nil
}
