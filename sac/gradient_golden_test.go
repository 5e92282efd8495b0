package sac

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"demorl/rollout"
)

// gradientGolden is testdata/gradient.json, or gradient_seen.json where the networks
// see normalised observations, written by oracle/golden_gradient.py.
type gradientGolden struct {
	ObsDim        int `json:"obs_dim"`
	ActDim        int `json:"act_dim"`
	Hidden        []int
	Rows, Steps   int
	Critics       int
	Gamma, Tau    float64
	Rate          float64
	TargetEntropy float64 `json:"target_entropy"`
	Subset        []int
	Edge          float64
	Lost          [][2]int // step and row
	World         struct{ A, B, C, P []float64 }
	Seen          [][]float32 // observations whose statistics normalise; nil: none do
	Start         parameters
	Updates       []gradientUpdate
}

type gradientUpdate struct {
	Obs             []float64
	PolicyNoise     []float64 `json:"policy_noise"`
	WorldNoise      []float64 `json:"world_noise"`
	Member          []float64
	CriticLoss      float64   `json:"critic_loss"`
	ActorLoss       float64   `json:"actor_loss"`
	TemperatureLoss float64   `json:"temperature_loss"`
	Entropy         float64   `json:"entropy"`
	CriticGrad      []float64 `json:"critic_grad"`
	ActorGrad       []float64 `json:"actor_grad"`
	TargetsY        []float64 `json:"targets_y"`
	Tail            []float64
	Over            []bool
	Bounds          [2]float64
	After           parameters
}

// toyWorld is the golden's closed-form world, its derivatives by hand in float64.
type toyWorld struct {
	g    *gradientGolden
	u    *gradientUpdate
	tape *toyTape
}

func (w *toyWorld) ObsDim() int                   { return w.g.ObsDim }
func (w *toyWorld) ActDim() int                   { return w.g.ActDim }
func (w *toyWorld) NewLane(rows int) rollout.Lane { return nil }
func (w *toyWorld) NewTape(rows, steps int) rollout.Tape {
	w.tape = &toyTape{w: w, obs: make([][]float32, steps), action: make([][]float32, steps)}
	return w.tape
}

type toyTape struct {
	w           *toyWorld
	obs, action [][]float32
}

func (t *toyTape) member(h, r int) int { return int(t.w.u.Member[h*t.w.g.Rows+r]) }

// push returns tanh of the member's linear map for output j.
func (t *toyTape) push(h, r, j int) float64 {
	g, m, sum := t.w.g, t.member(h, r), 0.0
	for i := range g.ObsDim {
		sum += float64(t.obs[h][r*g.ObsDim+i]) * g.World.A[(m*g.ObsDim+i)*g.ObsDim+j]
	}
	for i := range g.ActDim {
		sum += float64(t.action[h][r*g.ActDim+i]) * g.World.B[(m*g.ActDim+i)*g.ObsDim+j]
	}
	return math.Tanh(sum)
}

func (t *toyTape) spread(h, r, j int) float64 {
	g, sum := t.w.g, 0.0
	for i := range g.ObsDim {
		sum += float64(t.obs[h][r*g.ObsDim+i]) * g.World.C[i*g.ObsDim+j]
	}
	return math.Tanh(sum)
}

func (t *toyTape) noise(h, r, j int) float64 {
	return t.w.u.WorldNoise[(h*t.w.g.Rows+r)*t.w.g.ObsDim+j]
}

func (t *toyTape) Step(b *rollout.Block, h int) {
	g := t.w.g
	t.obs[h], t.action[h] = slices.Clone(b.Obs), slices.Clone(b.Action)
	for r := range b.Rows {
		if b.Fate[r] != rollout.Running {
			continue
		}
		reward := 0.0
		for j := range g.ObsDim {
			x := float64(b.Obs[r*g.ObsDim+j])
			reward += x*g.World.P[j] - 0.3*x*x
			b.Next[r*g.ObsDim+j] = float32(x + 0.3*t.push(h, r, j) + (0.05+0.02*t.spread(h, r, j))*t.noise(h, r, j))
		}
		for i := range g.ActDim {
			u := float64(b.Action[r*g.ActDim+i])
			reward -= 0.1 * u * u
		}
		b.Reward[r] = float32(reward)
		switch {
		case slices.Contains(g.Lost, [2]int{h, r}):
			b.Fate[r] = rollout.OutOfRange
		case float64(b.Next[r*g.ObsDim]) > g.Edge:
			b.Fate[r] = rollout.Terminated
		}
	}
}

