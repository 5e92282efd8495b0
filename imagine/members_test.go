package imagine_test

import (
	"math"
	"testing"

	"demorl/dynamics"
	"demorl/imagine"
	"demorl/par"
	"demorl/rng"
	"demorl/rollout"
)

// Every rule of propagation lets all elites make rows: an ensemble of which
// imagination follows one member alone is no ensemble.
func TestImaginedRowsComeFromAllElites(t *testing.T) {
	pool := par.New(1)
	t.Cleanup(pool.Close)
	s := dynamics.DefaultSettings()
	s.Members, s.Elites, s.Hidden, s.Decay = 4, 3, []int{8}, dynamics.ShapeDecay(1)
	e, err := dynamics.New(s, obsDim, actDim, rng.Root(3), pool)
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range []dynamics.Propagation{dynamics.Fixed, dynamics.TS1, dynamics.TSInf, dynamics.All} {
		const n = 300
		w := e.World(dynamics.WorldOptions{Propagation: rule, DeterministicState: true})
		m := imagine.NewMaker(imagine.Source{World: w, Gamma: gamma, NewActor: func(int) rollout.Actor { return lean{} }}, longest, pool)
		rows, _ := roll(t, m, starts(n), imagine.Course{Horizon: 1})
		made, mean := map[int]int{}, make([]float32, 1+obsDim)
		for _, row := range rows {
			for _, member := range e.Elites() {
				e.Predict(member, row.Obs, row.Action, 1, mean, nil)
				if math.Abs(float64(mean[0]-row.Reward)) < 1e-6 {
					made[member]++
				}
			}
		}
		for _, member := range e.Elites() {
			if made[member] < n/5 {
				t.Errorf("%s: elite %d made %d of %d rows", rule, member, made[member], n)
			}
		}
	}
}
