package dynamics

import (
	"fmt"

	"demorl/internal/kern"
	"demorl/nn"
	"demorl/rollout"
)

// Tape is one worker's view of a World whose steps can be gone back over
// (rollout.Tape, method.md D.5). At every step the elites are dealt to the rows
// anew and in equal shares, whatever the World's propagation.
type Tape struct {
	lane  *Lane
	steps []tapeStep
	deck  []int32 // the rows' places in the present deal
	// One elite's rows, on the way back.
	dOut, dIn                              []float32
	far, soft, near, tail, std, value, byD []float32 // rows x outputs
}

// tapeStep is what Back needs of one step.
type tapeStep struct {
	rows  int         // of the block
	order []int32     // the rows that stepped, sorted by elite
	ends  []int       // per elite: where its rows end in order
	x     []float32   // in their order, rows x inputs: normalised
	noise []float32   // rows x outputs
	nets  []*nn.Tape  // per elite
	out   [][]float32 // per elite: the network's answers
}

var _ rollout.Differentiable = (*World)(nil)

// NewTape returns a Tape for blocks of up to rows rows, 128 at most, and walks
// of up to steps steps. The world's reward must be the learned one and
// delta_clip off: neither has a gradient here.
func (w *World) NewTape(rows, steps int) rollout.Tape {
	if rows > predictorRows || w.options.Rewarder != nil || w.e.settings.DeltaClip || w.options.BFloat16 {
		panic(fmt.Sprintf("dynamics: a tape of %d rows (at most %d), known reward %t, delta_clip %t, bfloat16 %t",
			rows, predictorRows, w.options.Rewarder != nil, w.e.settings.DeltaClip, w.options.BFloat16))
	}
	e, outputs := w.e, w.e.Outputs()
	share := (rows + len(e.elites) - 1) / len(e.elites)
	used := share * outputs
	make32 := func(n int) []float32 { return make([]float32, n) }
	t := &Tape{
		lane: w.NewLane(rows).(*Lane), deck: make([]int32, rows), dOut: make32(2 * used), dIn: make32(share * e.net.In()),
		far: make32(used), soft: make32(used), near: make32(used), tail: make32(used), std: make32(used), value: make32(used), byD: make32(used),
	}
	for range steps {
		s := tapeStep{
			order: make([]int32, rows), ends: make([]int, len(e.elites)),
			x: make32(rows * e.net.In()), noise: make32(rows * outputs), out: make([][]float32, len(e.elites)),
		}
		for range e.elites {
			s.nets = append(s.nets, e.net.NewTape(share))
		}
		t.steps = append(t.steps, s)
	}
	return t
}

// Step implements rollout.Tape.
func (t *Tape) Step(b *rollout.Block, h int) {
	l, s := t.lane, &t.steps[h]
	t.deal(b, h)
	n := l.sort(b)
	s.rows = b.Rows
	copy(s.order, l.order[:n])
	copy(s.ends, l.ends)
	if n == 0 {
		return
	}
	l.counters.Steps += n
	l.drawNoise(b, h)
	at := 0
	for place, end := range l.ends {
		if end > at {
			t.forward(b, s, place, at, end)
		}
		at = end
	}
	l.finish(b, n)
}

// deal gives every row of b a place among the elites: a shuffle of equal shares.
func (t *Tape) deal(b *rollout.Block, h int) {
	deck, elites := t.deck[:b.Rows], len(t.lane.w.e.elites)
	draw := b.Key.At(uint64(rollout.MemberNoise)).At(uint64(h))
	for i := range deck {
		deck[i] = int32(i * elites / b.Rows)
	}
	for i := len(deck) - 1; i > 0; i-- {
		j := draw.IntnAt(b.First+uint64(i), i+1)
		deck[i], deck[j] = deck[j], deck[i]
	}
	copy(t.lane.member, deck)
}

