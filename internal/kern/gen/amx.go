package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Go's assembler knows no AMX, so that its instructions are written by their
// bytes. All operands lie in the lower eight registers, which keeps the VEX
// prefix at C4 E2.
const (
	vexNone = 0b00
	vexF3   = 0b10
	vexF2   = 0b11
)

// vex writes an instruction of the map 0F38; x is the register in the prefix.
func vex(c *build.Context, pp byte, x int, rest ...byte) {
	raw(c, append([]byte{0xC4, 0xE2, byte(^x&15)<<3 | pp}, rest...), nil)
}

// sib is the address of a tile: base + displacement, rows stride bytes apart.
func sib(tile int, base, stride reg.GPPhysical, displacement int) []byte {
	n := uint32(displacement)
	return []byte{0b10<<6 | byte(tile)<<3 | 0b100, byte(stride.PhysicalIndex())<<3 | byte(base.PhysicalIndex()),
		byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)}
}

// The AMX instructions of the routine.
func ldtilecfg(c *build.Context, config reg.GPPhysical) {
	vex(c, vexNone, 0, 0x49, byte(config.PhysicalIndex()))
}
func tilerelease(c *build.Context)        { vex(c, vexNone, 0, 0x49, 0b11<<6) }
func tilezero(c *build.Context, tile int) { vex(c, vexF2, 0, 0x49, byte(0b11<<6|tile<<3)) }
func tileloadd(c *build.Context, tile int, address []byte) {
	vex(c, vexF2, 0, append([]byte{0x4B}, address...)...)
}
func tilestored(c *build.Context, address []byte) {
	vex(c, vexF3, 0, append([]byte{0x4B}, address...)...)
}
func tdpbf16ps(c *build.Context, acc, a, b int) {
	vex(c, vexF3, b, 0x5C, byte(0b11<<6|acc<<3|a))
}

// amx writes the product of two by two tiles: sums in tiles 0 to 3, a in 4 and
// 5, b in 6 and 7.
func amx(c *build.Context) {
	const (
		step  = 2048 // bytes of one step, in a and in b
		block = 32 * tileBytes
	)
	stride128, stride64, rA, rBCol, rPanel, rSteps := reg.RBX, reg.RCX, reg.RSI, reg.RDI, reg.R11, reg.R8
	corner := func(tile int) []byte { return sib(tile, rC, stride128, tile/2*16*tileBytes+tile%2*64) }

	c.Function("mulAMX")
	c.Attributes(attr.NOSPLIT)
	c.Doc("mulAMX computes panels blocks of 32 x 32 sums, c = [c +] a*b, of steps > 0 times 32 products of bfloat16 numbers.",
		"The raw words are LDTILECFG, TILEZERO, TILELOADD, TDPBF16PS, TILESTORED and TILERELEASE.")
	c.Pragma("noescape")
	c.SignatureExpr("func(config *byte, panels, steps int, c *float32, a, b *uint16, panelBytes, accumulate int)")
	c.MOVQ(addr(c, "config"), reg.RAX)
	ldtilecfg(c, reg.RAX)
	c.MOVQ(addr(c, "c"), rC)
	c.MOVQ(addr(c, "b"), rPanel)
	c.MOVQ(addr(c, "panels"), reg.R9)
	c.MOVQ(addr(c, "panelBytes"), reg.R10)
	c.MOVQ(addr(c, "accumulate"), reg.R12)
	c.MOVQ(operand.U32(128), stride128)
	c.MOVQ(operand.U32(64), stride64)
	c.Label("panel")
	c.MOVQ(addr(c, "a"), rA)
	c.MOVQ(rPanel, rBCol)
	c.MOVQ(addr(c, "steps"), rSteps)
	c.TESTQ(reg.R12, reg.R12)
	c.JNE(operand.LabelRef("load"))
	for tile := range 4 {
		tilezero(c, tile)
	}
	c.JMP(operand.LabelRef("step"))
	c.Label("load")
	for tile := range 4 {
		tileloadd(c, tile, corner(tile))
	}
	c.Label("step")
	tileloadd(c, 4, sib(4, rA, stride64, 0))
	tileloadd(c, 6, sib(6, rBCol, stride128, 0))
	tdpbf16ps(c, 0, 4, 6)
	tileloadd(c, 7, sib(7, rBCol, stride128, 64))
	tdpbf16ps(c, 1, 4, 7)
	tileloadd(c, 5, sib(5, rA, stride64, 1024))
	tdpbf16ps(c, 2, 5, 6)
	tdpbf16ps(c, 3, 5, 7)
	c.ADDQ(operand.U32(step), rA)
	c.ADDQ(operand.U32(step), rBCol)
	c.DECQ(rSteps)
	c.JNE(operand.LabelRef("step"))
	for tile := range 4 {
		tilestored(c, corner(tile))
	}
	c.ADDQ(operand.U32(block), rC)
	c.ADDQ(reg.R10, rPanel)
	c.DECQ(reg.R9)
	c.JNE(operand.LabelRef("panel"))
	tilerelease(c)
	c.VZEROUPPER()
	c.RET()
}
