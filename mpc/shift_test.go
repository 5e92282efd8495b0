package mpc

import (
	"context"
	"math"
	"testing"

	"demorl/rng"
	"demorl/rollout"
)

// observed is a planner in a world that writes down what it is asked for, where
// no rollout ends; the policy acts on the state with noise 0.3.
func observed(t *testing.T, s Settings) (*Planner, *witness) {
	t.Helper()
	w := &witness{obs: 2, act: 2, policy: linear{gain: []float32{0.5, -0.2, 0.1, 0.4}, obs: 2, act: 2, std: 0.3, bias: 0.1}, gamma: s.Gamma, steps: s.Horizon, wish: 0.2}
	return newPlanner(t, s, w, Deps{NewActor: w.policy.actor}, 1), w
}

var observedStart = rollout.Start{Obs: []float32{0.7, -0.4}}

// call plans once and returns the passes of the call, the policy's rollouts
// before the first iteration among them.
func (w *witness) call(p *Planner, key rng.Key) (Result, []*seen) {
	w.passes = nil
	r := p.Plan(context.Background(), observedStart, key)
	return r, w.passes
}

// actions is what candidate c was, step after step.
func (p *seen) actions(c int) []float64 {
	var all []float64
	for _, u := range p.runs[row{0, int32(c), 0}].action {
		all = append(all, u...)
	}
	return all
}

// best is the numbers of the candidates, best first.
func (p *seen) best() []int {
	rank := make([]ranked, p.n)
	for c := range rank {
		rank[c] = ranked{p.runs[row{0, int32(c), 0}].score, int32(c)}
	}
	order := make([]int, 0, p.n)
	for len(order) < p.n {
		top := -1
		for c := range rank {
			if !math.IsInf(rank[c].score, -1) && (top < 0 || rank[c].score > rank[top].score) {
				top = c
			}
		}
		order = append(order, top)
		rank[top].score = math.Inf(-1)
	}
	return order
}

func same(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s has %d numbers, want %d", what, len(got), len(want))
		return
	}
	for i, x := range want {
		if !(math.Abs(got[i]-x) <= tolerance) {
			t.Errorf("%s: number %d is %g, want %g", what, i, got[i], x)
			return
		}
	}
}

// rolled is a kept plan of two joints moved by n steps, its tail repeated.
func rolled(mean []float64, n int) []float64 {
	last := mean[len(mean)-2:]
	next := append([]float64(nil), mean[2*n:]...)
	for len(next) < len(mean) {
		next = append(next, last...)
	}
	return next
}

// keep gives p a plan of the call before.
func keep(p *Planner) (mean, std []float64) {
	n := p.h * p.width
	for i := range n {
		p.kept.mean[i], p.kept.std[i] = 0.8*math.Sin(float64(2*i+1)), 0.2+0.3*math.Abs(math.Cos(float64(i)))
	}
	p.kept.valid = true
	return append([]float64(nil), p.kept.mean[:n]...), append([]float64(nil), p.kept.std[:n]...)
}

// method.md B.5: the policy's rollouts are candidates like those around the
// rolled plan, and one set of weights covers both.
func TestMixtureWeighsPolicyRolloutsWithTheCandidatesAroundTheRolledPlan(t *testing.T) {
	for _, proposal := range []string{ProposalSample, ProposalMean} {
		s := CEM()
		s.Horizon, s.Samples, s.PolicySamples, s.Elites, s.Iterations, s.Shift, s.Proposal, s.MeanLast = 4, 8, 6, 8, 1, ShiftMixture, proposal, true
		p, w := observed(t, s)
		mean, _ := keep(p)
		r, passes := w.call(p, rng.Root(3))
		pre, all := passes[0], passes[1]
		if pre.n != 6 || all.n != 8+6+1 {
			t.Fatalf("%d rollouts of the policy, %d candidates", pre.n, all.n)
		}
		same(t, "the rolled plan", all.actions(14), rolled(mean, 1), 1e-6)
		for c := range 6 {
			one := pre.runs[row{0, int32(c), 0}]
			own := one.sample
			if proposal == ProposalMean {
				own = one.mean
			}
			for h := range 3 { // the world does not see a rollout's last action
				same(t, proposal, one.action[h], own[h], 0)
			}
			same(t, "a candidate of the policy", all.actions(8 + c)[:6], pre.actions(c)[:6], 0)
			if proposal == ProposalMean {
				same(t, "its last action", all.actions(8 + c)[6:], all.runs[row{0, int32(8 + c), 0}].mean[3], 0)
			}
		}
		want, fromPolicy := make([]float64, 8), 0
		for _, c := range all.best()[:8] {
			for i, u := range all.actions(c) {
				want[i] += u / 8
			}
			if c >= 8 && c < 14 {
				fromPolicy++
			}
		}
		if fromPolicy == 0 || fromPolicy == 8 {
			t.Errorf("%d of the 8 elites are the policy's: the test shows nothing", fromPolicy)
		}
		same(t, "the mean", p.kept.mean[:8], want, 1e-9)
		same(t, "the answer", wide(r.Sequence), want, 1e-6)
	}
}