func (t *toyTape) Back(h int, dNext, dReward, dObs, dAction []float32) {
	g := t.w.g
	for r := range g.Rows {
		for i := range g.ObsDim {
			x := float64(t.obs[h][r*g.ObsDim+i])
			sum := float64(dNext[r*g.ObsDim+i]) + float64(dReward[r])*(g.World.P[i]-0.6*x)
			for j := range g.ObsDim {
				d, push, spread := float64(dNext[r*g.ObsDim+j]), t.push(h, r, j), t.spread(h, r, j)
				sum += d * 0.3 * (1 - push*push) * g.World.A[(t.member(h, r)*g.ObsDim+i)*g.ObsDim+j]
				sum += d * t.noise(h, r, j) * 0.02 * (1 - spread*spread) * g.World.C[i*g.ObsDim+j]
			}
			dObs[r*g.ObsDim+i] = float32(sum)
		}
		for i := range g.ActDim {
			sum := float64(dReward[r]) * -0.2 * float64(t.action[h][r*g.ActDim+i])
			for j := range g.ObsDim {
				push := t.push(h, r, j)
				sum += float64(dNext[r*g.ObsDim+j]) * 0.3 * (1 - push*push) * g.World.B[(t.member(h, r)*g.ActDim+i)*g.ObsDim+j]
			}
			dAction[r*g.ActDim+i] = float32(sum)
		}
	}
}

func readGradientGolden(t *testing.T, name string) *gradientGolden {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	g := &gradientGolden{}
	if err := json.Unmarshal(data, g); err != nil {
		t.Fatal(err)
	}
	return g
}

// learner returns a learner in the golden's starting state and its updates.
func (g *gradientGolden) learner(t *testing.T, w *toyWorld) *ValueGradient {
	s := DefaultSettings()
	s.Hidden, s.Activation, s.Gamma, s.Tau, s.Batch = g.Hidden, SiLU, g.Gamma, g.Tau, g.Rows
	s.ActorRate, s.CriticRate, s.TemperatureRate = g.Rate, g.Rate, g.Rate
	s.TargetEntropyRule, s.TargetEntropy = Fixed, g.TargetEntropy
	s.Critic = CriticSettings{Count: g.Critics, Norm: NormPlain, Subset: len(g.Subset), ActorUses: UsesMean, Quantiles: 1, Scaled: true}
	s.ObservationNorm = g.Seen != nil
	a := newAgent(t, s, g.ObsDim, g.ActDim, nil)
	for _, row := range g.Seen {
		a.Observe(row)
	}
	narrow(a.actor.Params, g.Start.Actor)
	narrow(a.critics.Params, g.Start.Critics)
	narrow(a.targets.Params, g.Start.Targets)
	a.actor.PackAll()
	a.critics.PackAll()
	a.targets.PackAll()
	a.logTemperature, a.subset = g.Start.LogTemperature, g.Subset
	return a.NewValueGradient(w, g.Steps)
}

// play makes the golden's u-th update.
func (g *gradientGolden) play(w *toyWorld, v *ValueGradient, u int) Stats {
	w.u = &g.Updates[u]
	narrow(v.batch.Obs, w.u.Obs)
	stride := rollout.Stride(g.ActDim)
	for k := range v.walks[0].step {
		for r := range g.Rows {
			from := (k*g.Rows + r) * g.ActDim
			narrow(v.walks[0].step[k].noise[r*stride:r*stride+g.ActDim], w.u.PolicyNoise[from:from+g.ActDim])
		}
	}
	return v.update(false)
}

