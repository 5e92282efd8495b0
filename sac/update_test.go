package sac

import (
	"bytes"
	"fmt"
	"math"
	"testing"

	"demorl/internal/wire"
	"demorl/par"
	"demorl/replay"
	"demorl/rng"
)

// newAgent returns a learner or stops the test.
func newAgent(t testing.TB, s Settings, obsDim, actDim int, pool *par.Pool) *Agent {
	t.Helper()
	a, err := New(s, obsDim, actDim, rng.Root(7).Derive("sac"), pool)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// randomBatch returns rows of noise; every fifth row terminates.
func randomBatch(rows, obsDim, actDim int, key rng.Key) *replay.Batch {
	b := replay.NewBatch(rows, obsDim, actDim)
	key.At(0).Normals(b.Obs, 0)
	key.At(1).Normals(b.Next, 0)
	key.At(2).Uniforms(b.Action, 0)
	key.At(3).Normals(b.Reward, 0)
	for r := range rows {
		if b.Continue[r] = 1; r%5 == 4 {
			b.Continue[r] = 0
		}
	}
	return b
}

func TestUpdateAllocatesNothing(t *testing.T) {
	for _, workers := range []int{1, 2} {
		pool := par.New(workers)
		defer pool.Close()
		s := DefaultSettings()
		s.Hidden = []int{32, 32}
		a := newAgent(t, s, 17, 6, pool)
		b, key := randomBatch(s.Batch, 17, 6, rng.Root(1)), rng.Root(2)
		if n := testing.AllocsPerRun(5, func() { a.Update(b, key) }); n != 0 {
			t.Errorf("with %d workers an update allocates %g times", workers, n)
		}
	}
}

func TestUpdateGivesTheSameBitsForAnyNumberOfWorkers(t *testing.T) {
	var want []byte
	for _, workers := range []int{1, 2, 3, 8} {
		pool := par.New(workers)
		s := DefaultSettings()
		s.Hidden, s.Batch, s.PolicyEvery = []int{24, 16}, 300, 2
		a := newAgent(t, s, 5, 3, pool)
		var log string
		for i := range uint64(6) {
			log += fmt.Sprintln(a.Update(randomBatch(s.Batch, 5, 3, rng.Root(i)), rng.Root(9).At(i)))
		}
		pool.Close()
		got := append([]byte(log), a.AppendState(nil)...)
		if want == nil {
			want = got
		} else if !bytes.Equal(got, want) {
			t.Errorf("%d workers give another state than 1", workers)
		}
	}
}

func TestRestoredAgentResumesBitForBit(t *testing.T) {
	s := DefaultSettings()
	s.Hidden, s.Batch, s.PolicyEvery = []int{16, 16}, 64, 3
	straight := newAgent(t, s, 4, 2, nil)
	step := func(a *Agent, i uint64) Stats {
		return a.Update(randomBatch(64, 4, 2, rng.Root(i)), rng.Root(9).At(i))
	}
	for i := range uint64(5) {
		step(straight, i)
	}
	saved := straight.AppendState(nil)
	other, err := New(s, 4, 2, rng.Root(99), nil)
	if err != nil {
		t.Fatal(err)
	}
	r := wire.NewReader(saved)
	other.ReadState(r)
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	for i := uint64(5); i < 10; i++ {
		if a, b := step(straight, i), step(other, i); a != b {
			t.Fatalf("update %d: restored %+v, straight %+v", i, b, a)
		}
	}
	if !bytes.Equal(straight.AppendState(nil), other.AppendState(nil)) {
		t.Error("states differ after five more updates")
	}
}

func TestReadStateRefusesAnotherShape(t *testing.T) {
	s := DefaultSettings()
	s.Hidden = []int{8}
	saved := newAgent(t, s, 4, 2, nil).AppendState(nil)
	s.Hidden = []int{9}
	r := wire.NewReader(saved)
	newAgent(t, s, 4, 2, nil).ReadState(r)
	if r.Err() == nil {
		t.Error("a state of other layers was accepted")
	}
}

// TestAgentSolvesATaskOfOneStep uses the task "say what you see": the reward
// is -(action - target(obs))^2 and every step terminates.
func TestAgentSolvesATaskOfOneStep(t *testing.T) {
	s := DefaultSettings()
	s.Hidden, s.Batch, s.ActorRate, s.CriticRate, s.TemperatureRate = []int{32, 32}, 64, 3e-3, 3e-3, 3e-3
	s.TargetEntropyRule, s.TargetEntropy = Fixed, -6
	a := newAgent(t, s, 2, 2, nil)
	b := replay.NewBatch(64, 2, 2)
	actor, noise := a.NewActor(64), make([]float32, 64*4)
	mean := make([]float32, 64*2)
	loss := func() (sum float64) {
		for r := range 64 {
			sum += math.Pow(float64(mean[2*r]-0.8*b.Obs[2*r]), 2) + math.Pow(float64(mean[2*r+1]+0.8*b.Obs[2*r+1]), 2)
		}
		return sum / 64
	}
	for i := range uint64(1500) {
		key := rng.Root(3).At(i)
		key.At(0).Uniforms(b.Obs, 0)
		key.At(1).Normals(noise, 0)
		actor.Act(b.Obs, 64, noise, b.Action, mean)
		if i < 200 {
			key.At(2).Uniforms(b.Action, 0)
		}
		for r := range 64 {
			d0, d1 := b.Action[2*r]-0.8*b.Obs[2*r], b.Action[2*r+1]+0.8*b.Obs[2*r+1]
			b.Reward[r] = -d0*d0 - d1*d1
		}
		if st := a.Update(b, key.At(3)); st.NonFinite {
			t.Fatalf("update %d is not finite: %+v", i, st)
		}
	}
	actor.Act(b.Obs, 64, nil, nil, mean)
	if l := loss(); l > 0.01 {
		t.Errorf("mean squared distance to the best action is %.4f, want at most 0.01", l)
	}
}

// flopsPerUpdate counts the products of one update at default settings and
// HalfCheetah's dimensions, two operations a multiply-add.
const flopsPerUpdate = 0.59e9

func BenchmarkUpdate(b *testing.B) { benchmarkUpdate(b, DefaultSettings()) }

// BenchmarkUpdateLayerNorm is BenchmarkUpdate with normed critics; its rate of
// operations counts the products alone.
func BenchmarkUpdateLayerNorm(b *testing.B) {
	s := DefaultSettings()
	s.Critic.Norm = NormLayer
	benchmarkUpdate(b, s)
}

func benchmarkUpdate(b *testing.B, s Settings) {
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			pool := par.New(workers)
			defer pool.Close()
			a := newAgent(b, s, 17, 6, pool)
			batch, key := randomBatch(256, 17, 6, rng.Root(1)), rng.Root(2)
			i := uint64(0)
			for b.Loop() {
				a.Update(batch, key.At(i))
				i++
			}
			rate := float64(b.N) / b.Elapsed().Seconds()
			b.ReportMetric(rate, "updates/s")
			b.ReportMetric(rate*flopsPerUpdate/1e9, "GFLOP/s")
		})
	}
}

