package env

import (
	"encoding/binary"
	"fmt"
	"math"

	"demorl/rng"
)

// Limited truncates episodes after limit steps, as Gymnasium's TimeLimit does.
type Limited struct {
	Env
	limit, steps int
}

// Limit wraps e with a time limit in steps; limit 0 returns e itself. What it
// returns has the power StateCodec exactly when e has it.
func Limit(e Env, limit int) Env {
	if limit == 0 {
		return e
	}
	l := &Limited{Env: e, limit: limit}
	if codec, ok := Power[StateCodec](e); ok {
		return &limitedCodec{l, codec}
	}
	return l
}

// Unwrap returns the task without its time limit.
func (l *Limited) Unwrap() Env { return l.Env }

// Reset starts an episode of at most limit steps.
func (l *Limited) Reset(s *rng.Stream, obs []float64) error {
	l.steps = 0
	return l.Env.Reset(s, obs)
}

// Step counts the step and sets Truncated at the limit.
func (l *Limited) Step(action, obs []float64) (Outcome, error) {
	out, err := l.Env.Step(action, obs)
	l.steps++
	if l.steps >= l.limit {
		out.Truncated = true
	}
	return out, err
}

// limitedCodec is a Limited whose task can save its state: the step count goes
// with it.
type limitedCodec struct {
	*Limited
	task StateCodec
}

// Unwrap returns the Limited, so that Power finds it.
func (l *limitedCodec) Unwrap() Env { return l.Limited }

// AppendState saves the step count and the task's state.
func (l *limitedCodec) AppendState(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, uint64(l.steps))
	return l.task.AppendState(dst)
}

// RestoreState restores the step count and the task's state; on an error the
// step count stays.
func (l *limitedCodec) RestoreState(state []byte, obs []float64) error {
	if len(state) < 8 {
		return fmt.Errorf("env: %s: restore: state of %d bytes is too short", l.Spec().ID, len(state))
	}
	if err := l.task.RestoreState(state[8:], obs); err != nil {
		return err
	}
	l.steps = int(binary.LittleEndian.Uint64(state))
	return nil
}

// Scaled maps actions in [-1, 1] per joint onto the task's bounds (method.md
// D.1) and clips what lies outside.
type Scaled struct {
	Env
	mid, half []float64
	action    []float64
}

// Scale wraps e so that its actions are in [-1, 1] per joint. A joint without
// finite bounds is refused.
func Scale(e Env) (*Scaled, error) {
	spec := e.Spec()
	s := &Scaled{Env: e, mid: make([]float64, spec.ActDim), half: make([]float64, spec.ActDim), action: make([]float64, spec.ActDim)}
	for j := range spec.ActDim {
		lo, hi := spec.Low[j], spec.High[j]
		if math.IsInf(lo, 0) || math.IsInf(hi, 0) || !(lo < hi) {
			return nil, fmt.Errorf("env: %s: joint %d has bounds [%g, %g]; finite bounds with low < high are needed", spec.ID, j, lo, hi)
		}
		s.mid[j], s.half[j] = (lo+hi)/2, (hi-lo)/2
	}
	return s, nil
}

// Narrow leaves the learner a share of the actions' range around its middle: -1
// and 1 become the ends of that share. There is one share a joint, above 0 and
// up to 1, or one for all.
func (s *Scaled) Narrow(shares []float64) error {
	id := s.Env.Spec().ID
	if len(shares) != 1 && len(shares) != len(s.half) {
		each := ""
		if len(s.half) > 1 {
			each = fmt.Sprintf(" for all actions, or %d, one an action", len(s.half))
		}
		return fmt.Errorf("env: %s: %d shares of the actions' range; give 1%s", id, len(shares), each)
	}
	for i, share := range shares {
		if !(share > 0 && share <= 1) {
			return fmt.Errorf("env: %s: share %d of the actions' range is %g; give a number above 0 and up to 1", id, i, share)
		}
	}
	for j := range s.half {
		s.half[j] *= shares[j%len(shares)]
	}
	return nil
}

// Unwrap returns the task in its own units.
func (s *Scaled) Unwrap() Env { return s.Env }

// Spec returns the task's Spec with bounds of -1 and 1.
func (s *Scaled) Spec() Spec {
	spec := s.Env.Spec()
	spec.Low, spec.High = make([]float64, spec.ActDim), make([]float64, spec.ActDim)
	for j := range spec.ActDim {
		spec.Low[j], spec.High[j] = -1, 1
	}
	return spec
}

// Step scales action and steps the task.
func (s *Scaled) Step(action, obs []float64) (Outcome, error) {
	s.Unscale(s.action, action)
	return s.Env.Step(s.action, obs)
}

// Unscale writes into dst the task's own units of action.
func (s *Scaled) Unscale(dst, action []float64) {
	for j, a := range action {
		dst[j] = s.mid[j] + s.half[j]*min(1, max(-1, a))
	}
}

// UnscaleRows turns rows x joints of actions in [-1, 1] into the task's own
// units, in place.
func (s *Scaled) UnscaleRows(action []float32) {
	for i, a := range action {
		j := i % len(s.mid)
		action[i] = float32(s.mid[j] + s.half[j]*float64(min(1, max(-1, a))))
	}
}

// ForLearning makes the named task ready for a learner: its time limit and
// actions in [-1, 1].
func ForLearning(name string) (*Scaled, error) {
	t, err := Lookup(name)
	if err != nil {
		return nil, err
	}
	return t.ForLearning()
}

// ForLearning makes an instance ready for a learner: its time limit and actions
// in [-1, 1].
func (t Task) ForLearning() (*Scaled, error) {
	e, err := t.New()
	if err != nil {
		return nil, err
	}
	return Scale(Limit(e, e.Spec().Limit))
}
