package rundir

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"demorl/internal/vfs"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 250e6, time.UTC)

func newRun(t *testing.T, fsys vfs.FS) *Dir {
	t.Helper()
	d, err := Create(fsys, filepath.Join(t.TempDir(), "run"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := d.WriteManifest(Manifest{Env: "leg2r/ellipse", Seed: 7, Created: noon, Exact: true}); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestCreateRefusesAFolderThatHoldsSomething(t *testing.T) {
	d := newRun(t, vfs.OS())
	d.Close()
	_, err := Create(vfs.OS(), d.Path())
	if !errors.Is(err, ErrNotEmpty) || !strings.Contains(err.Error(), "demorl resume "+d.Path()) {
		t.Errorf("over a run: %v", err)
	}
	other := t.TempDir()
	os.WriteFile(filepath.Join(other, "thesis.tex"), nil, 0o666)
	_, err = Create(vfs.OS(), other)
	if !errors.Is(err, ErrNotEmpty) || !strings.Contains(err.Error(), "thesis.tex") || strings.Contains(err.Error(), "resume") {
		t.Errorf("over a foreign folder: %v", err)
	}
	if _, err := Open(vfs.OS(), other); !errors.Is(err, ErrNoRun) {
		t.Errorf("open of a foreign folder: %v", err)
	}
}

// A program that is started again and again must not be kept from its folder by a
// run that was killed before it had a manifest.
func TestAFolderWhoseRunNeverBeganIsTaken(t *testing.T) {
	begin := func(fsys vfs.FS, path string, task map[string][]byte) error {
		d, err := Create(fsys, path)
		if err != nil {
			return err
		}
		defer d.Close()
		if err := errors.Join(d.WriteSettings([]byte("seed: 7\n")), d.WriteTask(task)); err != nil {
			return err
		}
		return d.WriteManifest(Manifest{Seed: 7})
	}
	for at, done := 1, false; !done; at++ {
		path := filepath.Join(t.TempDir(), "run")
		f := vfs.NewFaulty(vfs.OS())
		f.FailAt, f.Crash = at, true
		killed := begin(f, path, map[string][]byte{"task.yaml": []byte("a"), "model/main.xml": []byte("b")})
		if done = killed == nil; done {
			continue
		}
		if _, err := View(vfs.OS(), path); err == nil {
			continue // only the manifest's name was not made durable
		}
		if err := begin(vfs.OS(), path, nil); err != nil {
			t.Fatalf("killed at operation %d (%v): %v", at, killed, err)
		}
		if files, err := must(View(vfs.OS(), path)).ReadTask(); err != nil || files != nil {
			t.Errorf("killed at operation %d: the run has the task %v of the other one, %v", at, files, err)
		}
	}
	d := newRun(t, vfs.OS())
	mustCheckpoint(t, d, 1000)
	d.Close()
	if err := os.Remove(filepath.Join(d.Path(), manifestName)); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(vfs.OS(), d.Path()); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("over a run that lost its manifest: %v", err)
	}
}

func TestManifestAndSettingsReadBack(t *testing.T) {
	d := newRun(t, vfs.OS())
	m, err := d.ReadManifest()
	want := Manifest{Env: "leg2r/ellipse", Seed: 7, Created: noon, Exact: true}
	if err != nil || !reflect.DeepEqual(m, want) {
		t.Errorf("%+v, %v", m, err)
	}
	if err := d.WriteSettings([]byte("seed: 7\n")); err != nil {
		t.Fatal(err)
	}
	if text, err := d.ReadSettings(); err != nil || string(text) != "seed: 7\n" {
		t.Errorf("%q, %v", text, err)
	}
}

// TestMain lets the test binary play a second process that holds a run.
func TestMain(m *testing.M) {
	if path := os.Getenv("RUNDIR_TEST_HOLD"); path != "" {
		if _, err := Open(vfs.OS(), path); err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
		fmt.Println("locked")
		time.Sleep(time.Minute)
	}
	os.Exit(m.Run())
}

func TestSecondProcessIsRefusedUntilTheFirstIsKilled(t *testing.T) {
	d := newRun(t, vfs.OS())
	d.Close()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "RUNDIR_TEST_HOLD="+d.Path())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	if line != "locked\n" {
		t.Fatalf("the other process said %q", line)
	}
	var held *Locked
	_, err = Open(vfs.OS(), d.Path())
	if !errors.As(err, &held) || held.PID != cmd.Process.Pid || !strings.Contains(err.Error(), "in use") {
		t.Errorf("while it runs: %v", err)
	}
	cmd.Process.Kill()
	cmd.Wait()
	again, err := Open(vfs.OS(), d.Path())
	if err != nil {
		t.Fatalf("after SIGKILL: %v", err)
	}
	again.Close()
}

func TestProgressWritesSortedScalarsAndNamesWhatIsNotFinite(t *testing.T) {
	d := newRun(t, vfs.OS())
	p, err := d.OpenProgress()
	if err != nil {
		t.Fatal(err)
	}
	rows := []map[string]float64{
		{"train/return": 1.0 / 3, "sac/q_mean": math.NaN(), "model/holdout_mse": math.Inf(1), "a": math.Inf(-1), "plan/nonfinite": 0},
		{},
	}
	for i, r := range rows {
		if err := p.Write(uint64(i*1000), noon, r); err != nil {
			t.Fatal(err)
		}
	}
	text, _ := os.ReadFile(filepath.Join(d.Path(), "progress.jsonl"))
	want := `{"step":0,"time":"2026-11-22T12:00:00.250Z","a":"-Infinity","model/holdout_mse":"Infinity","plan/nonfinite":0,"sac/q_mean":"NaN","train/return":0.3333333333333333}
{"step":1000,"time":"2026-11-22T12:00:00.250Z"}
`
	if string(text) != want || p.Length() != int64(len(want)) {
		t.Errorf("have\n%s\nwant\n%s", text, want)
	}
	read, err := d.ReadProgress()
	if err != nil || len(read) != 2 || read[1].Step != 1000 || !read[0].Time.Equal(noon) || read[0].Scalars["train/return"] != 1.0/3 ||
		!math.IsNaN(read[0].Scalars["sac/q_mean"]) || !math.IsInf(read[0].Scalars["a"], -1) {
		t.Errorf("%+v, %v", read, err)
	}
}

func TestCutBringsTheLogsBackToTheCheckpointsBytes(t *testing.T) {
	d := newRun(t, vfs.OS())
	p, _ := d.OpenProgress()
	e, _ := d.OpenEval()
	l, err := d.OpenTransitions(Layout{2, 1})
	if err != nil {
		t.Fatal(err)
	}
	write := func(step uint64) {
		for _, err := range []error{
			p.Write(step, noon, map[string]float64{"x": float64(step)}),
			e.Write(Evaluation{step, 0, 0.1 + float64(step), 1000, "policy"}, Evaluation{step, 1, math.Inf(-1), 3, "planner"}),
			l.Append(Transition{[]float32{1, 2}, []float32{3}, []float32{4, 5}, float32(step), FlagTruncated}),
			p.Sync(), e.Sync(), l.Sync(),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	read := func() string {
		a, _ := os.ReadFile(filepath.Join(d.Path(), "progress.jsonl"))
		b, _ := os.ReadFile(d.EvalPath())
		c, _ := os.ReadFile(filepath.Join(d.Path(), "transitions", "000000.seg"))
		return string(a) + string(b) + string(c)
	}
	write(1000)
	at, before := Lengths{p.Length(), e.Length(), l.Length()}, read()
	write(2000)
	after := read()
	p.Close()
	e.Close()
	l.Close()
	if missing, err := d.Cut(at); err != nil || len(missing) > 0 || read() != before {
		t.Fatalf("cut: %v, missing %q", err, missing)
	}
	p, _ = d.OpenProgress()
	e, _ = d.OpenEval()
	if l, err = d.OpenTransitions(Layout{2, 1}); err != nil {
		t.Fatal(err)
	}
	write(2000)
	if read() != after {
		t.Error("writing the same again gives other bytes")
	}
	for what, too := range map[string]Lengths{"progress.jsonl": {Progress: 1 << 20}, "eval.csv": {Eval: 1 << 20}, "transition log": {Transitions: 1 << 20}} { // nothing else is cut to 0 either
		if _, err = d.Cut(too); err == nil || !strings.Contains(err.Error(), what) || !strings.Contains(err.Error(), "lost") || read() != after {
			t.Errorf("%s is too short: %v", what, err)
		}
	}
	if !strings.HasPrefix(after[strings.Index(after, "step,"):], "step,episode,return,length,actor\n1000,0,1000.1,1000,policy\n1000,1,-Inf,3,planner\n") {
		t.Errorf("eval.csv: %s", after)
	}
}

// A spreadsheet ends lines otherwise: the file is then not cut in the middle of
// a row. Logs are records: a run goes on without those that were removed.
func TestLogsThatWereEditedStayAndThoseThatWereRemovedAreNamed(t *testing.T) {
	d := newRun(t, vfs.OS())
	e, err := d.OpenEval()
	if err != nil {
		t.Fatal(err)
	}
	for step := range uint64(3) {
		if err := e.Write(Evaluation{Step: step, Actor: "policy"}); err != nil {
			t.Fatal(err)
		}
	}
	at := Lengths{Eval: e.Length(), Transitions: 100}
	e.Close()
	edited := strings.ReplaceAll(string(must(os.ReadFile(d.EvalPath()))), "\n", "\r\n")
	if err := os.WriteFile(d.EvalPath(), []byte(edited), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Cut(at); err == nil || !strings.Contains(err.Error(), "was edited") || string(must(os.ReadFile(d.EvalPath()))) != edited {
		t.Errorf("edited: %v", err)
	}
	if err := errors.Join(os.Remove(d.EvalPath()), os.RemoveAll(filepath.Join(d.Path(), "transitions"))); err != nil {
		t.Fatal(err)
	}
	missing, err := d.Cut(at)
	if err != nil || len(missing) != 2 || missing[0] != d.EvalPath() || filepath.Base(missing[1]) != "transitions" {
		t.Errorf("missing %q, %v", missing, err)
	}
	l, err := d.OpenTransitions(Layout{1, 1})
	if err == nil {
		err = errors.Join(l.Append(Transition{Obs: []float32{1}, Action: []float32{2}, Next: []float32{3}}), l.Sync(), l.Close())
	}
	if err != nil {
		t.Errorf("the log does not begin anew: %v", err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestACheckpointIsNotWrittenWhereTheRunNoLongerIs(t *testing.T) {
	d := newRun(t, vfs.OS())
	if err := os.Rename(d.Path(), d.Path()+"-moved"); err != nil {
		t.Fatal(err)
	}
	if err := d.WriteCheckpoint(1, nil, Lengths{}); err == nil || !strings.Contains(err.Error(), "moved or removed") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(d.Path()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder was made again: %v", err)
	}
}

func TestFullDiskFailsWithAdviceAndLeavesEveryLogWhole(t *testing.T) {
	for full := int64(400); full < 2500; full += 97 {
		f := vfs.NewFaulty(vfs.OS())
		d := newRun(t, f)
		f.Full = full
		p, err1 := d.OpenProgress()
		e, err2 := d.OpenEval()
		l, err3 := d.OpenTransitions(Layout{3, 1})
		if err := errors.Join(err1, err2, err3); err != nil {
			if !strings.Contains(err.Error(), "free some space") {
				t.Fatal(err)
			}
			continue
		}
		var err error
		good := 0
		for i := 0; err == nil && i < 100; i++ {
			r := Transition{Obs: make([]float32, 3), Action: make([]float32, 1), Next: make([]float32, 3), Reward: float32(i)}
			if err = p.Write(uint64(i), noon, map[string]float64{"x": 1}); err == nil {
				if err = e.Write(Evaluation{Step: uint64(i), Actor: "policy"}); err == nil {
					if err = l.Append(r); err == nil {
						err = l.Sync()
					}
				}
			}
			if err == nil {
				good = i + 1
			}
		}
		if err == nil || !strings.Contains(err.Error(), "free some space") || !strings.Contains(err.Error(), d.Path()) {
			t.Fatalf("full at %d: %v", full, err)
		}
		records, err := d.ReadProgress()
		info, _ := os.Stat(filepath.Join(d.Path(), "progress.jsonl"))
		if err != nil || len(records) < good || info.Size() != p.Length() {
			t.Errorf("full at %d: %d records of %d, %v", full, len(records), good, err)
		}
		again, err := d.OpenTransitions(Layout{3, 1})
		if err != nil || again.Damage() != nil {
			t.Fatalf("full at %d: %v %v", full, err, again.Damage())
		}
		rows := 0
		if _, err := again.Read(0, func(Transition) error { rows++; return nil }); err != nil || rows < good {
			t.Errorf("full at %d: %d rows of %d, %v", full, rows, good, err)
		}
	}
}

func TestATasksFilesComeBackByTheirNames(t *testing.T) {
	d, err := Create(vfs.OS(), filepath.Join(t.TempDir(), "run"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if files, err := d.ReadTask(); err != nil || files != nil {
		t.Errorf("a run without a task of its own has %v, %v", files, err)
	}
	want := map[string][]byte{"task.yaml": []byte("a"), "model/main.xml": []byte("b"), "model/parts/arm.xml": {}}
	if err := d.WriteTask(want); err != nil {
		t.Fatal(err)
	}
	got, err := d.ReadTask()
	if err != nil || !maps.EqualFunc(got, want, bytes.Equal) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	if err := d.WriteTask(map[string][]byte{"../outside": nil}); err == nil {
		t.Error("a name outside the folder was taken")
	}
}
