package env

import (
	"encoding/binary"
	"fmt"
	"math"
)

// AppendFloats appends a state that is a vector of numbers, bit for bit: all
// that AppendState of a simple task has to do.
func AppendFloats(dst []byte, state []float64) []byte {
	for _, x := range state {
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(x))
	}
	return dst
}

// RestoreFloats sets state to what AppendFloats wrote. Bytes of another length
// are refused, and state is then left alone.
func RestoreFloats(saved []byte, state []float64) error {
	if len(saved) != 8*len(state) {
		return fmt.Errorf("env: restore: the state has %d bytes; want %d numbers of 8", len(saved), len(state))
	}
	for i := range state {
		state[i] = math.Float64frombits(binary.LittleEndian.Uint64(saved[8*i:]))
	}
	return nil
}
