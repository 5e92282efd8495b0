package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// These constants and formulas are those of elementwise_generic.go, operation
// by operation: the tests compare bits.
const (
	eighths   = 11.5415603
	eighthHi  = 8.6669921875e-2
	eighthLo  = -2.65243050e-5
	exp2      = 0.500064552
	exp3      = 0.166668579
	roundBias = 12582912

	expHi      = 89
	expLo      = -104
	sigmoidEnd = 87
	tanhSplit  = 0.625
	tanhEnd    = 10

	signBit = 0x80000000
)

var (
	roots     = []uint32{0x3f800000, 0x3f7b95c2, 0x3f7837f0, 0x3f75fed7, 0x3f7504f3, 0x3f75672a, 0x3f7744fd, 0x3f7ac0c7}
	tanhPoly  = []float32{-0.333333284, 0.133327693, -0.0538509078, 0.0209971797, -0.00609671418}
	log1pPoly = []float32{2, 0.666663229, 0.400245965, 0.279651463, 0.281578422}
)

func (v *vectors) clamp(x reg.Register, lo, hi float32) reg.Register {
	return v.min(v.load(v.num(hi)), v.max(v.load(v.num(lo)), x))
}

// expParts returns s and p with exp(x) = s+s*p, and s without a limit of its
// exponent; minus turns it into exp(-x), by the same roundings.
func (v *vectors) expParts(x reg.Register, minus bool) (s, p reg.Register) {
	sign, back, join := float32(1), v.sub, v.add
	if minus {
		sign, back, join = -1, v.add, v.sub
	}
	t := v.add(v.mul(x, v.num(sign*eighths)), v.num(roundBias))
	k := v.sub(t, v.num(roundBias))
	r := back(back(x, v.mul(k, v.num(eighthHi))), v.mul(k, v.num(eighthLo)))
	p = v.add(v.mul(r, v.num(sign*exp3)), v.num(exp2))
	p = join(v.mul(p, v.mul(r, r)), r)
	return v.addInt(v.lookup(v.constant(constant{"roots", roots}), t), v.shl(t, 20)), p
}

// expNear is exp(x), or exp(-x), for |x| <= sigmoidEnd.
func (v *vectors) expNear(x reg.Register, minus bool) reg.Register {
	s, p := v.expParts(x, minus)
	return v.add(v.mul(s, p), s)
}

// exp is exp over the whole range.
func (v *vectors) exp(x reg.Register) reg.Register {
	x = v.clamp(x, expLo, expHi)
	s, p := v.expParts(x, false)
	// 64 or -64, as an exponent, by the sign of x
	half := v.xor(v.and(v.sra(x, 1), v.bits(0xC0000000)), v.bits(0x20000000))
	s = v.subInt(s, half)
	return v.mul(v.add(v.mul(s, p), s), v.addInt(half, v.num(1)))
}

// sigmoid returns s = 1/(1+e) with e = exp(-x) of x limited to sigmoidEnd on
// both sides, and that x with the lower limit alone (low) and with both.
func (v *vectors) sigmoid(x reg.Register) (low, both, e, s reg.Register) {
	low = v.max(v.load(v.num(-sigmoidEnd)), x)
	both = v.min(v.load(v.num(sigmoidEnd)), low)
	e = v.expNear(both, true)
	return low, both, e, v.div(v.one(), v.add(e, v.num(1)))
}

// siluSlope is the derivative of x*sigmoid(x) from the results of sigmoid.
func (v *vectors) siluSlope(both, e, s reg.Register) reg.Register {
	// 1-s is e*s without cancellation.
	return v.mul(s, v.add(v.mul(v.mul(both, s), e), v.num(1)))
}

func (v *vectors) softplus(x reg.Register) reg.Register {
	a := v.and(x, v.bits(signBit-1))
	e := v.expNear(v.min(v.load(v.num(sigmoidEnd)), a), true)
	s := v.div(e, v.add(e, v.num(2)))
	p := v.poly(v.mul(s, s), log1pPoly...)
	return v.add(v.max(v.load(v.num(0)), x), v.mul(p, s))
}

