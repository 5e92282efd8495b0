package sac

import (
	"bytes"
	"fmt"
	"math"
	"testing"

	"demorl/dynamics"
	"demorl/internal/wire"
	"demorl/par"
	"demorl/rng"
	"demorl/rollout"
)

// drift ends rows whose first coordinate exceeds 2.
type drift struct{}

func (drift) Terminal(obs []float32, done []bool) {
	dims := len(obs) / len(done)
	for r := range done {
		done[r] = obs[r*dims] > 2
	}
}

// overModel returns a learner of value gradients through an ensemble with fresh
// weights, and a maker of its start states.
func overModel(t testing.TB, batch, steps int, rule dynamics.Terminator, pool *par.Pool, change func(*Settings)) (*ValueGradient, func(lo, hi int, obs []float32)) {
	t.Helper()
	const obsDim, actDim = 5, 3
	s := DefaultSettings()
	s.Hidden, s.Batch, s.Activation, s.InitialTemperature = []int{24, 16}, batch, SiLU, 0.1
	s.Critic = CriticSettings{Count: 3, Norm: NormPlain, Dropout: 0.01, Subset: 2, ActorUses: UsesMean, Quantiles: 1, Scaled: true}
	if change != nil {
		change(&s)
	}
	a := newAgent(t, s, obsDim, actDim, pool)
	m := dynamics.DefaultSettings()
	m.Members, m.Elites, m.Hidden, m.Decay, m.TargetNorm = 4, 4, []int{16, 16}, dynamics.ShapeDecay(2), true
	model, err := dynamics.New(m, obsDim, actDim, rng.Root(3), a.pool)
	if err != nil {
		t.Fatal(err)
	}
	starts := make([]float32, batch*(obsDim+3)) // whole blocks of normals
	rng.Root(4).Normals(starts, 0)
	v := a.NewValueGradient(model.World(dynamics.WorldOptions{Terminator: rule}), steps)
	return v, func(lo, hi int, obs []float32) { copy(obs, starts[lo*obsDim:hi*obsDim]) }
}

func TestAnUpdateThroughTheModelAllocatesNothing(t *testing.T) {
	for _, workers := range []int{1, 2} {
		pool := par.New(workers)
		defer pool.Close()
		v, draw := overModel(t, 256, 5, drift{}, pool, func(s *Settings) { s.ObservationNorm = workers == 2 })
		key := rng.Root(2)
		if n := testing.AllocsPerRun(5, func() { v.Update(draw, false, key) }); n != 0 {
			t.Errorf("with %d workers an update allocates %g times", workers, n)
		}
	}
}

func TestAnUpdateThroughTheModelGivesTheSameBitsForAnyNumberOfWorkers(t *testing.T) {
	var want []byte
	for _, workers := range []int{1, 2, 3, 8} {
		pool := par.New(workers)
		v, draw := overModel(t, 300, 4, drift{}, pool, func(s *Settings) { s.ObservationNorm = true })
		v.agent.Observe([]float32{3, -1, 0.2, 10, 0})
		v.agent.Observe([]float32{1, -1.5, 0.4, -10, 1})
		var log string
		for i := range uint64(5) {
			log += fmt.Sprintln(v.Update(draw, i < 2, rng.Root(9).At(i)))
		}
		pool.Close()
		got := append([]byte(log), v.agent.AppendState(nil)...)
		if want == nil {
			want = got
		} else if !bytes.Equal(got, want) {
			t.Errorf("%d workers give another state than 1", workers)
		}
	}
}

func TestARestoredLearnerOfValueGradientsGoesOnBitForBit(t *testing.T) {
	straight, draw := overModel(t, 64, 3, drift{}, nil, nil)
	for i := range uint64(3) {
		straight.Update(draw, i == 0, rng.Root(9).At(i))
	}
	restored, _ := overModel(t, 64, 3, drift{}, nil, nil)
	r := wire.NewReader(straight.agent.AppendState(nil))
	restored.agent.ReadState(r)
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	for i := range uint64(3) {
		straight.Update(draw, false, rng.Root(9).At(3+i))
		restored.Update(draw, false, rng.Root(9).At(3+i))
	}
	if !bytes.Equal(straight.agent.AppendState(nil), restored.agent.AppendState(nil)) {
		t.Error("the restored learner goes another way")
	}
}

// Updates of the critics alone leave actor and temperature as they are.
func TestUpdatesOfTheCriticsAloneLeaveTheActor(t *testing.T) {
	v, draw := overModel(t, 64, 3, nil, nil, nil)
	actor, temperature := append([]float32(nil), v.agent.actor.Params...), v.agent.logTemperature
	before := append([]float32(nil), v.agent.critics.Params...)
	v.Update(draw, true, rng.Root(1))
	if fmt.Sprint(actor) != fmt.Sprint(v.agent.actor.Params) || temperature != v.agent.logTemperature {
		t.Error("actor or temperature have moved")
	}
	if fmt.Sprint(before) == fmt.Sprint(v.agent.critics.Params) {
		t.Error("the critics have not")
	}
}

// The whole chain: the actor's loss along its own gradient, through five steps
// of the ensemble, is the gradient's square by central differences.
func TestTheActorsGradientIsTheSlopeOfItsLoss(t *testing.T) {
	for name, normalised := range map[string]bool{"raw observations": false, "normalised ones": true} {
		t.Run(name, func(t *testing.T) { checkTheActorsSlope(t, normalised) })
	}
}

