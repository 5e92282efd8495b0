package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// Arm is one value of the setting that an ablation varies, with its runs.
type Arm struct {
	Value string // as it is told, such as "10 %"
	Group Group
	Gains [][]Gain // of every run, in the order of Group.Seeds; empty where plans were not measured
	// Published is what was published of this value; "": nothing.
	Published string
}

// Ablation compares the arms at the last step that all their runs have.
type Ablation struct {
	Setting   string // what Value is of, such as "elite fraction"
	Arms      []Arm
	Threshold float64 // a return; the steps to it are told
	// PublishedName is the column of Published, with its source.
	PublishedName string
}

// Step is where the arms are judged; NaN where their runs share no step.
func (a *Ablation) Step() float64 {
	var runs []Series
	for _, arm := range a.Arms {
		runs = append(runs, arm.Group.Runs...)
	}
	common := commonSteps(runs)
	if len(common) == 0 {
		return math.NaN()
	}
	return common[len(common)-1]
}

// returns are the arm's returns at a step, by run; NaN where it was not judged.
func (arm *Arm) returns(step float64) []float64 {
	var list []float64
	for _, r := range arm.Group.Runs {
		x := math.NaN()
		if i := slices.Index(r.Steps, step); i >= 0 {
			x = r.Mean[i]
		}
		list = append(list, x)
	}
	return list
}

// reached are the first steps, no later than last, at which runs reach the
// threshold, by run; NaN: never.
func (arm *Arm) reached(threshold, last float64) []float64 {
	var list []float64
	for _, r := range arm.Group.Runs {
		list = append(list, firstAbove(r.Steps, r.Mean, threshold, last))
	}
	return list
}

// firstAbove is the first step up to last whose value reaches the threshold; NaN
// without one.
func firstAbove(at, values []float64, threshold, last float64) float64 {
	for i, v := range values {
		if at[i] <= last && v >= threshold {
			return at[i]
		}
	}
	return math.NaN()
}

// gains are the means over all measurements up to last of what plans gain over
// the policy, by run, with the value at the end of the horizon and without; NaN
// where nothing was measured.
func (arm *Arm) gains(last float64) (returns, rewards []float64) {
	for i := range arm.Group.Runs {
		var r, w []float64
		if i < len(arm.Gains) {
			for _, g := range arm.Gains[i] {
				if float64(g.Step) <= last {
					r, w = append(r, g.ReturnPlan-g.ReturnPolicy), append(w, g.RewardPlan-g.RewardPolicy)
				}
			}
		}
		returns, rewards = append(returns, mean(r)), append(rewards, mean(w))
	}
	return returns, rewards
}

// Rows is the table: a header and a row an arm.
func (a *Ablation) Rows() [][]string {
	last := a.Step()
	to := "steps to " + number(a.Threshold)
	header := []string{a.Setting, "seeds", "return at " + maybe(last, steps), "every seed", to, "every seed", "plan's gain", "every seed", "of rewards"}
	if a.PublishedName != "" {
		header = append(header, a.PublishedName)
	}
	rows := [][]string{header}
	for _, arm := range a.Arms {
		g := &arm.Group
		returns, rewards := arm.gains(last)
		i := slices.Index(g.Steps, last)
		row := []string{arm.Value, strings.Trim(fmt.Sprint(g.Seeds), "[]"), g.at(i), each(arm.returns(last), number),
			maybe(firstAbove(g.Steps, g.Mean, a.Threshold, last), steps), each(arm.reached(a.Threshold, last), steps),
			maybe(mean(returns), number), each(returns, number), maybe(mean(rewards), number)}
		if a.PublishedName != "" {
			row = append(row, arm.Published)
		}
		rows = append(rows, row)
	}
	return rows
}

func each(list []float64, tell func(float64) string) string {
	var parts []string
	for _, x := range list {
		parts = append(parts, maybe(x, tell))
	}
	return strings.Join(parts, " ")
}

// maybe is "-" where there is no number.
func maybe(x float64, tell func(float64) string) string {
	if math.IsNaN(x) {
		return "-"
	}
	return tell(x)
}

// Draw draws return, steps to the threshold and the plans' gain over the arms.
func (a *Ablation) Draw(w io.Writer, title string) error {
	last := a.Step()
	panels := []panel{
		{name: "return at " + maybe(last, steps)},
		{name: "steps to " + number(a.Threshold), missing: "never"},
		{name: "plan's gain (reward + value)", missing: "not measured"},
	}
	var values []string
	for _, arm := range a.Arms {
		g := &arm.Group
		values = append(values, arm.Value)
		gains, _ := arm.gains(last)
		for i, list := range [][]float64{arm.returns(last), arm.reached(a.Threshold, last), gains} {
			panels[i].runs = append(panels[i].runs, list)
		}
		at := math.NaN()
		if i := slices.Index(g.Steps, last); i >= 0 {
			at = g.IQM[i]
		}
		for i, m := range []float64{at, firstAbove(g.Steps, g.Mean, a.Threshold, last), mean(gains)} {
			panels[i].middle = append(panels[i].middle, m)
		}
	}
	return drawPanels(w, title, a.Setting, values, panels)
}
