package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// column512 writes the products whose right-hand matrix is one column, a head
// of one output: a tile of 16 columns would be empty but for one.
func column512(c *build.Context) {
	columnForward(c)
	columnBack(c)
}

// columnForward turns blocks of 16 x 16 numbers of a in registers, so that
// every lane goes on with the chain of one row in order of k.
func columnForward(c *build.Context) {
	c.Function("columnAVX512")
	c.Attributes(attr.NOSPLIT)
	c.Doc("columnAVX512 computes 32*blocks > 0 elements of c = a*b [+ bias] for one column b, whose elements lie a panel's row apart; a has 16*k > 0 columns and rows of aRow bytes.")
	c.Pragma("noescape")
	c.SignatureExpr("func(blocks, k int, c, a *float32, aRow int, b, bias *float32)")
	blocks, a := addr(c, "blocks"), addr(c, "a")
	out := c.Load(c.Param("c"), c.GP64())
	row := c.Load(c.Param("aRow"), c.GP64())
	row3 := c.GP64()
	c.LEAQ(operand.Mem{Base: row, Index: row, Scale: 2}, row3)
	var quads [8]reg.GPVirtual // every fourth row
	for i := range quads {
		quads[i] = c.GP64()
	}
	b, k := c.GP64(), c.GP64()
	sums := []reg.VecVirtual{c.ZMM(), c.ZMM()}
	c.Label("block")
	c.MOVQ(a, quads[0])
	for i := 1; i < len(quads); i++ {
		c.LEAQ(operand.Mem{Base: quads[i-1], Index: row, Scale: 4}, quads[i])
	}
	c.MOVQ(addr(c, "b"), b)
	c.MOVQ(addr(c, "k"), k)
	for _, s := range sums {
		c.VPXORD(s, s, s)
	}
	c.Label("k")
	for half, s := range sums {
		for i, x := range transposed(c, quads[4*half:4*half+4], row, row3) {
			c.VFMADD231PS_BCST(operand.Mem{Base: b, Disp: i * panelBytes}, x, s)
		}
	}
	for _, q := range quads {
		c.ADDQ(operand.Imm(64), q)
	}
	c.ADDQ(operand.U32(16*panelBytes), b)
	c.DECQ(k)
	c.JNE(operand.LabelRef("k"))
	c.MOVQ(addr(c, "bias"), b)
	c.TESTQ(b, b)
	c.JEQ(operand.LabelRef("store"))
	for _, s := range sums {
		c.VADDPS_BCST(operand.Mem{Base: b}, s, s)
	}
	c.Label("store")
	for half, s := range sums {
		c.VMOVUPS(s, operand.Mem{Base: out, Disp: 64 * half})
	}
	c.ADDQ(operand.U32(128), out)
	c.MOVQ(row, b)
	c.SHLQ(operand.Imm(5), b)
	c.ADDQ(b, a)
	c.DECQ(blocks)
	c.JNE(operand.LabelRef("block"))
	c.VZEROUPPER()
	c.RET()
}

// transposed loads 16 numbers of each of 16 rows, of which quads are every
// fourth, and returns them column by column.
func transposed(c *build.Context, quads []reg.GPVirtual, row, row3 reg.Register) [16]reg.VecVirtual {
	two := func(f func(...operand.Op), x, y reg.Register) reg.VecVirtual {
		r := c.ZMM()
		f(y, x, r)
		return r
	}
	lanes := func(imm uint64, x, y reg.Register) reg.VecVirtual {
		r := c.ZMM()
		c.VSHUFF32X4(operand.Imm(imm), y, x, r)
		return r
	}
	var v [16]reg.VecVirtual // [4g+j]: in lane l the rows 4g to 4g+3 of column 4l+j
	for g, q := range quads {
		var r [4]reg.VecVirtual
		for i, m := range []operand.Mem{{Base: q}, {Base: q, Index: row, Scale: 1}, {Base: q, Index: row, Scale: 2}, {Base: q, Index: row3, Scale: 1}} {
			r[i] = c.ZMM()
			c.VMOVUPS(m, r[i])
		}
		low0, high0 := two(c.VUNPCKLPS, r[0], r[1]), two(c.VUNPCKHPS, r[0], r[1])
		low1, high1 := two(c.VUNPCKLPS, r[2], r[3]), two(c.VUNPCKHPS, r[2], r[3])
		v[4*g], v[4*g+1] = two(c.VUNPCKLPD, low0, low1), two(c.VUNPCKHPD, low0, low1)
		v[4*g+2], v[4*g+3] = two(c.VUNPCKLPD, high0, high1), two(c.VUNPCKHPD, high0, high1)
	}
	var x [16]reg.VecVirtual
	const even, odd = 0x88, 0xdd
	for j := range 4 {
		evenLow, evenHigh := lanes(even, v[j], v[4+j]), lanes(even, v[8+j], v[12+j])
		oddLow, oddHigh := lanes(odd, v[j], v[4+j]), lanes(odd, v[8+j], v[12+j])
		x[j], x[8+j] = lanes(even, evenLow, evenHigh), lanes(odd, evenLow, evenHigh)
		x[4+j], x[12+j] = lanes(even, oddLow, oddHigh), lanes(odd, oddLow, oddHigh)
	}
	return x
}

// columnBack writes the weight gradient of one output, a sum of rows.
func columnBack(c *build.Context) {
	const vecs = 8
	c.Function("columnTAVX512")
	c.Attributes(attr.NOSPLIT)
	c.Doc("columnTAVX512 computes 128*blocks > 0 elements of c = aT*b for one column b, whose k > 0 elements lie a panel's row apart; a has k rows of aRow bytes.")
	c.Pragma("noescape")
	c.SignatureExpr("func(blocks, k int, c, a *float32, aRow int, b *float32)")
	blocks := c.Load(c.Param("blocks"), c.GP64())
	out, a, row := c.Load(c.Param("c"), c.GP64()), c.Load(c.Param("a"), c.GP64()), c.Load(c.Param("aRow"), c.GP64())
	x, b, k := c.GP64(), c.GP64(), c.GP64()
	weight := c.ZMM()
	var sums [vecs]reg.VecVirtual
	for i := range sums {
		sums[i] = c.ZMM()
	}
	c.Label("block")
	c.MOVQ(a, x)
	c.MOVQ(addr(c, "b"), b)
	c.MOVQ(addr(c, "k"), k)
	for _, s := range sums {
		c.VPXORD(s, s, s)
	}
	c.Label("k")
	c.VBROADCASTSS(operand.Mem{Base: b}, weight)
	for i, s := range sums {
		c.VFMADD231PS(operand.Mem{Base: x, Disp: 64 * i}, weight, s)
	}
	c.ADDQ(row, x)
	c.ADDQ(operand.Imm(panelBytes), b)
	c.DECQ(k)
	c.JNE(operand.LabelRef("k"))
	for i, s := range sums {
		c.VMOVUPS(s, operand.Mem{Base: out, Disp: 64 * i})
	}
	c.ADDQ(operand.U32(64*vecs), out)
	c.ADDQ(operand.U32(64*vecs), a)
	c.DECQ(blocks)
	c.JNE(operand.LabelRef("block"))
	c.VZEROUPPER()
	c.RET()
}
