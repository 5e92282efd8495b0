package dynamics

import (
	"math"
	"slices"
	"testing"

	"demorl/rng"
	"demorl/rollout"
)

// twinModel is a step of one member in float64, written again from method.md C.1
// to C.4.
type twinModel struct{ e *Ensemble }

// step returns reward and next observation for x = (obs, action).
func (w twinModel) step(m int, x, noise []float64) []float64 {
	e := w.e
	h := make([]float64, len(x))
	for j, v := range x {
		h[j] = (v - float64(e.inputs.Mean[j])) / float64(e.inputs.Std[j])
	}
	for l := range e.net.Layers() {
		weights, biases := e.net.Weights(m, l), e.net.Biases(m, l)
		z := make([]float64, len(biases))
		for j := range z {
			z[j] = float64(biases[j])
			for i, v := range h {
				z[j] += v * float64(weights[i*len(z)+j])
			}
			if l < e.net.Layers()-1 {
				z[j] /= 1 + math.Exp(-z[j])
			}
		}
		if h = z; l < e.net.Layers()-1 && e.settings.Norm == NormLayer {
			mean, variance := 0.0, 0.0
			for _, v := range h {
				mean += v / float64(len(h))
			}
			for _, v := range h {
				variance += (v - mean) * (v - mean) / float64(len(h))
			}
			for j := range h {
				h[j] = (h[j] - mean) / math.Sqrt(variance+e.settings.NormEpsilon[l])
			}
		}
	}
	n := e.Outputs()
	out := make([]float64, n)
	for d := range n {
		std := 0.0
		if e.noise != nil {
			std = math.Exp(e.noise.at[m][d])
		} else {
			upper, lower := e.bounds.upperAt[d], e.bounds.lowerAt[d]
			t := upper - softplus(upper-h[n+d])
			std = math.Exp(0.5 * (lower + softplus(t-lower)))
		}
		out[d] = float64(e.targets.Mean[d]) + float64(e.targets.Std[d])*(h[d]+std*noise[d])
		if d > 0 {
			out[d] += x[d-1]
		}
	}
	return out
}

// weigh is the number whose gradient Back takes.
func (w twinModel) weigh(m int, x, noise []float64, dReward float64, dNext []float64) float64 {
	out := w.step(m, x, noise)
	sum := dReward * out[0]
	for j, d := range dNext {
		sum += d * out[1+j]
	}
	return sum
}

