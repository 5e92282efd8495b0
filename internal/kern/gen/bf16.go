package main

import (
	"encoding/binary"
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// evex writes an instruction of the map 0F38 on three 512-bit registers by its
// bytes: Go's assembler does not know AVX512_BF16. x and y are the first and
// the second source.
func evex(c *build.Context, pp, opcode byte, y, x, dst int) {
	inverted := func(v, bit int, at uint) byte { return byte(^v>>bit&1) << at }
	p1 := inverted(dst, 3, 7) | inverted(y, 4, 6) | inverted(y, 3, 5) | inverted(dst, 4, 4) | 0b010
	p2 := byte(^x&15)<<3 | 1<<2 | pp
	p3 := byte(0b10)<<5 | inverted(x, 4, 3)
	modrm := byte(0b11<<6 | dst&7<<3 | y&7)
	raw(c, []byte{0x62, p1, p2, p3, opcode, modrm}, []operand.Op{zmm[x], zmm[y], zmm[dst]}, zmm[dst])
}

// raw writes an instruction by its bytes.
func raw(c *build.Context, code []byte, in []operand.Op, out ...operand.Op) {
	for len(code) > 0 {
		i := &ir.Instruction{Inputs: in, Outputs: out}
		switch {
		case len(code) >= 4:
			i.Opcode, i.Operands = "LONG", []operand.Op{operand.U32(binary.LittleEndian.Uint32(code))}
			code = code[4:]
		case len(code) >= 2:
			i.Opcode, i.Operands = "WORD", []operand.Op{operand.U16(binary.LittleEndian.Uint16(code))}
			code = code[2:]
		default:
			i.Opcode, i.Operands = "BYTE", []operand.Op{operand.U8(code[0])}
			code = nil
		}
		c.Instruction(i)
	}
}

// dot is VDPBF16PS: acc += x*y over the pairs in each 32-bit lane.
func dot(c *build.Context, y, x, acc int) { evex(c, 0b10, 0x52, y, x, acc) }

// narrow is VCVTNE2PS2BF16: the lower half of dst is low rounded, the upper high.
func narrow(c *build.Context, low, high, dst int) { evex(c, 0b11, 0x72, low, high, dst) }

const (
	bf16MaxRows = 14
	tileBytes   = 32 * 4 // one row of the scratch tile
)

// bf16AVX512 writes the products of bfloat16 numbers and what surrounds them.
func bf16AVX512(c *build.Context) {
	mulBF16(c)
	v := newVectors(c, true)
	for _, half := range []bool{false, true} {
		finishBF16(v, half)
	}
	roundBF16(c)
	peakBF16(c)
}

func mulBF16(c *build.Context) {
	c.Function("mulBF16AVX512")
	c.Attributes(attr.NOSPLIT)
	c.Doc("mulBF16AVX512 computes blocks of rows x 16*vecs elements, one below the other, of c = [c +] a*b for bfloat16 a and b;",
		"a row of c has 32 elements, aRow is in bytes, pairs > 0. The raw words are VDPBF16PS.")
	c.Pragma("noescape")
	c.SignatureExpr("func(rows, vecs, blocks, pairs int, c *float32, a *uint16, aRow int, b *uint16, accumulate int)")
	label := func(rows, vecs int, at string) string { return fmt.Sprintf("r%dv%d_%s", rows, vecs, at) }
	c.Load(c.Param("rows"), rTmp)
	c.Load(c.Param("c"), rC)
	c.Load(c.Param("aRow"), rARow)
	c.LEAQ(operand.Mem{Base: rARow, Index: rARow, Scale: 2}, rARow3)
	c.CMPQ(addr(c, "vecs"), operand.Imm(1))
	c.JEQ(operand.LabelRef("narrow"))
	for v := 2; v >= 1; v-- {
		if v == 1 {
			c.Label("narrow")
		}
		for rows := bf16MaxRows; rows > 1; rows-- {
			c.CMPQ(rTmp, operand.Imm(uint64(rows)))
			c.JEQ(operand.LabelRef(label(rows, v, "block")))
		}
		c.JMP(operand.LabelRef(label(1, v, "block")))
	}
	for v := 2; v >= 1; v-- {
		for rows := bf16MaxRows; rows >= 1; rows-- {
			tileBF16(c, rows, v, func(at string) string { return label(rows, v, at) })
		}
	}
	c.Label("done")
	c.VZEROUPPER()
	c.RET()
}

// tileBF16 writes the loop over blocks of rows for one tile shape.
func tileBF16(c *build.Context, rows, vecs int, label func(string) string) {
	each := func(f func(r reg.Register, m operand.Mem)) {
		for i := range rows {
			for v := range vecs {
				f(zmm[i*vecs+v], operand.Mem{Base: rC, Disp: i*tileBytes + 64*v})
			}
		}
	}
	c.Label(label("block"))
	a := addr(c, "a")
	c.MOVQ(a, rRows[0])
	for p := 1; p*5 < rows; p++ {
		c.LEAQ(operand.Mem{Base: rRows[p-1], Index: rARow, Scale: 4}, rRows[p])
		c.ADDQ(rARow, rRows[p])
	}
	c.MOVQ(addr(c, "b"), rB)
	c.MOVQ(addr(c, "pairs"), rK)
	c.CMPQ(addr(c, "accumulate"), operand.Imm(0))
	c.JNE(operand.LabelRef(label("load")))
	each(func(r reg.Register, _ operand.Mem) { c.VPXORD(r, r, r) })
	c.JMP(operand.LabelRef(label("k")))
	c.Label(label("load"))
	each(func(r reg.Register, m operand.Mem) { c.VMOVUPS(m, r) })

	c.Label(label("k"))
	for v := range vecs {
		c.VMOVUPS(operand.Mem{Base: rB, Disp: 64 * v}, zmm[28+v])
	}
	for i := range rows {
		x := 30 + i%2
		c.VBROADCASTSS(element(i), zmm[x])
		for v := range vecs {
			dot(c, 28+v, x, i*vecs+v)
		}
	}
	c.ADDQ(operand.Imm(tileBytes), rB)
	for p := 0; p*5 < rows; p++ {
		c.ADDQ(operand.Imm(4), rRows[p])
	}
	c.DECQ(rK)
	c.JNE(operand.LabelRef(label("k")))

	each(func(r reg.Register, m operand.Mem) { c.VMOVUPS(r, m) })
	c.ADDQ(operand.U32(uint32(rows*tileBytes)), rC)
	c.IMUL3Q(operand.Imm(uint64(rows)), rARow, rTmp)
	c.ADDQ(rTmp, a)
	c.DECQ(addr(c, "blocks"))
	c.JNE(operand.LabelRef(label("block")))
	c.JMP(operand.LabelRef("done"))
}

// The activations in the order of kern.Act.
var bf16Acts = []struct {
	name string
	body func(v *vectors, x reg.Register) reg.Register
}{
	{"identity", func(_ *vectors, x reg.Register) reg.Register { return x }},
	{"relu", func(v *vectors, x reg.Register) reg.Register { return v.max(v.load(v.num(0)), x) }},
	{"silu", (*vectors).siluShort},
	{"tanh", func(v *vectors, x reg.Register) reg.Register { return loopNamed("tanh").body(v, one(x), nil)[0] }},
}

func loopNamed(name string) loop {
	for _, l := range loops {
		if l.name == name {
			return l
		}
	}
	panic("no loop " + name)
}

const log2E = 1.44269504

// exp2Poly are the constants of siluShortGeneric.
var exp2Poly = []float32{0.999999285, 0.693121791, 0.240247443, 0.0559178591, 0.00957010221}

// siluShort is x/(1+2^u), u = -x*log2(e), operation by operation as its twin.
func (v *vectors) siluShort(x reg.Register) reg.Register {
	u := v.mul(x, v.num(-log2E))
	n, r := v.reg(), v.reg()
	v.VRNDSCALEPS(operand.Imm(8), u, n) // to the nearest integer, ties to even
	v.VREDUCEPS(operand.Imm(8), u, r)   // u-n, and 0 where u is infinite
	p := v.load(v.num(exp2Poly[len(exp2Poly)-1]))
	for i := len(exp2Poly) - 2; i >= 0; i-- {
		v.VFMADD213PS(v.num(exp2Poly[i]), r, p)
	}
	e := v.three(v.VSCALEFPS, p, n)
	return v.div(x, v.add(e, v.num(1)))
}

// finishBF16 writes the way from the scratch tile to the result.
func finishBF16(v *vectors, half bool) {
	name, kind := "finishFloat32AVX512", "float32"
	if half {
		name, kind = "finishBF16AVX512", "uint16"
	}
	v.Function(name)
	v.Attributes(attr.NOSPLIT)
	doc := []string{name + " stores act(tile + bias) for rows > 0 rows of 32 elements; stride is in bytes, mask says which columns exist."}
	if half {
		doc = append(doc, "The raw words are VCVTNE2PS2BF16.")
	}
	v.Doc(doc...)
	v.Pragma("noescape")
	v.SignatureExpr("func(dst *" + kind + ", stride int, tile *float32, rows int, bias *float32, mask, biasMask uint32, act int)")
	dst := v.Load(v.Param("dst"), v.GP64())
	stride := v.Load(v.Param("stride"), v.GP64())
	tile := v.Load(v.Param("tile"), v.GP64())
	rows := v.Load(v.Param("rows"), v.GP64())
	act := v.Load(v.Param("act"), v.GP64())
	bias := v.Load(v.Param("bias"), v.GP64())
	_, biasLow, biasHigh := v.laneMasks("biasMask")
	b0, b1 := v.reg(), v.reg()
	v.VMOVUPS_Z(operand.Mem{Base: bias}, biasLow, b0)
	v.VMOVUPS_Z(operand.Mem{Base: bias, Disp: 64}, biasHigh, b1)
	all, low, high := v.laneMasks("mask")
	for i, a := range bf16Acts[1:] {
		v.CMPQ(act, operand.Imm(uint64(i+1)))
		v.JEQ(operand.LabelRef(a.name))
	}
	for _, a := range bf16Acts {
		v.Label(a.name)
		x := a.body(v, v.add(b0, operand.Mem{Base: tile}))
		y := a.body(v, v.add(b1, operand.Mem{Base: tile, Disp: 64}))
		if half {
			v.VMOVAPS(x, zmm[30])
			v.VMOVAPS(y, zmm[31])
			narrow(v.Context, 30, 31, 31)
			v.VMOVDQU16(zmm[31], all, operand.Mem{Base: dst})
		} else {
			v.VMOVUPS(x, low, operand.Mem{Base: dst})
			v.VMOVUPS(y, high, operand.Mem{Base: dst, Disp: 64})
		}
		v.ADDQ(operand.U32(tileBytes), tile)
		v.ADDQ(stride, dst)
		v.DECQ(rows)
		v.JNE(operand.LabelRef(a.name))
		v.JMP(operand.LabelRef("done"))
	}
	v.Label("done")
	v.VZEROUPPER()
	v.RET()
}

// laneMasks returns the mask of 32 lanes and those of its first and last 16.
func (v *vectors) laneMasks(param string) (all, low, high reg.Register) {
	all, low, high = v.K(), v.K(), v.K()
	bits := v.Load(v.Param(param), v.GP32())
	v.KMOVD(bits, all)
	v.KMOVW(bits, low)
	v.SHRL(operand.Imm(16), bits)
	v.KMOVW(bits, high)
	return all, low, high
}

// roundBF16 writes the rounding of 32 numbers at a time; the last step is masked.
func roundBF16(c *build.Context) {
	c.Function("roundBF16AVX512")
	c.Attributes(attr.NOSPLIT)
	c.Doc("roundBF16AVX512 sets dst to the bfloat16 numbers nearest to src. The raw words are VCVTNE2PS2BF16.")
	c.Pragma("noescape")
	c.SignatureExpr("func(dst *uint16, src *float32, n int)")
	dst := c.Load(c.Param("dst"), c.GP64())
	src := c.Load(c.Param("src"), c.GP64())
	n := c.Load(c.Param("n"), c.GP64())
	c.Label("loop")
	c.CMPQ(n, operand.Imm(32))
	c.JLT(operand.LabelRef("tail"))
	c.VMOVUPS(operand.Mem{Base: src}, zmm[30])
	c.VMOVUPS(operand.Mem{Base: src, Disp: 64}, zmm[31])
	narrow(c, 30, 31, 31)
	c.VMOVDQU16(zmm[31], operand.Mem{Base: dst})
	c.ADDQ(operand.Imm(64), dst)
	c.ADDQ(operand.U32(128), src)
	c.SUBQ(operand.Imm(32), n)
	c.JMP(operand.LabelRef("loop"))
	c.Label("tail")
	c.TESTQ(n, n)
	c.JEQ(operand.LabelRef("done"))
	bits, all, low, high := c.GP64(), c.K(), c.K(), c.K()
	c.XORQ(bits, bits)
	c.BTSQ(n, bits)
	c.DECQ(bits)
	c.KMOVD(bits.As32(), all)
	c.KMOVW(bits.As32(), low)
	c.SHRL(operand.Imm(16), bits.As32())
	c.KMOVW(bits.As32(), high)
	c.VMOVUPS_Z(operand.Mem{Base: src}, low, zmm[30])
	c.VMOVUPS_Z(operand.Mem{Base: src, Disp: 64}, high, zmm[31])
	narrow(c, 30, 31, 31)
	c.VMOVDQU16(zmm[31], all, operand.Mem{Base: dst})
	c.Label("done")
	c.VZEROUPPER()
	c.RET()
}

// peakBF16 writes a loop on registers alone: what the processor can reach.
func peakBF16(c *build.Context) {
	c.Function("peakBF16AVX512")
	c.Attributes(attr.NOSPLIT)
	c.Doc("peakBF16AVX512 makes iterations > 0 times 24 independent VDPBF16PS, each 64 operations, on registers alone.")
	c.SignatureExpr("func(iterations int)")
	n := c.Load(c.Param("iterations"), c.GP64())
	for i := range 26 {
		c.VPXORD(zmm[i], zmm[i], zmm[i])
	}
	c.Label("loop")
	for i := range 24 {
		dot(c, 24, 25, i)
	}
	c.DECQ(n)
	c.JNE(operand.LabelRef("loop"))
	c.VZEROUPPER()
	c.RET()
}
