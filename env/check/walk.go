package check

import (
	"fmt"
	"math"
	"slices"

	"demorl/env"
	"demorl/rng"
)

// probe is one instance whose every call is looked at: buffers, numbers, panics.
type probe struct {
	*checker
	env    env.Env
	obs    [2][]float64 // the buffer of this call and that of the call before
	seen   []float64    // what the buffer of the call before held
	action []float64
	copied []float64 // the action, to see whether the task writes to it
	turn   int
}

// unwritten is a NaN that no task computes: what obs holds before a call.
var unwritten = math.Float64frombits(0x7ff8_dead_beef_0001)

func (p *probe) prepare() {
	for i := range p.obs {
		p.obs[i] = make([]float64, p.spec.ObsDim)
	}
	p.seen = make([]float64, p.spec.ObsDim)
	p.action, p.copied = make([]float64, p.spec.ActDim), make([]float64, p.spec.ActDim)
}

// begin gives the buffer for one call, filled with what must not stay.
func (p *probe) begin() []float64 {
	before := p.obs[p.turn]
	copy(p.seen, before)
	p.turn = 1 - p.turn
	obs := p.obs[p.turn]
	for i := range obs {
		obs[i] = unwritten
	}
	return obs
}

// judge looks at what a call left behind.
func (p *probe) judge(call kind, obs []float64) bool {
	for i, x := range obs {
		switch {
		case math.Float64bits(x) == math.Float64bits(unwritten):
			p.errorf(Buffers, "%s does not write %s; it must fill all %d entries of obs", call, p.entry(i), len(obs))
			return false
		case math.IsNaN(x) || math.IsInf(x, 0):
			p.errorf(Finite, "%s returned %v for %s; return an error where the simulation failed, and check divisions and square roots", call, x, p.entry(i))
			return false
		case math.Abs(x) > math.MaxFloat32:
			p.errorf(Finite, "%s returned %g for %s, which is more than float32 holds; use larger units", call, x, p.entry(i))
			return false
		}
	}
	if !sameBits(p.obs[1-p.turn], p.seen) {
		p.errorf(Buffers, "%s wrote to the obs of an earlier call; the caller owns that memory: keep no slice that was handed in", call)
		return false
	}
	return true
}

// reset starts an episode from key; nil means that the task failed.
func (p *probe) reset(key rng.Key) []float64 {
	obs := p.begin()
	if err := guarded(func() error { return p.env.Reset(rng.NewStream(key), obs) }); err != nil {
		p.errorf(Failure, "Reset failed: %v", err)
		return nil
	}
	if !p.judge("Reset", obs) {
		return nil
	}
	return obs
}

// step applies p.action; nil means that the task failed.
func (p *probe) step() ([]float64, env.Outcome) {
	obs := p.begin()
	copy(p.copied, p.action)
	var out env.Outcome
	err := guarded(func() (err error) {
		out, err = p.env.Step(p.action, obs)
		return err
	})
	if err != nil {
		p.errorf(Failure, "Step failed for the action %v, which is within the bounds: %v", p.copied, err)
		return nil, out
	}
	if !slices.Equal(p.action, p.copied) {
		p.errorf(Buffers, "Step changed its action from %v to %v; scale and clip a copy", p.copied, p.action)
		copy(p.action, p.copied)
	}
	if !p.judge("Step", obs) {
		return nil, out
	}
	if r := out.Reward; math.IsNaN(r) || !(math.Abs(r) <= math.MaxFloat32) {
		p.errorf(Finite, "Step returned the reward %v; a reward must be a number that float32 holds", r)
		return nil, out
	}
	if out.Truncated && !p.truncates {
		p.errorf(Ending, "Step set Truncated; that is for the time limit alone, which env.Limit keeps: put the limit in Spec.Limit, and set Terminated where the task itself ends")
	}
	return obs, out
}

// record is what one step showed; a record without an action is a reset.
type record struct {
	episode              int
	before, action, next []float64
	out                  env.Outcome
}

// kinds is the number of ways to act.
const kinds = 4

