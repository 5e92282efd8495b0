package main

import (
	"bufio"
	"os"
	"runtime"
	"strings"

	"demorl/internal/vfs"
	"demorl/train"
)

// mostThreads bounds --threads: every thread has memory of its own, so a number
// that no machine serves takes gigabytes before anything is slow.
const mostThreads = 1024

// threads is the thread budget of a command line: what was asked for, else
// what this process may use.
func threads(asked int) (int, error) {
	if asked < 0 || asked > mostThreads {
		return 0, usagef("--threads is %d; want 1 to %d, or 0 for all processors", asked, mostThreads)
	}
	most := runtime.GOMAXPROCS(0)
	if asked == 0 {
		return most, nil
	}
	// The garbage collector keeps to the budget as well.
	runtime.GOMAXPROCS(min(asked, most))
	return asked, nil
}

// options are a run's facts about this program and machine.
func options(threads int) train.Options {
	program, commit := build()
	return train.Options{FS: vfs.OS(), Threads: threads, Program: program, Commit: commit, CPU: processor(), Go: runtime.Version()}
}

// processor is the name of this machine's processor, or its architecture.
func processor() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}
