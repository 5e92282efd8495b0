package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"demorl/settings"
	"demorl/train"
)

// differences names the settings in which two files of settings differ, with the
// values of both: "planner.plan_form (policy, mean)". A setting that came after a
// file was written has in it the meaning that runs of that time have.
func differences(a, b []byte) []string {
	left, right := leaves(completed(a)), leaves(completed(b))
	paths := slices.Sorted(maps.Keys(left))
	for path := range right {
		if _, both := left[path]; !both {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	var list []string
	for _, path := range paths {
		if left[path] != right[path] {
			list = append(list, fmt.Sprintf("%s (%s, %s)", path, orNone(left[path]), orNone(right[path])))
		}
	}
	return list
}

// completed is a file of settings with all that this program knows; what it cannot
// read stays as it is.
func completed(text []byte) []byte {
	s := train.Stored()
	if _, err := settings.Decode(&s, settings.YAML(settingsName, text)); err != nil {
		return text
	}
	whole, err := settings.Encode(&s, nil)
	if err != nil {
		return text
	}
	return whole
}

func orNone(value string) string {
	if value == "" {
		return "not there"
	}
	return value
}

// leaves are the values of a file of settings by path. What is no YAML has none:
// its text stands for all of it.
func leaves(text []byte) map[string]string {
	var tree map[string]any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return map[string]string{"settings": string(text)}
	}
	all := map[string]string{}
	var walk func(prefix string, value any)
	walk = func(prefix string, value any) {
		group, ok := value.(map[string]any)
		if !ok {
			all[prefix] = fmt.Sprint(value)
			return
		}
		for name, inner := range group {
			walk(strings.TrimPrefix(prefix+"."+name, "."), inner)
		}
	}
	walk("", tree)
	return all
}

// ofTheRun are the settings that say how long a run is and what is written when,
// and nothing of the algorithm.
var ofTheRun = []string{"seed", "steps", "eval_every", "eval_episodes", "checkpoint_every", "keep_checkpoints", "log_every"}

// besidePreset lists the settings in which runs differ from their preset, as
// PATH=VALUE. What the run's own file does not name came with a later version of
// the program and is no choice of the run. It is nil where this program has no
// such task or preset.
func besidePreset(about meta, run finished) []string {
	s, err := train.Default(about.Env, about.Algo, about.Preset)
	if err != nil {
		return nil
	}
	text, err := settings.Encode(&s, nil)
	if err != nil {
		return nil
	}
	own, named, preset := leaves(run.settings), leaves(run.named), leaves(text)
	var list []string
	for _, path := range slices.Sorted(maps.Keys(own)) {
		if _, said := named[path]; said && own[path] != preset[path] && !slices.Contains(ofTheRun, path) {
			list = append(list, path+"="+own[path])
		}
	}
	return list
}
