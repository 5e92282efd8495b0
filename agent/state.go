package agent

import (
	"fmt"

	"demorl/internal/wire"
)

// Section is one part of a learner's or run's state, saved and restored alone.
type Section struct {
	Name    string
	Append  func(dst []byte) []byte
	Restore func(state []byte) error
	// Skip reports whether the part need not be saved now.
	Skip func() bool
}

// Sections returns the whole state of the agent. Two agents made with equal
// settings and key whose sections are equal go on with equal bits. D_MPC is
// skipped where the next step empties it.
func (a *Agent) Sections() []Section {
	read := func(name string, f func(r *wire.Reader)) func([]byte) error {
		return func(state []byte) error {
			r := wire.NewReader(state)
			f(r)
			if err := r.Err(); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			return nil
		}
	}
	sections := []Section{
		{Name: "agent", Append: a.appendCounters, Restore: read("agent", a.readCounters)},
		{},
		{Name: "real", Append: a.real.AppendState, Restore: read("real", a.real.ReadState)},
	}
	if a.clone != nil {
		sections[1] = Section{Name: "clone", Append: a.clone.AppendState, Restore: read("clone", a.clone.ReadState)}
	} else {
		sections[1] = Section{Name: "sac", Append: a.sac.AppendState, Restore: read("sac", a.sac.ReadState)}
	}
	if a.model != nil {
		sections = append(sections, Section{Name: "model", Append: a.model.AppendState, Restore: read("model", a.model.ReadState)})
	}
	if a.planner != nil && a.settings.Act == ActPlanner {
		sections = append(sections, Section{Name: "planner", Append: a.planner.AppendState, Restore: read("planner", a.planner.ReadState)})
	}
	if a.imagined != nil && a.gradient == nil { // value gradients begin every block of updates with an empty one
		sections = append(sections, Section{
			Name: "imagined", Append: a.imagined.AppendState, Restore: read("imagined", a.imagined.ReadState),
			Skip: func() bool {
				t := a.trained()
				return a.settings.PlanBuffer == BufferClear && (t < 0 || t%a.settings.EpochSteps == 0)
			},
		})
	}
	return sections
}

func (a *Agent) appendCounters(dst []byte) []byte {
	dst = wire.Int(dst, a.step)
	dst = wire.U64(dst, a.updates)
	dst = wire.U64(dst, a.rounds)
	if a.shares() {
		dst = wire.U64(dst, a.episode)
	}
	if a.settings.HorizonLimit > 0 {
		dst = wire.Int(dst, a.reach)
	}
	return dst
}

func (a *Agent) readCounters(r *wire.Reader) {
	a.step, a.updates, a.rounds = r.Int(), r.U64(), r.U64()
	if a.shares() {
		a.episode = r.U64()
	}
	if a.settings.HorizonLimit > 0 {
		a.reach = r.Int()
	}
}
