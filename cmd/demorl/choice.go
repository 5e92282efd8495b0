package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"demorl/agent"
	"demorl/dynamics"
	"demorl/env"
	"demorl/env/gymnasium"
	"demorl/env/mujoco"
	"demorl/mpc"
	"demorl/settings"
	"demorl/train"
)

// choice is how a user chooses the settings of a run; train and config share it.
type choice struct {
	Env     string   `arg:"" optional:"" help:"Task id or alias, such as leg2r/ellipse-100hz (see env list), or any Gymnasium environment (docs/gymnasium.md)."`
	Python  string   `placeholder:"PATH" help:"Interpreter that steps a Gymnasium environment. Default: that of $$VIRTUAL_ENV, else python3."`
	Algo    string   `placeholder:"NAME" help:"Algorithm: ${algorithms}. Default: m-demorl."`
	Preset  string   `placeholder:"NAME" help:"Named size of the settings: ${presets}. Default: lite."`
	Planner string   `placeholder:"NAME" help:"Planner of a known method in place of the algorithm's own: ${planners} (docs/algorithms.md)."`
	Config  string   `placeholder:"FILE" help:"Settings in YAML, over those of the preset."`
	Set     []string `placeholder:"KEY=VALUE" sep:"none" help:"One setting, over those of the file; may be repeated."`
	Seed    *uint64  `placeholder:"N" help:"Seed of every random number."`
	Steps   *int     `placeholder:"N" help:"Real steps in all, warm-up included."`
}

// names are the help's lists.
func names() map[string]string {
	var algorithms []string
	for _, a := range agent.Algorithms {
		algorithms = append(algorithms, a.Name)
	}
	return map[string]string{"algorithms": strings.Join(algorithms, ", "), "presets": strings.Join(agent.Presets, ", "),
		"planners":  strings.Join(mpc.PresetNames(), ", "),
		"renderers": strings.Join(mujoco.Renderers(), ", ")}
}

// faults collects the sentences of several errors.
type faults []error

// add appends what err says, each sentence once.
func (f *faults) add(err error) {
	if err == nil {
		return
	}
	for _, old := range *f {
		if old.Error() == err.Error() {
			return
		}
	}
	*f = append(*f, err)
}

// err is the faults as one error of wrong usage.
func (f faults) err() error {
	if len(f) == 0 {
		return nil
	}
	return usage{errors.Join(f...)}
}

// resolve returns the complete settings and where each came from: defaults of
// algorithm and preset < --planner < --config < --set in order < --seed and --steps. The
// error names every fault. Without any task named, otherwise is taken.
func (c *choice) resolve(otherwise string) (train.Settings, *settings.Origins, error) {
	var all faults
	layers, err := c.layers(&all)
	if err != nil {
		return train.Settings{}, nil, err
	}
	// Which defaults to start from is itself a setting, so the layers are
	// decoded once for these three names alone.
	var named train.Settings
	origins, layerErr := settings.Decode(&named, layers...)
	from := func(path, given, flag, otherwise string) (string, string) {
		switch written := map[string]string{"env": named.Env, "algo": named.Algo, "preset": named.Preset}[path]; {
		case given != "":
			return given, flag
		case written != "":
			return written, origins.Of(path)
		}
		return otherwise, ""
	}
	task, taskFrom := from("env", c.Env, "ENV", otherwise)
	algo, algoFrom := from("algo", c.Algo, "--algo", "m-demorl")
	preset, presetFrom := from("preset", c.Preset, "--preset", "lite")
	var unknown faults
	if task == "" {
		unknown.add(errors.New("no task: name one, such as leg2r/ellipse-100hz (see `demorl env list`)"))
	} else if named, err := look(task, c.Python); exitCode(err) == exitUsage {
		unknown.add(at(taskFrom, "ENV", err))
	} else if err != nil {
		return train.Settings{}, nil, at(taskFrom, "ENV", err)
	} else {
		task = named.ID
	}
	if _, err := agent.FindAlgorithm(algo); err != nil {
		unknown.add(at(algoFrom, "", err))
	}
	if !slices.Contains(agent.Presets, preset) {
		unknown.add(at(presetFrom, "", unknownPreset(preset)))
	}
	if _, err := plannerNamed(c.Planner); err != nil {
		unknown.add(err)
	}
	if len(unknown) > 0 {
		all.add(layerErr)
		return train.Settings{}, nil, append(unknown, all...).err()
	}
	s, origins, err := defaults(task, algo, preset)
	if err != nil {
		return s, nil, usage{err}
	}
	c.replan(&s, origins)
	id := s.Env
	all.add(origins.Decode(&s, layers...))
	s.Env, s.Algo, s.Preset = id, algo, preset
	for path, flag := range map[string]string{"env": taskFrom, "algo": algoFrom, "preset": presetFrom} {
		if flag != "" {
			origins.Mark(path, flag)
		}
	}
	all.add(settings.Explain(s.Validate(), origins))
	return s, origins, all.err()
}

// noteIdle tells which settings of --set change nothing beside the others. Those of
// a file are left alone: it may be a whole one, as config prints it.
func noteIdle(c *console, s train.Settings, origins *settings.Origins) {
	for _, path := range settings.Paths(&s) {
		if origins.Of(path) != "--set" {
			continue
		}
		if why := s.Agent.Idle(path); why != "" {
			c.note(fmt.Sprintf("%s is set, but changes nothing: %s", path, why))
		}
	}
}

// plannerNamed returns the settings of a known planner; without a name, none.
func plannerNamed(name string) (mpc.Settings, error) {
	p, ok := mpc.Preset(name)
	if !ok && name != "" {
		return p, fmt.Errorf("--planner: unknown planner %q (known: %s)", name, strings.Join(mpc.PresetNames(), ", "))
	}
	return p, nil
}

