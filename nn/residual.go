package nn

import (
	"fmt"

	"demorl/internal/kern"
)

// A Residual network is SimBa's (Lee et al. 2025, method.md D.4): a linear layer
// into a stream x, blocks x + W2 relu(W1 LN(x)) that are ResidualWiden times as
// wide inside, and a linear head on LN(x). Its layers alternate: 0 writes the
// stream; 1, 3, ... read it through a LayerNorm with gains and offsets, the last
// of them being the head; 2, 4, ... add to it. Gains and offsets of a norm are
// parameters of the layer that reads it, after its biases.

// ResidualWiden is how many times as wide a block is as its stream.
const ResidualWiden = 4

// ResidualSizes returns the Sizes of a Residual network of blocks blocks.
func ResidualSizes(in, width, blocks, out int) []int {
	sizes := []int{in, width}
	for range blocks {
		sizes = append(sizes, ResidualWiden*width, width)
	}
	return append(sizes, out)
}

// checkResidual panics at what does not fit together.
func (s *Spec) checkResidual() {
	if !s.Residual {
		return
	}
	n := len(s.Sizes)
	fits := n >= 5 && n%2 == 1 && s.Hidden == kern.ReLU && !s.LayerNorm && !s.Renorm && s.Dropout == nil && s.InputNorm == nil
	for l := 1; fits && l+2 < n; l += 2 {
		fits = s.Sizes[l] == s.Sizes[1] && s.Sizes[l+1] == ResidualWiden*s.Sizes[1]
	}
	if !fits {
		panic(fmt.Sprintf("nn: a residual network has the sizes of ResidualSizes, rectifiers and no other norm, got %+v", *s))
	}
}

// reads reports whether layer l of a Residual network reads the stream.
func reads(l int) bool { return l%2 == 1 }

// residual is the memory of a pass: per layer that reads the stream, at l/2.
type residual struct {
	scaled  [][]float32 // rows x width: before gains and offsets
	in      [][]float32 // rows x width: what the linear layer gets
	inverse [][]float32 // per row: one over the standard deviation
	stream  []float32   // rows x width: gradient by the stream
}

func (n *Net) newResidual(rows int) *residual {
	t, width := &residual{}, n.Sizes[1]
	for l := 1; l < n.Layers(); l += 2 {
		t.scaled, t.in = append(t.scaled, make([]float32, rows*width)), append(t.in, make([]float32, rows*width))
		t.inverse = append(t.inverse, make([]float32, rows))
	}
	if n.Trained {
		t.stream = make([]float32, rows*width)
	}
	return t
}

// residualForward runs all layers. t.out of a layer that writes the stream is
// the stream after it.
func (n *Net) residualForward(m int, t *Tape) {
	width, in, rows := n.Sizes[1], t.x, t.rows
	for l := range n.Layers() {
		act := kern.Identity
		if reads(l) {
			n.readStream(m, l, t, in, rows)
			in = t.residual.in[l/2]
			if l < n.Layers()-1 {
				act = n.Hidden
			}
		}
		kern.Mul(t.out[l], n.Sizes[l+1], in, n.Sizes[l], rows, &n.packed[m][l], n.biases[m][l], act)
		if l > 0 && !reads(l) {
			kern.AXPY(t.out[l][:rows*width], 1, t.out[l-2][:rows*width])
		}
		in = t.out[l]
	}
}

// readStream normalises the stream for layer l.
func (n *Net) readStream(m, l int, t *Tape, stream []float32, rows int) {
	width, r := n.Sizes[1], t.residual
	scaled, in := r.scaled[l/2][:rows*width], r.in[l/2][:rows*width]
	kern.LayerNorm(in, scaled, r.inverse[l/2][:rows], stream[:rows*width], n.gains[m][l], n.offsets[m][l], NormEpsilon, false)
}

// residualBackward goes back over all layers; see Backward.
func (n *Net) residualBackward(m int, t *Tape, dOut []float32, g *gradient, dIn []float32) {
	rows, width, r := t.rows, n.Sizes[1], t.residual
	stream := r.stream[:rows*width]
	clear(stream)
	delta := dOut
	for l := n.Layers() - 1; l > 0; l-- {
		in := n.Sizes[l]
		next := t.delta[l%2][:rows*in]
		if reads(l) {
			dGains, dOffsets := g.extras(l)
			g.layer(t, l, r.in[l/2], delta)
			kern.Mul(next, in, delta, n.Sizes[l+1], rows, &n.packedT[m][l], nil, kern.Identity)
			kern.LayerNormGrad(next, r.scaled[l/2][:rows*width], r.inverse[l/2][:rows], n.gains[m][l], dGains, dOffsets)
			kern.AXPY(stream, 1, next)
			delta = stream // the layer below adds to the stream, and so has its gradient
			continue
		}
		g.layer(t, l, t.out[l-1], delta)
		kern.Mul(next, in, delta, n.Sizes[l+1], rows, &n.packedT[m][l], nil, kern.Identity)
		n.slope(next, t, l-1)
		delta = next
	}
	g.layer(t, 0, t.x, stream)
	if dIn != nil {
		kern.Mul(dIn, n.In(), stream, width, rows, &n.packedT[m][0], nil, kern.Identity)
	}
}

// keep is Tape.Keep for what a Residual network remembers.
func (r *residual) keep(rows []int32) {
	for i := range r.scaled {
		keepRows(r.scaled[i], rows, len(r.scaled[i])/len(r.inverse[i]))
		keepRows(r.inverse[i], rows, 1)
	}
}
