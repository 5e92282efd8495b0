package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"image/gif"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"demorl/env/parity"
	"demorl/internal/kern"
)

// tiny makes a run of seconds: M-DeMoRL with every part of it, very small.
const tiny = `
steps: 400
warmup: 200
eval_every: 100
eval_episodes: 2
checkpoint_every: 100
log_every: 50
epoch_steps: 100
refit_every: 100
replan_every: 100
utd: 1
start_states: 50
probe_starts: 10
sac: {hidden: [16, 16], batch: 32}
model: {members: 2, elites: 1, hidden: [16, 16], decay: [0, 0, 0], max_passes: 5}
planner: {samples: 8, elites: 2}
`

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"demorl": main})
}

func TestScripts(t *testing.T) {
	// Under nohup the tests' own programs would inherit that SIGHUP is ignored, and
	// the one that is to end by it would not. One that is caught here is not ignored there.
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(hangups) }) // the scripts outlast this function
	python := oraclePython(t)
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		Condition: func(name string) (bool, error) {
			switch name {
			case "fast":
				return len(kern.Tiers()) > 1, nil
			case "python":
				return hasGymnasium(t, python), nil
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("MUJOCO_DIR", filepath.Join(e.WorkDir, "no-mujoco"))
			e.Setenv("PATH_OF_DEMORL", filepath.SplitList(e.Getenv("PATH"))[0])
			e.Setenv("XDG_DATA_HOME", filepath.Join(e.WorkDir, "data"))
			e.Setenv("PYTHON", python)
			return os.WriteFile(filepath.Join(e.WorkDir, "tiny.yaml"), []byte(tiny), 0o644)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":     exits,
			"until":     until,
			"terminate": terminate,
			"damage":    damage,
			"edit":      edit,
			"lines":     lines,
			"film":      filmed,
			"cmpfilm":   sameNumbers,
		},
	})
}

// oraclePython is the interpreter that `make oracle-env` installs, or the one
// in DEMORL_ORACLE_PYTHON.
func oraclePython(t testing.TB) string {
	if path := os.Getenv("DEMORL_ORACLE_PYTHON"); path != "" {
		return path
	}
	root, err := parity.Root()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(root, ".oracle", "bin", "python")
}

// hasGymnasium reports whether the interpreter is there; in CI it must be.
func hasGymnasium(t testing.TB, python string) bool {
	if _, err := os.Stat(python); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%v: `make oracle-env` installs it", err)
		}
		return false
	}
	return true
}

// exits CODE COMMAND... runs a command that must end with an exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode()
	}
	if code != want {
		ts.Fatalf("exit code %d; want %d", code, want)
	}
}

// until FILE TEXT waits for a file to hold a text.
func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: until FILE TEXT")
	}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if data, err := os.ReadFile(ts.MkAbs(args[0])); err == nil && strings.Contains(string(data), args[1]) {
			return
		}
	}
	ts.Fatalf("%s never held %q", args[0], args[1])
}

// terminate DIR [hangup] sends SIGTERM, or SIGHUP, to the process that has the run in a folder.
func terminate(ts *testscript.TestScript, neg bool, args []string) {
	signal := syscall.SIGTERM
	switch {
	case !neg && len(args) == 2 && args[1] == "hangup":
		signal = syscall.SIGHUP
	case neg || len(args) != 1:
		ts.Fatalf("usage: terminate DIR [hangup]")
	}
	pid, err := strconv.Atoi(strings.TrimSpace(ts.ReadFile(filepath.Join(args[0], "lock"))))
	ts.Check(err)
	ts.Check(syscall.Kill(pid, signal))
}

// damage FILE changes one byte in the middle of a file.
func damage(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: damage FILE")
	}
	path := ts.MkAbs(args[0])
	data, err := os.ReadFile(path)
	ts.Check(err)
	data[len(data)/2] ^= 1
	ts.Check(os.WriteFile(path, data, 0o644))
}

// edit FILE OLD NEW replaces a text that stands in a file once.
func edit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: edit FILE OLD NEW")
	}
	data := ts.ReadFile(args[0])
	if n := strings.Count(data, args[1]); n != 1 {
		ts.Fatalf("%s holds %q %d times", args[0], args[1], n)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Replace(data, args[1], args[2], 1)), 0o644))
}

// lines N FILE compares the number of lines; FILE may be stdout or stderr.
func lines(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: lines N FILE")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if have := strings.Count(ts.ReadFile(args[1]), "\n"); have != want {
		ts.Fatalf("%s has %d lines; want %d", args[1], have, want)
	}
}

// film FILE WxH checks a GIF of a leg's run: its size, and that it lasts as
// long as the episodes that standard output tells of, with a frame at the start of
// each and one for every 2 steps of 0.01 s.
func filmed(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: film FILE WxH")
	}
	g, err := gif.DecodeAll(strings.NewReader(ts.ReadFile(args[0])))
	ts.Check(err)
	if size := fmt.Sprintf("%dx%d", g.Config.Width, g.Config.Height); size != args[1] {
		ts.Fatalf("the size is %s; want %s", size, args[1])
	}
	out := ts.ReadFile("stdout")
	want := 0
	for line := range strings.Lines(out) {
		if _, text, found := strings.Cut(line, "  length "); found {
			length, err := strconv.Atoi(strings.TrimSpace(text))
			ts.Check(err)
			want += 1 + length/2
		}
	}
	if len(g.Image) != want || want == 0 {
		ts.Fatalf("%d frames; want %d for\n%s", len(g.Image), want, out)
	}
	for i, d := range g.Delay {
		if d != 2 {
			ts.Fatalf("frame %d lasts %d/100 s; want 2", i, d)
		}
	}
}

// cmpfilm A B compares two results of eval --json, but for the video's name.
func sameNumbers(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: cmpfilm A B")
	}
	var all [2]result
	for i, name := range args {
		ts.Check(json.Unmarshal([]byte(ts.ReadFile(name)), &all[i]))
		all[i].Video = ""
	}
	if !reflect.DeepEqual(all[0], all[1]) {
		ts.Fatalf("%+v and %+v", all[0], all[1])
	}
}
