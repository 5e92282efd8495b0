package sac

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"demorl/nn"
	"demorl/replay"
	"demorl/rollout"
)

// goldenSimBa is testdata/simba.json, written by oracle/golden_simba.py.
type goldenSimBa struct {
	ObsDim       int `json:"obs_dim"`
	ActDim       int `json:"act_dim"`
	Width        int
	Blocks       int
	CriticWidth  int `json:"critic_width"`
	CriticBlocks int `json:"critic_blocks"`

	Gamma, Tau, Rate, Decay float64
	TargetEntropy           float64 `json:"target_entropy"`
	Start                   parameters
	Updates                 []struct {
		Obs, Action, Next, Reward, Continue []float64
		TargetNoise                         []float64 `json:"target_noise"`
		ActorNoise                          []float64 `json:"actor_noise"`
		CriticLoss                          float64   `json:"critic_loss"`
		ActorLoss                           float64   `json:"actor_loss"`
		CriticGrad                          []float64 `json:"critic_grad"`
		ActorGrad                           []float64 `json:"actor_grad"`
		After                               parameters
	}
}

// method.md D.4: residual blocks in actor and critics, by AdamW.
func TestTwoUpdatesOfSimBaAgreeWithTorch(t *testing.T) {
	data, err := os.ReadFile("testdata/simba.json")
	if err != nil {
		t.Fatal(err)
	}
	var g goldenSimBa
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	s := DefaultSettings()
	s.Network, s.Hidden, s.Blocks = NetworkSimBa, []int{g.Width}, g.Blocks
	s.Critic.Hidden, s.Critic.Blocks = []int{g.CriticWidth}, g.CriticBlocks
	s.Gamma, s.Tau, s.WeightDecay, s.Batch = g.Gamma, g.Tau, g.Decay, len(g.Updates[0].Reward)
	s.ActorRate, s.CriticRate, s.TemperatureRate = g.Rate, g.Rate, g.Rate
	s.TargetEntropyRule, s.TargetEntropy = Fixed, g.TargetEntropy
	a := newAgent(t, s, g.ObsDim, g.ActDim, nil)
	for net, params := range map[*nn.Net][]float64{a.actor: g.Start.Actor, a.critics: g.Start.Critics, a.targets: g.Start.Targets} {
		narrow(net.Params, params)
		net.PackAll()
	}
	a.logTemperature = g.Start.LogTemperature
	stride := rollout.Stride(g.ActDim)
	for _, u := range g.Updates {
		b := replay.NewBatch(s.Batch, g.ObsDim, g.ActDim)
		narrow(b.Obs, u.Obs)
		narrow(b.Action, u.Action)
		narrow(b.Next, u.Next)
		narrow(b.Reward, u.Reward)
		narrow(b.Continue, u.Continue)
		for r := range b.Rows {
			lo, hi := r*g.ActDim, (r+1)*g.ActDim
			narrow(a.noise[targetNoise][r*stride:r*stride+g.ActDim], u.TargetNoise[lo:hi])
			narrow(a.noise[actorNoise][r*stride:r*stride+g.ActDim], u.ActorNoise[lo:hi])
		}
		got := a.step(b)
		near(t, "critic loss", got.CriticLoss, u.CriticLoss, 5e-6)
		near(t, "actor loss", got.ActorLoss, u.ActorLoss, 5e-6)
		size := a.critics.MemberSize()
		for c := range a.critics.Members {
			allNear(t, "critic gradient", a.pieces[0].criticGrad[c], u.CriticGrad[c*size:(c+1)*size], 5e-6)
		}
		allNear(t, "actor gradient", a.pieces[0].actorGrad, u.ActorGrad, 5e-6)
		a.compare(t, &u.After, 2e-5)
	}
}

func TestWhatSimBaCannotBeIsSaid(t *testing.T) {
	s := DefaultSettings()
	s.Network, s.Hidden, s.Blocks, s.Activation, s.WeightDecay = NetworkSimBa, []int{8, 8}, 0, SiLU, -1
	s.Critic.Hidden, s.Critic.Blocks, s.Critic.Norm = []int{8, 8}, 0, NormLayer
	err := s.Validate()
	for _, field := range []string{"hidden", "blocks", "activation", "weight_decay", "critic.hidden", "critic.blocks", "critic.norm"} {
		if err == nil || !strings.Contains(err.Error(), "sac."+field+" is ") {
			t.Errorf("no fault names sac.%s: %v", field, err)
		}
	}
	s.Network = "transformer"
	if err := s.Validate(); err == nil || !strings.Contains(err.Error(), `sac.network is "transformer"`) {
		t.Errorf("got %v", err)
	}
}
