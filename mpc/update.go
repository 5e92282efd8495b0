package mpc

import "math"

// update moves the distribution of start s towards the candidates that its
// scores prefer and writes the plan (method.md A.4 steps 5 and 6, B.4). Sums
// run in the order of the scores, so the numbering of candidates is irrelevant.
func (g *group) update(p *Planner, s int, ps *pass) {
	st := &g.stat[s]
	st.iterations++
	info := g.info[s*p.capN : s*p.capN+ps.total]
	for i := range info {
		c := &info[i]
		if c.done {
			st.candidates++
			if c.score-c.score != 0 {
				st.bad++
			}
		}
		st.nonFinite += c.nonFinite
		st.outOfRange += c.outOfRange
		st.terminated += c.terminated
		st.clipped += c.clipped
		st.coords += c.coords
	}
	rank := ranking(g.rank, info)
	if len(rank) == 0 {
		// Nothing to learn from: the distribution stays, and so does an earlier iteration's plan.
		if st.scored == 0 {
			st.degenerate = true
			g.length[s] = 0
		}
		return
	}
	st.degenerate = false
	k := min(p.elites, len(rank))
	st.few = len(rank) < p.elites
	st.scored = int32(len(rank))
	st.mean, _ = spread(rank)
	if ps.iteration == 0 {
		st.first = st.mean
	}
	st.eliteMean, _ = spread(rank[:k])
	st.eliteMin, st.eliteMax = rank[k-1].score, rank[0].score
	st.lowest, st.highest = rank[len(rank)-1].score, rank[0].score
	var n int
	n, st.ess, st.uniform = weigh(&p.s, p.elites, rank, g.weight)
	g.move(p, s, ps, rank, n)
	g.keep(p, s, rank[:k])
	if g == p.solo {
		p.choose(g, rank, n)
	}
	g.write(p, s, rank, n)
}

// move sets mean and standard deviation of start s from the first n ranked
// candidates, and its length: the plan ends where no weighted candidate is alive.
func (g *group) move(p *Planner, s int, ps *pass, rank []ranked, n int) {
	a, cost := p.width, p.s.Utility == UtilityCost
	ubar, spreadOf, base := g.acc[:a], g.acc[a:2*a], g.acc[2*a:3*a]
	st := &g.stat[s]
	st.floored = 0
	moved := 0.0
	g.length[s] = int32(p.h)
	for h := range p.h {
		at := (s*p.h + h) * a
		mean, std := g.mean[at:at+a], g.std[at:at+a]
		if !g.base(p, s, h, ps, rank, base) || !g.average(p, s, h, rank[:n], ubar, spreadOf, base) {
			g.length[s] = int32(h)
			break
		}
		from := base // what the new mean's distance is told from
		if ps.closed && p.form == FormSequence && !p.needsProposals() {
			from = g.acc[3*a : 4*a]
			g.proposed(p, s, h, rank, from)
		}
		for j := range mean {
			d := ubar[j] - base[j]
			pull := d
			if cost {
				pull = ubar[j]
			}
			next := p.moveMean(g, h*a+j, base[j], pull, std[j])
			moved += (next - from[j]) * (next - from[j])
			if p.cov.size > 0 {
				g.bar[h*a+j], g.dev[h*a+j] = ubar[j], d
			} else if p.s.Covariance != CovFixed {
				std[j] = p.deviation(std[j], spreadOf[j], d)
				if std[j] <= p.s.MinStd {
					std[j] = p.s.MinStd
					st.floored++
				}
			}
			mean[j] = next
		}
	}
	if g.pull != nil {
		moved = g.moveAlong(p, s)
	}
	st.moved = math.Sqrt(moved)
	if p.cov.size > 0 && p.s.Covariance != CovFixed {
		g.moveCovariance(p, s, rank[:n])
	}
}

// moveMean is the new mean of coordinate i of a plan, from its old one, base, and
// the weighted mean's distance from that, pull (method.md B.4). With divergence
// euclid the distance is divided by the variance; where coordinates covary that
// needs all of them, so it is kept for moveAlong.
func (p *Planner) moveMean(g *group, i int, base, pull, std float64) float64 {
	if g.pull != nil {
		g.pull[i] = pull
		return base
	}
	if p.s.Divergence == DivergenceEuclid {
		pull /= std * std
	}
	return p.inBounds(base + p.s.StepMean*pull)
}

// inBounds clips what is an action.
func (p *Planner) inBounds(mean float64) float64 {
	if p.form == FormSequence {
		return min(p.s.Bound, max(-p.s.Bound, mean))
	}
	return mean
}

// moveAlong moves the mean of start s, which is the old one, by the inverse of
// the covariance times g.pull over the steps that the plan has, and returns the
// squared distance. The factor of those steps' covariance is the first part of
// the whole one's.
func (g *group) moveAlong(p *Planner, s int) (moved float64) {
	c, a, ha := &p.cov, p.width, p.h*p.width
	n := int(g.length[s]) * a
	chol := g.chol[s*c.size : (s+1)*c.size]
	c.solve(chol, g.pull[:n])
	for i, y := range g.pull[:n] {
		at := s*ha + i
		next := p.inBounds(g.mean[at] + p.s.StepMean*y)
		moved += (next - g.mean[at]) * (next - g.mean[at])
		g.mean[at] = next
	}
	return moved
}

