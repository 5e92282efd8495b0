package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// bf16AVX2 writes the conversions for processors without AVX512_BF16.
func bf16AVX2(c *build.Context) {
	v := newVectors(c, false)
	v.convert("roundBF16AVX2", "sets dst to the bfloat16 numbers nearest to src; the last n%16 are left out.", "dst *uint16, src *float32", 2, 4, func(dst, src reg.Register) {
		low := v.rounded(v.load(operand.Mem{Base: src}))
		high := v.rounded(v.load(operand.Mem{Base: src, Disp: 32}))
		r := v.three(v.VPACKUSDW, low, high)
		v.VPERMQ(operand.Imm(0xD8), r, r) // the halves of low and high lie crosswise
		v.VMOVUPS(r, operand.Mem{Base: dst})
	})
	v.convert("widenBF16AVX2", "sets dst to the float32 that src stands for; the last n%16 are left out.", "dst *float32, src *uint16", 4, 2, func(dst, src reg.Register) {
		for i := range 2 {
			r := v.reg()
			v.VPMOVZXWD(operand.Mem{Base: src, Disp: 16 * i}, r)
			v.VMOVUPS(v.shl(r, 16), operand.Mem{Base: dst, Disp: 32 * i})
		}
	})
}

// rounded returns the bits of the nearest bfloat16 in the lower halves, as
// roundBF16 does it.
func (v *vectors) rounded(u reg.Register) reg.Register {
	odd := v.and(v.shr(u, 16), v.bits(1))
	r := v.addInt(v.addInt(u, v.bits(0x7FFF)), odd)
	blend := func(mask, yes reg.Register) {
		v.VBLENDVPS(mask, yes, r, r)
	}
	const unordered = 3
	blend(v.compare(unordered, u, u), v.or(u, v.bits(1<<22)))
	exponent := v.and(u, v.bits(0x7F800000))
	blend(v.three(v.VPCMPEQD, exponent, v.bits(0)), v.and(u, v.bits(signBit)))
	return v.shr(r, 16)
}

func (v *vectors) compare(predicate uint64, a, b reg.Register) reg.Register {
	m := v.reg()
	v.VCMPPS(operand.Imm(predicate), b, a, m)
	return m
}

// convert writes a loop that turns 16 numbers of from bytes into 16 of to bytes.
func (v *vectors) convert(name, doc, params string, to, from int, body func(dst, src reg.Register)) {
	v.Function(name)
	v.Attributes(attr.NOSPLIT)
	v.Doc(name + " " + doc)
	v.Pragma("noescape")
	v.SignatureExpr("func(" + params + ", n int)")
	dst := v.Load(v.Param("dst"), v.GP64())
	src := v.Load(v.Param("src"), v.GP64())
	n := v.Load(v.Param("n"), v.GP64())
	v.Label("loop")
	v.SUBQ(operand.Imm(16), n)
	v.JLT(operand.LabelRef("done"))
	body(dst, src)
	v.ADDQ(operand.Imm(uint64(16*to)), dst)
	v.ADDQ(operand.Imm(uint64(16*from)), src)
	v.JMP(operand.LabelRef("loop"))
	v.Label("done")
	v.VZEROUPPER()
	v.RET()
}
