package report

import (
	"fmt"
	"io"
	"math"
	"slices"

	"demorl/rng"
)

const (
	profileLevels    = 201   // scores at which profiles are told
	profileResamples = 2_000 // of a profile's bands, which are for the eye
)

// Profile is the performance profile of one algorithm: the share of its runs
// whose score is greater than each level, with a 95 % band of each share.
type Profile struct {
	Algo   string    `json:"algo"`
	Levels []float64 `json:"levels"`
	Shares []float64 `json:"shares"`
	Low    []float64 `json:"low"`
	High   []float64 `json:"high"`

	runs int // of the task that has the fewest
}

// profiles tells the algorithms' profiles at common levels, from below the least
// score, or 0, to above the greatest, or 1.
func profiles(algorithms []Judged) []Profile {
	low, high := 0.0, 1.0
	for _, a := range algorithms {
		for _, task := range a.Scores {
			low, high = min(low, slices.Min(task)), max(high, slices.Max(task))
		}
	}
	low, high = math.Floor(low*10-0.5)/10, math.Ceil(high*10+0.5)/10
	levels := make([]float64, profileLevels)
	for i := range levels {
		levels[i] = low + (high-low)*float64(i)/float64(profileLevels-1)
	}
	var list []Profile
	for _, a := range algorithms {
		p := Profile{Algo: a.Algo, Levels: levels, runs: a.Scores.Runs()}
		at := make([]func([]Scores) float64, len(levels))
		for i := range levels {
			at[i] = func(samples []Scores) float64 { return samples[0].Profile(levels[i : i+1])[0] }
		}
		for _, e := range estimates([]Scores{a.Scores}, profileResamples, rng.Root(0).Derive("profile bootstrap "+a.Algo), at...) {
			p.Shares, p.Low, p.High = append(p.Shares, e.Value), append(p.Low, e.Low), append(p.High, e.High)
		}
		list = append(list, p)
	}
	return list
}

// DrawProfile draws the performance profiles as SVG, with bands from 5 runs of
// every task on. Without a score there is nothing to draw, which is an error.
func (c *Comparison) DrawProfile(w io.Writer) error {
	if len(c.Profile) == 0 {
		return fmt.Errorf("no task has runs of all algorithms and a reference; there is no performance profile to draw")
	}
	var series []Series
	for _, p := range c.Profile {
		s := Series{Name: p.Algo, Steps: p.Levels, Mean: p.Shares}
		if p.runs >= bandSeeds {
			s.Low, s.High = p.Low, p.High
		}
		series = append(series, s)
	}
	tasks := c.Algorithms[0].Tasks
	title := "Performance profile on " + tasks[0]
	if len(tasks) > 1 {
		title = fmt.Sprintf("Performance profile on %d tasks", len(tasks))
	}
	return Plot(w, title, "normalised score", "share of runs with a greater score", series)
}