// deviation is the new standard deviation of one coordinate from its old one,
// the weighted variance around the weighted mean and that mean's distance d
// from the old mean.
func (p *Planner) deviation(old, variance, d float64) float64 {
	step := p.s.StepCov
	switch p.s.Covariance {
	case CovOld:
		variance += d * d
	case CovNew:
		rest := 1 - p.s.StepMean
		variance += rest * rest * d * d
	case CovExact:
		return math.Sqrt((1-step)*old*old + step*variance + step*(1-step)*d*d)
	}
	if p.s.SmoothStd {
		return (1-step)*old + step*math.Sqrt(variance)
	}
	return math.Sqrt((1-step)*old*old + step*variance)
}

// base fills the mean before the update at step h: the mean of the proposals
// where the policy proposes, or 0 where the update does not depend on it, else
// the present mean. It reports whether there is one.
func (g *group) base(p *Planner, s, h int, ps *pass, rank []ranked, dst []float64) bool {
	a := p.width
	if !ps.closed || p.form != FormSequence {
		copy(dst, g.mean[(s*p.h+h)*a:(s*p.h+h+1)*a])
		return true
	}
	if !p.needsProposals() {
		clear(dst)
		return true
	}
	return g.proposed(p, s, h, rank, dst)
}

// proposed fills the mean of the proposals of all ranked candidates alive at
// step h and reports whether there is one.
func (g *group) proposed(p *Planner, s, h int, rank []ranked, dst []float64) bool {
	a, alive := p.width, 0
	clear(dst)
	for i := range rank {
		slot := s*p.capN + int(rank[i].index)
		if int(g.info[slot].length) <= h {
			continue
		}
		alive++
		for j, u := range g.prop[(slot*p.h+h)*a : (slot*p.h+h+1)*a] {
			dst[j] += float64(u)
		}
	}
	for j := range dst {
		dst[j] /= float64(alive)
	}
	return alive > 0
}

// average fills the weighted mean of the ranked candidates alive at step h and
// their weighted variance around it; with utility cost it fills the sum of
// advantage times deviation from base instead. It reports whether any was alive.
func (g *group) average(p *Planner, s, h int, rank []ranked, mean, variance, base []float64) bool {
	a := p.width
	clear(mean)
	total, alive := 0.0, 0
	cost := p.s.Utility == UtilityCost
	for i := range rank {
		slot := s*p.capN + int(rank[i].index)
		if int(g.info[slot].length) <= h {
			continue
		}
		alive++
		w := g.weight[i]
		total += w
		u := g.cand[(slot*p.h+h)*a : (slot*p.h+h+1)*a]
		if cost {
			for j := range mean {
				mean[j] += w * (float64(u[j]) - base[j])
			}
			continue
		}
		for j := range mean {
			mean[j] += w * float64(u[j])
		}
	}
	if alive == 0 || total == 0 && !cost {
		return false
	}
	if cost {
		return true
	}
	for j := range mean {
		mean[j] /= total
	}
	if p.s.Covariance == CovFixed {
		return true
	}
	clear(variance)
	for i := range rank {
		slot := s*p.capN + int(rank[i].index)
		if int(g.info[slot].length) <= h {
			continue
		}
		w := g.weight[i] / total
		for j, u := range g.cand[(slot*p.h+h)*a : (slot*p.h+h+1)*a] {
			d := float64(u) - mean[j]
			variance[j] += w * d * d
		}
	}
	for j := range variance {
		variance[j] = max(0, variance[j]) // signed weights of Eq. 14 may go below
	}
	return true
}

// keep stores the first elites for the next iteration or call.
func (g *group) keep(p *Planner, s int, rank []ranked) {
	slots, ha := p.eliteSlots(), p.h*p.width
	n := min(slots, len(rank))
	for i := range n {
		slot := s*p.capN + int(rank[i].index)
		copy(g.elite[(s*slots+i)*ha:(s*slots+i+1)*ha], g.cand[slot*ha:(slot+1)*ha])
	}
	g.eliteN[s] = int32(n)
}

// write puts the plan of start s into its asked form.
func (g *group) write(p *Planner, s int, rank []ranked, n int) {
	ha := p.h * p.width
	plan := g.plan[s*ha : (s+1)*ha]
	switch p.s.PlanForm {
	case PlanBest:
		slot := s*p.capN + int(rank[0].index)
		copy(plan, g.cand[slot*ha:(slot+1)*ha])
		g.length[s] = g.info[slot].length
	case PlanFirstParticle:
		g.firstParticle(p, s, rank[:n], plan)
	default:
		for i := range plan {
			plan[i] = float32(g.mean[s*ha+i])
		}
	}
	p.limitRate(plan)
}

// firstParticle writes what the authors' code stores: the first candidate's
// noisy actions plus the weighted noise; where the last action is not scored it
// is the weighted noise alone (method.md A.7).
func (g *group) firstParticle(p *Planner, s int, rank []ranked, plan []float32) {
	ha, a := p.h*p.width, p.width
	bound := p.s.Bound
	first := s * p.capN
	g.length[s] = g.info[first].length
	for i := range plan {
		noise := 0.0
		for r := range rank {
			noise += g.weight[r] * float64(g.noise[(first+int(rank[r].index))*ha+i])
		}
		if p.s.ScoreRewards == RewardsAll || i/a < p.h-1 {
			noise += float64(g.cand[first*ha+i])
		}
		plan[i] = float32(min(bound, max(-bound, noise)))
		if noise != noise {
			g.endAt(p, s, i/a, plan)
			return
		}
	}
}

// endAt ends the plan of start s before step h, at which its numbers went bad;
// behind a plan's end are the mean's.
func (g *group) endAt(p *Planner, s, h int, plan []float32) {
	g.length[s] = min(g.length[s], int32(h))
	for i := h * p.width; i < len(plan); i++ {
		plan[i] = float32(g.mean[s*len(plan)+i])
	}
}
