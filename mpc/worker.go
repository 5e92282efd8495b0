package mpc

import (
	"math"
	"time"

	"demorl/rng"
	"demorl/rollout"
)

// worker is one worker's lanes and scratch; it decodes the actions of the
// block that it walks.
type worker struct {
	p         *Planner
	block     *rollout.Block
	lane      rollout.Lane
	actor     rollout.Actor
	terminal  rollout.Terminal
	perturbed Perturbed // nil unless the plan is parameters
	was       []rollout.Fate
	visitor   func(h int, was []rollout.Fate)

	noise  []float32 // rows x stride: candidates' and policy's normals
	sample []float32 // rows x ActDim: policy's sampled action
	mean   []float32 // rows x ActDim: policy's mean action
	obs    []float32 // running rows side by side
	packed []float32 // their noise
	score  []float64
	reward []float32 // rows x 4: noise of drawn rewards
	value  []float32
	ended  []bool // terminated before, when not masked
	mu, sd []float32
	sums   []float32         // 2 x ActDim
	teller rollout.Disagreer // nil where the lane is none
	differ []float32         // per row: disagreement of a step
	before []float32         // rows x ActDim: the actions of the step before; nil unless actions cost

	clock stopwatch
	stop  Reason // why this worker began no further block or left one
	cut   bool   // the present block was left before its end
	steps int    // model steps of the present block

	g              *group
	ps             *pass
	s0, s1, c0, c1 int
	err            error
}

func newWorker(p *Planner, world rollout.World, deps Deps, rows int) *worker {
	a, stride := p.actDim, rollout.Stride(max(p.actDim, p.width))
	w := &worker{
		p: p, block: rollout.NewBlock(rows, p.obsDim, a), lane: world.NewLane(rows), was: make([]rollout.Fate, rows),
		noise: make([]float32, rows*stride), score: make([]float64, rows), value: make([]float32, rows),
		ended: make([]bool, rows), mu: make([]float32, p.width), sd: make([]float32, p.width), sums: make([]float32, 2*a),
	}
	if deps.NewActor != nil {
		w.actor = deps.NewActor(rows)
		w.sample, w.mean = make([]float32, rows*a), make([]float32, rows*a)
		w.obs, w.packed = make([]float32, rows*p.obsDim), make([]float32, rows*stride)
	}
	if p.form == FormParameters {
		w.perturbed = deps.NewPerturbed(p.s.Particles)
		w.sample, w.obs = make([]float32, rows*a), make([]float32, rows*p.obsDim)
	}
	if deps.NewTerminal != nil {
		w.terminal = deps.NewTerminal(rows)
	}
	if p.s.ScoreReward == ScoreRewardDrawn {
		w.reward = make([]float32, rows*4)
	}
	w.teller, _ = w.lane.(rollout.Disagreer)
	if p.s.Disagreement > 0 {
		w.differ = make([]float32, rows)
	}
	if p.s.ActionCost > 0 || p.s.RateCost > 0 {
		w.before = make([]float32, rows*a)
	}
	w.clock.now = func() time.Time { return p.now() }
	w.visitor = w.visit
	return w
}

// runBlock makes, walks and scores block i of n of a pass.
func (w *worker) runBlock(g *group, ps *pass, i, n int) {
	w.g, w.ps, w.s0, w.s1, w.c0, w.c1 = g, ps, 0, g.n, 0, ps.total
	if n > 1 {
		w.c0, w.c1 = i*ps.total/n, (i+1)*ps.total/n
	}
	p, b := w.p, w.block
	nc := w.c1 - w.c0
	b.Rows = (w.s1 - w.s0) * nc * ps.particles
	b.First = uint64((g.first+w.s0)*ps.total+w.c0) * uint64(ps.particles)
	b.Key = ps.key
	r := 0
	for s := w.s0; s < w.s1; s++ {
		for c := w.c0; c < w.c1; c++ {
			for q := range ps.particles {
				b.Start[r], b.Candidate[r], b.Particle[r] = int32(g.first+s), int32(c), int32(q)
				r++
			}
		}
	}
	if ps.pre {
		clear(g.preLen[w.s0*p.pre+w.c0 : (w.s1-1)*p.pre+w.c1])
	} else {
		w.generate()
	}
	clear(w.score[:b.Rows])
	clear(w.ended[:b.Rows])
	steps := p.horizon
	if !ps.pre && (p.s.ScoreRewards == RewardsButLast || p.s.Value == ValueLastAction) {
		steps--
	}
	if ps.pre {
		steps = p.horizon - 1
	}
	w.steps, w.cut = steps, false
	w.clock.start(p.job.expiry.set)
	if w.err = rollout.Roll(b, p.job.starts, w.lane, w, steps, w.visitor, w.was); w.err != nil || w.cut {
		return
	}
	if steps < p.horizon {
		w.lastAction(steps)
	}
	if !ps.pre {
		w.finish(steps)
	}
	w.clock.finished(b.Rows)
}

