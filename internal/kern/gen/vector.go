package main

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// vectors writes straight-line vector code once for both vector sets: every
// operation takes registers (or, second, memory) and returns a new register.
type vectors struct {
	*build.Context
	wide      bool // AVX-512
	constants map[string]operand.Mem
	// resident holds the constants that the function under way keeps in
	// registers: two loads a cycle are fewer than its arithmetic asks for.
	resident map[string]reg.Register
	// used lists the constants in the order of their first use.
	used []constant
}

func newVectors(c *build.Context, wide bool) *vectors {
	return &vectors{Context: c, wide: wide, constants: map[string]operand.Mem{}}
}

// constant is a vector whose lanes repeat words.
type constant struct {
	name  string
	words []uint32
}

func (v *vectors) reg() reg.Register {
	if v.wide {
		return v.ZMM()
	}
	return v.YMM()
}

func (v *vectors) lanes() int {
	if v.wide {
		return 16
	}
	return 8
}

// bits is a vector of equal 32-bit words.
func (v *vectors) bits(word uint32) operand.Op {
	return v.constant(constant{fmt.Sprintf("c%08x", word), []uint32{word}})
}

func wordName(word uint64) string { return fmt.Sprintf("c%016x", word) }

func (v *vectors) num(x float32) operand.Op { return v.bits(math.Float32bits(x)) }

// constant is a register if the function keeps c in one, else read-only memory.
func (v *vectors) constant(c constant) operand.Op {
	if r, ok := v.resident[c.name]; ok {
		return r
	}
	m, ok := v.constants[c.name]
	if !ok {
		m = v.StaticGlobal(c.name)
		v.DataAttributes(attr.RODATA | attr.NOPTR)
		for i := 0; i < v.lanes(); i += 2 {
			n := len(c.words)
			v.AppendDatum(operand.U64(uint64(c.words[(i+1)%n])<<32 | uint64(c.words[i%n])))
		}
		v.constants[c.name] = m
		v.used = append(v.used, c)
	}
	return m
}

// residents is how many constants a function keeps in registers: more would take
// them from the vectors that a loop works on together, which gains more.
const residents = 12

// keep loads the constants that write uses into registers, for the function
// under way. AVX2 has too few.
func (v *vectors) keep(write func(v *vectors)) {
	trial := newVectors(build.NewContext(), true)
	trial.Function("trial")
	write(trial)
	kept := map[string]reg.Register{}
	for _, c := range trial.used[:min(len(trial.used), residents)] {
		kept[c.name] = v.load(v.constant(c))
	}
	v.resident = kept
}

// load returns what is a register already as it is.
func (v *vectors) load(m operand.Op) reg.Register {
	if r, ok := m.(reg.Register); ok {
		return r
	}
	r := v.reg()
	v.VMOVUPS(m, r)
	return r
}

func (v *vectors) broadcast(m operand.Op) reg.Register {
	r := v.reg()
	v.VBROADCASTSS(m, r)
	return r
}

func (v *vectors) three(f func(...operand.Op), a reg.Register, b operand.Op) reg.Register {
	r := v.reg()
	f(b, a, r)
	return r
}

func (v *vectors) add(a reg.Register, b operand.Op) reg.Register { return v.three(v.VADDPS, a, b) }
func (v *vectors) sub(a reg.Register, b operand.Op) reg.Register { return v.three(v.VSUBPS, a, b) }
func (v *vectors) mul(a reg.Register, b operand.Op) reg.Register { return v.three(v.VMULPS, a, b) }
func (v *vectors) div(a reg.Register, b operand.Op) reg.Register { return v.three(v.VDIVPS, a, b) }
func (v *vectors) and(a reg.Register, b operand.Op) reg.Register { return v.three(v.VANDPS, a, b) }
func (v *vectors) or(a reg.Register, b operand.Op) reg.Register  { return v.three(v.VORPS, a, b) }
func (v *vectors) xor(a reg.Register, b operand.Op) reg.Register { return v.three(v.VXORPS, a, b) }

// max and min return b where either is NaN.
func (v *vectors) max(a reg.Register, b operand.Op) reg.Register { return v.three(v.VMAXPS, a, b) }
func (v *vectors) min(a reg.Register, b operand.Op) reg.Register { return v.three(v.VMINPS, a, b) }

func (v *vectors) addInt(a reg.Register, b operand.Op) reg.Register { return v.three(v.VPADDD, a, b) }
func (v *vectors) subInt(a reg.Register, b operand.Op) reg.Register { return v.three(v.VPSUBD, a, b) }

func (v *vectors) shl(a reg.Register, n uint64) reg.Register {
	return v.three(v.VPSLLD, a, operand.Imm(n))
}
func (v *vectors) sra(a reg.Register, n uint64) reg.Register {
	return v.three(v.VPSRAD, a, operand.Imm(n))
}
func (v *vectors) shr(a reg.Register, n uint64) reg.Register {
	return v.three(v.VPSRLD, a, operand.Imm(n))
}

// lookup returns the lanes of table (8 words, repeated) at the low three bits
// of index.
func (v *vectors) lookup(table operand.Op, index reg.Register) reg.Register {
	r := v.reg()
	v.VPERMPS(table, index, r)
	return r
}

func (v *vectors) sqrt(a operand.Op) reg.Register {
	r := v.reg()
	v.VSQRTPS(a, r)
	return r
}

// The predicates of VCMPPS.
const (
	less           = 0x11 // quiet, false with NaN
	equal          = 0x00 // quiet, false with NaN
	notLessOrEqual = 0x16 // quiet, true with NaN
)