func checkTheActorsSlope(t *testing.T, normalised bool) {
	v, draw := overModel(t, 200, 5, nil, nil, func(s *Settings) {
		s.ActorRate, s.CriticRate, s.TemperatureRate, s.Critic.Dropout, s.ObservationNorm = 0, 0, 0, 0, normalised
	})
	a := v.agent
	for _, row := range [][]float32{{3, -1, 0.2, 10, 0}, {1, -1.5, 0.4, -10, 1}} { // deviations of 0.1 to 10
		a.Observe(row)
	}
	for c := range a.critics.Members { // so that the end has a slope
		last := a.critics.Weights(c, a.critics.Layers()-1)
		for i := range last {
			last[i] = float32(math.Sin(float64(i + 3*c)))
		}
	}
	a.critics.PackAll()
	key := rng.Root(5)
	v.Update(draw, false, key)
	grad := make([]float64, len(a.actor.Params))
	square := 0.0
	for i := range grad {
		grad[i] = float64(a.pieces[0].actorGrad[i]) // of all pieces, after the step
		square += grad[i] * grad[i]
	}
	start := append([]float32(nil), a.actor.Params...)
	at := func(eps float64) float64 {
		for i, g := range grad {
			a.actor.Params[i] = start[i] + float32(eps*g/math.Sqrt(square))
		}
		a.actor.PackAll()
		return v.Update(draw, false, key).ActorLoss
	}
	const eps = 2e-3
	slope := (at(eps) - at(-eps)) / (2 * eps)
	if want := math.Sqrt(square); math.Abs(slope-want) > 2e-3*want {
		t.Errorf("the loss falls by %v along its gradient of norm %v", slope, want)
	}
}

// The published sizes at the shapes of HalfCheetah.
func BenchmarkAnUpdateThroughTheModel(b *testing.B) {
	const obsDim, actDim = 17, 6
	s := DefaultSettings()
	s.Hidden, s.Activation = []int{256, 256, 256}, SiLU
	s.Critic = CriticSettings{Count: 5, Norm: NormPlain, Dropout: 1e-3, Subset: 2, ActorUses: UsesMean, Quantiles: 1, Scaled: true}
	a := newAgent(b, s, obsDim, actDim, nil)
	m := dynamics.DefaultSettings()
	m.Members, m.Elites, m.Hidden, m.Decay, m.TargetNorm = 8, 8, []int{256, 256, 256}, dynamics.ShapeDecay(3), true
	model, err := dynamics.New(m, obsDim, actDim, rng.Root(3), a.pool)
	if err != nil {
		b.Fatal(err)
	}
	v := a.NewValueGradient(model.World(dynamics.WorldOptions{}), 5)
	starts := make([]float32, 256*20)
	rng.Root(4).Normals(starts, 0)
	draw := func(lo, hi int, obs []float32) { copy(obs, starts[lo*obsDim:hi*obsDim]) }
	for _, c := range []struct {
		name        string
		criticsOnly bool
		flop        float64
	}{{"whole", false, 3.91e9}, {"critics", true, 1.98e9}} {
		b.Run(c.name, func(b *testing.B) {
			for i := range b.N {
				v.Update(draw, c.criticsOnly, rng.Root(uint64(i)))
			}
			b.ReportMetric(c.flop*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}

// What imagination's values say is in the value's units: answers times half the
// distance of the bounds plus their middle, the mean over the targets.
func TestTerminalValuesOfScaledCriticsAreInTheUnitsOfTheValue(t *testing.T) {
	v, draw := overModel(t, 64, 3, nil, nil, func(s *Settings) { s.Critic.Dropout = 0 })
	a := v.agent
	for i := range uint64(4) {
		v.Update(draw, false, rng.Root(9).At(i))
	}
	low, high := a.bounds.low, a.bounds.high
	if !(low < high) || float64(a.bounds.width) == 1 {
		t.Fatalf("bounds %v to %v", low, high)
	}
	const rows = 8
	b := rollout.NewBlock(rows, a.obsDim, a.actDim)
	b.Rows, b.Key = rows, rng.Root(1)
	draw(0, rows, b.Obs)
	out := make([]float32, rows)
	lane := a.NewValue(rows)
	lane.Rule = HardValue
	lane.Value(b, out)
	x, tape := make([]float32, rows*(a.obsDim+a.actDim)), a.targets.NewTape(rows)
	join(x, b.Obs, lane.policy.action, rows, a.obsDim, a.actDim)
	want := make([]float64, rows)
	for c := range a.targets.Members {
		for r, q := range a.targets.Infer(c, tape, x, rows) {
			want[r] += (float64(q)*(high-low)/2 + (high+low)/2) / float64(a.targets.Members)
		}
	}
	allNear(t, "values", out, want, 1e-5)
}

// method.md D.5.6: the 1 % and 99 % quantiles of the rewards, earned for ever;
// the first ones as they are, then followed at the rate.
func TestTheBoundsOfTheValueFollowTheRewards(t *testing.T) {
	var rewards []float32
	for i := range 101 {
		rewards = append(rewards, float32(100-i)) // quantile p is 100 p
	}
	b := bounds{width: 1}
	b.follow(nil, 0.5, 0.1)
	if b.known || b.clamp(1e9) != 1e9 {
		t.Error("bounds are known without a reward")
	}
	b.follow(rewards, 0.5, 0.1)
	near(t, "low", b.low, 2, 1e-9)
	near(t, "high", b.high, 198, 1e-9)
	near(t, "width", float64(b.width), 98, 1e-6)
	near(t, "centre", float64(b.centre), 100, 1e-6)
	b.follow([]float32{0, 0}, 0.5, 0.1)
	near(t, "low after", b.low, 1.8, 1e-9)
	near(t, "high after", b.high, 178.2, 1e-9)
	if b.clamp(-5) != float32(b.low) || b.clamp(500) != float32(b.high) || b.clamp(50) != 50 {
		t.Error("values are not clamped to the bounds")
	}
	if nan := b.clamp(float32(math.NaN())); nan == nan {
		t.Error("a value that is not a number becomes one")
	}
}
