package mpc

import "math"

// Form says how a plan's numbers become actions.
type Form uint8

// The forms. Every action is clipped to [-1, 1] when it is taken.
const (
	FormSequence     Form = iota // the actions themselves, open loop
	FormResidual                 // added to a sampled policy action at the visited state
	FormResidualMean             // added to the policy's mean action at the visited state
	FormPolicy                   // the policy alone; the numbers are zero
	FormParameters               // offsets of the policy's parameters, a set of them a step or, with uni, one
)

// OpenLoop reports whether the actions do not depend on the visited states.
func (f Form) OpenLoop() bool { return f == FormSequence }

// Plans is what PlanBatch makes: one improved sequence a start.
type Plans struct {
	Horizon, ActDim int
	Form            Form
	Length          []int32   // per start: planned steps; 0 when the start was skipped
	Sequence        []float32 // starts x Horizon x ActDim; only the first Length steps have a meaning
	stat            []startStat
}

// NewPlans returns memory for plans of starts starts.
func NewPlans(starts, horizon, actDim int) *Plans {
	p := &Plans{}
	p.resize(starts, horizon, actDim)
	return p
}

// At returns the numbers of step h of plan i, length ActDim.
func (p *Plans) At(i, h int) []float32 {
	at := (i*p.Horizon + h) * p.ActDim
	return p.Sequence[at : at+p.ActDim]
}

// resize allocates only when it grows.
func (p *Plans) resize(starts, horizon, actDim int) {
	p.Horizon, p.ActDim = horizon, actDim
	if n := starts * horizon * actDim; cap(p.Sequence) < n {
		p.Sequence = make([]float32, n)
	} else {
		p.Sequence = p.Sequence[:n]
	}
	if cap(p.Length) < starts {
		p.Length, p.stat = make([]int32, starts), make([]startStat, starts)
	} else {
		p.Length, p.stat = p.Length[:starts], p.stat[:starts]
	}
}

// startStat is what one start contributes to Stats.
type startStat struct {
	candidates, nonFinite, outOfRange, terminated        int32
	clipped, coords, floored                             int32
	iterations, bad, unfactored                          int32
	degenerate, few, uniform                             bool
	scored                                               int32 // candidates with a finite score
	eliteMean, eliteMin, eliteMax, mean, lowest, highest float64
	ess, moved, first                                    float64
	before, after                                        float64
	measured                                             [2]bool // before and after
}

// Stats says what a planning call did (method.md A.4 step 8). Scores are those
// of the last iteration; a mean over no start is NaN.
type Stats struct {
	Starts     int // starts asked for
	Skipped    int // starts without a single finite score: no plan
	FewElites  int // starts with fewer finite scores than elites
	Uniform    int // starts whose Eq. 14 weights had a vanishing sum and fell back to uniform
	Candidates int // candidates scored in all iterations
	Bad        int // of them without a finite score
	NonFinite  int // rollouts ended by a NaN or infinite state, action, reward or value
	OutOfRange int // rollouts ended by leaving the data's range
	Terminated int // rollouts that reached a terminal state
	Floored    int // coordinates whose standard deviation was raised to min_std
	Unfactored int // covariances that had no Cholesky factor and were taken as diagonal
	Measured   int // starts of Before and After

	Clipped             float64 // share of candidates' action coordinates that were clipped
	EliteMean           float64 // mean over starts of the elites' mean score
	EliteMin, EliteMax  float64 // over all starts
	AllMean             float64
	AllMin, AllMax      float64
	EffectiveSampleSize float64 // mean over starts of 1 / sum of squared weights
	Moved               float64 // mean over starts of the distance between the means before and after the last update
	MeanLength          float64 // of the plans of starts that were not skipped
	FirstMean           float64 // AllMean of the first iteration: what the distribution was worth that planning began with
	Iterations          float64 // mean over starts of the updates done

	// With measure: mean over the Measured starts of the score of what planning
	// began with (the shifted mean, or the policy without exploration) and of the
	// plan, each rolled once per particle under the same random numbers.
	Before, After float64
}

// Degenerate reports whether no start got a plan.
func (s *Stats) Degenerate() bool { return s.Starts > 0 && s.Skipped == s.Starts }

// sum adds the starts' figures in their order.
func sum(stat []startStat, length []int32) Stats {
	s := Stats{Starts: len(stat), EliteMin: math.Inf(1), EliteMax: math.Inf(-1), AllMin: math.Inf(1), AllMax: math.Inf(-1)}
	var clipped, coords, steps, scored int
	for i := range stat {
		t := &stat[i]
		s.Candidates += int(t.candidates)
		s.NonFinite += int(t.nonFinite)
		s.OutOfRange += int(t.outOfRange)
		s.Terminated += int(t.terminated)
		s.Floored += int(t.floored)
		s.Bad += int(t.bad)
		s.Unfactored += int(t.unfactored)
		s.Iterations += float64(t.iterations)
		if t.measured[0] && t.measured[1] {
			s.Measured++
			s.Before += t.before
			s.After += t.after
		}
		clipped += int(t.clipped)
		coords += int(t.coords)
		if t.degenerate {
			s.Skipped++
			continue
		}
		if t.few {
			s.FewElites++
		}
		if t.uniform {
			s.Uniform++
		}
		steps += int(length[i])
		if t.scored == 0 { // nothing was evaluated: the form is the policy itself, or time ended before
			continue
		}
		scored++
		s.EliteMean += t.eliteMean
		s.AllMean += t.mean
		s.FirstMean += t.first
		s.EffectiveSampleSize += t.ess
		s.Moved += t.moved
		s.EliteMin, s.EliteMax = min(s.EliteMin, t.eliteMin), max(s.EliteMax, t.eliteMax)
		s.AllMin, s.AllMax = min(s.AllMin, t.lowest), max(s.AllMax, t.highest)
	}
	planned, judged := float64(s.Starts-s.Skipped), float64(scored)
	s.EliteMean /= judged
	s.AllMean /= judged
	s.FirstMean /= judged
	s.Iterations /= float64(max(1, s.Starts))
	s.Before /= float64(max(1, s.Measured))
	s.After /= float64(max(1, s.Measured))
	s.EffectiveSampleSize /= judged
	s.Moved /= judged
	s.MeanLength = float64(steps) / planned
	s.Clipped = float64(clipped) / float64(max(1, coords))
	return s
}
