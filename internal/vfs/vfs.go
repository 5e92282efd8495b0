package vfs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// File is an open file.
type File interface {
	io.Reader
	io.Writer
	io.Closer
	// Sync returns when everything written is on the disk.
	Sync() error
}

// FS is what the program needs of a file system. Errors are those of package
// os: they name the path and work with errors.Is.
type FS interface {
	Create(name string) (File, error)     // for writing; an old file is emptied
	OpenAppend(name string) (File, error) // for writing at the end; made where absent
	Open(name string) (File, error)       // for reading
	ReadFile(name string) ([]byte, error)
	Rename(from, to string) error
	Remove(name string) error
	RemoveAll(name string) error
	MkdirAll(name string) error
	ReadDir(name string) ([]fs.DirEntry, error) // sorted by name
	Stat(name string) (fs.FileInfo, error)
	Truncate(name string, size int64) error // and sync
	// SyncDir makes the names in a folder durable: files made, renamed, removed.
	SyncDir(name string) error
	// Lock takes the lock file called name for this process and writes its
	// pid into it, or fails with *Locked. The kernel lets go of it when the
	// process ends, however it ends.
	Lock(name string) (io.Closer, error)
}

// Locked says that another process holds a lock.
type Locked struct {
	Path string
	PID  int // 0 where unknown
}

// Error names the process that holds the lock.
func (e *Locked) Error() string {
	who := "another process"
	if e.PID != 0 {
		who = fmt.Sprintf("process %d", e.PID)
	}
	return fmt.Sprintf("%s is locked by %s", e.Path, who)
}

// OS returns the real file system.
func OS() FS { return osFS{} }

type osFS struct{}

func (osFS) Create(name string) (File, error) { return wrap(os.Create(name)) }
func (osFS) OpenAppend(name string) (File, error) {
	return wrap(os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666))
}
func (osFS) Open(name string) (File, error)             { return wrap(os.Open(name)) }
func (osFS) ReadFile(name string) ([]byte, error)       { return os.ReadFile(name) }
func (osFS) Rename(from, to string) error               { return os.Rename(from, to) }
func (osFS) Remove(name string) error                   { return os.Remove(name) }
func (osFS) RemoveAll(name string) error                { return os.RemoveAll(name) }
func (osFS) MkdirAll(name string) error                 { return os.MkdirAll(name, 0o777) }
func (osFS) ReadDir(name string) ([]fs.DirEntry, error) { return os.ReadDir(name) }
func (osFS) Stat(name string) (fs.FileInfo, error)      { return os.Stat(name) }

// wrap keeps a nil *os.File from becoming a File that is not nil.
func wrap(f *os.File, err error) (File, error) {
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (osFS) Truncate(name string, size int64) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Truncate(size), f.Sync(), f.Close())
}

func (osFS) SyncDir(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func (osFS) Lock(name string) (io.Closer, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		text, _ := io.ReadAll(io.LimitReader(f, 32))
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
			return nil, &Locked{Path: name, PID: pid}
		}
		return nil, &fs.PathError{Op: "lock", Path: name, Err: err}
	}
	if err := f.Truncate(0); err != nil {
		f.Close()
		return nil, err
	}
	if _, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// WriteFileAtomic puts data at path so that after a crash the file is the old
// one or the new one: temporary name, sync, rename, sync the folder.
func WriteFileAtomic(fsys FS, path string, data []byte) error {
	temp := path + ".tmp"
	if err := writeSynced(fsys, temp, data); err != nil {
		fsys.Remove(temp)
		return err
	}
	if err := fsys.Rename(temp, path); err != nil {
		fsys.Remove(temp)
		return err
	}
	return fsys.SyncDir(filepath.Dir(path))
}

func writeSynced(fsys FS, path string, data []byte) error {
	f, err := fsys.Create(path)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
