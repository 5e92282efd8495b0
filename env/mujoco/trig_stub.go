//go:build !(mujoco && cgo && linux)

package mujoco

import "math"

// SinCos is sine and cosine of x in radians.
func SinCos(x float64) (sin, cos float64) { return math.Sincos(x) }
