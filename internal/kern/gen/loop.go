package main

import (
	"slices"
	"strings"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// loop is one elementwise function over arrays of equal length. body gets the
// loaded inputs in the order of in and the scalars' vectors, and returns what to
// store into the arrays out.
type loop struct {
	name, doc string
	arrays    []string
	in, out   []string
	scalars   []string // float32 parameters
	table     int      // floats behind the parameter args, if any
	// together is how many vectors the AVX-512 loop works on at once, operation
	// by operation: the processor looks ahead over too few instructions to
	// overlap long chains otherwise. As many as the registers allow.
	together int
	// memory leaves the constants in memory, where the body needs the registers.
	memory bool
	// flag makes the function return whether any lane of body's last result,
	// which follows the outputs, has its sign set.
	flag bool
	body func(v *vectors, in, scalars []reg.Register) []reg.Register
}

// write writes the function for one vector set. The AVX-512 version ends with
// one masked step; the AVX2 version does whole vectors only.
func (l loop) write(v *vectors) {
	w := &loopWriter{loop: l, vectors: v}
	w.begin()
	if v.wide && l.together > 1 {
		w.while(l.together, "together", "loop", func() {
			v.interleave(l.together, func(i int) { w.step(i, nil) })
		})
	}
	w.while(1, "loop", "tail", func() { w.step(0, nil) })
	v.Label("tail")
	if v.wide {
		v.TESTQ(w.n, w.n)
		v.JEQ(operand.LabelRef("done"))
		w.step(0, v.tailMask(w.n))
	}
	v.Label("done")
	w.end()
}

// loopWriter holds the registers of one function of a loop.
type loopWriter struct {
	loop
	*vectors
	ptr     map[string]reg.Register
	n       reg.Register
	scalars []reg.Register
	flags   reg.Register
}

func (w *loopWriter) signature() string {
	s := "func(" + strings.Join(w.arrays, ", ") + " *float32, n int"
	if len(w.loop.scalars) > 0 {
		s += ", " + strings.Join(w.loop.scalars, ", ") + " float32"
	}
	if w.table > 0 {
		s += ", args *float32"
	}
	s += ")"
	if w.flag {
		s += " bool"
	}
	return s
}

// begin writes the head and loads the parameters.
func (w *loopWriter) begin() {
	suffix := "AVX2"
	if w.wide {
		suffix = "AVX512"
	}
	w.Function(w.name + suffix)
	w.Attributes(attr.NOSPLIT)
	w.Doc(w.name + suffix + " " + w.doc)
	w.Pragma("noescape")
	w.SignatureExpr(w.signature())

	w.ptr = map[string]reg.Register{}
	for _, a := range w.arrays {
		w.ptr[a] = w.Load(w.Param(a), w.GP64())
	}
	w.n = w.Load(w.Param("n"), w.GP64())
	for _, s := range w.loop.scalars {
		w.scalars = append(w.scalars, w.broadcast(addr(w.Context, s)))
	}
	if w.table > 0 {
		args := w.Load(w.Param("args"), w.GP64())
		for i := range w.table {
			w.scalars = append(w.scalars, w.broadcast(operand.Mem{Base: args, Disp: 4 * i}))
		}
	}
	if w.wide && !w.memory {
		w.keep(func(trial *vectors) {
			some := func(n int) (r []reg.Register) {
				for range n {
					r = append(r, trial.reg())
				}
				return r
			}
			w.body(trial, some(len(w.in)), some(len(w.scalars)))
		})
	}
	if w.flag {
		w.flags = w.reg()
		w.VXORPS(w.flags, w.flags, w.flags)
	}
}

// while repeats body, which does vecs vectors, until fewer are left.
func (w *loopWriter) while(vecs int, label, then string, body func()) {
	step := w.lanes() * vecs
	w.Label(label)
	w.CMPQ(w.n, operand.Imm(uint64(step)))
	w.JLT(operand.LabelRef(then))
	body()
	for _, a := range w.arrays {
		w.ADDQ(operand.U32(4*step), w.ptr[a])
	}
	w.SUBQ(operand.Imm(uint64(step)), w.n)
	w.JMP(operand.LabelRef(label))
}

// step does vector i from the pointers on, or the lanes of mask.
func (w *loopWriter) step(i int, mask reg.Register) {
	at := func(array string) operand.Mem { return operand.Mem{Base: w.ptr[array], Disp: 4 * w.lanes() * i} }
	var in []reg.Register
	for _, a := range w.in {
		r := w.reg()
		if mask != nil {
			w.VMOVUPS_Z(at(a), mask, r)
		} else {
			w.VMOVUPS(at(a), r)
		}
		in = append(in, r)
	}
	result := w.body(w.vectors, in, w.scalars)
	for j, a := range w.out {
		if mask != nil {
			w.VMOVUPS(result[j], mask, at(a))
		} else {
			w.VMOVUPS(result[j], at(a))
		}
	}
	if w.flag {
		w.VORPS(result[len(w.out)], w.flags, w.flags)
	}
}

func (w *loopWriter) end() {
	if w.flag {
		word, result := w.GP32(), w.GP8()
		if w.wide {
			k := w.K()
			w.VPMOVD2M(w.flags, k)
			w.KMOVW(k, word)
		} else {
			w.VMOVMSKPS(w.flags, word)
		}
		w.TESTL(word, word)
		w.SETNE(result)
		w.Store(result, w.ReturnIndex(0))
	}
	w.VZEROUPPER()
	w.RET()
	w.resident = nil
}

// interleave writes n copies of the straight-line code of write, the first
// instructions of all copies first. Loads come before stores in each copy, so
// that arrays may be the same.
func (v *vectors) interleave(n int, write func(i int)) {
	file, _ := v.Result() // errors are reported at the end
	functions := file.Functions()
	f := functions[len(functions)-1]
	start := len(f.Nodes)
	for i := range n {
		write(i)
	}
	copies := slices.Clone(f.Nodes[start:])
	length := len(copies) / n
	for i := range copies {
		f.Nodes[start+i] = copies[i%n*length+i/n]
	}
}

// tailMask returns the mask of the first n lanes, 0 < n < 16.
func (v *vectors) tailMask(n reg.Register) reg.Register {
	mask, bits := v.K(), v.GP64()
	v.XORQ(bits, bits)
	v.BTSQ(n, bits)
	v.DECQ(bits)
	v.KMOVW(bits.As32(), mask)
	return mask
}
