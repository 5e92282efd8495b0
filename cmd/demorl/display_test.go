package main

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"demorl/agent"
	"demorl/env"
	"demorl/env/replay"
	"demorl/rundir"
	"demorl/settings"
	"demorl/train"
)

// clocked returns a display of a run to 100 steps whose clock the test moves.
func clocked(live bool) (d *display, out *strings.Builder, clock *time.Time) {
	out, clock = new(strings.Builder), new(time.Time)
	d = newDisplay(out, new(sync.Mutex), func() time.Time { return *clock })
	d.live, d.width = live, func() int { return 60 }
	d.target, d.warmup, d.began, d.drawn, d.rateTime = 100, 10, *clock, *clock, *clock
	return d, out, clock
}

func TestPlainProgressIsALineEveryFewSecondsAndOneAnEvaluation(t *testing.T) {
	d, out, clock := clocked(false)
	for step := 1; step <= 30; step++ {
		*clock = clock.Add(time.Second)
		p := train.Progress{Event: train.Event{Step: step}}
		if step == 12 {
			p.Evaluations = []train.Evaluation{{Return: 3, Actor: "policy"}, {Return: 4, Actor: "policy"}}
			p.Best = true
		}
		d.show(p)
	}
	want := []string{
		"step 5/100  5%  1 steps/s  warm-up",
		"step 10/100  10%  warm-up",
		"step 12  evaluation policy 3.5  (best so far)",
		"step 17/100  17%  1 steps/s  ETA 1m23s  evaluation policy 3.5",
		"step 22/100  22%  1 steps/s  ETA 1m18s  evaluation policy 3.5",
		"step 27/100  27%  1 steps/s  ETA 1m13s  evaluation policy 3.5",
		"",
	}
	if have := out.String(); have != strings.Join(want, "\n") {
		t.Errorf("have\n%s\nwant\n%s", have, strings.Join(want, "\n"))
	}
}

// The first step after warm-up waits for the longest fit of a run; a rate that held
// it would promise days.
func TestTheFirstFitIsNotTakenForTheSpeed(t *testing.T) {
	d, out, clock := clocked(false)
	for step := 1; step <= 16; step++ {
		*clock = clock.Add(time.Second)
		if step == 11 {
			*clock = clock.Add(10 * time.Minute)
		}
		d.show(train.Progress{Event: train.Event{Step: step}})
	}
	want := []string{
		"step 5/100  5%  1 steps/s  warm-up",
		"step 10/100  10%  warm-up",
		"step 11/100  11%",
		"step 16/100  16%  1 steps/s  ETA 1m24s",
		"",
	}
	if have := out.String(); have != strings.Join(want, "\n") {
		t.Errorf("have\n%s\nwant\n%s", have, strings.Join(want, "\n"))
	}
}

func TestLiveLineIsRedrawnAndEvaluationsStayAboveIt(t *testing.T) {
	d, out, clock := clocked(true)
	show := func(step int, after time.Duration, evaluated ...train.Evaluation) {
		*clock = clock.Add(after)
		d.show(train.Progress{Event: train.Event{Step: step, Evaluations: evaluated}, Scalars: map[string]float64{"model/holdout_mse": 0.25}})
	}
	show(50, time.Second)
	show(51, time.Millisecond) // too soon to draw again
	show(52, time.Second, train.Evaluation{Return: math.Pi, Actor: "planner"})
	d.end()
	const erase = "\r\x1b[K"
	first := "step 50/100  [##########----------]  50%  model error 0.25"
	if have, want := out.String(), erase+first+erase+"step 52  evaluation planner 3.1\n"+first; !strings.HasPrefix(have, want) {
		t.Errorf("have %q\nwant %q and more", have, want)
	}
	if !strings.HasSuffix(out.String(), erase) {
		t.Errorf("the live line is left behind: %q", out)
	}
	for _, line := range strings.FieldsFunc(out.String(), func(r rune) bool { return r == '\n' || r == '\r' }) {
		if n := len(strings.TrimPrefix(line, "\x1b[K")); n > 59 {
			t.Errorf("%d letters on a terminal of 60: %q", n, line)
		}
	}
}

// A fit or a block of updates may take minutes, in which no step is made.
func TestWorkBetweenStepsIsShownWhileItGoesOn(t *testing.T) {
	d, out, clock := clocked(false)
	d.show(train.Progress{Event: train.Event{Step: 10}})
	for i := range 6 {
		*clock = clock.Add(2 * time.Second)
		d.work(agent.Work{Doing: "fitting the model", Done: 100 * i, Unit: "gradient steps", Held: 0.5})
	}
	*clock = clock.Add(6 * time.Second)
	d.work(agent.Work{Doing: "learning", Done: 20, Of: 50, Unit: "updates"})
	*clock = clock.Add(6 * time.Second)
	d.work(agent.Work{Doing: "imagining"})
	*clock = clock.Add(6 * time.Second)
	d.show(train.Progress{Event: train.Event{Step: 11}})
	want := []string{
		"step 10/100  10%  fitting the model: 200 gradient steps  model error 0.5",
		"step 10/100  10%  fitting the model: 500 gradient steps  model error 0.5",
		"step 10/100  10%  learning: 20 of 50 updates  model error 0.5",
		"step 10/100  10%  imagining  model error 0.5",
		"step 11/100  11%  model error 0.5",
		"",
	}
	if have := out.String(); have != strings.Join(want, "\n") {
		t.Errorf("have\n%s\nwant\n%s", have, strings.Join(want, "\n"))
	}
}

