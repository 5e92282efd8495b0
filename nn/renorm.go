package nn

import (
	"fmt"
	"math"

	"demorl/internal/kern"
	"demorl/internal/wire"
)

// A network with Renorm normalises the input of every linear layer, feature by
// feature over the batch (Ioffe 2017, batch renormalisation): of an input layer
// the features themselves, of the others the activations of the layer before.
// Each layer has, after its biases, as many gains and offsets as it has inputs.
//
// ForwardBatch takes mean and variance of its batch, and moves the running ones
// towards them; Forward and Infer take the running ones, so that a row's output
// there does not depend on the others.
const (
	renormMomentum = 0.99 // share of the running statistics that a batch leaves
	renormEpsilon  = 1e-3 // added to variances
	renormMaxScale = 3    // bounds of the corrections that bring a batch's
	renormMaxShift = 5    // statistics to the running ones
)

// running are the statistics of one member, per layer and input feature.
type running struct {
	mean, variance [][]float32
	batches        uint64 // that moved them
}

func (n *Net) newRunning() []running {
	all := make([]running, n.Members)
	for m := range all {
		for l := range n.Layers() {
			all[m].mean = append(all[m].mean, make([]float32, n.Sizes[l]))
			all[m].variance = append(all[m].variance, make([]float32, n.Sizes[l]))
			for j := range all[m].variance[l] {
				all[m].variance[l][j] = 1
			}
		}
	}
	return all
}

// RunningMean and RunningVariance return the statistics of the inputs of layer l
// of member m, views.
func (n *Net) RunningMean(m, l int) []float32     { return n.running[m].mean[l] }
func (n *Net) RunningVariance(m, l int) []float32 { return n.running[m].variance[l] }

// renormed is the memory of one pass of a network with Renorm, per layer.
type renormed struct {
	in      [][]float32 // rows x inputs: what the linear layer gets
	unit    [][]float32 // rows x inputs: of the statistics used, mean 0 and deviation 1; nil after Infer
	inverse [][]float32 // per input: one over the deviation used
	scale   [][]float32 // per input: the correction of the deviation; 1 where running statistics are used
	shift   [][]float32 // per input: the correction of the mean
	batch   bool        // whether the last pass used the batch's statistics
	sums    [2][]float64
}

func (n *Net) newRenormed(rows int) *renormed {
	t := &renormed{}
	widest := 0
	for l := range n.Layers() {
		in := n.Sizes[l]
		widest = max(widest, in)
		t.in = append(t.in, make([]float32, rows*in))
		t.unit = append(t.unit, make([]float32, rows*in))
		t.inverse = append(t.inverse, make([]float32, in))
		t.scale = append(t.scale, make([]float32, in))
		t.shift = append(t.shift, make([]float32, in))
	}
	t.sums = [2][]float64{make([]float64, widest), make([]float64, widest)}
	return t
}

// ForwardBatch is Forward with the statistics of the batch, which move the
// running ones of member m; Backward goes back through them. It is for networks
// with Renorm.
func (n *Net) ForwardBatch(m int, t *Tape, x []float32, rows int) []float32 {
	if !n.Renorm {
		panic("nn: ForwardBatch of a network without batch renormalisation")
	}
	t.begin(x, rows)
	n.renormForward(m, t, true)
	n.running[m].batches++
	return t.out[n.Layers()-1][:rows*n.Out()]
}

// renormForward runs all layers.
func (n *Net) renormForward(m int, t *Tape, batch bool) {
	x, rows := t.x, t.rows
	t.renorm.batch = batch
	for l := range n.Layers() {
		if batch {
			n.batchMoments(m, l, t, x, rows)
		} else {
			n.runningMoments(m, l, t)
		}
		n.renormalise(m, l, t, x, rows)
		act := n.Hidden
		if l == n.Layers()-1 {
			act = kern.Identity
		}
		kern.Mul(t.out[l], n.Sizes[l+1], t.renorm.in[l], n.Sizes[l], rows, &n.packed[m][l], n.biases[m][l], act)
		x = t.out[l]
	}
}

// RunningAffine returns what a layer of a network with Renorm does to its
// inputs outside of training: input i becomes scale[i] x + shift[i].
func (n *Net) RunningAffine(m, l int) (scale, shift []float64) {
	for j, v := range n.running[m].variance[l] {
		s := float64(n.gains[m][l][j]) / math.Sqrt(float64(v)+renormEpsilon)
		scale = append(scale, s)
		shift = append(shift, float64(n.offsets[m][l][j])-s*float64(n.running[m].mean[l][j]))
	}
	return scale, shift
}

// runningMoments prepares layer l for the running statistics.
func (n *Net) runningMoments(m, l int, t *Tape) {
	inverse, scale, shift := t.renorm.inverse[l], t.renorm.scale[l], t.renorm.shift[l]
	for j, v := range n.running[m].variance[l] {
		inverse[j] = float32(1 / math.Sqrt(float64(v)+renormEpsilon))
		scale[j], shift[j] = 1, 0
	}
}

