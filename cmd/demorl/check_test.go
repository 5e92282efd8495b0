package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"demorl/env"
	"demorl/env/check"
	"demorl/rng"
)

// stuck is a task that breaks the contract: it writes no observation.
type stuck struct{}

func (stuck) Spec() env.Spec {
	return env.Spec{ID: "test/stuck", ObsDim: 1, ActDim: 1, Low: []float64{-1}, High: []float64{1}, Dt: 0.1, Limit: 10, Simulator: "none"}
}
func (stuck) Reset(*rng.Stream, []float64) error              { return nil }
func (stuck) Step(action, obs []float64) (env.Outcome, error) { return env.Outcome{}, nil }
func (stuck) Close() error                                    { return nil }

func TestCheckOfABrokenTaskExitsWithOneAndSaysWhy(t *testing.T) {
	env.Register(env.Task{ID: "test/stuck", Make: func() (env.Env, error) { return stuck{}, nil }, Describe: stuck{}.Spec})
	var out, errs bytes.Buffer
	if code := run([]string{"env", "check", "test/stuck"}, &console{nil, &out, &errs}); code != exitFailed {
		t.Errorf("exit code %d; want %d", code, exitFailed)
	}
	if !strings.Contains(out.String(), "error: buffers: Reset does not write observation 0") || !strings.Contains(out.String(), "test/stuck breaks the contract") || errs.Len() > 0 {
		t.Errorf("it said %q and %q", out.String(), errs.String())
	}
	out.Reset()
	if code := run([]string{"env", "check", "test/stuck", "--json"}, &console{nil, &out, &errs}); code != exitFailed {
		t.Errorf("exit code %d; want %d", code, exitFailed)
	}
	var got checked
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || got.OK || got.Errors == 0 || got.Findings[0].Rule != "buffers" || got.Findings[0].Severity != "error" {
		t.Errorf("answer %+v, %v", got, err)
	}
}

// Of a task whose step time nobody knows, nobody knows how it compares with real time.
func TestRealTimeIsToldWhereTheStepTimeIsKnown(t *testing.T) {
	for realTime, told := range map[float64]bool{0: false, 50: true} {
		var out bytes.Buffer
		if err := say(&console{nil, &out, nil}, "x", check.Report{StepsPerSecond: 1000, RealTime: realTime}); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), "real time") != told || !strings.Contains(out.String(), "1000 steps/s") {
			t.Errorf("real time %g: %q", realTime, out.String())
		}
	}
}
