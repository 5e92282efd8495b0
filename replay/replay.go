package replay

import (
	"fmt"
	"math"

	"demorl/internal/wire"
	"demorl/rng"
)

// Transition is one row: a step of the real system or of imagination.
type Transition struct {
	Obs, Action, Next     []float32
	Reward                float32
	Terminated, Truncated bool
}

// Flags of a stored row.
const (
	flagTerminated = 1 << iota
	flagTruncated
)

// Buffer is a ring of transitions. Rows are numbered in order of storage from
// 0 (the oldest kept) to Len-1.
type Buffer struct {
	obsDim, actDim int
	capacity       int
	added          uint64 // rows ever added
	obs, act, next []float32
	reward         []float32
	flags          []byte
}

// NewBuffer returns an empty ring for capacity rows; memory grows with use.
func NewBuffer(capacity, obsDim, actDim int) *Buffer {
	return &Buffer{capacity: max(1, capacity), obsDim: obsDim, actDim: actDim}
}

// ObsDim returns the length of an observation.
func (b *Buffer) ObsDim() int { return b.obsDim }

// ActDim returns the length of an action.
func (b *Buffer) ActDim() int { return b.actDim }

// Len returns the number of rows held.
func (b *Buffer) Len() int { return int(min(b.added, uint64(b.capacity))) }

// Capacity returns the number of rows at which the oldest are overwritten.
func (b *Buffer) Capacity() int { return b.capacity }

// Added returns the number of rows ever added; Clear and Resize begin anew with
// the rows that they keep.
func (b *Buffer) Added() uint64 { return b.added }

// Clear forgets all rows and sets a new capacity; memory is kept.
func (b *Buffer) Clear(capacity int) {
	b.capacity, b.added = max(1, capacity), 0
	b.obs, b.act, b.next, b.reward, b.flags = b.obs[:0], b.act[:0], b.next[:0], b.reward[:0], b.flags[:0]
}

// Resize sets a new capacity. The newest rows that fit are kept in order unless
// clear is set.
func (b *Buffer) Resize(capacity int, clear bool) {
	if clear || b.Len() == 0 {
		b.Clear(capacity)
		return
	}
	old := NewBuffer(capacity, b.obsDim, b.actDim)
	for i := max(0, b.Len()-capacity); i < b.Len(); i++ {
		old.Add(b.Row(i))
	}
	*b = *old
}

// Add stores t. The observation and action lengths must match the buffer's.
func (b *Buffer) Add(t Transition) {
	if len(t.Obs) != b.obsDim || len(t.Next) != b.obsDim || len(t.Action) != b.actDim {
		panic(fmt.Sprintf("replay: row of %d/%d/%d numbers in a buffer of %d/%d/%d", len(t.Obs), len(t.Action), len(t.Next), b.obsDim, b.actDim, b.obsDim))
	}
	var flags byte
	if t.Terminated {
		flags |= flagTerminated
	}
	if t.Truncated {
		flags |= flagTruncated
	}
	if at := len(b.reward); at < b.capacity {
		b.obs, b.act, b.next = append(b.obs, t.Obs...), append(b.act, t.Action...), append(b.next, t.Next...)
		b.reward, b.flags = append(b.reward, t.Reward), append(b.flags, flags)
	} else {
		i := int(b.added % uint64(b.capacity))
		copy(b.obs[i*b.obsDim:(i+1)*b.obsDim], t.Obs)
		copy(b.act[i*b.actDim:(i+1)*b.actDim], t.Action)
		copy(b.next[i*b.obsDim:(i+1)*b.obsDim], t.Next)
		b.reward[i], b.flags[i] = t.Reward, flags
	}
	b.added++
}

// slot returns where row i, counted from the oldest, is stored.
func (b *Buffer) slot(i int) int {
	if b.added <= uint64(b.capacity) {
		return i
	}
	return int((b.added + uint64(i)) % uint64(b.capacity))
}

