package mpc

import (
	"context"
	"math"
	"time"

	"demorl/rng"
	"demorl/rollout"
)

// Reason says why a call of Plan ended.
type Reason string

// The reasons.
const (
	Finished  Reason = "iterations" // all iterations were done
	Settled   Reason = "settled"    // every standard deviation was below min_std_stop
	Deadline  Reason = "deadline"
	Cancelled Reason = "cancelled"
	Failed    Reason = "failed" // the world failed; Err says why
)

// Source says what an action came from.
type Source string

// The sources of an answer, in the order in which they are tried.
const (
	FromPlan     Source = "plan"
	FromShifted  Source = "shifted plan" // no iteration was completed
	FromPolicy   Source = "policy"       // nor was there a plan
	FromMiddle   Source = "mid-range"    // nor a policy
	FromPrevious Source = "previous"     // the answer was not finite
)

// Result is the answer of Plan. Its slices are the planner's memory, valid
// until the next call.
type Result struct {
	Action     []float32 // ActDim, always finite and in [-1, 1]
	Sequence   []float32 // Horizon x ActDim, in the form's numbers; with FormParameters Horizon x parameters, or 1 x parameters with uni
	Length     int       // steps of Sequence that were planned
	Form       Form
	Source     Source
	Iterations int // completed
	Candidates int // finished
	Reason     Reason
	Degenerate bool // no candidate of the last completed iteration had a finite score: the shifted plan was kept
	Infeasible bool // the answer was not finite and was replaced
	Stats      Stats
	Err        error // the world's, with reason failed
}

// kept is the planner's state between calls of Plan.
type kept struct {
	valid     bool
	skipped   int       // control ticks missed since the last call
	mean, std []float64 // horizon x width, at stride of the present horizon
	elite     []float32 // eliteSlots x horizon x width
	eliteN    int
	cov       []float64 // as group.cov, of one start
	action    []float32 // the last action that was answered, or Sent
	acted     bool
}

// call is the memory of Plan.
type call struct {
	batch  func(worker, i int)
	solo   func(worker, i int)
	starts [1]rollout.Start
	blocks int
	action []float32
	plan   []float32
	noise  []float32

	updating, ending time.Duration // the last update; it and the answer
}

// Children of a call's key beside its passes, which count from 0.
const (
	tailNumbers = 1<<32 + iota
	eliteNumbers
	answerNumbers
	policyNumbers
	measureNumbers
)

func (p *Planner) initCall() {
	ha := p.maxH * p.width
	p.call.batch, p.call.solo = p.batchPiece, p.soloPiece
	p.call.action, p.call.plan = make([]float32, p.actDim), make([]float32, ha)
	p.call.noise = make([]float32, rollout.Stride(p.actDim))
	p.kept.mean, p.kept.std = make([]float64, ha), make([]float64, ha)
	p.kept.cov = make([]float64, p.cov.largest(p.maxH, p.actDim))
	p.kept.elite = make([]float32, p.eliteSlots()*ha)
	p.kept.action = make([]float32, p.actDim)
}

// Reset forgets the kept plan; call it when an episode starts.
func (p *Planner) Reset() {
	p.kept.valid, p.kept.acted, p.kept.skipped, p.kept.eliteN = false, false, 0, 0
	clear(p.kept.action)
}

// Skip tells that ticks control ticks passed without a call of Plan beyond the
// usual one a call: the kept plan is rolled that much further.
func (p *Planner) Skip(ticks int) { p.kept.skipped += ticks }

// Plan answers one start, carrying mean, standard deviation and elites from
// call to call (method.md B.1). A deadline or cancellation of ctx ends it early
// with the best that is there; an overrun is bounded by one block of rows.
func (p *Planner) Plan(ctx context.Context, start rollout.Start, key rng.Key) Result {
	p.call.starts[0] = start
	p.job = job{starts: p.call.starts[:], key: key, noise: key}
	if p.kept.acted && (p.rate != nil || p.s.RateCost > 0) {
		p.job.sent = p.kept.action
	}
	p.beginClock(ctx)
	for _, w := range p.workers {
		w.err, w.stop = nil, ""
	}
	g := p.solo
	g.begin(p, 0, 1)
	res := Result{Form: p.form, Reason: Finished, Source: FromMiddle}
	shifted := p.shift(g)
	if shifted {
		res.Source = FromShifted
	}
	if p.s.PlanForm != PlanPolicy {
		p.iterate(g, &res)
	}
	ended := p.now()
	p.answer(g, &res)
	if p.s.Measure && res.Reason != Failed && (res.Source == FromPlan || res.Source == FromShifted) {
		p.measureSolo(g, &Result{Reason: Finished}, true)
	}
	p.store(g, &res)
	p.endClock(p.now().Sub(ended))
	res.Stats = sum(g.stat[:1], g.length[:1])
	p.job = job{}
	return res
}

