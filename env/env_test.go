package env_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"demorl/env"
	"demorl/rng"
)

// counter is a task that counts its steps and remembers its last action.
type counter struct {
	low, high []float64
	end       int // step that terminates, 0 for none
	steps     int
	last      []float64
}

func (c *counter) Spec() env.Spec {
	return env.Spec{ID: "test/counter", ObsDim: 1, ActDim: len(c.low), Low: c.low, High: c.high}
}

func (c *counter) Reset(_ *rng.Stream, obs []float64) error {
	c.steps, obs[0] = 0, 0
	return nil
}

func (c *counter) Step(action, obs []float64) (env.Outcome, error) {
	c.steps++
	c.last = slices.Clone(action)
	obs[0] = float64(c.steps)
	return env.Outcome{Reward: 1, Terminated: c.steps == c.end}, nil
}

func (c *counter) Close() error { return nil }

// saved is a counter that can save its state.
type saved struct{ counter }

func (s *saved) AppendState(dst []byte) []byte { return append(dst, byte(s.steps)) }

func (s *saved) RestoreState(state []byte, obs []float64) error {
	if len(state) != 1 {
		return errors.New("want one byte")
	}
	s.steps = int(state[0])
	obs[0] = float64(s.steps)
	return nil
}

func oneJoint() counter { return counter{low: []float64{-1}, high: []float64{1}} }

func TestLimitTruncatesAtItsStepAndLeavesTerminationAlone(t *testing.T) {
	c := oneJoint()
	c.end = 3
	for _, limit := range []int{2, 3, 4} {
		e, obs := env.Limit(&c, limit), make([]float64, 1)
		for range 2 { // a reset begins the count again
			if err := e.Reset(nil, obs); err != nil {
				t.Fatal(err)
			}
			for step := 1; step <= limit; step++ {
				out, err := e.Step([]float64{0}, obs)
				if err != nil {
					t.Fatal(err)
				}
				if out.Truncated != (step == limit) || out.Terminated != (step == 3) {
					t.Errorf("limit %d, step %d: %+v", limit, step, out)
				}
			}
		}
	}
	if e := env.Limit(&c, 0); e != env.Env(&c) {
		t.Error("limit 0 wraps the task")
	}
}

func TestLimitedSavesItsStepCountExactlyWhenTheTaskCanSave(t *testing.T) {
	c := oneJoint()
	if _, ok := env.Power[env.StateCodec](env.Limit(&c, 5)); ok {
		t.Error("a limited task without a codec has one")
	}
	obs := make([]float64, 1)
	fresh := func() (env.Env, env.StateCodec) {
		e := env.Limit(&saved{oneJoint()}, 5)
		codec, ok := env.Power[env.StateCodec](e)
		if !ok {
			t.Fatal("a limited task with a codec has none")
		}
		return e, codec
	}
	first, firstCodec := fresh()
	for range 3 {
		if _, err := first.Step([]float64{0}, obs); err != nil {
			t.Fatal(err)
		}
	}
	second, secondCodec := fresh()
	if err := secondCodec.RestoreState(firstCodec.AppendState(nil), obs); err != nil {
		t.Fatal(err)
	}
	for _, want := range []bool{false, true} {
		out, err := second.Step([]float64{0}, obs)
		if err != nil || out.Truncated != want {
			t.Errorf("after restoring 3 of 5 steps: %+v, %v; want truncated %v", out, err, want)
		}
	}
	for _, bad := range [][]byte{nil, make([]byte, 7), make([]byte, 20)} {
		if secondCodec.RestoreState(bad, obs) == nil {
			t.Errorf("a state of %d bytes was taken", len(bad))
		}
	}
}

func TestLimitOverScaleStillFindsTheTasksCodec(t *testing.T) {
	s, err := env.Scale(&saved{oneJoint()})
	if err != nil {
		t.Fatal(err)
	}
	codec, ok := env.Power[env.StateCodec](env.Limit(s, 5))
	if !ok || len(codec.AppendState(nil)) != 9 {
		t.Error("the codec under the scaling is not found")
	}
}

