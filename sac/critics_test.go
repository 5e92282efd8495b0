package sac

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"demorl/internal/wire"
	"demorl/par"
	"demorl/replay"
	"demorl/rng"
	"demorl/rollout"
)

// goldenCritics is testdata/critics.json, written by oracle/golden_critics.py.
type goldenCritics struct {
	ObsDim         int `json:"obs_dim"`
	ActDim         int `json:"act_dim"`
	Hidden         []int
	Gamma, Tau     float64
	Rate           float64
	TargetEntropy  float64 `json:"target_entropy"`
	LogTemperature float64 `json:"log_temperature"`
	Cases          []struct {
		Count, Quantiles, Drop int
		Norm                   bool
		Uses                   string
		Start                  parameters
		Batch                  map[string][]float64
		CriticLoss             float64   `json:"critic_loss"`
		CriticGrad             []float64 `json:"critic_grad"`
		ActorLoss              float64   `json:"actor_loss"`
		ActorGrad              []float64 `json:"actor_grad"`
	}
}

func TestOtherCriticsAgreeWithTorch(t *testing.T) {
	data, err := os.ReadFile("testdata/critics.json")
	if err != nil {
		t.Fatal(err)
	}
	g := goldenCritics{}
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	if len(g.Cases) == 0 {
		t.Fatal("no cases")
	}
	for _, c := range g.Cases {
		s := DefaultSettings()
		s.Hidden, s.Gamma, s.Tau, s.Batch = g.Hidden, g.Gamma, g.Tau, len(c.Batch["reward"])
		s.ActorRate, s.CriticRate, s.TemperatureRate = g.Rate, g.Rate, g.Rate
		s.TargetEntropyRule, s.TargetEntropy = Fixed, g.TargetEntropy
		s.Critic = CriticSettings{Count: c.Count, Subset: c.Count, ActorUses: c.Uses, Quantiles: c.Quantiles, Drop: c.Drop, Norm: NormNone}
		if c.Norm {
			s.Critic.Norm = NormLayer
		}
		a := newAgent(t, s, g.ObsDim, g.ActDim, nil)
		narrow(a.actor.Params, c.Start.Actor)
		narrow(a.critics.Params, c.Start.Critics)
		narrow(a.targets.Params, c.Start.Targets)
		a.actor.PackAll()
		a.critics.PackAll()
		a.targets.PackAll()
		a.logTemperature = g.LogTemperature
		b := replay.NewBatch(s.Batch, g.ObsDim, g.ActDim)
		narrow(b.Obs, c.Batch["obs"])
		narrow(b.Action, c.Batch["action"])
		narrow(b.Next, c.Batch["next"])
		narrow(b.Reward, c.Batch["reward"])
		narrow(b.Continue, c.Batch["continue"])
		stride := rollout.Stride(g.ActDim)
		for r := range b.Rows {
			lo, hi := r*g.ActDim, (r+1)*g.ActDim
			narrow(a.noise[targetNoise][r*stride:r*stride+g.ActDim], c.Batch["target_noise"][lo:hi])
			narrow(a.noise[actorNoise][r*stride:r*stride+g.ActDim], c.Batch["actor_noise"][lo:hi])
		}
		name := fmt.Sprintf("%d critics, norm %v, %s, %d quantiles: ", c.Count, c.Norm, c.Uses, c.Quantiles)
		got := a.step(b)
		near(t, name+"critic loss", got.CriticLoss, c.CriticLoss, 2e-6)
		near(t, name+"actor loss", got.ActorLoss, c.ActorLoss, 4e-6)
		size := a.critics.MemberSize()
		for m := range c.Count {
			allNear(t, name+"critic gradient", a.pieces[0].criticGrad[m], c.CriticGrad[m*size:(m+1)*size], 2e-6)
		}
		allNear(t, name+"actor gradient", a.pieces[0].actorGrad, c.ActorGrad, 4e-6)
	}
}

