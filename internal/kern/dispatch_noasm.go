//go:build (!amd64 && !arm64) || noasm

package kern

// vectorTiers are the architecture's tiers beside generic.
var vectorTiers []tier

func bestTier() tier { return tierGeneric }

func mul(dst []float32, ds int, a []float32, ars, acs, rows int, b *Packed, bias []float32, act Act, accumulate bool) {
	mulGeneric(dst, ds, a, ars, acs, rows, b, bias, act, accumulate)
}

func packPanel(panel, b []float32, k, stride, width int) {
	packPanelGeneric(panel, b, k, stride, width)
}
func packPanelT(panel, b []float32, k, width int) { packPanelTGeneric(panel, b, k, width) }

func expAny(dst, x []float32)                            { expGeneric(dst, x) }
func tanhAny(dst, x []float32)                           { tanhGeneric(dst, x) }
func siluAny(dst, x []float32)                           { siluGeneric(dst, x) }
func reluAny(x []float32)                                { reluGeneric(x) }
func softplusAny(dst, x []float32)                       { softplusGeneric(dst, x) }
func reluGradAny(dst, dy, y []float32)                   { reluGradGeneric(dst, dy, y) }
func tanhGradAny(dst, dy, y []float32)                   { tanhGradGeneric(dst, dy, y) }
func axpyAny(dst []float32, a float32, x []float32)      { axpyGeneric(dst, a, x) }
func lerpAny(dst, x []float32, tau float32)              { lerpGeneric(dst, x, tau) }
func colSumsAny(dst, x []float32, rows, cols int)        { colSumsGeneric(dst, x, rows, cols, 0) }
func adamAny(w, m, v, g []float32, c *adamArgs)          { adamGeneric(w, m, v, g, c) }
func peakAny(rounds int) float64                         { return peakGeneric(rounds) }
func sumSquaresAny(sums *[sumLanes]float32, x []float32) { sumSquaresGeneric(sums, x) }
func siluSlopeAny(y, x []float32)                        { siluSlopeGeneric(y, x) }
func timesAny(dst, x []float32)                          { timesGeneric(dst, x) }
func dropMaskAny(x []float32, level, scale float32)      { dropMaskGeneric(x, level, scale) }
func normaliseAny(x, mean, scale []float32)              { normaliseGeneric(x, mean, scale) }
func gaussianAny(x, std, noise, upper, lower []float32)  { gaussianGeneric(x, std, noise, upper, lower) }

func layerNormAny(to, scaled, inverse, x, gains, offsets []float32, cols int, epsilon float32, rectify bool) {
	layerNormGeneric(to, scaled, inverse, x, gains, offsets, cols, epsilon, rectify)
}
func standardiseAny(x, inverse []float32, cols int, epsilon float32) {
	standardiseGeneric(x, inverse, cols, epsilon)
}
func layerNormGradAny(delta, scaled, inverse, gains, dGains, dOffsets []float32, cols int) {
	layerNormGradGeneric(delta, scaled, inverse, gains, dGains, dOffsets, cols)
}
func standardiseGradAny(delta, scaled, inverse []float32, cols int) {
	standardiseGradGeneric(delta, scaled, inverse, cols)
}
