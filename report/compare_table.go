package report

import (
	"fmt"
	"io"
	"strings"
)

// Tables are the comparison in words: the scores and what normalises them, the
// aggregates, the probabilities of improvement, the differences by seed, and what
// was left out. What there is nothing of has no table.
func (c *Comparison) Tables() []Table {
	var tables []Table
	add := func(rows [][]string, caption string) {
		if len(rows) > 1 {
			tables = append(tables, Table{rows, caption})
		}
	}
	add(c.scoreRows(), "Score = (return \u2212 random) / (reference \u2212 random), at the last step that all runs of a task have or the one asked for; the score is the interquartile mean over seeds.")
	add(c.aggregateRows(), "Over the tasks above that all algorithms share, at equal weight: interquartile mean over runs and tasks; median and mean over tasks of the mean over seeds; optimality gap, the mean of max(0, 1 \u2212 score). From 5 seeds on with 95 % stratified bootstrap intervals.")
	add(c.improvementRows(), "How likely a run of the algorithm earns more than one of the other on the same task; equal returns count half.")
	add(PairedRows(c.Paired, c.marks()), "Differences of returns between runs of the same seed.")
	if lines := c.leftOut(); lines != "" {
		tables = append(tables, Table{Caption: lines})
	}
	return tables
}

// marks are the steps at which differences are told.
func (c *Comparison) marks() []float64 {
	last := 0.0
	for _, p := range c.Paired {
		last = max(last, p.Steps[len(p.Steps)-1])
	}
	return append(Ticks(last), Marks...)
}

func (c *Comparison) scoreRows() [][]string {
	rows := [][]string{{"task", "at", "random", "reference", "algorithm", "seeds", "return", "score", "every seed's score"}}
	for _, t := range c.Tasks {
		if !t.judged || t.Reference == nil {
			continue
		}
		for _, g := range t.groups {
			scores := t.scores(g.Algo)
			var each []string
			for _, s := range scores {
				each = append(each, number(s))
			}
			rows = append(rows, []string{t.Env, steps(t.Step), number(t.Reference.Random),
				fmt.Sprintf("%s (%s)", number(t.Reference.Reference), t.Reference.ReferenceSource),
				g.Algo, fmt.Sprint(len(g.Seeds)), number(IQM(t.returns(g.Algo))), number(IQM(scores)), strings.Join(each, " ")})
		}
	}
	return rows
}

func (c *Comparison) aggregateRows() [][]string {
	rows := [][]string{{"algorithm", "tasks", "runs", "IQM", "median", "mean", "optimality gap"}}
	for _, a := range c.Algorithms {
		runs := 0
		for _, seeds := range a.Seeds {
			runs += len(seeds)
		}
		least := a.Scores.Runs()
		rows = append(rows, []string{a.Algo, fmt.Sprint(len(a.Tasks)), fmt.Sprint(runs),
			estimate(a.IQM, least), estimate(a.Median, least), estimate(a.Mean, least), estimate(a.OptimalityGap, least)})
	}
	return rows
}

func (c *Comparison) improvementRows() [][]string {
	rows := [][]string{{"algorithm", "over", "tasks", "probability of improvement"}}
	for _, one := range c.Improvement {
		rows = append(rows, []string{one.Algo, one.Baseline, strings.Join(one.Tasks, " "), estimate(one.Probability, one.runs)})
	}
	return rows
}

// leftOut says which tasks are no part of the aggregates and why.
func (c *Comparison) leftOut() string {
	var lines []string
	for _, t := range c.Tasks {
		if t.LeftOut != "" {
			lines = append(lines, fmt.Sprintf("%s is not in the aggregates: %s.", t.Env, t.LeftOut))
		}
	}
	return strings.Join(lines, " ")
}

// Write writes the table as Markdown, with its caption below it.
func (t Table) Write(w io.Writer) error {
	if t.Rows != nil {
		if err := Markdown(w, t.Rows); err != nil {
			return err
		}
		if _, err := io.WriteString(w, "\n"); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, t.Caption+"\n")
	return err
}
