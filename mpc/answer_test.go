package mpc

import (
	"math"
	"slices"
	"testing"

	"demorl/rng"
	"demorl/rollout"
)

// method.md B.8: the best of the last iteration, also where an earlier one had a
// better candidate.
func TestLastBestAnswersTheBestCandidateOfTheLastIteration(t *testing.T) {
	s := CEM()
	s.Horizon, s.Samples, s.Elites, s.Iterations, s.Sigma, s.Answer = 3, 8, 3, 3, 0.9, AnswerLastBest
	s.StepMean, s.Covariance = 0.05, CovFixed // so that iterations hardly differ
	worse := 0
	for seed := range uint64(20) {
		p, w := observed(t, s)
		r, passes := w.call(p, rng.Root(seed))
		top := passes[2].best()[0]
		same(t, "the answer", wide(r.Sequence), passes[2].actions(top), 0)
		same(t, "the action", wide(r.Action), passes[2].actions(top)[:2], 0)
		for _, earlier := range passes[:2] {
			if one := earlier.runs[row{0, int32(earlier.best()[0]), 0}]; one.score > passes[2].runs[row{0, int32(top), 0}].score {
				worse++
			}
		}
	}
	if worse == 0 {
		t.Error("the last iteration was always the best: the test shows nothing")
	}
}

// A candidate around a policy that ends early has acted until there only: what
// its answer holds behind the end is the mean.
func TestBehindACandidatesEndItsAnswerHoldsTheMean(t *testing.T) {
	for _, form := range []string{PlanMean, PlanBest, PlanFirstParticle} {
		for _, answer := range []string{AnswerMean, AnswerBest, AnswerLastBest, AnswerSample} {
			s := MDeMoRL()
			s.Horizon, s.Value, s.PlanForm, s.Answer, s.Sigma = 4, ValueNone, form, answer, 3
			s.StepMean = 0.5
			p, w := observed(t, s)
			w.mortal = 1
			r, _ := w.call(p, rng.Root(2))
			if r.Length < 1 || r.Length > 4 {
				t.Fatalf("length %d", r.Length)
			}
			for i, u := range r.Sequence {
				if i >= 2*r.Length && u != float32(p.kept.mean[i]) || !(u >= -1 && u <= 1) {
					t.Errorf("%s, %s: number %d of a plan of %d steps is %g, the mean's %g", form, answer, i, r.Length, u, p.kept.mean[i])
				}
			}
		}
	}
}

// The candidate that is answered is drawn with the utility's weights.
func TestSampleAnswersACandidateOfTheLastIterationDrawnByItsWeight(t *testing.T) {
	const calls = 4000
	for _, utility := range []string{UtilityElite, UtilityExp} {
		s := CEM()
		s.Horizon, s.Samples, s.Elites, s.Iterations, s.Answer = 2, 6, 3, 2, AnswerSample
		s.Utility, s.Lambda, s.StepMean, s.Covariance, s.Sigma = utility, 0.5, 0.3, CovFixed, 0.3
		var drawn, weight [6]float64 // by rank
		p, w := observed(t, s)
		for seed := range uint64(calls) {
			p.Reset()
			r, passes := w.call(p, rng.Root(seed))
			order, last, sum := passes[1].best(), passes[1], 0.0
			var own [6]float64
			for i, c := range order {
				if own[i] = math.Exp(last.runs[row{0, int32(c), 0}].score / 0.5); utility == UtilityElite {
					own[i] = []float64{1, 1, 1, 0, 0, 0}[i]
				}
				sum += own[i]
			}
			found := slices.IndexFunc(order, func(c int) bool { return slices.Equal(last.actions(c), wide(r.Sequence)) })
			if found < 0 {
				t.Fatalf("%v is no candidate of the last iteration", r.Sequence)
			}
			drawn[found] += 1. / calls
			for i := range own {
				weight[i] += own[i] / sum / calls
			}
		}
		for i := range drawn {
			near(t, utility+": share of a rank", drawn[i], weight[i], 0.03)
		}
	}
}

// method.md B.3 by hand, from scores 3, 2.5, 1, -4 whose variance is 491/64.
func TestExponentialWeightsByHand(t *testing.T) {
	for _, c := range []struct {
		utility, mode  string
		elites, finite int
		lambda         float64 // that results
	}{
		{UtilityExp, LambdaFixed, 2, 4, 0.5},
		{UtilityEliteExp, LambdaFixed, 3, 3, 0.5},
		{UtilityEliteExp, LambdaFixed, 1, 1, 0.5},
		{UtilityExp, LambdaRelative, 2, 4, 0.5 * math.Sqrt(491./64)},
		{UtilityEliteExp, LambdaRelative, 3, 3, 0.5 * math.Sqrt(26./36)}, // the elites' own: 13/18
	} {
		s, w := MPPI(), make([]float64, 4)
		s.Utility, s.LambdaMode, s.Lambda = c.utility, c.mode, 0.5
		n, ess, _ := weigh(&s, c.elites, scores(1, 3, -4, 2.5), w)
		sum, squares := 0.0, 0.0
		for _, x := range []float64{3, 2.5, 1, -4}[:c.finite] {
			sum += math.Exp(x / c.lambda)
			squares += math.Exp(2 * x / c.lambda)
		}
		if n != c.finite {
			t.Errorf("%s: %d weights, want %d", c.utility, n, c.finite)
		}
		for i, x := range []float64{3, 2.5, 1, -4}[:c.finite] {
			near(t, c.utility+" "+c.mode, w[i], math.Exp(x/c.lambda)/sum, 1e-12)
		}
		near(t, "effective sample size", ess, sum*sum/squares, 1e-9)
	}
}

