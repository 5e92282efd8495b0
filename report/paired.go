package report

import (
	"fmt"
	"slices"

	"demorl/rng"
)

// Paired is the difference of two groups on one task, seed by seed, at the steps
// that all runs of the shared seeds have (baselines.md sections 8.3 and 8.7):
// what the two have in common, such as the starts, cancels.
type Paired struct {
	Env         string      `json:"env"`
	Algo        string      `json:"algo"`
	Baseline    string      `json:"baseline"`
	Seeds       []uint64    `json:"seeds"`
	Steps       []float64   `json:"steps"`
	Differences [][]float64 `json:"differences"` // of return, algo's less baseline's: a list a step, a number a seed
	Mean        []float64   `json:"mean"`
	Low         []float64   `json:"low"` // 95 % bootstrap interval of Mean over seeds; with one seed it is the seed
	High        []float64   `json:"high"`
}

// Pair returns the differences of a and b, which are of one task, and whether
// there are any. A seed that one side has twice is no pair and left out.
func Pair(a, b *Group) (Paired, bool) {
	p := Paired{Env: a.Env, Algo: a.Algo, Baseline: b.Algo}
	var left, right []Series
	for _, seed := range a.Seeds {
		x, y := a.run(seed), b.run(seed)
		if x != nil && y != nil {
			p.Seeds, left, right = append(p.Seeds, seed), append(left, *x), append(right, *y)
		}
	}
	if len(p.Seeds) == 0 {
		return p, false
	}
	for _, step := range commonSteps(slices.Concat(left, right)) {
		var differences []float64
		for i := range left {
			differences = append(differences, left[i].meanAt(step)-right[i].meanAt(step))
		}
		m := mean(differences)
		low, high := m, m
		if len(differences) > 1 {
			key := rng.Root(0).Derive("paired bootstrap").At(uint64(step))
			e := estimates([]Scores{{differences}}, resamples, key, func(samples []Scores) float64 { return samples[0].Mean() })[0]
			low, high = e.Low, e.High
		}
		p.Steps, p.Differences = append(p.Steps, step), append(p.Differences, differences)
		p.Mean, p.Low, p.High = append(p.Mean, m), append(p.Low, low), append(p.High, high)
	}
	return p, len(p.Steps) > 0
}

// Pairs are the differences of every group with every later one of its task, or
// with the named baseline alone.
func Pairs(groups []Group, baseline string) []Paired {
	var all []Paired
	for i := range groups {
		for j := range groups {
			a, b := &groups[i], &groups[j]
			if a.Env != b.Env || i == j || baseline != "" && b.Algo != baseline || baseline == "" && i > j {
				continue
			}
			if p, any := Pair(a, b); any {
				all = append(all, p)
			}
		}
	}
	return all
}

// run returns the run of a seed; nil where there is none or more than one.
func (g *Group) run(seed uint64) *Series {
	var found *Series
	for i, s := range g.Seeds {
		if s != seed {
			continue
		}
		if found != nil {
			return nil
		}
		found = &g.Runs[i]
	}
	return found
}

// commonSteps are the steps that all runs have, in order.
func commonSteps(runs []Series) []float64 {
	count := map[float64]int{}
	for _, r := range runs {
		for _, step := range r.Steps {
			count[step]++
		}
	}
	var steps []float64
	for step, n := range count {
		if n == len(runs) {
			steps = append(steps, step)
		}
	}
	slices.Sort(steps)
	return steps
}

// meanAt is the mean at a step that s has.
func (s *Series) meanAt(step float64) float64 { return s.Mean[slices.Index(s.Steps, step)] }

// PairedRows is the table of differences: a header, and of every pair a row with
// the mean, where there are several seeds, and one a seed. Columns are the marks that a pair has and its last step.
func PairedRows(pairs []Paired, marks []float64) [][]string {
	var columns []float64
	for _, p := range pairs {
		for i, step := range p.Steps {
			if i == len(p.Steps)-1 || slices.Contains(marks, step) {
				columns = append(columns, step)
			}
		}
	}
	slices.Sort(columns)
	columns = slices.Compact(columns)
	header := []string{"task", "difference", "seed"}
	for _, step := range columns {
		header = append(header, "at "+steps(step))
	}
	rows := [][]string{header}
	for _, p := range pairs {
		row := func(seed string, at func(i int) string) {
			cells := []string{p.Env, p.Algo + " \u2212 " + p.Baseline, seed}
			for _, step := range columns {
				cell := "-"
				if i := slices.Index(p.Steps, step); i >= 0 {
					cell = at(i)
				}
				cells = append(cells, cell)
			}
			rows = append(rows, cells)
		}
		if len(p.Seeds) > 1 {
			row("mean", func(i int) string {
				return estimate(Estimate{p.Mean[i], p.Low[i], p.High[i]}, len(p.Seeds))
			})
		}
		for j, seed := range p.Seeds {
			row(fmt.Sprint(seed), func(i int) string { return number(p.Differences[i][j]) })
		}
	}
	return rows
}

// estimate writes a value, with its interval where there are runs enough.
func estimate(e Estimate, runs int) string {
	if runs < bandSeeds {
		return number(e.Value)
	}
	return fmt.Sprintf("%s [%s, %s]", number(e.Value), number(e.Low), number(e.High))
}
