//go:build arm64 && !noasm

package kern

// vectorTiers are the architecture's tiers beside generic.
var vectorTiers = []tier{tierNEON}

// bestTier needs no look at the processor: every arm64 that Go supports has
// NEON with float32.
func bestTier() tier { return tierNEON }

func mul(dst []float32, ds int, a []float32, ars, acs, rows int, b *Packed, bias []float32, act Act, accumulate bool) {
	if current() == tierGeneric || b.K == 0 {
		mulGeneric(dst, ds, a, ars, acs, rows, b, bias, act, accumulate)
		return
	}
	mulTiled(dst, ds, a, ars, acs, rows, b, bias, act, accumulate)
}
