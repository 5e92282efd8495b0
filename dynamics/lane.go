package dynamics

import (
	"fmt"
	"math"

	"demorl/internal/kern"
	"demorl/nn"
	"demorl/rollout"
)

// Lane is one worker's view of a World.
type Lane struct {
	w        *World
	p        *predictor
	counters Counters

	member []int32 // per row: place of its member among the elites
	order  []int32 // the running rows, sorted by member
	ends   []int   // per elite: where its rows end in order
	input  []int32 // per entry of order: which of the inputs that go through the network together is its own
	noise  []float32
	// Of the running rows, in the order of order.
	outcome   []float32 // rows x outputs: reward and next observation
	rewardStd []float32
	done      []bool
	sum       []float32 // Expect: sum of the elites' means
	// The same rows for the task's rules, where it has any.
	next, obs, action, reward []float32
	headX                     []float32
	headTape                  *nn.Tape
	apart                     disagreement
	gaussians                 *gaussians // nil without jsd_guard
	jsd                       []float64  // of the running rows, in the order of order
}

func newLane(w *World, rows int) *Lane {
	e := w.e
	l := &Lane{
		w: w, p: e.newPredictor(min(rows, predictorRows)),
		member: make([]int32, rows), order: make([]int32, rows), ends: make([]int, len(e.elites)), input: make([]int32, rows),
		noise:   make([]float32, rows*rollout.Stride(e.Outputs())),
		outcome: make([]float32, rows*e.Outputs()), rewardStd: make([]float32, rows), done: make([]bool, rows),
	}
	chunk := min(rows, predictorRows)
	l.apart = disagreement{row: make([]int32, chunk), sum: make([]float64, chunk*e.Outputs()), squares: make([]float64, chunk*e.Outputs())}
	if e.settings.JSDGuard > 0 {
		l.gaussians, l.jsd = e.newGaussians(chunk), make([]float64, rows)
	}
	if w.options.BFloat16 {
		l.p.half = e.half.NewTape(min(rows, predictorRows))
	}
	if w.options.Rewarder != nil || w.options.Terminator != nil || e.head != nil {
		l.next = make([]float32, rows*e.obsDim)
	}
	if w.options.Rewarder != nil {
		l.obs, l.action, l.reward = make([]float32, rows*e.obsDim), make([]float32, rows*e.actDim), make([]float32, rows)
	}
	if w.options.Propagation == Expect {
		l.sum = make([]float32, predictorRows*e.Outputs())
	}
	if e.head != nil {
		l.headX, l.headTape = make([]float32, predictorRows*e.head.net.In()), e.head.net.NewTape(predictorRows)
	}
	return l
}

// Begin chooses members that stay with a row for the whole walk.
func (l *Lane) Begin(b *rollout.Block, starts []rollout.Start) error {
	e := l.w.e
	if b.ObsDim != e.obsDim || b.ActDim != e.actDim || b.Rows > len(l.member) {
		return fmt.Errorf("dynamics: a block of %d rows of %d+%d numbers in a lane for %d rows of %d+%d", b.Rows, b.ObsDim, b.ActDim, len(l.member), e.obsDim, e.actDim)
	}
	elites := len(e.elites)
	draw := b.Key.At(uint64(rollout.MemberNoise))
	for r := range b.Rows {
		switch l.w.options.Propagation {
		case Fixed:
			l.member[r] = int32(draw.IntnAt(starts[b.Start[r]].ID, elites))
		case TSInf:
			// The start's draw and the candidate shift the spread, so that a single particle does not always meet the best member.
			shift := draw.IntnAt(starts[b.Start[r]].ID, elites)
			l.member[r] = int32((shift + int(b.Candidate[r]) + int(b.Particle[r])) % elites)
		case All:
			l.member[r] = b.Particle[r] % int32(elites)
		default:
			l.member[r] = 0
		}
	}
	return nil
}

// Step advances the running rows of b (rollout.Lane).
func (l *Lane) Step(b *rollout.Block, h int) error {
	o := &l.w.options
	if o.Propagation == TS1 {
		draw := b.Key.At(uint64(rollout.MemberNoise)).At(uint64(h))
		for r := range b.Rows {
			if b.Fate[r] == rollout.Running {
				l.member[r] = int32(draw.IntnAt(b.First+uint64(r), len(l.w.e.elites)))
			}
		}
	}
	n := l.sort(b)
	if n == 0 {
		return nil
	}
	l.counters.Steps += n
	if o.Propagation == Expect {
		l.expect(b, n)
	} else {
		l.drawNoise(b, h)
		at := 0
		for place, end := range l.ends {
			for at < end {
				at = l.sample(b, l.w.e.elites[place], at, end)
			}
		}
	}
	l.finish(b, n)
	return nil
}

// sort fills order and ends: a counting sort, so rows of one member keep their
// order. It returns the number of running rows.
func (l *Lane) sort(b *rollout.Block) int {
	clear(l.ends)
	for r := range b.Rows {
		if b.Fate[r] == rollout.Running {
			l.ends[l.member[r]]++
		}
	}
	n := 0
	for place, count := range l.ends {
		l.ends[place] = n // where the member's rows begin, until they are placed
		n += count
	}
	for r := range b.Rows {
		if b.Fate[r] == rollout.Running {
			place := l.member[r]
			l.order[l.ends[place]] = int32(r)
			l.ends[place]++
		}
	}
	return n
}

