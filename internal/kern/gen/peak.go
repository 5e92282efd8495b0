package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
)

// peakChains is the number of independent chains of multiply-adds: enough to
// hide the latency of every known processor in both vector sets.
const peakChains = 12

// peak writes the loop that measures what a core can do at most: multiply-adds
// on registers alone, without a load or a store.
func peak(wide bool) func(*build.Context) {
	return func(c *build.Context) {
		v := newVectors(c, wide)
		suffix := "AVX2"
		if wide {
			suffix = "AVX512"
		}
		v.Function("peak" + suffix)
		v.Attributes(attr.NOSPLIT)
		v.Doc("peak" + suffix + " makes n > 0 rounds of multiply-adds on registers, one on each of 12 chains a round.")
		v.Pragma("noescape")
		v.SignatureExpr("func(n int)")
		n := v.Load(v.Param("n"), v.GP64())
		// Zeros: products of ordinary numbers run at full speed everywhere, and so do these.
		x, y := v.load(v.num(0)), v.load(v.num(0))
		chains := make([]operand.Op, peakChains)
		for i := range chains {
			chains[i] = v.load(v.num(0))
		}
		v.Label("round")
		for _, c := range chains {
			v.VFMADD231PS(x, y, c)
		}
		v.DECQ(n)
		v.JNE(operand.LabelRef("round"))
		v.VZEROUPPER()
		v.RET()
	}
}
