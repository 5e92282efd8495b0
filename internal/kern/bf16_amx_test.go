//go:build amd64 && !noasm

package kern

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// objdump is an independent reading of the bytes, and says that an assembler
// would write these instructions so.
func TestAMXBytesAreTheInstructionsThatTheyShouldBe(t *testing.T) {
	var code []byte
	var want []string
	for _, s := range readAMX(t).statements {
		if s.tile != nil {
			code = append(code, s.raw...)
			want = append(want, s.tile.String())
		}
	}
	if len(want) != 22 {
		t.Errorf("the routine has %d AMX instructions, want 22", len(want))
	}
	got := disassemble(t, code)
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("objdump reads\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestRawWordsOfTheAVX512RoutinesAreBF16Instructions(t *testing.T) {
	text, err := os.ReadFile("bf16_avx512_amd64.s")
	if err != nil {
		t.Fatal(err)
	}
	var code []byte
	for _, m := range regexp.MustCompile(`(?m)^\t(LONG|WORD|BYTE) +\$0x(\w+)$`).FindAllStringSubmatch(string(text), -1) {
		word, err := strconv.ParseUint(m[2], 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		code = append(code, binary.LittleEndian.AppendUint64(nil, word)[:rawSizes[m[1]]]...)
	}
	whole := regexp.MustCompile(`^(vdpbf16ps|vcvtne2ps2bf16) zmm\d+,zmm\d+,zmm\d+$`)
	lines := disassemble(t, code)
	for _, line := range lines {
		if !whole.MatchString(line) {
			t.Errorf("objdump reads %q", line)
		}
	}
	if len(lines) == 0 || 6*len(lines) != len(code) {
		t.Errorf("%d bytes are %d instructions", len(code), len(lines))
	}
}

// disassemble returns one line an instruction, in Intel's syntax, single-spaced.
func disassemble(t *testing.T, code []byte) []string {
	t.Helper()
	objdump, err := exec.LookPath("objdump")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("no objdump")
	}
	file := filepath.Join(t.TempDir(), "code")
	if err := os.WriteFile(file, code, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(objdump, "-D", "-b", "binary", "-m", "i386:x86-64", "-M", "intel", "--no-show-raw-insn", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(out)) {
		if address, text, ok := strings.Cut(line, ":\t"); ok && !strings.ContainsAny(strings.TrimSpace(address), " ") {
			lines = append(lines, strings.Join(strings.Fields(text), " "))
		}
	}
	return lines
}

func TestEmulatedAMXRoutineReturnsTheBitsOfItsTwin(t *testing.T) {
	emulateAMX(t)
	r := rand.New(rand.NewPCG(1, 3))
	for trial := range 40 {
		panels, steps := 1+r.IntN(3), 1+r.IntN(4)
		panelSize := (steps + r.IntN(2)) * 2 * amxTile
		value := func() uint16 { return roundBF16(float32(r.NormFloat64())) }
		if trial%4 == 1 { // products around the smallest normal float32
			value = func() uint16 { return uint16(r.IntN(2)<<15 | (58+r.IntN(11))<<7 | r.IntN(128)) }
		}
		a, aWhole := guardedHalf(steps*2*amxTile, r.IntN(16), value)
		b, bWhole := guardedHalf(panels*panelSize, r.IntN(16), value)
		got, gotWhole := guarded(panels*amxRows*panelWidth, r.IntN(16), r.Float32)
		want := append([]float32(nil), got...)
		accumulate := r.IntN(2) == 0
		amxBlocks(got, a, b, panels, steps, panelSize, accumulate)
		amxBlocksGeneric(want, a, b, panels, steps, panelSize, accumulate)
		if !aWhole() || !bWhole() || !gotWhole() {
			t.Fatalf("trial %d: wrote outside", trial)
		}
		for i := range want {
			if !sameBits(got[i], want[i]) {
				t.Fatalf("trial %d, %d panels of %d steps: element %d is %x, want %x", trial, panels, steps, i, got[i], want[i])
			}
		}
	}
}

func TestEmulatedAMXEngineAgreesWithFloat64AtRandomShapes(t *testing.T) {
	calls := emulateAMX(t)
	r := rand.New(rand.NewPCG(4, 5))
	for range 30 {
		checkBF16Product(t, r, 1+r.IntN(70), 1+r.IntN(100), 1+r.IntN(150), r.IntN(2) == 0, Act(r.IntN(4)))
	}
	checkBF16Product(t, r, 33, 1100, 140, true, SiLU)
	if *calls < 50 {
		t.Errorf("the routine was called %d times", *calls)
	}
}

func TestEmulatedAMXEngineGivesTheSameBitsHoweverRowsAreSplit(t *testing.T) {
	emulateAMX(t)
	const m, k, n = 70, 37, 41
	a := halves(rand.New(rand.NewPCG(7, 8)), m, k, Even(k))
	var p PackedBF16
	p.Pack(fill(k*n, 2), k, n)
	want, got := make([]float32, m*n), make([]float32, m*n)
	MulBF16(want, n, a, Even(k), m, &p, nil, SiLU)
	for from, rows := 0, 1; from < m; from, rows = from+rows, rows+5 {
		rows = min(rows, m-from)
		MulBF16(got[from*n:], n, a[from*Even(k):], Even(k), rows, &p, nil, SiLU)
	}
	for i := range want {
		if math.Float32bits(want[i]) != math.Float32bits(got[i]) {
			t.Fatalf("element %d is %v in one piece, %v in several", i, want[i], got[i])
		}
	}
}

func TestTheAMXEngineAllocatesNothing(t *testing.T) {
	emulateAMX(t)
	amxBlocks = amxBlocksGeneric
	const m, k, n = 35, 45, 70
	a, dst, half := halves(rand.New(rand.NewPCG(1, 1)), m, k, Even(k)), make([]float32, m*n), make([]uint16, m*n)
	var p PackedBF16
	p.Pack(fill(k*n, 2), k, n)
	if allocs := testing.AllocsPerRun(3, func() {
		MulBF16(dst, n, a, Even(k), m, &p, nil, SiLU)
		MulBF16Rounded(half, n, a, Even(k), m, &p, nil, SiLU)
	}); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func TestAMXIsRefusedWhereItsProductsAreWrong(t *testing.T) {
	if !checkAMX(amxBlocksGeneric) {
		t.Error("the definition is refused")
	}
	if checkAMX(func(c []float32, a, b []uint16, panels, steps, panelSize int, accumulate bool) {
		amxBlocksGeneric(c, a, b, panels, steps-1, panelSize, accumulate)
	}) {
		t.Error("a product without its last step is taken")
	}
}
