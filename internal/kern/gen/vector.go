package main

import (
	"fmt"
	"math"

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
	less              = 0x11 // quiet, false with NaN
	greater           = 0x1E
	notLessOrEqual    = 0x16 // quiet, true with NaN
	notGreaterOrEqual = 0x19
	equal             = 0x00 // quiet, false with NaN
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