// choose returns yes where "a predicate b" holds, else no.
func (v *vectors) choose(predicate uint64, a reg.Register, b operand.Op, yes, no reg.Register) reg.Register {
	r := v.reg()
	if v.wide {
		k := v.K()
		v.VCMPPS(operand.Imm(predicate), b, a, k)
		v.VBLENDMPS(yes, no, k, r)
		return r
	}
	m := v.reg()
	v.VCMPPS(operand.Imm(predicate), b, a, m)
	v.VBLENDVPS(m, yes, no, r)
	return r
}

// chooseBySign returns yes where the sign of a is set, else no.
func (v *vectors) chooseBySign(a, yes, no reg.Register) reg.Register {
	r := v.reg()
	if v.wide {
		k := v.K()
		v.VPMOVD2M(a, k)
		v.VBLENDMPS(yes, no, k, r)
		return r
	}
	v.VBLENDVPS(a, yes, no, r)
	return r
}

// poly evaluates coefficients, lowest first, in x with one rounding an operation.
func (v *vectors) poly(x reg.Register, coefficients ...float32) reg.Register {
	p := v.load(v.num(coefficients[len(coefficients)-1]))
	for i := len(coefficients) - 2; i >= 0; i-- {
		p = v.add(v.mul(p, x), v.num(coefficients[i]))
	}
	return p
}

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
	suffix := "AVX2"
	if v.wide {
		suffix = "AVX512"
	}
	v.Function(l.name + suffix)
	v.Attributes(attr.NOSPLIT)
	v.Doc(l.name + suffix + " " + l.doc)
	v.Pragma("noescape")
	signature := "func(" + strings.Join(l.arrays, ", ") + " *float32, n int"
	if len(l.scalars) > 0 {
		signature += ", " + strings.Join(l.scalars, ", ") + " float32"
	}
	if l.table > 0 {
		signature += ", args *float32"
	}
	signature += ")"
	if l.flag {
		signature += " bool"
	}
	v.SignatureExpr(signature)

	ptr := map[string]reg.Register{}
	for _, a := range l.arrays {
		ptr[a] = v.Load(v.Param(a), v.GP64())
	}
	n := v.Load(v.Param("n"), v.GP64())
	var scalars []reg.Register
	for _, s := range l.scalars {
		scalars = append(scalars, v.broadcast(addr(v.Context, s)))
	}
	if l.table > 0 {
		args := v.Load(v.Param("args"), v.GP64())
		for i := range l.table {
			scalars = append(scalars, v.broadcast(operand.Mem{Base: args, Disp: 4 * i}))
		}
	}
	if v.wide && !l.memory {
		v.keep(func(trial *vectors) {
			some := func(n int) (r []reg.Register) {
				for range n {
					r = append(r, trial.reg())
				}
				return r
			}
			l.body(trial, some(len(l.in)), some(len(scalars)))
		})
	}
	var flags reg.Register
	if l.flag {
		flags = v.load(v.num(0))
		if v.wide {
			copied := v.reg()
			v.VMOVUPS(flags, copied)
			flags = copied
		}
	}
	step := v.lanes()
	advance := func(vecs int, label string) {
		for _, a := range l.arrays {
			v.ADDQ(operand.U32(4*step*vecs), ptr[a])
		}
		v.SUBQ(operand.Imm(uint64(step*vecs)), n)
		v.JMP(operand.LabelRef(label))
	}
	whole := func(i int) {
		var in []reg.Register
		for _, a := range l.in {
			in = append(in, v.load(operand.Mem{Base: ptr[a], Disp: 4 * step * i}))
		}
		result := l.body(v, in, scalars)
		for j, name := range l.out {
			v.VMOVUPS(result[j], operand.Mem{Base: ptr[name], Disp: 4 * step * i})
		}
		if l.flag {
			v.VORPS(result[len(l.out)], flags, flags)
		}
	}
	if v.wide && l.together > 1 {
		v.Label("together")
		v.CMPQ(n, operand.Imm(uint64(step*l.together)))
		v.JLT(operand.LabelRef("loop"))
		v.interleave(l.together, whole)
		advance(l.together, "together")
	}
	v.Label("loop")
	v.CMPQ(n, operand.Imm(uint64(step)))
	v.JLT(operand.LabelRef("tail"))
	whole(0)
	advance(1, "loop")
	v.Label("tail")
	if v.wide {
		v.TESTQ(n, n)
		v.JEQ(operand.LabelRef("done"))
		mask := v.tailMask(n)
		var in []reg.Register
		for _, a := range l.in {
			r := v.reg()
			v.VMOVUPS_Z(operand.Mem{Base: ptr[a]}, mask, r)
			in = append(in, r)
		}
		result := l.body(v, in, scalars)
		for j, name := range l.out {
			v.VMOVUPS(result[j], mask, operand.Mem{Base: ptr[name]})
		}
		if l.flag {
			v.VORPS(result[len(l.out)], flags, flags)
		}
	}
	v.Label("done")
	if l.flag {
		word, any := v.GP32(), v.GP8()
		if v.wide {
			k := v.K()
			v.VPMOVD2M(flags, k)
			v.KMOVW(k, word)
		} else {
			v.VMOVMSKPS(flags, word)
		}
		v.TESTL(word, word)
		v.SETNE(any)
		v.Store(any, v.ReturnIndex(0))
	}
	v.VZEROUPPER()
	v.RET()
	v.resident = nil
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
