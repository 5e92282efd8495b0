package sac

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"demorl/internal/wire"
	"demorl/nn"
	"demorl/replay"
	"demorl/rng"
	"demorl/rollout"
)

// goldenCrossQ is testdata/crossq.json, written by oracle/golden_renorm.py.
type goldenCrossQ struct {
	ObsDim         int `json:"obs_dim"`
	ActDim         int `json:"act_dim"`
	Hidden         []int
	Gamma, Rate    float64
	Beta1          float64
	TargetEntropy  float64 `json:"target_entropy"`
	LogTemperature float64 `json:"log_temperature"`
	Cases          []struct {
		Warmup  uint64
		Start   crossQState
		Updates []struct {
			Batch      map[string][]float64
			CriticLoss float64 `json:"critic_loss"`
			ActorLoss  float64 `json:"actor_loss"`
			After      crossQState
		}
	}
}

// crossQState are parameters in the layout of nn.Net, and the running means and
// variances of all layers.
type crossQState struct {
	Actor, Critics []float64
	ActorRunning   [2][]float64   `json:"actor_running"`
	CriticRunning  [][2][]float64 `json:"critic_running"`
	LogTemperature float64        `json:"log_temperature"`
}

// eachRunning calls f for the statistics of every layer of member m beside those of stored.
func eachRunning(n *nn.Net, m int, stored [2][]float64, f func(live []float32, stored []float64)) {
	at := 0
	for l := range n.Layers() {
		f(n.RunningMean(m, l), stored[0][at:at+n.Sizes[l]])
		f(n.RunningVariance(m, l), stored[1][at:at+n.Sizes[l]])
		at += n.Sizes[l]
	}
}

func TestThreeUpdatesOfCrossQAgreeWithTorch(t *testing.T) {
	data, err := os.ReadFile("testdata/crossq.json")
	if err != nil {
		t.Fatal(err)
	}
	var g goldenCrossQ
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	if len(g.Cases) != 2 {
		t.Fatalf("%d cases", len(g.Cases))
	}
	for _, c := range g.Cases {
		s := DefaultSettings()
		s.Hidden, s.Gamma, s.Batch, s.AdamBeta1 = g.Hidden, g.Gamma, len(c.Updates[0].Batch["reward"]), g.Beta1
		s.ActorRate, s.CriticRate, s.TemperatureRate = g.Rate, g.Rate, g.Rate
		s.TargetEntropyRule, s.TargetEntropy, s.Critic.Norm = Fixed, g.TargetEntropy, NormBatch
		a := newAgent(t, s, g.ObsDim, g.ActDim, nil)
		a.actor.RenormWarmup, a.critics.RenormWarmup = c.Warmup, c.Warmup
		narrow(a.actor.Params, c.Start.Actor)
		narrow(a.critics.Params, c.Start.Critics)
		a.actor.PackAll()
		a.critics.PackAll()
		eachRunning(a.actor, 0, c.Start.ActorRunning, narrow)
		for m, stored := range c.Start.CriticRunning {
			eachRunning(a.critics, m, stored, narrow)
		}
		a.logTemperature = g.LogTemperature
		for u, want := range c.Updates {
			name := fmt.Sprintf("warm-up %d, update %d: ", c.Warmup, u)
			got := a.step(batchOf(a, want.Batch))
			near(t, name+"critic loss", got.CriticLoss, want.CriticLoss, 4e-6)
			near(t, name+"actor loss", got.ActorLoss, want.ActorLoss, 4e-6)
			allNear(t, name+"actor", a.actor.Params, want.After.Actor, 1e-5)
			allNear(t, name+"critics", a.critics.Params, want.After.Critics, 1e-5)
			near(t, name+"log temperature", a.logTemperature, want.After.LogTemperature, 2e-6)
			running := func(live []float32, stored []float64) { allNear(t, name+"running statistics", live, stored, 4e-6) }
			eachRunning(a.actor, 0, want.After.ActorRunning, running)
			for m, stored := range want.After.CriticRunning {
				eachRunning(a.critics, m, stored, running)
			}
		}
	}
}

// batchOf returns a stored batch and puts its noise in a.
func batchOf(a *Agent, stored map[string][]float64) *replay.Batch {
	b := replay.NewBatch(a.settings.Batch, a.obsDim, a.actDim)
	for name, dst := range map[string][]float32{"obs": b.Obs, "action": b.Action, "next": b.Next, "reward": b.Reward, "continue": b.Continue} {
		narrow(dst, stored[name])
	}
	stride := rollout.Stride(a.actDim)
	for r := range b.Rows {
		lo, hi := r*a.actDim, (r+1)*a.actDim
		narrow(a.noise[targetNoise][r*stride:r*stride+a.actDim], stored["target_noise"][lo:hi])
		narrow(a.noise[actorNoise][r*stride:r*stride+a.actDim], stored["actor_noise"][lo:hi])
	}
	return b
}