func TestUpdatesThroughThreeStepsAgreeWithTorch(t *testing.T) {
	for _, name := range []string{"gradient.json", "gradient_seen.json"} {
		t.Run(name, func(t *testing.T) { compareUpdates(t, readGradientGolden(t, name)) })
	}
}

func compareUpdates(t *testing.T, g *gradientGolden) {
	w := &toyWorld{g: g}
	v := g.learner(t, w)
	a := v.agent
	for u, want := range g.Updates {
		got := g.play(w, v, u)
		allNear(t, "weights of the value at the end", v.walks[0].tail, want.Tail, 1e-6)
		near(t, "lower bound", a.bounds.low, want.Bounds[0], 1e-6)
		near(t, "upper bound", a.bounds.high, want.Bounds[1], 1e-6)
		allNear(t, "critics' targets", a.y, want.TargetsY, 2e-6)
		near(t, "critic loss", got.CriticLoss, want.CriticLoss, 5e-6)
		near(t, "actor loss", got.ActorLoss, want.ActorLoss, 5e-6)
		near(t, "temperature loss", got.TemperatureLoss, want.TemperatureLoss, 5e-6)
		near(t, "entropy", got.Entropy, want.Entropy, 5e-6)
		size := a.critics.MemberSize()
		for c := range a.critics.Members {
			nearLargest(t, "critic gradient", a.pieces[0].criticGrad[c], want.CriticGrad[c*size:(c+1)*size], 1e-6)
		}
		nearLargest(t, "actor gradient", a.pieces[0].actorGrad, want.ActorGrad, 1e-6)
		a.compare(t, &want.After, 5e-6)
		near(t, "log temperature", a.logTemperature, want.After.LogTemperature, 5e-9) // its steps are Adam's, whose size hardly tells
	}
}

// The golden's terminated rows: what happens after them moves nothing.
func TestNothingPassesARowThatHasTerminated(t *testing.T) {
	g := readGradientGolden(t, "gradient.json")
	w := &toyWorld{g: g}
	v := g.learner(t, w)
	g.play(w, v, 0)
	walk, dims := &v.walks[0], g.ObsDim
	ended := 0
	for r, over := range g.Updates[0].Over {
		if !over {
			continue
		}
		ended++
		if walk.tail[r] != 0 {
			t.Errorf("row %d has terminated and its end weighs %v", r, walk.tail[r])
		}
	}
	if ended == 0 {
		t.Fatal("no row has terminated")
	}
	// Go back again and look at what the end and the dead steps pass on.
	v.judge(walk, 0, g.Rows, 1)
	for k := v.steps - 1; k > 0; k-- {
		for r, over := range g.Updates[0].Over {
			if over && walk.until[r] <= k && !allZero(walk.dObs[r*dims:(r+1)*dims]) {
				t.Errorf("terminated row %d gets %v after step %d", r, walk.dObs[r*dims:(r+1)*dims], k)
			}
		}
		v.back(walk, k, g.Rows, 1, make([]float32, v.agent.actor.MemberSize()))
		for r, over := range g.Updates[0].Over {
			if over && walk.until[r] <= k && !allZero(walk.dHead[r*2*g.ActDim:(r+1)*2*g.ActDim]) {
				t.Errorf("the policy of terminated row %d gets %v at step %d", r, walk.dHead[r*2*g.ActDim:(r+1)*2*g.ActDim], k)
			}
		}
	}
}

// nearLargest compares a gradient by distances relative to its largest number.
func nearLargest(t *testing.T, name string, got []float32, want []float64, tolerance float64) {
	t.Helper()
	largest, worst := 0.0, 0.0
	for i, w := range want {
		largest = max(largest, math.Abs(w))
		if d := math.Abs(float64(got[i]) - w); !(d <= worst) {
			worst = d
		}
	}
	if !(worst <= tolerance*largest) {
		t.Errorf("%s: the largest distance is %.3g of numbers up to %.3g", name, worst, largest)
	}
}

func allZero(x []float32) bool {
	for _, v := range x {
		if v != 0 {
			return false
		}
	}
	return true
}
