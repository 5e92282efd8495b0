package mpc

import (
	"context"
	"math"
	"slices"
	"testing"

	"demorl/rng"
	"demorl/rollout"
)

// ledger is a tiny world of three starts and six candidates, planned two steps
// ahead at a discount of a half, that records what it gave: one rollout ends, one
// goes bad, and the third start has no good one.
type ledger struct {
	score                     [3][6]float64 // of the present iteration; -Inf when it went bad
	rollouts, bad, terminated int
}

func (l *ledger) world() world {
	return world{1, 1, func(r row, h int, _, u, next []float32) (float32, rollout.Fate) {
		next[0] = 0
		score := &l.score[r.start][r.candidate]
		if h == 0 {
			*score = 0
			l.rollouts++
		}
		reward := 1 - u[0]*u[0] + float32(r.start)
		fate := rollout.Running
		switch {
		case r.start == 1 && r.candidate == 4 && h == 1, r.start == 2:
			l.bad++
			*score = math.Inf(-1)
			return 0, rollout.NonFinite
		case r.start == 0 && r.candidate == 2 && h == 0:
			l.terminated++
			fate = rollout.Terminated
		}
		*score += math.Pow(0.5, float64(h)) * float64(reward)
		return reward, fate
	}}
}

// finite returns the good scores of a start, best first.
func (l *ledger) finite(start int) []float64 {
	var x []float64
	for _, v := range l.score[start] {
		if !math.IsInf(v, -1) {
			x = append(x, v)
		}
	}
	slices.Sort(x)
	slices.Reverse(x)
	return x
}

// TestEveryFigureOfStatsRecomputedFromWhatTheWorldSaw recomputes the statistics
// of a batch from a ledger alone.
func TestEveryFigureOfStatsRecomputedFromWhatTheWorldSaw(t *testing.T) {
	const lambda = 0.7
	s := CEM()
	s.Horizon, s.Samples, s.Elites, s.Gamma, s.Sigma = 2, 6, 2, 0.5, 1
	s.Utility, s.Lambda, s.Covariance = UtilityExp, lambda, CovFixed
	run := func(iterations int) (*ledger, Stats) {
		s.Iterations = iterations
		l := &ledger{}
		st, err := newPlanner(t, s, l.world(), Deps{}, 1).PlanBatch(startsAt(3, 1, 1), rng.Root(5), &Plans{})
		if err != nil {
			t.Fatal(err)
		}
		return l, st
	}
	early, _ := run(1)
	l, st := run(3)
	var elite, all, first, ess float64
	eliteMin, low, high := math.Inf(1), math.Inf(1), math.Inf(-1)
	for i := range 2 {
		x := l.finite(i)
		elite += (x[0] + x[1]) / 4
		all += mean(x) / 2
		first += mean(early.finite(i)) / 2
		eliteMin, low, high = min(eliteMin, x[1]), min(low, x[len(x)-1]), max(high, x[0])
		sum, squares := 0.0, 0.0
		for _, v := range x {
			w := math.Exp((v - x[0]) / lambda)
			sum, squares = sum+w, squares+w*w
		}
		ess += sum * sum / squares / 2
	}
	for what, x := range map[string][2]float64{
		"EliteMean": {st.EliteMean, elite}, "EliteMin": {st.EliteMin, eliteMin}, "EliteMax": {st.EliteMax, high},
		"AllMean": {st.AllMean, all}, "AllMin": {st.AllMin, low}, "AllMax": {st.AllMax, high},
		"FirstMean": {st.FirstMean, first}, "EffectiveSampleSize": {st.EffectiveSampleSize, ess},
		"Iterations": {st.Iterations, 3}, "MeanLength": {st.MeanLength, 2},
	} {
		near(t, what, x[0], x[1], 1e-9)
	}
	for what, x := range map[string][2]int{
		"Starts": {st.Starts, 3}, "Skipped": {st.Skipped, 1}, "Candidates": {st.Candidates, l.rollouts}, "NonFinite": {st.NonFinite, l.bad},
		"Bad": {st.Bad, 3 * (1 + 6)}, "Terminated": {st.Terminated, l.terminated}, "FewElites": {st.FewElites, 0}, "Measured": {st.Measured, 0},
		"rollouts": {l.rollouts, 3 * 3 * 6}, "bad rollouts": {l.bad, st.Bad}, "ends": {l.terminated, 3},
	} {
		if x[0] != x[1] {
			t.Errorf("%s is %d, want %d", what, x[0], x[1])
		}
	}
}

func TestSharesAndDistancesOfStatsRecomputedFromTheCandidates(t *testing.T) {
	s := CEM()
	s.Horizon, s.Iterations, s.Sigma, s.Covariance, s.MinStd, s.Elites = 4, 1, 1, CovElite, 0.2, 3
	p := newPlanner(t, s, integrator(2), Deps{}, 1)
	st := p.Plan(context.Background(), startsAt(1, 2, 5)[0], rng.Root(1)).Stats
	clipped, floored, moved := 0.0, 0, 0.0
	for _, u := range p.solo.cand[:s.Samples*4] {
		if u == 1 || u == -1 {
			clipped++
		}
	}
	for i, sd := range p.kept.std[:4] {
		if sd == 0.2 {
			floored++
		}
		moved += p.kept.mean[i] * p.kept.mean[i] // from zero
	}
	near(t, "Clipped", st.Clipped, clipped/float64(s.Samples*4), 1e-15)
	near(t, "Moved", st.Moved, math.Sqrt(moved), 1e-12)
	if st.Floored != floored || floored == 0 || clipped == 0 {
		t.Errorf("Floored is %d, want %d; %g actions clipped", st.Floored, floored, clipped)
	}
}

