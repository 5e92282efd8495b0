package report

import (
	"math"
	"slices"

	"demorl/rng"
)

// Scores are normalised returns: one list a task, one number a run. The
// statistics below are rliable's, with equal weight for every task where tasks
// have unequal numbers of runs; the IQM alone is over all runs, as baselines.md
// section 8.4 says. All are NaN of nothing.
type Scores [][]float64

// IQM is the interquartile mean over all runs of all tasks.
func (s Scores) IQM() float64 { return IQM(slices.Concat(s...)) }

// Mean is the mean over tasks of the mean over runs.
func (s Scores) Mean() float64 { return mean(s.taskMeans()) }

// Median is the median over tasks of the mean over runs; of one task it is the
// mean.
func (s Scores) Median() float64 {
	means := s.taskMeans()
	if len(means) == 0 {
		return math.NaN()
	}
	slices.Sort(means)
	return quantile(means, 0.5)
}

// OptimalityGap is how far runs stay below the reference, whose score is 1:
// the mean of max(0, 1 - score). Less is better; what a run has above 1 counts
// for nothing.
func (s Scores) OptimalityGap() float64 {
	return s.each(func(score float64) float64 { return max(0, 1-score) })
}

// Profile is the performance profile at each of levels: the share of runs whose
// score is greater.
func (s Scores) Profile(levels []float64) []float64 {
	shares := make([]float64, len(levels))
	for i, level := range levels {
		shares[i] = s.each(func(score float64) float64 {
			if score > level {
				return 1
			}
			return 0
		})
	}
	return shares
}

// Improvement is the probability that a run of s scores above one of other on
// the same task, drawn at random; equal scores count half. Both have the same
// tasks in the same order.
func (s Scores) Improvement(other Scores) float64 {
	byTask := make([]float64, len(s))
	for i := range s {
		wins := 0.0
		for _, x := range s[i] {
			for _, y := range other[i] {
				switch {
				case x > y:
					wins++
				case x == y:
					wins += 0.5
				}
			}
		}
		byTask[i] = wins / float64(len(s[i])*len(other[i]))
	}
	return mean(byTask)
}

// Runs is the smallest number of runs that a task has; 0 without a task.
func (s Scores) Runs() int {
	least := 0
	for i, task := range s {
		if i == 0 || len(task) < least {
			least = len(task)
		}
	}
	return least
}

func (s Scores) taskMeans() []float64 { return s.taskMeansOf(func(x float64) float64 { return x }) }

// each is the mean over tasks of the mean over runs of of.
func (s Scores) each(of func(score float64) float64) float64 { return mean(s.taskMeansOf(of)) }

func (s Scores) taskMeansOf(of func(score float64) float64) []float64 {
	means := make([]float64, len(s))
	for i, task := range s {
		sum := 0.0
		for _, score := range task {
			sum += of(score)
		}
		means[i] = sum / float64(len(task))
	}
	return means
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// Estimate is a statistic with its 95 % percentile bootstrap interval.
type Estimate struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// estimates returns statistics of samples with their intervals: the runs of
// every task of every sample are drawn again within the task, draws times, and
// all statistics are of the same draws.
func estimates(samples []Scores, draws int, key rng.Key, statistics ...func([]Scores) float64) []Estimate {
	stream := rng.NewStream(key)
	drawn := make([]Scores, len(samples))
	for i, s := range samples {
		drawn[i] = make(Scores, len(s))
		for j, task := range s {
			drawn[i][j] = make([]float64, len(task))
		}
	}
	found := make([][]float64, len(statistics))
	for range draws {
		for i, s := range samples {
			for j, task := range s {
				for k := range task {
					drawn[i][j][k] = task[stream.Intn(len(task))]
				}
			}
		}
		for i, statistic := range statistics {
			found[i] = append(found[i], statistic(drawn))
		}
	}
	list := make([]Estimate, len(statistics))
	for i, statistic := range statistics {
		slices.Sort(found[i])
		list[i] = Estimate{statistic(samples), quantile(found[i], 0.025), quantile(found[i], 0.975)}
	}
	return list
}

// Aggregate is the judgement of one algorithm over tasks.
type Aggregate struct {
	IQM           Estimate `json:"iqm"`
	Median        Estimate `json:"median"`
	Mean          Estimate `json:"mean"`
	OptimalityGap Estimate `json:"optimality_gap"`
}

// Judge returns the statistics of s, which has a task and runs of every task,
// with stratified bootstrap intervals drawn from key.
func (s Scores) Judge(key rng.Key) Aggregate {
	of := func(f func(Scores) float64) func([]Scores) float64 {
		return func(samples []Scores) float64 { return f(samples[0]) }
	}
	e := estimates([]Scores{s}, resamples, key, of(Scores.IQM), of(Scores.Median), of(Scores.Mean), of(Scores.OptimalityGap))
	return Aggregate{e[0], e[1], e[2], e[3]}
}

// ImprovementEstimate is Improvement with its interval; the runs of both sides
// are drawn again, each on its own.
func (s Scores) ImprovementEstimate(other Scores, key rng.Key) Estimate {
	return estimates([]Scores{s, other}, resamples, key, func(samples []Scores) float64 { return samples[0].Improvement(samples[1]) })[0]
}
