package bench

import (
	"slices"
	"testing"

	"demorl/env"
	"demorl/rng"
)

// ledger is a task that writes down what is done to it: a reset as its draw,
// an action as itself. Its episodes end after as many steps as the draw says.
type ledger struct {
	lines []float64
	left  int
}

func (l *ledger) Spec() env.Spec {
	return env.Spec{ID: "bench/ledger", ObsDim: 1, ActDim: 1, Low: []float64{-1}, High: []float64{1}, Limit: 60, Terminates: true}
}

func (l *ledger) Reset(s *rng.Stream, _ []float64) error {
	draw := s.Uniform(1, 90)
	l.lines, l.left = append(l.lines, draw), int(draw)
	return nil
}

func (l *ledger) Step(action, _ []float64) (env.Outcome, error) {
	l.lines = append(l.lines, action[0])
	l.left--
	return env.Outcome{Terminated: l.left == 0}, nil
}

func (l *ledger) Bare(actions []float64) error {
	l.lines = append(l.lines, actions...)
	return nil
}

func (l *ledger) Close() error { return nil }

func TestBothSidesOfAnEnvironmentsFigureDoTheSame(t *testing.T) {
	var made []*ledger
	env.Register(env.Task{ID: "bench/ledger", Make: func() (env.Env, error) {
		l := &ledger{}
		made = append(made, l)
		return l, nil
	}})
	r, err := newRunner("bench/ledger", 0)
	if err != nil {
		t.Fatal(err)
	}
	var sides [2][]float64
	var timed [2]laps
	for i, pass := range []func(*laps) error{r.walk, r.repeat} {
		made[0].lines = nil
		timed[i].begin()
		if err := pass(&timed[i]); err != nil {
			t.Fatal(err)
		}
		sides[i] = made[0].lines
	}
	if !slices.Equal(sides[0], sides[1]) {
		t.Error("the two passes do not make the same resets and steps")
	}
	resets := len(sides[0]) - stepsEach
	if resets != len(r.lengths) || resets < stepsEach/60 || slices.Max(r.lengths) != 60 || slices.Min(r.lengths) > 50 {
		t.Errorf("%d resets, episodes of %v steps", resets, r.lengths)
	}
	if len(timed[0].seconds) != len(timed[1].seconds) || len(timed[0].seconds) < stepsEach/mostSteps {
		t.Errorf("%d and %d pieces", len(timed[0].seconds), len(timed[1].seconds))
	}
	e, err := NewEnvironment("bench/ledger", 2)
	if err != nil {
		t.Fatal(err)
	}
	if e.Steps <= 0 || e.Bare == nil || *e.Bare <= 0 || len(made) != 3 {
		t.Errorf("%+v of %d instances", e, len(made))
	}
}

func TestAPassTakesTheSumOfItsPiecesMedians(t *testing.T) {
	l := laps{seconds: [][]float64{{3, 1, 2}, {10, 40, 20, 1000}}}
	if got := l.sum(); got != 2+30 {
		t.Errorf("got %v, want 32", got)
	}
}
