package classic

import (
	"fmt"
	"math"

	"demorl/env"
	"demorl/internal/wire"
)

const simulator = "demorl classic 1"

// system is what the tasks of this package share: a short state vector that
// holds everything later steps depend on, and its observation.
type system struct {
	spec    env.Spec
	names   string // of the state's entries, for messages
	x       []float64
	observe func(x, obs []float64)
}

// Spec describes the task.
func (s *system) Spec() env.Spec { return s.spec }

// Close does nothing.
func (s *system) Close() error { return nil }

// AppendState saves the state vector bit for bit.
func (s *system) AppendState(dst []byte) []byte {
	for _, v := range s.x {
		dst = wire.F64(dst, v)
	}
	return dst
}

// RestoreState sets a state that AppendState of the same task wrote; on an
// error the task keeps its own.
func (s *system) RestoreState(state []byte, obs []float64) error {
	if want := 8 * len(s.x); len(state) != want {
		return fmt.Errorf("%s: restore: state has %d bytes, want %d", s.spec.ID, len(state), want)
	}
	r := wire.NewReader(state)
	for i := range s.x {
		s.x[i] = r.F64()
	}
	s.observe(s.x, obs)
	return nil
}

// Inject sets the state vector from fields["state"].
func (s *system) Inject(fields map[string][]float64, obs []float64) error {
	for name := range fields {
		if name != "state" {
			return fmt.Errorf("%s: field %q is not known; give \"state\": [%s]", s.spec.ID, name, s.names)
		}
	}
	v := fields["state"]
	if len(v) != len(s.x) {
		return fmt.Errorf("%s: \"state\" has %d numbers; give %d: [%s]", s.spec.ID, len(v), len(s.x), s.names)
	}
	for i, x := range v {
		if !finite(x) {
			return fmt.Errorf("%s: state[%d] is %g; give a finite number", s.spec.ID, i, x)
		}
	}
	copy(s.x, v)
	s.observe(s.x, obs)
	return nil
}

// checkAction refuses an action that is not finite, before it reaches the state.
func (s *system) checkAction(action []float64) error {
	for j, a := range action[:s.spec.ActDim] {
		if !finite(a) {
			return fmt.Errorf("%s: action[%d] is %g; give a finite number", s.spec.ID, j, a)
		}
	}
	return nil
}

// Terminal reports rows that are not finite; a task with a rule of its own adds
// it. obs is rows x ObsDim.
func (s *system) Terminal(obs []float32, done []bool) {
	n := s.spec.ObsDim
	for r := range done {
		done[r] = false
		for _, v := range obs[r*n : (r+1)*n] {
			if v-v != 0 { // NaN or infinite
				done[r] = true
			}
		}
	}
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// clip returns v within [-limit, limit]; a NaN stays a NaN.
func clip(v, limit float64) float64 { return min(limit, max(-limit, v)) }

func bounds(n int, limit float64) (low, high []float64) {
	low, high = make([]float64, n), make([]float64, n)
	for j := range n {
		low[j], high[j] = -limit, limit
	}
	return low, high
}
