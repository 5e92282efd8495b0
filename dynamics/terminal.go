package dynamics

import (
	"math"

	"demorl/internal/kern"
	"demorl/internal/wire"
	"demorl/nn"
	"demorl/replay"
	"demorl/rng"
)

// The learned terminal head's own training (method.md C.9; ours).
const (
	headBatch     = 256
	headMaxPasses = 50
	headPatience  = 5
	headMaxWeight = 10 // of a terminal row in the loss
)

// terminalHead learns whether a step ends the task: a small network of its own
// from (obs, action, next obs), normalised, to the logit of termination.
type terminalHead struct {
	net     *nn.Net
	adam    *nn.Adam
	trained bool // false until a training row has terminated: the task never ends
}

// TerminalStats says what the learned terminal head is worth, on held-out rows.
type TerminalStats struct {
	Trained           bool
	Positives         int     // terminal training rows
	HeldPositives     int     // terminal held-out rows
	Passes            int     // passes over the training rows
	Precision, Recall float64 // at p > 0.5; 1 where there was nothing to predict or to find
}

func newTerminalHead(s Settings, obsDim, actDim int, key rng.Key) *terminalHead {
	sizes := append([]int{2*obsDim + actDim}, s.TerminalHidden...)
	net := nn.New(nn.Spec{Members: 1, Sizes: append(sizes, 1), Hidden: kern.SiLU, Trained: true})
	net.InitTruncatedNormal(key)
	return &terminalHead{net: net, adam: nn.NewAdam(net, s.Rate)}
}

// headInput writes the head's input for one row. The next observation uses the
// statistics of observations.
func (e *Ensemble) headInput(dst, obs, action, next []float32) {
	e.normalise(dst, obs, action)
	dst = dst[len(obs)+len(action):]
	for j, v := range next {
		dst[j] = (v - e.tile.mean[j]) * e.tile.scale[j]
	}
}

// headFit is the memory of one fit of the head.
type headFit struct {
	head   *terminalHead
	weight float32 // of a terminal row
	in     int
	x, hx  []float32
	y, hy  []bool
	tape   *nn.Tape
	grad   []float32
	batch  []float32
	dOut   []float32
}

// fit trains the head on the training rows until its held-out loss stops
// falling and restores the best weights. The head stays untrained while no row
// has terminated.
func (t *terminalHead) fit(e *Ensemble, buf *replay.Buffer, train, held []int32, key rng.Key) TerminalStats {
	f := &headFit{head: t, in: t.net.In(), tape: t.net.NewTape(headBatch), grad: make([]float32, t.net.MemberSize()), dOut: make([]float32, headBatch)}
	f.batch = make([]float32, headBatch*f.in)
	f.x, f.y = f.gather(e, buf, train)
	f.hx, f.hy = f.gather(e, buf, held)
	stats := TerminalStats{Positives: count(f.y), HeldPositives: count(f.hy), Precision: 1, Recall: 1}
	if stats.Positives == 0 {
		stats.Trained = t.trained
		return stats
	}
	f.weight = 1
	if others := len(f.y) - stats.Positives; others > 0 {
		f.weight = min(headMaxWeight, float32(others)/float32(stats.Positives))
	}
	t.trained, stats.Trained = true, true
	order := make([]int32, len(f.y))
	for i := range order {
		order[i] = int32(i)
	}
	best, snapshot := f.heldLoss(), append([]float32(nil), t.net.Params...)
	for stale := 0; stale <= headPatience && stats.Passes < headMaxPasses; stats.Passes++ {
		own := key.At(uint64(stats.Passes))
		for i := len(order) - 1; i > 0; i-- {
			j := own.IntnAt(uint64(i), i+1)
			order[i], order[j] = order[j], order[i]
		}
		for at := 0; at < len(order); at += headBatch {
			f.step(order[at:min(at+headBatch, len(order))])
		}
		stale++
		if loss := f.heldLoss(); loss < best*(1-0.01) {
			best, stale = loss, 0
			copy(snapshot, t.net.Params)
		}
	}
	copy(t.net.Params, snapshot)
	t.net.PackAll()
	stats.Precision, stats.Recall = f.precisionRecall()
	return stats
}

func (f *headFit) gather(e *Ensemble, buf *replay.Buffer, rows []int32) ([]float32, []bool) {
	x, y := make([]float32, len(rows)*f.in), make([]bool, len(rows))
	for r, i := range rows {
		t := buf.Row(int(i))
		e.headInput(x[r*f.in:(r+1)*f.in], t.Obs, t.Action, t.Next)
		y[r] = t.Terminated
	}
	return x, y
}

// step makes one gradient step of the weighted cross-entropy.
func (f *headFit) step(rows []int32) {
	net := f.head.net
	for r, i := range rows {
		copy(f.batch[r*f.in:(r+1)*f.in], f.x[int(i)*f.in:])
	}
	logits := net.Forward(0, f.tape, f.batch[:len(rows)*f.in], len(rows))
	for r, i := range rows {
		p := float32(1 / (1 + math.Exp(-float64(logits[r]))))
		if f.y[i] {
			f.dOut[r] = f.weight * (p - 1) / float32(len(rows))
		} else {
			f.dOut[r] = p / float32(len(rows))
		}
	}
	clear(f.grad)
	net.Backward(0, f.tape, f.dOut[:len(rows)], f.grad, nil)
	f.head.adam.Step(net, 0, f.grad, nil)
}

// heldLogits calls use with every held-out row's logit.
func (f *headFit) heldLogits(use func(i int, logit float64)) {
	for at := 0; at < len(f.hy); at += headBatch {
		rows := min(headBatch, len(f.hy)-at)
		for r, logit := range f.head.net.Infer(0, f.tape, f.hx[at*f.in:(at+rows)*f.in], rows) {
			use(at+r, float64(logit))
		}
	}
}

// heldLoss is the weighted cross-entropy of the held-out rows.
func (f *headFit) heldLoss() float64 {
	sum := 0.0
	f.heldLogits(func(i int, logit float64) {
		if f.hy[i] {
			sum += float64(f.weight) * softplus(-logit)
		} else {
			sum += softplus(logit)
		}
	})
	return sum / float64(max(1, len(f.hy)))
}

func (f *headFit) precisionRecall() (precision, recall float64) {
	hits, said, are := 0, 0, count(f.hy)
	f.heldLogits(func(i int, logit float64) {
		if logit > 0 {
			said++
			if f.hy[i] {
				hits++
			}
		}
	})
	precision, recall = 1, 1
	if said > 0 {
		precision = float64(hits) / float64(said)
	}
	if are > 0 {
		recall = float64(hits) / float64(are)
	}
	return precision, recall
}

func count(y []bool) int {
	n := 0
	for _, v := range y {
		if v {
			n++
		}
	}
	return n
}

func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

func (t *terminalHead) appendState(dst []byte) []byte {
	return wire.Bool(t.adam.AppendState(t.net.AppendState(dst)), t.trained)
}

func (t *terminalHead) readState(r *wire.Reader) {
	t.net.ReadState(r)
	t.adam.ReadState(r)
	t.trained = r.Bool()
}