func (v *vectors) one() reg.Register { return v.load(v.num(1)) }

func one(r reg.Register) []reg.Register { return []reg.Register{r} }

var loops = []loop{
	{
		name: "exp", doc: "sets dst to exp(x).",
		arrays: []string{"dst", "x"}, in: []string{"x"}, out: []string{"dst"},
		together: 4,
		body:     func(v *vectors, in, _ []reg.Register) []reg.Register { return one(v.exp(in[0])) },
	},
	{
		name: "tanh", doc: "sets dst to tanh(x).",
		arrays: []string{"dst", "x"}, in: []string{"x"}, out: []string{"dst"},
		together: 2,
		body: func(v *vectors, in, _ []reg.Register) []reg.Register {
			sign := v.and(in[0], v.bits(signBit))
			a := v.and(in[0], v.bits(signBit-1))
			z := v.mul(a, a)
			small := v.add(v.mul(v.mul(v.poly(z, tanhPoly...), z), a), a)
			e := v.expNear(v.min(v.load(v.num(2*tanhEnd)), v.add(a, a)), false)
			large := v.sub(v.one(), v.div(v.load(v.num(2)), v.add(e, v.num(1))))
			return one(v.or(v.choose(less, a, v.num(tanhSplit), small, large), sign))
		},
	},
	{
		name: "silu", doc: "sets dst to x*sigmoid(x).",
		arrays: []string{"dst", "x"}, in: []string{"x"}, out: []string{"dst"},
		together: 4,
		body: func(v *vectors, in, _ []reg.Register) []reg.Register {
			low, _, _, s := v.sigmoid(in[0])
			return one(v.mul(low, s))
		},
	},
	{
		name: "log", doc: "sets dst to log(x).",
		arrays: []string{"dst", "x"}, in: []string{"x"}, out: []string{"dst"},
		body: func(v *vectors, in, _ []reg.Register) []reg.Register { return one(v.log(in[0])) },
	},
	{
		name: "sinCos", doc: "sets sin and cos to those of x and reports whether |x| <= 1e6 fails anywhere.",
		arrays: []string{"sin", "cos", "x"}, in: []string{"x"}, out: []string{"sin", "cos"}, flag: true, memory: true,
		body: func(v *vectors, in, _ []reg.Register) []reg.Register { return v.sinCos(in[0]) },
	},
	{
		name: "relu", doc: "sets x to max(x, 0).",
		arrays: []string{"x"}, in: []string{"x"}, out: []string{"x"},
		body: func(v *vectors, in, _ []reg.Register) []reg.Register {
			return one(v.max(v.load(v.num(0)), in[0]))
		},
	},
	{
		name: "softplus", doc: "sets dst to log(1+exp(x)).",
		arrays: []string{"dst", "x"}, in: []string{"x"}, out: []string{"dst"},
		together: 4,
		body:     func(v *vectors, in, _ []reg.Register) []reg.Register { return one(v.softplus(in[0])) },
	},
	{
		name: "normalise", doc: "sets x to (x-mean)*scale.",
		arrays: []string{"x", "mean", "scale"}, in: []string{"x", "mean", "scale"}, out: []string{"x"},
		body: func(v *vectors, in, _ []reg.Register) []reg.Register { return one(v.mul(v.sub(in[0], in[1]), in[2])) },
	},
	// The three parts of a Gaussian draw are loops of their own: one loop is a
	// chain of dependent operations so long that the processor's window holds
	// hardly more than one vector's.
	{
		name: "softCap", doc: "sets x to upper-log(1+exp(upper-x)).",
		arrays: []string{"x", "upper"}, in: []string{"x", "upper"}, out: []string{"x"},
		together: 3,
		body: func(v *vectors, in, _ []reg.Register) []reg.Register {
			return one(v.sub(in[1], v.softplus(v.sub(in[1], in[0]))))
		},
	},
	{
		name: "softFloor", doc: "sets x to lower+log(1+exp(x-lower)).",
		arrays: []string{"x", "lower"}, in: []string{"x", "lower"}, out: []string{"x"},
		together: 3,
		body: func(v *vectors, in, _ []reg.Register) []reg.Register {
			return one(v.add(v.softplus(v.sub(in[0], in[1])), in[1]))
		},
	},
	{
		name: "draw", doc: "sets std, a log-variance, to the standard deviation and adds std*noise to x.",
		arrays: []string{"x", "std", "noise"}, in: []string{"x", "std", "noise"}, out: []string{"x", "std"},
		together: 2,
		body: func(v *vectors, in, _ []reg.Register) []reg.Register {
			std := v.exp(v.mul(in[1], v.num(0.5)))
			return []reg.Register{v.add(in[0], v.mul(std, in[2])), std}
		},
	},
	{
		name: "siluSlope", doc: "sets y to x*sigmoid(x) and x to its derivative.",
		arrays: []string{"y", "x"}, in: []string{"x"}, out: []string{"y", "x"},
		together: 3,
		body: func(v *vectors, in, _ []reg.Register) []reg.Register {
			low, both, e, s := v.sigmoid(in[0])
			return []reg.Register{v.mul(low, s), v.siluSlope(both, e, s)}
		},
	},
	{
		name: "times", doc: "sets dst to dst*x.",
		arrays: []string{"dst", "x"}, in: []string{"dst", "x"}, out: []string{"dst"},
		body: func(v *vectors, in, _ []reg.Register) []reg.Register { return one(v.mul(in[0], in[1])) },
	},
	{
		name: "dropMask", doc: "sets x to 0 where it is below level, else to scale.",
		arrays: []string{"x"}, in: []string{"x"}, out: []string{"x"}, scalars: []string{"level", "scale"},
		body: func(v *vectors, in, s []reg.Register) []reg.Register {
			return one(v.choose(less, in[0], s[0], v.load(v.num(0)), s[1]))
		},
	},
	{
		name: "reluGrad", doc: "sets dst to dy where y is not <= 0, else to 0.",
		arrays: []string{"dst", "dy", "y"}, in: []string{"y", "dy"}, out: []string{"dst"},
		body: func(v *vectors, in, _ []reg.Register) []reg.Register {
			zero := v.load(v.num(0))
			return one(v.choose(notLessOrEqual, in[0], zero, in[1], zero))
		},
	},
	{
		name: "tanhGrad", doc: "sets dst to dy*(1-y*y).",
		arrays: []string{"dst", "dy", "y"}, in: []string{"y", "dy"}, out: []string{"dst"},
		body: func(v *vectors, in, _ []reg.Register) []reg.Register {
			return one(v.mul(in[1], v.sub(v.one(), v.mul(in[0], in[0]))))
		},
	},
	{
		name: "axpy", doc: "adds a*x to dst.",
		arrays: []string{"dst", "x"}, in: []string{"dst", "x"}, out: []string{"dst"}, scalars: []string{"a"},
		body: func(v *vectors, in, s []reg.Register) []reg.Register {
			return one(v.add(in[0], v.mul(in[1], s[0])))
		},
	},
	{
		name: "lerp", doc: "adds tau*(x-dst) to dst.",
		arrays: []string{"dst", "x"}, in: []string{"dst", "x"}, out: []string{"dst"}, scalars: []string{"tau"},
		body: func(v *vectors, in, s []reg.Register) []reg.Register {
			return one(v.add(in[0], v.mul(v.sub(in[1], in[0]), s[0])))
		},
	},
	{
		name: "adam", doc: "makes one step of Adam; args are the fields of adamArgs.",
		arrays: []string{"w", "mean", "square", "grad"}, in: []string{"w", "mean", "square", "grad"}, out: []string{"w", "mean", "square"}, table: 8,
		body: func(v *vectors, in, s []reg.Register) []reg.Register {
			w, m, second, g := in[0], in[1], in[2], in[3]
			rate, beta1, rest1, beta2, rest2, eps, c2Sqrt, decay := s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]
			g = v.add(g, v.mul(w, decay))
			m = v.add(v.mul(m, beta1), v.mul(g, rest1))
			second = v.add(v.mul(second, beta2), v.mul(v.mul(g, g), rest2))
			scale := v.add(v.div(v.sqrt(second), c2Sqrt), eps)
			return []reg.Register{v.sub(w, v.div(v.mul(m, rate), scale)), m, second}
		},
	},
}

