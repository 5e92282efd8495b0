package mpc

import (
	"context"
	"math"
	"slices"
	"testing"

	"demorl/rng"
	"demorl/rollout"
)

// TestEveryFigureOfStatsRecomputedFromWhatTheWorldSaw records every reward that
// a tiny world gave and recomputes the statistics of a batch from them alone.
func TestEveryFigureOfStatsRecomputedFromWhatTheWorldSaw(t *testing.T) {
	const n, horizon, candidates, gamma, lambda = 3, 2, 6, 0.5, 0.7
	var score [n][candidates]float64 // of the present iteration
	var all, first [n]float64
	var bad, rollouts, terminated int
	var clipped, coords float64
	record := func(r row, h int, u, reward float64) {
		score[r.start][r.candidate] += math.Pow(gamma, float64(h)) * reward
	}
	w := world{1, 1, func(r row, h int, _, u, next []float32) (float32, rollout.Fate) {
		next[0] = 0
		if h == 0 {
			score[r.start][r.candidate] = 0
			rollouts++
		}
		if coords++; math.Abs(float64(u[0])) == 1 {
			clipped++
		}
		reward := float64(float32(1 - float64(u[0])*float64(u[0]) + float64(r.start)))
		switch {
		case r.start == 1 && r.candidate == 4 && h == 1, r.start == 2:
			bad++
			score[r.start][r.candidate] = math.Inf(-1)
			return 0, rollout.NonFinite
		case r.start == 0 && r.candidate == 2 && h == 0:
			terminated++
			record(r, h, float64(u[0]), reward)
			return float32(reward), rollout.Terminated
		}
		record(r, h, float64(u[0]), reward)
		return float32(reward), rollout.Running
	}}
	s := CEM()
	s.Horizon, s.Samples, s.Elites, s.Iterations, s.Gamma, s.Sigma = horizon, candidates, 2, 1, gamma, 1
	s.Utility, s.Lambda, s.Covariance = UtilityExp, lambda, CovFixed
	run := func(iterations int) Stats {
		bad, rollouts, terminated, clipped, coords = 0, 0, 0, 0, 0
		s.Iterations = iterations
		st, err := newPlanner(t, s, w, Deps{}, 1).PlanBatch(startsAt(n, 1, 1), rng.Root(5), &Plans{})
		if err != nil {
			t.Fatal(err)
		}
		return st
	}
	mean := func(i int) float64 {
		sum, k := 0.0, 0.0
		for _, x := range score[i] {
			if !math.IsInf(x, -1) {
				sum, k = sum+x, k+1
			}
		}
		return sum / k
	}
	run(1)
	for i := range 2 {
		first[i] = mean(i)
	}
	st := run(3)
	var elite, ess [n]float64
	eliteMin, low, high := math.Inf(1), math.Inf(1), math.Inf(-1)
	for i := range 2 {
		all[i] = mean(i)
		sorted := slices.Clone(score[i][:])
		slices.Sort(sorted)
		slices.Reverse(sorted)
		finite := sorted
		if i == 1 {
			finite = sorted[:candidates-1]
		}
		elite[i] = (sorted[0] + sorted[1]) / 2
		eliteMin, low, high = min(eliteMin, sorted[1]), min(low, finite[len(finite)-1]), max(high, sorted[0])
		sum, squares := 0.0, 0.0
		for _, x := range finite {
			v := math.Exp((x - sorted[0]) / lambda)
			sum, squares = sum+v, squares+v*v
		}
		ess[i] = sum * sum / squares
	}
	for what, x := range map[string][2]float64{
		"EliteMean": {st.EliteMean, (elite[0] + elite[1]) / 2}, "EliteMin": {st.EliteMin, eliteMin}, "EliteMax": {st.EliteMax, high},
		"AllMean": {st.AllMean, (all[0] + all[1]) / 2}, "AllMin": {st.AllMin, low}, "AllMax": {st.AllMax, high},
		"FirstMean": {st.FirstMean, (first[0] + first[1]) / 2}, "EffectiveSampleSize": {st.EffectiveSampleSize, (ess[0] + ess[1]) / 2},
	} {
		near(t, what, x[0], x[1], 1e-9)
	}
	for what, x := range map[string][2]int{
		"Starts": {st.Starts, n}, "Skipped": {st.Skipped, 1}, "Candidates": {st.Candidates, rollouts}, "NonFinite": {st.NonFinite, bad},
		"Bad": {st.Bad, 3 * (1 + candidates)}, "Terminated": {st.Terminated, terminated}, "FewElites": {st.FewElites, 0}, "Measured": {st.Measured, 0},
	} {
		if x[0] != x[1] {
			t.Errorf("%s is %d, want %d", what, x[0], x[1])
		}
	}
	near(t, "Iterations", st.Iterations, 3, 0)
	near(t, "MeanLength", st.MeanLength, horizon, 0)
	if rollouts != 3*n*candidates || bad != st.Bad || terminated != 3 {
		t.Errorf("the world saw %d rollouts, %d bad ones and %d ends", rollouts, bad, terminated)
	}
	if st.Clipped <= 0 || clipped == 0 {
		t.Errorf("share clipped %g, the world saw %g of %g actions at a bound", st.Clipped, clipped, coords)
	}
}

