package dynamics

import (
	"demorl/internal/wire"
	"demorl/replay"
)

// deltaMargin is by how much of its width the training range of changes is
// widened on either side before delta_clip acts (method.md C.8).
const deltaMargin = 0.2

// span is where the data lies, per observation coordinate.
type span struct {
	centre, reach []float32 // mean, and the largest distance from it, of observations
	low, high     []float32 // widened range of changes
	known         bool      // false before the first fit: nothing is out of range
}

func newSpan(obsDim int) *span {
	return &span{
		centre: make([]float32, obsDim), reach: make([]float32, obsDim),
		low: make([]float32, obsDim), high: make([]float32, obsDim),
	}
}

// measure takes the range of the rows train of buf, observations before and
// after a step alike. mean is their mean; a coordinate that never moves gets
// reach 1, as its standard deviation does.
func (s *span) measure(buf *replay.Buffer, train []int32, mean []float32, floor float32) {
	copy(s.centre, mean)
	clear(s.reach)
	for n, i := range train {
		t := buf.Row(int(i))
		for j, c := range s.centre {
			s.reach[j] = max(s.reach[j], max(t.Obs[j]-c, c-t.Obs[j]), max(t.Next[j]-c, c-t.Next[j]))
			delta := t.Next[j] - t.Obs[j]
			if n == 0 {
				s.low[j], s.high[j] = delta, delta
			}
			s.low[j], s.high[j] = min(s.low[j], delta), max(s.high[j], delta)
		}
	}
	for j := range s.reach {
		if s.reach[j] < floor {
			s.reach[j] = 1
		}
		margin := deltaMargin * (s.high[j] - s.low[j])
		s.low[j], s.high[j] = s.low[j]-margin, s.high[j]+margin
	}
	s.known = true
}

func (s *span) appendState(dst []byte) []byte {
	dst = wire.F32s(wire.F32s(dst, s.centre), s.reach)
	return wire.Bool(wire.F32s(wire.F32s(dst, s.low), s.high), s.known)
}

func (s *span) readState(r *wire.Reader) {
	r.F32sInto(s.centre, "model range centre")
	r.F32sInto(s.reach, "model range reach")
	r.F32sInto(s.low, "lowest change")
	r.F32sInto(s.high, "highest change")
	s.known = r.Bool()
}