// drawNoise fills the noise of running rows with the numbers of
// Block.Normals, skipping rows that have ended.
func (l *Lane) drawNoise(b *rollout.Block, h int) {
	if l.w.options.DeterministicState && !l.w.options.SampleReward {
		return
	}
	stride := rollout.Stride(l.w.e.Outputs())
	key := b.Key.At(uint64(rollout.ModelNoise)).At(uint64(h))
	for r := 0; r < b.Rows; {
		if b.Fate[r] != rollout.Running {
			r++
			continue
		}
		end := r + 1
		for end < b.Rows && b.Fate[end] == rollout.Running {
			end++
		}
		key.Normals(l.noise[r*stride:end*stride], (b.First+uint64(r))*uint64(stride))
		r = end
	}
}

// gather loads the inputs of rows at to at+n of order.
func (l *Lane) gather(b *rollout.Block, at, n int) {
	for i, r := range l.order[at : at+n] {
		l.load(b, int(r), i)
	}
}

// load makes the state and action of a row of the block input number i.
func (l *Lane) load(b *rollout.Block, row, i int) {
	e := l.w.e
	in := e.net.In()
	x := l.p.x[i*in : (i+1)*in]
	copy(x[copy(x, b.Obs[row*e.obsDim:(row+1)*e.obsDim]):], b.Action[row*e.actDim:(row+1)*e.actDim])
}

// gatherOnce loads the inputs of rows of order from at on, at most up to end
// and at most as many as go through the network together, and returns where it
// stopped and how many inputs there are. Neighbours in equal states under equal
// actions share one: on the first step of a plan all particles of a sequence
// that one member moves.
func (l *Lane) gatherOnce(b *rollout.Block, at, end int) (stop, inputs int) {
	for ; at < end; at++ {
		row := int(l.order[at])
		if inputs == 0 || !l.alike(b, row, int(l.order[at-1])) {
			if inputs == predictorRows {
				break
			}
			l.load(b, row, inputs)
			inputs++
		}
		l.input[at] = int32(inputs - 1)
	}
	return at, inputs
}

// alike tells whether two rows have the same bits of state and action.
func (l *Lane) alike(b *rollout.Block, r, s int) bool {
	return sameBits(b.Obs, r, s, b.ObsDim) && sameBits(b.Action, r, s, b.ActDim)
}

// sameBits compares rows r and s of x, which has width columns. A zero differs
// from a negative zero, and a NaN equals itself.
func sameBits(x []float32, r, s, width int) bool {
	for i := range width {
		if math.Float32bits(x[r*width+i]) != math.Float32bits(x[s*width+i]) {
			return false
		}
	}
	return true
}

// sample moves rows of order from at on, all of member m, and returns where it
// stopped, end at most. A network's answer to a row does not depend on the
// other rows, so equal inputs are asked once and each row draws its own noise.
func (l *Lane) sample(b *rollout.Block, m, at, end int) int {
	stop, inputs := l.gatherOnce(b, at, end)
	out := l.p.infer(m, inputs)
	for ; at < stop; at += predictorRows {
		l.draw(b, out, at, min(predictorRows, stop-at))
	}
	return stop
}

// draw moves rows at to at+n of order by draws from the network's answers out.
func (l *Lane) draw(b *rollout.Block, out []float32, at, n int) {
	e, o := l.w.e, &l.w.options
	outputs, stride := e.Outputs(), rollout.Stride(e.Outputs())
	for i, r := range l.order[at : at+n] {
		to := l.p.noise[i*outputs : (i+1)*outputs]
		copy(to, l.noise[int(r)*stride:])
		if !o.SampleReward {
			to[0] = 0
		}
		if o.DeterministicState {
			clear(to[1:])
		}
	}
	l.p.draws(out, l.input[at:at+n])
	for i := range n {
		l.rewardStd[at+i] = l.p.std[i*outputs]
	}
	l.move(b, at, n, l.p.mean[:n*outputs])
}

// expect steps the first n rows of order with the mean of all elites' means.
func (l *Lane) expect(b *rollout.Block, n int) {
	e := l.w.e
	outputs := e.Outputs()
	share := 1 / float32(len(e.elites))
	for at := 0; at < n; at += predictorRows {
		rows := min(predictorRows, n-at)
		sum := l.sum[:rows*outputs]
		clear(sum)
		for _, m := range e.elites {
			l.gather(b, at, rows)
			l.p.means(m, rows)
			for i, v := range l.p.mean[:rows*outputs] {
				sum[i] += v
			}
		}
		for i := range sum {
			sum[i] *= share
		}
		clear(l.rewardStd[at : at+rows])
		l.move(b, at, rows, sum)
	}
}