func TestScaledMapsEachJointOntoItsBoundsAndClips(t *testing.T) {
	c := counter{low: []float64{-2, 0, -3}, high: []float64{2, 1, -1}}
	s, err := env.Scale(&c)
	if err != nil {
		t.Fatal(err)
	}
	obs := make([]float64, 1)
	for _, row := range []struct{ in, want []float64 }{
		{[]float64{-1, -1, -1}, []float64{-2, 0, -3}},
		{[]float64{1, 1, 1}, []float64{2, 1, -1}},
		{[]float64{0, 0, 0}, []float64{0, 0.5, -2}},
		{[]float64{0.5, -0.5, 0.25}, []float64{1, 0.25, -1.75}},
		{[]float64{-7, 7, math.Inf(1)}, []float64{-2, 1, -1}},
	} {
		if _, err := s.Step(row.in, obs); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(c.last, row.want) {
			t.Errorf("%v becomes %v, want %v", row.in, c.last, row.want)
		}
	}
	if _, err := s.Step([]float64{math.NaN(), 0, 0}, obs); err != nil || !math.IsNaN(c.last[0]) {
		t.Errorf("NaN becomes %g, want NaN", c.last[0])
	}
	spec := s.Spec()
	if !slices.Equal(spec.Low, []float64{-1, -1, -1}) || !slices.Equal(spec.High, []float64{1, 1, 1}) {
		t.Errorf("bounds %v, %v; want -1 and 1", spec.Low, spec.High)
	}
	if c.low[0] != -2 {
		t.Error("the task's own bounds were changed")
	}
}

func TestScaleRefusesJointsWithoutFiniteBounds(t *testing.T) {
	for _, b := range [][2]float64{{-1, math.Inf(1)}, {math.Inf(-1), 1}, {1, 1}, {2, 1}, {math.NaN(), 1}} {
		_, err := env.Scale(&counter{low: []float64{-1, b[0]}, high: []float64{1, b[1]}})
		if err == nil || !strings.Contains(err.Error(), "joint 1") {
			t.Errorf("bounds %v: error %v, want one that names joint 1", b, err)
		}
	}
}

func TestPowerReturnsTheOutermostLayerThatHasIt(t *testing.T) {
	task := &saved{oneJoint()}
	limited := env.Limit(task, 5)
	s, err := env.Scale(limited)
	if err != nil {
		t.Fatal(err)
	}
	if p, ok := env.Power[env.StateCodec](s); !ok || p != limited.(env.StateCodec) {
		t.Error("the codec is not the limited layer's")
	}
	if p, ok := env.Power[*saved](s); !ok || p != task {
		t.Error("the task itself is not found")
	}
	if _, ok := env.Power[*env.Limited](s); !ok {
		t.Error("the time limit is not found")
	}
	if _, ok := env.Power[env.Renderer](s); ok {
		t.Error("a power that no layer has is found")
	}
}

func TestEditDistanceIsLevenshteins(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"kitten", "sitting", 3}, {"flaw", "lawn", 2}, {"same", "same", 0}, {"ab", "ba", 2}} {
		if got := env.EditDistance(c.a, c.b); got != c.want {
			t.Errorf("%q to %q: %d, want %d", c.a, c.b, got, c.want)
		}
		if env.EditDistance(c.a, c.b) != env.EditDistance(c.b, c.a) {
			t.Errorf("%q and %q: not symmetric", c.a, c.b)
		}
	}
}

