package mpc

import (
	"math"

	"demorl/internal/wire"
	"demorl/rollout"
)

// answer chooses the sequence and its first action (method.md B.1 step 4, B.10).
func (p *Planner) answer(g *group, res *Result) {
	ha := p.h * p.width
	plan := p.call.plan[:ha]
	copy(plan, g.plan[:ha])
	res.Length = int(g.length[0])
	if g.stat[0].scored == 0 { // no iteration wrote a plan: the mean has the policy's part in it
		for i := range plan {
			plan[i] = float32(g.mean[i])
		}
		res.Length = p.h
	}
	if g.hasBest {
		copy(plan, g.best[:ha])
		res.Length, res.Source = int(g.bestLen), FromPlan
	}
	if p.form == FormSequence {
		// What a candidate around a policy holds behind its end was never an action.
		for i := res.Length * p.width; i < ha; i++ {
			plan[i] = float32(g.mean[i])
		}
		p.limitRate(plan)
	}
	res.Sequence = plan
	p.firstAction(res)
}

// choose remembers which of the ranked candidates of a complete iteration, of
// which the first n have weights, the answer is. The next iteration draws over
// their numbers, also where the end of time then cuts it.
func (p *Planner) choose(g *group, rank []ranked, n int) {
	switch p.s.Answer {
	case AnswerBest:
		if !g.hasBest || rank[0].score > g.bestScore {
			g.remember(p, rank[0])
		}
	case AnswerLastBest:
		g.remember(p, rank[0])
	case AnswerSample:
		g.remember(p, rank[p.draw(g, n)])
	}
}

// compete lets the finished candidates of a discarded iteration be the best so
// far (method.md B.10): with answer last_best only where there is a complete one,
// before which the answer is the shifted plan.
func (p *Planner) compete(g *group) {
	if p.s.Answer != AnswerBest && (p.s.Answer != AnswerLastBest || !g.hasBest) {
		return
	}
	rank := ranking(g.rank, g.info[:g.pass.total])
	if len(rank) > 0 && (!g.hasBest || rank[0].score > g.bestScore) {
		g.remember(p, rank[0])
	}
}

// remember keeps a candidate of Plan.
func (g *group) remember(p *Planner, r ranked) {
	slot, ha := int(r.index), p.h*p.width
	copy(g.best, g.cand[slot*ha:(slot+1)*ha])
	g.bestScore, g.bestLen, g.hasBest = r.score, g.info[slot].length, true
}

// draw returns the rank of a candidate drawn with the weights of the first n;
// with utility cost, whose advantages are no weights, the best.
func (p *Planner) draw(g *group, n int) int {
	if p.s.Utility == UtilityCost {
		return 0
	}
	left := p.job.key.At(answerNumbers).Float64At(0)
	for i, w := range g.weight[:n] {
		if left -= w; left < 0 {
			return i
		}
	}
	return n - 1
}

// firstAction turns the plan's first numbers into an action that is finite and
// in [-1, 1], whatever happened before.
func (p *Planner) firstAction(res *Result) {
	act := p.call.action
	planned := res.Source == FromPlan || res.Source == FromShifted
	base := p.policyAction(planned)
	if p.form == FormParameters {
		base = p.perturbedAction(res, planned)
	}
	for j := range act {
		u := float32(0)
		if base != nil {
			u = base[j]
		}
		if planned && p.form != FormPolicy && p.form != FormParameters {
			u += res.Sequence[j]
		}
		act[j] = u
	}
	if !planned && base != nil {
		res.Source = FromPolicy
	}
	for j, u := range act {
		if !(math.Abs(float64(u)) <= math.MaxFloat32) {
			res.Infeasible = true
		}
		act[j] = min(1, max(-1, u))
	}
	if p.job.sent != nil {
		p.limitRate(act)
	}
	if res.Infeasible {
		copy(act, p.kept.action) // zero before the first answer
		res.Source = FromPrevious
	}
	res.Action = act
}

