package mpc

import (
	"context"
	"errors"
	"time"

	"demorl/rollout"
)

// expiry is when the present call must end.
type expiry struct {
	now      func() time.Time
	set      bool
	deadline time.Time // less what ending the call takes
	ctx      context.Context
}

// reason returns why planning must end now, with something ahead that takes
// that long, or "".
func (e *expiry) reason(ahead time.Duration) Reason {
	if e.ctx == nil {
		return ""
	}
	if e.set && !e.now().Add(ahead).Before(e.deadline) {
		return Deadline
	}
	switch err := e.ctx.Err(); {
	case err == nil:
		return ""
	case errors.Is(err, context.DeadlineExceeded):
		return Deadline
	}
	return Cancelled
}

// stopwatch knows how long a worker's model steps take.
type stopwatch struct {
	now     func() time.Time
	running bool
	last    time.Time
	row     time.Duration // of one row's step, in the last step
	tail    time.Duration // of what follows a row's last step
	ran     bool          // whether it measured anything in this call
}

// start begins a block. Without a deadline nothing is measured.
func (c *stopwatch) start(deadline bool) {
	if c.running = deadline; deadline {
		c.last = c.now()
	}
}

// lap ends a step of rows rows. A step that was held up for once, by others who
// use the machine, may raise what is expected of the next by a factor of
// hiccup and no more.
func (c *stopwatch) lap(rows int) {
	if c.running {
		now := c.now()
		row := now.Sub(c.last) / time.Duration(max(1, rows))
		if c.row > 0 {
			row = min(row, hiccup*c.row)
		}
		c.row, c.last, c.ran = row, now, true
	}
}

const hiccup = 4

// finished ends a block: what followed its last step is the terminal value and
// the scores.
func (c *stopwatch) finished(rows int) {
	if c.running {
		c.tail = c.now().Sub(c.last) / time.Duration(max(1, rows))
	}
}

// ahead is how long a step of rows rows is expected to take.
func (c *stopwatch) ahead(rows int) time.Duration { return c.row * time.Duration(rows) }

// leave is told the end of step h and decides whether the block goes on. Rows
// of a block that is left end at once and none of them is scored.
func (w *worker) leave(h int) bool {
	b := w.block
	w.clock.lap(b.Rows)
	if h >= w.steps-1 { // the work is done
		return false
	}
	ahead := w.clock.ahead(b.Rows)
	if h == w.steps-2 {
		ahead += w.clock.tail * time.Duration(b.Rows)
	}
	if w.stop = w.p.job.expiry.reason(ahead); w.stop == "" {
		return false
	}
	w.cut = true
	for r := range b.Rows {
		b.Fate[r] = rollout.NonFinite
	}
	return true
}

// firstRows is how many rows walk together under a deadline while it is not
// known how long a step takes.
const firstRows = 16

// stepShare is into how many steps of a block the time that is left is cut at
// least, so that a block's step is short against it.
const stepShare = 32

// hurried is how many rows walk together when the call may have to end early.
func (p *Planner) hurried(particles int) int {
	row := time.Duration(0)
	for _, w := range p.workers {
		row = max(row, w.clock.row)
	}
	switch {
	case !p.job.expiry.set:
		return hurriedRows
	case row == 0:
		return max(particles, firstRows)
	}
	left := p.job.expiry.deadline.Sub(p.now())
	return max(particles, min(hurriedRows, int(left/stepShare/row)))
}

// beginClock takes the call's deadline, less what ended the calls before.
func (p *Planner) beginClock(ctx context.Context) {
	if ctx == nil || p.s.Strict {
		return
	}
	e := &p.job.expiry
	e.ctx, e.now = ctx, p.now
	if e.deadline, e.set = ctx.Deadline(); e.set {
		reserve := min(p.call.ending, e.deadline.Sub(p.now())/2)
		e.deadline = e.deadline.Add(-max(0, reserve))
	}
	for _, w := range p.workers {
		w.clock.ran = false
	}
	p.call.updating = 0
}

// endClock learns from the call how long it takes to end one. Where a deadline
// left no room for a single step, a tenth less is expected of one: a machine
// that was busy for once must not stop planning for good.
func (p *Planner) endClock(answering time.Duration) {
	if !p.job.expiry.set {
		return
	}
	ran := false
	for _, w := range p.workers {
		ran = ran || w.clock.ran
	}
	if ran {
		p.call.ending = p.call.updating + answering
		return
	}
	p.call.ending -= p.call.ending / 10
	for _, w := range p.workers {
		w.clock.row -= (w.clock.row + 9) / 10 // down to 0
		w.clock.tail -= (w.clock.tail + 9) / 10
	}
}

// timedUpdate updates the solo group and remembers how long that took.
func (p *Planner) timedUpdate(g *group) {
	began := p.now()
	g.update(p, 0, &g.pass)
	p.call.updating = p.now().Sub(began)
}
