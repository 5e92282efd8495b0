package gymnasium

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"demorl/agent"
	"demorl/env"
	"demorl/env/parity"
	"demorl/internal/wire"
	"demorl/rng"

	// Registers Pendulum-v1, which is stepped inside this program.
	_ "demorl/env/classic"
)

// python returns the oracles' interpreter.
func python(t testing.TB) string {
	t.Helper()
	path := os.Getenv("DEMORL_ORACLE_PYTHON")
	if path == "" {
		root, err := parity.Root()
		if err != nil {
			t.Fatal(err)
		}
		path = filepath.Join(root, ".oracle", "bin", "python")
	}
	if !isFile(path) {
		parity.Need(t, "no Python with Gymnasium: `make oracle-env` installs it")
	}
	return path
}

// program writes a shell script that can be executed.
func program(t testing.TB, path, text string) {
	t.Helper()
	err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o755))
	if err != nil {
		t.Fatal(err)
	}
}

// tryOpen makes an environment by name, by default with the oracles'
// interpreter and the modules in testdata.
func tryOpen(t testing.TB, name string) (env.Env, error) {
	t.Helper()
	n, err := Parse(name)
	if err != nil {
		t.Fatal(err)
	}
	if n.Python == "" {
		n.Python = python(t)
	}
	if n.Folder == "" {
		n.Folder = "testdata"
	}
	e, err := Open(n)
	if err == nil {
		t.Cleanup(func() { e.Close() })
	}
	return e, err
}

// open makes an environment with room for its observation and action.
func open(t testing.TB, name string) (e env.Env, obs, action []float64) {
	t.Helper()
	e, err := tryOpen(t, name)
	if err != nil {
		t.Fatal(err)
	}
	return e, make([]float64, e.Spec().ObsDim), make([]float64, e.Spec().ActDim)
}

// begin resets e with the random numbers of a key.
func begin(t testing.TB, e env.Env, key uint64, obs []float64) {
	t.Helper()
	if err := e.Reset(rng.NewStream(rng.Root(key)), obs); err != nil {
		t.Fatal(err)
	}
}

// randomActions draws n actions within the bounds.
func randomActions(spec env.Spec, key uint64, n int) [][]float64 {
	s := rng.NewStream(rng.Root(key).Derive("actions"))
	out := make([][]float64, n)
	for i := range out {
		for j := range spec.ActDim {
			out[i] = append(out[i], s.Uniform(spec.Low[j], spec.High[j]))
		}
	}
	return out
}

// record is what a reset or a step returned.
type record struct {
	Obs        []float64
	Reward     float64
	Terminated bool
	Truncated  bool
}

// same reports whether two records are equal in every bit.
func same(a, b record) bool {
	bits := func(v []float64) (out []uint64) {
		for _, x := range v {
			out = append(out, math.Float64bits(x))
		}
		return out
	}
	return slices.Equal(bits(a.Obs), bits(b.Obs)) && math.Float64bits(a.Reward) == math.Float64bits(b.Reward) && a.Terminated == b.Terminated && a.Truncated == b.Truncated
}

// play makes one step.
func play(t testing.TB, e env.Env, action, obs []float64) record {
	t.Helper()
	out, err := e.Step(action, obs)
	if err != nil {
		t.Fatal(err)
	}
	return record{slices.Clone(obs), out.Reward, out.Terminated, out.Truncated}
}