// lastAction decodes an action that no model step follows.
func (w *worker) lastAction(h int) {
	b := w.block
	copy(w.was[:b.Rows], b.Fate)
	w.Decode(b, h)
	for r := range b.Rows {
		if w.was[r] == rollout.Running && b.Fate[r] != rollout.Running {
			w.bad(r)
		} else if w.before != nil && w.was[r] == rollout.Running && !w.ps.pre {
			w.score[r] -= w.p.discount[h] * w.effort(r, h)
		}
	}
}

// slot is the index of the candidate of block row r within the group.
func (w *worker) slot(r int) int {
	b := w.block
	return (int(b.Start[r])-w.g.first)*w.p.capN + int(b.Candidate[r])
}

// bad makes row r the worst there is.
func (w *worker) bad(r int) {
	if w.ps.pre {
		return
	}
	info := &w.g.info[w.slot(r)]
	if w.block.Fate[r] == rollout.OutOfRange {
		info.outOfRange++
	} else {
		info.nonFinite++
	}
	w.score[r] = math.Inf(-1)
}

// visit adds the rewards of step h to the scores. It branches on what a row
// is and never multiplies by a mask: a dead row's numbers may be NaN.
func (w *worker) visit(h int, was []rollout.Fate) {
	b, s := w.block, &w.p.s
	if w.p.job.expiry.ctx != nil && w.leave(h) || w.ps.pre {
		return
	}
	if s.Disagreement > 0 {
		w.teller.Disagreement(b, was, w.differ)
	}
	drawn := s.ScoreReward == ScoreRewardDrawn
	if drawn {
		b.Normals(rollout.RewardNoise, h, w.reward, 1)
	}
	d := w.p.discount[h]
	for r := range b.Rows {
		if was[r] != rollout.Running {
			continue
		}
		fate := b.Fate[r]
		if fate == rollout.NonFinite || fate == rollout.OutOfRange {
			w.bad(r)
			continue
		}
		x := float64(b.Reward[r])
		if drawn {
			x += float64(b.RewardStd[r]) * float64(w.reward[4*r])
		}
		if s.Disagreement > 0 {
			x -= s.Disagreement * float64(w.differ[r])
		}
		if w.before != nil {
			x -= w.effort(r, h)
		}
		if x-x != 0 {
			b.Fate[r] = rollout.NonFinite
			w.bad(r)
			continue
		}
		w.score[r] += d * x
		if fate == rollout.Terminated {
			if !w.ended[r] {
				w.ended[r] = true
				w.g.info[w.slot(r)].terminated++
			}
			if !s.Mask {
				b.Fate[r] = rollout.Running
			}
		}
	}
}

// finish adds the terminal value and hands the candidates their scores.
func (w *worker) finish(steps int) {
	p, b := w.p, w.block
	if p.s.Value != ValueNone {
		w.terminal.Value(b, w.value)
		d := p.discount[steps]
		for r := range b.Rows {
			if b.Fate[r] != rollout.Running {
				continue
			}
			v := float64(w.value[r])
			if v-v != 0 {
				b.Fate[r] = rollout.NonFinite
				w.bad(r)
				continue
			}
			w.score[r] += d * v
		}
	}
	for r := 0; r < b.Rows; r += w.ps.particles {
		info := &w.g.info[w.slot(r)]
		info.score, info.done = total(&p.s, w.score[r:r+w.ps.particles]), true
		if w.g.tilt != nil && !w.ps.measure {
			info.score -= p.s.Lambda * w.controlCost(w.slot(r))
		}
	}
}

