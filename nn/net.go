package nn

import (
	"fmt"

	"demorl/internal/kern"
)

// Spec is the shape of a network: a chain of linear layers with an activation
// between each two (chain.go), and what else stands between them. Renorm
// (renorm.go) and Residual (residual.go) are kinds of their own.
type Spec struct {
	Members int      // number of stacked networks of equal shape
	Sizes   []int    // features of input, hidden layers and output
	Hidden  kern.Act // activation of the hidden layers; the output is linear
	Trained bool     // whether Backward will be called (keeps transposed weights packed)

	Dropout   []float64 // share of every hidden layer's linear outputs that Drop leaves out; nil: none
	LayerNorm bool      // normalise hidden layers over their features, before the activation
	Plain     bool      // LayerNorm has no gains and offsets
	InputNorm []float64 // epsilons of the norm of every layer's input but the first's; nil: none

	Residual bool // SimBa's blocks; Sizes are those of ResidualSizes

	Renorm       bool   // normalise every layer's input over the batch (batch renormalisation)
	RenormWarmup uint64 // batches for which that is plain batch normalisation, before corrections begin
}

// check panics at what does not fit together.
func (s *Spec) check() {
	if s.Members < 1 || len(s.Sizes) < 2 {
		panic(fmt.Sprintf("nn: a network needs members and layers, got %+v", *s))
	}
	if s.Renorm && (s.LayerNorm || s.Dropout != nil || s.InputNorm != nil || s.Hidden == kern.SiLU) {
		panic(fmt.Sprintf("nn: batch renormalisation comes without another norm and dropout, and with an activation whose output tells its slope, got %+v", *s))
	}
	s.checkDropout()
	s.checkInputNorm()
	s.checkResidual()
}

// Net is a stack of dense networks. Parameters are member-major: member m's
// layers in order, each its weights (in x out, row-major), its biases and, where
// it has them, gains and offsets.
type Net struct {
	Spec
	Params  []float32
	weights [][][]float32 // [member][layer], views into Params
	biases  [][][]float32
	gains   [][][]float32   // nil without a norm that has them
	offsets [][][]float32   // nil without a norm that has them
	running []running       // nil without Renorm
	packed  [][]kern.Packed // [member][layer], what Forward reads
	packedT [][]kern.Packed // the transposes, what Backward reads
	parts   []part
}

// New returns a network with all weights and biases zero and all gains one.
// Initialise and Pack it before use.
func New(s Spec) *Net {
	s.check()
	n := &Net{Spec: s}
	if s.Renorm {
		n.running = n.newRunning()
	}
	n.Params = make([]float32, s.Members*n.MemberSize())
	n.weights, n.biases = make([][][]float32, s.Members), make([][][]float32, s.Members)
	n.gains, n.offsets = make([][][]float32, s.Members), make([][][]float32, s.Members)
	n.packed, n.packedT = make([][]kern.Packed, s.Members), make([][]kern.Packed, s.Members)
	rest := n.Params
	for m := range s.Members {
		n.packed[m], n.packedT[m] = make([]kern.Packed, n.Layers()), make([]kern.Packed, n.Layers())
		for l := range n.Layers() {
			n.divide(m, l, rest[:n.layerSize(l)])
			rest = rest[n.layerSize(l):]
			n.packed[m][l].Resize(s.Sizes[l], s.Sizes[l+1])
			if s.Trained {
				n.packedT[m][l].Resize(s.Sizes[l+1], s.Sizes[l])
			}
		}
	}
	n.cut()
	return n
}

// divide makes the views into the parameters of layer l of member m.
func (n *Net) divide(m, l int, params []float32) {
	weights, sums := n.Sizes[l]*n.Sizes[l+1], n.Sizes[l+1]
	n.weights[m] = append(n.weights[m], params[:weights])
	n.biases[m] = append(n.biases[m], params[weights:weights+sums])
	extras := params[weights+sums:]
	if n.Plain && n.LayerNorm && l < n.Layers()-1 {
		extras = make([]float32, 2*n.Sizes[l+1]) // fixed, outside Params
	}
	gains, offsets := extras[:len(extras)/2], extras[len(extras)/2:]
	for j := range gains {
		gains[j] = 1
	}
	n.gains[m], n.offsets[m] = append(n.gains[m], gains), append(n.offsets[m], offsets)
}

// Layers returns the number of linear layers.
func (n *Net) Layers() int { return len(n.Sizes) - 1 }

// In returns the number of input features.
func (n *Net) In() int { return n.Sizes[0] }

// Out returns the number of output features.
func (n *Net) Out() int { return n.Sizes[len(n.Sizes)-1] }

// MemberSize returns the number of parameters of one member.
func (n *Net) MemberSize() int {
	size := 0
	for l := range n.Layers() {
		size += n.layerSize(l)
	}
	return size
}

// Member returns member m's parameters, a view into Params.
func (n *Net) Member(m int) []float32 {
	size := n.MemberSize()
	return n.Params[m*size : (m+1)*size]
}

// Weights returns layer l's weights of member m (in x out, row-major), a view.
func (n *Net) Weights(m, l int) []float32 { return n.weights[m][l] }

// Biases returns layer l's biases of member m, a view.
func (n *Net) Biases(m, l int) []float32 { return n.biases[m][l] }

// Gains and Offsets return those of layer l of member m, views: of a hidden
// layer's outputs with LayerNorm, of a layer's inputs with Renorm and, where it
// reads the stream, with Residual.
func (n *Net) Gains(m, l int) []float32   { return n.gains[m][l] }
func (n *Net) Offsets(m, l int) []float32 { return n.offsets[m][l] }

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
