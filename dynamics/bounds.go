package dynamics

import (
	"demorl/internal/wire"
	"demorl/nn"
)

// minBoundGap is the least distance of the log-variance bounds (method.md C.2).
const minBoundGap = 1.0

// bounds are the trained soft bounds of the log-variance, one pair an output,
// shared by the members (method.md C.2).
type bounds struct {
	upper, lower       []float32 // what the kernels read
	upperAt, lowerAt   []float64 // the parameters
	upperOpt, lowerOpt []nn.Scalar
}

func newBounds(s Settings, outputs int) *bounds {
	b := &bounds{
		upper: make([]float32, outputs), lower: make([]float32, outputs),
		upperAt: make([]float64, outputs), lowerAt: make([]float64, outputs),
		upperOpt: make([]nn.Scalar, outputs), lowerOpt: make([]nn.Scalar, outputs),
	}
	for d := range outputs {
		b.upperAt[d], b.lowerAt[d] = s.BoundMax, s.BoundMin
		b.upperOpt[d].Rate, b.lowerOpt[d].Rate = s.Rate, s.Rate
	}
	b.publish()
	return b
}

func (b *bounds) publish() {
	for d := range b.upper {
		b.upper[d], b.lower[d] = float32(b.upperAt[d]), float32(b.lowerAt[d])
	}
}

// step moves the bounds by the gradient of the whole loss and keeps them
// minBoundGap apart, moving both equally.
func (b *bounds) step(upperGrad, lowerGrad []float64) {
	for d := range b.upperAt {
		u := b.upperOpt[d].Step(b.upperAt[d], upperGrad[d])
		l := b.lowerOpt[d].Step(b.lowerAt[d], lowerGrad[d])
		if u-l < minBoundGap {
			middle := (u + l) / 2
			u, l = middle+minBoundGap/2, middle-minBoundGap/2
		}
		b.upperAt[d], b.lowerAt[d] = u, l
	}
	b.publish()
}

func (b *bounds) appendState(dst []byte) []byte {
	dst = wire.F64s(wire.F64s(dst, b.upperAt), b.lowerAt)
	for d := range b.upperOpt {
		dst = b.upperOpt[d].AppendState(dst)
		dst = b.lowerOpt[d].AppendState(dst)
	}
	return dst
}

func (b *bounds) readState(r *wire.Reader) {
	r.F64sInto(b.upperAt, "upper log-variance bounds")
	r.F64sInto(b.lowerAt, "lower log-variance bounds")
	for d := range b.upperOpt {
		b.upperOpt[d].ReadState(r)
		b.lowerOpt[d].ReadState(r)
	}
	b.publish()
}
