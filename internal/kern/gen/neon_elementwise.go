package main

// neonLoop is one elementwise function over arrays of equal length: body gets
// the loaded inputs in the order of in and the scalars, and returns what to
// store into the arrays out. The formulas are those of
// elementwise_generic.go, operation by operation: the tests compare bits.
type neonLoop struct {
	name, doc string
	arrays    []string
	in, out   []string
	scalars   []string // float32 parameters
	table     int      // floats behind the parameter args, if any
	body      func(v *lanes, in, scalars []value) []value
}

// The general registers of a loop beside its arrays: the number of vectors
// left, and the table.
const remaining, table = 8, 9

// write writes the function, which does whole vectors only: two at a time, so
// that one's operations fill the other's waits, then the one that may be left.
func (l neonLoop) write() *routine {
	r := newRoutine(l.name+"NEON", l.doc)
	for _, a := range l.arrays {
		r.params = append(r.params, param{a, "*float32"})
	}
	r.params = append(r.params, param{"n", "int"})
	for _, s := range l.scalars {
		r.params = append(r.params, param{s, "float32"})
	}
	if l.table > 0 {
		r.params = append(r.params, param{"args", "*float32"})
		r.load("args", table)
	}
	address := map[string]int{}
	for i, a := range l.arrays {
		address[a] = i
		r.load(a, i)
	}
	r.load("n", remaining)
	r.gen("LSR $2, R%d, R%d", remaining, remaining)
	l.writeLoop(r, address, "pairs", 2, "last")
	l.writeLoop(r, address, "last", 1, "done")
	r.label("done")
	r.gen("RET")
	return r
}

// writeLoop writes the loop over side by side vectors and jumps to next when
// there are fewer left.
func (l neonLoop) writeLoop(r *routine, address map[string]int, name string, side int, next string) {
	v := newLanes(r)
	var scalars []value
	for _, s := range l.scalars {
		scalars = append(scalars, v.preset(func(d int) {
			r.gen("FMOVS %s+%d(FP), F%d", s, r.place(s), d)
			r.vec(dup, d, d, 0)
		}))
	}
	for i := range l.table {
		scalars = append(scalars, v.preset(func(d int) {
			r.vec(ldrSAt(4*i), d, table, 0)
			r.vec(dup, d, d, 0)
		}))
	}
	written := map[string]bool{}
	for _, a := range l.out {
		written[a] = true
	}
	var lines [][]step
	for which := range side {
		v.steps = nil
		var in []value
		for _, a := range l.in {
			load := ldrNext
			if written[a] {
				load = ldrQ(16 * which) // the store moves the address
			}
			in = append(in, v.one(load, general(address[a])))
		}
		for i, x := range l.body(v, in, scalars) {
			v.store(strNext, x, address[l.out[i]])
		}
		lines = append(lines, v.steps)
	}
	v.steps = nil
	for i := range lines[0] {
		for _, line := range lines {
			v.steps = append(v.steps, line[i])
		}
	}
	r.label(name)
	r.gen("CMP $%d, R%d", side, remaining)
	r.gen("BLT %s", next)
	v.loop(name + "Loop")
	r.gen("SUB $%d, R%d", side, remaining)
	r.gen("CMP $%d, R%d", side, remaining)
	r.gen("BGE %sLoop", name)
}

// expParts returns s and p with exp(x) = s+s*p, and s without a limit of its
// exponent; minus turns it into exp(-x), by the same roundings.
func (v *lanes) expParts(x value, minus bool) (s, p value) {
	sign, back, join := float32(1), v.sub, v.add
	if minus {
		sign, back, join = -1, v.add, v.sub
	}
	t := v.add(v.mul(x, v.num(sign*eighths)), v.num(roundBias))
	k := v.sub(t, v.num(roundBias))
	r := back(back(x, v.mul(k, v.num(eighthHi))), v.mul(k, v.num(eighthLo)))
	p = v.add(v.mul(r, v.num(sign*exp3)), v.num(exp2))
	p = join(v.mul(p, v.mul(r, r)), r)
	return v.addInt(v.root(t), v.one(shl(20), t)), p
}

