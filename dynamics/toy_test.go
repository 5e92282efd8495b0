package dynamics

import (
	"testing"

	"demorl/par"
	"demorl/replay"
	"demorl/rng"
)

// smallSettings is an ensemble that fits in seconds.
func smallSettings() Settings {
	s := DefaultSettings()
	s.Members, s.Elites, s.Hidden, s.Decay, s.Batch = 3, 2, []int{32, 32}, ShapeDecay(2), 64
	s.MaxPasses = 10
	return s
}

// integratorEpisode is the length of an episode of the toy task.
const integratorEpisode = 25

// doubleIntegrator records rows transitions of method.md G.2's task under
// random actions, in episodes of integratorEpisode steps.
func doubleIntegrator(rows int, key rng.Key) *replay.Buffer {
	buf := replay.NewBuffer(rows, 2, 1)
	s := rng.NewStream(key)
	var x [2]float64
	for i := range rows {
		if i%integratorEpisode == 0 {
			x = [2]float64{s.Uniform(-1, 1), s.Uniform(-1, 1)}
		}
		u := s.Uniform(-1, 1)
		next := [2]float64{x[0] + 0.1*x[1] + 0.005*u, x[1] + 0.1*u}
		buf.Add(replay.Transition{
			Obs: []float32{float32(x[0]), float32(x[1])}, Action: []float32{float32(u)},
			Next:   []float32{float32(next[0]), float32(next[1])},
			Reward: float32(-x[0]*x[0] - 0.1*x[1]*x[1] - 0.01*u*u), Truncated: i%integratorEpisode == integratorEpisode-1,
		})
		x = next
	}
	return buf
}

func mustNew(t testing.TB, s Settings, obs, act int, workers int) *Ensemble {
	t.Helper()
	pool := par.New(workers)
	t.Cleanup(pool.Close)
	e, err := New(s, obs, act, rng.Root(1).Derive("dynamics"), pool)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func mustFit(t testing.TB, e *Ensemble, buf *replay.Buffer, round uint64) FitStats {
	t.Helper()
	stats, err := e.Fit(buf, rng.Root(1).Derive("fit", round), nil)
	if err != nil {
		t.Fatal(err)
	}
	return stats
}