func TestEpisodesAreThoseOfAPythonLoopBitForBit(t *testing.T) {
	for _, c := range []struct {
		name  string
		steps int
	}{
		{"HalfCheetah-v5", 120}, {"Pendulum-v1?g=9.0", 120}, {"toys:Composite", 40}, {"toys:Toy?size=5&dtype=float32&horizon=30", 40},
		{"toys:Actions?kind=matrix", 10}, {"toys:ToyFree-v0", 30},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n, _ := Parse(c.name)
			e, obs, _ := open(t, c.name)
			keys := []uint64{11, 12, 11}
			var seeds []uint64
			for _, k := range keys {
				seeds = append(seeds, Seed(rng.NewStream(rng.Root(k))))
			}
			actions := randomActions(e.Spec(), 3, c.steps)
			id := n.Env
			if n.Module != "" {
				id = n.Module + ":" + n.Env
			}
			in, err := json.Marshal(map[string]any{"env": id, "arguments": n.arguments(), "seeds": seeds, "actions": actions})
			if err != nil {
				t.Fatal(err)
			}
			oracle := exec.Command(python(t), "testdata/loop.py")
			oracle.Stdin = bytes.NewReader(in)
			oracle.Stderr = os.Stderr
			out, err := oracle.Output()
			if err != nil {
				t.Fatal(err)
			}
			want := json.NewDecoder(bytes.NewReader(out))
			compare := func(step int, got record) {
				t.Helper()
				var w record
				if err := want.Decode(&w); err != nil {
					t.Fatal(err)
				}
				if !same(got, w) {
					t.Fatalf("step %d: %+v, the loop has %+v", step, got, w)
				}
			}
			for _, k := range keys {
				begin(t, e, k, obs)
				compare(0, record{Obs: obs})
				for i, a := range actions {
					compare(i+1, play(t, e, a, obs))
				}
			}
			if want.More() {
				t.Error("the loop has more records")
			}
		})
	}
}

func TestTheSpecIsTheEnvironmentsOwn(t *testing.T) {
	e, obs, action := open(t, "Pendulum-v1")
	spec := e.Spec()
	if spec.ID != "gymnasium:Pendulum-v1" || spec.ObsDim != 3 || spec.ActDim != 1 || spec.Low[0] != -2 || spec.High[0] != 2 || spec.Dt != 0.05 || spec.Limit != 200 || !spec.Terminates || spec.ObsNames != nil || !strings.HasPrefix(spec.Simulator, "gymnasium ") {
		t.Errorf("Pendulum-v1: %+v", spec)
	}
	if rule, ok := env.Power[env.Terminator](e); ok || !agent.TaskOf(e).Terminates {
		t.Errorf("a model would not learn when episodes end (rule %v)", rule)
	}
	begin(t, e, 1, obs)
	for range 250 { // the limit is the wrapper's
		if play(t, e, action, obs).Truncated {
			t.Fatal("the bare environment truncates at its limit")
		}
	}
	e, _, _ = open(t, "toys:Composite")
	names := e.Spec().ObsNames
	want := []string{"arm.0[0]", "arm.0[3]", "arm.1[0]=0", "arm.1[1]=2", "deep.a[0]", "deep.b[0]", "mode=-1", "mode=1", "velocity[0]", "velocity[5]"}
	for _, name := range want {
		if !slices.Contains(names, name) {
			t.Errorf("no observation is called %s in %v", name, names)
		}
	}
	if len(names) != e.Spec().ObsDim || len(names) != 4+5+1+2+3+6 {
		t.Errorf("%d names, %d numbers", len(names), e.Spec().ObsDim)
	}
}

func TestTheTimeLimitIsTheRegisteredOneOrTheOneGivenOrTheDefault(t *testing.T) {
	for name, want := range map[string]int{
		"toys:ToyLimited-v0": 20, "toys:ToyLimited-v0?max_episode_steps=7": 7, "toys:Toy#terminates=false": DefaultLimit, "toys:Toy?max_episode_steps=0": 0,
	} {
		e, _, _ := open(t, name)
		if e.Spec().Limit != want {
			t.Errorf("%s: limit %d, want %d", name, e.Spec().Limit, want)
		}
		if e.Spec().Terminates == strings.HasSuffix(name, "terminates=false") {
			t.Errorf("%s: can terminate: %v", name, e.Spec().Terminates)
		}
	}
}

