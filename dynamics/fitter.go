package dynamics

import (
	"fmt"
	"math"
	"slices"

	"demorl/internal/kern"
	"demorl/nn"
	"demorl/replay"
	"demorl/rng"
)

const (
	gatherRows = 2048 // rows of the data set that are one piece of work
	evalRows   = 256  // held-out rows that are one piece of work
)

// fitter is the memory of a fit, kept from one to the next.
type fitter struct {
	e           *Ensemble
	x, y        []float32 // training rows, normalised: x rows x in, y rows x outputs
	hx, hy      []float32 // held-out rows
	train, held []int32   // positions in the buffer
	lists       [][]int32 // per member: rows of x and y in the order of the pass
	lanes       []*fitLane

	shares []share // of a gradient step
	split  int     // the member that is shared by several, or -1

	// Per member, so that pieces of work share no memory.
	errors   []float64
	sums     []float64 // per member and piece of held-out rows
	best     []float64
	snapshot [][]float32

	upperSum, lowerSum []float64
	batchAt, batchRows int
	lossSum            float64
	lossCount          int
	jobs               fitJobs

	test      *pairedTest // nil unless stop paired_test
	bestNoise [][]float64 // per member: the constant log standard deviations of snapshot
	noiseGrad []float64
	oldest    uint64  // number of the buffer's oldest row, by which weights are drawn
	weightKey rng.Key // of rows' weights
	dropKey   rng.Key // of the present gradient step's dropout
	drops     rng.Key // of the fit's
	steps     int     // gradient steps of the fit so far
}

// fitJobs are the pieces of work, made once: closures allocate.
type fitJobs struct{ gradient, stepSplit, eval, score func(worker, i int) }

// share is one piece of a gradient step, and what it leaves behind: a whole
// member's batch or, of the last of an odd number of members, some rows of it,
// so that two workers have equally much to do.
type share struct {
	member       int
	from, rows   int       // rows of the batch; fewer where the batch is shorter
	grad         []float32 // of a member that is shared; else the worker's memory serves
	upper, lower []float64 // gradient by the bounds
	loss         float64
}

// shareRows is the number of rows in a share of a split member. It is part of a
// run's identity: gradients are summed share by share.
const shareRows = 128

// divide makes the shares of a gradient step.
func (f *fitter) divide() {
	members, outputs, batch := f.e.Members(), f.e.Outputs(), f.e.settings.Batch
	add := func(s share) {
		s.upper, s.lower = make([]float64, outputs), make([]float64, outputs)
		f.shares = append(f.shares, s)
	}
	whole := members &^ 1
	for m := range whole {
		add(share{member: m, rows: batch})
	}
	f.split = -1
	if whole == members {
		return
	}
	f.split = whole
	for from := 0; from < batch; from += shareRows {
		add(share{member: whole, from: from, rows: min(shareRows, batch-from), grad: make([]float32, f.e.net.MemberSize())})
	}
}

// fitLane is one worker's memory.
type fitLane struct {
	tape       *nn.Tape
	grad       []float32
	x, y, dOut []float32
	w          []float32 // weights of the rows; nil without
	loss       *lossScratch
}

func newFitter(e *Ensemble) *fitter {
	members, outputs := e.Members(), e.Outputs()
	f := &fitter{
		e: e, lists: make([][]int32, members), errors: make([]float64, members), best: make([]float64, members),
		snapshot: make([][]float32, members), upperSum: make([]float64, outputs), lowerSum: make([]float64, outputs),
	}
	for m := range members {
		f.snapshot[m] = make([]float32, e.net.MemberSize())
	}
	rows := max(e.settings.Batch, evalRows)
	for range e.pool.Workers() {
		f.lanes = append(f.lanes, &fitLane{
			tape: e.net.NewTape(rows), grad: make([]float32, e.net.MemberSize()),
			x: make([]float32, e.settings.Batch*e.net.In()), y: make([]float32, e.settings.Batch*outputs),
			dOut: make([]float32, e.settings.Batch*2*outputs), loss: newLossScratch(e.settings.Batch, outputs),
		})
	}
	f.divide()
	f.jobs = fitJobs{f.sharePiece, f.stepPiece, f.evalPiece, f.scorePiece}
	if e.settings.Stop == StopTest {
		f.test = newPairedTest(e)
	}
	if e.noise != nil {
		f.noiseGrad = make([]float64, outputs)
		for range members {
			f.bestNoise = append(f.bestNoise, make([]float64, outputs))
		}
	}
	if e.settings.Rows == RowsWeights {
		f.weightKey = e.key.Derive("row weights")
		for _, lane := range f.lanes {
			lane.w = make([]float32, e.settings.Batch)
		}
	}
	return f
}

