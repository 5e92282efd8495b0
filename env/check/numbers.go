package check

import (
	"math"
	"runtime"
	"slices"
	"strings"
	"time"

	"demorl/env"
	"demorl/rng"
)

const (
	apart = 1e4 // largest ratio of two entries' scales that is not remarked
	huge  = 1e6 // largest observation that is not remarked
)

// units looks at the scales of the recorded observations.
func (c *checker) units() {
	if c.report.Steps < 2 {
		return
	}
	first := c.records[0].next
	constant := slices.Repeat([]bool{true}, c.spec.ObsDim)
	square, largest := make([]float64, c.spec.ObsDim), make([]float64, c.spec.ObsDim)
	for _, r := range c.records {
		for i, x := range r.next {
			constant[i] = constant[i] && x == first[i]
			square[i] += x * x / float64(len(c.records))
			largest[i] = max(largest[i], math.Abs(x))
		}
	}
	var fixed []string
	small, large := -1, -1
	for i := range constant {
		if constant[i] {
			fixed = append(fixed, c.entry(i))
			continue
		}
		if small < 0 || square[i] < square[small] {
			small = i
		}
		if large < 0 || square[i] > square[large] {
			large = i
		}
		if largest[i] > huge {
			c.warnf(Units, "%s reaches %g; is that in the right unit?", c.entry(i), largest[i])
		}
	}
	if n := len(fixed); n > 0 {
		if n > 4 {
			fixed = append(fixed[:4], "...")
		}
		c.warnf(Units, "%d of %d entries never changed: %s; leave out what tells nothing", n, c.spec.ObsDim, strings.Join(fixed, ", "))
	}
	if small >= 0 && math.Sqrt(square[large]) > apart*math.Sqrt(square[small]) {
		c.warnf(Units, "%s is around %.2g and %s around %.2g: scales more than %g times apart are often a wrong unit (mm, degrees, rpm)",
			c.entry(small), math.Sqrt(square[small]), c.entry(large), math.Sqrt(square[large]), apart)
	}
}

const (
	slow   = 50 // steps a second below which training waits for the task
	rounds = 3  // of measurement; the best counts, since other things run beside
)

// speed measures steps with their resets on one instance, as training makes them.
func (c *checker) speed() {
	p, ok := c.open()
	if !ok || slices.ContainsFunc(c.report.Findings, func(f Finding) bool { return f.Rule == Failure }) {
		return
	}
	const most = 512
	n := min(most, c.steps/2+1)
	actions := make([][]float64, n)
	s := c.stream("speed", 0)
	for i := range actions {
		p.act(0, s, i)
		actions[i] = slices.Clone(p.action)
	}
	obs := p.obs[0]
	resets := rng.NewStream(c.key.Derive("speed/reset"))
	var failed error
	walk := func() {
		length := 0
		for _, a := range actions {
			out, err := p.env.Step(a, obs)
			if length++; err != nil || out.Terminated || c.spec.Limit > 0 && length >= c.spec.Limit {
				length = 0
				if err = p.env.Reset(resets, obs); err != nil {
					failed = err
					return
				}
			}
		}
	}
	best, allocs := math.Inf(1), math.Inf(1)
	err := guarded(func() error {
		if err := p.env.Reset(resets, obs); err != nil {
			return err
		}
		var before, after runtime.MemStats
		for range rounds {
			runtime.ReadMemStats(&before)
			start := time.Now()
			walk()
			best = min(best, time.Since(start).Seconds())
			runtime.ReadMemStats(&after)
			allocs = min(allocs, float64(after.Mallocs-before.Mallocs))
		}
		return failed
	})
	if err != nil {
		c.errorf(Failure, "steps with actions within the bounds failed: %v", err)
		return
	}
	c.report.StepsPerSecond, c.report.AllocsPerStep = float64(n)/best, math.Floor(100*allocs/float64(n))/100
	c.report.RealTime = c.report.StepsPerSecond * c.spec.Dt
	if rate := c.report.StepsPerSecond; rate < slow {
		c.warnf(Speed, "one instance makes %.0f steps a second; a training run makes 10,000 and more of them, evaluations besides", rate)
	}
	if c.report.AllocsPerStep > 0 {
		c.warnf(Speed, "a step allocates %g times; keep its memory in the instance, so that the garbage collector does not stop training", c.report.AllocsPerStep)
	}
}

// actions gives what no policy should give: outside the bounds, and not numbers.
func (c *checker) actions() {
	_, want, ok := c.reference("actions")
	if !ok {
		return
	}
	p, ok := c.open()
	if !ok {
		return
	}
	for _, bad := range []struct {
		what  kind
		value func(lo, hi float64) float64
	}{
		{"far above the bounds", func(lo, hi float64) float64 { return hi + 10*(hi-lo) }},
		{"far below the bounds", func(lo, hi float64) float64 { return lo - 10*(hi-lo) }},
		{"NaN", func(_, _ float64) float64 { return math.NaN() }},
		{"+Inf", func(_, _ float64) float64 { return math.Inf(1) }},
		{"-Inf", func(_, _ float64) float64 { return math.Inf(-1) }},
	} {
		if p.reset(c.key.Derive("actions")) == nil {
			return
		}
		for j := range p.action {
			p.action[j] = bad.value(c.span(j))
		}
		c.strange(p, bad.what)
		if d := c.differ(want, p.play(c.key.Derive("actions"), c.short(), 0, nil)); d != "" {
			c.errorf(Actions, "after an action that is %s a reset does not bring the task back: %s", bad.what, d)
			return
		}
	}
}

// strange makes a few steps with p.action. An error is a good answer, and so is
// an infinite observation or reward for an action that is not a number itself:
// training stops at either.
func (c *checker) strange(p *probe, what kind) {
	number := finite(p.action, 0)
	loud := false
	obs := p.begin()
	for range 3 {
		var out env.Outcome
		err := guarded(func() (err error) {
			out, err = p.env.Step(p.action, obs)
			return err
		})
		if err != nil {
			if text := err.Error(); strings.HasPrefix(text, "panic:") {
				c.errorf(Actions, "an action that is %s ends the program: %s; clip it or return an error", what, text)
			}
			return
		}
		if number && !finite(obs, out.Reward) {
			c.errorf(Actions, "an action that is %s leads to the observation %v and the reward %g without an error; clip the action or return an error", what, obs, out.Reward)
			return
		}
		loud = loud || !finite(obs, out.Reward)
	}
	if math.IsNaN(p.action[0]) && !loud {
		c.warnf(Actions, "an action that is %s is taken as if it were a number; a policy that diverged goes unnoticed: return an error", what)
	}
}

func finite(obs []float64, reward float64) bool {
	sum := reward - reward
	for _, x := range obs {
		sum += x - x
	}
	return sum == 0
}
