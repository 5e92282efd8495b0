//go:build amd64 && !noasm

package kern

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unsafe"
)

// No AMX is needed to test the AMX engine: a small machine executes the
// assembly routine itself, line by line from its source, its raw words decoded.

// amxRoutine is the source of mulAMX.
const amxRoutine = "bf16_amx_amd64.s"

// amxCode is the routine: statements in order, and where labels stand.
type amxCode struct {
	statements []amxStatement
	labels     map[string]int
}

// amxStatement is a line of Go assembly, or an AMX instruction with its bytes.
type amxStatement struct {
	op   string
	args []string
	tile *tileInstruction
	raw  []byte
}

// tileInstruction is what the machine needs of an AMX instruction.
type tileInstruction struct {
	name         string
	reg, rm, v   int // tiles
	base, stride int // general registers
	displacement int32
}

// String is the instruction as objdump -M intel writes it.
func (i *tileInstruction) String() string {
	address := fmt.Sprintf("[%s+%s*1]", gpNames[i.base], gpNames[i.stride])
	if i.displacement != 0 || i.name == "tileloadd" || i.name == "tilestored" {
		address = fmt.Sprintf("[%s+%s*1+%#x]", gpNames[i.base], gpNames[i.stride], i.displacement)
	}
	switch i.name {
	case "ldtilecfg":
		return fmt.Sprintf("ldtilecfg [%s]", gpNames[i.base])
	case "tilezero":
		return fmt.Sprintf("tilezero tmm%d", i.reg)
	case "tileloadd":
		return fmt.Sprintf("tileloadd tmm%d,%s", i.reg, address)
	case "tilestored":
		return fmt.Sprintf("tilestored %s,tmm%d", address, i.reg)
	case "tdpbf16ps":
		return fmt.Sprintf("tdpbf16ps tmm%d,tmm%d,tmm%d", i.reg, i.rm, i.v)
	}
	return i.name
}

var gpNames = []string{"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi"}

// goNames are the registers in Go's assembly, in the order of their numbers.
var goNames = []string{"AX", "CX", "DX", "BX", "SP", "BP", "SI", "DI", "R8", "R9", "R10", "R11", "R12", "R13", "R14", "R15"}

// decodeTile decodes one instruction, which must fill code, from the manual's
// tables: VEX.128.0F38.W0 with all registers below eight.
func decodeTile(code []byte) (*tileInstruction, error) {
	if len(code) < 5 || code[0] != 0xC4 || code[1] != 0xE2 || code[2]&0x84 != 0 {
		return nil, fmt.Errorf("% x is no instruction of this map", code)
	}
	prefix, opcode, modrm, rest := code[2]&3, code[3], code[4], code[5:]
	mod, reg, rm, v := modrm>>6, int(modrm>>3&7), int(modrm&7), int(^code[2]>>3&15)
	i := &tileInstruction{reg: reg, rm: rm, v: v}
	switch {
	case opcode == 0x49 && prefix == 0 && mod == 0 && reg == 0 && rm != 4 && rm != 5:
		i.name, i.base = "ldtilecfg", rm
	case opcode == 0x49 && prefix == 0 && modrm == 0xC0:
		i.name = "tilerelease"
	case opcode == 0x49 && prefix == 3 && mod == 3 && rm == 0:
		i.name = "tilezero"
	case opcode == 0x5C && prefix == 2 && mod == 3:
		i.name = "tdpbf16ps"
	case opcode == 0x4B && mod == 2 && rm == 4 && len(rest) == 5 && rest[0]>>6 == 0:
		i.name = map[byte]string{3: "tileloadd", 2: "tilestored"}[prefix]
		i.base, i.stride = int(rest[0]&7), int(rest[0]>>3&7)
		i.displacement = int32(binary.LittleEndian.Uint32(rest[1:]))
		rest = nil
	}
	if i.name == "" || len(rest) > 0 || v != 0 && i.name != "tdpbf16ps" {
		return nil, fmt.Errorf("% x is no known instruction", code)
	}
	return i, nil
}