// Decode chooses the actions of the running rows at step h.
func (w *worker) Decode(b *rollout.Block, h int) {
	switch {
	case w.ps.pre:
		w.decodePre(b, h)
	case w.ps.closed:
		w.decodeClosed(b, h)
	case w.p.form == FormParameters:
		w.decodeParameters(b, h)
	default:
		w.decodeOpen(b, h)
	}
}

// decodeOpen takes the candidates' own actions.
func (w *worker) decodeOpen(b *rollout.Block, h int) {
	a, hor := w.p.actDim, w.p.h
	for r := range b.Rows {
		if b.Fate[r] != rollout.Running {
			continue
		}
		slot := w.slot(r)
		w.g.info[slot].length = int32(h + 1)
		at := (slot*hor + h) * a
		copy(b.Action[r*a:(r+1)*a], w.g.cand[at:at+a])
	}
}

// absurd is far beyond what a policy may propose, which is within [-1, 1], and
// far below what sums of proposals hold.
const absurd = 1e6

// decodeParameters asks the policy moved by each candidate's numbers at the
// states of that candidate's particles.
func (w *worker) decodeParameters(b *rollout.Block, h int) {
	p, a, dims := w.p, b.ActDim, b.ObsDim
	for r0 := 0; r0 < b.Rows; r0 += w.ps.particles {
		n := 0
		for r := r0; r < r0+w.ps.particles; r++ {
			if b.Fate[r] == rollout.Running {
				copy(w.obs[n*dims:(n+1)*dims], b.Obs[r*dims:])
				n++
			}
		}
		if n == 0 {
			continue
		}
		slot := w.slot(r0)
		w.g.info[slot].length = int32(h + 1)
		at := (slot*p.h + min(h, p.h-1)) * p.width
		w.perturbed.ActPerturbed(w.g.cand[at:at+p.width], w.obs, n, w.sample)
		from := w.sample
		for r := r0; r < r0+w.ps.particles; r++ {
			if b.Fate[r] != rollout.Running {
				continue
			}
			copy(b.Action[r*a:(r+1)*a], from[:a])
			for _, u := range from[:a] {
				if u != u {
					b.Fate[r] = rollout.NonFinite
				}
			}
			from = from[a:]
		}
	}
}

// decodeClosed adds the candidates' offsets to the policy's action at every
// row's own state, and leaves in their place what the update will average: the
// executed action, or its deviation from the centre.
func (w *worker) decodeClosed(b *rollout.Block, h int) {
	p, g := w.p, w.g
	a := p.actDim
	residualMean := p.s.PlanForm == PlanResidualMean
	w.act(b, h, p.s.Proposal == ProposalSample, p.s.Proposal == ProposalMean || residualMean)
	prop := w.sample
	if p.s.Proposal == ProposalMean {
		prop = w.mean
	}
	centre := prop
	if residualMean {
		centre = w.mean
	}
	feature, proposal := w.sums[:a], w.sums[a:2*a]
	for r0 := 0; r0 < b.Rows; r0 += w.ps.particles {
		slot := w.slot(r0)
		info := &g.info[slot]
		at := (slot*p.h + h) * a
		offset := g.cand[at : at+a]
		live := 0
		clear(w.sums)
		for r := r0; r < r0+w.ps.particles; r++ {
			if b.Fate[r] != rollout.Running {
				continue
			}
			live++
			info.coords += int32(a)
			own := prop[r*a : (r+1)*a]
			w.offset(r, h, own, offset, info)
			for j, u := range b.Action[r*a : (r+1)*a] {
				proposal[j] += own[j]
				if p.form == FormSequence {
					feature[j] += u
				} else {
					feature[j] += u - centre[r*a+j]
				}
			}
		}
		if live == 0 {
			continue
		}
		info.length = int32(h + 1)
		scale := 1 / float32(live)
		for j := range offset {
			offset[j] = feature[j] * scale
		}
		if g.prop != nil {
			for j := range proposal {
				g.prop[at+j] = proposal[j] * scale
			}
		}
	}
}

