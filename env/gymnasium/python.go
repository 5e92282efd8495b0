package gymnasium

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// errNoPython says what is to be done about an interpreter that is not there.
type errNoPython struct{ why string }

func (e errNoPython) Error() string {
	return "a Python interpreter with Gymnasium: " + e.why + "; name one with --python PATH"
}

// interpreter returns the absolute path of the interpreter: the one given,
// else that of the active virtual environment, else python3 on PATH. Links are
// kept, since a virtual environment's interpreter is one.
func interpreter(given string) (string, error) {
	if given == "" {
		if folder := os.Getenv("VIRTUAL_ENV"); folder != "" {
			path := filepath.Join(folder, "bin", "python")
			if !isFile(path) {
				return "", errNoPython{fmt.Sprintf("VIRTUAL_ENV is %s, which has no bin/python", folder)}
			}
			return filepath.Abs(path)
		}
		path, err := exec.LookPath("python3")
		if err != nil {
			return "", errNoPython{"no python3 is on PATH"}
		}
		return filepath.Abs(path)
	}
	path, err := exec.LookPath(given)
	switch {
	case errors.Is(err, os.ErrPermission):
		return "", errNoPython{given + " cannot be executed"}
	case err != nil && !errors.Is(err, exec.ErrDot):
		return "", errNoPython{given + " is not there"}
	}
	return filepath.Abs(path)
}

// Examine says for `demorl doctor` whether the interpreter that is taken
// without --python has Gymnasium.
func Examine() string {
	path, err := interpreter("")
	if err != nil {
		return "missing  " + err.Error()
	}
	const script = "import numpy, gymnasium; print(gymnasium.__version__)"
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, "-c", script).Output()
	if err != nil {
		return fmt.Sprintf("missing  run `%s -m pip install gymnasium`; only environments of your own need it", path)
	}
	return fmt.Sprintf("ok  %s in %s", strings.TrimSpace(string(out)), path)
}
