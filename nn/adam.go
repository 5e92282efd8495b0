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

	// Decoupled makes it AdamW (Loshchilov and Hutter 2019), with PyTorch's
	// arithmetic: a step first shrinks all parameters of a layer, biases, gains and
	// offsets too, by the share rate times decay, which the gradient does not see.
	Decoupled bool

	steps        []int // per member
	mean, square []float32
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
// them. decay has one weight decay a layer, for weights and not for biases, gains
// and offsets unless Decoupled; nil means none.
func (a *Adam) Step(n *Net, m int, grad []float32, decay []float64) {
	a.Begin(m)
	for i := range n.Parts() {
		a.StepPart(n, m, i, grad, decay)
	}
}

// Begin counts a step of member m, whose parts StepPart then makes.
func (a *Adam) Begin(m int) { a.steps[m]++ }

// StepPart makes the i-th part of a step of member m and packs it. The result
// is the sum of the squares of its gradient.
func (a *Adam) StepPart(n *Net, m, i int, grad []float32, decay []float64) (squares float64) {
	t := float64(a.steps[m])
	rate := float32(a.Rate / (1 - math.Pow(a.Beta1, t)))
	c2 := float32(math.Sqrt(1 - math.Pow(a.Beta2, t)))
	base := m * n.MemberSize()
	move := func(lo, hi int, wd float64) {
		kern.Adam(n.Params[base+lo:base+hi], a.mean[base+lo:base+hi], a.square[base+lo:base+hi], grad[lo:hi],
			rate, float32(a.Beta1), float32(a.Beta2), float32(a.Epsilon), c2, float32(wd))
	}
	lo, biases, hi := n.span(i)
	wd := 0.0
	if decay != nil {
		wd = decay[n.parts[i].layer]
	}
	if a.Decoupled {
		shrink(n.Params[base+lo:base+hi], float32(1-a.Rate*wd))
		wd = 0
	}
	move(lo, biases, wd)
	move(biases, hi, 0)
	n.PackPart(m, i)
	return kern.SumSquares(grad[lo:hi])
}

func shrink(x []float32, share float32) {
	if share == 1 {
		return
	}
	for i := range x {
		x[i] *= share
	}
}

// Reset forgets all gradients seen, as a new optimiser.
func (a *Adam) Reset() {
	clear(a.steps)
	clear(a.mean)
	clear(a.square)
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

// Reset forgets all gradients seen, as a new optimiser.
func (s *Scalar) Reset() { s.steps, s.mean, s.square = 0, 0, 0 }

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

// AppendState appends the parameters and, with Renorm, the running statistics.
func (n *Net) AppendState(dst []byte) []byte {
	return n.appendRunning(wire.F32s(dst, n.Params))
}

// ReadState restores the parameters and packs them.
func (n *Net) ReadState(r *wire.Reader) {
	r.F32sInto(n.Params, "network parameters")
	n.readRunning(r)
	if r.Failed() {
		return
	}
	n.PackAll()
}
