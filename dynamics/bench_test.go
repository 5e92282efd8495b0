package dynamics

import (
	"runtime"
	"testing"

	"demorl/par"
	"demorl/replay"
	"demorl/rng"
	"demorl/rollout"
)

// halfCheetah returns the default ensemble at HalfCheetah's size and a buffer
// of random rows.
func halfCheetah(b *testing.B, workers, rows int) (*Ensemble, *replay.Buffer) {
	b.Helper()
	pool := par.New(workers)
	b.Cleanup(pool.Close)
	e, err := New(DefaultSettings(), 17, 6, rng.Root(1), pool)
	if err != nil {
		b.Fatal(err)
	}
	buf := replay.NewBuffer(rows, 17, 6)
	x := make([]float32, 44)
	for i := range rows {
		rng.Root(2).At(uint64(i)).Normals(x, 0)
		buf.Add(replay.Transition{Obs: x[:17], Action: x[17:23], Next: x[23:40], Reward: x[40]})
	}
	return e, buf
}

func benchmarkFit(b *testing.B, workers int) {
	e, buf := halfCheetah(b, workers, 2000)
	e.fit = newFitter(e)
	if err := e.fit.prepare(buf, rng.Root(3)); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		e.fit.gradStep(i%5*256, 256)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "steps/s")
	flop := 6.0 * 7 * 256 * float64(e.net.MemberSize())
	b.ReportMetric(flop*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}

func BenchmarkFitStep1(b *testing.B)   { benchmarkFit(b, 1) }
func BenchmarkFitStepAll(b *testing.B) { benchmarkFit(b, runtime.NumCPU()) }

func BenchmarkLossGradient(b *testing.B) {
	e, _ := halfCheetah(b, 1, 2)
	lane, n := newLossScratch(256, 18), 256*18
	out, y, dOut := make([]float32, 2*n), make([]float32, n), make([]float32, 2*n)
	rng.Root(1).Normals(out, 0)
	upper, lower := make([]float64, 18), make([]float64, 18)
	for b.Loop() {
		lane.gradient(e.bounds, out, y, nil, 256, 256, dOut, upper, lower)
	}
}

func BenchmarkImaginedRows(b *testing.B) {
	const rows = 1024
	e, _ := halfCheetah(b, 1, 2)
	l := e.World(WorldOptions{}).NewLane(rows)
	blk := rollout.NewBlock(rows, 17, 6)
	blk.Rows, blk.Key = rows, rng.Root(4)
	starts := make([]rollout.Start, rows)
	for r := range rows {
		starts[r] = rollout.Start{ID: uint64(r / 128), Obs: make([]float32, 17)}
		rng.Root(5).At(uint64(r)).Normals(starts[r].Obs, 0)
		blk.Start[r] = int32(r)
	}
	b.ReportAllocs()
	for b.Loop() {
		blk.Load(starts)
		if err := l.Begin(blk, starts); err != nil {
			b.Fatal(err)
		}
		if err := l.Step(blk, 0); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*rows/b.Elapsed().Seconds(), "rows/s")
}