// batchMoments prepares layer l for the statistics of x (rows x inputs) and
// moves the running ones. The corrections are taken before the move, and only
// once RenormWarmup batches have made the running statistics worth something.
func (n *Net) batchMoments(m, l int, t *Tape, x []float32, rows int) {
	in, r := n.Sizes[l], t.renorm
	mean, square := r.sums[0][:in], r.sums[1][:in]
	clear(mean)
	clear(square)
	for i := range rows {
		for j, v := range x[i*in : (i+1)*in] {
			mean[j] += float64(v)
		}
	}
	for j := range mean {
		mean[j] /= float64(rows)
	}
	for i := range rows {
		for j, v := range x[i*in : (i+1)*in] {
			d := float64(v) - mean[j]
			square[j] += float64(d * d)
		}
	}
	run := &n.running[m]
	for j, mu := range mean {
		variance := square[j] / float64(rows)
		std := math.Sqrt(variance + renormEpsilon)
		runMean, runVariance := float64(run.mean[l][j]), float64(run.variance[l][j])
		runStd := math.Sqrt(runVariance + renormEpsilon)
		r.inverse[l][j] = float32(1 / std)
		r.scale[l][j], r.shift[l][j] = 1, 0
		if run.batches >= n.RenormWarmup {
			r.scale[l][j] = float32(min(renormMaxScale, max(1.0/renormMaxScale, std/runStd)))
			r.shift[l][j] = float32(min(renormMaxShift, max(-renormMaxShift, (mu-runMean)/runStd)))
		}
		run.mean[l][j] = float32(float64(renormMomentum*runMean) + float64((1-renormMomentum)*mu))
		run.variance[l][j] = float32(float64(renormMomentum*runVariance) + float64((1-renormMomentum)*variance))
	}
}

// renormalise fills layer l's unit values and inputs from x (rows x inputs).
// With the batch's statistics the means are those that batchMoments left.
func (n *Net) renormalise(m, l int, t *Tape, x []float32, rows int) {
	in, r := n.Sizes[l], t.renorm
	inverse, scale, shift := r.inverse[l][:in], r.scale[l][:in], r.shift[l][:in]
	gains, offsets := n.gains[m][l][:in], n.offsets[m][l][:in]
	running, batch := n.running[m].mean[l][:in], r.sums[0][:in]
	for i := range rows {
		row, unit, to := x[i*in:(i+1)*in], r.unit[l][i*in:(i+1)*in], r.in[l][i*in:(i+1)*in]
		for j, v := range row {
			mean := running[j]
			if r.batch {
				mean = float32(batch[j])
			}
			u := (v - mean) * inverse[j]
			unit[j] = u
			u = float32(u*scale[j]) + shift[j]
			to[j] = float32(gains[j]*u) + offsets[j]
		}
	}
}

// renormBackward goes back over all layers; see Backward.
func (n *Net) renormBackward(m int, t *Tape, dOut []float32, g *gradient, dIn []float32) {
	delta := dOut
	for l := n.Layers() - 1; l >= 0; l-- {
		in := n.Sizes[l]
		dGains, dOffsets := g.extras(l)
		g.layer(t, l, t.renorm.in[l], delta)
		if l == 0 && dIn == nil && dGains == nil {
			return
		}
		next := t.delta[l%2][:t.rows*in]
		kern.Mul(next, in, delta, n.Sizes[l+1], t.rows, &n.packedT[m][l], nil, kern.Identity)
		n.renormaliseBack(m, l, t, next, dGains, dOffsets)
		if l > 0 {
			n.slope(next, t, l-1)
		} else if dIn != nil {
			copy(dIn, next)
		}
		delta = next
	}
}

// renormaliseBack turns delta (rows x inputs), the gradient by layer l's inputs
// after normalisation, into that before it, and adds the gradients by gains and
// offsets unless they are nil. The corrections are constants; with the batch's
// statistics every row's input reaches every other row's through them.
func (n *Net) renormaliseBack(m, l int, t *Tape, delta, dGains, dOffsets []float32) {
	in, r := n.Sizes[l], t.renorm
	rows := len(delta) / in
	gains, inverse, scale, shift := n.gains[m][l][:in], r.inverse[l][:in], r.scale[l][:in], r.shift[l][:in]
	plain, along := r.sums[0][:in], r.sums[1][:in] // sums over rows of delta and of delta times unit
	if r.batch || dGains != nil {
		clear(plain)
		clear(along)
		for i := range rows {
			unit := r.unit[l][i*in : (i+1)*in]
			for j, d := range delta[i*in : (i+1)*in] {
				plain[j] += float64(d)
				along[j] += float64(float64(d) * float64(unit[j]))
			}
		}
	}
	for j := range dGains {
		dGains[j] += float32(float64(float64(scale[j])*along[j]) + float64(float64(shift[j])*plain[j]))
		dOffsets[j] += float32(plain[j])
	}
	for i := range rows {
		unit, d := r.unit[l][i*in:(i+1)*in], delta[i*in:(i+1)*in]
		for j, v := range d {
			if r.batch {
				v -= float32(plain[j]/float64(rows)) + float32(unit[j]*float32(along[j]/float64(rows)))
			}
			d[j] = v * gains[j] * scale[j] * inverse[j]
		}
	}
}

// appendRunning appends the running statistics; nothing without Renorm.
func (n *Net) appendRunning(dst []byte) []byte {
	for m := range n.running {
		r := &n.running[m]
		dst = wire.U64(dst, r.batches)
		for l := range r.mean {
			dst = wire.F32s(wire.F32s(dst, r.mean[l]), r.variance[l])
		}
	}
	return dst
}

func (n *Net) readRunning(in *wire.Reader) {
	for m := range n.running {
		r := &n.running[m]
		r.batches = in.U64()
		for l := range r.mean {
			in.F32sInto(r.mean[l], fmt.Sprintf("running mean of layer %d", l))
			in.F32sInto(r.variance[l], fmt.Sprintf("running variance of layer %d", l))
		}
	}
}
