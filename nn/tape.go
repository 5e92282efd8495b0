package nn

import (
	"fmt"

	"demorl/internal/kern"
)

// Tape is the memory of one pass of one batch: activations, and scratch for
// the way back. Tapes may be used by several goroutines only one at a time.
type Tape struct {
	capacity int
	rows     int
	kept     bool // Keep has dropped rows
	x        []float32
	out      [][]float32 // per layer
	slope    [][]float32 // per hidden layer: the activation's derivative; nil where out tells it
	delta    [2][]float32
	packed   kern.Packed

	dropout  *dropout  // nil without Dropout
	normed   *normed   // nil without LayerNorm and InputNorm
	renorm   *renormed // nil without Renorm
	residual *residual // nil without Residual
}

// NewTape returns memory for batches of up to rows rows.
func (n *Net) NewTape(rows int) *Tape {
	t := &Tape{capacity: rows, slope: make([][]float32, n.Layers()), out: make([][]float32, n.Layers())}
	widest := 0
	if n.Dropout != nil {
		t.dropout = n.newDropout(rows)
	}
	if n.LayerNorm || n.InputNorm != nil {
		t.normed = n.newNormed(rows)
	}
	if n.Residual {
		t.residual = n.newResidual(rows)
	}
	if n.Renorm {
		t.renorm = n.newRenormed(rows)
		widest = n.In() // gradients by gains and offsets of the first layer pass its input
	}
	for l := range n.Layers() {
		out := n.Sizes[l+1]
		widest = max(widest, out)
		t.out[l] = make([]float32, rows*out)
		if n.Trained && n.Hidden == kern.SiLU && l < n.Layers()-1 {
			t.slope[l] = make([]float32, rows*out)
		}
	}
	if n.Trained {
		t.delta[0], t.delta[1] = make([]float32, rows*widest), make([]float32, rows*widest)
		t.packed.Pack(t.delta[0], rows, widest) // so that Backward need not grow it
	}
	return t
}

// Infer returns member m's output for x (rows x In), valid until the tape's
// next use. Backward cannot follow.
func (n *Net) Infer(m int, t *Tape, x []float32, rows int) []float32 {
	out := n.pass(m, t, x, rows, false)
	t.x = nil
	return out
}

// Forward returns member m's output for x (rows x In) and keeps on the tape
// what Backward needs; x must not change before that.
func (n *Net) Forward(m int, t *Tape, x []float32, rows int) []float32 {
	return n.pass(m, t, x, rows, true)
}

// pass runs all layers; back says whether Backward may follow.
func (n *Net) pass(m int, t *Tape, x []float32, rows int, back bool) []float32 {
	t.begin(x, rows)
	switch {
	case n.Renorm:
		n.renormForward(m, t, false)
	case n.Residual:
		n.residualForward(m, t)
	default:
		n.chainForward(m, t, back)
	}
	return t.out[n.Layers()-1][:rows*n.Out()]
}

// begin takes the inputs of a pass.
func (t *Tape) begin(x []float32, rows int) {
	if rows > t.capacity {
		panic(fmt.Sprintf("nn: %d rows on a tape for %d", rows, t.capacity))
	}
	t.x, t.rows, t.kept = x, rows, false
}

// Keep drops all rows of the last Forward but the given ones, in ascending
// order: Backward then takes dOut and gives dIn for these alone. Gradients by
// the parameters cannot be had any more.
func (t *Tape) Keep(rows []int32) {
	if t.renorm != nil && t.renorm.batch {
		panic("nn: Keep after ForwardBatch, whose rows depend on each other")
	}
	for l, out := range t.out[:len(t.out)-1] {
		width := len(out) / t.capacity
		keepRows(out, rows, width)
		if t.slope[l] != nil {
			keepRows(t.slope[l], rows, width)
		}
	}
	if t.dropout != nil {
		t.dropout.keep(rows, t.capacity)
	}
	if t.normed != nil {
		t.normed.keep(rows)
	}
	if t.residual != nil {
		t.residual.keep(rows)
	}
	t.rows, t.kept = len(rows), true
}

// keepRows moves the given rows of x to its front.
func keepRows(x []float32, rows []int32, width int) {
	for k, r := range rows {
		if k != int(r) {
			copy(x[k*width:(k+1)*width], x[int(r)*width:(int(r)+1)*width])
		}
	}
}

// Backward goes back over the last Forward of member m. dOut (rows x Out) is
// the loss's gradient by the output. It adds the gradient by the parameters to
// grad (the layout of Member) unless grad is nil, and writes the gradient by
// the input to dIn (rows x In) unless dIn is nil.
func (n *Net) Backward(m int, t *Tape, dOut, grad, dIn []float32) {
	n.backward(m, t, dOut, grad, dIn, true)
}

// Gradient is Backward that writes the gradient by the parameters to grad
// instead of adding it, whatever grad holds.
func (n *Net) Gradient(m int, t *Tape, dOut, grad []float32) {
	n.backward(m, t, dOut, grad, nil, false)
}

func (n *Net) backward(m int, t *Tape, dOut, grad, dIn []float32, add bool) {
	if t.x == nil {
		panic("nn: Backward without Forward")
	}
	if t.kept && grad != nil {
		panic("nn: gradients by the parameters after Keep")
	}
	g := gradient{n: n, rest: grad, add: add}
	switch {
	case n.Renorm:
		n.renormBackward(m, t, dOut, &g, dIn)
	case n.Residual:
		n.residualBackward(m, t, dOut, &g, dIn)
	default:
		n.chainBackward(m, t, dOut, &g, dIn)
	}
}

// gradient is the gradient by a member's parameters while the way back fills it
// from the last layer to the first.
type gradient struct {
	n    *Net
	rest []float32 // of the layers that are still to come; nil: not wanted
	add  bool      // added to what is there instead of written
}

// extras returns the places of layer l's gradients by gains and offsets, ready
// to be added to; nil where there are none. Layer l is the last of what is left.
func (g *gradient) extras(l int) (gains, offsets []float32) {
	count := g.n.extras(l)
	if g.rest == nil || count == 0 {
		return nil, nil
	}
	both := g.rest[len(g.rest)-count:]
	if !g.add {
		clear(both)
	}
	return both[:count/2], both[count/2:]
}

// layer fills in layer l's gradient by weights and biases, from what the layer
// was given and delta, the gradient by its linear outputs.
func (g *gradient) layer(t *Tape, l int, given, delta []float32) {
	if g.rest == nil {
		return
	}
	in, out := g.n.Sizes[l], g.n.Sizes[l+1]
	start := len(g.rest) - g.n.layerSize(l)
	weights, biases := g.rest[start:start+in*out], g.rest[start+in*out:start+in*out+out]
	g.rest = g.rest[:start]
	if !g.add {
		clear(biases)
	}
	t.packed.Pack(delta, t.rows, out)
	kern.MulT(weights, out, given, in, in, &t.packed, g.add)
	kern.ColSums(biases, delta, t.rows, out)
}