// prepare splits the data, takes its statistics and normalises it once for the
// whole fit.
func (f *fitter) prepare(buf *replay.Buffer, key rng.Key) error {
	e := f.e
	s := e.settings
	if s.Holdout == HoldoutSticky {
		e.holdout.update(buf, s.HoldoutFraction, s.HoldoutMax, e.key.Derive("holdout"))
	} else {
		e.holdout.resample(buf, s.HoldoutFraction, s.HoldoutMax, key.Derive("holdout"))
	}
	f.train, f.held = e.holdout.split(buf, f.train[:0], f.held[:0])
	if len(f.train) == 0 {
		return fmt.Errorf("dynamics: all %d transitions were drawn for the hold-out set: collect more, better some hundreds", buf.Len())
	}
	e.inputs.Fit(len(f.train), func(i int, dst []float32) {
		t := buf.Row(int(f.train[i]))
		copy(dst[copy(dst, t.Obs):], t.Action)
	}, s.StdFloor)
	if s.TargetNorm {
		e.targets.Fit(len(f.train), func(i int, dst []float32) { target(dst, buf.Row(int(f.train[i]))) }, s.StdFloor)
	}
	e.publish()
	e.span.measure(buf, f.train, e.inputs.Mean[:e.obsDim], float32(s.StdFloor))
	f.x, f.y = f.gather(buf, f.train, f.x, f.y)
	f.hx, f.hy = f.gather(buf, f.held, f.hx, f.hy)
	f.drawLists(key.Derive("lists"))
	f.oldest, f.drops, f.steps = buf.Added()-uint64(buf.Len()), key.Derive("dropout"), 0
	pieces := (len(f.held) + evalRows - 1) / evalRows
	f.sums = slices.Grow(f.sums[:0], e.Members()*pieces)[:e.Members()*pieces]
	if t := f.test; t != nil {
		t.scores, t.best = slices.Grow(t.scores[:0], len(f.held))[:len(f.held)], slices.Grow(t.best[:0], len(f.held))[:len(f.held)]
	}
	return nil
}

// target writes reward and change of observation of one row.
func target(dst []float32, t replay.Transition) {
	dst[0] = t.Reward
	for j, v := range t.Next {
		dst[1+j] = v - t.Obs[j]
	}
}

// gather writes the normalised inputs and targets of the given rows.
func (f *fitter) gather(buf *replay.Buffer, rows []int32, x, y []float32) (_, _ []float32) {
	e, in, outputs := f.e, f.e.net.In(), f.e.Outputs()
	x, y = slices.Grow(x[:0], len(rows)*in)[:len(rows)*in], slices.Grow(y[:0], len(rows)*outputs)[:len(rows)*outputs]
	e.pool.Do((len(rows)+gatherRows-1)/gatherRows, func(_, piece int) {
		for r := piece * gatherRows; r < min((piece+1)*gatherRows, len(rows)); r++ {
			t := buf.Row(int(rows[r]))
			e.normalise(x[r*in:(r+1)*in], t.Obs, t.Action)
			row := y[r*outputs : (r+1)*outputs]
			target(row, t)
			if e.settings.TargetNorm {
				e.targets.Apply(row)
			}
		}
	})
	return x, y
}