// move writes the outcome of rows at..at+n of order from reward and change
// (rows x outputs).
func (l *Lane) move(b *rollout.Block, at, n int, change []float32) {
	e, t := l.w.e, &l.w.e.tile
	outputs := e.Outputs()
	if e.span.known {
		low, high := t.low[:len(change)], t.high[:len(change)]
		l.counters.Clipped += kern.CountOutside(change, low, high)
		if e.settings.DeltaClip {
			for i, v := range change {
				change[i] = min(max(v, low[i]), high[i])
			}
		}
	}
	for i, r := range l.order[at : at+n] {
		obs := b.Obs[int(r)*e.obsDim : (int(r)+1)*e.obsDim]
		from, to := change[i*outputs:(i+1)*outputs], l.outcome[(at+i)*outputs:(at+i+1)*outputs]
		to[0] = from[0]
		for j, v := range from[1:] {
			to[1+j] = obs[j] + v
		}
	}
}

// finish asks the task about reward and end, decides fates and writes the block.
func (l *Lane) finish(b *rollout.Block, n int) {
	e := l.w.e
	outputs := e.Outputs()
	l.consult(b, n)
	limit := e.jsd.limit(e.settings.JSDGuard)
	limited := !math.IsInf(limit, 1)
	for at := 0; at < n; at += predictorRows {
		rows := min(predictorRows, n-at)
		if limited {
			l.dispute(b, at, rows)
		}
		used := rows * outputs
		sane := kern.CountNotInside(l.outcome[at*outputs:at*outputs+used], e.tile.guardLow[:used], e.tile.guardHigh[:used]) == 0
		for i := at; i < at+rows; i++ {
			row, outcome := int(l.order[i]), l.outcome[i*outputs:(i+1)*outputs]
			copy(b.Next[row*e.obsDim:(row+1)*e.obsDim], outcome[1:])
			b.Reward[row], b.RewardStd[row] = outcome[0], l.rewardStd[i]
			disputed := limited && !(l.jsd[i] <= limit) // or not a number
			b.Fate[row] = l.fate(outcome, l.rewardStd[i], l.done[i], sane, disputed)
		}
	}
}

// consult lets the task's own rules, or the learned head, say which rows have
// ended and what they earned.
func (l *Lane) consult(b *rollout.Block, n int) {
	e, o := l.w.e, &l.w.options
	width, outputs := e.obsDim, e.Outputs()
	if l.next != nil {
		for i := range n {
			copy(l.next[i*width:(i+1)*width], l.outcome[i*outputs+1:])
		}
	}
	if o.Rewarder != nil {
		for i, r := range l.order[:n] {
			row := int(r)
			copy(l.obs[i*width:(i+1)*width], b.Obs[row*width:])
			copy(l.action[i*e.actDim:(i+1)*e.actDim], b.Action[row*e.actDim:])
		}
		o.Rewarder.Reward(l.obs[:n*width], l.action[:n*e.actDim], l.next[:n*width], l.reward[:n])
		for i, reward := range l.reward[:n] {
			l.outcome[i*outputs] = reward
		}
		clear(l.rewardStd[:n])
	}
	switch {
	case o.Terminator != nil:
		o.Terminator.Terminal(l.next[:n*width], l.done[:n])
	case e.head != nil && e.head.trained:
		l.askHead(b, n)
	default:
		clear(l.done[:n])
	}
}

// fate decides what became of a row. A state that cannot be believed is told
// before what the task's rule says about it. sane says that reward and next
// observation are known to lie within the guard, disputed that the elites differ
// by more than jsd_guard allows.
func (l *Lane) fate(outcome []float32, rewardStd float32, done, sane, disputed bool) rollout.Fate {
	e := l.w.e
	if !sane {
		for _, v := range outcome {
			if !finite(v) {
				l.counters.NonFinite++
				return rollout.NonFinite
			}
		}
		if n := len(outcome); kern.CountNotInside(outcome, e.tile.guardLow[:n], e.tile.guardHigh[:n]) > 0 {
			l.counters.OutOfRange++
			return rollout.OutOfRange
		}
	}
	if !finite(rewardStd) {
		l.counters.NonFinite++
		return rollout.NonFinite
	}
	if disputed {
		l.counters.OutOfRange++
		l.counters.Disputed++
		return rollout.OutOfRange
	}
	if done {
		l.counters.Terminated++
		return rollout.Terminated
	}
	return rollout.Running
}

// askHead fills done from the learned terminal head.
func (l *Lane) askHead(b *rollout.Block, n int) {
	e, head := l.w.e, l.w.e.head
	in, width := head.net.In(), e.obsDim
	for at := 0; at < n; at += predictorRows {
		rows := min(predictorRows, n-at)
		for i := range rows {
			row := int(l.order[at+i])
			e.headInput(l.headX[i*in:(i+1)*in], b.Obs[row*width:(row+1)*width], b.Action[row*e.actDim:(row+1)*e.actDim], l.next[(at+i)*width:(at+i+1)*width])
		}
		logits := head.net.Infer(0, l.headTape, l.headX[:rows*in], rows)
		for i, logit := range logits {
			l.done[at+i] = logit > 0
		}
	}
}
