package nn

import (
	"fmt"

	"demorl/internal/kern"
)

// Spec is the shape of a network.
type Spec struct {
	Members int      // number of stacked networks of equal shape
	Sizes   []int    // features of input, hidden layers and output
	Hidden  kern.Act // activation of the hidden layers; the output is linear
	Trained bool     // whether Backward will be called (keeps transposed weights packed)

	LayerNorm bool    // normalise hidden layers over their features, before the activation
	Plain     bool    // LayerNorm has no gains and offsets
	Dropout   float64 // share of hidden features that Drop leaves out, before LayerNorm; 0: none

	InputNorm []float64 // epsilons of the norm of every layer's input but the first's (inputnorm.go); nil: none
	Dropouts  []float64 // share of every hidden layer's linear outputs that Drop leaves out; nil: none

	Residual bool // SimBa's blocks (residual.go); Sizes are those of ResidualSizes

	Renorm       bool   // normalise every layer's input over the batch (batch renormalisation)
	RenormWarmup uint64 // batches for which that is plain batch normalisation, before corrections begin
}

// Net is a stack of dense networks. Parameters are member-major: member m's
// layers in order, each its weights (in x out, row-major) and its biases.
type Net struct {
	Spec
	Params  []float32
	weights [][][]float32 // [member][layer], views into Params
	biases  [][][]float32
	gains   [][][]float32   // nil without LayerNorm and Renorm
	offsets [][][]float32   // nil without LayerNorm and Renorm
	running []running       // nil without Renorm
	packed  [][]kern.Packed // [member][layer], what Forward reads
	packedT [][]kern.Packed // the transposes, what Backward reads
	parts   []part
}

// part is some rows of one layer's weights, and its biases with the last: what
// one worker steps and packs at a time.
type part struct{ layer, from, to int }

// partSize is the number of weights from which on a layer is cut into parts.
const partSize = 16384

// cut cuts every layer into parts that can be packed apart.
func (n *Net) cut() {
	for l := range n.Layers() {
		in, out := n.Sizes[l], n.Sizes[l+1]
		rows := max(1, partSize/out/kern.PackRowsMultiple) * kern.PackRowsMultiple
		for from := 0; from < in; from += rows {
			n.parts = append(n.parts, part{l, from, min(in, from+rows)})
		}
	}
}

// Parts returns into how many parts a member's parameters are cut. Parts may be
// stepped and packed by different workers at the same time.
func (n *Net) Parts() int { return len(n.parts) }

