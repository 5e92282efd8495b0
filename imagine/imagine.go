package imagine

import (
	"fmt"
	"math"

	"demorl/mpc"
	"demorl/par"
	"demorl/replay"
	"demorl/rng"
	"demorl/rollout"
)

// Source is what a Maker rolls with: the learned world and live views on
// policy and value.
type Source struct {
	World       rollout.World
	NewActor    func(rows int) rollout.Actor
	NewTerminal func(rows int) rollout.Terminal // may be nil: no value figures
	Gamma       float64
}

// Maker rolls start states through a world and stores the transitions. Its
// memory is made once; a Maker is for one caller at a time.
type Maker struct {
	src     Source
	pool    *par.Pool
	horizon int // longest rollout there is memory for
	lanes   []*lane
	chunk   []record // one a block of the present chunk
	job     job
	piece   func(worker, i int) // rolls block i of the present chunk
}

// job is the present chunk of a call, as the workers see it.
type job struct {
	starts      []rollout.Start
	course      Course
	key         rng.Key
	first, rows int
}

// blockRows is the number of trajectories that walk together.
const blockRows = 256

// chunkBlocks blocks are rolled before their rows are stored.
const chunkBlocks = 16

// record is what one block's trajectories did, row-major by trajectory then step.
type record struct {
	rows, horizon     int
	obs, action, next []float32
	reward            []float32
	fate              []rollout.Fate
	ran               []bool
	returns, values   []float64 // discounted reward, and value at the end, a trajectory
	err               error
}

// lane is one worker's memory.
type lane struct {
	block    *rollout.Block
	world    rollout.Lane
	decoder  *decoder
	terminal rollout.Terminal
	was      []rollout.Fate
	value    []float32
	noise    []float32
}

// NewMaker returns a Maker for rollouts of up to horizon steps.
func NewMaker(src Source, horizon int, pool *par.Pool) *Maker {
	m := &Maker{src: src, pool: pool, horizon: horizon}
	m.piece = m.rollPiece
	obs, act := src.World.ObsDim(), src.World.ActDim()
	for range pool.Workers() {
		l := &lane{
			block: rollout.NewBlock(blockRows, obs, act), world: src.World.NewLane(blockRows),
			was: make([]rollout.Fate, blockRows), value: make([]float32, blockRows), noise: make([]float32, blockRows*4),
		}
		l.decoder = newDecoder(src.NewActor(blockRows), blockRows, obs, act)
		if src.NewTerminal != nil {
			l.terminal = src.NewTerminal(blockRows)
		}
		m.lanes = append(m.lanes, l)
	}
	for range chunkBlocks {
		n := blockRows * horizon
		m.chunk = append(m.chunk, record{
			obs: make([]float32, n*obs), action: make([]float32, n*act), next: make([]float32, n*obs), reward: make([]float32, n),
			fate: make([]rollout.Fate, n), ran: make([]bool, n), returns: make([]float64, blockRows), values: make([]float64, blockRows),
		})
	}
	return m
}

// Course says which actions a rollout takes.
type Course struct {
	Plans   *mpc.Plans // the improved plans, one a start; nil follows the policy
	Mean    bool       // follow the policy's mean instead of a sample
	Horizon int
	// SampleReward stores a draw of the predicted reward instead of its mean.
	SampleReward bool
	// PastTerminal goes on storing after a terminal row, which method.md A.7 has
	// for comparison only.
	PastTerminal bool
	// Value adds the terminal value to the figures.
	Value bool
	// Each, unless nil, is told every start's discounted reward and value, in
	// the order of the starts.
	Each func(start int, reward, value float64)
}

// Tally is what a call of Roll made.
type Tally struct {
	Rows       int // transitions stored
	Terminated int // rollouts that reached a terminal state
	NonFinite  int // rollouts ended by a value that was NaN or infinite; that row is dropped
	OutOfRange int // rollouts ended by leaving the data's range; that row is dropped
	Clipped    int // stored action coordinates at a bound
	Return     float64
	Value      float64 // mean discounted terminal value; 0 without Course.Value
	MeanLength float64
}

// Roll rolls one trajectory from every start and appends the transitions to
// buf, trajectory by trajectory; buf may be nil when only the figures are
// wanted. Nothing is stored after a terminal row.
func (m *Maker) Roll(starts []rollout.Start, c Course, key rng.Key, buf *replay.Buffer) (Tally, error) {
	if c.Horizon < 1 || c.Horizon > m.horizon {
		return Tally{}, fmt.Errorf("imagine: horizon %d is outside 1..%d", c.Horizon, m.horizon)
	}
	var t Tally
	perChunk := chunkBlocks * blockRows
	for first := 0; first < len(starts); first += perChunk {
		n := min(perChunk, len(starts)-first)
		blocks := (n + blockRows - 1) / blockRows
		m.job = job{starts: starts, course: c, key: key, first: first, rows: n}
		m.pool.Do(blocks, m.piece)
		m.job = job{}
		for i := range blocks {
			if err := m.chunk[i].err; err != nil {
				return t, err
			}
			m.store(&m.chunk[i], buf, &t)
			if c.Each != nil {
				for r := range m.chunk[i].rows {
					c.Each(first+i*blockRows+r, m.chunk[i].returns[r], m.chunk[i].values[r])
				}
			}
		}
	}
	if len(starts) > 0 {
		t.Return /= float64(len(starts))
		t.Value /= float64(len(starts))
		t.MeanLength /= float64(len(starts))
	}
	return t, nil
}