// TestMeasuredScoresAreThoseOfThePlansThemselves rolls what planning began with
// and what it answered by hand.
func TestMeasuredScoresAreThoseOfThePlansThemselves(t *testing.T) {
	w, value := integrator(2), quadratic{[]float64{1, 0, 0, 0.1}, 2}
	score := func(x0 []float32, horizon int, action func(h int, x []float32) float32) float64 {
		return follow(w, value, x0, horizon, action)
	}
	deterministic := linear{gain: []float32{0.05, 0.02}, obs: 2, act: 1}
	own := func(_ int, x []float32) float32 {
		u := []float32{0}
		deterministic.Act(x, 1, nil, nil, u)
		return u[0]
	}
	for name, s := range map[string]Settings{"cem": CEM(), "icem": ICEM(), "m-demorl": MDeMoRL(), "residual": MDeMoRL()} {
		s.Horizon, s.Gamma, s.Value, s.Measure, s.Proposal = 5, 1, ValueTerminal, true, ProposalMean
		if name == "residual" {
			s.PlanForm = PlanResidualMean
		}
		closed := s.Shift == ShiftClosed
		p := newPlanner(t, s, w, Deps{NewActor: deterministic.actor, NewTerminal: value.terminal}, 2)
		begin := func(h int, x []float32) float32 {
			if closed {
				return own(h, x)
			}
			return 0
		}
		finish := func(seq []float32) func(h int, x []float32) float32 {
			return func(h int, x []float32) float32 {
				u := seq[h]
				if s.residual() {
					u += own(h, x)
				}
				return u
			}
		}
		starts := startsAt(4, 2, 3)
		out := &Plans{}
		st, err := p.PlanBatch(starts, rng.Root(1), out)
		if err != nil {
			t.Fatal(err)
		}
		before, after := 0.0, 0.0
		for i := range starts {
			before += score(starts[i].Obs, 5, begin) / 4
			after += score(starts[i].Obs, 5, finish(out.Sequence[i*5:(i+1)*5])) / 4
		}
		near(t, name+" batch before", st.Before, before, 1e-5)
		near(t, name+" batch after", st.After, after, 1e-5)
		if st.Measured != 4 || st.After <= st.Before {
			t.Errorf("%s: %d measured, %g before and %g after", name, st.Measured, st.Before, st.After)
		}
		var last []float32
		for i := range 2 {
			r := p.Plan(context.Background(), starts[0], rng.Root(2))
			if last != nil && !closed {
				rolled := append(slices.Clone(last[1:]), last[4]) // of the kept mean
				begin = func(h int, _ []float32) float32 { return rolled[h] }
			}
			near(t, name+" before", r.Stats.Before, score(starts[0].Obs, 5, begin), 1e-5)
			near(t, name+" after", r.Stats.After, score(starts[0].Obs, 5, finish(r.Sequence)), 1e-5)
			if r.Stats.Measured != 1 || r.Stats.Iterations != float64(r.Iterations) || r.Candidates != r.Stats.Candidates {
				t.Errorf("%s, call %d: %+v", name, i, r.Stats)
			}
			last = make([]float32, 5)
			for h := range last {
				last[h] = float32(p.kept.mean[h])
			}
		}
	}
}

func TestMeasuringChangesNoPlan(t *testing.T) {
	everyPreset(t, func(t *testing.T, s Settings) {
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
