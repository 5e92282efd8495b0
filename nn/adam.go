package nn

import (
	"math"

	"demorl/internal/kern"
	"demorl/internal/wire"
)

// Adam is the optimiser of one Net (Kingma and Ba 2015), with L2 weight decay
// added to the gradient as in PyTorch's Adam. Members step on their own.
type Adam struct {
	Rate, Beta1, Beta2, Epsilon float64
	steps                       []int // per member
	mean, square                []float32
}

// NewAdam returns an optimiser for n with rate and the usual constants: betas
// 0.9 and 0.999, epsilon 1e-8.
func NewAdam(n *Net, rate float64) *Adam {
	return &Adam{
		Rate: rate, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8,
		steps: make([]int, n.Members), mean: make([]float32, len(n.Params)), square: make([]float32, len(n.Params)),
	}
}

// Step moves member m's parameters by grad (the layout of Member) and packs
// them. decay has one weight decay a layer, for weights and not for biases; nil
// means none.
func (a *Adam) Step(n *Net, m int, grad []float32, decay []float64) {
	a.steps[m]++
	t := float64(a.steps[m])
	rate := float32(a.Rate / (1 - math.Pow(a.Beta1, t)))
	c2 := float32(math.Sqrt(1 - math.Pow(a.Beta2, t)))
	base := m * n.MemberSize()
	at := 0
	part := func(size int, wd float64) {
		lo, hi := base+at, base+at+size
		kern.Adam(n.Params[lo:hi], a.mean[lo:hi], a.square[lo:hi], grad[at:at+size],
			rate, float32(a.Beta1), float32(a.Beta2), float32(a.Epsilon), c2, float32(wd))
		at += size
	}
	if decay == nil {
		part(n.MemberSize(), 0)
	} else {
		for l := range n.Layers() {
			part(n.Sizes[l]*n.Sizes[l+1], decay[l])
			part(n.Sizes[l+1], 0)
		}
	}
	n.Pack(m)
}

// Scalar is Adam for one number, such as a log temperature.
type Scalar struct {
	Rate         float64
	steps        int
	mean, square float64
}

// Step returns x moved by gradient g.
func (s *Scalar) Step(x, g float64) float64 {
	s.steps++
	t := float64(s.steps)
	s.mean = 0.9*s.mean + 0.1*g
	s.square = 0.999*s.square + 0.001*g*g
	return x - s.Rate/(1-math.Pow(0.9, t))*s.mean/(math.Sqrt(s.square/(1-math.Pow(0.999, t)))+1e-8)
}

// AppendState appends the optimiser's state.
func (a *Adam) AppendState(dst []byte) []byte {
	dst = wire.Ints(dst, a.steps)
	dst = wire.F32s(dst, a.mean)
	return wire.F32s(dst, a.square)
}

// ReadState restores what AppendState wrote.
func (a *Adam) ReadState(r *wire.Reader) {
	steps := r.Ints()
	if len(steps) != len(a.steps) {
		r.Fail("optimiser has %d members, want %d", len(steps), len(a.steps))
		return
	}
	copy(a.steps, steps)
	r.F32sInto(a.mean, "optimiser mean")
	r.F32sInto(a.square, "optimiser square")
}

// AppendState appends the optimiser's state.
func (s *Scalar) AppendState(dst []byte) []byte {
	return wire.F64(wire.F64(wire.Int(dst, s.steps), s.mean), s.square)
}

// ReadState restores what AppendState wrote.
func (s *Scalar) ReadState(r *wire.Reader) {
	s.steps, s.mean, s.square = r.Int(), r.F64(), r.F64()
}

// AppendState appends the parameters.
func (n *Net) AppendState(dst []byte) []byte { return wire.F32s(dst, n.Params) }

// ReadState restores the parameters and packs them.
func (n *Net) ReadState(r *wire.Reader) {
	r.F32sInto(n.Params, "network parameters")
	if r.Failed() {
		return
	}
	n.PackAll()
}
