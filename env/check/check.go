package check

import (
	"fmt"
	"runtime/debug"
	"strings"

	"demorl/env"
	"demorl/rng"
)

// Severity tells a broken promise from something that is only unusual.
type Severity int

// The severities.
const (
	Warning Severity = iota // allowed, and usually a mistake
	Error                   // the contract is broken
)

// String is "warning" or "error".
func (s Severity) String() string { return [...]string{"warning", "error"}[s] }

// Rule names what was looked at.
type Rule string

// The rules, in the order in which they are looked at.
const (
	Making      Rule = "making"      // instances can be made, side by side, and closed
	Shape       Rule = "shape"       // the Spec is complete and its sizes and bounds are sane
	Description Rule = "description" // what the registry says is what an instance says
	Buffers     Rule = "buffers"     // obs is filled, nothing else is written
	Finite      Rule = "finite"      // observations and rewards are numbers that float32 holds
	Failure     Rule = "failure"     // actions within the bounds neither fail nor panic
	Ending      Rule = "ending"      // Terminated only where the Spec says so, Truncated only where the Options do
	Limits      Rule = "limit"       // the time limit and the length of a step are sane
	Seeds       Rule = "seeds"       // equal streams give equal bits; other streams other episodes
	Forgetting  Rule = "forgetting"  // Reset forgets the episode before
	Sharing     Rule = "sharing"     // instances do not influence each other
	State       Rule = "state"       // StateCodec: saved and restored bit for bit
	Terminal    Rule = "terminal"    // Terminator agrees with the real flags
	Reward      Rule = "reward"      // Rewarder agrees with the real rewards; rewards have a sane size
	Units       Rule = "units"       // observations have comparable scales and change
	Speed       Rule = "speed"       // steps allocate nothing and are fast enough
	Actions     Rule = "actions"     // actions out of bounds and not finite do no harm
)

// Finding is one rule that is broken.
type Finding struct {
	Rule     Rule
	Severity Severity
	Text     string // a sentence: what was seen and what to do
}

// String is the finding on one line.
func (f Finding) String() string { return fmt.Sprintf("%s: %s: %s", f.Severity, f.Rule, f.Text) }

// Report is what a check found.
type Report struct {
	ID             string
	Findings       []Finding
	Steps          int     // steps of the recorded episodes
	Episodes       int     // recorded episodes, unfinished ones included
	StepsPerSecond float64 // of one instance with its resets; 0 if it was not measured
	AllocsPerStep  float64
	RealTime       float64 // simulated seconds a second
}

// Count is the number of findings of a severity.
func (r *Report) Count(s Severity) (n int) {
	for _, f := range r.Findings {
		if f.Severity == s {
			n++
		}
	}
	return n
}

// OK tells whether the task keeps the contract; warnings are allowed.
func (r *Report) OK() bool { return r.Count(Error) == 0 }

// Options say how much is looked at; the zero value is a good choice.
type Options struct {
	Steps int    // steps to record; 0 means 2000. The rules make about as many again
	Seed  uint64 // of starts and actions
	// Truncates allows that the task cuts episodes by itself, as environments of
	// another library do, which keep time limits of their own.
	Truncates bool
}

const defaultSteps = 2000

// Check makes instances of a task and looks at every rule. describe may be nil
// where nobody describes the task without an instance. Panics of the task are
// findings.
func Check(instance func() (env.Env, error), describe func() env.Spec, o Options) Report {
	if o.Steps <= 0 {
		o.Steps = defaultSteps
	}
	c := &checker{instance: instance, steps: o.Steps, truncates: o.Truncates, key: rng.Root(o.Seed).Derive("env/check"), said: map[string]bool{}}
	defer c.closeAll()
	p, ok := c.open()
	if !ok {
		return c.report
	}
	c.spec = p.env.Spec()
	c.report.ID = c.spec.ID
	if describe != nil {
		c.description(describe)
	}
	if !c.shape() {
		return c.report
	}
	p.prepare()
	c.record(p)
	for _, rule := range []func(){
		c.ending, c.limits, c.seeds, c.forgetting, c.sharing, c.state, c.terminal, c.reward, c.units, c.speed, c.actions,
	} {
		rule()
		c.release(1)
	}
	c.release(0)
	return c.report
}