// observing returns a learner with observation normalisation that has seen rows
// of the given means and deviations, and a plain one of equal networks.
func observing(t *testing.T, norm string, mean, std []float64) (on, off *Agent) {
	s := DefaultSettings()
	s.Hidden, s.Batch, s.Critic.Norm = []int{16, 16}, 150, norm
	off = newAgent(t, s, 3, 2, nil)
	s.ObservationNorm = true
	on = newAgent(t, s, 3, 2, nil)
	row := make([]float32, 3)
	for i := range 64 { // a feature's values are mean ± std
		for j := range row {
			row[j] = float32(mean[j] + std[j]*float64(1-2*((i>>j)&1)))
		}
		on.Observe(row)
	}
	on.Observe([]float32{0, float32(math.NaN()), 0}) // is no observation
	return on, off
}

// A learner that normalises is a plain one that is shown normalised observations.
func TestObservationNormalisationShowsTheNetworksNormalisedRows(t *testing.T) {
	mean, std := []float64{10, -3, 0.5}, []float64{4, 0.25, 0}
	for _, norm := range []string{NormNone, NormLayer, NormBatch} {
		on, off := observing(t, norm, mean, std)
		shown := func(raw []float32) []float32 {
			out := make([]float32, len(raw))
			for i, v := range raw {
				scale := std[i%3]
				if scale == 0 {
					scale = 1
				}
				out[i] = float32((float64(v) - mean[i%3]) / scale)
			}
			return out
		}
		for u := range uint64(3) {
			b := randomBatch(150, 3, 2, rng.Root(1).At(u))
			for i := range b.Obs {
				b.Obs[i], b.Next[i] = float32(mean[i%3])+2*b.Obs[i], float32(mean[i%3])+2*b.Next[i]
			}
			seen := *b
			seen.Obs, seen.Next = shown(b.Obs), shown(b.Next)
			on.Update(b, rng.Root(2).At(u))
			off.Update(&seen, rng.Root(2).At(u))
		}
		compareNets := func(name string, got, want *nn.Net) {
			stored := make([]float64, len(want.Params))
			for i, v := range want.Params {
				stored[i] = float64(v)
			}
			allNear(t, norm+" "+name, got.Params, stored, 2e-4)
		}
		compareNets("actor", on.actor, off.actor)
		compareNets("critics", on.critics, off.critics)
		obs := []float32{12, -3.1, 0.7, 3, -2.9, 0.1}
		got, want := make([]float32, 4), make([]float32, 4)
		on.NewActor(2).Act(obs, 2, nil, nil, got)
		off.NewActor(2).Act(shown(obs), 2, nil, nil, want)
		value := func(a *Agent, obs []float32) []float32 {
			b, out := rollout.NewBlock(2, 3, 2), make([]float32, 2)
			b.Rows, b.Key = 2, rng.Root(4)
			copy(b.Obs, obs)
			a.NewValue(2).Value(b, out)
			return out
		}
		got, want = append(got, value(on, obs)...), append(want, value(off, shown(obs))...)
		for i := range got {
			near(t, norm+" action or value", float64(got[i]), float64(want[i]), 1e-3)
		}
	}
}

func TestStatisticsOfObservationsAreSaved(t *testing.T) {
	on, _ := observing(t, NormNone, []float64{1, 2, 3}, []float64{1, 2, 3})
	other := newAgent(t, on.settings, 3, 2, nil)
	r := wire.NewReader(on.AppendState(nil))
	if other.ReadState(r); r.Err() != nil {
		t.Fatal(r.Err())
	}
	got, want := make([]float32, 2), make([]float32, 2)
	obs := []float32{4, -3, 2}
	on.NewActor(1).Act(obs, 1, nil, nil, want)
	if other.NewActor(1).Act(obs, 1, nil, nil, got); got[0] != want[0] || got[1] != want[1] {
		t.Errorf("a restored learner acts %v, want %v", got, want)
	}
	mean, inverse := other.Normalise()
	if mean[1] != 2 || inverse[1] != 0.5 {
		t.Errorf("restored mean %v and inverse deviation %v", mean, inverse)
	}
	if mean, _ := newAgent(t, DefaultSettings(), 3, 2, nil).Normalise(); mean != nil {
		t.Error("a plain learner has statistics")
	}
}
