package dmc

import (
	"demorl/env/mujoco"
)

// finder looks up what a task names in a loaded model. It remembers its first
// fault, so that a scene is built in straight lines.
type finder struct {
	sim *mujoco.Sim
	err error
}

func (f *finder) id(kind mujoco.Kind, name string) int {
	id, err := f.sim.ID(kind, name)
	if err != nil {
		if f.err == nil {
			f.err = err
		}
		return 0
	}
	return id
}

// sensor is the simulator's own readings of a sensor.
func (f *finder) sensor(name string) []float64 {
	id := f.id(mujoco.Sensor, name)
	if f.err != nil {
		return placeholder()
	}
	from := f.sim.Index(mujoco.SensorAdr)[id]
	return f.sim.Field(mujoco.Sensordata)[from:][:f.sim.Index(mujoco.SensorDim)[id]]
}

// body is a named body's row of a field, geom a geom's, site a site's.
func (f *finder) body(field mujoco.Field, name string) []float64 {
	return f.row(field, mujoco.Body, name, len(f.sim.Field(mujoco.BodyMass)))
}

func (f *finder) geom(field mujoco.Field, name string) []float64 {
	return f.row(field, mujoco.Geom, name, len(f.sim.Field(mujoco.GeomSize))/3)
}

func (f *finder) site(field mujoco.Field, name string) []float64 {
	return f.row(field, mujoco.Site, name, len(f.sim.Field(mujoco.SiteSize))/3)
}

// placeholder stands for what was not found, until the fault is reported; its
// numbers are such that a scene can be built of them.
func placeholder() []float64 { return []float64{1, 1, 1, 1, 1, 1, 1, 1, 1} }

// row is a named object's row of a field with count rows.
func (f *finder) row(field mujoco.Field, kind mujoco.Kind, name string, count int) []float64 {
	id := f.id(kind, name)
	if f.err != nil {
		return placeholder()
	}
	all := f.sim.Field(field)
	width := len(all) / count
	return all[id*width:][:width]
}

// angle is a named joint's first entry in qpos, which is the position of a slide.
func (f *finder) angle(name string) *float64 { return f.scalar(mujoco.Qpos, mujoco.JntQposadr, name) }

// damping is that of a named joint.
func (f *finder) damping(name string) *float64 {
	return f.scalar(mujoco.DofDamping, mujoco.JntDofadr, name)
}

func (f *finder) scalar(field mujoco.Field, addresses mujoco.Index, name string) *float64 {
	id := f.id(mujoco.Joint, name)
	if f.err != nil {
		return new(float64)
	}
	return &f.sim.Field(field)[f.sim.Index(addresses)[id]]
}
