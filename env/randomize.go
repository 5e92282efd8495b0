package env

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Range is what a number is drawn from, uniformly: its least and its greatest
// value. [0, 0] means that nothing is drawn.
type Range [2]float64

// Off reports whether nothing is drawn.
func (r Range) Off() bool { return r == Range{} }

// Randomization says what of a task's physics is drawn anew at every reset
// (domain randomisation). The zero value leaves the task as it is.
type Randomization struct {
	Friction Range   `yaml:"friction"` // factor of all sliding friction, one an episode
	Mass     Range   `yaml:"mass"`     // factor of mass and inertia, one a body
	Motor    Range   `yaml:"motor"`    // factor of what a motor can give, one a motor
	Latency  Range   `yaml:"latency"`  // s that an action acts late, at most one step
	Noise    float64 `yaml:"noise"`    // standard deviation of normal noise on measured observations, in their units
	Push     Range   `yaml:"push"`     // N of horizontal pushes, at moments that are drawn
}

// Off reports whether nothing is drawn.
func (r Randomization) Off() bool { return r == Randomization{} }

// factors are the ranges that multiply, by the names of their settings.
func (r *Randomization) factors() ([]string, []Range) {
	return []string{"friction", "mass", "motor"}, []Range{r.Friction, r.Mass, r.Motor}
}

// sizes are the ranges that add.
func (r *Randomization) sizes() ([]string, []Range) {
	return []string{"latency", "push"}, []Range{r.Latency, r.Push}
}

// Validate returns every fault at once.
func (r Randomization) Validate() error {
	var faults []error
	check := func(name string, x Range, positive bool, want string) {
		if x.Off() || x[0] <= x[1] && x[0] >= 0 && !(positive && x[0] == 0) && !math.IsInf(x[1], 0) {
			return
		}
		faults = append(faults, fmt.Errorf("%s is [%g, %g]; want %s, the lesser first", name, x[0], x[1], want))
	}
	names, ranges := r.factors()
	for i, x := range ranges {
		check(names[i], x, true, "two positive factors")
	}
	names, ranges = r.sizes()
	for i, x := range ranges {
		check(names[i], x, false, "two finite numbers of at least 0")
	}
	if !(r.Noise >= 0) || math.IsInf(r.Noise, 0) {
		faults = append(faults, fmt.Errorf("noise is %g; want a finite standard deviation of at least 0", r.Noise))
	}
	return errors.Join(faults...)
}

// Only returns an error that names every field in use which is not among
// known: those that the named task cannot vary.
func (r Randomization) Only(task string, known ...string) error {
	var used []string
	for _, all := range []func() ([]string, []Range){r.factors, r.sizes} {
		names, ranges := all()
		for i, x := range ranges {
			if !x.Off() {
				used = append(used, names[i])
			}
		}
	}
	if r.Noise != 0 {
		used = append(used, "noise")
	}
	var faults []error
	for _, name := range used {
		if !slices.Contains(known, name) {
			faults = append(faults, fmt.Errorf("randomize.%s is set, but %s can vary only %s; remove it", name, task, strings.Join(known, ", ")))
		}
	}
	return errors.Join(faults...)
}

// Randomizer is the power to draw the physics anew at every reset. The draws
// come from the stream given to Reset, under a name of their own, and a state
// saved by StateCodec holds what was drawn.
type Randomizer interface {
	// Randomize is called once, before the first reset. The error names every
	// field that the task cannot vary.
	Randomize(r Randomization) error
}

// Commander is the power to be told what to do, such as a velocity to walk
// with. The command stays over resets and is no part of a saved state.
type Commander interface {
	// Command sets the command, in the task's own meaning and length.
	Command(c []float64) error
}
