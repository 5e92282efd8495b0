package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"demorl/rng"
)

const (
	resamples    = 50_000 // of a bootstrap interval (baselines.md section 8.4)
	bandSeeds    = 5      // fewer seeds have no interval worth drawing
	heldSteps    = 10_000 // for which a threshold must be kept (baselines.md section 8.5)
	runningEvals = 3      // evaluations that are averaged for it
)

// Thresholds are the returns whose steps are reported by default, by the task's
// name in the published tables (baselines.md section 4).
var Thresholds = map[string][]float64{"HalfCheetah": {10000}, "Hopper": {3000}, "Walker2d": {4000}, "Ant": {5000}, "Humanoid": {5000}}

// IQM is the interquartile mean: the mean of what is left when a quarter of the
// numbers, rounded down, is cut at each end. NaN of nothing.
func IQM(x []float64) float64 {
	sorted := slices.Clone(x)
	slices.Sort(sorted)
	return iqmSorted(sorted)
}

func iqmSorted(sorted []float64) float64 {
	cut := len(sorted) / 4
	sum := 0.0
	for _, v := range sorted[cut : len(sorted)-cut] {
		sum += v
	}
	return sum / float64(len(sorted)-2*cut)
}

// Interval is the 95 % percentile bootstrap interval of the IQM over all runs of
// all strata: runs are drawn again within their stratum, a stratum being the
// runs of one task. key draws them. NaN without a run.
func Interval(strata [][]float64, key rng.Key) (low, high float64) {
	return interval(strata, resamples, rng.NewStream(key))
}

func interval(strata [][]float64, draws int, stream *rng.Stream) (low, high float64) {
	total := 0
	for _, s := range strata {
		total += len(s)
	}
	if total == 0 {
		return math.NaN(), math.NaN()
	}
	drawn, found := make([]float64, total), make([]float64, draws)
	for i := range found {
		at := 0
		for _, s := range strata {
			for range s {
				drawn[at] = s[stream.Intn(len(s))]
				at++
			}
		}
		slices.Sort(drawn)
		found[i] = iqmSorted(drawn)
	}
	slices.Sort(found)
	return quantile(found, 0.025), quantile(found, 0.975)
}

// quantile interpolates between the order statistics of sorted numbers.
func quantile(sorted []float64, share float64) float64 {
	at := share * float64(len(sorted)-1)
	i := min(int(at), len(sorted)-1)
	if i+1 == len(sorted) {
		return sorted[i]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// Group is the runs of one algorithm on one task, judged at the steps that all of
// them have reached.
type Group struct {
	Env   string    `json:"env"`
	Algo  string    `json:"algo"`
	Seeds []uint64  `json:"seeds"`
	Steps []float64 `json:"steps"`
	IQM   []float64 `json:"iqm"`
	Low   []float64 `json:"low"` // 95 % bootstrap interval of IQM; with one run it is the run
	High  []float64 `json:"high"`
	Mean  []float64 `json:"mean"`

	// ThresholdSteps has for each threshold the first step at which the mean over
	// the runs reaches it; nil: never.
	ThresholdSteps map[string]*float64 `json:"threshold_steps"`
	// HeldSteps has the first step from which the mean of three evaluations stays
	// at or above it for 10,000 steps; nil: never, or not long enough to know.
	HeldSteps map[string]*float64 `json:"held_steps"`

	Runs []Series `json:"-"` // one a seed, in the order of Seeds: its mean return at every step it has
}

// Summarise judges the runs of one group; runs[i] is seed seeds[i]'s.
func Summarise(env, algo string, seeds []uint64, runs []Series, thresholds []float64) (Group, error) {
	if len(seeds) != len(runs) || len(runs) == 0 {
		return Group{}, fmt.Errorf("report: %d seeds and %d runs of %s on %s; want as many, at least one", len(seeds), len(runs), algo, env)
	}
	g := Group{Env: env, Algo: algo, Seeds: seeds, Runs: runs, Steps: []float64{}, IQM: []float64{}, Low: []float64{}, High: []float64{}, Mean: []float64{},
		ThresholdSteps: map[string]*float64{}, HeldSteps: map[string]*float64{}}
	byStep := map[float64][]float64{}
	for _, r := range runs {
		for i, step := range r.Steps {
			if !isFinite(r.Mean[i]) {
				return g, fmt.Errorf("report: %s on %s: the return of %s at step %g is %v", algo, env, r.Name, step, r.Mean[i])
			}
			byStep[step] = append(byStep[step], r.Mean[i])
		}
	}
	for step, scores := range byStep {
		if len(scores) == len(runs) {
			g.Steps = append(g.Steps, step)
		}
	}
	slices.Sort(g.Steps)
	for _, step := range g.Steps {
		scores := byStep[step]
		sum := 0.0
		for _, v := range scores {
			sum += v
		}
		g.Mean = append(g.Mean, sum/float64(len(scores)))
		g.IQM = append(g.IQM, IQM(scores))
		low, high := scores[0], scores[0]
		if len(scores) > 1 {
			low, high = Interval([][]float64{scores}, rng.Root(0).Derive("bootstrap").At(uint64(step)))
		}
		g.Low, g.High = append(g.Low, low), append(g.High, high)
	}
	for _, threshold := range thresholds {
		name := strconv.FormatFloat(threshold, 'g', -1, 64)
		g.ThresholdSteps[name] = g.firstStep(threshold)
		g.HeldSteps[name] = g.firstHeld(threshold)
	}
	return g, nil
}

func (g *Group) firstStep(threshold float64) *float64 {
	for i, v := range g.Mean {
		if v >= threshold {
			return &g.Steps[i]
		}
	}
	return nil
}

func (g *Group) firstHeld(threshold float64) *float64 {
	from := -1 // where the present stay above began
	for i := runningEvals - 1; i < len(g.Steps); i++ {
		sum := 0.0
		for _, v := range g.Mean[i-runningEvals+1 : i+1] {
			sum += v
		}
		switch {
		case sum/runningEvals < threshold:
			from = -1
			continue
		case from < 0:
			from = i
		}
		if g.Steps[i]-g.Steps[from] >= heldSteps {
			return &g.Steps[from]
		}
	}
	return nil
}

// Lines are the series that Plot draws of groups: every seed thin, and the IQM,
// with its interval where there are 5 seeds.
func Lines(groups []Group) []Series {
	var lines []Series
	for _, g := range groups {
		plural := "s"
		if len(g.Seeds) == 1 {
			plural = ""
		}
		s := Series{Name: fmt.Sprintf("%s, %d seed%s", g.Algo, len(g.Seeds), plural), Steps: g.Steps, Mean: g.IQM, Colour: 0}
		if len(g.Seeds) >= bandSeeds {
			s.Low, s.High = g.Low, g.High
		}
		lines = append(lines, s)
	}
	for i, g := range groups {
		for _, r := range g.Runs {
			if len(g.Runs) > 1 {
				lines = append(lines, Series{Name: r.Name, Steps: r.Steps, Mean: r.Mean, Thin: true, Colour: i + 1})
			}
		}
	}
	return lines
}