// method.md B.5, by the mean as a candidate of the last iteration.
func TestTailsFillWhatARollLeaves(t *testing.T) {
	for _, tail := range []string{TailRepeat, TailZero, TailPolicy, TailRandom} {
		for _, skip := range []int{0, 2} {
			s := CEM()
			s.Horizon, s.Samples, s.Elites, s.Iterations, s.Tail, s.Proposal, s.MeanLast, s.Bound = 5, 6, 3, 1, tail, ProposalMean, true, 1.4
			p, w := observed(t, s)
			mean, _ := keep(p)
			p.Skip(skip)
			_, passes := w.call(p, rng.Root(3))
			all := passes[len(passes)-1]
			got, cut := all.actions(6), 10-2*(1+skip)
			same(t, tail+": the steps that stay", got[:cut], mean[10-cut:], 1e-6)
			want := make([]float64, 10-cut)
			switch tail {
			case TailRepeat:
				copy(want, rolled(mean, 1+skip)[cut:])
			case TailPolicy: // at the states that the rolled plan visits
				want = want[:0]
				for h := cut / 2; h < 5; h++ {
					want = append(want, all.runs[row{0, 6, 0}].mean[h]...)
				}
			case TailRandom:
				continue
			}
			same(t, tail+": the tail", got[cut:], want, 1e-6)
		}
	}
}

// A random tail is uniform within the bounds and new in every call.
func TestARandomTailIsUniformWithinTheBounds(t *testing.T) {
	s := CEM()
	s.Horizon, s.Samples, s.Elites, s.Iterations, s.Tail, s.MeanLast, s.Bound = 3, 2, 1, 1, TailRandom, true, 1.4
	p, w := observed(t, s)
	var sum, squares, product, highest float64
	const n = 2000
	for i := range n {
		keep(p)
		_, passes := w.call(p, rng.Root(uint64(i)))
		u := passes[0].actions(2)[4:]
		sum += (u[0] + u[1]) / (2 * n)
		squares += (u[0]*u[0] + u[1]*u[1]) / (2 * n)
		product += u[0] * u[1] / n
		highest = max(highest, math.Abs(u[0]))
	}
	near(t, "mean", sum, 0, 0.06)
	near(t, "variance", squares, 1.4*1.4/3, 0.04)
	near(t, "covariance of two joints", product, 0, 0.06)
	near(t, "the largest", highest, 1.4, 0.01)
}

// method.md B.5 for a diagonal covariance: what is kept, and what is drawn.
func TestADiagonalCovarianceIsResetCarriedOrInflated(t *testing.T) {
	const samples = 3000
	for _, kind := range []string{CovReset, CovCarry, CovInflate} {
		s := CEM()
		s.Horizon, s.Samples, s.Elites, s.Iterations, s.Covariance, s.Bound = 4, samples, 30, 1, CovFixed, 1e9
		s.ShiftCovariance, s.Sigma, s.Inflate = kind, 0.4, 0.7
		p, w := observed(t, s)
		mean, std := keep(p)
		want := make([]float64, 8)
		for i := range want {
			want[i] = 0.4 // reset, and the tail of carry
			if kind != CovReset && i < 6 {
				want[i] = std[i+2]
			}
			if kind == CovInflate {
				want[i] = math.Sqrt(want[i]*want[i] + 0.7*0.4*0.4)
			}
		}
		_, passes := w.call(p, rng.Root(3))
		same(t, kind, p.kept.std[:8], want, 1e-12)
		squares, m := make([]float64, 8), rolled(mean, 1)
		for c := range samples {
			for i, u := range passes[0].actions(c) {
				squares[i] += (u - m[i]) * (u - m[i]) / samples
			}
		}
		for i := range want {
			near(t, kind+": drawn deviation", math.Sqrt(squares[i])/want[i], 1, 0.06)
		}
	}
}

