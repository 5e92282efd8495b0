package mpc

// measurePass describes the rollouts of one candidate a start: what planning
// begins with, or the plan it ended with. Both draw the same random numbers.
func (p *Planner) measurePass(after bool) pass {
	key := p.job.key.At(measureNumbers)
	return pass{
		key: key, noise: key, measure: true, after: after, total: 1, sampled: 1, particles: p.s.Particles,
		closed: p.s.closed() && (!after || p.form != FormSequence),
	}
}

// copyMeasured puts the measured sequences in their places: no offset to the
// policy, the shifted mean, or the plan.
func (w *worker) copyMeasured() {
	p, g := w.p, w.g
	ha := p.h * p.actDim
	for s := w.s0; s < w.s1; s++ {
		dst := g.cand[s*p.capN*ha : (s*p.capN+1)*ha]
		switch {
		case w.ps.after && g == p.solo:
			copy(dst, p.call.plan[:ha])
		case w.ps.after:
			copy(dst, g.plan[s*ha:(s+1)*ha])
		default:
			for i := range dst {
				dst[i] = float32(g.mean[s*ha+i])
			}
		}
	}
	if !w.ps.closed {
		w.clipOpen()
	}
}

// takeMeasured keeps the scores of a measuring pass.
func (g *group) takeMeasured(p *Planner) {
	for s := range g.n {
		c, st := &g.info[s*p.capN], &g.stat[s]
		if !c.done || c.score-c.score != 0 {
			continue
		}
		if g.pass.after {
			st.after, st.measured[1] = c.score, true
		} else {
			st.before, st.measured[0] = c.score, true
		}
	}
}

// measureSolo measures for Plan.
func (p *Planner) measureSolo(g *group, res *Result, after bool) {
	g.pass = p.measurePass(after)
	clear(g.info[:1])
	p.spread(g, res)
	g.takeMeasured(p)
}

// measureBatch measures a group of PlanBatch and reports whether the world did
// not fail.
func (p *Planner) measureBatch(w *worker, g *group, after bool) bool {
	g.pass = p.measurePass(after)
	if p.sweep(w, g); w.err != nil {
		return false
	}
	g.takeMeasured(p)
	return true
}
