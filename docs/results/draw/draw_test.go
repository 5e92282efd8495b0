package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	_ "demorl/env/classic"
	"demorl/settings"
	"demorl/train"
)

// write puts text at root/name.
func write(t *testing.T, root, name, text string) {
	t.Helper()
	path := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

const about = "env: gym/hopper\nalgo: sac\npreset: lite\ncommit: abc\ncpu: fast\nthreads: 2\nhours: 1.5\n"

func TestTheStoredPicturesAndTablesAreUpToDate(t *testing.T) {
	files, err := generate("..")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 10 {
		t.Errorf("only %d files are made of docs/results", len(files))
	}
	for _, f := range files {
		if stored, err := os.ReadFile(f.path); err != nil || !bytes.Equal(stored, f.data) {
			t.Errorf("%s is not what it is made from (%v): run `make results`", f.path, err)
		}
	}
}

func TestTheIndexNamesEveryTask(t *testing.T) {
	index, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	tables, err := filepath.Glob("../*/table.md")
	if err != nil || len(tables) < 10 {
		t.Fatalf("%d tables, %v", len(tables), err)
	}
	for _, table := range tables {
		if task := filepath.Base(filepath.Dir(table)); !bytes.Contains(index, []byte("("+task+"/table.md)")) {
			t.Errorf("docs/results/README.md has no row for %s", task)
		}
	}
}

func TestATaskIsComparedWithWhatWasPublished(t *testing.T) {
	root := t.TempDir()
	csv := "step,episode,return,length,actor\n10000,0,1000,5,policy\n10000,1,3000,5,policy\n20000,0,3500,5,policy\n20000,1,3500,5,policy\n"
	write(t, root, "gym-hopper/sac/meta.yaml", about)
	write(t, root, "gym-hopper/sac/eval-10.csv", csv)
	write(t, root, "gym-hopper/sac/eval-2.csv", strings.ReplaceAll(csv, "3500", "2900"))
	write(t, root, "gym-hopper/published.yaml", "- {name: MBPO, source: a paper, returns: {10000: 697, 15000: 900, 30000: 1}}\n")
	files, err := generate(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 4 || files[1].path != filepath.Join(root, "gym-hopper/sac/table.md") || files[2].path != filepath.Join(root, "gym-hopper/curve.svg") {
		t.Fatalf("files %v", files)
	}
	table := string(files[3].data)
	for _, want := range []string{
		"| at 10,000 | at 15,000 | at 20,000 |",
		"| gym/hopper | sac            | 2     | 2000      | -         | 3200      |", // the mean of two runs
		"3000: 20,000 (-)",
		"|            | MBPO [a paper] |       | 697.0     | 900.0     | -         |",
		"| sac       | lite   | 2 10  | abc    |        | fast | 2       | 1.5         |",
	} {
		if !strings.Contains(table, want) {
			t.Errorf("the table lacks %q:\n%s", want, table)
		}
	}
}

func TestWrongFoldersAreNamed(t *testing.T) {
	csv := "step,episode,return,length,actor\n10000,0,1000,5,policy\n"
	for want, files := range map[string]map[string]string{
		"want eval-SEED.csv":      {"a/b/meta.yaml": about, "a/b/eval-x.csv": csv},
		"all three are needed":    {"a/b/meta.yaml": "env: gym/hopper\n", "a/b/eval-0.csv": csv},
		"one folder holds one":    {"a/b/meta.yaml": about, "a/b/eval-0.csv": csv, "a/c/meta.yaml": strings.Replace(about, "hopper", "ant", 1), "a/c/eval-0.csv": csv},
		"0 seeds and 0 runs":      {"a/b/meta.yaml": about},
		"has no evaluation":       {"a/b/meta.yaml": about, "a/b/eval-0.csv": "step,episode,return,length,actor\n"},
		"field speed not found":   {"a/b/meta.yaml": about + "speed: 3\n", "a/b/eval-0.csv": csv},
		"cannot construct !!str ": {"a/b/meta.yaml": strings.Replace(about, "1.5", "long", 1), "a/b/eval-0.csv": csv},
	} {
		root := t.TempDir()
		for name, text := range files {
			write(t, root, name, text)
		}
		if _, err := generate(root); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// trained makes a run of SAC of a second.
func trained(t *testing.T, path string, seed uint64, steps int, change func(*train.Settings)) string {
	t.Helper()
	return trainedAs(t, "sac", path, seed, steps, change)
}

func trainedAs(t *testing.T, algo, path string, seed uint64, steps int, change func(*train.Settings)) string {
	t.Helper()
	s, err := train.Default("classic/pendulum", algo, "gate")
	if err != nil {
		t.Fatal(err)
	}
	s.Seed, s.Steps, s.EvalEvery, s.EvalEpisodes = seed, 120, 60, 1
	s.Agent.Warmup, s.Agent.SAC.Hidden, s.Agent.SAC.Batch = 50, []int{8}, 8
	if change != nil {
		change(&s)
	}
	r, err := train.Start(path, s)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.Train(context.Background(), steps, nil); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRunsAreTakenIn(t *testing.T) {
	runs, root := t.TempDir(), t.TempDir()
	a, b := trained(t, filepath.Join(runs, "a"), 0, 120, nil), trained(t, filepath.Join(runs, "b"), 7, 120, nil)
	if err := obey([]string{"add", root, a, b}); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(root, "classic-pendulum", "sac")
	for seed, run := range map[string]string{"0": a, "7": b} {
		stored, _ := os.ReadFile(filepath.Join(dir, "eval-"+seed+".csv"))
		if own, err := os.ReadFile(filepath.Join(run, "eval.csv")); err != nil || !bytes.Equal(stored, own) {
			t.Errorf("seed %s: stored %q, the run has %q (%v)", seed, stored, own, err)
		}
	}
	if settings, err := os.ReadFile(filepath.Join(dir, "settings.yaml")); err != nil || !strings.Contains(string(settings), "seed: 0") || !strings.Contains(string(settings), "steps: 120") {
		t.Errorf("settings are %s (%v)", settings, err)
	}
	if err := obey([]string{"all", root}); err != nil {
		t.Fatal(err)
	}
	if table, err := os.ReadFile(filepath.Join(dir, "table.md")); err != nil || !strings.Contains(string(table), "| classic/pendulum | sac       | 2     |") {
		t.Errorf("table\n%s%v", table, err)
	}
	short := trained(t, filepath.Join(runs, "short"), 8, 60, nil)
	other := trained(t, filepath.Join(runs, "other"), 9, 120, func(s *train.Settings) { s.Agent.UTD = 2 })
	for want, args := range map[string][]string{
		"remove them first":       {a},
		"has not reached its 120": {short},
		"differ in utd (1, 2)":    {a, other},
		"draw add -as NAME":       {other},
		"seed 0 is there already": {a, a},
		"usage: draw all ROOT":    nil,
		"not a run directory":     {runs},
	} {
		if err := obey(append([]string{"add", root}, args...)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error %v, want %q", args, err, want)
		}
	}
	for _, name := range []string{"m-demorl", "elites", "../x", "A"} {
		if err := obey([]string{"add", "-as", name, root, other}); err == nil || !strings.Contains(err.Error(), "-as") {
			t.Errorf("-as %q is taken: %v", name, err)
		}
	}
}

// A variant of an algorithm stands beside it under its own name, with the
// settings that make it one, and is compared with it seed by seed.
func TestAVariantHasANameOfItsOwn(t *testing.T) {
	runs, root := t.TempDir(), t.TempDir()
	busy := func(s *train.Settings) { s.Agent.UTD = 2 }
	for name, change := range map[string]func(*train.Settings){"": nil, "sac-busy": busy} {
		args := []string{"add", root}
		if name != "" {
			args = []string{"add", "-as", name, root}
		}
		for _, seed := range []uint64{100, 101} {
			args = append(args, trained(t, filepath.Join(runs, fmt.Sprint(name, seed)), seed, 120, change))
		}
		if err := obey(args); err != nil {
			t.Fatal(err)
		}
	}
	if err := obey([]string{"all", root}); err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile(filepath.Join(root, "classic-pendulum", "table.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| classic/pendulum | sac-busy  | 2     |",
		"| algorithm | preset | settings beside the preset",
		"sac.batch=8 sac.hidden=[8] utd=2 warmup=50",
		"| classic/pendulum | sac − sac-busy | mean |",
		"| classic/pendulum | sac − sac-busy | 101  |",
	} {
		if !strings.Contains(string(table), want) {
			t.Errorf("the table lacks %q:\n%s", want, table)
		}
	}
	if m, err := os.ReadFile(filepath.Join(root, "classic-pendulum", "sac-busy", "meta.yaml")); err != nil || !strings.Contains(string(m), "algo: sac\nname: sac-busy\n") {
		t.Errorf("meta is %s (%v)", m, err)
	}
}

// Files that were stored before a setting existed agree with runs of today.
func TestASettingThatCameLaterIsNoDifference(t *testing.T) {
	s, err := train.Default("classic/pendulum", "m-demorl", "gate")
	if err != nil {
		t.Fatal(err)
	}
	now, err := settings.Encode(&s, nil)
	if err != nil {
		t.Fatal(err)
	}
	later := regexp.MustCompile(`(?m)^ *(warmup_range|reward_scale|target_entropy: \[|stop_at_terminal).*\n`)
	earlier := later.ReplaceAll(now, nil)
	if len(earlier) == len(now) {
		t.Fatal("nothing was taken out")
	}
	if list := differences(earlier, now); len(list) > 0 {
		t.Errorf("an earlier file differs in %v", list)
	}
	s.Agent.WarmupRange = 0.5
	if now, err = settings.Encode(&s, nil); err != nil {
		t.Fatal(err)
	}
	if list := differences(earlier, now); len(list) != 1 || list[0] != "warmup_range (1, 0.5)" {
		t.Errorf("the differences are %v", list)
	}
}