// replan puts --planner in the place of the algorithm's own planner, over its
// own horizon. Where scores end in a value they keep the learner's discount,
// which the value is made with, and where every elite member rolls each
// candidate there is at least one particle for each.
func (c *choice) replan(s *train.Settings, origins *settings.Origins) {
	p, err := plannerNamed(c.Planner)
	if c.Planner == "" || err != nil {
		return
	}
	before := *s
	s.Agent.Horizon, s.Agent.Planner = agent.Schedule{float64(p.Horizon)}, p
	if p.Value != mpc.ValueNone {
		s.Agent.Planner.Gamma = s.Agent.SAC.Gamma
	}
	if n := s.Agent.Model.Elites; s.Agent.Model.Propagation == dynamics.All && n > 0 {
		s.Agent.Planner.Particles = (p.Particles + n - 1) / n * n
	}
	origins.MarkChanged(before, *s, "--planner "+c.Planner)
}

// look finds a task, stepped by the interpreter python unless that is empty. Its
// ID says everything of it, the interpreter included.
func look(task, python string) (env.Task, error) {
	if python == "" {
		return env.Lookup(task)
	}
	if !strings.HasPrefix(task, gymnasium.Prefix) {
		if t, err := env.Lookup(task); err == nil && t.Family != gymnasium.Family {
			return t, usagef("--python: %s is stepped inside this program; leave --python out%s", t.ID, original(t))
		}
	}
	task, err := gymnasium.WithPython(task, python)
	if err != nil {
		return env.Task{}, err
	}
	return env.Lookup(task)
}

// original says by which name Python steps a task that Gymnasium itself has.
func original(t env.Task) string {
	if t.Family != "gym" && t.Family != "classic" {
		return ""
	}
	for _, id := range t.Aliases {
		if strings.HasSuffix(id, "-v5") || t.Family == "classic" && strings.Contains(id, "-v") {
			return fmt.Sprintf(", or name %s%s, which Python steps", gymnasium.Prefix, id)
		}
	}
	return ""
}

// at says before err where the wrong name was written, unless that is plain.
func at(origin, plain string, err error) error {
	if origin == "" || origin == plain {
		return err
	}
	return fmt.Errorf("%s: %w", origin, err)
}

func unknownPreset(name string) error {
	best := slices.MinFunc(agent.Presets, func(a, b string) int { return env.EditDistance(name, a) - env.EditDistance(name, b) })
	return fmt.Errorf("unknown preset %q; nearest is %s (known: %s)", name, best, strings.Join(agent.Presets, ", "))
}

// layers are the user's sources of settings in rising precedence. Assignments
// that cannot be read go to all.
func (c *choice) layers(all *faults) ([]settings.Source, error) {
	var out []settings.Source
	if c.Config != "" {
		data, err := os.ReadFile(c.Config)
		if err != nil {
			return nil, usagef("--config: %w", err)
		}
		out = append(out, settings.YAML(c.Config, data))
	}
	var sets []settings.Source
	for _, text := range c.Set {
		source, err := settings.ParseAssign("--set", text)
		if err != nil {
			all.add(err)
			continue
		}
		sets = append(sets, source)
	}
	c.contradictions(sets, all)
	out = append(out, sets...)
	if c.Seed != nil {
		out = append(out, settings.Assign("--seed", "seed", strconv.FormatUint(*c.Seed, 10)))
	}
	if c.Steps != nil {
		out = append(out, settings.Assign("--steps", "steps", strconv.Itoa(*c.Steps)))
	}
	return out, nil
}

// contradictions adds to all where a flag and a --set say different things of
// one setting: neither is the plain wish.
func (c *choice) contradictions(sets []settings.Source, all *faults) {
	var set train.Settings
	origins, _ := settings.Decode(&set, sets...) // its faults are told where all layers are decoded
	differ := func(flag, given, path, other string, same bool) {
		if origins.Of(path) == "--set" && given != "" && !same {
			all.add(fmt.Errorf("%s is %s and --set %s=%s; give one of them", flag, given, path, other))
		}
	}
	differ("ENV", c.Env, "env", set.Env, sameTask(c.Env, set.Env))
	differ("--algo", c.Algo, "algo", set.Algo, c.Algo == set.Algo)
	differ("--preset", c.Preset, "preset", set.Preset, c.Preset == set.Preset)
	if c.Seed != nil {
		differ("--seed", fmt.Sprint(*c.Seed), "seed", fmt.Sprint(set.Seed), *c.Seed == set.Seed)
	}
	if c.Steps != nil {
		differ("--steps", fmt.Sprint(*c.Steps), "steps", fmt.Sprint(set.Steps), *c.Steps == set.Steps)
	}
}

// sameTask reports whether two names are of one task.
func sameTask(a, b string) bool {
	if a == b {
		return true
	}
	t, errA := env.Lookup(a)
	u, errB := env.Lookup(b)
	return errA == nil && errB == nil && t.ID == u.ID
}

// defaults returns the settings of algorithm and preset for a task, and says
// of each value which of the two it comes from.
func defaults(task, algo, preset string) (train.Settings, *settings.Origins, error) {
	origins := settings.NewOrigins()
	published, err := train.Default(task, algo, "reference")
	if err != nil {
		return published, origins, err
	}
	s, err := train.Default(task, algo, preset)
	if err != nil {
		return s, origins, err
	}
	generic := published
	generic.Agent = agent.DefaultSettings()
	origins.MarkChanged(generic, published, algo+" on "+published.Env)
	published.Preset = preset
	origins.MarkChanged(published, s, "preset "+preset)
	return s, origins, nil
}
