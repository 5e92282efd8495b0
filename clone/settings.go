package clone

import (
	"errors"
	"fmt"
)

// Rules by which an episode teaches the policy.
const (
	RuleActions = "actions" // behaviour cloning of the planner's actions (POPLIN-A)
	RuleAverage = "average" // the parameters move by the mean of the offsets that the planner applied (POPLIN-P, AVG)
)

// Settings is what a user may set about the learner.
type Settings struct {
	Rule   string  `yaml:"rule"`   // actions or average
	Hidden []int   `yaml:"hidden"` // features of the policy's hidden layers (tanh)
	Rate   float64 `yaml:"rate"`   // Adam's rate; of rule actions, as all that follows
	Decay  float64 `yaml:"decay"`  // weight decay
	Passes int     `yaml:"passes"` // most passes over all planned steps after an episode; fewer where the held-out error rises
	Batch  int     `yaml:"batch"`  // rows of a gradient step

	EvaluatePolicy bool `yaml:"evaluate_policy"` // evaluations judge the policy alone too, without the planner
}

// DefaultSettings returns the published policy of POPLIN-A.
func DefaultSettings() Settings {
	return Settings{Rule: RuleActions, Hidden: []int{64, 64}, Rate: 3e-3, Decay: 1e-5, Passes: 100, Batch: 64}
}

// Averaged returns the published policy of POPLIN-P: one hidden layer of 32, and
// nothing but averages.
func Averaged() Settings {
	s := DefaultSettings()
	s.Rule, s.Hidden = RuleAverage, []int{32}
	return s
}

// Validate returns all faults of s.
func (s Settings) Validate() error {
	var faults []error
	fault := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	fault(s.Rule == RuleActions || s.Rule == RuleAverage, "clone.rule is %q; use %s or %s", s.Rule, RuleActions, RuleAverage)
	fault(len(s.Hidden) > 0, "clone.hidden is empty; give at least one hidden layer, such as [32]")
	for _, width := range s.Hidden {
		fault(width >= 1 && width <= 1<<16, "clone.hidden is %v; each layer needs 1 to 65536 features", s.Hidden)
	}
	fault(s.Rate >= 0 && s.Rate <= 1, "clone.rate is %g; use a rate from 0 to 1", s.Rate)
	fault(s.Decay >= 0 && s.Decay <= 1, "clone.decay is %g; use a number from 0 to 1", s.Decay)
	fault(s.Passes >= 0, "clone.passes is %d; use 0 or more", s.Passes)
	fault(s.Passes != 0 || s.Rule != RuleActions, "clone.passes is 0 with clone.rule %s; the policy would never learn: use 1 or more", s.Rule)
	fault(s.Batch >= 1 && s.Batch <= 1<<20, "clone.batch is %d; use 1 to 1048576 rows", s.Batch)
	return errors.Join(faults...)
}
