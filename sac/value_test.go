package sac

import (
	"bytes"
	"math"
	"testing"

	"demorl/internal/wire"
	"demorl/par"
	"demorl/rng"
	"demorl/rollout"
)

// valued returns default settings with a state value.
func valued() Settings {
	s := DefaultSettings()
	s.Value.Trained = true
	return s
}

// method.md A.5: loss, gradient, net and target after each of three updates, and
// all else of the learner as without a state value.
func TestTheStateValueAgreesWithTorchAndLeavesTheRestAlone(t *testing.T) {
	g := readGolden(t)
	s := valued()
	s.Value.Rate = g.Rate
	a := g.agentWith(t, s)
	narrow(a.value.net.Params, g.Value.Net)
	narrow(a.value.target.Params, g.Value.Target)
	a.value.net.PackAll()
	a.value.target.PackAll()
	stride := rollout.Stride(g.ActDim)
	for u, want := range g.Value.Updates {
		for r := range a.settings.Batch {
			narrow(a.value.noise[r*stride:r*stride+g.ActDim], want.Noise[r*g.ActDim:(r+1)*g.ActDim])
		}
		got := g.update(t, a, u)
		near(t, "value loss", got.ValueLoss, want.Loss, 2e-6)
		allNear(t, "value gradient", a.value.grads[0], want.Grad, 1e-6)
		allNear(t, "value", a.value.net.Params, want.Net, 2e-6)
		allNear(t, "value target", a.value.target.Params, want.Target, 2e-6)
		if after := g.Updates[u].After; after != nil {
			a.compare(t, after, 2e-6)
		}
	}
}

// Where Q is constant and the temperature as good as nothing, V is that constant.
func TestTheStateValueApproachesTheSoftValueOfItsPolicy(t *testing.T) {
	s := valued()
	s.Hidden, s.Batch, s.ActorRate, s.CriticRate, s.TemperatureRate, s.Value.Rate, s.Tau = []int{16, 16}, 64, 0, 0, 0, 3e-3, 0.05
	s.InitialTemperature = 1e-6
	a := newAgent(t, s, 3, 2, nil)
	constant(a.critics.Member(0), 4)
	constant(a.critics.Member(1), 5)
	copy(a.targets.Params, a.critics.Params)
	a.critics.PackAll()
	a.targets.PackAll()
	for i := range uint64(2500) {
		a.Update(randomBatch(64, 3, 2, rng.Root(i)), rng.Root(9).At(i))
	}
	b := rollout.NewBlock(30, 3, 2)
	b.Rows = 30
	rng.Root(5).Normals(b.Obs, 0)
	b.Fate[7] = rollout.Terminated
	out, lane := make([]float32, 30), a.NewValue(30)
	lane.Rule = StateValue
	lane.Value(b, out)
	for r, v := range out {
		want := 4.0
		if r == 7 {
			want = 0 // left alone
		}
		if math.Abs(float64(v)-want) > 0.05 {
			t.Errorf("row %d is worth %g, want %g", r, v, want)
		}
	}
	half, rounded := a.NewValueBF16(30), make([]float32, 30)
	half.Rule = StateValue
	half.Value(b, rounded)
	for r, v := range rounded {
		if math.Abs(float64(v-out[r])) > 0.05 {
			t.Errorf("row %d is worth %g in bfloat16, want %g", r, v, out[r])
		}
	}
	if n := testing.AllocsPerRun(5, func() { lane.Value(b, out) }); n != 0 {
		t.Errorf("valuing allocates %g times", n)
	}
}

func TestTheStateValueKeepsTheRulesOfTheLearner(t *testing.T) {
	quantiles := valued()
	quantiles.Critic = CriticSettings{Count: 3, Norm: NormLayer, Dropout: 0.1, Subset: 3, ActorUses: UsesMean, Quantiles: 4, Drop: 1}
	joint := valued()
	joint.Critic.Norm = NormBatch
	seen := valued()
	seen.ObservationNorm, seen.PolicyEvery = true, 2
	for name, s := range map[string]Settings{"plain": valued(), "quantiles": quantiles, "batch_renorm": joint, "observation_norm": seen} {
		s.Hidden, s.Value.Hidden, s.Batch = []int{16, 12}, []int{20}, 300
		var straight []byte
		for _, workers := range []int{1, 3} {
			pool := par.New(workers)
			a := newAgent(t, s, 5, 2, pool)
			step := func(i uint64) {
				if st := a.Update(randomBatch(300, 5, 2, rng.Root(i)), rng.Root(9).At(i)); st.NonFinite || st.ValueLoss == 0 {
					t.Fatalf("%s: %+v", name, st)
				}
			}
			for i := range uint64(4) {
				step(i)
				if workers == 3 && i == 1 { // a restore in between
					r := wire.NewReader(a.AppendState(nil))
					a, _ = New(s, 5, 2, rng.Root(99), pool)
					a.ReadState(r)
					if err := r.Err(); err != nil {
						t.Fatal(err)
					}
				}
			}
			b := randomBatch(300, 5, 2, rng.Root(7))
			if n := testing.AllocsPerRun(3, func() { a.Update(b, rng.Root(3)) }); n != 0 {
				t.Errorf("%s: an update allocates %g times", name, n)
			}
			pool.Close()
			got := a.AppendState(nil)
			if straight == nil {
				straight = got
			} else if !bytes.Equal(got, straight) {
				t.Errorf("%s: three workers and a restore give another state than one", name)
			}
		}
	}
}

// Without it, every bit of the learner is what it is with it.
func TestALearnerWithoutAStateValueHasTheSameBits(t *testing.T) {
	state := func(s Settings) []byte {
		s.Hidden, s.Batch = []int{16, 12}, 70
		a := newAgent(t, s, 5, 2, nil)
		for i := range uint64(3) {
			a.Update(randomBatch(70, 5, 2, rng.Root(i)), rng.Root(9).At(i))
		}
		return a.AppendState(nil)
	}
	with, without := state(valued()), state(DefaultSettings())
	if !bytes.HasPrefix(with, without) || len(with) == len(without) {
		t.Error("the state value changes other parts of the learner")
	}
}

// A batch that is not finite in the observations stops the value, not silently.
func TestAStateValueThatIsNotFiniteIsTold(t *testing.T) {
	s := valued()
	s.Hidden, s.Batch = []int{4}, 5
	a := newAgent(t, s, 2, 1, nil)
	for i := range a.value.net.Params {
		a.value.net.Params[i] = float32(math.Inf(1))
	}
	a.value.net.PackAll()
	if st := a.Update(randomBatch(5, 2, 1, rng.Root(1)), rng.Root(2)); !st.NonFinite {
		t.Errorf("%+v", st)
	}
}