func TestRegistryFindsIdsAndAliasesInAnyCase(t *testing.T) {
	for name, id := range map[string]string{
		"Pendulum-v1": "classic/pendulum", "PENDULUM-V1": "classic/pendulum", "Classic/Pendulum": "classic/pendulum",
		"mountaincarcontinuous-v0": "classic/mountaincar", "leg2r/semi-100hz:RANDPHASE+hw": "leg2r/semi-100hz:randphase+hw",
	} {
		e, err := env.Make(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if e.Spec().ID != id {
			t.Errorf("%s is %s, want %s", name, e.Spec().ID, id)
		}
	}
}

func TestUnknownTaskNamesTheNearest(t *testing.T) {
	for name, want := range map[string]string{
		"classic/pendulm": "classic/pendulum", "pendulum-v0": "Pendulum-v1", "leg2r/elipse": "leg2r/ellipse",
	} {
		_, err := env.Lookup(name)
		var unknown *env.UnknownTaskError
		if !errors.As(err, &unknown) || len(unknown.Nearest) == 0 || unknown.Nearest[0] != want {
			t.Errorf("%s: %v, want %s named first", name, err, want)
		}
	}
	var unknown *env.UnknownTaskError
	if _, err := env.Lookup("zzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"); !errors.As(err, &unknown) || len(unknown.Nearest) != 0 {
		t.Errorf("a name near nothing: %v, want no suggestion", err)
	}
}

func TestMissingSimulatorIsToldWithItsMend(t *testing.T) {
	env.Register(env.Task{ID: "test/missing", Needs: func() string { return "a thing: install it" },
		Make: func() (env.Env, error) { return nil, fmt.Errorf("must not be called") }})
	_, err := env.Make("test/missing")
	var missing *env.MissingError
	if !errors.As(err, &missing) || missing.Needs != "a thing: install it" || missing.ID != "test/missing" {
		t.Errorf("error %v, want a MissingError", err)
	}
}

func TestRegisterPanicsOnATakenName(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a taken alias was registered again")
		}
	}()
	env.Register(env.Task{ID: "test/other", Aliases: []string{"pendulum-V1"}})
}

func TestResolversAreAskedForNamesThatAreNotRegistered(t *testing.T) {
	env.AddResolver(func(name string) (env.Task, bool, error) {
		kind, rest, ok := strings.Cut(name, "!")
		switch {
		case !ok || kind != "made":
			return env.Task{}, false, nil
		case rest == "":
			return env.Task{}, false, errors.New("made! needs a number")
		}
		base, err := env.Lookup("classic/pendulum") // a resolver may look names up
		base.ID = name
		return base, true, err
	})
	if task, err := env.Lookup("made!3"); err != nil || task.ID != "made!3" {
		t.Errorf("task %q, %v; want the resolver's", task.ID, err)
	}
	if e, err := env.ForLearning("made!3"); err != nil || e.Spec().Low[0] != -1 {
		t.Errorf("a resolved task is not made for learning: %v", err)
	}
	if _, err := env.Lookup("made!"); err == nil || err.Error() != "made! needs a number" {
		t.Errorf("error %v, want the resolver's", err)
	}
	var unknown *env.UnknownTaskError
	if _, err := env.Lookup("other!3"); !errors.As(err, &unknown) {
		t.Errorf("error %v, want an unknown task: no resolver knows the name", err)
	}
}

func TestFloatsAreRestoredBitForBitOrNotAtAll(t *testing.T) {
	want := []float64{1.5, math.Copysign(0, -1), math.Inf(1)}
	saved := env.AppendFloats([]byte("kept"), want)
	got := make([]float64, 3)
	if err := env.RestoreFloats(saved[4:], got); err != nil || string(saved[:4]) != "kept" {
		t.Fatal(err)
	}
	for i, x := range want {
		if math.Float64bits(got[i]) != math.Float64bits(x) {
			t.Errorf("%v, want %v", got, want)
		}
	}
	for _, bad := range [][]byte{nil, saved, saved[5:]} {
		if env.RestoreFloats(bad, got) == nil || got[0] != 1.5 {
			t.Errorf("a state of %d bytes was taken, or changed %v", len(bad), got)
		}
	}
}