// rollPiece rolls block i of the present chunk.
func (m *Maker) rollPiece(worker, i int) {
	j := &m.job
	lo := j.first + i*blockRows
	m.rollBlock(m.lanes[worker], &m.chunk[i], j.starts, lo, min(blockRows, j.first+j.rows-lo), j.course, j.key)
}

// rollBlock rolls rows starts from starts[lo:] and records them.
func (m *Maker) rollBlock(l *lane, rec *record, starts []rollout.Start, lo, rows int, c Course, key rng.Key) {
	b := l.block
	b.Rows, b.First, b.Key = rows, uint64(lo), key
	for r := range rows {
		// Each start is a particle of its own, so that propagation all deals its
		// elites to the starts in turn.
		b.Start[r], b.Candidate[r], b.Particle[r] = int32(lo+r), 0, int32(lo+r)
	}
	rec.rows, rec.horizon = rows, c.Horizon
	clear(rec.ran[:rows*c.Horizon])
	clear(rec.returns)
	clear(rec.values)
	l.decoder.course = c
	obs, act := b.ObsDim, b.ActDim
	discount := 1.0
	rec.err = rollout.Roll(b, starts, l.world, l.decoder, c.Horizon, func(h int, was []rollout.Fate) {
		if c.SampleReward {
			b.Normals(rewardNoise, h, l.noise, 1)
		}
		for r := range rows {
			if was[r] != rollout.Running || l.decoder.done(lo+r, h) {
				continue
			}
			at := r*c.Horizon + h
			rec.ran[at], rec.fate[at] = true, b.Fate[r]
			copy(rec.obs[at*obs:(at+1)*obs], b.Obs[r*obs:])
			copy(rec.action[at*act:(at+1)*act], b.Action[r*act:])
			copy(rec.next[at*obs:(at+1)*obs], b.Next[r*obs:])
			rec.reward[at] = b.Reward[r]
			if c.SampleReward {
				rec.reward[at] += b.RewardStd[r] * l.noise[r*rollout.Stride(1)]
			}
			if valid(b.Fate[r]) {
				rec.returns[r] += discount * float64(b.Reward[r])
			}
			if c.PastTerminal && b.Fate[r] == rollout.Terminated {
				b.Fate[r] = rollout.Running
			}
		}
		discount *= m.src.Gamma
	}, l.was)
	if rec.err == nil && c.Value && l.terminal != nil {
		l.terminal.Value(b, l.value)
		for r := range rows {
			if b.Fate[r] == rollout.Running && !l.decoder.done(lo+r, c.Horizon-1) {
				rec.values[r] = discount * float64(l.value[r])
			}
		}
	}
}

// rewardNoise draws the sampled reward apart from the model's state noise.
const rewardNoise rollout.Purpose = 100

func valid(f rollout.Fate) bool { return f == rollout.Running || f == rollout.Terminated }

// store appends a block's rows to buf and counts them.
func (m *Maker) store(rec *record, buf *replay.Buffer, t *Tally) {
	obs, act := m.src.World.ObsDim(), m.src.World.ActDim()
	for r := range rec.rows {
		t.Return += rec.returns[r]
		t.Value += rec.values[r]
		ended := false
		for h := range rec.horizon {
			at := r*rec.horizon + h
			if !rec.ran[at] {
				break
			}
			if !valid(rec.fate[at]) || !finite(rec.reward[at]) {
				if rec.fate[at] == rollout.OutOfRange {
					t.OutOfRange++
				} else {
					t.NonFinite++
				}
				break
			}
			row := replay.Transition{
				Obs: rec.obs[at*obs : (at+1)*obs], Action: rec.action[at*act : (at+1)*act], Next: rec.next[at*obs : (at+1)*obs],
				Reward: rec.reward[at], Terminated: rec.fate[at] == rollout.Terminated,
			}
			for _, a := range row.Action {
				if a <= -1 || a >= 1 {
					t.Clipped++
				}
			}
			if row.Terminated && !ended {
				ended = true
				t.Terminated++
			}
			if buf != nil {
				buf.Add(row)
			}
			t.Rows++
			t.MeanLength++
		}
	}
}

func finite(x float32) bool { return !math.IsNaN(float64(x)) && !math.IsInf(float64(x), 0) }