func TestWhatCannotBeLearnedIsRefusedInASentence(t *testing.T) {
	for name, want := range map[string]string{
		"toys:Actions?kind=discrete":      "its actions are Discrete(3)",
		"toys:Actions?kind=multidiscrete": "its actions are MultiDiscrete",
		"toys:Actions?kind=integers":      "need a Box of floats",
		"toys:Actions?kind=dict":          "its actions are Dict",
		"toys:Actions?kind=unbounded":     "action 0 has the bounds [-inf, inf]",
		"toys:Text":                       "its observations hold Text",
		"Pendulun-v1":                     "knows no Pendulun-v1; did you mean Pendulum-v1",
		"toys:Toi":                        "toys has no class of this name; did you mean Toy",
	} {
		_, err := tryOpen(t, name)
		var refused *RefusedError
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}

func TestWhatIsNotInstalledIsAMissingError(t *testing.T) {
	bare := filepath.Join(t.TempDir(), "python")
	program(t, bare, `PYTHONPATH= exec "`+python(t)+`" -I -S "$@"`)
	for name, want := range map[string]string{
		"Pendulum-v1#python=/nowhere/python": "/nowhere/python is not there; name one with --python PATH",
		"Pendulum-v1#python=./name_test.go":  "cannot be executed",
		"Pendulum-v1#python=" + bare:         "-m pip install gymnasium",
		"no_such_module:Robot-v0":            "the Python module no_such_module, looked for in ",
		"no.such.module:Robot-v0":            "the Python module no, looked for in ",
		"needs_more:Robot":                   "the Python module no_such_dependency, which needs_more imports",
	} {
		_, err := tryOpen(t, name)
		var missing *env.MissingError
		if !errors.As(err, &missing) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}

func TestAFailedStartIsAProcessError(t *testing.T) {
	for name, c := range map[string]struct{ line, output string }{
		"broken:Raises":                       {"ZeroDivisionError: division by zero (", "Traceback (most recent call last)"},
		"exits:Robot":                         {"its Python process ended (exit status 5); its last words: so long", "so long"},
		"quits:Robot":                         {"SystemExit: 6", "Traceback"},
		"sleeps:Robot#start_timeout=4s":       {"no answer within 4s (it was at ", "sleeps.py"},
		"Pendulum-v1?nonsense=1":              {"unexpected keyword argument 'nonsense'", "Traceback"},
		"Pendulum-v1#python=/bin/true":        {"its Python process ended (exit status 0)", ""},
		`toys:Echo?a=1.5&b=True&c=slow&d="1"`: {`RuntimeError: [('a', 1.5), ('b', True), ('c', 'slow'), ('d', '1')]`, ""},
	} {
		began := time.Now()
		_, err := tryOpen(t, name)
		var failed *ProcessError
		if !errors.As(err, &failed) || failed.Doing != "start" || !strings.Contains(err.Error(), c.line) || strings.Contains(err.Error(), "\n") || !strings.Contains(failed.Output, c.output) {
			t.Errorf("%s: %v, want %q\n%s", name, err, c.line, failed.Output)
		}
		if time.Since(began) > 30*time.Second {
			t.Errorf("%s: took %v", name, time.Since(began))
		}
	}
}

func TestAFaultInAStepIsOneClearLine(t *testing.T) {
	for fault, c := range map[string]struct {
		line, output string
		lost         bool // the process is
	}{
		"raise":  {"step: ValueError: the gripper is stuck (", "raise ValueError(\"the gripper\\nis stuck\")", false},
		"exit":   {"step: SystemExit: 4 (", "sys.exit(4)", false},
		"kill":   {"step: its Python process ended (signal: killed)", "", true},
		"crash":  {"step: its Python process ended (signal: aborted", "Fatal Python error: Aborted", true},
		"hang":   {"step: no answer within 3s (it was at ", "in fail", true},
		"shape":  {"step: the observation has the shape (16,), its space says (17,)", "", false},
		"four":   {"step: step returned 4 values; Gymnasium's step returns", "", false},
		"reward": {"step: step returned the reward much, which is no number", "", false},
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			e, obs, action := open(t, "toys:Toy?fault="+fault+"#step_timeout=3s")
			begin(t, e, 1, obs)
			for range 2 {
				play(t, e, action, obs)
			}
			_, err := e.Step(action, obs)
			var failed *ProcessError
			if !errors.As(err, &failed) || !strings.Contains(err.Error(), c.line) || strings.Contains(err.Error(), "\n") {
				t.Fatalf("%v, want %q", err, c.line)
			}
			if !strings.Contains(failed.Output, c.output) {
				t.Errorf("the output has no %q: %s", c.output, failed.Output)
			}
			again := e.Reset(rng.NewStream(rng.Root(1)), obs)
			if c.lost != (again != nil) || c.lost && again != err {
				t.Errorf("a reset after it gives %v", again)
			}
		})
	}
}