func TestAnUpdateThatDrawsItsBatchEqualsOneOnTheSameBatch(t *testing.T) {
	real := replay.NewBuffer(50, 4, 2)
	source := randomBatch(50, 4, 2, rng.Root(3))
	for r := range 50 {
		real.Add(replay.Transition{
			Obs: source.Obs[4*r : 4*r+4], Action: source.Action[2*r : 2*r+2], Next: source.Next[4*r : 4*r+4],
			Reward: source.Reward[r], Terminated: source.Continue[r] == 0,
		})
	}
	s := DefaultSettings()
	s.Hidden, s.Batch = []int{16}, 300
	pool := par.New(3)
	defer pool.Close()
	drawn, given := newAgent(t, s, 4, 2, pool), newAgent(t, s, 4, 2, nil)
	rows, batch := replay.NewBatch(300, 4, 2), replay.NewBatch(300, 4, 2)
	for i := range uint64(4) {
		key := rng.Root(8).At(i)
		got := drawn.UpdateDrawn(rows, func(lo, hi int) { replay.SampleMixedRows(rows, lo, hi, real, nil, 1, key) }, key.At(0))
		replay.SampleMixed(batch, real, nil, 1, key)
		if want := given.Update(batch, key.At(0)); got != want {
			t.Fatalf("update %d: %+v, want %+v", i, got, want)
		}
	}
	if !bytes.Equal(drawn.AppendState(nil), given.AppendState(nil)) {
		t.Error("the learners differ")
	}
}
