package main

import "slices"

// The kernels of LayerNorm, in the operations of layernorm_generic.go: rows one
// after another, whole vectors only.

// normVectors is the number of vectors of a block of normLanes columns.
const normVectors = normLanes / 4

// neonRows is a function over the rows of a matrix. General registers: the
// arrays from 0 on; rows, blocks of normLanes columns and columns beyond; blocks
// left of a pass; from 19 on a place in each array.
type neonRows struct {
	*routine
	arrays []string
}

const (
	rowCount, rowBlocks, rowRest, blocksLeft = 8, 9, 10, 11
	rowPlaces                                = 19
)

func newNeonRows(name, doc string, arrays []string, numbers ...string) *neonRows {
	w := &neonRows{routine: newRoutine(name+"NEON", doc+"; cols is a multiple of 4."), arrays: arrays}
	for _, a := range arrays {
		w.params = append(w.params, param{a, "*float32"})
	}
	w.params = append(w.params, param{"rows", "int"}, param{"cols", "int"}, param{"count", "float32"})
	for _, n := range numbers {
		w.params = append(w.params, param{n, "float32"})
	}
	for i, a := range arrays {
		w.load(a, i)
	}
	w.load("rows", rowCount)
	w.load("cols", rowRest)
	w.gen("LSR $5, R%d, R%d", rowRest, rowBlocks)
	w.gen("AND $%d, R%d", normLanes-1, rowRest)
	w.label("row")
	return w
}

func (w *neonRows) register(array string) int { return slices.Index(w.arrays, array) }

// number puts a parameter into all lanes of d.
func (w *neonRows) number(name string, d int) {
	w.gen("FMOVS %s+%d(FP), F%d", name, w.place(name), d)
	w.vec(dup, d, d, 0)
}

// end goes on to the next row of the matrices.
func (w *neonRows) end(matrices ...string) {
	for _, m := range matrices {
		r := w.register(m)
		w.gen("ADD R%d<<7, R%d", rowBlocks, r)
		w.gen("ADD R%d<<2, R%d", rowRest, r)
	}
	w.gen("ADD $4, R%d", w.register("inverse"))
	w.gen("SUBS $1, R%d", rowCount)
	w.gen("BNE row")
	w.gen("RET")
}

// pass walks the row over the named arrays, four vectors side by side: body
// writes vector i of a block with the temporary registers of line i%4.
func (w *neonRows) pass(label string, arrays []string, body func(i int)) {
	for _, a := range arrays {
		w.gen("MOVD R%d, R%d", w.register(a), rowPlaces+w.register(a))
	}
	w.gen("MOVD R%d, R%d", rowBlocks, blocksLeft)
	w.gen("CBZ R%d, %sRest", blocksLeft, label)
	w.label(label)
	for first := 0; first < normVectors; first += 4 {
		start := len(w.lines)
		for i := range 4 {
			body(first + i)
		}
		copies := slices.Clone(w.lines[start:])
		length := len(copies) / 4
		for i := range copies {
			w.lines[start+i] = copies[i%4*length+i/4]
		}
	}
	for _, a := range arrays {
		w.gen("ADD $%d, R%d", 4*normLanes, rowPlaces+w.register(a))
	}
	w.gen("SUBS $1, R%d", blocksLeft)
	w.gen("BNE %s", label)
	w.label(label + "Rest")
	for i := range normVectors - 1 {
		w.gen("CMP $%d, R%d", 4*(i+1), rowRest)
		w.gen("BLT %sDone", label)
		body(i)
	}
	w.label(label + "Done")
}

func (w *neonRows) get(array string, i, d int) {
	w.vec(ldrQ(16*i), d, rowPlaces+w.register(array), 0)
}

func (w *neonRows) put(d int, array string, i int) {
	w.vec(strQ(16*i), d, rowPlaces+w.register(array), 0)
}

func (w *neonRows) clear(first int) {
	for i := range normVectors {
		w.vec(clear0, first+i, 0, 0)
	}
}

// mean leaves the sum of the parts in the registers from first on, over count,
// in all lanes of d.
func (w *neonRows) mean(d, first, count int) {
	for n := normVectors / 2; n > 0; n /= 2 {
		for i := range n {
			w.vec(fadd, first+i, first+i, first+n+i)
		}
	}
	w.vec(zip2D, first+1, first, first)
	w.vec(fadd, first, first, first+1)
	w.vec(uzp2, first+1, first, first)
	w.vec(fadd, first, first, first+1)
	w.vec(dup, d, first, 0)
	w.vec(fdiv, d, d, count)
}

func layerNormsNEON() []*routine {
	return []*routine{
		layerNormNEON(true), layerNormNEON(false),
		layerNormGradNEON(true, true), layerNormGradNEON(true, false), layerNormGradNEON(false, false),
	}
}

