package main

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"demorl/env"
	"demorl/env/gymnasium"
	"demorl/env/mujoco"
	"demorl/internal/kern"
	"demorl/internal/words"
	"demorl/rng"
)

type doctorCommand struct{}

// Run prints one line for each thing that tasks need: ok, or what mends it.
func (*doctorCommand) Run(c *console) error {
	table := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	row := func(name, state string) { fmt.Fprintf(table, "%s\t%s\n", name, state) }
	program, commit := build()
	row("demorl", fmt.Sprintf("ok  %s (commit %s, %s)", program, commit, runtime.Version()))
	row("processor", fmt.Sprintf("ok  %s, %s", processor(), words.Count(runtime.GOMAXPROCS(0), "thread")))
	row("kernels", "ok  "+tiers())
	row("mujoco", simulator())
	row("frames", frames())
	row("ffmpeg", ffmpeg())
	row("python", python())
	row("gymnasium", gymnasium.Examine())
	embedded := error(nil)
	for _, f := range families() {
		state, err := f.examine()
		row("tasks "+f.name, state)
		if embedded == nil {
			embedded = err
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if embedded != nil {
		return fmt.Errorf("the embedded tasks cannot run: %w", embedded)
	}
	return nil
}

// tiers lists the kernel tiers of this processor.
func tiers() string {
	all := kern.Tiers()
	for i := range all {
		if all[i] == kern.Tier() {
			all[i] += " (active)"
		}
	}
	return strings.Join(all, ", ")
}

func simulator() string {
	const model = "half_cheetah.xml"
	if lacks := mujoco.Needs(model); lacks != "" {
		return "missing  " + lacks
	}
	path, err := mujoco.Open()
	if err != nil {
		return "broken  " + err.Error()
	}
	return fmt.Sprintf("ok  %s at %s", mujoco.Version, path)
}

// frames says what draws videos of MuJoCo tasks.
func frames() string {
	if mujoco.NeedsLibrary() != "" {
		return "ok  built-in drawers"
	}
	name, err := mujoco.ProbeGL()
	if err != nil {
		return fmt.Sprintf("ok  built-in drawers; %v", err)
	}
	return "ok  MuJoCo's renderer on " + name
}

func ffmpeg() string {
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		return "missing  install ffmpeg (Debian: apt-get install ffmpeg); only `demorl eval --video` with an .mp4 needs it"
	}
	return "ok  " + path
}

// python looks for what `demorl env fetch` downloads with.
func python() string {
	path, err := exec.LookPath("python3")
	if err != nil {
		return "missing  install python3 with pip; only `demorl env fetch` needs it"
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	version, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return fmt.Sprintf("broken  %s --version: %v; only `demorl env fetch` needs it", path, err)
	}
	if err := exec.CommandContext(ctx, path, "-m", "pip", "--version").Run(); err != nil {
		return fmt.Sprintf("missing  pip of %s: run `%s -m ensurepip`; only `demorl env fetch` needs it", path, path)
	}
	return fmt.Sprintf("ok  %s at %s", strings.TrimSpace(string(version)), path)
}

// family is the tasks of one family.
type family struct {
	name  string
	tasks []env.Task
}

func families() []family {
	var all []family
	for _, t := range env.Tasks() {
		i := slices.IndexFunc(all, func(f family) bool { return f.name == t.Family })
		if i < 0 {
			i, all = len(all), append(all, family{name: t.Family})
		}
		all[i].tasks = append(all[i].tasks, t)
	}
	return all
}

// examine makes a step of every task that should run without anything
// installed, and looks for what the others need. The error is of an embedded task.
func (f family) examine() (string, error) {
	able, lacking := 0, ""
	for _, t := range f.tasks {
		if lacks := needs(t); lacks != "" {
			lacking = lacks
			continue
		}
		able++
		if t.Needs != nil {
			continue
		}
		if err := tryStep(t); err != nil {
			return "broken  " + err.Error(), err
		}
	}
	switch {
	case able == 0:
		return "missing  " + lacking, nil
	case lacking != "":
		return fmt.Sprintf("ok  %d; %d more need %s", able, len(f.tasks)-able, lacking), nil
	}
	return fmt.Sprintf("ok  %d", able), nil
}

func tryStep(t env.Task) error {
	e, err := t.Make()
	if err != nil {
		return fmt.Errorf("%s: %w", t.ID, err)
	}
	defer e.Close()
	spec := e.Spec()
	obs := make([]float64, spec.ObsDim)
	if err := e.Reset(rng.NewStream(rng.Root(0)), obs); err != nil {
		return fmt.Errorf("%s: %w", t.ID, err)
	}
	if _, err := e.Step(make([]float64, spec.ActDim), obs); err != nil {
		return fmt.Errorf("%s: %w", t.ID, err)
	}
	return nil
}
