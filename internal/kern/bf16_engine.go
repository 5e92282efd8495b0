package kern

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
)

// A bf16Engine is one way to multiply bfloat16 numbers; higher is preferred.
type bf16Engine int32

const (
	engineGeneric    bf16Engine = iota // the twin of avx512bf16, in plain Go
	engineFloat32                      // the float32 kernels on rounded numbers
	engineAVX512BF16                   // VDPBF16PS
	engineAMX                          // TDPBF16PS
)

var bf16Names = []string{engineGeneric: "generic", engineFloat32: "float32", engineAVX512BF16: "avx512bf16", engineAMX: "amx"}

// forcedBF16 is one more than the engine that SetBF16Engine chose, 0 for none.
// It is process-wide like the tier.
var forcedBF16 atomic.Int32

// currentBF16 follows the tier unless an engine was chosen: a program that
// forces a tier gets no instructions beyond it.
func currentBF16() bf16Engine {
	if e := forcedBF16.Load(); e > 0 {
		return bf16Engine(e - 1)
	}
	if current() < tierAVX512 {
		return engineFloat32
	}
	return bestBF16()
}

// BF16Engine returns the name of the engine in use for bfloat16 products.
// Results are the same in every bit only on the same engine and, for float32,
// on the same tier.
func BF16Engine() string { return bf16Names[currentBF16()] }

// BF16Engines returns the names of the engines that this processor and build
// have, slowest first.
func BF16Engines() []string {
	var names []string
	for e, name := range bf16Names {
		if hasBF16(bf16Engine(e)) {
			names = append(names, name)
		}
	}
	return names
}

// SetBF16Engine selects an engine by name; the empty name goes back to the best
// one of the tier in use. It is for start-up and tests: a PackedBF16 must be
// packed again after a change.
func SetBF16Engine(name string) error {
	if name == "" {
		forcedBF16.Store(0)
		return nil
	}
	if !slices.Contains(BF16Engines(), name) {
		what := "unknown"
		if slices.Contains(bf16Names, name) {
			what = "not on this machine or not in this build"
		}
		return fmt.Errorf("bfloat16 engine %q is %s: choose one of %s", name, what, strings.Join(BF16Engines(), ", "))
	}
	forcedBF16.Store(int32(slices.Index(bf16Names, name)) + 1)
	return nil
}
