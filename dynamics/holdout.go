package dynamics

import (
	"demorl/internal/wire"
	"demorl/replay"
	"demorl/rng"
)

// holdout decides which rows are never trained on (method.md C.5). Rows are
// named by their number in order of storage since the buffer began, so the
// decisions survive a ring that overwrites and a resume.
type holdout struct {
	held  []uint64 // numbers of the held-out rows
	seen  uint64   // rows decided so far
	drawn uint64   // rows that were drawn for the hold-out set so far
}

// update decides the rows that buf gained. Each is drawn with probability
// fraction. While there is room a drawn row is held out; then the n-th drawn
// row takes a random place with probability limit/n, and the row that loses
// its place becomes a training row. A decided training row is never held out.
// Rows that the ring has overwritten leave the set and make room.
func (h *holdout) update(buf *replay.Buffer, fraction float64, limit int, key rng.Key) {
	if buf.Added() < h.seen { // the buffer was cleared: its numbering began anew
		*h = holdout{held: h.held[:0]}
	}
	oldest := buf.Added() - uint64(buf.Len())
	kept := h.held[:0]
	for _, row := range h.held {
		if row >= oldest {
			kept = append(kept, row)
		}
	}
	h.held = kept
	draw, place := key.Derive("draw"), key.Derive("place")
	first := max(h.seen, oldest)
	for row := first; row < buf.Added(); row++ {
		// The very last row steps in when nothing else was drawn, so that there is an error to judge by.
		last := len(h.held) == 0 && row == buf.Added()-1
		if draw.Float64At(row) >= fraction && !last {
			continue
		}
		h.drawn++
		if len(h.held) < limit {
			h.held = append(h.held, row)
		} else if at := place.IntnAt(row, int(h.drawn)); at < limit {
			h.held[at] = row
		}
	}
	h.seen = buf.Added()
}

// split appends to train and held the positions in buf of the two kinds of rows.
func (h *holdout) split(buf *replay.Buffer, train, held []int32) (_, _ []int32) {
	oldest := buf.Added() - uint64(buf.Len())
	mark := make([]bool, buf.Len())
	for _, row := range h.held {
		mark[row-oldest] = true
	}
	for i, m := range mark {
		if m {
			held = append(held, int32(i))
		} else {
			train = append(train, int32(i))
		}
	}
	return train, held
}

// resample holds out min(fraction, limit) of all rows at random, anew at each
// fit: the references' rule, whose held-out rows may have been trained on
// before. The draw is kept so that diagnostics use the same rows.
func (h *holdout) resample(buf *replay.Buffer, fraction float64, limit int, key rng.Key) {
	n := buf.Len()
	count := max(1, min(int(fraction*float64(n)), limit))
	oldest := buf.Added() - uint64(n)
	order := make([]int32, n)
	for i := range order {
		order[i] = int32(i)
	}
	h.held = h.held[:0]
	for i := range count { // a partial Fisher-Yates shuffle
		j := i + key.IntnAt(uint64(i), n-i)
		order[i], order[j] = order[j], order[i]
		h.held = append(h.held, oldest+uint64(order[i]))
	}
	h.seen = buf.Added()
}

func (h *holdout) appendState(dst []byte) []byte {
	dst = wire.U64(dst, uint64(len(h.held)))
	for _, row := range h.held {
		dst = wire.U64(dst, row)
	}
	return wire.U64(wire.U64(dst, h.seen), h.drawn)
}

func (h *holdout) readState(r *wire.Reader) {
	n := r.U64()
	h.held = h.held[:0]
	for i := uint64(0); i < n && !r.Failed(); i++ {
		h.held = append(h.held, r.U64())
	}
	h.seen, h.drawn = r.U64(), r.U64()
}
