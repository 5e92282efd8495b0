package nn

import (
	"fmt"

	"demorl/internal/kern"
)

// NormEpsilon is added to the variance of LayerNorm and of residual blocks, as in PyTorch.
const NormEpsilon = 1e-5

// A chain has one of two norms over a row's features, or none.
//
// With LayerNorm (Ba et al. 2016) a row's linear outputs are moved and scaled to
// mean 0 and variance 1, multiplied by gains and moved by offsets, which stand
// after the layer's biases, and then go through the activation. A plain one has
// neither.
//
// With InputNorm (method.md C.11) the inputs of all layers but the first, which
// are activations, are moved and scaled so, without gains and offsets.

// checkInputNorm panics at what does not fit together.
func (s *Spec) checkInputNorm() {
	if s.InputNorm == nil {
		return
	}
	if s.LayerNorm {
		panic(fmt.Sprintf("nn: InputNorm comes without LayerNorm, got %+v", *s))
	}
	if hidden := len(s.Sizes) - 2; len(s.InputNorm) != hidden || s.Trained && s.Hidden != kern.SiLU {
		panic(fmt.Sprintf("nn: InputNorm has %d epsilons for %d hidden layers and needs SiLU where it is trained, whose slope is kept apart", len(s.InputNorm), hidden))
	}
}

// normed is the memory of a chain's norm.
type normed struct {
	scaled  [][]float32 // per hidden layer, rows x features: before gains and offsets; nil with InputNorm, which has none
	inverse [][]float32 // per hidden layer and row: one over the standard deviation
}

func (n *Net) newNormed(rows int) *normed {
	t := &normed{}
	for l := range n.Layers() - 1 {
		t.inverse = append(t.inverse, make([]float32, rows))
		if n.LayerNorm {
			t.scaled = append(t.scaled, make([]float32, rows*n.Sizes[l+1]))
		}
	}
	return t
}

// keep is Tape.Keep for a norm.
func (t *normed) keep(rows []int32) {
	for _, scaled := range t.scaled {
		keepRows(scaled, rows, len(scaled)/len(t.inverse[0]))
	}
	for _, inverse := range t.inverse {
		keepRows(inverse, rows, 1)
	}
}
