package train

import (
	"runtime"

	"demorl/env"
	"demorl/internal/vfs"
	"demorl/settings"
)

// Start begins a new run in the empty or absent folder path on all processors:
// Create for a program of its own. The task is one of the registry, where
// env.Register puts the program's own. Train it with Train, then Close it.
func Start(path string, s Settings) (*Run, error) {
	text, err := settings.Encode(&s, nil)
	if err != nil {
		return nil, err
	}
	t, err := env.Lookup(s.Env)
	if err != nil {
		return nil, err
	}
	return Create(path, s, Options{FS: vfs.OS(), Threads: runtime.GOMAXPROCS(0), Program: "library", CPU: runtime.GOARCH, Go: runtime.Version(), Settings: text, Task: t.Files})
}
