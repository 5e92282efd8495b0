package report

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"demorl/rng"
)

// near reports whether two numbers agree to rounding.
func near(a, b float64) bool { return math.Abs(a-b) <= 1e-12*max(1, math.Abs(b)) }

// Point estimates as rliable's; intervals within what the resamples of both leave
// to chance.
func TestAggregatesImprovementAndProfilesAgainstRliable(t *testing.T) {
	var golden struct {
		Aggregates []struct {
			Strata                            Scores
			IQM, Median, Mean, Optimality_gap Estimate
		}
		Improvements []struct {
			X, Y             Scores
			Value, Low, High float64
		}
		Profiles []struct {
			Strata         Scores
			Levels, Shares []float64
		}
	}
	text, err := os.ReadFile("testdata/rliable.json")
	if err == nil {
		err = json.Unmarshal(text, &golden)
	}
	if err != nil || len(golden.Aggregates) != 3 || len(golden.Improvements) != 2 || len(golden.Profiles) != 3 {
		t.Fatalf("%v, %+v", err, golden)
	}
	same := func(name string, got, want Estimate, room float64) {
		t.Helper()
		room *= want.High - want.Low
		if !near(got.Value, want.Value) || math.Abs(got.Low-want.Low) > room || math.Abs(got.High-want.High) > room {
			t.Errorf("%s is %+v, rliable has %+v", name, got, want)
		}
	}
	for _, g := range golden.Aggregates {
		// Means of 5 runs have few values, so that a percentile that chance moves by a little jumps to the next one.
		a := g.Strata.Judge(rng.Root(3))
		same("IQM", a.IQM, g.IQM, 0.03)
		same("median", a.Median, g.Median, 0.05)
		same("mean", a.Mean, g.Mean, 0.05)
		same("optimality gap", a.OptimalityGap, g.Optimality_gap, 0.03)
	}
	for _, g := range golden.Improvements {
		same("probability of improvement", g.X.ImprovementEstimate(g.Y, rng.Root(4)), Estimate{g.Value, g.Low, g.High}, 0.06) // of 5,000 resamples
	}
	for _, g := range golden.Profiles {
		for i, share := range g.Strata.Profile(g.Levels) {
			if !near(share, g.Shares[i]) {
				t.Errorf("share above %v is %v, rliable has %v", g.Levels[i], share, g.Shares[i])
			}
		}
	}
}

// Of tasks with unequal numbers of runs every task has the same weight, but in
// the IQM, where every run has.
func TestStatisticsByHand(t *testing.T) {
	s := Scores{{0, 1, 2, 3}, {0.5}, {2, 4}}
	for name, c := range map[string][2]float64{
		"mean":           {s.Mean(), (1.5 + 0.5 + 3) / 3},
		"median":         {s.Median(), 1.5},
		"median of one":  {s[:1].Median(), 1.5},
		"median of two":  {s[:2].Median(), 1},
		"optimality gap": {s.OptimalityGap(), (0.25 + 0.5 + 0) / 3},
		"IQM":            {s.IQM(), (0.5 + 1 + 2 + 2 + 3) / 5}, // one of seven is cut at each end
		"above 1":        {s.Profile([]float64{1})[0], (0.5 + 0 + 1) / 3},
		"above 4":        {s.Profile([]float64{4})[0], 0},
		"better":         {Scores{{1, 2}, {5}}.Improvement(Scores{{1, 0, 3}, {4}}), ((0.5+1+0+1+1+0)/6 + 1) / 2},
		"itself":         {s.Improvement(s), 0.5},
	} {
		if !near(c[0], c[1]) {
			t.Errorf("%s is %v, want %v", name, c[0], c[1])
		}
	}
	if other := (Scores{{1}, {2}, {3, 0}}); !near(s.Improvement(other)+other.Improvement(s), 1) {
		t.Error("the two probabilities of improvement do not add up to 1")
	}
	for name, x := range map[string]float64{"mean": Scores{}.Mean(), "median": Scores{}.Median(), "gap": Scores{}.OptimalityGap(), "IQM": Scores{}.IQM(), "improvement": Scores{}.Improvement(nil)} {
		if !math.IsNaN(x) {
			t.Errorf("the %s of nothing is %v", name, x)
		}
	}
}

// The bootstrap of two small tasks against all of their equally likely samples:
// 2 x 2 of one and 3 x 3 x 3 of the other.
func TestTheBootstrapAgainstAllSamples(t *testing.T) {
	s := Scores{{0, 1}, {0.2, 0.5, 1.7}}
	count, all := map[float64]float64{}, 0.0
	for i := range 4 {
		for j := range 27 {
			sample := Scores{{s[0][i%2], s[0][i/2]}, {s[1][j%3], s[1][j/3%3], s[1][j/9]}}
			count[math.Round(1e9*sample.OptimalityGap())]++
			all++
		}
	}
	share := map[float64]float64{}
	const draws = 200_000
	estimates([]Scores{s}, draws, rng.Root(5), func(samples []Scores) float64 {
		gap := samples[0].OptimalityGap()
		share[math.Round(1e9*gap)] += 1. / draws
		return gap
	})
	if len(share) > len(count)+1 { // the sample itself is judged too
		t.Errorf("%d different gaps are drawn, there are %d", len(share), len(count))
	}
	for gap, n := range count {
		p := n / all
		if room := 5*math.Sqrt(p*(1-p)/draws) + 1./draws; math.Abs(share[gap]-p) > room {
			t.Errorf("gap %v has share %v, want %v", gap/1e9, share[gap], p)
		}
	}
}

func TestEqualKeysGiveEqualIntervals(t *testing.T) {
	s := Scores{{1, 2, 3, 4, 5}, {2, 3, 9, 1, 1}}
	if a, b := s.Judge(rng.Root(6)), s.Judge(rng.Root(6)); a != b {
		t.Errorf("%+v and %+v", a, b)
	}
}