// iterate runs the policy rollouts and the iterations of a call.
func (p *Planner) iterate(g *group, res *Result) {
	if p.pre > 0 {
		follow := p.h
		if p.s.Tail == TailPolicy && res.Source == FromShifted {
			follow = max(0, p.h-1-p.kept.skipped)
		} else if p.s.Tail == TailPolicy {
			follow = 0
		}
		g.pass = p.prePass(follow)
		if p.spread(g, res); res.Reason != Finished {
			return
		}
		g.afterPre(p, &g.pass)
		if p.pre > p.s.PolicySamples && res.Source == FromMiddle {
			res.Source = FromShifted
		}
	}
	if p.s.Measure {
		if p.measureSolo(g, res, false); res.Reason != Finished {
			return
		}
	}
	for it := range p.s.Iterations {
		elites := 0
		if it == 0 && p.s.ShiftElites > 0 && g.eliteN[0] > 0 {
			elites = int(g.eliteN[0])
		}
		g.pass = p.iteration(it, elites)
		ps := &g.pass
		clear(g.info[:ps.total])
		p.factor(g)
		p.lean(g)
		finished := p.spread(g, res)
		if res.Reason != Finished && !(p.s.Partial && finished >= max(2*p.elites, ps.total/2)) {
			p.compete(g)
			return
		}
		p.timedUpdate(g)
		res.Iterations++
		res.Degenerate = g.stat[0].scored == 0 || len(ranking(g.rank, g.info[:ps.total])) == 0
		if !res.Degenerate {
			res.Source = FromPlan
		}
		if res.Reason != Finished {
			return
		}
		if p.settled(g, 0) {
			res.Reason = Settled
			return
		}
	}
}

// spread runs the blocks of a pass on the pool and returns how many candidates
// finished; res gets the reason when not all did.
func (p *Planner) spread(g *group, res *Result) int {
	ps := &g.pass
	rows := soloRows
	if e := &p.job.expiry; e.set || e.ctx != nil && e.ctx.Done() != nil {
		rows = p.hurried(ps.particles)
	}
	// As many blocks for every worker.
	workers := p.pool.Workers()
	p.call.blocks = min(ps.total, (p.blocks(ps, rows)+workers-1)/workers*workers)
	p.pool.Do(p.call.blocks, p.call.solo)
	finished := 0
	for i := range g.info[:ps.total] {
		if g.info[i].done {
			finished++
		}
	}
	if !ps.pre && !ps.measure {
		res.Candidates += finished
	}
	for _, w := range p.workers {
		if w.err != nil {
			res.Reason, res.Err = Failed, w.err
			return finished
		}
	}
	for _, w := range p.workers {
		if w.stop != "" {
			res.Reason = w.stop
		}
	}
	return finished
}

// soloPiece runs one block of the present pass of Plan.
func (p *Planner) soloPiece(worker, i int) {
	w := p.workers[worker]
	if w.err != nil || w.stop != "" {
		return
	}
	ps := &p.solo.pass
	if w.stop = p.job.expiry.reason(w.clock.ahead(ps.particles * (ps.total + p.call.blocks - 1) / p.call.blocks)); w.stop != "" {
		return
	}
	w.runBlock(p.solo, &p.solo.pass, i, p.call.blocks)
}

// shift brings the kept state to now (method.md B.5) and reports whether there was one.
func (p *Planner) shift(g *group) bool {
	k := &p.kept
	n := 1 + k.skipped
	if !k.valid || n >= p.h && p.h > 1 || p.s.Shift == ShiftClosed || p.s.Shift == ShiftOpen {
		return false
	}
	a, ha := p.width, p.h*p.width
	n = min(n, p.h)
	if p.s.uniform() {
		n = 0 // numbers of all steps have none to drop
	}
	keep := (p.h - n) * a
	copy(g.mean[:keep], k.mean[n*a:ha])
	p.fillTail(g.mean[:ha], k.mean[ha-a:ha], keep)
	if p.s.ShiftCovariance != CovReset {
		copy(g.std[:keep], k.std[n*a:ha]) // the tail stays initial
		p.shiftCovariance(g, n)
		if p.s.ShiftCovariance == CovInflate {
			for i := range g.std[:ha] {
				g.std[i] = math.Sqrt(g.std[i]*g.std[i] + p.s.Inflate*p.s.Sigma*p.s.Sigma)
			}
		}
	}
	for i := range g.plan[:ha] {
		g.plan[i] = float32(g.mean[i])
	}
	p.shiftElites(g, n)
	return true
}

// fillTail fills mean from place keep on.
func (p *Planner) fillTail(mean, last []float64, keep int) {
	a := p.width
	switch p.s.Tail {
	case TailZero:
		clear(mean[keep:])
	case TailRandom:
		u := p.job.key.At(tailNumbers)
		for i := keep; i < len(mean); i++ {
			mean[i] = p.s.Bound * (2*u.Float64At(uint64(i)) - 1)
		}
	default: // the policy's tail starts from the repeated one and is overwritten
		for i := keep; i < len(mean); i++ {
			mean[i] = last[i%a]
		}
	}
}

// shiftElites moves the kept elites by n steps; their last actions are drawn anew.
func (p *Planner) shiftElites(g *group, n int) {
	if p.s.ShiftElites == 0 {
		return
	}
	a, ha := p.width, p.h*p.width
	stream := rng.NewStream(p.job.key.At(eliteNumbers))
	count := min(p.kept.eliteN, max(1, int(p.s.ShiftElites*float64(p.elites))))
	for e := range count {
		src, dst := p.kept.elite[e*ha:(e+1)*ha], g.elite[e*ha:(e+1)*ha]
		copy(dst, src[n*a:])
		for i := (p.h - n) * a; i < ha; i++ {
			dst[i] = float32(g.mean[i] + p.s.Sigma*stream.Normal())
		}
	}
	g.eliteN[0] = int32(count)
}