// root returns the lanes of roots at the low three bits of index.
func (v *lanes) root(index value) value {
	// The bytes of a lane are those of roots from four times its index on.
	at := v.do(mulInt, v.do(and, index, v.bits(7)), v.bits(0x04040404))
	return v.do(tblPair, v.pair([8]uint32(roots)), v.addInt(at, v.bits(0x03020100)))
}

// expNear is exp(x), or exp(-x), for |x| <= sigmoidEnd.
func (v *lanes) expNear(x value, minus bool) value {
	s, p := v.expParts(x, minus)
	return v.add(v.mul(s, p), s)
}

// exp is exp over the whole range.
func (v *lanes) exp(x value) value {
	x = v.clamp(x, expLo, expHi)
	s, p := v.expParts(x, false)
	// 64 or -64, as an exponent, by the sign of x
	half := v.xor(v.do(and, v.one(sshr(1), x), v.bits(0xC0000000)), v.bits(0x20000000))
	s = v.subInt(s, half)
	return v.mul(v.add(v.mul(s, p), s), v.addInt(half, v.num(1)))
}

// sigmoid returns s = 1/(1+e) with e = exp(-x) of x limited to sigmoidEnd on
// both sides, and that x with the lower limit alone (low) and with both.
func (v *lanes) sigmoid(x value) (low, both, e, s value) {
	low = v.do(fmax, x, v.num(-sigmoidEnd))
	both = v.do(fmin, low, v.num(sigmoidEnd))
	e = v.expNear(both, true)
	return low, both, e, v.div(v.num(1), v.add(e, v.num(1)))
}

func (v *lanes) softplus(x value) value {
	a := v.do(bic, x, v.bits(signBit))
	e := v.expNear(v.do(fmin, a, v.num(sigmoidEnd)), true)
	s := v.div(e, v.add(e, v.num(2)))
	p := v.poly(v.mul(s, s), log1pPoly...)
	return v.add(v.relu(x), v.mul(p, s))
}

