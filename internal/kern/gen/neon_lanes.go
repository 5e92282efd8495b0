package main

import (
	"fmt"
	"math"
	"slices"
)

// value is a vector that a straight line of instructions makes, reads or
// stores; registers are chosen for values at the end. A negative value names a
// general register.
type value int

func general(register int) value { return value(-1 - register) }

// none stands where an instruction has no such register.
var none = general(0)

// step is one instruction of the line.
type step struct {
	op      op
	d, n, m value
	reads   bool  // d is read: a store
	over    value // d takes the register of this value, which ends here; or none
}

// lanes writes the body of a loop over vectors of four numbers, operation by
// operation, and then chooses registers: constants that find one stay in it
// for the whole loop, the others are loaded where they are used.
type lanes struct {
	*routine
	steps     []step
	values    int
	constants []value
	words     map[value][2]uint64
	presets   []value
	fill      map[value]func(register int)
	pairs     map[[8]uint32]value
}

func newLanes(r *routine) *lanes {
	return &lanes{routine: r, words: map[value][2]uint64{}, fill: map[value]func(int){}, pairs: map[[8]uint32]value{}}
}

func (v *lanes) value() value {
	v.values++
	return value(v.values - 1)
}

// preset is a value that lives through the loop; fill writes what puts it
// into its register before.
func (v *lanes) preset(fill func(register int)) value {
	x := v.value()
	v.presets = append(v.presets, x)
	v.fill[x] = fill
	return x
}

// pair is a table of eight words in two registers side by side, named by the
// first: presets get registers in their order.
func (v *lanes) pair(table [8]uint32) value {
	if first, ok := v.pairs[table]; ok {
		return first
	}
	var first value
	at := -1
	for half := range 2 {
		word := func(i int) uint64 { return uint64(table[4*half+i+1])<<32 | uint64(table[4*half+i]) }
		words := [2]uint64{word(0), word(2)}
		x := v.preset(func(register int) {
			if half == 1 && register != at+1 {
				panic(v.name + ": a pair lies apart")
			}
			at = register
			v.vec(ldrQ(v.constant(words)), register, poolBase, 0)
		})
		if half == 0 {
			first = x
		}
	}
	v.pairs[table] = first
	return first
}

func (v *lanes) words128(words [2]uint64) value {
	for _, c := range v.constants {
		if v.words[c] == words {
			return c
		}
	}
	c := v.value()
	v.constants = append(v.constants, c)
	v.words[c] = words
	return c
}

func (v *lanes) bits(word uint32) value {
	pair := uint64(word)<<32 | uint64(word)
	return v.words128([2]uint64{pair, pair})
}

func (v *lanes) num(x float32) value { return v.bits(math.Float32bits(x)) }

func (v *lanes) do(o op, n, m value) value {
	d := v.value()
	v.steps = append(v.steps, step{op: o, d: d, n: n, m: m, over: none})
	return d
}

func (v *lanes) add(a, b value) value    { return v.do(fadd, a, b) }
func (v *lanes) sub(a, b value) value    { return v.do(fsub, a, b) }
func (v *lanes) mul(a, b value) value    { return v.do(fmul, a, b) }
func (v *lanes) div(a, b value) value    { return v.do(fdiv, a, b) }
func (v *lanes) addInt(a, b value) value { return v.do(addInt, a, b) }
func (v *lanes) subInt(a, b value) value { return v.do(subInt, a, b) }
func (v *lanes) one(o op, a value) value { return v.do(o, a, none) }

// choose returns yes where the mask is set, else no; it ends the mask.
func (v *lanes) choose(mask, yes, no value) value {
	d := v.value()
	v.steps = append(v.steps, step{op: bsl, d: d, n: yes, m: no, over: mask})
	return d
}

// relu is x where it is not below zero: -0 and NaN stay, which fmax would not
// let them.
func (v *lanes) relu(x value) value { return v.do(bic, x, v.one(fcmltZero, x)) }

// clamp keeps NaN.
func (v *lanes) clamp(x value, lo, hi float32) value {
	return v.do(fmin, v.do(fmax, x, v.num(lo)), v.num(hi))
}

// poly evaluates coefficients, lowest first, in x with one rounding an operation.
func (v *lanes) poly(x value, coefficients ...float32) value {
	p := v.num(coefficients[len(coefficients)-1])
	for i := len(coefficients) - 2; i >= 0; i-- {
		p = v.add(v.mul(p, x), v.num(coefficients[i]))
	}
	return p
}

// store stores x at a general register's address.
func (v *lanes) store(o op, x value, register int) {
	v.steps = append(v.steps, step{op: o, d: x, n: general(register), m: none, reads: true, over: none})
}