func elementwise(wide bool) func(*build.Context) {
	return func(c *build.Context) {
		v := newVectors(c, wide)
		for _, l := range loops {
			l.write(v)
		}
		colSums(v)
		sumSquares(v)
		count(v, "Outside", "below low or above high; NaN is neither", less, greater)
		count(v, "NotInside", "not between low and high; NaN is not", notGreaterOrEqual, notLessOrEqual)
	}
}

// count writes the count of the elements for which "x below low" or "x above
// high" holds, in whole vectors; the AVX-512 version masks the last one.
func count(v *vectors, name, doc string, below, above uint64) {
	suffix := "AVX2"
	if v.wide {
		suffix = "AVX512"
	}
	v.Function("count" + name + suffix)
	v.Attributes(attr.NOSPLIT)
	v.Doc("count" + name + suffix + " returns how many elements of x are " + doc + ".")
	v.Pragma("noescape")
	v.SignatureExpr("func(x, low, high *float32, n int) int")
	x, low, high := v.Load(v.Param("x"), v.GP64()), v.Load(v.Param("low"), v.GP64()), v.Load(v.Param("high"), v.GP64())
	n := v.Load(v.Param("n"), v.GP64())
	total := v.GP64()
	v.XORQ(total, total)
	step := v.lanes()
	add := func(mask reg.Register) {
		var r, lo, hi reg.Register
		bits := v.GP32()
		if v.wide {
			r, lo, hi = v.reg(), v.reg(), v.reg()
			for _, a := range []struct{ base, to reg.Register }{{x, r}, {low, lo}, {high, hi}} {
				if mask == nil {
					v.VMOVUPS(operand.Mem{Base: a.base}, a.to)
				} else {
					v.VMOVUPS_Z(operand.Mem{Base: a.base}, mask, a.to)
				}
			}
			k1, k2 := v.K(), v.K()
			if mask == nil {
				v.VCMPPS(operand.Imm(below), lo, r, k1)
				v.VCMPPS(operand.Imm(above), hi, r, k2)
			} else {
				v.VCMPPS(operand.Imm(below), lo, r, mask, k1)
				v.VCMPPS(operand.Imm(above), hi, r, mask, k2)
			}
			v.KORW(k1, k2, k1)
			v.KMOVW(k1, bits)
		} else {
			r, lo, hi = v.load(operand.Mem{Base: x}), v.load(operand.Mem{Base: low}), v.load(operand.Mem{Base: high})
			m1, m2 := v.reg(), v.reg()
			v.VCMPPS(operand.Imm(below), lo, r, m1)
			v.VCMPPS(operand.Imm(above), hi, r, m2)
			v.VORPS(m1, m2, m1)
			v.VMOVMSKPS(m1, bits)
		}
		v.POPCNTL(bits, bits)
		v.ADDQ(bits.As64(), total)
	}
	v.Label("vector")
	v.CMPQ(n, operand.Imm(uint64(step)))
	v.JLT(operand.LabelRef("tail"))
	add(nil)
	for _, p := range []reg.Register{x, low, high} {
		v.ADDQ(operand.Imm(uint64(4*step)), p)
	}
	v.SUBQ(operand.Imm(uint64(step)), n)
	v.JMP(operand.LabelRef("vector"))
	v.Label("tail")
	if v.wide {
		v.TESTQ(n, n)
		v.JEQ(operand.LabelRef("done"))
		add(v.tailMask(n))
	}
	v.Label("done")
	v.Store(total, v.ReturnIndex(0))
	v.VZEROUPPER()
	v.RET()
}

