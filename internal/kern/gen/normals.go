package main

import (
	"math"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The constants of rng/normals.go, operation by operation.
const (
	philoxM0, philoxM1 = 0xD2511F53, 0xCD9E8D57
	philoxW0, philoxW1 = 0x9E3779B9, 0xBB67AE85

	sqrtHalfBits = 0x3F3504F3
	twoLn2       = 1.38629436
)

var (
	logPoly = []float32{-2, 0.99999994, -0.666683853, 0.500027061, -0.399118662, 0.331559867, -0.29954803, 0.285385162, -0.170666263}
	sinPoly = []float32{1.57079637, -0.64596349, 0.0796802193, -0.00460214913}
	cosPoly = []float32{1, -1.23369706, 0.253598571, -0.0204081591}
)

// random writes the generators of standard normals and of uniform numbers:
// Philox 4x32-10 with a block in each 64-bit lane (two sets of them), then what
// makes numbers of a block's words in each 32-bit lane.
func random(wide bool) func(*build.Context) {
	return func(c *build.Context) {
		v := newVectors(c, wide)
		v.generator("normals", func(w [4]reg.Register) (x [4]reg.Register) {
			x[0], x[1] = v.boxMuller(w[0], w[1])
			x[2], x[3] = v.boxMuller(w[2], w[3])
			return x
		})
		v.generator("uniforms", func(w [4]reg.Register) (x [4]reg.Register) {
			for i := range w {
				x[i] = v.mul(v.fromInt(v.sra(w[i], 8)), v.num(1.0/(1<<23)))
			}
			return x
		})
		truncateLoop.write(v)
	}
}

func (v *vectors) generator(name string, numbers func(words [4]reg.Register) [4]reg.Register) {
	suffix := "AVX2"
	if v.wide {
		suffix = "AVX512"
	}
	v.Function(name + suffix)
	v.Attributes(attr.NOSPLIT)
	v.Doc(name + suffix + " writes the " + name + " of groups of 16 (AVX-512) or 8 (AVX2) blocks from block on.")
	v.Pragma("noescape")
	v.SignatureExpr("func(dst *float32, groups int, key, space, block uint64)")
	dst := v.Load(v.Param("dst"), v.GP64())
	groups := v.Load(v.Param("groups"), v.GP64())
	v.TESTQ(groups, groups)
	v.JEQ(operand.LabelRef("done"))
	v.Label("group")
	x := numbers(v.philox())
	v.store(dst, x[0], x[1], x[2], x[3])
	lanes := v.lanes()
	v.ADDQ(operand.U32(16*lanes), dst)
	v.ADDQ(operand.Imm(uint64(lanes)), addr(v.Context, "block"))
	v.DECQ(groups)
	v.JNE(operand.LabelRef("group"))
	v.Label("done")
	v.VZEROUPPER()
	v.RET()
}

// blockOf is the block, within a group, of 32-bit lane e: store then leaves the
// numbers in order.
func (v *vectors) blockOf(e int) uint64 { return uint64(e%4*v.lanes()/4 + e/4) }

// offsets are the blocks of the even (set 0) or odd (set 1) 32-bit lanes.
func (v *vectors) offsets(set int) operand.Op {
	blocks := constant{name: []string{"evenBlocks", "oddBlocks"}[set]}
	for i := range v.lanes() / 2 {
		blocks.words = append(blocks.words, uint32(v.blockOf(2*i+set)), 0)
	}
	return v.constant(blocks)
}

func (v *vectors) broadcast64(param string) reg.Register {
	r := v.reg()
	v.VPBROADCASTQ(addr(v.Context, param), r)
	return r
}

func (v *vectors) shr64(a reg.Register, n uint64) reg.Register {
	return v.three(v.VPSRLQ, a, operand.Imm(n))
}

// philox returns the four words of each lane's block. Only the lower half of
// every 64-bit lane counts until the sets are merged.
func (v *vectors) philox() [4]reg.Register {
	key, space, block := v.broadcast64("key"), v.broadcast64("space"), v.broadcast64("block")
	k := [2]reg.Register{key, v.shr64(key, 32)}
	var c [2][4]reg.Register
	for set := range c {
		at := v.three(v.VPADDQ, block, v.offsets(set))
		c[set] = [4]reg.Register{at, v.shr64(at, 32), space, v.shr64(space, 32)}
	}
	for round := range 10 {
		if round > 0 {
			k[0] = v.addInt(k[0], v.bits(philoxW0))
			k[1] = v.addInt(k[1], v.bits(philoxW1))
		}
		for set := range c {
			s := &c[set]
			p0 := v.three(v.VPMULUDQ, s[0], v.bits(philoxM0))
			p1 := v.three(v.VPMULUDQ, s[2], v.bits(philoxM1))
			*s = [4]reg.Register{v.xor3(v.shr64(p1, 32), s[1], k[0]), p1, v.xor3(v.shr64(p0, 32), s[3], k[1]), p0}
		}
	}
	var w [4]reg.Register
	for i := range w {
		odd := v.three(v.VPSLLQ, c[1][i], operand.Imm(32))
		w[i] = v.mergeOdd(c[0][i], odd)
	}
	return w
}

func (v *vectors) xor3(a, b, c reg.Register) reg.Register {
	if v.wide {
		v.VPTERNLOGQ(operand.Imm(0x96), b, c, a)
		return a
	}
	return v.xor(v.xor(a, b), c)
}

// mergeOdd takes the even 32-bit lanes of a and the odd ones of b.
func (v *vectors) mergeOdd(a, b reg.Register) reg.Register {
	r := v.reg()
	if v.wide {
		v.VMOVDQU32(a, r)
		// (r AND low halves) OR b
		low := v.reg()
		v.VPBROADCASTQ(v.lowHalves(), low)
		v.VPTERNLOGQ(operand.Imm(0xEA), b, low, r)
		return r
	}
	v.VPBLENDD(operand.Imm(0xAA), b, a, r)
	return r
}

func (v *vectors) lowHalves() operand.Mem {
	const name = "lowHalves"
	if m, ok := v.constants[name]; ok {
		return m
	}
	m := v.StaticGlobal(name)
	v.DataAttributes(attr.RODATA | attr.NOPTR)
	v.AppendDatum(operand.U64(math.MaxUint32))
	v.constants[name] = m
	return m
}

// fromUint converts unsigned words to the nearest float32.
func (v *vectors) fromUint(a reg.Register) reg.Register {
	if v.wide {
		r := v.reg()
		v.VCVTUDQ2PS(a, r)
		return r
	}
	// Both halves are exact, so that the sum is rounded once.
	high := v.mul(v.fromInt(v.shr(a, 16)), v.num(65536))
	return v.add(high, v.fromInt(v.and(a, v.bits(0xFFFF))))
}

func (v *vectors) fromInt(a reg.Register) reg.Register {
	r := v.reg()
	v.VCVTDQ2PS(a, r)
	return r
}

func (v *vectors) boxMuller(a, b reg.Register) (x, y reg.Register) {
	u := v.fromUint(v.or(a, v.bits(1)))
	e := v.sra(v.subInt(u, v.bits(sqrtHalfBits)), 23)
	f := v.sub(v.subInt(u, v.shl(e, 23)), v.num(1))
	k := v.fromInt(v.subInt(v.load(v.bits(32)), e))
	square := v.add(v.mul(f, v.poly(f, logPoly...)), v.mul(k, v.num(twoLn2)))
	r := v.xor(v.sqrt(square), v.and(b, v.bits(signBit)))

	t := v.mul(v.fromInt(v.shl(b, 2)), v.num(1.0/(1<<32)))
	z := v.mul(t, t)
	s := v.mul(t, v.poly(z, sinPoly...))
	c := v.poly(z, cosPoly...)
	swap := v.shl(b, 1) // its sign decides
	if v.wide {
		k := v.K()
		v.VPMOVD2M(swap, k)
		first, second := v.reg(), v.reg()
		v.VBLENDMPS(s, c, k, first)
		v.VBLENDMPS(c, s, k, second)
		return v.mul(first, r), v.mul(second, r)
	}
	first, second := v.reg(), v.reg()
	v.VBLENDVPS(swap, s, c, first)
	v.VBLENDVPS(swap, c, s, second)
	return v.mul(first, r), v.mul(second, r)
}

// store transposes: the four numbers of a block lie side by side.
func (v *vectors) store(dst reg.Register, x0, x1, x2, x3 reg.Register) {
	t0, t1 := v.three(v.VUNPCKLPS, x0, x1), v.three(v.VUNPCKLPS, x2, x3)
	t2, t3 := v.three(v.VUNPCKHPS, x0, x1), v.three(v.VUNPCKHPS, x2, x3)
	for i, r := range []reg.Register{
		v.three(v.VUNPCKLPD, t0, t1), v.three(v.VUNPCKHPD, t0, t1),
		v.three(v.VUNPCKLPD, t2, t3), v.three(v.VUNPCKHPD, t2, t3),
	} {
		v.VMOVUPS(r, operand.Mem{Base: dst, Disp: 4 * v.lanes() * i})
	}
}