// New returns a network with all parameters zero. Initialise and Pack it before use.
func New(s Spec) *Net {
	if s.Members < 1 || len(s.Sizes) < 2 {
		panic(fmt.Sprintf("nn: a network needs members and layers, got %+v", s))
	}
	if s.Dropout < 0 || s.Dropout >= 1 || s.Dropout > 0 && !s.LayerNorm {
		panic(fmt.Sprintf("nn: dropout %v; it is a share below 1 and comes with LayerNorm", s.Dropout))
	}
	if s.Renorm && (s.LayerNorm || s.Hidden == kern.SiLU) {
		panic(fmt.Sprintf("nn: batch renormalisation comes without LayerNorm and with an activation whose output tells its slope, got %+v", s))
	}
	s.checkInputNorm()
	s.checkResidual()
	n := &Net{Spec: s}
	if s.Renorm {
		n.running = n.newRunning()
	}
	n.Params = make([]float32, s.Members*n.MemberSize())
	n.weights = make([][][]float32, s.Members)
	n.biases = make([][][]float32, s.Members)
	n.gains, n.offsets = make([][][]float32, s.Members), make([][][]float32, s.Members)
	n.packed = make([][]kern.Packed, s.Members)
	n.packedT = make([][]kern.Packed, s.Members)
	at := 0
	for m := range s.Members {
		n.packed[m] = make([]kern.Packed, n.Layers())
		n.packedT[m] = make([]kern.Packed, n.Layers())
		for l := range n.Layers() {
			in, out := s.Sizes[l], s.Sizes[l+1]
			n.weights[m] = append(n.weights[m], n.Params[at:at+in*out])
			n.biases[m] = append(n.biases[m], n.Params[at+in*out:at+in*out+out])
			at += in*out + out
			if extras := n.extras(l); extras > 0 {
				half := extras / 2
				n.gains[m] = append(n.gains[m], n.Params[at:at+half])
				n.offsets[m] = append(n.offsets[m], n.Params[at+half:at+extras])
				for j := range half {
					n.gains[m][l][j] = 1
				}
				at += extras
			} else if s.Residual {
				n.gains[m], n.offsets[m] = append(n.gains[m], nil), append(n.offsets[m], nil)
			} else if s.LayerNorm && l < n.Layers()-1 { // fixed ones and zeros, outside Params
				n.gains[m], n.offsets[m] = append(n.gains[m], make([]float32, out)), append(n.offsets[m], make([]float32, out))
				for j := range out {
					n.gains[m][l][j] = 1
				}
			}
			n.packed[m][l].Resize(in, out)
			if s.Trained {
				n.packedT[m][l].Resize(out, in)
			}
		}
	}
	n.cut()
	return n
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

// Pack makes member m's present parameters the ones that Forward and Backward
// use. Call it after every change of them.
func (n *Net) Pack(m int) {
	for i := range n.parts {
		n.PackPart(m, i)
	}
}

// PackPart is Pack for the i-th part alone.
func (n *Net) PackPart(m, i int) {
	p := n.parts[i]
	n.packed[m][p.layer].PackRows(n.weights[m][p.layer], p.from, p.to)
	if n.Trained {
		n.packedT[m][p.layer].PackTRows(n.weights[m][p.layer], p.from, p.to)
	}
}

// FollowPart moves the i-th part of member m by the share tau of its distance
// to the same part of leader, a network of the same shape, and packs it.
func (n *Net) FollowPart(m, i int, leader *Net, tau float32) {
	lo, hi := n.PartSpan(i)
	kern.Lerp(n.Member(m)[lo:hi], leader.Member(m)[lo:hi], tau)
	n.PackPart(m, i)
}

// PartSpan returns where part i lies in a member's parameters.
func (n *Net) PartSpan(i int) (lo, hi int) {
	lo, _, hi = n.span(i)
	return lo, hi
}

// span returns where the weights [lo, biases) and the biases [biases, hi) of
// part i lie in a member's parameters.
func (n *Net) span(i int) (lo, biases, hi int) {
	p := n.parts[i]
	at := 0
	for l := range p.layer {
		at += n.layerSize(l)
	}
	in, out := n.Sizes[p.layer], n.Sizes[p.layer+1]
	lo, biases = at+p.from*out, at+p.to*out
	if hi = biases; p.to == in {
		hi += out + n.extras(p.layer)
	}
	return lo, biases, hi
}

// PackAll packs every member.
func (n *Net) PackAll() {
	for m := range n.Members {
		n.Pack(m)
	}
}

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
	norm     *normed   // nil without LayerNorm
	renorm   *renormed // nil without Renorm

	conditioned *conditioned // nil without InputNorm and Dropouts
	residual    *residual    // nil without Residual
}

// NewTape returns memory for batches of up to rows rows.
func (n *Net) NewTape(rows int) *Tape {
	t := &Tape{capacity: rows, slope: make([][]float32, n.Layers()), out: make([][]float32, n.Layers())}
	if n.LayerNorm {
		t.norm = n.newNormed(rows)
	}
	if n.conditioned() {
		t.conditioned = n.newConditioned(rows)
	}
	if n.Residual {
		t.residual = n.newResidual(rows)
	}
	widest := 0
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
	if n.Renorm {
		out := n.renormForward(m, t, x, rows, false)
		t.done(nil, rows)
		return out
	}
	if t.conditioned != nil {
		out := n.conditionedForward(m, t, x, rows, false)
		t.done(nil, rows)
		return out
	}
	if n.Residual {
		out := n.residualForward(m, t, x, rows)
		t.done(nil, rows)
		return out
	}
	t.check(rows)
	in := x
	for l := range n.Layers() {
		act := n.Hidden
		if l == n.Layers()-1 || n.LayerNorm {
			act = kern.Identity
		}
		kern.Mul(t.out[l], n.Sizes[l+1], in, n.Sizes[l], rows, &n.packed[m][l], n.biases[m][l], act)
		if n.LayerNorm && l < n.Layers()-1 {
			n.normalise(m, l, t, rows)
		}
		in = t.out[l]
	}
	t.done(nil, rows)
	return in[:rows*n.Out()]
}