// forward moves rows at..end of the lane's order, all of one elite.
func (t *Tape) forward(b *rollout.Block, s *tapeStep, place, at, end int) {
	l, e := t.lane, t.lane.w.e
	in, outputs, rows := e.net.In(), e.Outputs(), end-at
	x := s.x[at*in : end*in]
	for i, r := range l.order[at:end] {
		row := x[i*in : (i+1)*in]
		copy(row[copy(row, b.Obs[int(r)*e.obsDim:(int(r)+1)*e.obsDim]):], b.Action[int(r)*e.actDim:(int(r)+1)*e.actDim])
		l.input[at+i] = int32(i)
	}
	kern.Normalise(x, e.tile.mean[:len(x)], e.tile.scale[:len(x)])
	s.out[place] = e.net.Forward(e.elites[place], s.nets[place], x, rows)
	l.draw(b, l.p.widen(e.elites[place], s.out[place], rows), at, rows)
	copy(s.noise[at*outputs:], l.p.noise[:rows*outputs])
}

// Back implements rollout.Tape.
func (t *Tape) Back(h int, dNext, dReward, dObs, dAction []float32) {
	e, s := t.lane.w.e, &t.steps[h]
	clear(dObs[:s.rows*e.obsDim])
	clear(dAction[:s.rows*e.actDim])
	at := 0
	for place, end := range s.ends {
		if end > at {
			t.backward(s, place, at, end, dNext, dReward, dObs, dAction)
		}
		at = end
	}
}

// backward is Back for the rows at..end of the step's order.
func (t *Tape) backward(s *tapeStep, place, at, end int, dNext, dReward, dObs, dAction []float32) {
	e := t.lane.w.e
	in, outputs, rows := e.net.In(), e.Outputs(), end-at
	width := e.net.Out() // a constant variance has no gradient
	dOut := t.dOut[:rows*width]
	if e.noise == nil {
		t.stdSlopes(s.out[place], rows)
	}
	for i, r := range s.order[at:end] {
		g := dOut[i*width : i*width+outputs]
		g[0] = dReward[r]
		copy(g[1:], dNext[int(r)*e.obsDim:(int(r)+1)*e.obsDim])
		if e.settings.TargetNorm {
			for d, scale := range e.targets.Std {
				g[d] *= scale
			}
		}
		if e.noise != nil {
			continue
		}
		noise, byStd := s.noise[(at+i)*outputs:], t.byD[i*outputs:]
		for d, v := range g {
			dOut[(2*i+1)*outputs+d] = v * noise[d] * byStd[d]
		}
	}
	dIn := t.dIn[:rows*in]
	e.net.Backward(e.elites[place], s.nets[place], dOut, nil, dIn)
	scale := e.tile.scale[:in]
	for i, r := range s.order[at:end] {
		next := dNext[int(r)*e.obsDim : (int(r)+1)*e.obsDim]
		if dReward[r] == 0 && allZero(next) {
			continue // its numbers may be infinite, and would make NaN of nothing
		}
		row := dIn[i*in : (i+1)*in]
		for j, v := range next {
			dObs[int(r)*e.obsDim+j] = row[j]*scale[j] + v
		}
		for j := range e.actDim {
			dAction[int(r)*e.actDim+j] = row[e.obsDim+j] * scale[e.obsDim+j]
		}
	}
}

// stdSlopes fills byD with the derivative of each standard deviation by the raw
// log-variance in out (rows x 2*outputs), through the soft bounds (method.md C.2).
func (t *Tape) stdSlopes(out []float32, rows int) {
	b := t.lane.w.e.bounds
	outputs := len(b.upper)
	n := rows * outputs
	far, soft, near, tail, std, value := t.far[:n], t.soft[:n], t.near[:n], t.tail[:n], t.std[:n], t.value[:n]
	for i := range far {
		far[i] = b.upper[i%outputs] - out[(2*(i/outputs)+1)*outputs+i%outputs]
	}
	kern.Softplus(soft, far)
	for i := range near {
		near[i] = (b.upper[i%outputs] - soft[i]) - b.lower[i%outputs]
	}
	kern.Softplus(value, near)
	for i := range std {
		std[i] = 0.5 * (b.lower[i%outputs] + value[i])
	}
	kern.Exp(std, std)
	negAbs(soft, far)
	kern.Exp(soft, soft)
	negAbs(tail, near)
	kern.Exp(tail, tail)
	for i := range std {
		sigFar, _ := sigmoids(far[i], soft[i])
		sigNear, _ := sigmoids(near[i], tail[i])
		t.byD[i] = 0.5 * std[i] * sigNear * sigFar
	}
}

func allZero(x []float32) bool {
	for _, v := range x {
		if v != 0 {
			return false
		}
	}
	return true
}
