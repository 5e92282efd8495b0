package nn

import (
	"fmt"

	"demorl/internal/kern"
)

// Half is a copy of a Net with weights in bfloat16, for inference alone: half
// the memory and, where the processor multiplies bfloat16 numbers, about twice
// the speed. Hidden activations are bfloat16 too; biases, sums and the output
// are float32. Weights, inputs and activations each lose what is beyond 8 bits,
// so outputs are off by about half a percent of their root mean square.
type Half struct {
	net    *Net
	packed [][]kern.PackedBF16 // [member][layer]
	biases [][][]float32
}

// NewHalf returns a bfloat16 copy of n with all parameters zero. Pack it before use.
func (n *Net) NewHalf() *Half {
	if n.LayerNorm || n.Renorm || n.Residual || n.InputNorm != nil {
		panic("nn: a network with a norm has no bfloat16 copy")
	}
	h := &Half{net: n, packed: make([][]kern.PackedBF16, n.Members), biases: make([][][]float32, n.Members)}
	for m := range n.Members {
		h.packed[m] = make([]kern.PackedBF16, n.Layers())
		for l := range n.Layers() {
			h.biases[m] = append(h.biases[m], make([]float32, n.Sizes[l+1]))
			h.packed[m][l].Pack(n.weights[m][l], n.Sizes[l], n.Sizes[l+1]) // so that Pack need not grow it
		}
	}
	return h
}

// Pack makes the net's present parameters of member m the ones that Infer uses.
func (h *Half) Pack(m int) {
	n := h.net
	for l := range n.Layers() {
		h.packed[m][l].Pack(n.weights[m][l], n.Sizes[l], n.Sizes[l+1])
		copy(h.biases[m][l], n.biases[m][l])
	}
}

// HalfTape is the memory of one inference of one batch. It may be used by
// several goroutines only one at a time.
type HalfTape struct {
	capacity int
	in       [][]uint16 // per layer, rows of kern.Even(features), the padding zero
	out      []float32
}

// NewTape returns memory for batches of up to rows rows.
func (h *Half) NewTape(rows int) *HalfTape {
	t := &HalfTape{capacity: rows, out: make([]float32, rows*h.net.Out())}
	for l := range h.net.Layers() {
		t.in = append(t.in, make([]uint16, rows*kern.Even(h.net.Sizes[l])))
	}
	return t
}

// Infer returns member m's output for x (rows x In), valid until the tape's
// next use. A row's output does not depend on the others.
func (h *Half) Infer(m int, t *HalfTape, x []float32, rows int) []float32 {
	if rows > t.capacity {
		panic(fmt.Sprintf("nn: %d rows on a tape for %d", rows, t.capacity))
	}
	n := h.net
	in, stride := n.In(), kern.Even(n.In())
	if in == stride {
		kern.RoundBF16(t.in[0][:rows*in], x[:rows*in])
	} else {
		for r := range rows {
			kern.RoundBF16(t.in[0][r*stride:r*stride+in], x[r*in:(r+1)*in])
		}
	}
	last := n.Layers() - 1
	for l := range last {
		kern.MulBF16Rounded(t.in[l+1], kern.Even(n.Sizes[l+1]), t.in[l], kern.Even(n.Sizes[l]), rows, &h.packed[m][l], h.biases[m][l], n.Hidden)
	}
	kern.MulBF16(t.out, n.Out(), t.in[last], kern.Even(n.Sizes[last]), rows, &h.packed[m][last], h.biases[m][last], kern.Identity)
	return t.out[:rows*n.Out()]
}
