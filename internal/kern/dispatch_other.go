//go:build !amd64 || noasm

package kern

// The kernels that only amd64 has in assembly: one line each.

func countOutsideAny(x, low, high []float32) int   { return countOutsideGeneric(x, low, high) }
func countNotInsideAny(x, low, high []float32) int { return countNotInsideGeneric(x, low, high) }
func logAny(dst, x []float32)                      { logGeneric(dst, x) }
func sinCosAny(sin, cos, x []float32)              { sinCosGeneric(sin, cos, x) }