func wide(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

func random(n int, key rng.Key) []float32 {
	x := make([]float32, (n+3)&^3)
	key.Normals(x, 0)
	return x[:n]
}

// Two steps, each gone back over: outcomes are those of the float64 twin with
// the row's member and noise, and gradients its central differences.
func TestTapedStepsAgreeWithFiniteDifferencesOfATwin(t *testing.T) {
	for _, form := range []string{"plain", "target_norm", "variant"} {
		norm := form
		e := fitted(t, func(s *Settings) {
			if form == "variant" {
				variant(s)
			}
			s.TargetNorm, s.MaxPasses = form != "plain", 3
		})
		for d := range e.bounds.upperAt { // so that both soft bounds are felt
			e.bounds.upperAt[d], e.bounds.lowerAt[d] = -2, -5
		}
		e.bounds.publish()
		e.publish()
		twin := twinModel{e}
		const rows, steps = 20, 2
		tape := e.World(WorldOptions{}).NewTape(rows, steps).(*Tape)
		b, _ := crowd(rows, 1, 1)
		noise := make([]float32, rows*rollout.Stride(e.Outputs()))
		var obs, action, members [steps][]float32
		for h := range steps {
			copy(b.Action, random(rows, rng.Root(4).At(uint64(h))))
			obs[h], action[h] = slices.Clone(b.Obs), slices.Clone(b.Action)
			tape.Step(b, h)
			for r := range rows {
				members[h] = append(members[h], float32(e.elites[tape.lane.member[r]]))
			}
			copy(b.Obs, b.Next)
		}
		for h := steps - 1; h >= 0; h-- {
			dNext, dReward := random(rows*2, rng.Root(5)), random(rows, rng.Root(6))
			dObs, dAction := make([]float32, rows*2), make([]float32, rows)
			tape.Back(h, dNext, dReward, dObs, dAction)
			b.Normals(rollout.ModelNoise, h, noise, e.Outputs())
			for r := range rows {
				x := []float64{float64(obs[h][2*r]), float64(obs[h][2*r+1]), float64(action[h][r])}
				own := wide(noise[r*rollout.Stride(e.Outputs()):][:e.Outputs()])
				own[0] = 0 // the reward is its mean
				m := int(members[h][r])
				if h == steps-1 {
					for d, want := range twin.step(m, x, own) {
						got := b.Reward[r]
						if d > 0 {
							got = b.Next[2*r+d-1]
						}
						if math.Abs(float64(got)-want) > 2e-5*(1+math.Abs(want)) {
							t.Fatalf("row %d: output %d is %v, the twin says %v", r, d, got, want)
						}
					}
				}
				for j, got := range []float32{dObs[2*r], dObs[2*r+1], dAction[r]} {
					const eps = 1e-5
					up, down := slices.Clone(x), slices.Clone(x)
					up[j] += eps
					down[j] -= eps
					dn := wide(dNext[2*r : 2*r+2])
					want := (twin.weigh(m, up, own, float64(dReward[r]), dn) - twin.weigh(m, down, own, float64(dReward[r]), dn)) / (2 * eps)
					if math.Abs(float64(got)-want) > 5e-5*(1+math.Abs(want)) {
						t.Errorf("%s, step %d, row %d: gradient by input %d is %v, want %v", norm, h, r, j, got, want)
					}
				}
			}
		}
	}
}

// beyond ends rows whose first coordinate exceeds 0.
type beyond struct{}

func (beyond) Terminal(obs []float32, done []bool) {
	for r := range done {
		done[r] = obs[2*r] > 0
	}
}

func TestNoGradientPassesRowsThatHaveEndedOrAreNotFinite(t *testing.T) {
	e := fitted(t, func(s *Settings) { s.ModelGuard = 0 })
	const rows = 30
	walk := func(spoil bool) (dObs, dAction []float32, was [2][]rollout.Fate) {
		tape := e.World(WorldOptions{Terminator: beyond{}}).NewTape(rows, 2)
		b, _ := crowd(rows, 1, 1)
		if spoil {
			b.Obs[2*7], b.Obs[2*7+1] = float32(math.Inf(1)), 1
		}
		for h := range 2 {
			was[h] = slices.Clone(b.Fate)
			tape.Step(b, h)
			for r := range rows {
				if b.Fate[r] == rollout.Running {
					copy(b.Obs[2*r:2*r+2], b.Next[2*r:])
				}
			}
		}
		if spoil && b.Fate[7] != rollout.NonFinite {
			t.Fatalf("the spoilt row's fate is %v", b.Fate[7])
		}
		dNext, dReward := random(rows*2, rng.Root(5)), random(rows, rng.Root(6))
		dObs, dAction = make([]float32, 2*rows), make([]float32, rows)
		tape.Back(1, dNext, dReward, dObs, dAction)
		for r := range rows {
			none := dObs[2*r] == 0 && dObs[2*r+1] == 0 && dAction[r] == 0
			if none != (was[1][r] != rollout.Running) {
				t.Errorf("row %d, which was %v, gets %v and %v", r, was[1][r], dObs[2*r:2*r+2], dAction[r])
			}
		}
		// A row that takes nothing passes nothing, whatever its numbers are.
		for i := range 2 {
			dNext[2*7+i] = 0
		}
		dReward[7] = 0
		tape.Back(0, dNext, dReward, dObs, dAction)
		if dObs[14] != 0 || dObs[15] != 0 || dAction[7] != 0 {
			t.Errorf("a row without a gradient passes %v and %v", dObs[14:16], dAction[7])
		}
		return dObs, dAction, was
	}
	plain, action, was := walk(false)
	if !slices.Contains(was[1], rollout.Terminated) || !slices.Contains(was[1], rollout.Running) {
		t.Fatal("some rows must end in the first step and others not")
	}
	spoilt, other, _ := walk(true)
	if !slices.Equal(plain, spoilt) || !slices.Equal(action, other) {
		t.Error("a row that is not finite changes the gradients of others")
	}
}

func TestTheElitesAreDealtInEqualSharesAndAnewAtEveryStep(t *testing.T) {
	e := fitted(t, nil)
	tape := e.World(WorldOptions{}).NewTape(31, 2).(*Tape)
	b, _ := crowd(31, 1, 1)
	tape.Step(b, 0)
	first := slices.Clone(tape.lane.member[:31])
	tape.Step(b, 1)
	for m, n := range spread(first) {
		if n < 10 || n > 11 {
			t.Errorf("elite %d gets %d of 31 rows", m, n)
		}
	}
	if slices.Equal(first, tape.lane.member[:31]) {
		t.Error("both steps deal alike")
	}
}

func TestTapedStepsAllocateNothing(t *testing.T) {
	e := fitted(t, nil)
	tape := e.World(WorldOptions{Terminator: beyond{}}).NewTape(64, 2)
	b, _ := crowd(64, 1, 1)
	dNext, dReward := random(128, rng.Root(5)), random(64, rng.Root(6))
	dObs, dAction := make([]float32, 128), make([]float32, 64)
	n := testing.AllocsPerRun(5, func() {
		clear(b.Fate)
		tape.Step(b, 0)
		tape.Step(b, 1)
		tape.Back(1, dNext, dReward, dObs, dAction)
		tape.Back(0, dNext, dReward, dObs, dAction)
	})
	if n != 0 {
		t.Errorf("two steps and back allocate %g times", n)
	}
}
