package main

import (
	"testing"

	"demorl/env"
)

// A family of which some tasks can run is not missing.
func TestAFamilySaysHowManyOfItsTasksCanRun(t *testing.T) {
	able := env.Task{ID: "test/able", Needs: func() string { return "" }}
	lacking := env.Task{ID: "test/lacking", Needs: func() string { return "a thing" }}
	for want, f := range map[string]family{
		"ok  2":                      {tasks: []env.Task{able, able}},
		"ok  1; 1 more need a thing": {tasks: []env.Task{lacking, able}},
		"missing  a thing":           {tasks: []env.Task{lacking, lacking}},
	} {
		if got, err := f.examine(); got != want || err != nil {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}
}