var neonLoops = []neonLoop{
	{
		name: "exp", doc: "sets dst to exp(x).",
		arrays: []string{"dst", "x"}, in: []string{"x"}, out: []string{"dst"},
		body: func(v *lanes, in, _ []value) []value { return []value{v.exp(in[0])} },
	},
	{
		name: "tanh", doc: "sets dst to tanh(x).",
		arrays: []string{"dst", "x"}, in: []string{"x"}, out: []string{"dst"},
		body: func(v *lanes, in, _ []value) []value {
			sign := v.do(and, in[0], v.bits(signBit))
			a := v.do(bic, in[0], v.bits(signBit))
			z := v.mul(a, a)
			small := v.add(v.mul(v.mul(v.poly(z, tanhPoly...), z), a), a)
			e := v.expNear(v.do(fmin, v.add(a, a), v.num(2*tanhEnd)), false)
			large := v.sub(v.num(1), v.div(v.num(2), v.add(e, v.num(1))))
			below := v.do(fcmgt, v.num(tanhSplit), a)
			return []value{v.do(orr, v.choose(below, small, large), sign)}
		},
	},
	{
		name: "silu", doc: "sets dst to x*sigmoid(x).",
		arrays: []string{"dst", "x"}, in: []string{"x"}, out: []string{"dst"},
		body: func(v *lanes, in, _ []value) []value {
			low, _, _, s := v.sigmoid(in[0])
			return []value{v.mul(low, s)}
		},
	},
	{
		name: "relu", doc: "sets x to 0 where it is below.",
		arrays: []string{"x"}, in: []string{"x"}, out: []string{"x"},
		body: func(v *lanes, in, _ []value) []value { return []value{v.relu(in[0])} },
	},
	{
		name: "softplus", doc: "sets dst to log(1+exp(x)).",
		arrays: []string{"dst", "x"}, in: []string{"x"}, out: []string{"dst"},
		body: func(v *lanes, in, _ []value) []value { return []value{v.softplus(in[0])} },
	},
	{
		name: "siluSlope", doc: "sets y to x*sigmoid(x) and x to its derivative.",
		arrays: []string{"y", "x"}, in: []string{"x"}, out: []string{"y", "x"},
		body: func(v *lanes, in, _ []value) []value {
			low, both, e, s := v.sigmoid(in[0])
			// 1-s is e*s without cancellation.
			slope := v.mul(s, v.add(v.mul(v.mul(both, s), e), v.num(1)))
			return []value{v.mul(low, s), slope}
		},
	},
	{
		name: "times", doc: "sets dst to dst*x.",
		arrays: []string{"dst", "x"}, in: []string{"dst", "x"}, out: []string{"dst"},
		body: func(v *lanes, in, _ []value) []value { return []value{v.mul(in[0], in[1])} },
	},
	{
		name: "dropMask", doc: "sets x to 0 where it is below level, else to scale.",
		arrays: []string{"x"}, in: []string{"x"}, out: []string{"x"}, scalars: []string{"level", "scale"},
		body: func(v *lanes, in, s []value) []value {
			return []value{v.do(bic, s[1], v.do(fcmgt, s[0], in[0]))}
		},
	},
	{
		name: "normalise", doc: "sets x to (x-mean)*scale.",
		arrays: []string{"x", "mean", "scale"}, in: []string{"x", "mean", "scale"}, out: []string{"x"},
		body: func(v *lanes, in, _ []value) []value { return []value{v.mul(v.sub(in[0], in[1]), in[2])} },
	},
	// A Gaussian draw in three parts, as in the other tiers.
	{
		name: "softCap", doc: "sets x to upper-log(1+exp(upper-x)).",
		arrays: []string{"x", "upper"}, in: []string{"x", "upper"}, out: []string{"x"},
		body: func(v *lanes, in, _ []value) []value {
			return []value{v.sub(in[1], v.softplus(v.sub(in[1], in[0])))}
		},
	},
	{
		name: "softFloor", doc: "sets x to lower+log(1+exp(x-lower)).",
		arrays: []string{"x", "lower"}, in: []string{"x", "lower"}, out: []string{"x"},
		body: func(v *lanes, in, _ []value) []value {
			return []value{v.add(v.softplus(v.sub(in[0], in[1])), in[1])}
		},
	},
	{
		name: "draw", doc: "sets std, a log-variance, to the standard deviation and adds std*noise to x.",
		arrays: []string{"x", "std", "noise"}, in: []string{"x", "std", "noise"}, out: []string{"x", "std"},
		body: func(v *lanes, in, _ []value) []value {
			std := v.exp(v.mul(in[1], v.num(0.5)))
			return []value{v.add(in[0], v.mul(std, in[2])), std}
		},
	},
	{
		name: "reluGrad", doc: "sets dst to dy where y is not <= 0, else to 0.",
		arrays: []string{"dst", "dy", "y"}, in: []string{"y", "dy"}, out: []string{"dst"},
		body: func(v *lanes, in, _ []value) []value {
			return []value{v.do(bic, in[1], v.one(fcmleZero, in[0]))}
		},
	},
	{
		name: "tanhGrad", doc: "sets dst to dy*(1-y*y).",
		arrays: []string{"dst", "dy", "y"}, in: []string{"y", "dy"}, out: []string{"dst"},
		body: func(v *lanes, in, _ []value) []value {
			return []value{v.mul(in[1], v.sub(v.num(1), v.mul(in[0], in[0])))}
		},
	},
	{
		name: "axpy", doc: "adds a*x to dst.",
		arrays: []string{"dst", "x"}, in: []string{"dst", "x"}, out: []string{"dst"}, scalars: []string{"a"},
		body: func(v *lanes, in, s []value) []value {
			return []value{v.add(in[0], v.mul(in[1], s[0]))}
		},
	},
	{
		name: "lerp", doc: "adds tau*(x-dst) to dst.",
		arrays: []string{"dst", "x"}, in: []string{"dst", "x"}, out: []string{"dst"}, scalars: []string{"tau"},
		body: func(v *lanes, in, s []value) []value {
			return []value{v.add(in[0], v.mul(v.sub(in[1], in[0]), s[0]))}
		},
	},
	{
		name: "adam", doc: "makes one step of Adam; args are the fields of adamArgs.",
		arrays: []string{"w", "mean", "square", "grad"}, in: []string{"w", "mean", "square", "grad"}, out: []string{"w", "mean", "square"}, table: 8,
		body: func(v *lanes, in, s []value) []value {
			w, m, second, g := in[0], in[1], in[2], in[3]
			rate, beta1, rest1, beta2, rest2, eps, c2Sqrt, decay := s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]
			g = v.add(g, v.mul(w, decay))
			m = v.add(v.mul(m, beta1), v.mul(g, rest1))
			second = v.add(v.mul(second, beta2), v.mul(v.mul(g, g), rest2))
			scale := v.add(v.div(v.one(fsqrt, second), c2Sqrt), eps)
			return []value{v.sub(w, v.div(v.mul(m, rate), scale)), m, second}
		},
	},
}