// reckoning follows plans by hand in the double integrator, with a policy
// without noise and a value at the end.
type reckoning struct {
	s      Settings
	w      world
	policy linear
	value  quadratic
}

func (k reckoning) own(_ int, x []float32) float32 {
	u := []float32{0}
	k.policy.Act(x, 1, nil, nil, u)
	return u[0]
}

// began is the score of what planning begins with: the policy, or mean.
func (k reckoning) began(x []float32, mean []float32) float64 {
	return follow(k.w, k.value, x, 5, func(h int, x []float32) float32 {
		if k.s.Shift == ShiftClosed {
			return k.own(h, x)
		}
		return mean[h]
	})
}

// ended is the score of a plan.
func (k reckoning) ended(x []float32, seq []float32) float64 {
	return follow(k.w, k.value, x, 5, func(h int, x []float32) float32 {
		if k.s.residual() {
			return seq[h] + k.own(h, x)
		}
		return seq[h]
	})
}

// TestMeasuredScoresAreThoseOfThePlansThemselves rolls what planning began with
// and what it answered by hand.
func TestMeasuredScoresAreThoseOfThePlansThemselves(t *testing.T) {
	residual := MDeMoRL()
	residual.PlanForm = PlanResidualMean
	for name, s := range map[string]Settings{"cem": CEM(), "icem": ICEM(), "m-demorl": MDeMoRL(), "residual": residual} {
		s.Horizon, s.Gamma, s.Value, s.Measure, s.Proposal = 5, 1, ValueTerminal, true, ProposalMean
		k := reckoning{s, integrator(2), linear{gain: []float32{0.05, 0.02}, obs: 2, act: 1}, quadratic{[]float64{1, 0, 0, 0.1}, 2}}
		p := newPlanner(t, s, k.w, Deps{NewActor: k.policy.actor, NewTerminal: k.value.terminal}, 2)
		starts, out, zero := startsAt(4, 2, 3), &Plans{}, make([]float32, 5)
		st, err := p.PlanBatch(starts, rng.Root(1), out)
		if err != nil {
			t.Fatal(err)
		}
		before, after := 0.0, 0.0
		for i := range starts {
			before += k.began(starts[i].Obs, zero) / 4
			after += k.ended(starts[i].Obs, out.Sequence[i*5:(i+1)*5]) / 4
		}
		near(t, name+" batch before", st.Before, before, 1e-5)
		near(t, name+" batch after", st.After, after, 1e-5)
		if st.Measured != 4 || st.After <= st.Before {
			t.Errorf("%s: %d measured, %g before and %g after", name, st.Measured, st.Before, st.After)
		}
		rolled := zero
		for i := range 2 {
			r := p.Plan(context.Background(), starts[0], rng.Root(2))
			near(t, name+" before", r.Stats.Before, k.began(starts[0].Obs, rolled), 1e-5)
			near(t, name+" after", r.Stats.After, k.ended(starts[0].Obs, r.Sequence), 1e-5)
			if r.Stats.Measured != 1 || r.Stats.Iterations != float64(r.Iterations) || r.Candidates != r.Stats.Candidates {
				t.Errorf("%s, call %d: %+v", name, i, r.Stats)
			}
			rolled = make([]float32, 5)
			for h := range rolled {
				rolled[h] = float32(p.kept.mean[min(h+1, 4)])
			}
		}
	}
}

func TestMeasuringChangesNoPlan(t *testing.T) {
	everyPreset(t, func(t *testing.T, s Settings) {
		if s.PlanForm == PlanParameters {
			return // Validate refuses to measure those
		}
		starts := startsAt(3, 2, 5)
		var plans [2]Plans
		var answers [2][]float32
		for i, measure := range []bool{false, true} {
			s.Measure = measure
			p := newPlanner(t, s, integrator(2), deps(), 1)
			p.PlanBatch(starts, rng.Root(1), &plans[i])
			for k := range starts {
				answers[i] = append(answers[i], p.Plan(context.Background(), starts[k], rng.Root(uint64(k))).Sequence...)
			}
		}
		if !slices.Equal(plans[0].Sequence, plans[1].Sequence) || !slices.Equal(answers[0], answers[1]) {
			t.Error("a measured plan is another")
		}
	})
}

// A mean over no start is not a number: 0 would be a score.
func TestACallThatScoredNothingHasNoMeanScore(t *testing.T) {
	s := CEM()
	s.Horizon = 3
	p := newPlanner(t, s, integrator(2), Deps{}, 1)
	cut := p.Plan(cancelled(), startsAt(1, 2, 5)[0], rng.Root(1)).Stats
	s = MDeMoRL()
	s.Value, s.PlanForm = ValueNone, PlanPolicy
	free, err := newPlanner(t, s, integrator(2), Deps{NewActor: poor.actor}, 1).PlanBatch(startsAt(4, 2, 5), rng.Root(1), &Plans{})
	if err != nil {
		t.Fatal(err)
	}
	for i, st := range []Stats{cut, free} {
		for j, x := range []float64{st.EliteMean, st.AllMean, st.FirstMean, st.EffectiveSampleSize, st.Moved} {
			if !math.IsNaN(x) {
				t.Errorf("call %d: mean %d over no start is %g", i, j, x)
			}
		}
		if st.Skipped != 0 || st.MeanLength != float64([]int{3, 5}[i]) {
			t.Errorf("call %d: %d skipped, mean length %g", i, st.Skipped, st.MeanLength)
		}
	}
}
