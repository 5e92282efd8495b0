package main

// normalsNEON writes the generator of standard normals: Philox 4x32-10 and
// Box-Muller with a block in each of four lanes, the formulas of
// rng/normals.go operation by operation.
func normalsNEON() []*routine {
	r := newRoutine("normalsNEON", "writes the normals of groups of 4 blocks from block on.",
		param{"dst", "*float32"}, param{"groups", "int"}, param{"key", "uint64"}, param{"space", "uint64"}, param{"block", "uint64"})
	const dst, groups, key, space, block, high = 0, 1, 2, 3, 4, 5
	for i, p := range r.params {
		r.load(p.name, i)
	}
	r.gen("CBZ R%d, done", groups)
	v := newLanes(r)
	half := func(register, half int) value {
		return v.preset(func(d int) {
			if half == 0 {
				r.vec(dupW, d, register, 0)
				return
			}
			r.gen("LSR $32, R%d, R%d", register, high)
			r.vec(dupW, d, high, 0)
		})
	}
	k := [2]value{half(key, 0), half(key, 1)}
	s := [2]value{half(space, 0), half(space, 1)}
	w := v.philox(v.one(dupX, general(block)), k, s)
	x0, x1 := v.boxMuller(w[0], w[1])
	x2, x3 := v.boxMuller(w[2], w[3])
	// The four numbers of a block lie side by side.
	t := [4]value{v.do(zip1, x0, x1), v.do(zip2, x0, x1), v.do(zip1, x2, x3), v.do(zip2, x2, x3)}
	for i, o := range []op{zip1D, zip2D, zip1D, zip2D} {
		v.store(strNext, v.do(o, t[i/2], t[2+i/2]), dst)
	}
	v.loop("group")
	r.gen("ADD $4, R%d", block)
	r.gen("SUBS $1, R%d", groups)
	r.gen("BNE group")
	r.label("done")
	r.gen("RET")
	return []*routine{r}
}

// philox returns the four words of each lane's block; block holds the number of
// the first lane's twice.
func (v *lanes) philox(block value, k, space [2]value) [4]value {
	low := v.addInt64(block, v.words128([2]uint64{0, 1}))
	high := v.addInt64(block, v.words128([2]uint64{2, 3}))
	c := [4]value{v.do(uzp1, low, high), v.do(uzp2, low, high), space[0], space[1]}
	product := func(x, factor value) (low, high value) {
		a, b := v.do(umull, x, factor), v.do(umull2, x, factor)
		return v.do(uzp1, a, b), v.do(uzp2, a, b)
	}
	for round := range 10 {
		if round > 0 {
			k[0] = v.addInt(k[0], v.bits(philoxW0))
			k[1] = v.addInt(k[1], v.bits(philoxW1))
		}
		low0, high0 := product(c[0], v.bits(philoxM0))
		low1, high1 := product(c[2], v.bits(philoxM1))
		c = [4]value{v.xor(v.xor(high1, c[1]), k[0]), low1, v.xor(v.xor(high0, c[3]), k[1]), low0}
	}
	return c
}

func (v *lanes) addInt64(a, b value) value { return v.do(addInt64, a, b) }
func (v *lanes) xor(a, b value) value      { return v.do(eor, a, b) }

func (v *lanes) boxMuller(a, b value) (x, y value) {
	u := v.one(ucvtf, v.do(orr, a, v.bits(1)))
	e := v.one(sshr(23), v.subInt(u, v.bits(sqrtHalfBits)))
	f := v.sub(v.subInt(u, v.one(shl(23), e)), v.num(1))
	k := v.one(scvtf, v.subInt(v.bits(32), e))
	square := v.add(v.mul(f, v.poly(f, logPoly...)), v.mul(k, v.num(twoLn2)))
	r := v.xor(v.one(fsqrt, square), v.do(and, b, v.bits(signBit)))

	t := v.mul(v.one(scvtf, v.one(shl(2), b)), v.num(1.0/(1<<32)))
	z := v.mul(t, t)
	s := v.mul(t, v.poly(z, sinPoly...))
	c := v.poly(z, cosPoly...)
	swapped := func() value { return v.do(cmtst, b, v.bits(1<<30)) }
	return v.mul(v.choose(swapped(), s, c), r), v.mul(v.choose(swapped(), c, s), r)
}
