package sac

import (
	"math"
	"testing"

	"demorl/replay"
	"demorl/rng"
	"demorl/rollout"
)

// The lanes are what imagination asks for.
var _ rollout.Terminal = (*ValueLane)(nil)

// constant makes member m of the critics or targets answer q everywhere.
func constant(params []float32, q float32) {
	clear(params)
	params[len(params)-1] = q
}

// logPiIs gives the actor's every action the log density want at noise e: one
// joint of mean 0, whose density at a small e falls with the log standard
// deviation up to 1.
func logPiIs(a *Agent, want, e float64) {
	lo, hi := -5.0, 1.0
	for range 200 {
		mid := (lo + hi) / 2
		if logPi, _ := one(0, mid, e); logPi > want {
			lo = mid
		} else {
			hi = mid
		}
	}
	clear(a.actor.Params)
	a.actor.Params[len(a.actor.Params)-1] = float32((lo + hi) / 2)
	a.actor.PackAll()
}

// method.md G.1, 10: r 1, gamma 0.99, Q' (10, 8), log pi -1.2, temperature 0.2.
func TestCriticTargetByHand(t *testing.T) {
	const rows = 3 // running, terminated, truncated
	s := DefaultSettings()
	s.Hidden, s.Batch, s.InitialTemperature = []int{4}, rows, 0.2
	a := newAgent(t, s, 2, 1, nil)
	constant(a.targets.Member(0), 10)
	constant(a.targets.Member(1), 8)
	a.targets.PackAll()
	real := replay.NewBuffer(rows, 2, 1)
	row := replay.Transition{Obs: make([]float32, 2), Action: make([]float32, 1), Next: make([]float32, 2), Reward: 1}
	real.Add(row)
	row.Terminated = true
	real.Add(row)
	row.Terminated, row.Truncated = false, true
	real.Add(row)
	for i, want := range []float32{9.1576, 1, 9.1576} {
		// Three equal rows of each kind, without noise.
		logPiIs(a, -1.2, 0)
		b := replay.NewBatch(rows, 2, 1)
		one := replay.NewBuffer(1, 2, 1)
		one.Add(real.Row(i))
		replay.SampleMixed(b, one, nil, 1, rng.Root(1))
		a.batch, a.temperature = b, float32(a.Temperature())
		a.targetValues(&a.work[0], 0, rows)
		if got := a.y[0]; math.Abs(float64(got-want)) > 1e-5 {
			t.Errorf("%+v: target %.6g, want %.6g", real.Row(i), got, want)
		}
	}
}

// A terminated row's next observation may be anything.
func TestTerminatedRowIsWorthItsRewardWhateverFollows(t *testing.T) {
	s := DefaultSettings()
	s.Hidden, s.Batch = []int{4}, 5
	a := newAgent(t, s, 2, 1, nil)
	b := randomBatch(5, 2, 1, rng.Root(1)) // row 4 terminates
	b.Next[8] = float32(math.Inf(1))
	a.batch = b
	a.targetValues(&a.work[0], 0, 5)
	if got := a.y[4]; got != b.Reward[4] {
		t.Errorf("target %g, want the reward %g", got, b.Reward[4])
	}
}

func TestActorGivesTheSampleOfItsNoiseAndTheTanhOfItsMean(t *testing.T) {
	const rows, dims = 9, 3
	a := newAgent(t, DefaultSettings(), 4, dims, nil)
	obs, noise := make([]float32, rows*4), make([]float32, rows*rollout.Stride(dims))
	rng.Root(1).Normals(obs, 0)
	rng.Root(2).Normals(noise, 0)
	sample, mean := make([]float32, rows*dims), make([]float32, rows*dims)
	actor := a.NewActor(rows)
	actor.Act(obs, rows, noise, sample, mean)
	head := a.actor.Infer(0, a.actor.NewTape(rows), obs, rows)
	for r := range rows {
		for j := range dims {
			m, l := float64(head[2*r*dims+j]), float64(head[(2*r+1)*dims+j])
			near(t, "mean", float64(mean[r*dims+j]), math.Tanh(m), 1e-6)
			near(t, "sample", float64(sample[r*dims+j]), math.Tanh(m+math.Exp(l)*float64(noise[4*r+j])), 1e-6)
		}
	}
	for i := range noise {
		noise[i] = 0
	}
	actor.Act(obs, rows, noise, sample, nil)
	for i := range sample {
		near(t, "sample without noise", float64(sample[i]), float64(mean[i]), 1e-6)
	}
}

// valueBlock has random observations, some rows of which run no more.
func valueBlock(rows, obsDim, actDim int) *rollout.Block {
	b := rollout.NewBlock(rows, obsDim, actDim)
	b.Rows, b.First, b.Key = rows, 40, rng.Root(77)
	rng.Root(3).Normals(b.Obs, 0)
	rng.Root(4).Uniforms(b.Action, 0)
	for r := range rows {
		if r%3 == 1 {
			b.Fate[r] = rollout.Terminated
			b.Obs[r*obsDim] = float32(math.NaN())
		}
	}
	return b
}