func TestKeptElitesJoinTheNextIteration(t *testing.T) {
	s := CEM()
	s.Horizon, s.Samples, s.Elites, s.Iterations, s.KeepElites = 3, 12, 5, 3, 0.7
	p, w := observed(t, s)
	_, passes := w.call(p, rng.Root(3))
	if passes[0].n != 12 {
		t.Errorf("%d candidates before there are elites", passes[0].n)
	}
	for it := 1; it < 3; it++ {
		if passes[it].n != 12+3 { // 0.7 of 5, whole ones
			t.Fatalf("iteration %d has %d candidates", it, passes[it].n)
		}
		for k, c := range passes[it-1].best()[:3] {
			same(t, "an elite", passes[it].actions(12+k), passes[it-1].actions(c), 0)
		}
	}
}

// method.md B.6: the elites of the last iteration, moved to now; the actions
// that this leaves open are drawn around the mean.
func TestShiftedElitesJoinTheNextCallWithFreshLastActions(t *testing.T) {
	s := CEM()
	s.Horizon, s.Samples, s.Elites, s.Iterations, s.ShiftElites, s.Sigma, s.Bound = 4, 10, 4, 2, 0.5, 0.3, 1e9
	var drawn, squares, n float64
	for seed := range uint64(300) {
		p, w := observed(t, s)
		_, first := w.call(p, rng.Root(seed))
		last, skip := first[1], int(seed%2)
		mean, cut := append([]float64(nil), p.kept.mean[6:8]...), 8-2*(1+skip)
		p.Skip(skip)
		_, second := w.call(p, rng.Root(1000+seed))
		if first[0].n != 10 || second[0].n != 12 || second[1].n != 10 {
			t.Fatalf("%d, %d and %d candidates", first[0].n, second[0].n, second[1].n)
		}
		for k, c := range last.best()[:2] {
			old, now := last.actions(c), second[0].actions(10+k)
			same(t, "the steps that stay", now[:cut], old[8-cut:], 0)
			for i := cut; i < 8; i++ {
				z := (now[i] - mean[i%2]) / 0.3
				drawn, squares, n = drawn+z, squares+z*z, n+1
			}
		}
	}
	near(t, "mean of fresh actions", drawn/n, 0, 0.1)
	near(t, "variance of fresh actions", squares/n, 1, 0.1)
}

func TestTheMeanJoinsTheLastIterationAlone(t *testing.T) {
	s := CEM()
	s.Horizon, s.Samples, s.Elites, s.StepMean = 3, 9, 3, 0.6
	after := func(iterations int, joins bool) ([]float64, []*seen) {
		s.Iterations, s.MeanLast = iterations, joins
		p, w := observed(t, s)
		_, passes := w.call(p, rng.Root(3))
		return append([]float64(nil), p.kept.mean[:6]...), passes
	}
	two, _ := after(2, false)
	_, passes := after(3, true)
	if passes[0].n != 9 || passes[1].n != 9 || passes[2].n != 10 {
		t.Fatalf("%d, %d and %d candidates", passes[0].n, passes[1].n, passes[2].n)
	}
	same(t, "the last candidate", passes[2].actions(9), two, 1e-6)
}

// method.md B.8: N_i = max(2K, N/decay^i).
func TestDecayLeavesFewerCandidatesDownToTwiceTheElites(t *testing.T) {
	s := CEM()
	s.Horizon, s.Samples, s.Elites, s.Iterations, s.Decay = 2, 40, 5, 6, 1.5
	p, w := observed(t, s)
	_, passes := w.call(p, rng.Root(3))
	for i, want := range []int{40, 26, 17, 11, 10, 10} {
		if passes[i].n != want {
			t.Errorf("iteration %d has %d candidates, want %d", i, passes[i].n, want)
		}
	}
}
