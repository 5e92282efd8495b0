package check

import (
	"math"
	"slices"
	"sync"

	"demorl/env"
	"demorl/rng"
)

func (c *checker) stream(name string, i int) *rng.Stream {
	return rng.NewStream(c.key.Derive(name).At(uint64(i)))
}

func narrow(dst []float32, src []float64) []float32 {
	for _, x := range src {
		dst = append(dst, float32(x))
	}
	return dst
}

// stepsOf are the recorded steps without the resets.
func (c *checker) stepsOf() []record {
	return slices.DeleteFunc(slices.Clone(c.records), func(r record) bool { return r.action == nil })
}

// terminal compares Terminator with the real flags.
func (c *checker) terminal() {
	p, ok := c.open()
	if !ok {
		return
	}
	rule, ok := env.Power[env.Terminator](p.env)
	steps := c.stepsOf()
	if !ok || len(steps) == 0 {
		return
	}
	var rows []float32
	for _, r := range steps {
		rows = narrow(rows, r.next)
	}
	done := make([]bool, len(steps))
	given := slices.Clone(rows)
	if err := guarded(func() error { rule.Terminal(rows, done); return nil }); err != nil {
		c.errorf(Terminal, "Terminal failed: %v", err)
		return
	}
	if !slices.Equal(rows, given) {
		c.errorf(Terminal, "Terminal changed its observations; it may only read them")
		return
	}
	c.flags(steps, done)
	c.pureTerminal(p, rule, rows, done)
	c.notFinite(rule, steps[0].next)
}

// flags compares recorded flags with Terminal's, step by step. A rule on
// quantities that lag a sub-step behind the observation may answer one step
// apart; more than that is a different rule.
func (c *checker) flags(steps []record, done []bool) {
	apart := 0
	for i, r := range steps {
		if r.out.Terminated == done[i] {
			continue
		}
		following := i+1 < len(steps) && steps[i+1].episode == r.episode && steps[i+1].out.Terminated
		before := i > 0 && steps[i-1].episode == r.episode && done[i-1]
		last := i+1 == len(steps) || steps[i+1].episode != r.episode
		switch {
		case done[i] && (following || last && !r.out.Terminated):
			apart++ // one step early, or the record ends before it shows
		case r.out.Terminated && before:
			// counted at the step before
		case r.out.Terminated:
			c.errorf(Terminal, "the task terminated and Terminal says false for the observation %v; imagined episodes would go on beyond their end", r.next)
			return
		default:
			c.errorf(Terminal, "Terminal says true for the observation %v and the task went on; imagined episodes would end too early", r.next)
			return
		}
	}
	if apart > 0 {
		c.warnf(Terminal, "Terminal ends %d of %d episodes one step before the task does; that is harmless where the task's rule reads a quantity that lags behind", apart, c.report.Episodes)
	}
}

// pureTerminal asks again, from several goroutines, row by row, and after the
// instance was stepped.
func (c *checker) pureTerminal(p *probe, rule env.Terminator, rows []float32, want []bool) {
	dim := c.spec.ObsDim
	p.play(c.key.Derive("terminal"), 5, 0, nil)
	const workers = 4
	got := make([][]bool, workers)
	var all sync.WaitGroup
	for w := range workers {
		got[w] = make([]bool, len(want))
		all.Go(func() {
			_ = guarded(func() error { // a panic shows as a row that differs
				for i := range want {
					i = (i + w*len(want)/workers) % len(want)
					rule.Terminal(rows[i*dim:(i+1)*dim], got[w][i:i+1])
				}
				return nil
			})
		})
	}
	all.Wait()
	for _, g := range got {
		if !slices.Equal(g, want) {
			c.errorf(Terminal, "Terminal answers differently for the same observation when asked again, row by row and from several goroutines; it must be a function of its arguments alone")
			return
		}
	}
}

// notFinite asks about rows that a diverging model predicts.
func (c *checker) notFinite(rule env.Terminator, obs []float64) {
	done := make([]bool, 1)
	for i := range obs {
		for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			row := slices.Clone(obs)
			row[i] = bad
			err := guarded(func() error { rule.Terminal(narrow(nil, row), done); return nil })
			if err != nil || !done[0] {
				c.errorf(Terminal, "Terminal does not end a row where %s is %v; observations that are not finite must be terminal", c.entry(i), bad)
				return
			}
		}
	}
}

// How far a known reward may be from the real one, as shares of the largest
// reward: a reward of a quantity between two observations is taken along an
// interpolated path.
const (
	rewardWorst = 0.2
	rewardMean  = 0.02
	rewardNoted = 0.005
)

// reward compares Rewarder with the real rewards and looks at their size.
func (c *checker) reward() {
	steps := c.stepsOf()
	if len(steps) == 0 {
		return
	}
	c.rewardSize(steps)
	p, ok := c.open()
	if !ok {
		return
	}
	known, ok := env.Power[env.Rewarder](p.env)
	if !ok {
		return
	}
	var obs, action, next []float32
	largest := 0.0
	for _, r := range steps {
		obs, action, next = narrow(obs, r.before), narrow(action, r.action), narrow(next, r.next)
		largest = max(largest, math.Abs(r.out.Reward))
	}
	got := make([]float32, len(steps))
	if err := guarded(func() error { known.Reward(obs, action, next, got); return nil }); err != nil {
		c.errorf(Reward, "Reward failed: %v", err)
		return
	}
	worst, mean, at := 0.0, 0.0, 0
	for i, r := range steps {
		miss := math.Abs(float64(got[i]) - r.out.Reward)
		if miss > worst || math.IsNaN(miss) && !math.IsNaN(worst) { // a NaN is the worst
			worst, at = miss, i
		}
		mean += miss / float64(len(steps))
	}
	switch r := steps[at]; {
	case !(worst <= rewardWorst*largest+1e-6) || !(mean <= rewardMean*largest+1e-6):
		c.errorf(Reward, "Reward says %g for a step that paid %g (observation %v, action %v, next %v); on average it misses by %.2g. Actions come in the task's units", got[at], r.out.Reward, r.before, r.action, r.next, mean)
	case mean > rewardNoted*largest+1e-6:
		c.warnf(Reward, "Reward misses the real reward by %.2g on average and %.2g at worst, of at most %.2g", mean, worst, largest)
	}
}

func (c *checker) rewardSize(steps []record) {
	lo, hi, ended := math.Inf(1), math.Inf(-1), false
	for _, r := range steps {
		lo, hi, ended = min(lo, r.out.Reward), max(hi, r.out.Reward), ended || r.out.Terminated
	}
	size := max(math.Abs(lo), math.Abs(hi))
	switch {
	case size > 1e4:
		c.warnf(Reward, "rewards reach %g; values and their gradients grow with them: divide them so that a step pays around 1", size)
	case lo == hi && !ended:
		c.warnf(Reward, "every one of %d steps paid %g and none terminated: there is nothing to learn from", len(steps), lo)
	case size > 0 && size < 1e-4:
		c.warnf(Reward, "rewards are at most %g; the entropy bonus outweighs them: multiply them so that a step pays around 1", size)
	}
}
