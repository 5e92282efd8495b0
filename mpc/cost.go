package mpc

// Costs that a score pays beside the world's rewards (method.md B.7, B.8).

// effort is what row r's action of step h costs: action_cost times its squared
// length and rate_cost times that of its change. The first change is from the
// action that was sent last; where none was, it is free.
func (w *worker) effort(r, h int) float64 {
	p, a := w.p, w.p.actDim
	action, before := w.block.Action[r*a:(r+1)*a], w.before[r*a:(r+1)*a]
	last := before
	if h == 0 {
		last = p.job.sent
	}
	size, change := 0.0, 0.0
	for j, u := range action {
		size += float64(u) * float64(u)
		if last != nil {
			d := float64(u) - float64(last[j])
			change += d * d
		}
	}
	copy(before, action)
	return p.s.ActionCost*size + p.s.RateCost*change
}

// lean prepares mppi_control_cost of the present pass: the inverse of the
// covariance that candidates are drawn with times the mean they are drawn around.
func (p *Planner) lean(g *group) {
	if g.tilt == nil {
		return
	}
	c, ha := &p.cov, p.h*p.width
	for s := range g.n {
		tilt := g.tilt[s*ha : (s+1)*ha]
		copy(tilt, g.mean[s*ha:(s+1)*ha])
		if c.size > 0 {
			c.solve(g.chol[s*c.size:(s+1)*c.size], tilt)
			continue
		}
		for i, sd := range g.std[s*ha : (s+1)*ha] {
			sd = max(sd, p.s.MinStd)
			tilt[i] /= sd * sd
		}
	}
}

// controlCost is m' Sigma^-1 (u - m) of the candidate in slot, over the steps at
// which it acted. With it and no reward at all exponential weights turn draws
// around m into draws around 0: candidates pay for what the mean already does.
func (w *worker) controlCost(slot int) float64 {
	p, g := w.p, w.g
	ha, s := p.h*p.width, slot/p.capN
	cost := 0.0
	for i := range int(g.info[slot].length) * p.width {
		cost += g.tilt[s*ha+i] * (float64(g.cand[slot*ha+i]) - g.mean[s*ha+i])
	}
	return cost
}
