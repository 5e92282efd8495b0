package stoch

import (
	"image"

	"demorl/env"
	"demorl/env/mujoco"
)

var _ env.Renderer = (*Env)(nil)

// Frame draws the present state.
func (e *Env) Frame(img *image.RGBA) error { return e.sim.Frame(img) }

// look puts the camera beside the robot, which it follows.
func (e *Env) look() {
	e.sim.SetCamera(mujoco.Camera{Body: "torso", Distance: 1.1, Azimuth: 125, Elevation: -20})
}
