//go:build !(mujoco && cgo && linux)

package mujoco

import (
	"errors"
	"image"
	"math"

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

// LoadFiles refuses: this build has no binding.
func LoadFiles(string, map[string][]byte) (*Sim, error) { return nil, errNotBuilt }

// Keep does nothing.
func (*Sim) Keep(...Field) {}

// TakeSingular does nothing.
func (*Sim) TakeSingular() {}

// Index returns nil.
func (*Sim) Index(Index) []int32 { return nil }

// ID refuses.
func (*Sim) ID(Kind, string) (int, error) { return 0, errNotBuilt }

// Name returns "".
func (*Sim) Name(Kind, int) string { return "" }

// Contacts returns 0.
func (*Sim) Contacts() int { return 0 }

// Contact returns no contact.
func (*Sim) Contact(int) Contact { return Contact{} }

// ContactForce returns no force.
func (*Sim) ContactForce(int) [6]float64 { return [6]float64{} }

// RungeKutta returns false.
func (*Sim) RungeKutta() bool { return false }

// Limited returns false.
func (*Sim) Limited(int) bool { return false }

// Log1p is ln(1 + x).
func Log1p(x float64) float64 { return math.Log1p(x) }

// ForwardUnactuated refuses.
func (*Sim) ForwardUnactuated() error { return errNotBuilt }

// Step1 refuses.
func (*Sim) Step1() error { return errNotBuilt }

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
func (*Sim) Step(Style, int) error { return errNotBuilt }

// Repeat refuses.
func (*Sim) Repeat(Style, []float64, int) error { return errNotBuilt }

// Reset refuses.
func (*Sim) Reset() error { return errNotBuilt }

// SetConst refuses.
func (*Sim) SetConst() error { return errNotBuilt }

// Forward refuses.
func (*Sim) Forward() error { return errNotBuilt }

// AppendState returns dst.
func (*Sim) AppendState(dst []byte) []byte { return dst }

// RestoreState refuses.
func (*Sim) RestoreState(*wire.Reader) error { return errNotBuilt }

// SetCamera does nothing.
func (*Sim) SetCamera(Camera) {}

// Frame refuses.
func (*Sim) Frame(*image.RGBA) error { return errNotBuilt }

// ProbeGL refuses.
func ProbeGL() (string, error) { return "", errNotBuilt }

// Close does nothing.
func (*Sim) Close() {}
