package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"demorl/env"
	"demorl/env/gymnasium"
	"demorl/env/mujoco"
	"demorl/env/replay"
	"demorl/rundir"
	"demorl/settings"
	"demorl/train"
	"demorl/video"
)

// The exit codes of design.md section 7.
const (
	exitDone    = 0
	exitFailed  = 1 // the run failed
	exitUsage   = 2 // wrong usage or settings
	exitMissing = 3 // something that the task needs is not installed
)

// usage marks an error as the user's to mend on the command line.
type usage struct{ error }

func (u usage) Unwrap() error { return u.error }

func usagef(format string, args ...any) error { return usage{fmt.Errorf(format, args...)} }

// unwritten is the error of a file that a command line names and that could not
// be written: wrong usage where there can be no such file.
func unwritten(path string, err error) error {
	if noPlace(err) {
		return usagef("%s cannot be written: %w; name a file in a folder that is there", path, err)
	}
	return fmt.Errorf("%s: %w", path, err)
}

// noPlace reports whether err says that there can be no such file, whatever is
// freed or tried again.
func noPlace(err error) bool {
	for _, place := range []error{fs.ErrNotExist, fs.ErrPermission, syscall.ENOTDIR, syscall.EISDIR, syscall.EROFS, syscall.ENAMETOOLONG} {
		if errors.Is(err, place) {
			return true
		}
	}
	return false
}

// unmade is the error of a run that could not be begun in the folder path: wrong
// usage where there can be no such folder. What else may be missing, such as a
// simulator's file, lies elsewhere.
func unmade(path string, err error) error {
	at, ok := as[*fs.PathError](err)
	if ok && noPlace(err) && (strings.HasPrefix(at.Path, path) || strings.HasPrefix(path, at.Path)) {
		return usagef("%w; name a place for the run with --out", err)
	}
	return err
}

// noFile refuses a file where a folder is meant.
func noFile(path string) error {
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return usagef("%s is a file; name a run directory, or a folder with runs in it", path)
	}
	return nil
}

// exitCode is the exit code that tells what kind of error err is.
func exitCode(err error) int {
	if err == nil {
		return exitDone
	}
	if is[usage](err) || is[*settings.Faults](err) || is[*env.UnknownTaskError](err) || is[*replay.LineError](err) || is[*train.UnfitError](err) ||
		is[*gymnasium.NameError](err) || is[*gymnasium.RefusedError](err) || errors.Is(err, rundir.ErrNotEmpty) || errors.Is(err, rundir.ErrNoRun) {
		return exitUsage
	}
	if is[*env.MissingError](err) || errors.Is(err, video.ErrNoFFmpeg) || errors.Is(err, mujoco.ErrNoGL) {
		return exitMissing
	}
	return exitFailed
}

// is reports whether an E is in err's tree.
func is[E error](err error) bool {
	_, ok := as[E](err)
	return ok
}

// as returns the first E in err's tree.
func as[E error](err error) (E, bool) {
	var e E
	ok := errors.As(err, &e)
	return e, ok
}
