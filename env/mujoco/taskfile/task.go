package taskfile

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"demorl/env"
	"demorl/settings"
)

func init() {
	env.AddResolver(Resolve)
	env.AddKeeper(func(id, source string, files map[string][]byte) (env.Task, bool, error) {
		if !isFile(id) {
			return env.Task{}, false, nil
		}
		t, err := FromFiles(id, source, files)
		return t, true, err
	})
}

// isFile tells names of task files from other tasks' names.
func isFile(name string) bool {
	return strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml")
}

// Resolve reads the task file called name; false means that the name is none of
// a task file, which ends in .yaml or .yml. The error is a *settings.Faults with
// everything that is wrong with the file.
func Resolve(name string) (env.Task, bool, error) {
	if !isFile(name) {
		return env.Task{}, false, nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return env.Task{}, true, failed(name, "the task file cannot be read: %v", err)
	}
	files := map[string][]byte{taskName: data}
	r := &reader{source: name}
	f := r.read(data)
	if r.checkModel(f) && !strings.HasPrefix(f.model, assetPrefix) {
		if err := collect(r, f, filepath.Dir(name), files); err != nil {
			r.fault(f.modelAt, "%v", err)
		}
	}
	t, err := describe(r, f, filepath.ToSlash(filepath.Clean(name)), files)
	return t, true, err
}

// collect reads the files of a model of the user's.
func collect(r *reader, f *file, folder string, files map[string][]byte) error {
	model := filepath.FromSlash(f.model)
	if !filepath.IsAbs(model) {
		model = filepath.Join(folder, model)
	}
	if _, err := os.Stat(model); err != nil {
		return fmt.Errorf("the model cannot be read: %w; its path is relative to the task file", err)
	}
	return gather(model, files)
}

// FromFiles makes the task called id of what a run kept of it (env.Task.Files).
// source is the folder where that lies, for messages.
func FromFiles(id, source string, files map[string][]byte) (env.Task, error) {
	source = filepath.Join(source, taskName)
	data, ok := files[taskName]
	if !ok {
		return env.Task{}, failed(source, "the file is missing; what a run kept of its task is damaged")
	}
	r := &reader{source: source}
	f := r.read(data)
	r.checkModel(f)
	return describe(r, f, id, files)
}

// describe compiles the file once, to find its faults and its Spec. Without the
// simulator the Spec has no sizes.
func describe(r *reader, f *file, id string, files map[string][]byte) (env.Task, error) {
	lacks := ""
	spec := partial(f, id)
	if len(r.faults) == 0 {
		if lacks = needs(f.model); lacks == "" {
			sim, err := load(f, files)
			if err != nil {
				r.fault(f.modelAt, "%v", err)
			} else {
				spec = r.compile(f, id, sim).spec
				sim.Close()
			}
		}
	}
	if err := r.err(); err != nil {
		return env.Task{}, err
	}
	return env.Task{
		ID: id, Family: "file", Summary: f.summary, Files: files,
		Describe: func() env.Spec { return spec },
		Needs:    func() string { return needs(f.model) },
		Make: func() (env.Env, error) {
			sim, err := load(f, files)
			if err != nil {
				return nil, err
			}
			own := &reader{source: r.source}
			t := own.compile(f, id, sim)
			if err := own.err(); err != nil { // the model on the disk is another one now
				sim.Close()
				return nil, err
			}
			return instance(t, sim)
		},
	}, nil
}

func failed(source, format string, args ...any) error {
	return &settings.Faults{List: []settings.Fault{{Source: source, Problem: fmt.Sprintf(format, args...)}}}
}
