package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"demorl/agent"
	"demorl/env"
	"demorl/env/gymnasium"
	"demorl/env/mujoco"
	"demorl/settings"
	"demorl/train"
)

// choice is how a user chooses the settings of a run; train and config share it.
type choice struct {
	Env    string   `arg:"" optional:"" help:"Task id or alias, such as leg2r/ellipse-100hz (see env list), or any Gymnasium environment (docs/gymnasium.md)."`
	Python string   `placeholder:"PATH" help:"Interpreter that steps a Gymnasium environment. Default: that of $$VIRTUAL_ENV, else python3."`
	Algo   string   `placeholder:"NAME" help:"Algorithm: ${algorithms}. Default: m-demorl."`
	Preset string   `placeholder:"NAME" help:"Named size of the settings: ${presets}. Default: lite."`
	Config string   `placeholder:"FILE" help:"Settings in YAML, over those of the preset."`
	Set    []string `placeholder:"KEY=VALUE" sep:"none" help:"One setting, over those of the file; may be repeated."`
	Seed   *uint64  `placeholder:"N" help:"Seed of every random number."`
	Steps  *int     `placeholder:"N" help:"Real steps in all, warm-up included."`
}

// names are the help's lists.
func names() map[string]string {
	var algorithms []string
	for _, a := range agent.Algorithms {
		algorithms = append(algorithms, a.Name)
	}
	return map[string]string{"algorithms": strings.Join(algorithms, ", "), "presets": strings.Join(agent.Presets, ", "),
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
// algorithm and preset < --config < --set in order < --seed and --steps. The
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
	} else if named, err := c.look(task); exitCode(err) == exitUsage {
		unknown.add(at(taskFrom, "ENV", err))
	} else if err != nil {
		return train.Settings{}, nil, at(taskFrom, "ENV", err)
	} else {
		task = named
	}
	if _, err := agent.FindAlgorithm(algo); err != nil {
		unknown.add(at(algoFrom, "", err))
	}
	if !slices.Contains(agent.Presets, preset) {
		unknown.add(at(presetFrom, "", unknownPreset(preset)))
	}
	if len(unknown) > 0 {
		all.add(layerErr)
		return train.Settings{}, nil, append(unknown, all...).err()
	}
	s, origins, err := defaults(task, algo, preset)
	if err != nil {
		return s, nil, usage{err}
	}
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

// look finds the task and returns the name that says everything of it,
// --python included.
func (c *choice) look(task string) (string, error) {
	if c.Python != "" && !strings.HasPrefix(task, gymnasium.Prefix) {
		if t, err := env.Lookup(task); err == nil && t.Family != gymnasium.Family {
			return "", usagef("--python: %s is stepped inside this program; %s%s would be stepped in Python", t.ID, gymnasium.Prefix, task)
		}
	}
	if c.Python != "" {
		var err error
		if task, err = gymnasium.WithPython(task, c.Python); err != nil {
			return "", err
		}
	}
	t, err := env.Lookup(task)
	return t.ID, err
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
	for _, text := range c.Set {
		source, err := settings.ParseAssign("--set", text)
		if err != nil {
			all.add(err)
			continue
		}
		out = append(out, source)
	}
	if c.Seed != nil {
		out = append(out, settings.Assign("--seed", "seed", strconv.FormatUint(*c.Seed, 10)))
	}
	if c.Steps != nil {
		out = append(out, settings.Assign("--steps", "steps", strconv.Itoa(*c.Steps)))
	}
	return out, nil
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