var rawSizes = map[string]int{"LONG": 4, "WORD": 2, "BYTE": 1}

// readAMX reads the routine's source. A new instruction begins with a LONG that
// holds its prefix.
func readAMX(t testing.TB) *amxCode {
	t.Helper()
	text, err := os.ReadFile(amxRoutine)
	if err != nil {
		t.Fatal(err)
	}
	c := &amxCode{labels: map[string]int{}}
	_, body, found := strings.Cut(string(text), "TEXT ·mulAMX(SB), NOSPLIT, $0-64\n")
	if !found {
		t.Fatal("no mulAMX in " + amxRoutine)
	}
	label := regexp.MustCompile(`^(\w+):$`)
	for line := range strings.Lines(body) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		if m := label.FindStringSubmatch(line); m != nil {
			c.labels[m[1]] = len(c.statements)
			continue
		}
		op, rest, _ := strings.Cut(line, " ")
		if size := rawSizes[op]; size > 0 {
			word, err := strconv.ParseUint(strings.TrimPrefix(strings.TrimSpace(rest), "$0x"), 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			code := binary.LittleEndian.AppendUint64(nil, word)[:size]
			if code[0] == 0xC4 && size == 4 {
				c.statements = append(c.statements, amxStatement{})
			}
			last := &c.statements[len(c.statements)-1]
			last.raw = append(last.raw, code...)
			continue
		}
		var args []string
		for arg := range strings.SplitSeq(rest, ",") {
			if arg = strings.TrimSpace(arg); arg != "" {
				args = append(args, arg)
			}
		}
		c.statements = append(c.statements, amxStatement{op: op, args: args})
	}
	for i := range c.statements {
		if s := &c.statements[i]; s.raw != nil {
			if s.tile, err = decodeTile(s.raw); err != nil {
				t.Fatal(err)
			}
		}
	}
	return c
}

// amxMachine executes the routine on memory that consists of named regions.
type amxMachine struct {
	code       *amxCode
	gp         [16]uint64
	zero       bool
	regions    map[uint64][]byte // by the upper half of an address
	params     map[string]uint64
	configured bool
	tiles      [8][1024]byte
	executed   int
}

// at returns size bytes of memory and panics if they do not all exist.
func (m *amxMachine) at(address uint64, size int) []byte {
	region, from := m.regions[address>>32], int(uint32(address))
	if from+size > len(region) {
		panic(fmt.Sprintf("access to %d bytes at %d of a region of %d (number %d)", size, from, len(region), address>>32))
	}
	return region[from : from+size]
}

func (m *amxMachine) value(arg string) uint64 {
	if rest, ok := strings.CutPrefix(arg, "$"); ok {
		n, err := strconv.ParseUint(rest, 0, 64)
		if err != nil {
			panic(err)
		}
		return n
	}
	if name, ok := strings.CutSuffix(arg, "(FP)"); ok {
		return m.params[name]
	}
	return *m.register(arg)
}

func (m *amxMachine) register(name string) *uint64 {
	for i, n := range goNames {
		if n == name {
			return &m.gp[i]
		}
	}
	panic("no register " + name)
}

func (m *amxMachine) run() {
	for pc := 0; ; pc++ {
		if m.executed++; m.executed > 1e7 {
			panic("the routine does not end")
		}
		s := m.code.statements[pc]
		if s.tile != nil {
			m.tileStep(s.tile)
			continue
		}
		jump := false
		switch s.op {
		case "MOVQ":
			*m.register(s.args[1]) = m.value(s.args[0])
		case "ADDQ":
			*m.register(s.args[1]) += m.value(s.args[0])
			m.zero = *m.register(s.args[1]) == 0
		case "DECQ":
			*m.register(s.args[0])--
			m.zero = *m.register(s.args[0]) == 0
		case "TESTQ":
			m.zero = m.value(s.args[0])&m.value(s.args[1]) == 0
		case "JNE":
			jump = !m.zero
		case "JMP":
			jump = true
		case "VZEROUPPER":
		case "RET":
			if m.configured {
				panic("the routine ends without TILERELEASE")
			}
			return
		default:
			panic("no instruction " + s.op)
		}
		if jump {
			to, ok := m.code.labels[s.args[0]]
			if !ok {
				panic("no label " + s.args[0])
			}
			pc = to - 1
		}
	}
}

