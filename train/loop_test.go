package train_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"demorl/env"
	"demorl/replay"
	"demorl/rng"
	"demorl/train"
)

// A time limit is not an end: the value of what follows counts (method.md D.2).
func TestATruncatedEpisodeBootstrapsAndATerminatedOneDoesNot(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	s.EvalEvery = 0
	world := &scripted{limit: 5}
	world.step = func(e *scripted, obs []float64, out *env.Outcome) error {
		out.Terminated = e.inAll%9 == 8
		return nil
	}
	l := loopOf(t, s, world, &scripted{limit: 5})
	events := steps(t, l, 29)
	real := l.Agent().Real()
	ends := 0
	for i := range real.Len() {
		row := real.Row(i)
		terminated, truncated := (i+1)%9 == 8, row.Next[0] == 5
		if row.Terminated != terminated || row.Truncated != truncated {
			t.Errorf("row %d: %+v, want terminated %t, truncated %t", i, row, terminated, truncated)
		}
		// What follows an ending step is the episode's last observation, not the next one's first.
		if row.Next[1] != float32(i+1) || row.Next[0] != row.Obs[0]+1 {
			t.Errorf("row %d goes from %v to %v", i, row.Obs, row.Next)
		}
		if ended := terminated || truncated; ended != events[i].EpisodeEnd {
			t.Errorf("row %d: EpisodeEnd is %t", i, events[i].EpisodeEnd)
		} else if ended {
			ends++
			if events[i].Length != int(row.Next[0]) || events[i].Return != 0.5*float64(row.Next[0]) {
				t.Errorf("row %d: length %d, return %g of an episode of %g steps", i, events[i].Length, events[i].Return, row.Next[0])
			}
			if i+1 < real.Len() && real.Row(i + 1).Obs[0] != 0 {
				t.Errorf("row %d does not begin a new episode: %v", i+1, real.Row(i+1).Obs)
			}
		}
		batch := replay.NewBatch(1, 2, 1)
		one := replay.NewBuffer(1, 2, 1)
		one.Add(row)
		replay.SampleMixed(batch, one, nil, 1, rng.Root(1))
		if want := float32(1); terminated != (batch.Continue[0] != want) {
			t.Errorf("row %d (terminated %t, truncated %t) has Continue %g", i, terminated, truncated, batch.Continue[0])
		}
	}
	if ends < 6 {
		t.Errorf("only %d episodes ended", ends)
	}
	for i, u := range world.actions {
		if float32(u) != real.Row(i).Action[0] {
			t.Fatalf("step %d took action %g and stored %g", i+1, u, real.Row(i).Action[0])
		}
	}
}

func TestABadValueIsRefusedWithItsNameAndStep(t *testing.T) {
	at := func(step int, spoil func(obs []float64, out *env.Outcome)) *scripted {
		return &scripted{limit: 10, step: func(e *scripted, obs []float64, out *env.Outcome) error {
			if e.inAll == step {
				spoil(obs, out)
			}
			return nil
		}}
	}
	for name, c := range map[string]struct {
		world *scripted
		step  int
		want  string
	}{
		"observation": {at(3, func(obs []float64, _ *env.Outcome) { obs[1] = math.NaN() }), 3, "step 3: observation 1 (all) is NaN"},
		"infinite":    {at(33, func(obs []float64, _ *env.Outcome) { obs[0] = math.Inf(-1) }), 33, "step 33: observation 0 (age) is -Inf"},
		"reward":      {at(1, func(_ []float64, out *env.Outcome) { out.Reward = math.NaN() }), 1, "step 1: the reward is NaN"},
		// Finite, but not as the float32 that is learned from.
		"overflow": {at(2, func(_ []float64, out *env.Outcome) { out.Reward = -1e300 }), 2, "step 2: the reward is -1e+300"},
		"too far":  {at(5, func(obs []float64, _ *env.Outcome) { obs[0] = 1e39 }), 5, "step 5: observation 0 (age) is 1e+39"},
		"reset": {&scripted{limit: 4, reset: func(e *scripted, obs []float64) error {
			if e.episodes == 3 {
				obs[0] = math.NaN()
			}
			return nil
		}}, 8, "step 8: observation 0 (age) is NaN"},
	} {
		s := tiny(t, pendulum, "sac")
		l := loopOf(t, s, c.world, &scripted{limit: 4})
		var err error
		for range 40 {
			if _, err = l.Step(context.Background()); err != nil {
				break
			}
		}
		var bad *train.BadValueError
		if !errors.As(err, &bad) || bad.Step != c.step || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
		for i := range l.Agent().Real().Len() {
			row := l.Agent().Real().Row(i)
			if x := row.Next[0] + row.Next[1] + row.Reward; x-x != 0 {
				t.Errorf("%s: the bad row was stored as row %d", name, i)
			}
		}
	}
}

func TestTheEnvironmentsOwnErrorIsPassedOnWithTheStep(t *testing.T) {
	unplugged := errors.New("the cable is out")
	broken := &scripted{limit: 10, step: func(e *scripted, _ []float64, _ *env.Outcome) error {
		if e.inAll == 7 {
			return unplugged
		}
		return nil
	}}
	stuck := &scripted{limit: 3, reset: func(e *scripted, _ []float64) error {
		if e.episodes == 2 {
			return unplugged
		}
		return nil
	}}
	for want, world := range map[string]*scripted{"failed at step 7": broken, "reset before step 4": stuck} {
		l := loopOf(t, tiny(t, pendulum, "sac"), world, &scripted{limit: 4})
		var err error
		for range 10 {
			if _, err = l.Step(context.Background()); err != nil {
				break
			}
		}
		if !errors.Is(err, unplugged) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