// run trains until patience or a limit ends it (method.md C.5) and restores
// every member's best weights.
func (f *fitter) run(key rng.Key, progress func(Progress)) FitStats {
	s := f.e.settings
	stats := FitStats{Rows: len(f.train), Held: len(f.held)}
	if s.FreshOptimizer {
		f.e.resetOptimizers()
	}
	patience, most := s.passes(f.e.Outputs())
	mostSteps := s.gradSteps(f.e.fits)
	f.evaluate()
	stats.StartError = slices.Clone(f.errors)
	for m, err := range f.errors {
		f.best[m] = math.Inf(1)
		if s.BestFrom == BestFromCurrent {
			f.best[m] = worstIfNaN(err)
		}
		f.save(m)
	}
	if f.test != nil {
		copy(f.test.best, f.test.scores)
	}
	shuffles := key.Derive("shuffle")
	improved := 0 // the step of the last improvement
	for stale := 0; stats.StoppedBy == ""; {
		f.shuffle(shuffles.At(uint64(stats.Passes)))
		limit := math.MaxInt
		if mostSteps > 0 {
			limit = mostSteps - stats.Steps
		}
		stats.Steps += f.pass(limit)
		stats.Passes++
		stats.TrainLoss = f.lossSum / float64(max(1, f.lossCount))
		f.evaluate()
		stale++
		if f.goesOn() {
			stale, improved = 0, stats.Steps
		}
		if progress != nil {
			progress(Progress{Pass: stats.Passes, Steps: stats.Steps, TrainLoss: stats.TrainLoss, HoldError: average(f.errors), Best: average(f.best)})
		}
		switch {
		case math.IsNaN(f.lossSum) || math.IsInf(f.lossSum, 0):
			stats.StoppedBy = StopDiverged
		case stale > patience && stats.Steps-improved >= s.PatienceSteps:
			stats.StoppedBy = StopPatience
		case mostSteps > 0 && stats.Steps >= mostSteps:
			stats.StoppedBy = StopGradSteps
		case most > 0 && stats.Passes >= most:
			stats.StoppedBy = StopPasses
		}
	}
	for m := range f.snapshot {
		copy(f.e.net.Member(m), f.snapshot[m])
		if f.e.noise != nil {
			copy(f.e.noise.at[m], f.bestNoise[m])
		}
	}
	f.e.net.PackAll()
	f.evaluate()
	stats.HoldError = slices.Clone(f.errors)
	return stats
}

// save makes member m as it is the one that the fit ends with.
func (f *fitter) save(m int) {
	copy(f.snapshot[m], f.e.net.Member(m))
	if f.e.noise != nil {
		copy(f.bestNoise[m], f.e.noise.at[m])
	}
}

// goesOn saves what has become better and reports whether patience begins anew.
func (f *fitter) goesOn() bool {
	if f.test != nil {
		return f.judge()
	}
	return f.keepBetter()
}

// keepBetter snapshots the members that improved enough and reports whether
// any did. An error that is not a number never improves.
func (f *fitter) keepBetter() bool {
	any := false
	for m, err := range f.errors {
		if err < f.best[m]*(1-f.e.settings.Improvement) {
			f.best[m] = err
			f.save(m)
			any = true
		}
	}
	return any
}

// pass takes every member through its list once, in at most limit gradient
// steps, and returns their number.
func (f *fitter) pass(limit int) int {
	f.lossSum, f.lossCount = 0, 0
	steps := 0
	if batches := f.e.settings.PassBatches; batches > 0 {
		limit = min(limit, batches)
	}
	for at := 0; at < len(f.train) && steps < limit; at += f.e.settings.Batch {
		f.gradStep(at, min(f.e.settings.Batch, len(f.train)-at))
		steps++
	}
	return steps
}

// gradStep makes one gradient step of all members on rows at.. of their lists.
func (f *fitter) gradStep(at, rows int) {
	f.batchAt, f.batchRows = at, rows
	f.dropKey = f.drops.At(uint64(f.steps))
	f.steps++
	f.e.pool.Do(len(f.shares), f.jobs.gradient)
	if f.split >= 0 {
		f.e.adam.Begin(f.split)
		f.e.pool.Do(f.e.net.Parts(), f.jobs.stepSplit)
	}
	if f.e.noise != nil {
		f.stepNoise()
	} else {
		f.stepBounds()
	}
	for i := range f.shares {
		f.lossSum += f.shares[i].loss
	}
	f.lossCount += f.e.Members()
}

// stepBounds steps the soft bounds of the log-variances.
func (f *fitter) stepBounds() {
	weight := f.e.settings.BoundWeight
	for d := range f.upperSum {
		f.upperSum[d], f.lowerSum[d] = weight, -weight
		for i := range f.shares {
			f.upperSum[d] += f.shares[i].upper[d]
			f.lowerSum[d] += f.shares[i].lower[d]
		}
	}
	f.e.bounds.step(f.upperSum, f.lowerSum)
}

