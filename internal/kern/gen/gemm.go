package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The general registers of a tile. The left matrix is read through three row
// pointers five rows apart, so that any row and column stride will do.
var (
	rCursor = reg.RAX // row of c in the epilogue
	rB      = reg.RBX
	rK      = reg.RCX
	rC      = reg.RDX
	rRows   = []reg.GPPhysical{reg.RSI, reg.RDI, reg.R8}
	rARow   = reg.R9 // row stride of a
	rARow3  = reg.R10
	rACol   = reg.R11 // column stride of a
	rCRow   = reg.R12
	rTmp    = reg.R13
)

const (
	panelBytes = 32 * 4 // one row of a packed panel

	flagAccumulate = 1
	flagReLU       = 2
	flagFull       = 4 // no column is missing
)

// element is the address of the current column's element in row i of a.
func element(i int) operand.Mem {
	p := rRows[i/5]
	switch i % 5 {
	case 0:
		return operand.Mem{Base: p}
	case 3:
		return operand.Mem{Base: p, Index: rARow3, Scale: 1}
	default:
		return operand.Mem{Base: p, Index: rARow, Scale: uint8(i % 5)}
	}
}

// tileISA is what the loop around a tile needs to know of a vector set.
type tileISA struct {
	maxRows int
	prepare func(c *build.Context)
	zero    func(c *build.Context, r reg.Register)
	// kStep adds the product of column k of a and row k of b.
	kStep func(c *build.Context, rows, vecs int)
	// edge prepares load and store, which leave out missing columns; it may use
	// rCursor. storeFull is for tiles without any and may be nil.
	edge      func(c *build.Context)
	load      func(c *build.Context, m operand.Mem, v, vecs int, r reg.Register)
	store     func(c *build.Context, r reg.Register, v, vecs int, m operand.Mem)
	storeFull func(c *build.Context, r reg.Register, m operand.Mem)
	acc       func(row, v, vecs int) reg.Register
	bias      func(v int) reg.Register
	spare     func() reg.Register
	width     int
}

// tiles writes one function that holds a loop for every tile of rows x vecs.
func tiles(c *build.Context, isa tileISA) {
	label := func(rows, vecs int, at string) string { return fmt.Sprintf("r%dv%d_%s", rows, vecs, at) }
	c.Load(c.Param("rows"), rTmp)
	c.Load(c.Param("c"), rC)
	c.Load(c.Param("cRow"), rCRow)
	c.Load(c.Param("aRow"), rARow)
	c.Load(c.Param("aCol"), rACol)
	c.LEAQ(operand.Mem{Base: rARow, Index: rARow, Scale: 2}, rARow3)
	isa.prepare(c)
	vecs := addr(c, "vecs")
	c.CMPQ(vecs, operand.Imm(1))
	c.JEQ(operand.LabelRef("narrow"))
	for v := 2; v >= 1; v-- {
		if v == 1 {
			c.Label("narrow")
		}
		for rows := isa.maxRows; rows > 1; rows-- {
			c.CMPQ(rTmp, operand.Imm(uint64(rows)))
			c.JEQ(operand.LabelRef(label(rows, v, "block")))
		}
		c.JMP(operand.LabelRef(label(1, v, "block")))
	}
	for v := 2; v >= 1; v-- {
		for rows := isa.maxRows; rows >= 1; rows-- {
			tile(c, isa, rows, v, func(at string) string { return label(rows, v, at) })
		}
	}
	c.Label("done")
	c.VZEROUPPER()
	c.RET()
}

func addr(c *build.Context, param string) operand.Mem {
	b, err := c.Param(param).Resolve()
	if err != nil {
		panic(err)
	}
	return b.Addr
}