func TestSoftValueIsMinTargetQMinusTemperatureTimesLogDensity(t *testing.T) {
	const rows, obsDim, dims = 10, 4, 3
	s := DefaultSettings()
	s.InitialTemperature = 0.3
	a := newAgent(t, s, obsDim, dims, nil)
	rng.Root(5).Normals(a.targets.Member(1)[:500], 0) // so that the two disagree
	a.targets.PackAll()
	b := valueBlock(rows, obsDim, dims)
	noise := make([]float32, rows*4)
	b.Normals(rollout.ValueNoise, 0, noise, dims)
	soft, plain, last := a.NewValue(rows), a.NewValue(rows), a.NewValue(rows)
	plain.Rule, last.Rule = HardValue, LastAction
	got, gotPlain, gotLast := make([]float32, rows), make([]float32, rows), make([]float32, rows)
	for i := range got {
		got[i], gotPlain[i], gotLast[i] = -7, -7, -7
	}
	soft.Value(b, got)
	plain.Value(b, gotPlain)
	last.Value(b, gotLast)
	q := newSquashed(1, dims)
	tape, twin := a.actor.NewTape(1), a.targets.NewTape(1)
	x := make([]float32, obsDim+dims)
	minimum := func(obs, action []float32, online bool) float64 {
		join(x, obs, action, 1, obsDim, dims)
		net := a.targets
		if online {
			net = a.critics
		}
		q0 := net.Infer(0, twin, x, 1)[0]
		return float64(min(q0, net.Infer(1, twin, x, 1)[0]))
	}
	for r := range rows {
		if b.Fate[r] != rollout.Running {
			if got[r] != -7 || gotPlain[r] != -7 || gotLast[r] != -7 {
				t.Errorf("row %d does not run and was given a value", r)
			}
			continue
		}
		obs := b.Obs[r*obsDim : (r+1)*obsDim]
		q.sample(a.actor.Infer(0, tape, obs, 1), noise[4*r:4*r+4], 1)
		want := minimum(obs, q.action, false)
		near(t, "soft value", float64(got[r]), want-0.3*float64(q.logPi[0]), 1e-6)
		near(t, "min target Q", float64(gotPlain[r]), want, 1e-6)
		near(t, "min Q of the last action", float64(gotLast[r]), minimum(obs, b.Action[r*dims:(r+1)*dims], true), 1e-6)
	}
}

func TestValueOfARowDoesNotDependOnItsBlock(t *testing.T) {
	const rows, obsDim, dims = 12, 4, 2
	a := newAgent(t, DefaultSettings(), obsDim, dims, nil)
	b := valueBlock(rows, obsDim, dims)
	all := make([]float32, rows)
	a.NewValue(rows).Value(b, all)
	lane, part := a.NewValue(5), make([]float32, 5)
	for lo := 0; lo < rows; lo += 5 {
		c := rollout.NewBlock(5, obsDim, dims)
		c.Rows, c.First, c.Key = min(5, rows-lo), b.First+uint64(lo), b.Key
		copy(c.Obs, b.Obs[lo*obsDim:])
		copy(c.Fate, b.Fate[lo:])
		lane.Value(c, part)
		for r := range c.Rows {
			if c.Fate[r] == rollout.Running && part[r] != all[lo+r] {
				t.Errorf("row %d: %g alone, %g in the whole", lo+r, part[r], all[lo+r])
			}
		}
	}
}

func TestActingAndValuingAllocateNothing(t *testing.T) {
	const rows, obsDim, dims = 30, 5, 3
	a := newAgent(t, DefaultSettings(), obsDim, dims, nil)
	b, out := valueBlock(rows, obsDim, dims), make([]float32, rows)
	actor, value := a.NewActor(rows), a.NewValue(rows)
	noise, sample, mean := make([]float32, rows*4), make([]float32, rows*dims), make([]float32, rows*dims)
	if n := testing.AllocsPerRun(10, func() {
		actor.Act(b.Obs, rows, noise, sample, mean)
		value.Value(b, out)
	}); n != 0 {
		t.Errorf("%g allocations", n)
	}
}

func TestBFloat16ViewsFollowTheNetworksAtPublishAndStayClose(t *testing.T) {
	s := DefaultSettings()
	s.Hidden = []int{64, 64}
	a := newAgent(t, s, 5, 2, nil)
	const rows = 40
	obs, noise := make([]float32, rows*5), make([]float32, rows*rollout.Stride(2))
	rng.Root(1).Normals(obs, 0)
	rng.Root(2).Normals(noise, 0)
	act := func(actor rollout.Actor) []float32 {
		sample := make([]float32, rows*2)
		actor.Act(obs, rows, noise, sample, nil)
		return sample
	}
	value := func(v *ValueLane) []float32 {
		b := rollout.NewBlock(rows, 5, 2)
		b.Rows = rows
		copy(b.Obs, obs)
		out := make([]float32, rows)
		v.Value(b, out)
		return out
	}
	half, halfValue := a.NewActorBF16(rows), a.NewValueBF16(rows)
	before := act(half)
	for i := range uint64(30) {
		a.Update(randomBatch(s.Batch, 5, 2, rng.Root(i)), rng.Root(i))
	}
	for i, u := range act(half) {
		if u != before[i] {
			t.Fatal("the copy changed without PublishBF16")
		}
	}
	a.PublishBF16()
	near := func(what string, got, want []float32) {
		worst, same := 0.0, true
		for i := range got {
			worst = max(worst, math.Abs(float64(got[i]-want[i])))
			same = same && got[i] == want[i]
		}
		if worst > 0.02 || same {
			t.Errorf("%s: largest distance %g (equal: %v), want a rounding of bfloat16", what, worst, same)
		}
	}
	near("actions", act(half), act(a.NewActor(rows)))
	near("values", value(halfValue), value(a.NewValue(rows)))
}
