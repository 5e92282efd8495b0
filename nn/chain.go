package nn

import "demorl/internal/kern"

// chainForward runs all layers of a network that is neither Renorm nor Residual:
// each is linear, and a hidden one goes on through dropout, LayerNorm, the
// activation and InputNorm, those of them that it has. back says whether
// Backward may follow.
func (n *Net) chainForward(m int, t *Tape, back bool) {
	masked := t.dropout.begin()
	in := t.x
	for l := range n.Layers() {
		out := t.out[l][:t.rows*n.Sizes[l+1]]
		hidden := l < n.Layers()-1
		linear := out // the linear outputs, where the activation cannot be taken at once
		if hidden && back && t.slope[l] != nil {
			linear = t.slope[l][:len(out)]
		}
		act := n.Hidden
		apart := hidden && (masked || n.LayerNorm || &linear[0] != &out[0])
		if !hidden || apart {
			act = kern.Identity
		}
		kern.Mul(linear, n.Sizes[l+1], in, n.Sizes[l], t.rows, &n.packed[m][l], n.biases[m][l], act)
		if apart {
			n.activate(m, l, t, out, linear)
		}
		if hidden && n.InputNorm != nil {
			kern.Standardise(out, t.normed.inverse[l][:t.rows], float32(n.InputNorm[l]))
		}
		in = out
	}
}

// activate turns the linear outputs of hidden layer l into its activations out.
// Where linear is a place of its own the activation's slope stays there.
func (n *Net) activate(m, l int, t *Tape, out, linear []float32) {
	if t.dropout != nil && t.dropout.dropped {
		kern.Times(linear, t.dropout.kept[l][:len(out)])
	}
	rectified := n.LayerNorm && n.Hidden == kern.ReLU
	if n.LayerNorm {
		scaled, inverse := t.normed.scaled[l][:len(out)], t.normed.inverse[l][:t.rows]
		kern.LayerNorm(linear, scaled, inverse, linear, n.gains[m][l], n.offsets[m][l], NormEpsilon, rectified)
	}
	switch {
	case &linear[0] != &out[0]:
		kern.SiLUSlope(out, linear)
	case !rectified:
		kern.Apply(out, n.Hidden)
	}
}

// chainBackward goes back over all layers; see Backward.
func (n *Net) chainBackward(m int, t *Tape, dOut []float32, g *gradient, dIn []float32) {
	delta := dOut
	for l := n.Layers() - 1; l >= 0; l-- {
		in, out := n.Sizes[l], n.Sizes[l+1]
		if l == 0 {
			g.layer(t, l, t.x, delta)
			if dIn != nil {
				kern.Mul(dIn, in, delta, out, t.rows, &n.packedT[m][l], nil, kern.Identity)
			}
			return
		}
		g.layer(t, l, t.out[l-1], delta)
		next := t.delta[l%2][:t.rows*in]
		kern.Mul(next, in, delta, out, t.rows, &n.packedT[m][l], nil, kern.Identity)
		n.activateBack(m, l-1, t, next, g)
		delta = next
	}
}

// activateBack turns delta, the gradient by what hidden layer l handed on, into
// the gradient by its linear outputs.
func (n *Net) activateBack(m, l int, t *Tape, delta []float32, g *gradient) {
	if n.InputNorm != nil {
		kern.StandardiseGrad(delta, t.out[l][:len(delta)], t.normed.inverse[l][:t.rows])
	}
	n.slope(delta, t, l)
	if n.LayerNorm {
		dGains, dOffsets := g.extras(l)
		kern.LayerNormGrad(delta, t.normed.scaled[l][:len(delta)], t.normed.inverse[l][:t.rows], n.gains[m][l], dGains, dOffsets)
	}
	if t.dropout != nil && t.dropout.dropped {
		kern.Times(delta, t.dropout.kept[l][:len(delta)])
	}
}

// slope multiplies delta by the activation's derivative at hidden layer l.
func (n *Net) slope(delta []float32, t *Tape, l int) {
	switch n.Hidden {
	case kern.ReLU:
		kern.ReLUGrad(delta, delta, t.out[l][:len(delta)])
	case kern.SiLU:
		kern.Times(delta, t.slope[l][:len(delta)])
	case kern.Tanh:
		kern.TanhGrad(delta, delta, t.out[l][:len(delta)])
	}
}