func TestTooManyDrawsOfImaginedRowsAreToldOnce(t *testing.T) {
	d, _, _ := clocked(false)
	var told strings.Builder
	s := session{console: &console{err: &told}, screen: d}
	for _, draws := range []float64{49, 80, 90} {
		s.warn(train.Progress{Scalars: map[string]float64{"plan/draws_per_row": draws}})
	}
	if n := strings.Count(told.String(), "drawn 80 times"); n != 1 || strings.Contains(told.String(), "90") {
		t.Errorf("told %q", told.String())
	}
}

func TestAModelThatExplainsNothingIsToldOnceWithTheRemedy(t *testing.T) {
	fit := func(explained, steps float64) train.Progress {
		return train.Progress{Event: train.Event{Step: 1250}, Scalars: map[string]float64{"model/holdout_r2": explained, "model/grad_steps": steps}}
	}
	for want, intervals := range map[string][]train.Progress{
		"": {{}, fit(0.19, 28), fit(0, 28), fit(-0.02, 0)}, // the last: a fit of an earlier interval
		"step 1250: the model explains -0.02 of the variance of rows it was not shown, and what it imagines tells next to nothing; the fit ended after 28 gradient steps: set model.patience_steps to 400, or raise warmup\n": {{}, fit(-0.02, 28), fit(-0.01, 28)},
		"step 1250: the model explains 0.05 of the variance of rows it was not shown, and what it imagines tells next to nothing; raise warmup\n":                                                                             {fit(0.05, 3000)},
	} {
		d, _, _ := clocked(false)
		var told strings.Builder
		s := session{console: &console{err: &told}, screen: d}
		for _, p := range intervals {
			s.warn(p)
		}
		if have := strings.TrimPrefix(told.String(), "demorl: "); have != want {
			t.Errorf("told %q, want %q", have, want)
		}
	}
}

func TestGuardRailsAreShown(t *testing.T) {
	d, _, clock := clocked(false)
	d.limited = true
	var told strings.Builder
	s := session{console: &console{err: &told}, screen: d}
	for i, scalars := range []map[string]float64{
		{"plan/horizon": 5, "plan/out_of_range_share": 0, "sac/q_alarms": 0},
		{"plan/horizon": 3, "plan/out_of_range_share": 0.042, "sac/q_alarms": 7},
		nil,
		{"plan/horizon": 3, "plan/out_of_range_share": 0.042, "sac/q_alarms": 2},
	} {
		*clock = clock.Add(time.Millisecond)
		p := train.Progress{Event: train.Event{Step: 20 + i}, Scalars: scalars}
		d.show(p)
		s.warn(p)
		if i == 0 && d.text() != "step 20/100  20%  horizon 5" {
			t.Errorf("without any fault the line is %q", d.text())
		}
	}
	if have := d.text(); !strings.HasSuffix(have, "  horizon 3  out of range 4.2%  Q alarms 9") {
		t.Errorf("line %q", have)
	}
	if n := strings.Count(told.String(), "they are diverging"); n != 1 || !strings.Contains(told.String(), "step 21: ") {
		t.Errorf("told %q", told.String())
	}
}

// A Duration ends at 292 years, and no run is waited for so long.
func TestALongWaitIsSaidInWords(t *testing.T) {
	for seconds, want := range map[float64]string{90.4: "1m30s", 1e12: "over a year"} {
		if got := eta(seconds); got != want {
			t.Errorf("%g s are %q, want %q", seconds, got, want)
		}
	}
}

func TestExitCodeTellsTheKindOfError(t *testing.T) {
	for want, errs := range map[int][]error{
		exitDone:    {nil},
		exitFailed:  {errors.New("x"), &rundir.Locked{}},
		exitUsage:   {usagef("x"), &settings.Faults{}, &env.UnknownTaskError{}, &replay.LineError{}, rundir.ErrNotEmpty, rundir.ErrNoRun},
		exitMissing: {&env.MissingError{}},
	} {
		for _, err := range errs {
			if err != nil {
				err = errors.Join(fmt.Errorf("wrapped: %w", err))
			}
			if have := exitCode(err); have != want {
				t.Errorf("exit code of %T is %d; want %d", err, have, want)
			}
		}
	}
}