func TestBadNumbersAndPrintsPassThrough(t *testing.T) {
	for fault, good := range map[string]func(r record) bool{
		"nan":   func(r record) bool { return math.IsNaN(r.Obs[0]) },
		"inf":   func(r record) bool { return math.IsInf(r.Reward, 1) },
		"print": func(r record) bool { return r.Reward == 0 && r.Obs[0] != 0 },
	} {
		e, obs, action := open(t, "toys:Toy?fault="+fault)
		begin(t, e, 1, obs)
		for range 2 {
			play(t, e, action, obs)
		}
		if r := play(t, e, action, obs); !good(r) {
			t.Errorf("%s: %+v", fault, r)
		}
		play(t, e, action, obs)
	}
	e, obs, action := open(t, "toys:Toy")
	begin(t, e, 1, obs)
	action[1] = math.NaN()
	if _, err := e.Step(action, obs); err == nil || !strings.Contains(err.Error(), "action 1 is NaN") {
		t.Errorf("an action that is not finite: %v", err)
	}
	for lose, want := range map[string]string{"key": "the observation has no key 'mode'", "range": "the observation mode is 7, its space says one of -1 to 1"} {
		e, obs, action := open(t, "toys:Composite?lose="+lose)
		begin(t, e, 1, obs)
		if _, err := e.Step(action, obs); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", lose, err)
		}
	}
	e, obs, _ = open(t, "toys:Toy?fault=reset")
	if err := e.Reset(rng.NewStream(rng.Root(1)), obs); err == nil || !strings.Contains(err.Error(), "reset: RuntimeError: no reset today") {
		t.Errorf("a failing reset: %v", err)
	}
}

func TestARestoredEpisodeStepsBitForBit(t *testing.T) {
	for _, name := range []string{
		"toys:Remembers", "toys:Draws", "HalfCheetah-v5", "Humanoid-v5", "Reacher-v5",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			saved, obs, _ := open(t, name)
			fresh, other, _ := open(t, name)
			codec, ok := env.Power[env.StateCodec](saved)
			into, also := env.Power[env.StateCodec](fresh)
			if !ok || !also {
				t.Fatal("no exact state")
			}
			begin(t, saved, 5, obs)
			actions := randomActions(saved.Spec(), 9, 61)
			for _, a := range actions[:31] {
				play(t, saved, a, obs)
			}
			state := codec.AppendState([]byte("before"))
			if err := into.RestoreState(state[len("before"):], other); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(obs, other) {
				t.Fatalf("restored %v, saved %v", other, obs)
			}
			for i, a := range actions[31:] {
				if x, y := play(t, saved, a, obs), play(t, fresh, a, other); !same(x, y) {
					t.Fatalf("step %d: %+v and %+v", i, x, y)
				}
			}
			if !bytes.Equal(codec.AppendState(nil), into.AppendState(nil)) {
				t.Error("equal states are saved as different bytes")
			}
			// The next reset is equal as well.
			begin(t, saved, 6, obs)
			begin(t, fresh, 6, other)
			if !slices.Equal(obs, other) {
				t.Error("the next episodes begin differently")
			}
		})
	}
}

// Checkpoints of versions that kept no global generators can be gone on with.
func TestAStateWithoutGeneratorsIsTaken(t *testing.T) {
	e, obs, action := open(t, "toys:Draws")
	begin(t, e, 5, obs)
	play(t, e, action, obs)
	codec, _ := env.Power[env.StateCodec](e)
	r := wire.NewReader(codec.AppendState(nil))
	last := make([]float64, len(obs))
	r.F64sInto(last, "observation")
	cut := exec.Command(python(t), "-c", "import pickle, sys; sys.stdout.buffer.write(pickle.dumps(pickle.load(sys.stdin.buffer)[:2], 4))")
	cut.Stdin = bytes.NewReader(r.Bytes())
	earlier, err := cut.Output()
	if err != nil || r.Err() != nil {
		t.Fatal(err, r.Err())
	}
	other, seen, _ := open(t, "toys:Draws")
	into, _ := env.Power[env.StateCodec](other)
	if err := into.RestoreState(wire.Bytes(wire.F64s(nil, last), earlier), seen); err != nil || !slices.Equal(seen, obs) {
		t.Errorf("restored %v, saved %v, %v", seen, obs, err)
	}
	play(t, other, action, seen)
}

