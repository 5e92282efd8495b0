//go:build (amd64 || arm64) && !noasm

package kern

import "math"

// rowsPerCall keeps an assembly call short.
func rowsPerCall(rows, cols int) int { return min(rows, max(1, callLength/cols)) }

// floor is the lower limit of LayerNorm's results.
func floor(rectify bool) float32 {
	if rectify {
		return 0
	}
	return float32(math.Inf(-1))
}
