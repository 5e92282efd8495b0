package main

import (
	"errors"
	"fmt"

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
