package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"demorl/report"
	"demorl/rundir"
	"demorl/train"
)

// planned makes a run of M-DeMoRL of a second.
func planned(t *testing.T, path string, seed uint64, change func(*train.Settings)) string {
	t.Helper()
	return trainedAs(t, "m-demorl", path, seed, 120, func(s *train.Settings) {
		a := &s.Agent
		a.EpochSteps, a.RefitEvery, a.ReplanEvery, a.StartStates, a.ProbeStarts, a.UTD = 60, 60, 30, 20, 10, 1
		a.Model.Members, a.Model.Elites, a.Model.Hidden, a.Model.Decay, a.Model.MaxPasses = 2, 1, []int{8}, []float64{0, 0}, 2
		a.Planner.Samples, s.LogEvery = 10, 15
		if change != nil {
			change(s)
		}
	})
}

func elites(frac float64, count int) func(*train.Settings) {
	return func(s *train.Settings) { s.Agent.Planner.EliteFrac, s.Agent.Planner.Elites = frac, count }
}

func TestAnEliteAblationIsTakenInAndDrawn(t *testing.T) {
	runs, root := t.TempDir(), t.TempDir()
	path := func(name string) string { return filepath.Join(runs, name) }
	a, b := planned(t, path("a"), 100, elites(0.1, 0)), planned(t, path("b"), 101, elites(0.1, 0))
	c := planned(t, path("c"), 100, func(s *train.Settings) { // 5 of 10; what is kept on disk changes no curve
		elites(0.1, 5)(s)
		s.KeepCheckpoints++
	})
	if err := obey([]string{"elites", root, a, b, c}); err == nil || !strings.Contains(err.Error(), "-threshold RETURN") {
		t.Errorf("a task without a published threshold: %v", err)
	}
	if err := obey([]string{"elites", "-threshold", "-1e9", root, a, b, c}); err != nil {
		t.Fatal(err)
	}
	d := planned(t, path("d"), 100, elites(1, 0))
	if err := obey([]string{"elites", root, d}); err != nil { // a further fraction; the threshold is kept
		t.Fatal(err)
	}
	dir := filepath.Join(root, "classic-pendulum", "elites")
	write(t, dir, ablationName, "threshold: -1e9\npublished: {name: epochs, source: a paper, of: {0.1: \"29\"}}\n")
	if err := obey([]string{"all", root}); err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile(filepath.Join(dir, tableName))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| elite fraction | seeds   | return at 120", "| 10 %           | 100 101 |", "| 50 %           | 100     |", "| 100 %          | 100     |",
		"epochs [a paper]", "| 29 ", "| 10 % elites  |", "planner.elites=5", "| classic/pendulum | 10 % elites − 50 % elites  | 100  |"} {
		if !strings.Contains(string(table), want) {
			t.Errorf("the table lacks %q:\n%s", want, table)
		}
	}
	for _, name := range []string{"elites.svg", "curve.svg", "0.1/eval-101.csv", "0.1/curve.svg", "0.5/settings.yaml", "1/table.md"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	// What is stored of the gain is what the run measured: once a round, of which there are two or three.
	stored, err := os.ReadFile(filepath.Join(dir, "0.5", "gain-100.csv"))
	if rows := strings.Count(string(stored), "\n"); err != nil || rows < 3 || rows > 4 {
		t.Errorf("gains are\n%s(%v)", stored, err)
	}
	other := planned(t, path("other"), 102, func(s *train.Settings) { s.Agent.UTD = 2 })
	sac := trained(t, path("sac"), 0, 120, func(s *train.Settings) { s.Agent.Planner.Utility = "exp" })
	for want, args := range map[string][]string{
		"differ in":                 {root, a, other},
		"remove them first":         {root, a},
		"seed 100 is there already": {root, a, a},
		"utility is exp":            {root, sac},
		"want a return that is not": {"-threshold", "0", root, a},
	} {
		if err := obey(append([]string{"elites"}, args...)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error %v, want %q", args, err, want)
		}
	}
}

func TestRepeatedMeasurementsOfAGainCountOnce(t *testing.T) {
	line := func(step uint64, plan, policy float64) rundir.Record {
		return rundir.Record{Step: step, Scalars: map[string]float64{"plan/return_plan": plan, "plan/return_policy": policy, "plan/reward_plan": 1, "plan/reward_policy": 2}}
	}
	got := gains([]rundir.Record{{Step: 10, Scalars: map[string]float64{"train/return": 3}}, line(20, 5, 4), line(30, 5, 4), line(40, 6, 4), line(50, 5, 4)})
	want := []report.Gain{{Step: 20, ReturnPlan: 5, ReturnPolicy: 4, RewardPlan: 1, RewardPolicy: 2}, {Step: 40, ReturnPlan: 6, ReturnPolicy: 4, RewardPlan: 1, RewardPolicy: 2}, {Step: 50, ReturnPlan: 5, ReturnPolicy: 4, RewardPlan: 1, RewardPolicy: 2}}
	if !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}

func TestFractionsAreWrittenAsPercent(t *testing.T) {
	for fraction, want := range map[string]string{"0.1": "10 %", "1": "100 %", "0.05": "5 %", "0.333333": "33.3333 %", "0.07": "7 %"} {
		if got := percent(fraction); got != want {
			t.Errorf("%s is %s, want %s", fraction, got, want)
		}
	}
	for _, wrong := range []string{"a", "0", "1.5", "NaN"} {
		if _, err := fractionOf("x/" + wrong); err == nil {
			t.Errorf("a folder %s is a fraction", wrong)
		}
	}
}
