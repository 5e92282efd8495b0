package leg

import (
	"math"

	"demorl/internal/wire"
	"demorl/rng"
)

const (
	encoderStep   = 2 * math.Pi / 4096 // rad
	filterHz      = 50.0
	torqueNoise   = 0.02 // N m, standard deviation per integrator step
	filterPerTick = 2 * math.Pi * filterHz * tick
)

// filterGain is the share that a first-order filter of 50 Hz takes over in 2 ms.
var filterGain = -math.Expm1(-filterPerTick)

// hardware is what stands between the controller and an ideal leg: encoders,
// a speed filter, torque noise and a delay of one integrator step.
type hardware struct {
	seen    [4]float64 // quantised angles and filtered speeds
	pending [2]float64 // N m, applied at the next integrator step
	noise   rng.Stream
}

func quantise(q float64) float64 { return encoderStep * math.Round(q/encoderStep) }

// reset takes over the state x with no torque on its way.
func (h *hardware) reset(x *[4]float64) {
	h.seen = [4]float64{quantise(x[0]), quantise(x[1]), x[2], x[3]}
	h.pending = [2]float64{}
}

// drive returns the torques that act now and keeps those asked for.
func (h *hardware) drive(torque [2]float64) [2]float64 {
	acting := h.pending
	h.pending = torque
	acting[0] += torqueNoise * h.noise.Normal()
	acting[1] += torqueNoise * h.noise.Normal()
	return acting
}

// measure reads the encoders and filters their difference quotients.
func (h *hardware) measure(x *[4]float64) {
	for j := range 2 {
		q := quantise(x[j])
		h.seen[2+j] += filterGain * ((q-h.seen[j])/tick - h.seen[2+j])
		h.seen[j] = q
	}
}

func (h *hardware) appendState(dst []byte) []byte {
	for _, v := range h.seen {
		dst = wire.F64(dst, v)
	}
	dst = wire.F64(wire.F64(dst, h.pending[0]), h.pending[1])
	return wire.Bytes(dst, h.noise.AppendState(nil))
}

func (h *hardware) restoreState(r *wire.Reader) {
	for i := range h.seen {
		h.seen[i] = r.F64()
	}
	h.pending[0], h.pending[1] = r.F64(), r.F64()
	if err := h.noise.RestoreState(r.Bytes()); err != nil {
		r.Fail("%w", err)
	}
}
