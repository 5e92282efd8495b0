package main

import (
	"fmt"

	"demorl/env"
	"demorl/env/mujoco/taskfile"
	"demorl/rundir"
	"demorl/settings"
	"demorl/train"
)

// storedSettings reads the settings of a run and its task, and checks them as
// train does, since a person may have edited them. The task is made of what the
// run kept of it, or is one of demorl's own. The error names every fault with
// its place. The names of algorithm and preset are not checked: they say where the
// values came from, and a program of one's own may have written others.
func storedSettings(dir *rundir.Dir) (train.Settings, env.Task, error) {
	s := train.Stored()
	data, err := dir.ReadSettings()
	if err != nil {
		return s, env.Task{}, err
	}
	origins, err := settings.Decode(&s, settings.YAML(dir.SettingsPath(), data))
	if err != nil {
		return s, env.Task{}, err
	}
	files, err := dir.ReadTask()
	if err != nil {
		return s, env.Task{}, err
	}
	var all faults
	var t env.Task
	if files != nil {
		t, err = taskfile.FromFiles(s.Env, dir.TaskPath(), files)
		all.add(err)
	} else if t, err = env.Lookup(s.Env); exitCode(err) == exitUsage {
		if is[*env.UnknownTaskError](err) {
			err = fmt.Errorf("%w; a task of a Go program of your own is known in that program alone, which goes on with the run by train.Open", err)
		}
		all.add(at(origins.Of("env"), "", err))
	} else if err != nil {
		return s, t, at(origins.Of("env"), "", err)
	}
	if t.Files != nil && files == nil {
		all.add(fmt.Errorf("%s is missing, where the run keeps the task of %s: put it back", dir.TaskPath(), s.Env))
	}
	all.add(settings.Explain(s.Validate(), origins))
	if m, err := dir.ReadManifest(); err == nil {
		all.add(train.Belongs(s, m))
	}
	return s, t, all.err()
}

// tellManifest says of a run that is only read that its manifest cannot be: its
// settings are then not compared with those that it was made with, and what is
// written of it does not tell which program made it.
func tellManifest(c *console, dir *rundir.Dir) {
	if _, err := dir.ReadManifest(); err != nil {
		c.note(fmt.Sprintf("%v; the run is read without it, and resume needs it: put it back", err))
	}
}

// forLearning makes instances of t for a run.
func forLearning(t env.Task) func() (env.Env, error) {
	return func() (env.Env, error) { return t.ForLearning() }
}

// withTask lets a run make its task from t, whatever the registry says by then,
// and keep its files.
func withTask(o train.Options, t env.Task) train.Options {
	o.Task = t.Files
	o.Instance = func(string) (env.Env, error) { return t.ForLearning() }
	return o
}
