package bench

import (
	"demorl/par"
	"demorl/replay"
	"demorl/rng"
	"demorl/sac"
)

// HalfCheetah's shapes, which the figures of all libraries are made with.
const (
	obsDim = 17
	actDim = 6
)

// bufferRows is the size of the replay buffer that updates sample from.
const bufferRows = 100_000

// Learner is the rate of complete SAC updates.
type Learner struct {
	Bench     string  `json:"bench"`
	Batch     int     `json:"batch"`
	Hidden    []int   `json:"hidden"`
	Precision string  `json:"precision"`
	Threads   int     `json:"threads"`
	Tier      string  `json:"tier"`
	Updates   float64 `json:"updates_per_s"`
	GFLOPS    float64 `json:"gflops"`
	Peak      float64 `json:"peak_gflops"`
	Fraction  float64 `json:"fraction"`
}

// transitions returns a buffer full of fixed random rows of the shapes of
// HalfCheetah: normal observations, uniform actions.
func transitions(rows int) *replay.Buffer {
	b := replay.NewBuffer(rows, obsDim, actDim)
	obs, next, reward := normals(rows*obsDim, 10), normals(rows*obsDim, 11), normals(rows, 12)
	action := make([]float32, rows*actDim)
	rng.Root(0).Derive("bench").At(13).Uniforms(action, 0)
	for i := range rows {
		b.Add(replay.Transition{
			Obs: obs[i*obsDim : (i+1)*obsDim], Next: next[i*obsDim : (i+1)*obsDim],
			Action: action[i*actDim : (i+1)*actDim], Reward: reward[i],
		})
	}
	return b
}

// NewLearner measures updates of actor, twin critics, temperature and target
// average together with the sampling of their batches, 20 updates a
// measurement.
func NewLearner(batch int, hidden []int, pool *par.Pool) (Learner, error) {
	s := sac.DefaultSettings()
	s.Batch, s.Hidden = batch, hidden
	key := rng.Root(0).Derive("bench/sac")
	a, err := sac.New(s, obsDim, actDim, key, pool)
	if err != nil {
		return Learner{}, err
	}
	buffer, rows := transitions(bufferRows), replay.NewBatch(batch, obsDim, actDim)
	n := uint64(0)
	const updates = 20
	draw := func(lo, hi int) { replay.SampleMixedRows(rows, lo, hi, buffer, nil, 1, key.At(2*n)) }
	seconds := median(timed(2*repeats, func() {
		for range updates {
			a.UpdateDrawn(rows, draw, key.At(2*n+1))
			n++
		}
	})) / updates
	l := Learner{Bench: "sac", Batch: batch, Hidden: hidden, Precision: "f32", Threads: pool.Workers(), Updates: 1 / seconds, Peak: Peak(pool)}
	l.Tier, l.GFLOPS = tier(), updateFlop(batch, obsDim, actDim, hidden)/seconds/1e9
	l.Fraction = l.GFLOPS / l.Peak
	return l, nil
}
