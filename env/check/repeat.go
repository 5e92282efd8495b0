package check

import (
	"bytes"
	"math"
	"slices"
	"strings"

	"demorl/env"
)

// short is how many steps the rules that compare two plays make.
func (c *checker) short() int { return max(5, min(150, c.steps/8)) }

// reference is what key's play shows in an instance that does nothing else.
func (c *checker) reference(name string) (fresh *probe, want []record, ok bool) {
	if fresh, ok = c.open(); !ok {
		return nil, nil, false
	}
	want = fresh.play(c.key.Derive(name), c.short(), 0, nil)
	return fresh, want, len(want) > 0
}

// seeds looks at what equal and different streams give.
func (c *checker) seeds() {
	first, want, ok := c.reference("seeds")
	if !ok {
		return
	}
	second, ok := c.open()
	if !ok {
		return
	}
	if d := c.differ(want, second.play(c.key.Derive("seeds"), c.short(), 0, nil)); d != "" {
		c.errorf(Seeds, "two fresh instances with equal streams and actions differ: %s; take all randomness from the stream that Reset is given, and none from clocks, maps or package variables", d)
		return
	}
	start := first.reset(c.key.Derive("other starts").At(0))
	for i := uint64(1); i < 8; i++ {
		start = slices.Clone(start)
		next := first.reset(c.key.Derive("other starts").At(i))
		if start == nil || next == nil || !sameBits(start, next) {
			return
		}
	}
	c.warnf(Seeds, "8 resets with different streams gave the same observation; a policy that has seen one start only fails from others: draw something from the stream")
}

func (c *checker) forgetting() {
	_, want, ok := c.reference("forgetting")
	if !ok {
		return
	}
	used, ok := c.open()
	if !ok {
		return
	}
	used.play(c.key.Derive("an episode before"), c.short()*2/3+1, 0, nil)
	if d := c.differ(want, used.play(c.key.Derive("forgetting"), c.short(), 0, nil)); d != "" {
		c.errorf(Forgetting, "after an earlier episode the same reset and actions give something else: %s; Reset must set everything that Step reads", d)
	}
}

func (c *checker) sharing() {
	alone, want, ok := c.reference("sharing")
	if !ok {
		return
	}
	neighbour, ok := c.open()
	if !ok || neighbour.reset(c.key.Derive("neighbour")) == nil {
		return
	}
	steps := 0
	got := alone.play(c.key.Derive("sharing"), c.short(), 0, func() {
		neighbour.act(0, c.stream("neighbour", steps), 0)
		steps++
		if _, out := neighbour.step(); out.Terminated {
			neighbour.reset(c.key.Derive("neighbour").At(uint64(steps)))
		}
	})
	if d := c.differ(want, got); d != "" {
		c.errorf(Sharing, "an instance behaves differently when another one is stepped beside it: %s; keep all state in the instance, none in package variables", d)
	}
}

// state looks at StateCodec.
func (c *checker) state() {
	p, ok := c.open()
	if !ok {
		return
	}
	codec, ok := env.Power[env.StateCodec](p.env)
	if !ok {
		c.warnf(State, "the task cannot save its state (env.StateCodec): a resumed run begins a new episode and is no longer bit for bit the same, and nothing can plan in the true simulator")
		return
	}
	other, ok := c.open()
	if !ok {
		return
	}
	into, _ := env.Power[env.StateCodec](other.env)
	other.play(c.key.Derive("an episode before"), 10, 0, nil)
	most := c.short()
	for i, length := range []int{0, 1, 2, most / 5, most / 2, most} {
		if !c.restore(p, other, codec, into, i, length) {
			return
		}
	}
	c.saving(p, codec)
	c.refusal(p, codec)
}

