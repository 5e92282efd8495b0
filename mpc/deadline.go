package mpc

import (
	"context"
	"errors"
	"time"

	"demorl/rollout"
)

// expiry is when the present call must end.
type expiry struct {
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
	if e.set && !time.Now().Add(ahead).Before(e.deadline) {
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
	running bool
	last    time.Time
	row     time.Duration // of one row's step, in the last step
	tail    time.Duration // of what follows a row's last step
	ran     bool          // whether it measured anything in this call
}

// start begins a block. Without a deadline nothing is measured.
func (c *stopwatch) start(deadline bool) {
	if c.running = deadline; deadline {
		c.last = time.Now()
	}
}

// lap ends a step of rows rows.
func (c *stopwatch) lap(rows int) {
	if c.running {
		now := time.Now()
		c.row, c.last, c.ran = now.Sub(c.last)/time.Duration(max(1, rows)), now, true
	}
}

// finished ends a block: what followed its last step is the terminal value and
// the scores.
func (c *stopwatch) finished(rows int) {
	if c.running {
		c.tail = time.Since(c.last) / time.Duration(max(1, rows))
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

// stepShare is into how many steps of a block the time that is left is cut at
// least, so that a block's step is short against it.
const stepShare = 32

// hurried is how many rows walk together when the call may have to end early.
func (p *Planner) hurried(particles int) int {
	row := time.Duration(0)
	for _, w := range p.workers {
		row = max(row, w.clock.row)
	}
	if !p.job.expiry.set || row == 0 {
		return hurriedRows
	}
	left := time.Until(p.job.expiry.deadline)
	return max(particles, min(hurriedRows, int(left/stepShare/row)))
}

// beginClock takes the call's deadline, less what ended the calls before.
func (p *Planner) beginClock(ctx context.Context) {
	if ctx == nil || p.s.Strict {
		return
	}
	e := &p.job.expiry
	e.ctx = ctx
	if e.deadline, e.set = ctx.Deadline(); e.set {
		reserve := min(p.call.ending, time.Until(e.deadline)/2)
		e.deadline = e.deadline.Add(-max(0, reserve))
	}
	for _, w := range p.workers {
		w.clock.ran = false
	}
	p.call.updating = 0
}

// endClock learns from the call how long it takes to end one. Where a deadline
// left no room for a single step, what is expected of one is halved: a machine
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
	p.call.ending /= 2
	for _, w := range p.workers {
		w.clock.row /= 2
		w.clock.tail /= 2
	}
}

// timedUpdate updates the solo group and remembers how long that took.
func (p *Planner) timedUpdate(g *group) {
	began := time.Now()
	g.update(p, 0, &g.pass)
	p.call.updating = time.Since(began)
}
