package mpc

import "fmt"

// setRate spreads the settings' rate limit over the joints.
func (p *Planner) setRate() error {
	n := len(p.s.Rate)
	switch {
	case n == 0:
		return nil
	case n != 1 && n != p.actDim:
		return fmt.Errorf("planner.rate has %d numbers for %d joints; use one for all or one a joint", n, p.actDim)
	}
	p.rate = make([]float32, p.actDim)
	for j := range p.rate {
		p.rate[j] = float32(p.s.Rate[j%n])
	}
	return nil
}

// limited is u moved into reach of the action before it.
func limited(u, before, rate float32) float32 {
	return min(before+rate, max(before-rate, u))
}

// limitRate brings a sequence of actions (steps x ActDim) within the rate limit,
// step by step from the action that was sent last (method.md B.6); where none
// was, the first is free. Actions in the bounds stay there.
func (p *Planner) limitRate(seq []float32) {
	if p.rate == nil {
		return
	}
	a := p.actDim
	before := p.job.sent
	for at := 0; at < len(seq); at += a {
		row := seq[at : at+a]
		if before != nil {
			for j, u := range row {
				row[j] = limited(u, before[j], p.rate[j])
			}
		}
		before = row
	}
}

// Sent tells which action was really sent, where something behind the planner
// changed the answer: the rate limit counts from it. Scaled as Result.Action.
// What is beyond the bounds counts as the bound, which no answer may leave; from
// an action with a NaN nothing can be counted, and the next one is free.
func (p *Planner) Sent(action []float32) {
	p.kept.acted = true
	for j, u := range action {
		if u != u {
			p.kept.acted = false
		}
		p.kept.action[j] = min(1, max(-1, u))
	}
}
