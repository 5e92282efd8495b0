package env_test

import (
	"slices"
	"strings"
	"testing"

	"demorl/env"
	"demorl/rng"
)

func TestARepeatedActionIsHeldAndItsRewardsAreSummed(t *testing.T) {
	c := oneJoint()
	c.end = 11
	r, err := env.Repeat(env.Limit(&c, 9), 4)
	if err != nil {
		t.Fatal(err)
	}
	obs := make([]float64, 1)
	if err := r.Reset(rng.NewStream(rng.Root(1)), obs); err != nil {
		t.Fatal(err)
	}
	for i, want := range []env.Outcome{{Reward: 4}, {Reward: 4}, {Reward: 1, Truncated: true}} {
		out, err := r.Step([]float64{.5}, obs)
		if err != nil || out != want || obs[0] != float64(min(9, 4*(i+1))) {
			t.Errorf("decision %d: %+v at %g (%v), want %+v", i, out, obs[0], err, want)
		}
	}
	c.end = 2
	r.Reset(rng.NewStream(rng.Root(1)), obs)
	if out, _ := r.Step([]float64{.5}, obs); out != (env.Outcome{Reward: 2, Terminated: true}) {
		t.Errorf("an episode that ends within a decision gives %+v", out)
	}
}

func TestARepeatedTaskDescribesItsDecisions(t *testing.T) {
	e := described{dt: .01, limit: 1000}
	r, err := env.Repeat(e, 3)
	if err != nil {
		t.Fatal(err)
	}
	if spec := r.Spec(); spec.Dt != .03 || spec.Limit != 334 {
		t.Errorf("a decision takes %g s, an episode has %d", spec.Dt, spec.Limit)
	}
	if one, err := env.Repeat(e, 1); err != nil || one != env.Env(e) {
		t.Errorf("one step a decision is %v (%v), want the task itself", one, err)
	}
	if _, err := env.Repeat(e, 0); err == nil || !strings.Contains(err.Error(), "0 steps") {
		t.Errorf("0 steps a decision: %v", err)
	}
}

// described is a task that is only described.
type described struct {
	env.Env
	dt    float64
	limit int
}

func (d described) Spec() env.Spec { return env.Spec{ID: "test/described", Dt: d.dt, Limit: d.limit} }

func TestANarrowedRangeIsAroundTheMiddle(t *testing.T) {
	c := counter{low: []float64{-2, 0}, high: []float64{2, 1}}
	s, err := env.Scale(&c)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Narrow([]float64{.5, .25}); err != nil {
		t.Fatal(err)
	}
	obs := make([]float64, 1)
	for _, row := range [][2][]float64{{{1, 1}, {1, .625}}, {{-1, -3}, {-1, .375}}, {{0, 0}, {0, .5}}} {
		if _, err := s.Step(row[0], obs); err != nil || !slices.Equal(c.last, row[1]) {
			t.Errorf("%v becomes %v (%v), want %v", row[0], c.last, err, row[1])
		}
	}
	all, _ := env.Scale(&counter{low: []float64{-2, 0}, high: []float64{2, 1}})
	if err := all.Narrow([]float64{.5}); err != nil {
		t.Fatal(err)
	}
	rows := []float32{1, 1}
	if all.UnscaleRows(rows); !slices.Equal(rows, []float32{1, .75}) {
		t.Errorf("one share for all gives %v", rows)
	}
	for _, shares := range [][]float64{nil, {.5, .5, .5}, {0, .5}, {.5, 2}} {
		if err := s.Narrow(shares); err == nil {
			t.Errorf("shares %v are taken", shares)
		}
	}
}
