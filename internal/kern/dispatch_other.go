//go:build !amd64 || noasm

package kern

// The kernels that only amd64 has in assembly: one line each.

func peakAny(rounds int) float64                         { return peakGeneric(rounds) }
func sumSquaresAny(sums *[sumLanes]float32, x []float32) { sumSquaresGeneric(sums, x) }
func siluSlopeAny(y, x []float32)                        { siluSlopeGeneric(y, x) }
func timesAny(dst, x []float32)                          { timesGeneric(dst, x) }
func normaliseAny(x, mean, scale []float32)              { normaliseGeneric(x, mean, scale) }
func gaussianAny(x, std, noise, upper, lower []float32)  { gaussianGeneric(x, std, noise, upper, lower) }
func countOutsideAny(x, low, high []float32) int         { return countOutsideGeneric(x, low, high) }
func countNotInsideAny(x, low, high []float32) int       { return countNotInsideGeneric(x, low, high) }
func logAny(dst, x []float32)                            { logGeneric(dst, x) }
func sinCosAny(sin, cos, x []float32)                    { sinCosGeneric(sin, cos, x) }
