package main

import (
	"strings"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// normLanes is kern's.
const normLanes = 32

// layerNorms writes the kernels of LayerNorm: rows one after another, in the
// operations of layernorm_generic.go.
func layerNorms(wide bool) func(*build.Context) {
	return func(c *build.Context) {
		v := newVectors(c, wide)
		layerNorm(v, true)
		layerNorm(v, false)
		layerNormGrad(v, true, true)
		layerNormGrad(v, true, false)
		layerNormGrad(v, false, false)
	}
}

// rowsWriter holds the registers of a function over the rows of a matrix.
type rowsWriter struct {
	*vectors
	ptr                        map[string]reg.Register
	rows, stride, blocks, rest reg.GPVirtual // the stride in bytes, whole blocks of normLanes columns, columns beyond
	at, left                   reg.GPVirtual // within a pass: bytes from the row's start, blocks left
	masks                      []reg.Register
}

// beginRows writes the head of a function of arrays, rows, cols, count (which is
// cols) and further numbers.
func beginRows(v *vectors, name, doc string, arrays []string, numbers ...string) *rowsWriter {
	suffix := "AVX2"
	if v.wide {
		suffix = "AVX512"
	} else {
		doc = strings.TrimSuffix(doc, ".") + "; cols is a multiple of 8."
	}
	w := &rowsWriter{vectors: v, ptr: map[string]reg.Register{}, at: v.GP64(), left: v.GP64()}
	w.Function(name + suffix)
	w.Attributes(attr.NOSPLIT)
	w.Doc(name + suffix + " " + doc)
	w.Pragma("noescape")
	w.SignatureExpr("func(" + strings.Join(arrays, ", ") + " *float32, rows, cols int, " + strings.Join(append([]string{"count"}, numbers...), ", ") + " float32)")
	for _, a := range arrays {
		w.ptr[a] = w.Load(w.Param(a), w.GP64())
	}
	w.rows, w.stride, w.blocks, w.rest = w.GP64(), w.GP64(), w.GP64(), w.GP64()
	w.Load(w.Param("rows"), w.rows)
	w.Load(w.Param("cols"), w.stride)
	w.MOVQ(w.stride, w.blocks)
	w.SHRQ(operand.Imm(5), w.blocks)
	w.MOVQ(w.stride, w.rest)
	w.ANDQ(operand.Imm(normLanes-1), w.rest)
	w.SHLQ(operand.Imm(2), w.stride)
	if w.wide {
		low, high, bits := w.K(), w.K(), w.GP64()
		w.XORQ(bits, bits)
		w.BTSQ(w.rest, bits)
		w.DECQ(bits)
		w.KMOVW(bits.As32(), low)
		w.SHRQ(operand.Imm(16), bits)
		w.KMOVW(bits.As32(), high)
		w.masks = []reg.Register{low, high}
	}
	w.Label("row")
	return w
}

// endRows goes on to the next row.
func (w *rowsWriter) endRows(matrices ...string) {
	for _, m := range matrices {
		w.ADDQ(w.stride, w.ptr[m])
	}
	w.ADDQ(operand.Imm(4), w.ptr["inverse"])
	w.DECQ(w.rows)
	w.JNE(operand.LabelRef("row"))
	w.VZEROUPPER()
	w.RET()
}

// pass walks the row: body does vector i of a block, or the lanes of mask.
func (w *rowsWriter) pass(label string, body func(i int, mask reg.Register)) {
	w.XORQ(w.at, w.at)
	w.MOVQ(w.blocks, w.left)
	w.TESTQ(w.left, w.left)
	w.JEQ(operand.LabelRef(label + "Rest"))
	w.Label(label)
	vecs := normLanes / w.lanes()
	for i := range vecs {
		body(i, nil)
	}
	w.ADDQ(operand.U32(4*normLanes), w.at)
	w.DECQ(w.left)
	w.JNE(operand.LabelRef(label))
	w.Label(label + "Rest")
	if w.wide {
		w.TESTQ(w.rest, w.rest)
		w.JEQ(operand.LabelRef(label + "Done"))
		for i, mask := range w.masks {
			body(i, mask)
		}
	} else {
		for i := range vecs - 1 {
			w.CMPQ(w.rest, operand.Imm(uint64(w.lanes()*(i+1))))
			w.JLT(operand.LabelRef(label + "Done"))
			body(i, nil)
		}
	}
	w.Label(label + "Done")
}

func (w *rowsWriter) place(array string, i int) operand.Mem {
	return operand.Mem{Base: w.ptr[array], Index: w.at, Scale: 1, Disp: 4 * w.lanes() * i}
}

// get loads vector i, zeros where the mask is not set.
func (w *rowsWriter) get(array string, i int, mask reg.Register) reg.Register {
	r := w.reg()
	if mask != nil {
		w.VMOVUPS_Z(w.place(array, i), mask, r)
	} else {
		w.VMOVUPS(w.place(array, i), r)
	}
	return r
}

func (w *rowsWriter) put(x reg.Register, array string, i int, mask reg.Register) {
	if mask != nil {
		w.VMOVUPS(x, mask, w.place(array, i))
	} else {
		w.VMOVUPS(x, w.place(array, i))
	}
}

// parts are the registers of the interleaved parts of a sum.
func (w *rowsWriter) parts() []reg.Register {
	var all []reg.Register
	for range normLanes / w.lanes() {
		all = append(all, w.reg())
	}
	w.clear(all)
	return all
}

func (w *rowsWriter) clear(parts []reg.Register) {
	for _, p := range parts {
		w.VXORPS(p, p, p)
	}
}

// mean returns the sum of the parts over count, in lane 0.
func (w *rowsWriter) mean(parts []reg.Register) reg.VecVirtual {
	for n := len(parts) / 2; n > 0; n /= 2 {
		for i := range n {
			w.VADDPS(parts[n+i], parts[i], parts[i])
		}
	}
	sum := parts[0].(reg.VecVirtual)
	if w.wide {
		high, eight := w.YMM(), w.YMM()
		w.VEXTRACTF64X4(operand.Imm(1), sum, high)
		w.VADDPS(high, sum.AsY(), eight)
		sum = eight
	}
	high, x := w.XMM(), w.XMM()
	w.VEXTRACTF128(operand.Imm(1), sum.AsY(), high)
	w.VADDPS(high, sum.AsX(), x)
	w.VPERMILPS(operand.Imm(0x0E), x, high)
	w.VADDPS(high, x, x)
	w.VMOVSHDUP(x, high)
	w.VADDSS(high, x, x)
	w.VDIVSS(addr(w.Context, "count"), x, x)
	return x
}

// all returns lane 0 of x in all lanes.
func (w *rowsWriter) all(x reg.Register) reg.Register { return w.broadcast(x) }

// layerNorm writes the way forward: LayerNorm, or Standardise.
func layerNorm(v *vectors, affine bool) {
	name, doc := "standardise", "brings the rows of x to mean 0 and variance 1."
	arrays, numbers, matrices, scaled := []string{"x", "inverse"}, []string{"epsilon"}, []string{"x"}, "x"
	if affine {
		name, doc = "layerNorm", "sets scaled to the rows of x of mean 0 and variance 1, and to to gains*scaled+offsets, not below floor."
		arrays, numbers = []string{"to", "scaled", "inverse", "x", "gains", "offsets"}, append(numbers, "floor")
		matrices, scaled = []string{"to", "scaled", "x"}, "scaled"
	}
	w := beginRows(v, name, doc, arrays, numbers...)
	parts := w.parts()
	w.pass("sum", func(i int, mask reg.Register) {
		w.VADDPS(w.get("x", i, mask), parts[i], parts[i])
	})
	mean := w.all(w.mean(parts))
	w.clear(parts)
	w.pass("spread", func(i int, mask reg.Register) {
		d := w.get("x", i, mask)
		if mask != nil {
			w.VSUBPS_Z(mean, d, mask, d)
		} else {
			w.VSUBPS(mean, d, d)
		}
		w.VADDPS(w.mul(d, d), parts[i], parts[i])
	})
	deviation, one := w.mean(parts), w.XMM()
	w.VADDSS(addr(w.Context, "epsilon"), deviation, deviation)
	w.VSQRTSS(deviation, deviation, deviation)
	w.VMOVSS(w.num(1), one)
	w.VDIVSS(deviation, one, one)
	w.VMOVSS(one, operand.Mem{Base: w.ptr["inverse"]})
	inverse := w.all(one)
	var floor reg.Register
	if affine {
		floor = w.broadcast(addr(w.Context, "floor"))
	}
	w.pass("write", func(i int, mask reg.Register) {
		unit := w.mul(w.sub(w.get("x", i, mask), mean), inverse)
		w.put(unit, scaled, i, mask)
		if affine {
			y := w.add(w.mul(unit, w.get("gains", i, mask)), w.get("offsets", i, mask))
			w.put(w.max(floor, y), "to", i, mask) // y where it is NaN
		}
	})
	w.endRows(matrices...)
}

// layerNormGrad writes the way back: with or without gains, with or without the
// gradients by gains and offsets.
func layerNormGrad(v *vectors, affine, parameters bool) {
	name, doc := "standardiseGrad", "turns the gradient by scaled into that by the numbers it was made of."
	arrays := []string{"delta", "scaled", "inverse"}
	if affine {
		name, doc = "layerNormGradInput", "turns the gradient by gains*scaled+offsets into that by the numbers it was made of."
		arrays = append(arrays, "gains")
	}
	if parameters {
		name, doc = "layerNormGrad", "is layerNormGradInput and adds the gradients by gains and offsets to dGains and dOffsets."
		arrays = append(arrays, "dGains", "dOffsets")
	}
	w := beginRows(v, name, doc, arrays)
	plains, alongs := w.parts(), w.parts()
	times := func(d reg.Register, i int, mask reg.Register) reg.Register {
		if !affine {
			return d
		}
		return w.mul(d, w.get("gains", i, mask))
	}
	w.pass("sum", func(i int, mask reg.Register) {
		d, unit := w.get("delta", i, mask), w.get("scaled", i, mask)
		if parameters {
			w.put(w.add(w.get("dOffsets", i, mask), d), "dOffsets", i, mask)
			w.put(w.add(w.get("dGains", i, mask), w.mul(d, unit)), "dGains", i, mask)
		}
		d = times(d, i, mask)
		w.VADDPS(d, plains[i], plains[i])
		w.VADDPS(w.mul(d, unit), alongs[i], alongs[i])
	})
	plain, along := w.all(w.mean(plains)), w.all(w.mean(alongs))
	inverse := w.broadcast(operand.Mem{Base: w.ptr["inverse"]})
	w.pass("write", func(i int, mask reg.Register) {
		d := times(w.get("delta", i, mask), i, mask)
		d = w.sub(w.sub(d, plain), w.mul(along, w.get("scaled", i, mask)))
		w.put(w.mul(d, inverse), "delta", i, mask)
	})
	w.endRows("delta", "scaled")
}