// restore saves after some steps of an episode, restores in another instance,
// and compares what follows.
func (c *checker) restore(p, other *probe, from, into env.StateCodec, trial, length int) bool {
	key := c.key.Derive("state").At(uint64(trial))
	obs := p.reset(key)
	s := c.stream("state", trial)
	for t := range length {
		p.act(trial, s, t)
		next, out := p.step()
		if next == nil || out.Terminated {
			obs = p.reset(key.At(uint64(t)))
		} else {
			obs = next
		}
	}
	if obs == nil {
		return false
	}
	var state []byte
	if err := guarded(func() error { state = from.AppendState([]byte("kept")); return nil }); err != nil {
		c.errorf(State, "AppendState failed: %v", err)
		return false
	}
	if !bytes.HasPrefix(state, []byte("kept")) {
		c.errorf(State, "AppendState does not append to what it is given; return append(dst, ...)")
		return false
	}
	state = state[len("kept"):]
	restored := other.begin()
	if err := guarded(func() error { return into.RestoreState(slices.Clone(state), restored) }); err != nil {
		c.errorf(State, "RestoreState refuses what AppendState wrote: %v", err)
		return false
	}
	if !other.judge("RestoreState", restored) {
		return false
	}
	for j, x := range restored {
		if math.Float64bits(x) != math.Float64bits(obs[j]) {
			c.errorf(State, "after %d steps RestoreState returned %v for %s, which was %v when the state was saved", length, x, c.entry(j), obs[j])
			return false
		}
	}
	var again []byte
	if err := guarded(func() error { again = into.AppendState(nil); return nil }); err != nil || !bytes.Equal(again, state) {
		c.errorf(State, "a restored state saves as other bytes than it was restored from; save and restore the same things in the same order")
		return false
	}
	return c.goOn(p, other, length, trial)
}

// goOn steps both instances with equal actions.
func (c *checker) goOn(p, other *probe, length, trial int) bool {
	s := c.stream("goes on", trial)
	for t := range c.short() / 2 {
		p.act(trial+1, s, t)
		copy(other.action, p.action)
		a, outA := p.step()
		b, outB := other.step()
		if a == nil || b == nil {
			return false
		}
		if d := c.differ([]record{{action: p.action, next: a, out: outA}}, []record{{action: p.action, next: b, out: outB}}); d != "" {
			c.errorf(State, "%d steps after a state was restored (saved after %d) it goes on differently: %s; save everything that Step reads, counters and warm starts included", t+1, length, d)
			return false
		}
		if outA.Terminated {
			break
		}
	}
	return true
}

// saving compares a play in which the state is saved after every step with one
// in which it is not.
func (c *checker) saving(p *probe, codec env.StateCodec) {
	key, n := c.key.Derive("saving"), c.short()/2
	want := p.play(key, n, 0, nil)
	var dst []byte
	got := p.play(key, n, 0, func() { dst = codec.AppendState(dst[:0]) })
	if d := c.differ(want, got); d != "" {
		c.errorf(State, "AppendState disturbs the task: %s; it may only read", d)
	}
}

// refusal hands over states that no task wrote.
func (c *checker) refusal(p *probe, codec env.StateCodec) {
	if p.reset(c.key.Derive("refusal")) == nil {
		return
	}
	state := codec.AppendState(nil)
	scratch := make([]float64, c.spec.ObsDim)
	for _, bad := range []struct {
		what  kind
		bytes []byte
	}{
		{"an empty state", nil},
		{"a state without its last byte", slices.Clone(state[:max(0, len(state)-1)])},
		{"a state with one more byte", append(slices.Clone(state), 0)},
	} {
		if len(bad.bytes) == len(state) {
			continue // the task has nothing to save
		}
		err := guarded(func() error { return codec.RestoreState(bad.bytes, scratch) })
		if err == nil {
			c.errorf(State, "RestoreState takes %s; return an error, so that a damaged checkpoint is noticed", bad.what)
		} else if strings.HasPrefix(err.Error(), "panic:") {
			c.errorf(State, "RestoreState fails with a %v on %s; return an error", err, bad.what)
		}
		if !bytes.Equal(codec.AppendState(nil), state) {
			c.errorf(State, "RestoreState changes the task although it refuses %s; check everything before setting anything", bad.what)
			return
		}
	}
}