func elementwiseNEON() []*routine {
	var all []*routine
	for _, l := range neonLoops {
		all = append(all, l.write())
	}
	return append(all, colSumsNEON(), sumSquaresNEON())
}

// colSumsNEON writes the column sums of four vectors of columns at a time and
// of one.
func colSumsNEON() *routine {
	r := newRoutine("colSumsNEON", "adds the sums of the first cols columns of x to dst, cols a multiple of 4; stride is in bytes and rows > 0.",
		param{"dst", "*float32"}, param{"x", "*float32"}, param{"rows", "int"}, param{"stride", "int"}, param{"cols", "int"})
	const dst, x, rows, stride, cols, at, left = 0, 1, 2, 3, 4, 5, 6
	for i, p := range r.params {
		r.load(p.name, i)
	}
	for _, group := range []struct {
		name, next string
		vecs       int
	}{{"four", "one", 4}, {"one", "done", 1}} {
		r.label(group.name)
		r.gen("CMP $%d, R%d", 4*group.vecs, cols)
		r.gen("BLT %s", group.next)
		for i := range group.vecs {
			r.vec(ldrQ(16*i), i, dst, 0)
		}
		r.gen("MOVD R%d, R%d", x, at)
		r.gen("MOVD R%d, R%d", rows, left)
		r.label(group.name + "Rows")
		for i := range group.vecs {
			r.vec(ldrQ(16*i), 4+i, at, 0)
		}
		for i := range group.vecs {
			r.vec(fadd, i, i, 4+i)
		}
		r.gen("ADD R%d, R%d", stride, at)
		r.gen("SUBS $1, R%d", left)
		r.gen("BNE %sRows", group.name)
		for i := range group.vecs {
			r.vec(strNext, i, dst, 0)
		}
		r.gen("ADD $%d, R%d", 16*group.vecs, x)
		r.gen("SUB $%d, R%d", 4*group.vecs, cols)
		r.gen("B %s", group.name)
	}
	r.label("done")
	r.gen("RET")
	return r
}

// sumSquaresNEON writes the sums of squares of 64 interleaved parts of an array.
func sumSquaresNEON() *routine {
	r := newRoutine("sumSquaresNEON", "adds to sums[j], j < 64, the squares of x[i] with i%64 = j; n > 0 is a multiple of 64.",
		param{"sums", "*float32"}, param{"x", "*float32"}, param{"n", "int"})
	const sums, x, n, parts = 0, 1, 2, 16
	for i, p := range r.params {
		r.load(p.name, i)
	}
	for i := range parts {
		r.vec(ldrQ(16*i), i, sums, 0)
	}
	r.label("block")
	for i := range parts {
		r.vec(ldrNext, parts+i, x, 0)
	}
	for i := range parts {
		r.vec(fmul, parts+i, parts+i, parts+i)
	}
	for i := range parts {
		r.vec(fadd, i, i, parts+i)
	}
	r.gen("SUBS $64, R%d", n)
	r.gen("BNE block")
	for i := range parts {
		r.vec(strQ(16*i), i, sums, 0)
	}
	r.gen("RET")
	return r
}