// perturbedAction returns the action at the start under the plan's first
// parameters, or under the policy's own without a plan.
func (p *Planner) perturbedAction(res *Result, planned bool) []float32 {
	w, offset := p.workers[0], res.Sequence[:p.width]
	if !planned {
		clear(offset)
	}
	w.perturbed.ActPerturbed(offset, p.job.starts[0].Obs, 1, w.sample)
	return w.sample[:p.actDim]
}

// policyAction returns the policy's action at the start where the answer needs
// it: under a residual, or without a plan. nil means that it plays no part.
func (p *Planner) policyAction(planned bool) []float32 {
	w := p.workers[0]
	if w.actor == nil || planned && p.form == FormSequence {
		return nil
	}
	obs := p.job.starts[0].Obs
	if p.form == FormResidualMean || p.form != FormResidual && p.s.Proposal == ProposalMean {
		w.actor.Act(obs, 1, nil, nil, w.mean)
		return w.mean[:p.actDim]
	}
	p.job.key.At(policyNumbers).Normals(p.call.noise, 0)
	w.actor.Act(obs, 1, p.call.noise[:rollout.Stride(p.actDim)], w.sample, nil)
	return w.sample[:p.actDim]
}

// store keeps the state for the next call.
func (p *Planner) store(g *group, res *Result) {
	k, ha := &p.kept, p.h*p.width
	if res.Source == FromPlan || res.Source == FromShifted {
		copy(k.mean[:ha], g.mean[:ha])
		copy(k.std[:ha], g.std[:ha])
		copy(k.cov[:p.cov.size], g.cov)
		k.eliteN = int(g.eliteN[0])
		n := k.eliteN * ha
		copy(k.elite[:n], g.elite[:n])
		clear(k.elite[n:]) // what earlier calls left there is no state
		k.valid, k.skipped = true, 0
	} else {
		k.valid = false
	}
	copy(k.action, res.Action)
	k.acted = true
}

// resizeKept brings the kept plan to h steps.
func (p *Planner) resizeKept(h int) {
	k, a := &p.kept, p.width
	for i := p.h * a; i < h*a; i++ {
		k.mean[i], k.std[i] = k.mean[i-a], p.s.Sigma
	}
	p.cov.resize(k.cov, p.h, h, a, p.s.Sigma)
	k.eliteN = 0
}

// AppendState appends what Plan carries from call to call.
func (p *Planner) AppendState(dst []byte) []byte {
	k := &p.kept
	dst = wire.Bool(dst, k.valid)
	dst = wire.Bool(dst, k.acted)
	dst = wire.Int(dst, k.skipped)
	dst = wire.Int(dst, p.horizon)
	dst = wire.Int(dst, k.eliteN)
	dst = wire.F64s(dst, k.mean)
	dst = wire.F64s(dst, k.std)
	dst = wire.F32s(dst, k.elite)
	if len(k.cov) > 0 {
		dst = wire.F64s(dst, k.cov)
	}
	return wire.F32s(dst, k.action)
}

// ReadState reads what AppendState wrote into a planner of the same settings.
func (p *Planner) ReadState(r *wire.Reader) {
	k := &p.kept
	k.valid, k.acted, k.skipped = r.Bool(), r.Bool(), r.Int()
	h := r.Int()
	if k.eliteN = r.Int(); k.eliteN < 0 || k.eliteN > p.eliteSlots() || k.skipped < 0 {
		r.Fail("planner state has %d elites and %d skipped ticks; it was written with other settings", k.eliteN, k.skipped)
		k.eliteN, k.skipped = 0, 0
	}
	r.F64sInto(k.mean, "planner mean")
	r.F64sInto(k.std, "planner std")
	r.F32sInto(k.elite, "planner elites")
	if len(k.cov) > 0 {
		r.F64sInto(k.cov, "planner covariance")
	}
	r.F32sInto(k.action, "planner action")
	if h < 1 || h > p.longest() {
		r.Fail("planner state has horizon %d, this planner has memory for 1 to %d", h, p.longest())
	} else if h != p.horizon {
		p.horizon, p.h = h, p.rowsOf(h)
		p.retune()
	}
}
