package replay

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"demorl/env"
	"demorl/rng"
)

// fake counts: its state and observation are two numbers, an action adds to both.
type fake struct {
	x       [2]float64
	failing bool
}

func (f *fake) Spec() env.Spec { return env.Spec{ID: "fake", ObsDim: 2, ActDim: 1} }
func (f *fake) Close() error   { return nil }
func (f *fake) Reset(s *rng.Stream, obs []float64) error {
	f.x = [2]float64{s.Float64(), s.Normal()}
	copy(obs, f.x[:])
	return nil
}
func (f *fake) Step(a, obs []float64) (env.Outcome, error) {
	if f.failing {
		return env.Outcome{}, errors.New("simulator failed")
	}
	f.x[0] += a[0]
	f.x[1] += a[0]
	copy(obs, f.x[:])
	return env.Outcome{Reward: a[0] / 3, Terminated: f.x[0] > 1}, nil
}
func (f *fake) Inject(fields map[string][]float64, obs []float64) error {
	if len(fields["state"]) != 2 || len(fields) != 1 {
		return errors.New("state must have 2 numbers")
	}
	copy(f.x[:], fields["state"])
	copy(obs, f.x[:])
	return nil
}

// bare hides fake's Injector.
type bare struct{ env.Env }

func play(t *testing.T, e env.Env, in string) ([]string, error) {
	t.Helper()
	var out strings.Builder
	err := Replay(e, strings.NewReader(in), &out)
	return strings.Split(strings.TrimSpace(out.String()), "\n"), err
}

func TestStatesSeedsAndActionsAreAnsweredLineByLine(t *testing.T) {
	got, err := play(t, &fake{}, `{"state":[0.5,-0.0]}
{"action":[0.25]}

{"action":[7]}
{"action":[-7]}
{"seed":18446744073709551615}`)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`{"obs":[0.5,-0]}`,
		`{"obs":[0.75,0.25],"reward":0.08333333333333333,"terminated":false,"truncated":false}`,
		`{"obs":[7.75,7.25],"reward":2.3333333333333335,"terminated":true,"truncated":false}`,
		`{"obs":[0.75,0.25],"reward":-2.3333333333333335,"terminated":false,"truncated":false}`,
	}
	if len(got) != 5 {
		t.Fatalf("got %d lines: %q", len(got), got)
	}
	for i, w := range want {
		if got[i] != w {
			t.Errorf("line %d: got %s, want %s", i+1, got[i], w)
		}
	}
}

func TestNumbersReadBackAsTheSameFloat64(t *testing.T) {
	s := rng.NewStream(rng.Root(1))
	for range 2000 {
		x := math.Float64frombits(s.Uint64())
		if math.IsNaN(x) || math.IsInf(x, 0) {
			continue
		}
		got, err := play(t, &fake{}, fmt.Sprintf(`{"state":[%g,%g]}`, x, -x))
		if err != nil {
			t.Fatal(err)
		}
		var answer struct{ Obs []float64 }
		if err := json.Unmarshal([]byte(got[0]), &answer); err != nil {
			t.Fatal(err)
		}
		if math.Float64bits(answer.Obs[0]) != math.Float64bits(x) || math.Float64bits(answer.Obs[1]) != math.Float64bits(-x) {
			t.Fatalf("%g came back as %v", x, answer.Obs)
		}
	}
}

// A peer that gives the next line only when it has the answer to the last one.
func TestEveryAnswerIsWrittenBeforeTheNextLineIsWaitedFor(t *testing.T) {
	lines, in := io.Pipe()
	out, answers := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := Replay(&fake{}, lines, answers)
		answers.CloseWithError(io.EOF)
		done <- err
	}()
	ended := time.AfterFunc(20*time.Second, func() { // a hang becomes an error
		in.CloseWithError(errors.New("no answer came"))
		out.CloseWithError(errors.New("no answer came"))
	})
	defer ended.Stop()
	got := bufio.NewReader(out)
	for i, line := range []string{`{"state":[0,1]}`, `{"action":[1]}`, `{"action":[2]}`} {
		if _, err := io.WriteString(in, line+"\n"); err != nil {
			t.Fatalf("line %d: %v", i+1, err)
		}
		want := fmt.Sprintf(`{"obs":[%d,`, []int{0, 1, 3}[i])
		if answer, err := got.ReadString('\n'); err != nil || !strings.HasPrefix(answer, want) {
			t.Fatalf("answer %d is %q (%v); want %s", i+1, answer, err, want)
		}
	}
	in.Close()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestTheSameSeedGivesTheSameState(t *testing.T) {
	got, err := play(t, &fake{}, "{\"seed\":3}\n{\"seed\":4}\n{\"seed\":3}")
	if err != nil {
		t.Fatal(err)
	}
	if got[0] != got[2] || got[0] == got[1] {
		t.Errorf("seeds 3, 4, 3 gave %q", got)
	}
}

func TestAWrongLineIsNamedWithItsNumber(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`hello`, "line 1: not a JSON object"},
		{`[1,2]`, "line 1: not a JSON object"},
		{`{}`, "line 1: give"},
		{`{"action":[1]}`, "line 1: an action before any state"},
		{`{"state":[1]}`, "line 1: state must have 2 numbers"},
		{`{"state":[1,null]}`, `line 1: "state": null is not a number`},
		{`{"state":["a",2]}`, `line 1: "state": json`},
		{"{\"state\":[1,2]}\n{\"action\":[1,2]}", "line 2: give {\"action\":[...]} with exactly 1 number and no other key"},
		{"{\"state\":[1,2]}\n\n{\"action\":[1],\"x\":[1]}", "line 3: give {\"action\":[...]} with exactly 1"},
		{`{"seed":-1}`, "line 1: give {\"seed\":N}"},
		{`{"seed":1.5}`, "line 1: give {\"seed\":N}"},
		{`{"seed":1} {"seed":2}`, "line 1: not a JSON object"},
	} {
		_, err := play(t, &fake{}, c.in)
		var wrong *LineError
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want a LineError with %q", c.in, err, c.want)
		}
	}
	_, err := play(t, bare{&fake{}}, `{"state":[1,2]}`)
	var wrong *LineError
	if !errors.As(err, &wrong) || strings.Contains(err.Error(), "qpos") {
		t.Errorf("a task without Injector: got %v, want a LineError that offers no state", err)
	}
}

func TestASimulatorFailureIsNotAWrongLine(t *testing.T) {
	got, err := play(t, &fake{failing: true}, "{\"seed\":3}\n{\"action\":[1]}")
	var wrong *LineError
	if err == nil || errors.As(err, &wrong) {
		t.Errorf("got %v, want an error that is no LineError", err)
	}
	if len(got) != 1 || got[0] == "" {
		t.Errorf("the answer before the failure is missing: %q", got)
	}
}

func TestANumberThatIsNotFiniteIsAnErrorAndNotPrinted(t *testing.T) {
	_, err := play(t, &fake{}, "{\"state\":[1e308,0]}\n{\"action\":[1e308]}")
	if err == nil || !strings.Contains(err.Error(), "line 2: observation 0 of fake is +Inf") {
		t.Errorf("got %v", err)
	}
}