// Row returns row i; its slices are views.
func (b *Buffer) Row(i int) Transition {
	s := b.slot(i)
	return Transition{
		Obs: b.obs[s*b.obsDim : (s+1)*b.obsDim], Action: b.act[s*b.actDim : (s+1)*b.actDim],
		Next: b.next[s*b.obsDim : (s+1)*b.obsDim], Reward: b.reward[s],
		Terminated: b.flags[s]&flagTerminated != 0, Truncated: b.flags[s]&flagTruncated != 0,
	}
}

// Batch is rows side by side for a learner.
type Batch struct {
	Rows             int
	Obs, Action      []float32 // Rows x dims
	Next             []float32
	Reward, Continue []float32 // Continue is 0 where the row terminated, else 1
}

// NewBatch returns memory for a batch of rows.
func NewBatch(rows, obsDim, actDim int) *Batch {
	return &Batch{
		Rows: rows, Obs: make([]float32, rows*obsDim), Action: make([]float32, rows*actDim),
		Next: make([]float32, rows*obsDim), Reward: make([]float32, rows), Continue: make([]float32, rows),
	}
}

// fill copies row i into position r of the batch.
func (b *Buffer) fill(dst *Batch, r, i int) {
	s := b.slot(i)
	copy(dst.Obs[r*b.obsDim:(r+1)*b.obsDim], b.obs[s*b.obsDim:])
	copy(dst.Next[r*b.obsDim:(r+1)*b.obsDim], b.next[s*b.obsDim:])
	copy(dst.Action[r*b.actDim:(r+1)*b.actDim], b.act[s*b.actDim:])
	dst.Reward[r], dst.Continue[r] = b.reward[s], 1
	if b.flags[s]&flagTerminated != 0 {
		dst.Continue[r] = 0
	}
}

// SampleMixed fills dst with floor(ratio * rows) rows of real and the rest of
// imagined, both uniform with replacement; if imagined is nil or empty all rows
// are real (method.md A.2). Row r of batch key draws number r of key.
func SampleMixed(dst *Batch, real, imagined *Buffer, ratio float64, key rng.Key) {
	SampleMixedRows(dst, 0, dst.Rows, real, imagined, ratio, key)
}

// SampleMixedRows is SampleMixed for rows [lo, hi) of dst alone: several workers
// may fill parts of one batch.
func SampleMixedRows(dst *Batch, lo, hi int, real, imagined *Buffer, ratio float64, key rng.Key) {
	fromReal := dst.Rows
	if imagined != nil && imagined.Len() > 0 {
		fromReal = int(math.Floor(ratio * float64(dst.Rows)))
	}
	for r := lo; r < hi; r++ {
		src := real
		if r >= fromReal {
			src = imagined
		}
		src.fill(dst, r, key.IntnAt(uint64(r), src.Len()))
	}
}

// AppendState appends everything the buffer holds.
func (b *Buffer) AppendState(dst []byte) []byte {
	dst = wire.Int(dst, b.capacity)
	dst = wire.U64(dst, b.added)
	dst = wire.F32s(dst, b.obs)
	dst = wire.F32s(dst, b.act)
	dst = wire.F32s(dst, b.next)
	dst = wire.F32s(dst, b.reward)
	return wire.Bytes(dst, b.flags)
}

// ReadState restores what AppendState wrote.
func (b *Buffer) ReadState(r *wire.Reader) {
	b.capacity, b.added = r.Int(), r.U64()
	b.obs, b.act, b.next, b.reward = r.F32s(), r.F32s(), r.F32s(), r.F32s()
	b.flags = append([]byte(nil), r.Bytes()...)
	if b.capacity < 1 {
		r.Fail("replay buffer has capacity %d", b.capacity)
		b.Clear(1)
	}
	if n := b.Len(); !r.Failed() && (len(b.reward) != n || len(b.flags) != n || len(b.obs) != n*b.obsDim || len(b.next) != n*b.obsDim || len(b.act) != n*b.actDim) {
		r.Fail("replay buffer of %d rows holds %d rewards and %d observation numbers", n, len(b.reward), len(b.obs))
	}
}
