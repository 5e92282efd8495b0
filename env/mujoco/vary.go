package mujoco

import (
	"demorl/env"
	"demorl/rng"
)

// Variation draws friction, masses and motor strength around a model's own
// values, as env.Randomization says.
type Variation struct {
	sim                         *Sim
	ranges                      env.Randomization
	friction, motor             varied
	nominalMass, nominalInertia []float64
}

// varied are the leading columns of a field of the model.
type varied struct {
	field          Field
	width, columns int
	nominal        []float64
}

// Vary prepares drawing. friction is GeomFriction, or PairFriction where the
// model names its pairs of geoms; motor is ActuatorGear, or ActuatorForcerange
// where a limit is the motors' strength. It is called once, before the first
// state is saved.
func (s *Sim) Vary(r env.Randomization, friction, motor Field) *Variation {
	v := &Variation{sim: s, ranges: r}
	shape := map[Field][2]int{GeomFriction: {3, 1}, PairFriction: {5, 2}, ActuatorGear: {6, 1}, ActuatorForcerange: {2, 2}}
	part := func(f Field) varied {
		s.Keep(f)
		return varied{f, shape[f][0], shape[f][1], append([]float64(nil), s.Field(f)...)}
	}
	if !r.Friction.Off() {
		v.friction = part(friction)
	}
	if !r.Motor.Off() {
		v.motor = part(motor)
	}
	if !r.Mass.Off() {
		s.Keep(BodyMass, BodyInertia)
		v.nominalMass = append(v.nominalMass, s.Field(BodyMass)...)
		v.nominalInertia = append(v.nominalInertia, s.Field(BodyInertia)...)
	}
	return v
}

// Draw writes new values into the model, all of friction first, then motors,
// then masses. Reset must follow.
func (v *Variation) Draw(s *rng.Stream) error {
	if f := v.friction; f.nominal != nil {
		factor := s.Uniform(v.ranges.Friction[0], v.ranges.Friction[1])
		for row := range len(f.nominal) / f.width {
			f.scale(v.sim, row, factor)
		}
	}
	if f := v.motor; f.nominal != nil {
		for row := range len(f.nominal) / f.width {
			f.scale(v.sim, row, s.Uniform(v.ranges.Motor[0], v.ranges.Motor[1]))
		}
	}
	if v.nominalMass == nil {
		return nil
	}
	mass, inertia := v.sim.Field(BodyMass), v.sim.Field(BodyInertia)
	for b := range mass {
		factor := s.Uniform(v.ranges.Mass[0], v.ranges.Mass[1])
		mass[b] = factor * v.nominalMass[b]
		for i := 3 * b; i < 3*b+3; i++ {
			inertia[i] = factor * v.nominalInertia[i]
		}
	}
	return v.sim.SetConst()
}

func (f *varied) scale(s *Sim, row int, factor float64) {
	x := s.Field(f.field)
	for i := row * f.width; i < row*f.width+f.columns; i++ {
		x[i] = factor * f.nominal[i]
	}
}