// layerNormNEON writes the way forward: LayerNorm, or Standardise.
func layerNormNEON(affine bool) *routine {
	name, doc := "standardise", "brings the rows of x to mean 0 and variance 1"
	arrays, numbers, matrices, scaled := []string{"x", "inverse"}, []string{"epsilon"}, []string{"x"}, "x"
	if affine {
		name, doc = "layerNorm", "sets scaled to the rows of x of mean 0 and variance 1, and to to gains*scaled+offsets, not below floor"
		arrays, numbers = []string{"to", "scaled", "inverse", "x", "gains", "offsets"}, append(numbers, "floor")
		matrices, scaled = []string{"to", "scaled", "x"}, "scaled"
	}
	w := newNeonRows(name, doc, arrays, numbers...)
	// The parts are in registers 0 to 7, temporaries in 8 to 15.
	const mean, inverse, count, one, floor = 16, 17, 18, 19, 20
	line := func(i int) (x, y int) { return 8 + i%4, 12 + i%4 }
	w.number("count", count)
	w.clear(0)
	w.pass("sum", []string{"x"}, func(i int) {
		x, _ := line(i)
		w.get("x", i, x)
		w.vec(fadd, i, i, x)
	})
	w.mean(mean, 0, count)
	w.clear(0)
	w.pass("spread", []string{"x"}, func(i int) {
		x, _ := line(i)
		w.get("x", i, x)
		w.vec(fsub, x, x, mean)
		w.vec(fmul, x, x, x)
		w.vec(fadd, i, i, x)
	})
	w.mean(0, 0, count)
	w.number("epsilon", 1)
	w.vec(fadd, 0, 0, 1)
	w.vec(fsqrt, 0, 0, 0)
	w.gen("FMOVS $1.0, F%d", one)
	w.vec(dup, one, one, 0)
	w.vec(fdiv, inverse, one, 0)
	w.vec(strS, inverse, w.register("inverse"), 0)
	used := []string{"x"}
	if affine {
		w.number("floor", floor)
		used = []string{"x", "scaled", "gains", "offsets", "to"}
	}
	w.pass("write", used, func(i int) {
		x, y := line(i)
		w.get("x", i, x)
		w.vec(fsub, x, x, mean)
		w.vec(fmul, x, x, inverse)
		w.put(x, scaled, i)
		if affine {
			w.get("gains", i, y)
			w.vec(fmul, x, x, y)
			w.get("offsets", i, y)
			w.vec(fadd, x, x, y)
			w.vec(fcmgt, y, floor, x)
			w.vec(bic, x, x, y)
			w.put(x, "to", i)
		}
	})
	w.end(matrices...)
	return w.routine
}

// layerNormGradNEON writes the way back: with or without gains, with or without
// the gradients by gains and offsets.
func layerNormGradNEON(affine, parameters bool) *routine {
	name, doc := "standardiseGrad", "turns the gradient by scaled into that by the numbers it was made of"
	arrays := []string{"delta", "scaled", "inverse"}
	used := []string{"delta", "scaled"}
	if affine {
		name, doc = "layerNormGradInput", "turns the gradient by gains*scaled+offsets into that by the numbers it was made of"
		arrays, used = append(arrays, "gains"), append(used, "gains")
	}
	whole := used
	if parameters {
		name, doc = "layerNormGrad", "is layerNormGradInput and adds the gradients by gains and offsets to dGains and dOffsets"
		arrays, whole = append(arrays, "dGains", "dOffsets"), append(slices.Clone(used), "dGains", "dOffsets")
	}
	w := newNeonRows(name, doc, arrays)
	// The parts of the two sums are in registers 0 to 7 and 8 to 15.
	const plains, alongs, inverse, count = 0, 8, 1, 31
	line := func(i int) (d, unit, y, z int) { return 16 + i%4, 20 + i%4, 24 + i%4, 28 + i%4 }
	w.clear(plains)
	w.clear(alongs)
	w.pass("sum", whole, func(i int) {
		d, unit, y, z := line(i)
		w.get("delta", i, d)
		w.get("scaled", i, unit)
		if parameters {
			w.get("dOffsets", i, y)
			w.vec(fadd, y, y, d)
			w.put(y, "dOffsets", i)
			w.get("dGains", i, y)
			w.vec(fmul, z, d, unit)
			w.vec(fadd, y, y, z)
			w.put(y, "dGains", i)
		}
		if affine {
			w.get("gains", i, y)
			w.vec(fmul, d, d, y)
		}
		w.vec(fadd, plains+i, plains+i, d)
		w.vec(fmul, unit, d, unit)
		w.vec(fadd, alongs+i, alongs+i, unit)
	})
	w.number("count", count)
	w.mean(plains, plains, count)
	w.mean(alongs, alongs, count)
	w.vec(ldrS, inverse, w.register("inverse"), 0)
	w.vec(dup, inverse, inverse, 0)
	w.pass("write", used, func(i int) {
		d, unit, y, _ := line(i)
		w.get("delta", i, d)
		w.get("scaled", i, unit)
		if affine {
			w.get("gains", i, y)
			w.vec(fmul, d, d, y)
		}
		w.vec(fsub, d, d, plains)
		w.vec(fmul, unit, unit, alongs)
		w.vec(fsub, d, d, unit)
		w.vec(fmul, d, d, inverse)
		w.put(d, "delta", i)
	})
	w.end("delta", "scaled")
	return w.routine
}
