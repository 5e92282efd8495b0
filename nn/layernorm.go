package nn

import (
	"demorl/internal/kern"
	"demorl/rng"
)

// normEpsilon is added to the variance, as in PyTorch's LayerNorm.
const normEpsilon = 1e-5

// A network with LayerNorm has, after the biases of each hidden layer, as many
// gains and as many offsets (Ba et al. 2016): a row's linear outputs are moved
// and scaled to mean 0 and variance 1 over the layer's features, multiplied by
// the gains and moved by the offsets, and then go through the activation.
// A plain one has neither. Dropout, where it is on, comes before (Hiraoka et al. 2022, DroQ).

// extras returns the number of parameters of layer l beside weights and biases.
func (n *Net) extras(l int) int {
	switch {
	case n.Renorm, n.Residual && reads(l):
		return 2 * n.Sizes[l]
	case n.LayerNorm && !n.Plain && l < n.Layers()-1:
		return 2 * n.Sizes[l+1]
	}
	return 0
}

// layerSize returns the number of parameters of layer l of one member.
func (n *Net) layerSize(l int) int { return (n.Sizes[l]+1)*n.Sizes[l+1] + n.extras(l) }

// Gains and Offsets return those of layer l of member m, views: of a hidden
// layer's outputs with LayerNorm, of a layer's inputs with Renorm and, where it
// reads the stream, with Residual.
func (n *Net) Gains(m, l int) []float32   { return n.gains[m][l] }
func (n *Net) Offsets(m, l int) []float32 { return n.offsets[m][l] }

// normed is the memory of the hidden layers of a network with LayerNorm.
type normed struct {
	scaled  [][]float32 // per hidden layer, rows x features: before gains and offsets
	inverse [][]float32 // per hidden layer and row: one over the standard deviation
	kept    [][]float32 // per hidden layer, rows x features: 0 or 1/(1 - dropout); nil without dropout
	masked  bool        // whether the pass under way drops anything
	dropped bool        // whether the last pass did
	draws   []float32   // of one row
}

func (n *Net) newNormed(rows int) *normed {
	t := &normed{}
	widest := 0
	for l := range n.Layers() - 1 {
		out := n.Sizes[l+1]
		widest = max(widest, out)
		t.scaled = append(t.scaled, make([]float32, rows*out))
		t.inverse = append(t.inverse, make([]float32, rows))
		if n.Dropout > 0 {
			t.kept = append(t.kept, make([]float32, rows*out))
		}
	}
	if n.Dropout > 0 {
		t.draws = make([]float32, (widest+3)&^3)
	}
	return t
}

// Drop draws the dropout masks of the next pass for rows rows: each feature is
// left out with probability Dropout, or its layer's of Dropouts, and the others are scaled so that the mean
// stays. Row r's mask depends on key and first+r alone. Without a Drop before
// it a pass drops nothing.
func (n *Net) Drop(t *Tape, key rng.Key, first uint64, rows int) {
	if n.Dropouts != nil {
		n.dropEach(t, key, first, rows)
	}
	if n.Dropout == 0 {
		return
	}
	t.norm.masked = true
	for l, mask := range t.norm.kept {
		drawMask(mask, t.norm.draws, key.At(uint64(l)), first, rows, n.Sizes[l+1], n.Dropout)
	}
}

// normalise turns the linear outputs of hidden layer l, in t.out[l], into the
// layer's activations.
func (n *Net) normalise(m, l int, t *Tape, rows int) {
	out := n.Sizes[l+1]
	x, scaled := t.out[l][:rows*out], t.norm.scaled[l][:rows*out]
	if t.norm.masked {
		kern.Times(x, t.norm.kept[l][:rows*out])
	}
	rectify := n.Hidden == kern.ReLU
	kern.LayerNorm(x, scaled, t.norm.inverse[l][:rows], x, n.gains[m][l], n.offsets[m][l], normEpsilon, rectify)
	switch {
	case t.slope[l] != nil:
		copy(t.slope[l], x)
		kern.SiLUSlope(x, t.slope[l][:rows*out])
	case !rectify:
		kern.Apply(x, n.Hidden)
	}
}

// normaliseBack turns delta (rows x features), the gradient by what normalise
// put into the activation, into the gradient by the linear outputs. It adds
// the gradients by gains and offsets unless they are nil.
func (n *Net) normaliseBack(m, l int, t *Tape, delta, dGains, dOffsets []float32) {
	rows := len(delta) / n.Sizes[l+1]
	kern.LayerNormGrad(delta, t.norm.scaled[l][:len(delta)], t.norm.inverse[l][:rows], n.gains[m][l], dGains, dOffsets)
	if t.norm.dropped {
		kern.Times(delta, t.norm.kept[l][:len(delta)])
	}
}
