package sac

import (
	"bytes"
	"math"
	"testing"

	"demorl/rng"
	"demorl/rollout"
)

// A learner whose rewards are scaled must be the one that is shown scaled rewards,
// and tell values in the rewards' own units.
func TestScaledRewardsAreThoseOfALearnerThatIsShownThemScaled(t *testing.T) {
	for name, critic := range map[string]CriticSettings{
		"mean":      DefaultCritic(),
		"quantiles": {Count: 2, Norm: NormNone, Subset: 2, ActorUses: UsesMean, Quantiles: 5, Drop: 1},
		"crossq":    {Count: 2, Hidden: []int{12}, Norm: NormBatch, Subset: 2, ActorUses: UsesMin, Quantiles: 1},
	} {
		s := DefaultSettings()
		s.Hidden, s.Batch, s.Critic = []int{16, 16}, 32, critic
		plain := newAgent(t, s, 4, 2, nil)
		s.RewardScale = 0.25 // a power of two, so that scaling is exact
		scaled := newAgent(t, s, 4, 2, nil)
		for i := range uint64(6) {
			b, small := randomBatch(32, 4, 2, rng.Root(i)), randomBatch(32, 4, 2, rng.Root(i))
			for r := range small.Reward {
				small.Reward[r] *= 0.25
			}
			want, got := plain.Update(small, rng.Root(9).At(i)), scaled.Update(b, rng.Root(9).At(i))
			if got.CriticLoss != want.CriticLoss || got.ActorLoss != want.ActorLoss || got.Temperature != want.Temperature {
				t.Errorf("%s, update %d: losses %+v, want %+v", name, i, got, want)
			}
			if got.QMean != 4*want.QMean || got.QMax != 4*want.QMax {
				t.Errorf("%s, update %d: Q is told as %g and at most %g, want %g and %g", name, i, got.QMean, got.QMax, 4*want.QMean, 4*want.QMax)
			}
		}
		if plain.rewardMax *= 4; !bytes.Equal(plain.AppendState(nil), scaled.AppendState(nil)) {
			t.Errorf("%s: the learners differ", name)
		}
		b := valueBlock(10, 4, 2)
		for _, rule := range []ValueRule{SoftValue, HardValue, LastAction} {
			want, got := make([]float32, 10), make([]float32, 10)
			w, g := plain.NewValue(10), scaled.NewValue(10)
			w.Rule, g.Rule = rule, rule
			w.Value(b, want)
			g.Value(b, got)
			for r := range got {
				if b.Fate[r] == rollout.Running && got[r] != 4*want[r] {
					t.Errorf("%s, rule %d, row %d: value %g, want %g", name, rule, r, got[r], 4*want[r])
				}
			}
		}
	}
}

func TestTheStateValueIsToldInTheRewardsOwnUnits(t *testing.T) {
	s := valued()
	s.RewardScale = 0.5
	a := newAgent(t, s, 4, 2, nil)
	b, v, got := valueBlock(6, 4, 2), a.NewValue(6), make([]float32, 6)
	v.Rule = StateValue
	v.Value(b, got)
	tape := a.value.target.NewTape(1)
	for r := range got {
		if b.Fate[r] == rollout.Running {
			near(t, "value", float64(got[r]), 2*float64(a.value.target.Infer(0, tape, b.Obs[4*r:4*r+4], 1)[0]), 1e-6)
		}
	}
}

func TestTheUntrainedPolicyHasTheInitialStandardDeviation(t *testing.T) {
	s := DefaultSettings()
	s.InitialStd = 0.05
	a := newAgent(t, s, 8, 3, nil)
	plain := DefaultSettings()
	twin := newAgent(t, plain, 8, 3, nil)
	obs := make([]float32, 8)
	for i := range uint64(20) {
		rng.Root(i).Normals(obs, 0)
		head := a.actor.Infer(0, a.actor.NewTape(1), obs, 1)
		want := twin.actor.Infer(0, twin.actor.NewTape(1), obs, 1)
		for j := range 3 {
			if head[j] != want[j] {
				t.Errorf("the mean of action %d is %g, want that without the setting, %g", j, head[j], want[j])
			}
			near(t, "log standard deviation", float64(head[3+j]), float64(want[3+j])+math.Log(0.05), 1e-5)
		}
	}
}

// The average policy is the exponential mean of the policies after each actor
// step, from the untrained one on; learning is the same with and without it.
func TestThePolicysAverageFollowsEveryActorStepAndNothingElseChanges(t *testing.T) {
	s := DefaultSettings()
	s.Hidden, s.Batch, s.PolicyEvery = []int{16, 16}, 32, 2
	plain := newAgent(t, s, 4, 2, nil)
	s.PolicyAverage = 0.1
	a := newAgent(t, s, 4, 2, nil)
	want := append([]float32(nil), a.actor.Params...)
	for i := range uint64(9) {
		key := rng.Root(9).At(i)
		if x, y := plain.Update(randomBatch(32, 4, 2, rng.Root(i)), key), a.Update(randomBatch(32, 4, 2, rng.Root(i)), key); x != y {
			t.Fatalf("update %d: %+v with an average, %+v without", i, y, x)
		}
		if i%2 == 1 {
			for j, p := range a.actor.Params {
				want[j] += 0.1 * (p - want[j])
			}
		}
	}
	for j, p := range a.Deployed().Params {
		if math.Abs(float64(p-want[j])) > 1e-6 {
			t.Fatalf("parameter %d of the average is %g, want %g", j, p, want[j])
		}
	}
	obs, got, mean := []float32{1, -1, 0.5, 2}, make([]float32, 2), make([]float32, 2)
	a.NewDeployed(1).Act(obs, 1, nil, nil, got)
	mode(mean, a.average.Infer(0, a.average.NewTape(1), obs, 1), 1, 2)
	if got[0] != mean[0] || got[1] != mean[1] {
		t.Errorf("the deployed policy acts %v, its network says %v", got, mean)
	}
	if plain.Deployed() != plain.Actor() {
		t.Error("without an average another network than the policy is deployed")
	}
}
