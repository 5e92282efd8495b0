//go:build amd64 && !noasm

package kern

import "golang.org/x/sys/cpu"

// vectorTiers are the architecture's tiers beside generic, slowest first.
var vectorTiers = []tier{tierAVX2, tierAVX512}

func bestTier() tier {
	x := &cpu.X86
	switch {
	case x.HasAVX512F && x.HasAVX512DQ && x.HasAVX512BW && x.HasAVX512VL && x.HasAVX2 && x.HasFMA:
		return tierAVX512
	case x.HasAVX2 && x.HasFMA:
		return tierAVX2
	}
	return tierGeneric
}

func mul(dst []float32, ds int, a []float32, ars, acs, rows int, b *Packed, bias []float32, act Act, accumulate bool) {
	if current() == tierGeneric || b.K == 0 {
		mulGeneric(dst, ds, a, ars, acs, rows, b, bias, act, accumulate)
		return
	}
	mulTiled(dst, ds, a, ars, acs, rows, b, bias, act, accumulate)
}