// sumSquares writes the sums of squares of 64 interleaved parts of an array.
func sumSquares(v *vectors) {
	suffix := "AVX2"
	if v.wide {
		suffix = "AVX512"
	}
	v.Function("sumSquares" + suffix)
	v.Attributes(attr.NOSPLIT)
	v.Doc("sumSquares" + suffix + " adds to sums[j], j < 64, the squares of x[i] with i%64 = j; n > 0 is a multiple of 64.")
	v.Pragma("noescape")
	v.SignatureExpr("func(sums, x *float32, n int)")
	sums := v.Load(v.Param("sums"), v.GP64())
	x := v.Load(v.Param("x"), v.GP64())
	n := v.Load(v.Param("n"), v.GP64())
	at := func(base reg.Register, i int) operand.Mem {
		return operand.Mem{Base: base, Disp: 4 * v.lanes() * i}
	}
	acc := make([]reg.Register, 64/v.lanes())
	for i := range acc {
		acc[i] = v.load(at(sums, i))
	}
	v.Label("block")
	for i, a := range acc {
		y := v.load(at(x, i))
		v.VADDPS(v.mul(y, y), a, a)
	}
	v.ADDQ(operand.U32(256), x)
	v.SUBQ(operand.Imm(64), n)
	v.JNE(operand.LabelRef("block"))
	for i, a := range acc {
		v.VMOVUPS(a, at(sums, i))
	}
	v.VZEROUPPER()
	v.RET()
}