func TestAStateThatCannotBeToldIsSaidToBeLost(t *testing.T) {
	e, obs, action := open(t, "toys:Remembers?fault=kill")
	codec, ok := env.Power[env.StateCodec](env.Limit(e, 9))
	if !ok {
		t.Fatal("no codec")
	}
	begin(t, e, 1, obs)
	for range 3 {
		e.Step(action, obs)
	}
	state := codec.AppendState(nil)
	if err := codec.RestoreState(state, obs); !errors.Is(err, env.ErrNoState) {
		t.Errorf("restoring %d bytes: %v", len(state), err)
	}
	for _, name := range []string{"toys:Toy", "toys:Composite"} {
		e, _, _ := open(t, name)
		if _, ok := env.Power[env.StateCodec](e); ok {
			t.Errorf("%s tells no state and has the power", name)
		}
	}
}

func TestAStepAllocatesNothing(t *testing.T) {
	e, obs, action := open(t, "toys:Remembers?horizon=1000000")
	begin(t, e, 1, obs)
	if n := testing.AllocsPerRun(200, func() {
		if _, err := e.Step(action, obs); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// unheard is an interpreter whose Gymnasium has Unheard-v7, which no package of
// this program has.
func unheard(t *testing.T) string {
	t.Helper()
	out, err := exec.Command(python(t), "-c", "import os, sys; print(sys.executable); print(os.environ.get('PYTHONPATH', ''))").Output()
	if err != nil {
		t.Fatal(err)
	}
	executable, packages, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	dir := t.TempDir()
	register := "import gymnasium\ngymnasium.register('Unheard-v7', 'gymnasium.envs.classic_control.pendulum:PendulumEnv', max_episode_steps=200)\n"
	if err := os.WriteFile(filepath.Join(dir, "sitecustomize.py"), []byte(register), 0o644); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "bin", "python")
	program(t, path, fmt.Sprintf("PYTHONPATH=%q PYTHONNOUSERSITE=1 exec %q \"$@\"", dir+":"+packages, executable))
	return path
}

func TestTheResolverFindsWhatThisProgramHasNot(t *testing.T) {
	path := unheard(t)
	t.Setenv("VIRTUAL_ENV", filepath.Dir(filepath.Dir(path)))
	if task, err := env.Lookup("Pendulum-v1"); err != nil || task.Family != "classic" {
		t.Errorf("Pendulum-v1 is %s, %v", task.ID, err)
	}
	task, err := env.Lookup("Unheard-v7")
	if err != nil || task.ID != "gymnasium:Unheard-v7#python="+path || task.Describe().ObsDim != 3 || task.Family != Family {
		t.Fatalf("Unheard-v7 is %s, %v", task.ID, err)
	}
	again, err := env.Lookup(task.ID)
	if err != nil || again.ID != task.ID {
		t.Errorf("the complete name gives %s, %v", again.ID, err)
	}
	// The environment that told the Spec is the first instance, and only that one.
	spare := all.found[task.ID].spare
	first, err := again.Make()
	second, err2 := again.Make()
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	defer second.Close()
	if first != spare || second == first {
		t.Error("the first environment is not taken once")
	}
	var unknown *env.UnknownTaskError
	if _, err := env.Lookup("Pusherr-v5"); !errors.As(err, &unknown) {
		t.Errorf("Pusherr-v5: %v", err)
	}
	var refused *RefusedError
	if _, err := env.Lookup("CartPole-v1"); !errors.As(err, &refused) {
		t.Errorf("CartPole-v1: %v", err)
	}
	if _, err := env.Lookup("gymnasium:Pusherr-v5"); !errors.As(err, &refused) || !slices.Contains(refused.Nearest, "Pusher-v5") {
		t.Errorf("gymnasium:Pusherr-v5: %v", err)
	}
	Release()
}
