package hand

import (
	"image"

	"demorl/env"
	"demorl/env/mujoco"
)

var _ env.Renderer = (*Env)(nil)

// Frame draws the present state.
func (e *Env) Frame(img *image.RGBA) error { return e.sim.Frame(img) }

// look puts the camera before the hands: their models have none, and MuJoCo's
// own is far away.
func (e *Env) look() {
	at, distance := [3]float64{1, 0.9, 0.2}, 0.55
	if e.task.hands == 2 {
		at, distance = [3]float64{1, 0.75, 0.25}, 1.4
	}
	e.sim.SetCamera(mujoco.Camera{Lookat: &at, Distance: distance, Azimuth: 180, Elevation: -30})
}
