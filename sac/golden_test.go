package sac

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"demorl/replay"
	"demorl/rollout"
)

// parameters is the state of a learner in testdata/torch.json, in the layout of
// nn.Net.
type parameters struct {
	Actor, Critics, Targets []float64
	LogTemperature          float64 `json:"log_temperature"`
}

// golden is testdata/torch.json, written by oracle/golden_sac.py.
type golden struct {
	ObsDim        int `json:"obs_dim"`
	ActDim        int `json:"act_dim"`
	Hidden        []int
	Gamma, Tau    float64
	Rate          float64
	TargetEntropy float64 `json:"target_entropy"`
	Start         parameters
	SB3           parameters
	Updates       []struct {
		Obs, Action, Next, Reward, Continue []float64
		TargetNoise                         []float64 `json:"target_noise"`
		ActorNoise                          []float64 `json:"actor_noise"`
		CriticLoss                          float64   `json:"critic_loss"`
		ActorLoss                           float64   `json:"actor_loss"`
		TemperatureLoss                     float64   `json:"temperature_loss"`
		Entropy                             float64
		QMean                               float64   `json:"q_mean"`
		QMax                                float64   `json:"q_max"`
		CriticGrad                          []float64 `json:"critic_grad"`
		ActorGrad                           []float64 `json:"actor_grad"`
		After                               *parameters
	}
	Value struct { // the state value's start, and after each update
		Net, Target []float64
		Updates     []struct {
			Noise, Grad, Net, Target []float64
			Loss                     float64
		}
	}
}

func readGolden(t *testing.T) *golden {
	t.Helper()
	data, err := os.ReadFile("testdata/torch.json")
	if err != nil {
		t.Fatal(err)
	}
	g := &golden{}
	if err := json.Unmarshal(data, g); err != nil {
		t.Fatal(err)
	}
	return g
}

// agent returns a learner in the golden's starting state.
func (g *golden) agent(t *testing.T) *Agent { return g.agentWith(t, DefaultSettings()) }

// agentWith is agent with the settings s where the golden has none of its own.
func (g *golden) agentWith(t *testing.T, s Settings) *Agent {
	s.Hidden, s.Gamma, s.Tau, s.Batch = g.Hidden, g.Gamma, g.Tau, len(g.Updates[0].Reward)
	s.ActorRate, s.CriticRate, s.TemperatureRate = g.Rate, g.Rate, g.Rate
	s.TargetEntropyRule, s.TargetEntropy = Fixed, g.TargetEntropy
	a := newAgent(t, s, g.ObsDim, g.ActDim, nil)
	narrow(a.actor.Params, g.Start.Actor)
	narrow(a.critics.Params, g.Start.Critics)
	narrow(a.targets.Params, g.Start.Targets)
	a.actor.PackAll()
	a.critics.PackAll()
	a.targets.PackAll()
	a.logTemperature = g.Start.LogTemperature
	return a
}

// update makes the golden's u-th update.
func (g *golden) update(t *testing.T, a *Agent, u int) Stats {
	t.Helper()
	from := g.Updates[u]
	b := replay.NewBatch(a.settings.Batch, g.ObsDim, g.ActDim)
	narrow(b.Obs, from.Obs)
	narrow(b.Action, from.Action)
	narrow(b.Next, from.Next)
	narrow(b.Reward, from.Reward)
	narrow(b.Continue, from.Continue)
	stride := rollout.Stride(g.ActDim)
	for r := range b.Rows {
		lo, hi := r*g.ActDim, (r+1)*g.ActDim
		narrow(a.noise[targetNoise][r*stride:r*stride+g.ActDim], from.TargetNoise[lo:hi])
		narrow(a.noise[actorNoise][r*stride:r*stride+g.ActDim], from.ActorNoise[lo:hi])
	}
	return a.step(b)
}

func narrow(dst []float32, src []float64) {
	if len(dst) != len(src) {
		panic("golden of another shape")
	}
	for i, v := range src {
		dst[i] = float32(v)
	}
}

// near fails unless got is within tolerance of want, relative to 1 + |want|.
func near(t *testing.T, name string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*(1+math.Abs(want))) {
		t.Errorf("%s is %.9g, want %.9g", name, got, want)
	}
}

// allNear compares slices by their largest distance.
func allNear(t *testing.T, name string, got []float32, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s has %d numbers, want %d", name, len(got), len(want))
	}
	worst, at := 0.0, 0
	for i := range got {
		if d := math.Abs(float64(got[i])-want[i]) / (1 + math.Abs(want[i])); !(d <= worst) {
			worst, at = d, i
		}
	}
	if !(worst <= tolerance) {
		t.Errorf("%s: number %d is %.9g, want %.9g (distance %.2g, allowed %.2g)", name, at, got[at], want[at], worst, tolerance)
	}
}

func (a *Agent) compare(t *testing.T, want *parameters, tolerance float64) {
	t.Helper()
	allNear(t, "actor", a.actor.Params, want.Actor, tolerance)
	allNear(t, "critics", a.critics.Params, want.Critics, tolerance)
	allNear(t, "targets", a.targets.Params, want.Targets, tolerance)
	near(t, "log temperature", a.logTemperature, want.LogTemperature, tolerance)
}

func TestThreeUpdatesAgreeWithTorch(t *testing.T) {
	g := readGolden(t)
	a := g.agent(t)
	for u, want := range g.Updates {
		got := g.update(t, a, u)
		near(t, "critic loss", got.CriticLoss, want.CriticLoss, 2e-6)
		near(t, "actor loss", got.ActorLoss, want.ActorLoss, 2e-6)
		near(t, "temperature loss", got.TemperatureLoss, want.TemperatureLoss, 2e-6)
		near(t, "entropy", got.Entropy, want.Entropy, 2e-6)
		near(t, "mean Q", got.QMean, want.QMean, 2e-6)
		near(t, "largest |Q|", got.QMax, want.QMax, 2e-6)
		if want.CriticGrad != nil {
			size := a.critics.MemberSize()
			for c := range a.critics.Members {
				allNear(t, "critic gradient", a.pieces[0].criticGrad[c], want.CriticGrad[c*size:(c+1)*size], 1e-6)
			}
			allNear(t, "actor gradient", a.pieces[0].actorGrad, want.ActorGrad, 1e-6)
		}
		if want.After != nil {
			a.compare(t, want.After, 2e-6)
		}
	}
}

// The golden's log standard deviations are near -1 here: stable-baselines3
// computes log(1 - a^2 + 1e-6), which departs where actions saturate.
func TestOneUpdateAgreesWithStableBaselines3(t *testing.T) {
	g := readGolden(t)
	for i := range g.ActDim {
		g.Start.Actor[len(g.Start.Actor)-1-i] = -1
	}
	a := g.agent(t)
	g.update(t, a, 0)
	a.compare(t, &g.SB3, 2e-6)
}
