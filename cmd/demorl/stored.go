package main

import (
	"demorl/env"
	"demorl/rundir"
	"demorl/settings"
	"demorl/train"
)

// storedSettings reads the settings of a run and checks them as train does,
// since a person may have edited them. The error names every fault with its
// place. The names of algorithm and preset are not checked: they say where the
// values came from, and a program of one's own may have written others.
func storedSettings(dir *rundir.Dir) (train.Settings, error) {
	s := train.Stored()
	data, err := dir.ReadSettings()
	if err != nil {
		return s, err
	}
	origins, err := settings.Decode(&s, settings.YAML(dir.SettingsPath(), data))
	if err != nil {
		return s, err
	}
	var all faults
	if _, err := env.Lookup(s.Env); exitCode(err) == exitUsage {
		all.add(at(origins.Of("env"), "", err))
	} else if err != nil {
		return s, at(origins.Of("env"), "", err)
	}
	all.add(settings.Explain(s.Validate(), origins))
	return s, all.err()
}
