package train

import (
	"errors"
	"fmt"
	"runtime"
	"strings"

	"demorl/env"
	"demorl/internal/vfs"
	"demorl/rundir"
	"demorl/settings"
)

// Start begins a new run in the empty or absent folder path on all processors:
// Create for a program of its own. The task is one of the registry, where
// env.Register puts the program's own. Train it with Train, then Close it.
func Start(path string, s Settings) (*Run, error) {
	t, err := env.Lookup(s.Env)
	if err != nil {
		return nil, err
	}
	o := library()
	o.Task = t.Files
	return Create(path, s, o)
}

// Open goes on with the run in folder path, or begins one there as Start does
// where the folder is empty or absent: a program that is started again after a
// stop, a crash or a power cut goes on where it was. Settings other than the
// run's are an error, but for Steps. On another kind of processor the run goes
// on too, and its manifest says that it is no longer exact.
func Open(path string, s Settings) (*Run, error) {
	dir, err := rundir.View(vfs.OS(), path)
	if errors.Is(err, rundir.ErrNoRun) {
		return Start(path, s)
	}
	if err != nil {
		return nil, err
	}
	stored, err := ReadSettings(dir)
	if err != nil {
		return nil, err
	}
	if err := sameSettings(stored, s); err != nil {
		return nil, fmt.Errorf("%s holds a run with other settings (%w): choose another folder, or remove it to begin again", path, err)
	}
	o := library()
	o.OtherCPU = true
	return Resume(path, o)
}

func library() Options {
	return Options{Threads: runtime.GOMAXPROCS(0), Program: "library", CPU: runtime.GOARCH, Go: runtime.Version()}
}

// sameSettings names the first setting in which a run's differ from those asked for.
func sameSettings(stored, asked Settings) error {
	stored.Steps = asked.Steps
	was, err := settings.Encode(&stored, nil)
	if err != nil {
		return err
	}
	is, err := settings.Encode(&asked, nil)
	if err != nil {
		return err
	}
	lines := strings.Split(string(is), "\n")
	for i, line := range strings.Split(string(was), "\n") {
		if i >= len(lines) || line != lines[i] {
			return fmt.Errorf("%q in its run.yaml", strings.TrimSpace(line))
		}
	}
	return nil
}
