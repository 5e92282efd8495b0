package agent

import (
	"fmt"
	"math"

	"demorl/dynamics"
)

// Schedule is a quantity that changes over epochs: [y] is constant;
// [e0, e1, y0, y1] is y0 up to epoch e0 and moves linearly to y1 at epoch e1
// (method.md A.3).
type Schedule []float64

// At returns the value at epoch e.
func (s Schedule) At(e int) float64 {
	if len(s) == 1 {
		return s[0]
	}
	e0, e1, y0, y1 := s[0], s[1], s[2], s[3]
	if float64(e) <= e0 {
		return y0
	}
	if e1 <= e0 {
		return y1
	}
	return y0 + (y1-y0)*math.Min((float64(e)-e0)/(e1-e0), 1)
}

// Int returns the value at epoch e, floored after interpolation. The small
// offset keeps an exact integer from falling by rounding.
func (s Schedule) Int(e int) int { return int(math.Floor(s.At(e) + 1e-9)) }

// Max returns the largest value that the schedule takes.
func (s Schedule) Max() float64 {
	if len(s) == 1 {
		return s[0]
	}
	return math.Max(s[2], s[3])
}

// validate reports the faults of the schedule called name with values in [lo, hi].
func (s Schedule) validate(name string, lo, hi float64) error {
	if len(s) != 1 && len(s) != 4 {
		return fmt.Errorf("%s has %d numbers; want [value] or [first epoch, last epoch, first value, last value]", name, len(s))
	}
	for i, v := range s {
		if len(s) == 4 && i < 2 {
			if !(v >= 0) || math.IsInf(v, 0) {
				return fmt.Errorf("%s has epoch %g; want a number from 0", name, v)
			}
			continue
		}
		if !(v >= lo && v <= hi) {
			return fmt.Errorf("%s has value %g; want %g to %g", name, v, lo, hi)
		}
	}
	if len(s) == 4 && s[1] < s[0] {
		return fmt.Errorf("%s ends at epoch %g before it starts at %g", name, s[1], s[0])
	}
	return nil
}

// horizon is the number of imagined steps: the schedule's, and under
// horizon_limit no more than the model is good for.
func (a *Agent) horizon() int {
	h := a.settings.Horizon.Int(a.epoch())
	if a.reach > 0 {
		h = min(h, a.reach)
	}
	return h
}

// reach is the largest number of steps, at least 1, up to which the open-loop
// error stays within limit, interpolated linearly between the measured numbers
// of steps. What lies beyond the longest measured one is not believed. Without
// any measurement it is 0.
func reach(measured []dynamics.OpenLoop, limit float64) int {
	last, at := 0.0, 0 // the error after at steps
	for _, m := range measured {
		if m.Segments == 0 {
			continue
		}
		if !(m.Error <= limit) {
			if math.IsInf(m.Error, 1) || at == 0 {
				return max(1, at)
			}
			return max(1, at+int(math.Floor(float64(m.Steps-at)*(limit-last)/(m.Error-last)+1e-9)))
		}
		last, at = m.Error, m.Steps
	}
	return at
}