// colSums writes the column sums of four vectors of columns at a time and of
// one; the AVX-512 version masks the last one.
func colSums(v *vectors) {
	suffix := "AVX2"
	if v.wide {
		suffix = "AVX512"
	}
	v.Function("colSums" + suffix)
	v.Attributes(attr.NOSPLIT)
	v.Doc("colSums" + suffix + " adds the sums of the first cols columns of x to dst; stride is in bytes and rows > 0.")
	v.Pragma("noescape")
	v.SignatureExpr("func(dst, x *float32, rows, stride, cols int)")
	dst := v.Load(v.Param("dst"), v.GP64())
	x := v.Load(v.Param("x"), v.GP64())
	stride := v.Load(v.Param("stride"), v.GP64())
	cols := v.Load(v.Param("cols"), v.GP64())
	at, rows := v.GP64(), v.GP64()
	step := v.lanes()

	sums := func(label string, vecs int, mask reg.Register) {
		var s []reg.Register
		for i := range vecs {
			if mask != nil {
				r := v.reg()
				v.VMOVUPS_Z(operand.Mem{Base: dst}, mask, r)
				s = append(s, r)
			} else {
				s = append(s, v.load(operand.Mem{Base: dst, Disp: 4 * step * i}))
			}
		}
		v.MOVQ(x, at)
		v.Load(v.Param("rows"), rows)
		v.Label(label)
		for i, r := range s {
			if mask != nil {
				value := v.reg()
				v.VMOVUPS_Z(operand.Mem{Base: at}, mask, value)
				v.VADDPS(value, r, r)
			} else {
				v.VADDPS(operand.Mem{Base: at, Disp: 4 * step * i}, r, r)
			}
		}
		v.ADDQ(stride, at)
		v.DECQ(rows)
		v.JNE(operand.LabelRef(label))
		for i, r := range s {
			if mask != nil {
				v.VMOVUPS(r, mask, operand.Mem{Base: dst})
			} else {
				v.VMOVUPS(r, operand.Mem{Base: dst, Disp: 4 * step * i})
			}
		}
		v.ADDQ(operand.U32(4*step*vecs), dst)
		v.ADDQ(operand.U32(4*step*vecs), x)
		v.SUBQ(operand.U32(step*vecs), cols)
	}
	v.Label("four")
	v.CMPQ(cols, operand.Imm(uint64(4*step)))
	v.JLT(operand.LabelRef("one"))
	sums("fourRows", 4, nil)
	v.JMP(operand.LabelRef("four"))
	v.Label("one")
	v.CMPQ(cols, operand.Imm(uint64(step)))
	v.JLT(operand.LabelRef("tail"))
	sums("oneRows", 1, nil)
	v.JMP(operand.LabelRef("one"))
	v.Label("tail")
	if v.wide {
		v.TESTQ(cols, cols)
		v.JEQ(operand.LabelRef("done"))
		sums("tailRows", 1, v.tailMask(cols))
	}
	v.Label("done")
	v.VZEROUPPER()
	v.RET()
}
