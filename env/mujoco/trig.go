//go:build mujoco && cgo && linux

package mujoco

/*
#cgo LDFLAGS: -lm
#include <math.h>
*/
import "C"

// SinCos is the C library's sine and cosine of x in radians, which NumPy
// calls; the last bit of Go's own may differ.
func SinCos(x float64) (sin, cos float64) {
	return float64(C.sin(C.double(x))), float64(C.cos(C.double(x)))
}