// Forward returns member m's output for x (rows x In) and keeps on the tape
// what Backward needs; x must not change before that.
func (n *Net) Forward(m int, t *Tape, x []float32, rows int) []float32 {
	if n.Renorm {
		out := n.renormForward(m, t, x, rows, false)
		t.done(x, rows)
		return out
	}
	if t.conditioned != nil {
		out := n.conditionedForward(m, t, x, rows, true)
		t.done(x, rows)
		return out
	}
	if n.Residual {
		out := n.residualForward(m, t, x, rows)
		t.done(x, rows)
		return out
	}
	t.check(rows)
	in := x
	for l := range n.Layers() {
		dst, act := t.out[l], n.Hidden
		if l == n.Layers()-1 || n.LayerNorm {
			act = kern.Identity
		} else if t.slope[l] != nil {
			dst, act = t.slope[l], kern.Identity
		}
		kern.Mul(dst, n.Sizes[l+1], in, n.Sizes[l], rows, &n.packed[m][l], n.biases[m][l], act)
		switch {
		case n.LayerNorm && l < n.Layers()-1:
			n.normalise(m, l, t, rows)
		case t.slope[l] != nil:
			used := rows * n.Sizes[l+1]
			kern.SiLUSlope(t.out[l][:used], t.slope[l][:used])
		}
		in = t.out[l]
	}
	t.done(x, rows)
	return in[:rows*n.Out()]
}

// Keep drops all rows of the last Forward but the given ones, in ascending
// order: Backward then takes dOut and gives dIn for these alone. Gradients by
// the parameters cannot be had any more.
func (t *Tape) Keep(rows []int32) {
	for l, out := range t.out[:len(t.out)-1] {
		width := len(out) / t.capacity
		keepRows(out, rows, width)
		if t.slope[l] != nil {
			keepRows(t.slope[l], rows, width)
		}
		if t.norm != nil {
			keepRows(t.norm.scaled[l], rows, width)
			keepRows(t.norm.inverse[l], rows, 1)
			if t.norm.dropped {
				keepRows(t.norm.kept[l], rows, width)
			}
		}
	}
	if c := t.conditioned; c != nil {
		for l := range c.inverse {
			keepRows(c.inverse[l], rows, 1)
		}
		for l := range c.kept {
			if c.dropped {
				keepRows(c.kept[l], rows, len(c.kept[l])/t.capacity)
			}
		}
	}
	if t.residual != nil {
		t.residual.keep(rows)
	}
	if t.renorm != nil && t.renorm.batch {
		panic("nn: Keep after ForwardBatch, whose rows depend on each other")
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
	if n.Renorm {
		n.renormBackward(m, t, dOut, grad, dIn, add)
		return
	}
	if n.Residual {
		n.residualBackward(m, t, dOut, grad, dIn, add)
		return
	}
	rows, end := t.rows, n.MemberSize()
	var dGains, dOffsets []float32 // of the layer below
	delta := dOut
	for l := n.Layers() - 1; l >= 0; l-- {
		in, out := n.Sizes[l], n.Sizes[l+1]
		if grad != nil {
			x := t.x
			if l > 0 {
				x = t.out[l-1]
			}
			end -= n.layerSize(l)
			weights, biases := grad[end:end+in*out], grad[end+in*out:end+in*out+out]
			if !add {
				clear(biases)
			}
			if l > 0 && n.extras(l-1) > 0 {
				extras := grad[end-n.extras(l-1) : end]
				if !add {
					clear(extras)
				}
				dGains, dOffsets = extras[:in], extras[in:]
			}
			t.packed.Pack(delta, rows, out)
			kern.MulT(weights, out, x, in, in, &t.packed, add)
			kern.ColSums(biases, delta, rows, out)
		}
		if l == 0 {
			if dIn != nil {
				kern.Mul(dIn, in, delta, out, rows, &n.packedT[m][l], nil, kern.Identity)
			}
			return
		}
		next := t.delta[l%2][:rows*in]
		kern.Mul(next, in, delta, out, rows, &n.packedT[m][l], nil, kern.Identity)
		if t.conditioned != nil {
			n.conditionedBack(next, t, l-1)
			delta = next
			continue
		}
		n.hiddenGrad(next, t, l-1, rows*in)
		if n.LayerNorm {
			n.normaliseBack(m, l-1, t, next, dGains, dOffsets)
		}
		delta = next
	}
}

// hiddenGrad multiplies delta by the activation's derivative at hidden layer l.
func (n *Net) hiddenGrad(delta []float32, t *Tape, l, used int) {
	switch n.Hidden {
	case kern.ReLU:
		kern.ReLUGrad(delta, delta, t.out[l][:used])
	case kern.SiLU:
		kern.Times(delta, t.slope[l][:used])
	case kern.Tanh:
		kern.TanhGrad(delta, delta, t.out[l][:used])
	}
}

// done keeps what Backward needs of a pass over rows rows of x; nil: nothing.
func (t *Tape) done(x []float32, rows int) {
	t.x, t.rows, t.kept = x, rows, false
	if t.norm != nil {
		t.norm.dropped, t.norm.masked = t.norm.masked, false
	}
}

func (t *Tape) check(rows int) {
	if rows > t.capacity {
		panic(fmt.Sprintf("nn: %d rows on a tape for %d", rows, t.capacity))
	}
}