// checker is one check under way.
type checker struct {
	instance  func() (env.Env, error)
	spec      env.Spec
	steps     int
	truncates bool
	key       rng.Key
	report    Report
	said      map[string]bool // what was reported already
	opened    []env.Env       // instances to close
	records   []record        // of the recorded episodes
}

// kind is an argument that tells findings of one format apart.
type kind string

// find adds a finding. Findings of one rule with the same format and the same
// kinds among args are reported once.
func (c *checker) find(s Severity, r Rule, format string, args ...any) {
	id := string(r) + format
	for _, a := range args {
		if k, ok := a.(kind); ok {
			id += string(k)
		}
	}
	if !c.said[id] {
		c.said[id] = true
		c.report.Findings = append(c.report.Findings, Finding{r, s, fmt.Sprintf(format, args...)})
	}
}

// errorf reports a broken promise.
func (c *checker) errorf(r Rule, format string, args ...any) { c.find(Error, r, format, args...) }

// warnf reports something unusual.
func (c *checker) warnf(r Rule, format string, args ...any) { c.find(Warning, r, format, args...) }

// guarded calls f; a panic becomes an error that names the place in the task.
func guarded(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v (at %s)", r, panickedAt(string(debug.Stack())))
		}
	}()
	return f()
}

// panickedAt is the file and line below the panic in a stack.
func panickedAt(stack string) string {
	lines := strings.Split(stack, "\n")
	for i, line := range lines {
		if !strings.HasPrefix(line, "panic(") {
			continue
		}
		// Run-time errors have a frame of their own before the task's.
		for j := i + 3; j < len(lines); j += 2 {
			place := strings.TrimSpace(lines[j])
			if strings.Contains(place, "/src/runtime/") {
				continue
			}
			place, _, _ = strings.Cut(place, " +")
			return place[strings.LastIndexByte(place, '/')+1:]
		}
	}
	return "an unknown place"
}

// open makes one more instance.
func (c *checker) open() (*probe, bool) {
	var e env.Env
	err := guarded(func() (err error) {
		e, err = c.instance()
		return err
	})
	switch {
	case err != nil && len(c.opened) == 0:
		c.errorf(Making, "no instance can be made: %v", err)
		return nil, false
	case err != nil:
		c.errorf(Making, "a second instance cannot be made beside the first: %v; training needs one for itself and one for evaluation", err)
		return nil, false
	case e == nil:
		c.errorf(Making, "the task returned neither an instance nor an error")
		return nil, false
	}
	c.opened = append(c.opened, e)
	p := &probe{checker: c, env: e}
	if c.spec.ObsDim > 0 {
		p.prepare()
	}
	return p, true
}

// release closes the newest instances until n are left: an instance may be a
// process or a large model.
func (c *checker) release(n int) {
	for len(c.opened) > n {
		last := len(c.opened) - 1
		e := c.opened[last]
		c.opened = c.opened[:last]
		if err := guarded(e.Close); err != nil {
			c.errorf(Making, "Close failed: %v", err)
		} else if err := guarded(e.Close); err != nil {
			c.warnf(Making, "a second Close failed: %v; it should do nothing", err)
		}
	}
}

// closeAll gives back what is still open when a check ends early.
func (c *checker) closeAll() {
	for _, e := range c.opened {
		_ = guarded(e.Close) // the findings before this one matter
	}
}

// entry names an observation entry.
func (c *checker) entry(i int) string {
	if i < len(c.spec.ObsNames) {
		return fmt.Sprintf("observation %d (%s)", i, c.spec.ObsNames[i])
	}
	return fmt.Sprintf("observation %d", i)
}
