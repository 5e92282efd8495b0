package report

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
)

// grouped makes a group whose run of seed s has the returns of[s] at steps
// 1000, 2000, ...
func grouped(t *testing.T, env, algo string, of map[uint64][]float64) Group {
	t.Helper()
	var seeds []uint64
	var runs []Series
	for seed := range of {
		seeds = append(seeds, seed)
	}
	slices.Sort(seeds)
	for _, seed := range seeds {
		s := Series{Name: algo}
		for i, earned := range of[seed] {
			s.Steps, s.Mean = append(s.Steps, float64(1000*(i+1))), append(s.Mean, earned)
		}
		runs = append(runs, s)
	}
	g, err := Summarise(env, algo, seeds, runs, nil)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

var twoTasks = map[string]Reference{
	"x": {Random: 10, RandomSource: "s", Reference: 110, ReferenceSource: "paper"},
	"y": {Random: -1, RandomSource: "s", Reference: 1, ReferenceSource: "paper"},
}

func TestAlgorithmsAreComparedOnTheTasksThatAllShare(t *testing.T) {
	groups := []Group{
		grouped(t, "x", "new", map[uint64][]float64{0: {10, 60, 110}, 1: {20, 110, 210}}),
		grouped(t, "x", "old", map[uint64][]float64{0: {0, 60}, 2: {0, 10}}),
		grouped(t, "y", "new", map[uint64][]float64{0: {1, 1, 1}}),
		grouped(t, "y", "old", map[uint64][]float64{0: {-1, 0, 0}}),
		grouped(t, "z", "new", map[uint64][]float64{0: {5}}),
		grouped(t, "w", "new", map[uint64][]float64{0: {5}}),
		grouped(t, "w", "old", map[uint64][]float64{0: {7}}),
	}
	c, err := Compare(groups, twoTasks, 0, "")
	if err != nil {
		t.Fatal(err)
	}
	// Task x ends at 2000 for all: new has 0.5 and 1, old 0.5 and 0. Task y ends at 3000: 1 and 0.5.
	if len(c.Algorithms) != 2 || !slices.Equal(c.Algorithms[0].Tasks, []string{"x", "y"}) {
		t.Fatalf("%+v", c.Algorithms)
	}
	for i, want := range [][4]float64{{(0.5 + 1 + 1) / 3, 0.875, 0.875, 0.125}, {(0.5 + 0 + 0.5) / 3, 0.375, 0.375, 0.625}} {
		a := c.Algorithms[i]
		if !near(a.IQM.Value, want[0]) || !near(a.Mean.Value, want[1]) || !near(a.Median.Value, want[2]) || !near(a.OptimalityGap.Value, want[3]) {
			t.Errorf("%s is %+v, want %v", a.Algo, a.Aggregate, want)
		}
	}
	// x: of 4 pairs 3 wins and a draw; y: a win; w, without a reference: a loss.
	if p := c.Improvement; len(p) != 1 || p[0].Algo != "new" || !slices.Equal(p[0].Tasks, []string{"w", "x", "y"}) || !near(p[0].Probability.Value, (0+3.5/4+1)/3) {
		t.Errorf("improvement %+v", p)
	}
	if c.Tasks[0].LeftOut == "" || !strings.Contains(c.Tasks[3].LeftOut, "old has no run") {
		t.Errorf("w or z is in the aggregates: %+v", c.Tasks)
	}
	if early, err := Compare(groups, twoTasks, 1000, "new"); err != nil || early.Algorithms[0].Scores[0][1] != 0.1 || early.Improvement[0].Algo != "old" || early.Paired[0].Baseline != "new" {
		t.Errorf("at 1000 against new: %+v (%v)", early, err)
	}
	if late, _ := Compare(groups, twoTasks, 3000, ""); !slices.Equal(late.Algorithms[0].Tasks, []string{"y"}) || !strings.Contains(late.Tasks[1].LeftOut, "step 3,000") {
		t.Errorf("at 3000: %+v", late.Tasks)
	}
	if _, err := Compare(groups, twoTasks, 0, "best"); err == nil {
		t.Error("a baseline without runs is taken")
	}
	if _, err := json.Marshal(c); err != nil {
		t.Errorf("the comparison is no JSON: %v", err)
	}
}

func TestTheComparisonIsTold(t *testing.T) {
	groups := []Group{
		grouped(t, "x", "new", map[uint64][]float64{0: {10, 60}, 1: {20, 110}}),
		grouped(t, "x", "old", map[uint64][]float64{0: {0, 60}, 1: {0, 10}}),
		grouped(t, "z", "new", map[uint64][]float64{0: {5}}),
	}
	c, err := Compare(groups, twoTasks, 0, "")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, table := range c.Tables() {
		if err := table.Write(&b); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{
		"| x    | 2,000 | 10.00  | 110.0 (paper) | new       | 2     | 85.00  | 0.750 | 0.500 1.000",
		"| new       | 1     | 2    | 0.750 | 0.750  | 0.750 | 0.250",
		"| new       | old  | x     | 0.875",
		"| x    | new − old  | mean | 15.00    | 50.00    |",
		"| x    | new − old  | 1    | 20.00    | 100.0    |",
		"z is not in the aggregates: old has no run on it.",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	var picture bytes.Buffer
	if err := c.DrawProfile(&picture); err != nil || !strings.Contains(picture.String(), "Performance profile on x") || strings.Contains(picture.String(), "fill-opacity") {
		t.Errorf("profile: %v\n%s", err, picture.String())
	}
	if err := (&Comparison{}).DrawProfile(&picture); err == nil {
		t.Error("a profile of nothing is drawn")
	}
}

// Profiles fall from 1 to 0, step where the runs are, and have bands from 5 runs on.
func TestProfilesFallFromOneToNothing(t *testing.T) {
	runs := map[uint64][]float64{}
	for i := range uint64(5) {
		runs[i] = []float64{10 + 30*float64(i)} // scores 0, 0.3, ... 1.2
	}
	c, err := Compare([]Group{grouped(t, "x", "new", runs)}, twoTasks, 0, "")
	if err != nil {
		t.Fatal(err)
	}
	p := c.Profile[0]
	for i, level := range p.Levels {
		above := 0.0
		for k := range 5 {
			if 0.3*float64(k) > level+1e-9 {
				above += 0.2
			}
		}
		if !near(p.Shares[i], above) && math.Abs(math.Remainder(level, 0.3)) > 1e-9 {
			t.Errorf("share above %v is %v, want %v", level, p.Shares[i], above)
		}
		if p.Low[i] > p.Shares[i] || p.High[i] < p.Shares[i] {
			t.Errorf("band at %v is %v to %v around %v", level, p.Low[i], p.High[i], p.Shares[i])
		}
	}
	if n := len(p.Shares); p.Shares[0] != 1 || p.Shares[n-1] != 0 {
		t.Errorf("shares begin with %v and end with %v", p.Shares[0], p.Shares[n-1])
	}
	var picture bytes.Buffer
	if err := c.DrawProfile(&picture); err != nil || !strings.Contains(picture.String(), "fill-opacity") {
		t.Errorf("5 runs have no band: %v", err)
	}
}

func TestDifferencesAreOfSharedSeedsAtSharedSteps(t *testing.T) {
	a := grouped(t, "x", "a", map[uint64][]float64{0: {1, 2, 3}, 1: {4, 5, 6}, 7: {0, 0, 0}})
	b := grouped(t, "x", "b", map[uint64][]float64{0: {3, 3}, 1: {1, 1, 1, 1}, 2: {9}})
	p, any := Pair(&a, &b)
	if !any || !slices.Equal(p.Seeds, []uint64{0, 1}) || !slices.Equal(p.Steps, []float64{1000, 2000}) ||
		!slices.Equal(p.Differences[0], []float64{-2, 3}) || !slices.Equal(p.Mean, []float64{0.5, 1.5}) || p.Low[0] != -2 || p.High[0] != 3 {
		t.Errorf("%+v", p)
	}
	twice := b
	twice.Seeds = []uint64{0, 1, 1}
	if p, _ := Pair(&a, &twice); !slices.Equal(p.Seeds, []uint64{0}) {
		t.Errorf("seed 1, of which there are two runs, is paired: %+v", p)
	}
	other := grouped(t, "y", "a", map[uint64][]float64{0: {1}})
	if all := Pairs([]Group{a, other}, ""); len(all) != 0 {
		t.Errorf("runs of two tasks are paired: %+v", all)
	}
}

// From 5 seeds on the mean has the interval of its normal law within a few
// percent of the spread.
func TestTheMeanDifferenceHasAnInterval(t *testing.T) {
	x, y := map[uint64][]float64{}, map[uint64][]float64{}
	for i := range uint64(20) {
		common := 100 * math.Sin(float64(i)) // what the seeds share cancels
		x[i], y[i] = []float64{common + 5 + float64(i%4)}, []float64{common}
	}
	a, b := grouped(t, "x", "a", x), grouped(t, "x", "b", y)
	p, _ := Pair(&a, &b)
	sd := math.Sqrt(1.25 / 20) // of the mean of 20 draws from 0, 1, 2, 3
	if math.Abs(p.Mean[0]-6.5) > 1e-9 || math.Abs(p.Low[0]-(6.5-1.96*sd)) > 0.06 || math.Abs(p.High[0]-(6.5+1.96*sd)) > 0.06 {
		t.Errorf("%v [%v, %v], want 6.5 and 1.96 x %v around it", p.Mean, p.Low, p.High, sd)
	}
	if rows := PairedRows([]Paired{p}, nil); len(rows) != 22 || !strings.HasPrefix(rows[1][3], "6.500 [6.") {
		t.Errorf("%q", rows)
	}
}