// uncertain is a world whose rewards have a standard deviation that differs from
// step to step.
type uncertain struct{ *witness }

func (u uncertain) NewLane(int) rollout.Lane { return u }

func (u uncertain) Step(b *rollout.Block, h int) error {
	z := make([]float32, 4*b.Rows)
	b.Normals(rollout.RewardNoise, h, z, 1)
	if err := u.witness.Step(b, h); err != nil {
		return err
	}
	for r := range b.Rows {
		b.RewardStd[r] = 0.5 + float32(h)
		one := u.passes[len(u.passes)-1].runs[row{b.Start[r], b.Candidate[r], b.Particle[r]}]
		one.score += math.Pow(u.gamma, float64(h)) * float64(b.RewardStd[r]) * float64(z[4*r])
	}
	return nil
}

// method.md A.7: score.reward sample draws every reward from its prediction.
func TestDrawnRewardsAreTheMeanPlusDeviationTimesTheRowsNoise(t *testing.T) {
	const samples = 2000
	s := CEM()
	s.Horizon, s.Samples, s.Elites, s.Iterations, s.Gamma, s.ScoreReward = 3, samples, 3, 1, 0.9, ScoreRewardDrawn
	w := &witness{obs: 2, act: 2, policy: linear{gain: make([]float32, 4), obs: 2, act: 2}, gamma: 0.9, steps: 3}
	p := newPlanner(t, s, uncertain{w}, Deps{}, 1)
	w.call(p, rng.Root(3))
	s.ScoreReward = ScoreRewardMean
	plain := newPlanner(t, s, uncertain{w}, Deps{}, 1)
	drawn := w.passes[0]
	w.call(plain, rng.Root(3))
	mean, squares := 0.0, 0.0
	for c := range samples {
		near(t, "score", p.solo.info[c].score, drawn.runs[row{0, int32(c), 0}].score, 1e-5)
		d := p.solo.info[c].score - plain.solo.info[c].score
		mean, squares = mean+d/samples, squares+d*d/samples
	}
	near(t, "mean of what was drawn", mean, 0, 0.2)
	near(t, "its variance", squares, 0.25+0.81*2.25+0.6561*6.25, 0.6)
}

// method.md A.7, code: candidates are clipped at 1.4 half ranges, the answer at 1.
func TestABoundOfFourteenTenthsClipsCandidatesThereAndTheActionAtOne(t *testing.T) {
	for _, s := range []Settings{CEM(), MDeMoRL()} {
		s.Horizon, s.Samples, s.Elites, s.Iterations, s.Value, s.Sigma, s.Bound = 3, 200, 20, 3, ValueNone, 0.8, 1.4
		p, w := observed(t, s)
		w.wish = 5 // rewards grow with the actions, far beyond 1.4
		r, passes := w.call(p, rng.Root(3))
		for it, pass := range passes { // the first is around the policy where the shift is closed
			atBound, above := 0, 0
			for c := range pass.n {
				for _, u := range pass.actions(c) {
					if math.Abs(u) > float64(float32(1.4)) {
						t.Fatalf("a candidate holds %g", u)
					}
					if u == float64(float32(1.4)) {
						atBound++
					} else if u > 1 {
						above++
					}
				}
			}
			if atBound == 0 || above == 0 {
				t.Errorf("iteration %d: %d numbers at the bound, %d between 1 and it", it, atBound, above)
			}
		}
		for j, u := range r.Action {
			if !(r.Sequence[j] > 1 && r.Sequence[j] <= 1.4) || u != 1 {
				t.Errorf("%s: planned %g, answered %g", s.Shift, r.Sequence[j], u)
			}
		}
		if len(s.Warnings()) == 0 {
			t.Error("no warning")
		}
	}
}

// method.md A.7, code: the first candidate's noisy, clipped actions plus the
// weighted noise, clipped; where the last action is not scored it is the weighted
// noise alone.
func TestFirstParticleIsItsActionsPlusTheWeightedNoise(t *testing.T) {
	s := MDeMoRL()
	s.Horizon, s.Samples, s.Elites, s.Value, s.PlanForm, s.Proposal = 3, 20, 4, ValueNone, PlanFirstParticle, ProposalMean
	s.Sigma, s.Bound = 0.6, 1e9
	p, w := observed(t, s)
	_, free := w.call(p, rng.Root(3)) // without a bound noise is what actions differ from the policy's
	noise := func(c, h, j int) float64 {
		one := free[0].runs[row{0, int32(c), 0}]
		return one.action[h][j] - one.mean[h][j]
	}
	for _, bound := range []float64{1e9, 0.7} {
		for _, rewards := range []string{RewardsAll, RewardsButLast} {
			s.Bound, s.ScoreRewards = bound, rewards
			p, w = observed(t, s)
			r, passes := w.call(p, rng.Root(3))
			clipped := 0
			for h := range 3 {
				for j := range 2 {
					want := 0.0
					for _, c := range passes[0].best()[:4] {
						want += noise(c, h, j) / 4
					}
					if h < 2 || rewards == RewardsAll {
						want += passes[0].runs[row{0, 0, 0}].action[h][j]
					}
					if math.Abs(want) > bound {
						clipped++
					}
					near(t, rewards, float64(r.Sequence[2*h+j]), min(bound, max(-bound, want)), 1e-6)
				}
			}
			if clipped == 0 && bound < 1 {
				t.Error("nothing is clipped: the test shows nothing")
			}
		}
	}
}