// memberLosses returns every member's loss of the last gradient step.
func (f *fitter) memberLosses() []float64 {
	losses := make([]float64, f.e.Members())
	for i := range f.shares {
		losses[f.shares[i].member] += f.shares[i].loss
	}
	return losses
}

// sharePiece computes one share's gradient, and makes the step of a member that
// nobody else has a share in.
func (f *fitter) sharePiece(worker, i int) {
	e, lane, s := f.e, f.lanes[worker], &f.shares[i]
	in, outputs := e.net.In(), e.Outputs()
	rows := max(0, min(s.rows, f.batchRows-s.from))
	for r, j := range f.lists[s.member][f.batchAt+min(s.from, f.batchRows):][:rows] {
		copy(lane.x[r*in:(r+1)*in], f.x[int(j)*in:])
		copy(lane.y[r*outputs:(r+1)*outputs], f.y[int(j)*outputs:])
		if lane.w != nil {
			lane.w[r] = f.weight(s.member, int(j))
		}
	}
	grad := s.grad
	if grad == nil {
		grad = lane.grad
	}
	f.gradient(lane, s, grad, lane.x[:rows*in], lane.y, lane.w, rows, f.batchRows)
	if s.grad == nil {
		e.adam.Step(e.net, s.member, grad, e.settings.Decay)
	}
}

// gradient leaves in grad a share's gradient of the loss, averaged over of rows,
// without weight decay, which Adam adds, and in s its part of the bounds'
// gradient and of the loss.
func (f *fitter) gradient(lane *fitLane, s *share, grad, x, y, w []float32, rows, of int) {
	clear(s.upper)
	clear(s.lower)
	if s.loss = 0; rows == 0 {
		clear(grad)
		return
	}
	if f.e.net.Dropout != nil {
		f.e.net.Drop(lane.tape, f.dropKey.At(uint64(s.member)), uint64(s.from), rows)
	}
	out := f.e.net.Forward(s.member, lane.tape, x, rows)
	dOut := lane.dOut[:len(out)]
	if f.e.noise != nil {
		s.loss = constantLoss(f.e.noise.at[s.member], out, y, w, rows, of, dOut, s.upper)
	} else {
		s.loss = lane.loss.gradient(f.e.bounds, out, y, w, rows, of, dOut, s.upper, s.lower)
	}
	f.e.net.Gradient(s.member, lane.tape, dOut, grad)
}

// stepPiece makes one part of the split member's step.
func (f *fitter) stepPiece(_, part int) {
	e := f.e
	lo, hi := e.net.PartSpan(part)
	first := f.shares[f.split].grad // before it, share and member have the same number
	for i := f.split + 1; i < len(f.shares); i++ {
		kern.AXPY(first[lo:hi], 1, f.shares[i].grad[lo:hi])
	}
	e.adam.StepPart(e.net, f.split, part, first, e.settings.Decay)
}

// evaluate fills errors with every member's held-out mean squared error.
func (f *fitter) evaluate() {
	members := f.e.Members()
	pieces := len(f.sums) / members
	if f.test != nil {
		f.e.pool.Do(pieces, f.jobs.score)
	} else {
		f.e.pool.Do(len(f.sums), f.jobs.eval)
	}
	for m := range members {
		sum := 0.0
		for p := range pieces {
			sum += f.sums[m*pieces+p]
		}
		f.errors[m] = sum / float64(len(f.held)*f.e.Outputs())
	}
}

// evalPiece sums the squared error of one member on one piece of held-out rows.
func (f *fitter) evalPiece(worker, i int) {
	e := f.e
	in, outputs := e.net.In(), e.Outputs()
	pieces := len(f.sums) / e.Members()
	m, at := i/pieces, i%pieces*evalRows
	rows := min(evalRows, len(f.held)-at)
	out := e.net.Infer(m, f.lanes[worker].tape, f.hx[at*in:(at+rows)*in], rows)
	sum, width := 0.0, e.net.Out()
	for r := range rows {
		y := f.hy[(at+r)*outputs : (at+r+1)*outputs]
		for d, mean := range out[r*width : r*width+outputs] {
			miss := float64(mean - y[d])
			sum += miss * miss
		}
	}
	f.sums[i] = sum
}

func average(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}
