package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// pack512 writes the copy of up to 32 columns into a panel.
func pack512(c *build.Context) {
	c.Function("packPanelAVX512")
	c.Attributes(attr.NOSPLIT)
	c.Doc("packPanelAVX512 copies k > 0 rows of b, stride bytes apart, into a panel; columns that mask leaves out become 0.")
	c.Pragma("noescape")
	c.SignatureExpr("func(panel, b *float32, k, stride int, mask uint32)")
	panel, b, k, stride := packParams(c)
	mask := c.Load(c.Param("mask"), c.GP32())
	low, high := c.K(), c.K()
	c.KMOVW(mask, low)
	c.SHRL(operand.Imm(16), mask)
	c.KMOVW(mask, high)
	c.Label("row")
	x, y := c.ZMM(), c.ZMM()
	c.VMOVUPS_Z(operand.Mem{Base: b}, low, x)
	c.VMOVUPS_Z(operand.Mem{Base: b, Disp: 64}, high, y)
	c.VMOVUPS(x, operand.Mem{Base: panel})
	c.VMOVUPS(y, operand.Mem{Base: panel, Disp: 64})
	c.ADDQ(stride, b)
	c.ADDQ(operand.Imm(panelBytes), panel)
	c.DECQ(k)
	c.JNE(operand.LabelRef("row"))
	c.VZEROUPPER()
	c.RET()
}

// pack256 writes the copy of 32 columns into a panel and the transposed copy
// of 8, which serves both vector tiers.
func pack256(c *build.Context) {
	c.Function("packPanelAVX2")
	c.Attributes(attr.NOSPLIT)
	c.Doc("packPanelAVX2 copies 32 columns of k > 0 rows of b, stride bytes apart, into a panel.")
	c.Pragma("noescape")
	c.SignatureExpr("func(panel, b *float32, k, stride int)")
	panel, b, k, stride := packParams(c)
	c.Label("row")
	for i := range 4 {
		x := c.YMM()
		c.VMOVUPS(operand.Mem{Base: b, Disp: 32 * i}, x)
		c.VMOVUPS(x, operand.Mem{Base: panel, Disp: 32 * i})
	}
	c.ADDQ(stride, b)
	c.ADDQ(operand.Imm(panelBytes), panel)
	c.DECQ(k)
	c.JNE(operand.LabelRef("row"))
	c.VZEROUPPER()
	c.RET()

	c.Function("transpose8AVX2")
	c.Attributes(attr.NOSPLIT)
	c.Doc("transpose8AVX2 copies 8 rows of b, stride bytes apart and 8*k > 0 long, into 8 columns of a panel.")
	c.Pragma("noescape")
	c.SignatureExpr("func(panel, b *float32, k, stride int)")
	panel, b, k, stride = packParams(c)
	stride3, b4 := c.GP64(), c.GP64()
	c.LEAQ(operand.Mem{Base: stride, Index: stride, Scale: 2}, stride3)
	c.LEAQ(operand.Mem{Base: b, Index: stride, Scale: 4}, b4)
	row := func(base reg.Register, i, disp int) operand.Mem {
		switch i {
		case 0:
			return operand.Mem{Base: base, Disp: disp}
		case 3:
			return operand.Mem{Base: base, Index: stride3, Scale: 1, Disp: disp}
		}
		return operand.Mem{Base: base, Index: stride, Scale: uint8(i), Disp: disp}
	}
	c.Label("block")
	for half := range 2 {
		// Row i in the lower lane, row i+4 in the upper one.
		var a [4]reg.VecVirtual
		for i := range a {
			a[i] = c.YMM()
			c.VMOVUPS(row(b, i, 16*half), a[i].AsX())
			c.VINSERTF128(operand.Imm(1), row(b4, i, 16*half), a[i], a[i])
		}
		three := func(f func(...operand.Op), x, y reg.Register) reg.Register {
			r := c.YMM()
			f(y, x, r)
			return r
		}
		t0, t1 := three(c.VUNPCKLPS, a[0], a[1]), three(c.VUNPCKHPS, a[0], a[1])
		t2, t3 := three(c.VUNPCKLPS, a[2], a[3]), three(c.VUNPCKHPS, a[2], a[3])
		for i, r := range []reg.Register{
			three(c.VUNPCKLPD, t0, t2), three(c.VUNPCKHPD, t0, t2),
			three(c.VUNPCKLPD, t1, t3), three(c.VUNPCKHPD, t1, t3),
		} {
			c.VMOVUPS(r, operand.Mem{Base: panel, Disp: (4*half + i) * panelBytes})
		}
	}
	c.ADDQ(operand.Imm(32), b)
	c.ADDQ(operand.Imm(32), b4)
	c.ADDQ(operand.U32(8*panelBytes), panel)
	c.DECQ(k)
	c.JNE(operand.LabelRef("block"))
	c.VZEROUPPER()
	c.RET()
}

func packParams(c *build.Context) (panel, b, k, stride reg.Register) {
	return c.Load(c.Param("panel"), c.GP64()), c.Load(c.Param("b"), c.GP64()),
		c.Load(c.Param("k"), c.GP64()), c.Load(c.Param("stride"), c.GP64())
}
