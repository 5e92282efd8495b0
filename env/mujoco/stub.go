//go:build !(mujoco && cgo && linux)

package mujoco

import (
	"errors"

	"demorl/internal/wire"
)

// Built tells whether this build has the binding.
const Built = false

var errNotBuilt = errors.New("mujoco: " + needsBuild)

// Open refuses: this build has no binding.
func Open() (string, error) { return "", errNotBuilt }

// Sim stands for a simulation in builds without the binding; none can be made.
type Sim struct{}

// Load refuses: this build has no binding.
func Load(string) (*Sim, error) { return nil, errNotBuilt }

// Field returns nil.
func (*Sim) Field(Field) []float64 { return nil }

// Timestep returns 0.
func (*Sim) Timestep() float64 { return 0 }

// Time returns 0.
func (*Sim) Time() float64 { return 0 }

// SetTime does nothing.
func (*Sim) SetTime(float64) {}

// Trigonometry does nothing.
func (*Sim) Trigonometry() {}

// Step refuses.
func (*Sim) Step(int) error { return errNotBuilt }

// Repeat refuses.
func (*Sim) Repeat([]float64, int) error { return errNotBuilt }

// Reset refuses.
func (*Sim) Reset() error { return errNotBuilt }

// Forward refuses.
func (*Sim) Forward() error { return errNotBuilt }

// AppendState returns dst.
func (*Sim) AppendState(dst []byte) []byte { return dst }

// RestoreState refuses.
func (*Sim) RestoreState(*wire.Reader) error { return errNotBuilt }

// Close does nothing.
func (*Sim) Close() {}