func (m *amxMachine) tileStep(i *tileInstruction) {
	if i.name == "ldtilecfg" {
		config := m.at(m.gp[i.base], 64)
		for tile := range 8 {
			if config[0] != 1 || binary.LittleEndian.Uint16(config[16+2*tile:]) != 64 || config[48+tile] != 16 {
				panic(fmt.Sprintf("configuration % x", config))
			}
		}
		m.configured, m.tiles = true, [8][1024]byte{}
		return
	}
	if !m.configured {
		panic(i.name + " without configuration")
	}
	row := func(r int) []byte {
		return m.at(m.gp[i.base]+uint64(int64(i.displacement))+uint64(r)*m.gp[i.stride], 64)
	}
	switch i.name {
	case "tilerelease":
		m.configured = false
	case "tilezero":
		m.tiles[i.reg] = [1024]byte{}
	case "tileloadd":
		for r := range 16 {
			copy(m.tiles[i.reg][64*r:], row(r))
		}
	case "tilestored":
		for r := range 16 {
			copy(row(r), m.tiles[i.reg][64*r:64*(r+1)])
		}
	case "tdpbf16ps":
		m.dot(i.reg, i.rm, i.v)
	}
}

// dot is the manual's pseudo-code of TDPBF16PS for whole tiles.
func (m *amxMachine) dot(dst, src1, src2 int) {
	if dst == src1 || dst == src2 || src1 == src2 {
		panic("TDPBF16PS with equal tiles is an invalid instruction")
	}
	half := func(tile, row, element int) uint16 {
		return binary.LittleEndian.Uint16(m.tiles[tile][64*row+2*element:])
	}
	for row := range 16 {
		var sums [32]float32
		for k := range 16 {
			for n := range 32 {
				sums[n] = fmaFlushed(half(src1, row, 2*k+n%2), half(src2, k, n), sums[n])
			}
		}
		for n := range 16 {
			out := m.tiles[dst][64*row+4*n:]
			c := math.Float32frombits(binary.LittleEndian.Uint32(out))
			c = flush(flush(c) + flush(sums[2*n]+sums[2*n+1]))
			binary.LittleEndian.PutUint32(out, math.Float32bits(c))
		}
	}
}

func bytesOf[T float32 | uint16](x []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(&x[0])), len(x)*int(unsafe.Sizeof(x[0])))
}

// emulateAMX puts the machine in the place of mulAMX and makes the engine
// available; it returns a counter of calls.
func emulateAMX(t testing.TB) *int {
	code, calls := readAMX(t), new(int)
	wasBlocks, wasFound := amxBlocks, hasAMX
	amxBlocks = func(c []float32, a, b []uint16, panels, steps, panelSize int, accumulate bool) {
		*calls++
		add := uint64(0)
		if accumulate {
			add = 1
		}
		m := &amxMachine{code: code,
			regions: map[uint64][]byte{1: amxConfig[:], 2: bytesOf(c), 3: bytesOf(a), 4: bytesOf(b)},
			params: map[string]uint64{"config+0": 1 << 32, "panels+8": uint64(panels), "steps+16": uint64(steps), "c+24": 2 << 32,
				"a+32": 3 << 32, "b+40": 4 << 32, "panelBytes+48": uint64(2 * panelSize), "accumulate+56": add}}
		m.run()
	}
	hasAMX = func() bool { return true }
	t.Cleanup(func() {
		SetBF16Engine("")
		amxBlocks, hasAMX = wasBlocks, wasFound
	})
	if err := SetBF16Engine("amx"); err != nil {
		t.Fatal(err)
	}
	return calls
}