// act chooses p.action at step t of an episode: uniform, held for a while, at
// the bounds, or held at them.
func (p *probe) act(kind int, s *rng.Stream, t int) {
	for j := range p.action {
		lo, hi := p.span(j)
		u := s.Float64()
		switch kind % kinds {
		case 0:
			p.action[j] = lo + (hi-lo)*u
		case 1:
			if t%20 == 0 {
				p.action[j] = lo + (hi-lo)*u
			}
		case 2:
			p.action[j] = [2]float64{lo, hi}[int(2*u)]
		case 3:
			if t%30 == 0 {
				p.action[j] = [2]float64{lo, hi}[int(2*u)]
			}
		}
	}
}

// widest is how far actions go for a joint without a bound.
const widest = 10

// span is the range of joint j that actions are drawn from.
func (c *checker) span(j int) (lo, hi float64) {
	lo, hi = c.spec.Low[j], c.spec.High[j]
	switch {
	case math.IsInf(lo, -1) && math.IsInf(hi, 1):
		return -widest, widest
	case math.IsInf(lo, -1):
		return hi - widest, hi
	case math.IsInf(hi, 1):
		return lo, lo + widest
	}
	return lo, hi
}

// play makes n steps over as many episodes as that takes; what it returns is a
// function of key alone in a task that keeps the contract. between, unless nil,
// is called after every call of the task. Episodes end after limit steps, 0 for
// the task's own limit. Fewer records come back where the task failed.
func (p *probe) play(key rng.Key, n, limit int, between func()) []record {
	if limit <= 0 {
		limit = p.spec.Limit
	}
	var all []record
	var obs []float64
	s := rng.NewStream(key.Derive("actions"))
	for episode, t := 0, 0; n > 0; n-- {
		if obs == nil {
			if obs = p.reset(key.Derive("reset").At(uint64(episode))); obs == nil {
				return all
			}
			t = 0
			all = append(all, record{episode: episode, next: slices.Clone(obs)})
			if between != nil {
				between()
			}
		}
		p.act(episode, s, t)
		r := record{episode: episode, before: slices.Clone(obs), action: slices.Clone(p.action)}
		if obs, r.out = p.step(); obs == nil {
			return all
		}
		r.next = slices.Clone(obs)
		all = append(all, r)
		if between != nil {
			between()
		}
		if t++; r.out.Terminated || r.out.Truncated || limit > 0 && t >= limit {
			obs = nil
			episode++
		}
	}
	return all
}

// record walks through the episodes that most rules look at.
func (c *checker) record(p *probe) {
	// Several episodes, so that starts and ways to act vary in long tasks too.
	c.records = p.play(c.key.Derive("record"), c.steps, max(1, c.steps/(2*kinds)), nil)
	for _, r := range c.records {
		if r.action == nil {
			c.report.Episodes++
		} else {
			c.report.Steps++
		}
	}
}

// differ describes the first difference between two plays, or is "".
func (c *checker) differ(a, b []record) string {
	for i := range a {
		if i >= len(b) {
			return fmt.Sprintf("one fails after %d steps and the other goes on", i)
		}
		at := fmt.Sprintf("at step %d", i)
		if a[i].action == nil {
			at = "right after a reset"
		}
		for j, x := range a[i].next {
			if y := b[i].next[j]; math.Float64bits(x) != math.Float64bits(y) {
				return fmt.Sprintf("%s is %v in one and %v in the other %s", c.entry(j), x, y, at)
			}
		}
		x, y := a[i].out, b[i].out
		if math.Float64bits(x.Reward) != math.Float64bits(y.Reward) {
			return fmt.Sprintf("the reward is %v in one and %v in the other %s", x.Reward, y.Reward, at)
		}
		if x.Terminated != y.Terminated {
			return fmt.Sprintf("one is terminated and the other is not %s", at)
		}
	}
	if len(b) > len(a) {
		return fmt.Sprintf("one fails after %d steps and the other goes on", len(a))
	}
	return ""
}

func sameBits(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) })
}
