package agent

import (
	"math"
	"strings"
	"testing"

	"demorl/dynamics"
	"demorl/mpc"
)

func TestReachOfMeasuredErrors(t *testing.T) {
	of := func(errors ...float64) (all []dynamics.OpenLoop) {
		for i, e := range errors {
			all = append(all, dynamics.OpenLoop{Steps: dynamics.OpenLoopSteps[i], Segments: 10, Error: e})
		}
		return all
	}
	rising := of(0.1, 0.2, 0.5, 1, 2)
	gap := of(0.1, 0.2, 0.5, 1, 2)
	gap[2].Segments, gap[2].Error = 0, 0 // no segment of 5 steps: 0.2 at 2 and 1 at 10 are joined
	for _, c := range []struct {
		all   []dynamics.OpenLoop
		limit float64
		want  int
	}{
		{rising, 0.05, 1}, {rising, 0.1, 1}, {rising, 0.2, 2}, {rising, 0.29, 2}, {rising, 0.3, 3}, {rising, 0.5, 5}, {rising, 0.85, 8},
		{rising, 1.99, 14}, {rising, 2, 15}, {rising, 100, 15}, {gap, 0.6, 6}, {nil, 1, 0},
		{of(0.1, math.Inf(1)), 0.5, 1}, {of(math.NaN()), 0.5, 1}, {of(0.3, 0.1, 0.2, 0.1, 0.1), 0.25, 1}, // once above is above
	} {
		if got := reach(c.all, c.limit); got != c.want {
			t.Errorf("within %v of %v: %d steps, want %d", c.limit, c.all, got, c.want)
		}
	}
}

// A limit that no error reaches moves nothing; one that every error exceeds
// leaves one step; and a restored agent goes on with the same horizon.
func TestTheHorizonFollowsTheModelsError(t *testing.T) {
	for _, algorithm := range []string{"m-demorl", "mbpo", "loop"} {
		drive := func(limit float64) *driver {
			s := tiny(t, algorithm, pendulum)
			s.Horizon, s.HorizonLimit = Schedule{3}, limit
			d := newDriver(t, s, pendulum, 1)
			d.run(75)
			return d
		}
		off, wide, narrow := drive(0), drive(1e9), drive(1e-9)
		for name, state := range states(off.a) {
			if got := states(wide.a)[name]; name != "agent" && string(got) != string(state) {
				t.Errorf("%s: a limit that is never reached moves section %s", algorithm, name)
			}
		}
		for want, d := range map[float64]*driver{3: wide, 1: narrow} {
			if got := d.a.TakeReport()["plan/horizon"]; got != want {
				t.Errorf("%s: horizon %v, want %v", algorithm, got, want)
			}
		}
		if narrow.a.imagined != nil {
			for i := 1; i < narrow.a.imagined.Len(); i++ {
				if row := narrow.a.imagined.Row(i); string(bytesOf(row.Obs)) == string(bytesOf(narrow.a.imagined.Row(i-1).Next)) {
					t.Fatalf("%s: row %d goes on from the one before: more than one step was imagined", algorithm, i)
				}
			}
		}
		other, _ := narrow.to(narrow.a.settings, pendulum, 2)
		other.run(1)
		narrow.run(1)
		equalStates(t, algorithm+" restored", other.a, narrow.a)
		if other.a.horizon() != 1 {
			t.Errorf("%s: the restored horizon is %d", algorithm, other.a.horizon())
		}
	}
}

func bytesOf(x []float32) (out []byte) {
	for _, v := range x {
		b := math.Float32bits(v)
		out = append(out, byte(b), byte(b>>8), byte(b>>16), byte(b>>24))
	}
	return out
}

func TestAHorizonLimitNeedsAModel(t *testing.T) {
	for algorithm, limit := range map[string]float64{"sac": 0.3, "m-demorl": -1} {
		s := tiny(t, algorithm, pendulum)
		s.HorizonLimit = limit
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "horizon_limit") {
			t.Errorf("%s with horizon_limit %v: %v", algorithm, limit, err)
		}
	}
}

// Propagation expect tells a step's mean and no deviation, so that a reward that
// is asked to be drawn would be the mean: both settings are named.
func TestRewardsAreNotDrawnWherePropagationTellsNoDeviation(t *testing.T) {
	for name, draw := range map[string]func(s *Settings){
		"store_reward":         func(s *Settings) { s.StoreReward = "sample" },
		"planner.score_reward": func(s *Settings) { s.Planner.ScoreReward = mpc.ScoreRewardDrawn },
	} {
		s := DefaultSettings()
		draw(&s)
		if err := s.Validate(); err != nil {
			t.Errorf("%s with propagation %s: %v", name, s.Model.Propagation, err)
		}
		s.Model.Propagation, s.UTD = dynamics.Expect, -1
		err := s.Validate()
		for _, want := range []string{name + ` is "sample" and model.propagation is "expect"`, "utd is -1"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q is not told in %v", want, err)
			}
		}
	}
	s := DefaultSettings()
	s.Model.Propagation = dynamics.Expect
	if err := s.Validate(); err != nil {
		t.Errorf("means of propagation expect: %v", err)
	}
	s = tiny(t, "pets", pendulum) // it imagines nothing, so that nothing is stored
	s.Model.Propagation, s.StoreReward = dynamics.Expect, "sample"
	if err := s.Validate(); err != nil {
		t.Errorf("nothing is stored: %v", err)
	}
}