// poolBase is the general register that holds the address of the constants.
const poolBase = 17

// loop writes the presets, the constants and then the body under the label.
// The caller writes what counts.
func (v *lanes) loop(label string) {
	kept := map[value]bool{}
	for _, c := range v.constants {
		kept[c] = true
	}
	for !v.fits(kept) {
		drop := none
		for _, c := range v.constants {
			if kept[c] && (drop == none || v.uses(c) <= v.uses(drop)) {
				drop = c
			}
		}
		if drop == none {
			panic(v.name + ": too many values for the registers")
		}
		delete(kept, drop)
	}
	lines, register := v.allocate(kept)
	if len(v.constants) > 0 || len(v.pairs) > 0 {
		v.gen("MOVD $%s<>(SB), R%d", v.poolName(), poolBase)
	}
	for _, p := range v.presets {
		v.fill[p](register[p])
	}
	for _, c := range v.constants {
		if kept[c] {
			v.vec(ldrQ(v.constant(v.words[c])), register[c], poolBase, 0)
		}
	}
	v.label(label)
	v.lines = append(v.lines, lines...)
}

func (v *lanes) uses(c value) int {
	n := 0
	for _, s := range v.steps {
		for _, x := range s.operands() {
			if x == c {
				n++
			}
		}
	}
	return n
}

// operands returns the values that the step reads.
func (s step) operands() []value {
	var all []value
	candidates := []value{s.n, s.m, s.over}
	if s.reads {
		candidates = append(candidates, s.d)
	}
	for _, x := range candidates {
		if x >= 0 {
			all = append(all, x)
		}
	}
	return all
}

func (v *lanes) fits(kept map[value]bool) bool {
	lines, _ := v.allocate(kept)
	return lines != nil
}

// registers says which value is in which of the 32 vector registers.
type registers struct {
	of   map[value]int
	free []int
}

func newRegisters() *registers {
	f := &registers{of: map[value]int{}}
	for r := 31; r >= 0; r-- {
		f.free = append(f.free, r)
	}
	return f
}

// take gives x a free register, if there is one.
func (f *registers) take(x value) bool {
	if len(f.free) == 0 {
		return false
	}
	f.of[x] = f.free[len(f.free)-1]
	f.free = f.free[:len(f.free)-1]
	return true
}

func (f *registers) release(x value) { f.free = append(f.free, f.of[x]) }

// number returns what an instruction's field holds for x.
func (f *registers) number(x value) int {
	if x < 0 {
		return int(-1 - x)
	}
	r, ok := f.of[x]
	if !ok {
		panic(fmt.Sprintf("value %d is read before it is made", x))
	}
	return r
}

// allocate returns the body's lines, and nil if the registers do not suffice,
// and each value's register.
func (v *lanes) allocate(kept map[value]bool) (lines []string, register map[value]int) {
	steps := v.withLoads(kept)
	last := map[value]int{}
	for i, s := range steps {
		for _, x := range s.operands() {
			last[x] = i
		}
	}
	file := newRegisters()
	lives := map[value]bool{} // through the loop
	for _, x := range append(slices.Clone(v.presets), v.constants...) {
		if _, constant := v.words[x]; constant && !kept[x] {
			continue
		}
		lives[x] = true
		if !file.take(x) {
			return nil, nil
		}
	}
	for i, s := range steps {
		n, m := file.number(s.n), file.number(s.m)
		ended := map[value]bool{}
		for _, x := range s.operands() {
			if last[x] == i && !lives[x] && x != s.over && !ended[x] {
				ended[x] = true
				file.release(x)
			}
		}
		switch {
		case s.over != none:
			if last[s.over] != i || lives[s.over] {
				panic(v.name + ": a mask is read again")
			}
			file.of[s.d] = file.of[s.over]
		case !s.reads && !file.take(s.d):
			return nil, nil
		}
		lines = append(lines, s.op.line(file.number(s.d), n, m))
	}
	return lines, file.of
}

// withLoads returns the steps with a load before each use of a constant that is
// not kept.
func (v *lanes) withLoads(kept map[value]bool) []step {
	next := value(v.values)
	var steps []step
	for _, s := range v.steps {
		for _, field := range []*value{&s.n, &s.m} {
			if words, constant := v.words[*field]; constant && !kept[*field] {
				steps = append(steps, step{op: ldrQ(v.constant(words)), d: next, n: general(poolBase), m: none, over: none})
				*field = next
				next++
			}
		}
		steps = append(steps, s)
	}
	return steps
}