// offset makes row r's action of step h from the policy's own one: moved,
// clipped and within the rate limit.
func (w *worker) offset(r, h int, own, offset []float32, info *candidate) {
	p, b := w.p, w.block
	bound := float32(p.s.Bound)
	row := b.Action[r*len(own) : (r+1)*len(own)]
	before := row // what the row did a step ago
	if h == 0 {
		before = p.job.sent
	}
	sane := true
	for j, base := range own {
		u := base + offset[j]
		if u > bound {
			u = bound
			info.clipped++
		} else if u < -bound {
			u = -bound
			info.clipped++
		}
		sane = sane && u == u && base > -absurd && base < absurd
		if p.rate != nil && before != nil {
			u = limited(u, before[j], p.rate[j])
		}
		row[j] = u
	}
	if !sane { // no action, though it could be clipped
		b.Fate[r] = rollout.NonFinite
	}
}

// decodePre follows the policy and records what it did; the last rollout of a
// start follows the mean until the pass's step follow.
func (w *worker) decodePre(b *rollout.Block, h int) {
	p, g := w.p, w.g
	a := p.actDim
	sampled := p.s.Proposal == ProposalSample
	w.act(b, h, sampled, !sampled)
	prop := w.sample
	if !sampled {
		prop = w.mean
	}
	for r := range b.Rows {
		if b.Fate[r] != rollout.Running {
			continue
		}
		s, c := int(b.Start[r])-g.first, int(b.Candidate[r])
		row := b.Action[r*a : (r+1)*a]
		copy(row, prop[r*a:])
		if c >= p.s.PolicySamples && h < w.ps.follow {
			for j := range row {
				row[j] = float32(g.mean[(s*p.h+h)*a+j])
			}
		}
		for j, u := range row {
			if u != u {
				b.Fate[r] = rollout.NonFinite
			}
			row[j] = min(1, max(-1, u))
		}
		if b.Fate[r] != rollout.Running {
			continue
		}
		i := s*p.pre + c
		g.preLen[i] = int32(h + 1)
		copy(g.pre[(i*p.h+h)*a:(i*p.h+h+1)*a], row)
	}
}

// act asks the policy at the running rows: samples and means lie at their rows.
func (w *worker) act(b *rollout.Block, h int, sampled, mean bool) {
	a, stride := b.ActDim, rollout.Stride(b.ActDim)
	var sample, centre, noise []float32
	if sampled {
		b.Normals(rollout.PolicyNoise, h, w.noise, a)
		sample, noise = w.sample, w.noise
	}
	if mean {
		centre = w.mean
	}
	n := 0
	for r := range b.Rows {
		if b.Fate[r] == rollout.Running {
			n++
		}
	}
	if n == b.Rows {
		w.actor.Act(b.Obs[:n*b.ObsDim], n, noise, sample, centre)
		return
	}
	if n == 0 {
		return
	}
	i := 0
	for r := range b.Rows {
		if b.Fate[r] != rollout.Running {
			continue
		}
		copy(w.obs[i*b.ObsDim:(i+1)*b.ObsDim], b.Obs[r*b.ObsDim:])
		if sampled {
			copy(w.packed[i*stride:(i+1)*stride], w.noise[r*stride:])
		}
		i++
	}
	if sampled {
		noise = w.packed
	}
	w.actor.Act(w.obs, n, noise, sample, centre)
	// From the last row down, a row's place is never before its packed place.
	for r := b.Rows - 1; i > 0; r-- {
		if b.Fate[r] != rollout.Running {
			continue
		}
		i--
		if sampled {
			copy(w.sample[r*a:(r+1)*a], w.sample[i*a:(i+1)*a])
		}
		if mean {
			copy(w.mean[r*a:(r+1)*a], w.mean[i*a:(i+1)*a])
		}
	}
}

// noiseKey is the key of the candidates' normals of one step or frequency.
func noiseKey(pass rng.Key, i int) rng.Key {
	return pass.At(uint64(rollout.PlanNoise)).At(uint64(i))
}
