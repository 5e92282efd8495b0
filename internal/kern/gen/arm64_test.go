package main

import (
	"encoding/binary"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/arch/arm64/arm64asm"
)

// The decoder is an oracle of its own: it is made from ARM's tables.
func TestEveryEncodedWordIsTheInstructionBesideIt(t *testing.T) {
	line := regexp.MustCompile(`WORD \$0x([0-9a-f]{8}) // (.+)`)
	seen := 0
	for _, f := range armFiles {
		asm, _ := f.text()
		if n := strings.Count(asm, "WORD"); n != len(line.FindAllString(asm, -1)) {
			t.Errorf("%s: a word has no text", f.path)
		}
		for _, m := range line.FindAllStringSubmatch(asm, -1) {
			word, err := strconv.ParseUint(m[1], 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			inst, err := arm64asm.Decode(binary.LittleEndian.AppendUint32(nil, uint32(word)))
			if got := arm64asm.GNUSyntax(inst); err != nil || got != m[2] {
				t.Errorf("%s: %s is %q (%v), not %q", f.path, m[1], got, err, m[2])
			}
			seen++
		}
	}
	if seen < 1000 {
		t.Errorf("only %d words", seen)
	}
}

func TestALineThatNeedsMoreRegistersThanThereAreIsRefused(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	v := newLanes(newRoutine("f", ""))
	var all []value
	for range 33 {
		all = append(all, v.one(ldrNext, general(0)))
	}
	for _, x := range all {
		v.store(strNext, x, 1)
	}
	v.loop("loop")
}

func TestConstantsThatFindNoRegisterAreLoadedWhereTheyAreUsed(t *testing.T) {
	v := newLanes(newRoutine("f", ""))
	x := v.one(ldrNext, general(0))
	for i := range 40 {
		x = v.add(x, v.num(float32(i)))
	}
	v.store(strNext, x, 1)
	v.loop("loop")
	_, body, _ := strings.Cut(strings.Join(v.lines, "\n"), "loop:")
	if loads := strings.Count(body, "[x17"); loads != 10 { // one register is x's, one the loaded constants'
		t.Errorf("%d loads in the loop", loads)
	}
}
