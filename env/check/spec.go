package check

import (
	"math"
	"slices"

	"demorl/env"
)

// shape looks at the Spec; false means that nothing can be stepped.
func (c *checker) shape() bool {
	s := c.spec
	before := c.report.Count(Error)
	if s.ID == "" {
		c.errorf(Shape, "Spec.ID is empty; give the task its id, such as own/lift")
	}
	if s.ObsDim < 1 {
		c.errorf(Shape, "Spec.ObsDim is %d; an observation has at least one entry", s.ObsDim)
	}
	if s.ActDim < 1 {
		c.errorf(Shape, "Spec.ActDim is %d; an action has at least one entry", s.ActDim)
	}
	if len(s.Low) != s.ActDim || len(s.High) != s.ActDim {
		c.errorf(Shape, "Spec.Low has %d bounds and Spec.High %d for %d joints; give one of each a joint", len(s.Low), len(s.High), s.ActDim)
	}
	if s.Limit < 0 {
		c.errorf(Limits, "Spec.Limit is %d; give the steps after which an episode is truncated, or 0 for none", s.Limit)
	}
	if c.report.Count(Error) > before {
		return false
	}
	switch {
	case s.Dt == 0:
		c.warnf(Shape, "Spec.Dt is 0, which means that nobody knows; give the seconds of one step where there are some")
	case !(s.Dt > 0) || math.IsInf(s.Dt, 0):
		c.errorf(Shape, "Spec.Dt is %g; give the seconds of one step, or 0 where they are not known", s.Dt)
	}
	if s.ObsNames != nil && len(s.ObsNames) != s.ObsDim {
		c.errorf(Shape, "Spec.ObsNames has %d names for %d entries; give one name an entry, or none at all", len(s.ObsNames), s.ObsDim)
		c.spec.ObsNames = nil
	}
	if names := slices.Sorted(slices.Values(s.ObsNames)); len(slices.Compact(names)) < len(s.ObsNames) {
		c.warnf(Shape, "two entries of Spec.ObsNames are equal; errors name entries by them")
	}
	if s.Simulator == "" {
		c.warnf(Shape, "Spec.Simulator is empty; name what computes the physics and its version, so that a run's manifest tells them")
	}
	return c.bounds()
}

func (c *checker) bounds() bool {
	ok := true
	for j, lo := range c.spec.Low {
		hi := c.spec.High[j]
		switch {
		case math.IsNaN(lo) || math.IsNaN(hi) || !(lo < hi):
			c.errorf(Shape, "joint %d has the bounds [%g, %g]; low must be less than high", j, lo, hi)
			ok = false
		case math.IsInf(lo, 0) || math.IsInf(hi, 0):
			c.errorf(Shape, "joint %d has the bounds [%g, %g]; give finite ones, since training draws actions between them", j, lo, hi)
		case hi-lo > 1e4 || hi-lo < 1e-4:
			c.warnf(Units, "joint %d has the bounds [%g, %g]; is that in the unit that the simulator takes?", j, lo, hi)
		}
	}
	return ok
}

// description compares what the registry says with what the instance says.
func (c *checker) description(describe func() env.Spec) {
	var said env.Spec
	if err := guarded(func() error { said = describe(); return nil }); err != nil {
		c.errorf(Description, "Describe failed: %v", err)
		return
	}
	is := c.spec
	for _, f := range []struct {
		name     string
		said, is any
		same     bool
	}{
		{"ID", said.ID, is.ID, said.ID == is.ID},
		{"ObsDim", said.ObsDim, is.ObsDim, said.ObsDim == is.ObsDim},
		{"ActDim", said.ActDim, is.ActDim, said.ActDim == is.ActDim},
		{"Low", said.Low, is.Low, slices.Equal(said.Low, is.Low)},
		{"High", said.High, is.High, slices.Equal(said.High, is.High)},
		{"Dt", said.Dt, is.Dt, said.Dt == is.Dt},
		{"Limit", said.Limit, is.Limit, said.Limit == is.Limit},
		{"Terminates", said.Terminates, is.Terminates, said.Terminates == is.Terminates},
		{"Simulator", said.Simulator, is.Simulator, said.Simulator == is.Simulator},
		{"ObsNames", said.ObsNames, is.ObsNames, slices.Equal(said.ObsNames, is.ObsNames)},
	} {
		if !f.same {
			c.errorf(Description, "Describe says %s %v, an instance's Spec says %v; return the same from both", kind(f.name), f.said, f.is)
		}
	}
}

// ending looks at how recorded episodes ended.
func (c *checker) ending() {
	for _, r := range c.records {
		if r.out.Terminated && !c.spec.Terminates {
			c.errorf(Ending, "an episode terminated though Spec.Terminates is false; set it, since the value of what follows depends on it")
			return
		}
	}
}

// longest is how long an episode should last at most, in seconds.
const longest = 3600

func (c *checker) limits() {
	s := c.spec
	ended := slices.ContainsFunc(c.records, func(r record) bool { return r.out.Terminated })
	switch {
	case s.Limit == 0 && !ended:
		c.warnf(Limits, "Spec.Limit is 0 and none of %d recorded steps terminated; without a limit training stays in its first episode", c.report.Steps)
	case s.Limit > 0 && s.Limit < 5:
		c.warnf(Limits, "Spec.Limit is %d; episodes of so few steps leave nothing to plan", s.Limit)
	case s.Dt > 0 && float64(s.Limit)*s.Dt > longest:
		c.warnf(Limits, "an episode lasts up to %d steps of %g s, more than an hour; is Spec.Dt in seconds and Spec.Limit in steps?", s.Limit, s.Dt)
	}
	if s.Dt > 0 && (s.Dt < 1e-5 || s.Dt > 60) {
		c.warnf(Limits, "Spec.Dt is %g s; is that in seconds?", s.Dt)
	}
}