// tile writes the loop over blocks of rows for one tile shape.
func tile(c *build.Context, isa tileISA, rows, vecs int, label func(string) string) {
	each := func(f func(i, v int, r reg.Register)) {
		for i := range rows {
			for v := range vecs {
				f(i, v, isa.acc(i, v, vecs))
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
	c.MOVQ(addr(c, "k"), rK)
	each(func(_, _ int, r reg.Register) { isa.zero(c, r) })
	c.TESTL(operand.U32(flagAccumulate), addr(c, "flags"))
	c.JEQ(operand.LabelRef(label("k")))
	isa.edge(c)
	c.MOVQ(rC, rCursor)
	each(func(_, v int, r reg.Register) {
		isa.load(c, operand.Mem{Base: rCursor, Disp: v * isa.width}, v, vecs, r)
		if v == vecs-1 {
			c.ADDQ(rCRow, rCursor)
		}
	})

	c.Label(label("k"))
	isa.kStep(c, rows, vecs)
	c.ADDQ(operand.Imm(panelBytes), rB)
	for p := 0; p*5 < rows; p++ {
		c.ADDQ(rACol, rRows[p])
	}
	c.DECQ(rK)
	c.JNE(operand.LabelRef(label("k")))

	c.MOVQ(addr(c, "bias"), rTmp)
	c.TESTQ(rTmp, rTmp)
	c.JEQ(operand.LabelRef(label("relu")))
	isa.edge(c)
	for v := range vecs {
		isa.load(c, operand.Mem{Base: rTmp, Disp: v * isa.width}, v, vecs, isa.bias(v))
	}
	each(func(_, v int, r reg.Register) { c.VADDPS(isa.bias(v), r, r) })
	c.Label(label("relu"))
	c.TESTL(operand.U32(flagReLU), addr(c, "flags"))
	c.JEQ(operand.LabelRef(label("store")))
	isa.zero(c, isa.spare())
	each(func(_, _ int, r reg.Register) { c.VMAXPS(r, isa.spare(), r) })
	c.Label(label("store"))
	write := func(store func(r reg.Register, v int, m operand.Mem)) {
		each(func(_, v int, r reg.Register) {
			store(r, v, operand.Mem{Base: rC, Disp: v * isa.width})
			if v == vecs-1 {
				c.ADDQ(rCRow, rC)
			}
		})
	}
	if isa.storeFull != nil {
		c.TESTL(operand.U32(flagFull), addr(c, "flags"))
		c.JEQ(operand.LabelRef(label("cut")))
		write(func(r reg.Register, _ int, m operand.Mem) { isa.storeFull(c, r, m) })
		c.JMP(operand.LabelRef(label("next")))
		c.Label(label("cut"))
		isa.edge(c)
	}
	write(func(r reg.Register, v int, m operand.Mem) { isa.store(c, r, v, vecs, m) })
	c.Label(label("next"))
	// The next block's rows of a follow this block's.
	c.IMUL3Q(operand.Imm(uint64(rows)), rARow, rTmp)
	c.ADDQ(rTmp, a)
	c.DECQ(addr(c, "blocks"))
	c.JNE(operand.LabelRef(label("block")))
	c.JMP(operand.LabelRef("done"))
}

var zmm = []reg.VecPhysical{
	reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7,
	reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15,
	reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23,
	reg.Z24, reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31,
}

// gemm512 writes the AVX-512 tiles of up to 14 rows and 16 or 32 columns; the
// masks K1 and K2 cut the columns.
func gemm512(c *build.Context) {
	c.Function("mulAVX512")
	c.Attributes(attr.NOSPLIT)
	c.Doc("mulAVX512 computes blocks of rows x 16*vecs elements, one below the other, of c = [c +] a*b [+ bias]; strides are in bytes, mask says which columns exist.")
	c.Pragma("noescape")
	c.SignatureExpr("func(rows, vecs, blocks, k int, c *float32, cRow int, a *float32, aRow, aCol int, b, bias *float32, mask, flags uint32)")
	mask := []reg.OpmaskPhysical{reg.K1, reg.K2}
	tiles(c, tileISA{
		maxRows: 14,
		width:   64,
		prepare: func(c *build.Context) {
			c.MOVL(addr(c, "mask"), reg.EAX)
			c.KMOVW(reg.EAX, mask[0])
			c.SHRL(operand.Imm(16), reg.EAX)
			c.KMOVW(reg.EAX, mask[1])
		},
		zero: func(c *build.Context, r reg.Register) { c.VPXORD(r, r, r) },
		kStep: func(c *build.Context, rows, vecs int) {
			for v := range vecs {
				c.VMOVUPS(operand.Mem{Base: rB, Disp: 64 * v}, zmm[28+v])
			}
			for i := range rows {
				x := zmm[30+i%2]
				c.VBROADCASTSS(element(i), x)
				for v := range vecs {
					c.VFMADD231PS(zmm[28+v], x, zmm[i*vecs+v])
				}
			}
		},
		edge: func(*build.Context) {},
		load: func(c *build.Context, m operand.Mem, v, _ int, r reg.Register) { c.VMOVUPS_Z(m, mask[v], r) },
		store: func(c *build.Context, r reg.Register, v, _ int, m operand.Mem) {
			c.VMOVUPS(r, mask[v], m)
		},
		acc:   func(row, v, vecs int) reg.Register { return zmm[row*vecs+v] },
		bias:  func(v int) reg.Register { return zmm[28+v] },
		spare: func() reg.Register { return zmm[30] },
	})
}

var ymm = []reg.VecPhysical{
	reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7,
	reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15,
}

// gemm256 writes the AVX2+FMA tiles of up to 6 rows and 8 or 16 columns; the
// vector that mask points to cuts the last eight columns.
func gemm256(c *build.Context) {
	c.Function("mulAVX2")
	c.Attributes(attr.NOSPLIT)
	c.Doc("mulAVX2 computes blocks of rows x 8*vecs elements, one below the other, of c = [c +] a*b [+ bias]; strides are in bytes, mask says which of the last 8 columns exist.")
	c.Pragma("noescape")
	c.SignatureExpr("func(rows, vecs, blocks, k int, c *float32, cRow int, a *float32, aRow, aCol int, b, bias *float32, mask *int32, flags uint32)")
	const mask, spare = 15, 14
	tiles(c, tileISA{
		maxRows: 6,
		width:   32,
		prepare: func(*build.Context) {},
		zero:    func(c *build.Context, r reg.Register) { c.VXORPS(r, r, r) },
		kStep: func(c *build.Context, rows, vecs int) {
			for v := range vecs {
				c.VMOVUPS(operand.Mem{Base: rB, Disp: 32 * v}, ymm[12+v])
			}
			for i := range rows {
				x := ymm[14+i%2]
				c.VBROADCASTSS(element(i), x)
				for v := range vecs {
					c.VFMADD231PS(ymm[12+v], x, ymm[i*vecs+v])
				}
			}
		},
		edge: func(c *build.Context) {
			c.MOVQ(addr(c, "mask"), rCursor)
			c.VMOVUPS(operand.Mem{Base: rCursor}, ymm[mask])
		},
		load: func(c *build.Context, m operand.Mem, v, vecs int, r reg.Register) {
			if v == vecs-1 {
				c.VMASKMOVPS(m, ymm[mask], r)
			} else {
				c.VMOVUPS(m, r)
			}
		},
		store: func(c *build.Context, r reg.Register, v, vecs int, m operand.Mem) {
			if v == vecs-1 {
				c.VMASKMOVPS(r, ymm[mask], m)
			} else {
				c.VMOVUPS(r, m)
			}
		},
		storeFull: func(c *build.Context, r reg.Register, m operand.Mem) { c.VMOVUPS(r, m) },
		acc:       func(row, v, vecs int) reg.Register { return ymm[row*vecs+v] },
		bias:      func(v int) reg.Register { return ymm[12+v] },
		spare:     func() reg.Register { return ymm[spare] },
	})
}
