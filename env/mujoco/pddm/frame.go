package pddm

import (
	"image"

	"demorl/env"
)

var _ env.Renderer = (*Env)(nil)

// Frame draws the present state.
func (e *Env) Frame(img *image.RGBA) error { return e.sim.Frame(img) }