// kinds are learners that differ from plain SAC in every way that settings allow.
func kinds() map[string]Settings {
	base := DefaultSettings()
	base.Hidden, base.Batch = []int{24, 16}, 300
	with := func(c CriticSettings, every int) Settings {
		s := base
		s.Critic, s.PolicyEvery = c, every
		return s
	}
	simba := with(DefaultCritic(), 2)
	simba.Network, simba.Hidden, simba.WeightDecay, simba.ObservationNorm = NetworkSimBa, []int{12}, 1e-2, true
	simba.Critic.Hidden = []int{16}
	averaged := with(DefaultCritic(), 2)
	averaged.PolicyAverage, averaged.RewardScale, averaged.InitialStd = 0.05, 0.1, 0.2
	return map[string]Settings{
		"average": averaged,
		"simba":   simba,
		"redq":    with(CriticSettings{Count: 5, Norm: NormNone, Subset: 2, ActorUses: UsesMean, Quantiles: 1}, 3),
		"droq":    with(CriticSettings{Count: 2, Norm: NormLayer, Dropout: 0.1, Subset: 2, ActorUses: UsesMean, Quantiles: 1}, 2),
		"tqc":     with(CriticSettings{Count: 3, Hidden: []int{20}, Norm: NormNone, Subset: 3, ActorUses: UsesMean, Quantiles: 7, Drop: 2}, 1),
		"crossq":  with(CriticSettings{Count: 2, Hidden: []int{28}, Norm: NormBatch, Subset: 2, ActorUses: UsesMin, Quantiles: 1}, 3),
		"one":     with(CriticSettings{Count: 1, Norm: NormLayer, Subset: 1, ActorUses: UsesMin, Quantiles: 1}, 1),
	}
}

func TestOtherCriticsGiveEqualBitsForAnyNumberOfWorkersAndAfterARestore(t *testing.T) {
	for name, s := range kinds() {
		var want []byte
		for _, workers := range []int{1, 2, 3, 8} {
			pool := par.New(workers)
			a := newAgent(t, s, 5, 3, pool)
			for i := range uint64(8) {
				if st := a.Update(randomBatch(s.Batch, 5, 3, rng.Root(i)), rng.Root(9).At(i)); st.NonFinite {
					t.Fatalf("%s: update %d is not finite", name, i)
				}
				if i == 3 { // go on in another learner
					saved := a.AppendState(nil)
					if a, _ = New(s, 5, 3, rng.Root(77), pool); a == nil {
						t.Fatal("no learner")
					}
					r := wire.NewReader(saved)
					if a.ReadState(r); r.Err() != nil {
						t.Fatal(r.Err())
					}
				}
			}
			got := a.AppendState(nil)
			if want == nil {
				want = got
			} else if !bytes.Equal(got, want) {
				t.Errorf("%s: %d workers give another state than 1", name, workers)
			}
			b, key := randomBatch(s.Batch, 5, 3, rng.Root(1)), rng.Root(2)
			if n := testing.AllocsPerRun(5, func() { a.Update(b, key) }); n != 0 {
				t.Errorf("%s: with %d workers an update allocates %g times", name, workers, n)
			}
			pool.Close()
		}
	}
}

// Each pair of critics must be the target equally often.
func TestSubsetsAreDrawnEvenly(t *testing.T) {
	s := kinds()["redq"]
	a := newAgent(t, s, 5, 3, nil)
	seen := map[[2]int]int{}
	for i := range uint64(4000) {
		a.key = rng.Root(3).At(i)
		a.drawSubset()
		pair := slices.Clone(a.subset)
		slices.Sort(pair)
		if len(pair) != 2 || pair[0] == pair[1] {
			t.Fatalf("the subset is %v, want two critics", pair)
		}
		seen[[2]int(pair)]++
	}
	for pair, n := range seen {
		if math.Abs(float64(n)-400) > 80 {
			t.Errorf("critics %v are the target %d of 4000 times, want about 400", pair, n)
		}
	}
	if len(seen) != 10 {
		t.Errorf("%d pairs were drawn, want 10", len(seen))
	}
}

// A value is what the critics' rule says at the block's rows.
func TestTerminalValuesFollowTheRuleOfTheCritics(t *testing.T) {
	for name, s := range kinds() {
		a := newAgent(t, s, 5, 3, nil)
		v := a.NewValue(4)
		v.Rule = LastAction
		b := rollout.NewBlock(4, 5, 3)
		b.Rows, b.Key = 4, rng.Root(4)
		rng.Root(5).Normals(b.Obs, 0)
		rng.Root(6).Uniforms(b.Action, 0)
		out := make([]float32, 4)
		v.Value(b, out)
		tape := a.critics.NewTape(1)
		for r := range 4 {
			x := append(slices.Clone(b.Obs[5*r:5*r+5]), b.Action[3*r:3*r+3]...)
			least, sum := math.Inf(1), 0.0
			for c := range a.critics.Members {
				for _, q := range a.critics.Infer(c, tape, x, 1) {
					least, sum = min(least, float64(q)), sum+float64(q)
				}
			}
			want := least
			if s.Critic.ActorUses == UsesMean {
				want = sum / float64(a.critics.Members*a.critics.Out())
			}
			near(t, name, float64(out[r]), want/s.RewardScale, 1e-6)
		}
	}
}
