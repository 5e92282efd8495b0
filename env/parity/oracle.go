package parity

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Suite is one script of the folder oracle/ and what may differ from it.
type Suite struct {
	Script string
	// Allowed has the tasks whose numbers may differ; all others are equal in
	// every bit of the observation and within 1e-12 in the reward.
	Allowed map[string]Tolerance
}

// Tolerance is what may differ and why.
type Tolerance struct {
	Obs, Reward float64 // largest differences
	Reason      string
}

// exact is the tolerance of a task that no suite names.
var exact = Tolerance{Reward: 1e-12}

// Suites are all scripts.
var Suites = []Suite{
	{Script: "gym_parity.py"},
	{Script: "dmc_parity.py"},
	{Script: "adroit_parity.py", Allowed: hammers("", ":gr142", ":sparse")},
	{Script: "hand_parity.py"},
	{Script: "dext_parity.py"},
	{Script: "pddm_parity.py"},
}

// hammers is what may differ in the variants of adroit/hammer.
func hammers(variants ...string) map[string]Tolerance {
	allowed := map[string]Tolerance{}
	for _, v := range variants {
		// At most two units in the last place of an angle up to pi.
		allowed["adroit/hammer"+v] = Tolerance{1e-15, 1e-12, "Euler angles by NumPy's arctangent, which is not the C library's"}
	}
	return allowed
}

// Find returns the suite of a script.
func Find(script string) Suite {
	for _, s := range Suites {
		if s.Script == script {
			return s
		}
	}
	panic("parity: no suite has the script " + script)
}

// Tolerance is what may differ in a task.
func (s Suite) Tolerance(id string) Tolerance {
	if t, ok := s.Allowed[id]; ok {
		return t
	}
	return exact
}

// Root is the repository's folder, seen from the current one.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "oracle", "install.sh")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("parity: this folder is not below demorl's repository, which has the oracles")
		}
		dir = parent
	}
}

// Run runs the suite's script with the interpreter in DEMORL_ORACLE_PYTHON, or
// the one that `make oracle-env` installs.
func (s Suite) Run(args ...string) ([]byte, error) {
	root, err := Root()
	if err != nil {
		return nil, err
	}
	python := os.Getenv("DEMORL_ORACLE_PYTHON")
	if python == "" {
		python = filepath.Join(root, ".oracle", "bin", "python")
	}
	var stderr bytes.Buffer
	command := exec.Command(python, append([]string{filepath.Join(root, "oracle", s.Script)}, args...)...)
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
		return nil, fmt.Errorf("parity: oracle/%s %s: %w: %s; `make oracle-env` installs the oracles", s.Script, strings.Join(args, " "), err, lines[len(lines)-1])
	}
	return out, nil
}

// List returns the ids of the suite's tasks.
func (s Suite) List() ([]string, error) {
	out, err := s.Run("--list")
	return strings.Fields(string(out)), err
}
