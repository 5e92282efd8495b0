package dynamics

import (
	"demorl/internal/wire"
)

// AppendState appends everything that a later prediction or fit depends on:
// weights, optimisers, bounds, statistics, hold-out set, elites, the number
// of fits and the limit of the elites' divergence.
func (e *Ensemble) AppendState(dst []byte) []byte {
	dst = e.net.AppendState(dst)
	dst = e.adam.AppendState(dst)
	dst = e.bounds.appendState(dst)
	dst = e.inputs.AppendState(dst)
	dst = e.targets.AppendState(dst)
	dst = e.span.appendState(dst)
	dst = e.holdout.appendState(dst)
	dst = wire.Ints(dst, e.elites)
	dst = wire.Int(dst, e.fits)
	dst = wire.Bool(dst, e.head != nil)
	if e.head != nil {
		dst = e.head.appendState(dst)
	}
	if e.settings.JSDGuard > 0 {
		dst = e.jsd.appendState(dst)
	}
	if e.noise != nil {
		dst = e.noise.appendState(dst)
	}
	return dst
}

// ReadState restores what AppendState wrote into an ensemble made with the same
// settings; a mismatch is recorded in r.
func (e *Ensemble) ReadState(r *wire.Reader) {
	e.net.ReadState(r)
	e.adam.ReadState(r)
	e.bounds.readState(r)
	e.inputs.ReadState(r)
	e.targets.ReadState(r)
	e.span.readState(r)
	e.holdout.readState(r)
	elites := r.Ints()
	e.fits = r.Int()
	if !r.Failed() && len(elites) != len(e.elites) {
		r.Fail("ensemble has %d elites, settings want %d", len(elites), len(e.elites))
	}
	for _, m := range elites {
		if m < 0 || m >= e.Members() {
			r.Fail("ensemble elite is member %d of %d", m, e.Members())
		}
	}
	if has := r.Bool(); !r.Failed() && has != (e.head != nil) {
		r.Fail("terminal head saved: %v, settings say terminal_head %v", has, e.head != nil)
	}
	if r.Failed() {
		return
	}
	copy(e.elites, elites)
	if e.head != nil {
		e.head.readState(r)
	}
	if e.settings.JSDGuard > 0 {
		e.jsd.readState(r)
	}
	if e.noise != nil {
		e.noise.readState(r)
	}
	e.publish()
}
