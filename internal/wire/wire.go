package wire

import (
	"encoding/binary"
	"fmt"
	"math"
)

// U64 appends one unsigned number.
func U64(dst []byte, v uint64) []byte { return binary.LittleEndian.AppendUint64(dst, v) }

// Int appends one signed number.
func Int(dst []byte, v int) []byte { return U64(dst, uint64(v)) }

// Bool appends a truth value.
func Bool(dst []byte, v bool) []byte {
	if v {
		return append(dst, 1)
	}
	return append(dst, 0)
}

// F64 appends one float64, bit for bit.
func F64(dst []byte, v float64) []byte { return U64(dst, math.Float64bits(v)) }

// Bytes appends a length and the bytes.
func Bytes(dst, v []byte) []byte { return append(U64(dst, uint64(len(v))), v...) }

// String appends a length and the bytes of v.
func String(dst []byte, v string) []byte { return append(U64(dst, uint64(len(v))), v...) }

// F32s appends a length and the numbers, bit for bit.
func F32s(dst []byte, v []float32) []byte {
	dst = U64(dst, uint64(len(v)))
	for _, x := range v {
		dst = binary.LittleEndian.AppendUint32(dst, math.Float32bits(x))
	}
	return dst
}

// F64s appends a length and the numbers, bit for bit.
func F64s(dst []byte, v []float64) []byte {
	dst = U64(dst, uint64(len(v)))
	for _, x := range v {
		dst = F64(dst, x)
	}
	return dst
}

// Ints appends a length and the numbers.
func Ints(dst []byte, v []int) []byte {
	dst = U64(dst, uint64(len(v)))
	for _, x := range v {
		dst = Int(dst, x)
	}
	return dst
}

// Reader takes apart what the Append functions wrote.
type Reader struct {
	rest []byte
	err  error
}

// NewReader reads from state.
func NewReader(state []byte) *Reader { return &Reader{rest: state} }

// Err returns the first fault, or a fault if bytes are left over.
func (r *Reader) Err() error {
	if r.err == nil && len(r.rest) > 0 {
		r.err = fmt.Errorf("state has %d bytes too many", len(r.rest))
	}
	return r.err
}

// Fail records a fault found by the caller.
func (r *Reader) Fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

// take returns the next n bytes, or nil after a fault.
func (r *Reader) take(n uint64) []byte {
	if r.err == nil && n > uint64(len(r.rest)) {
		r.err = fmt.Errorf("state ends early: want %d bytes, have %d", n, len(r.rest))
	}
	if r.err != nil {
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

// U64 reads one unsigned number.
func (r *Reader) U64() uint64 {
	if b := r.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// Int reads one signed number.
func (r *Reader) Int() int { return int(int64(r.U64())) }

// Bool reads a truth value.
func (r *Reader) Bool() bool {
	b := r.take(1)
	return b != nil && b[0] != 0
}

// F64 reads one float64.
func (r *Reader) F64() float64 { return math.Float64frombits(r.U64()) }

// length reads a slice's length and checks it against what is left.
func (r *Reader) length(size uint64) uint64 {
	n := r.U64()
	if r.err == nil && n > uint64(len(r.rest))/size {
		r.err = fmt.Errorf("state ends early: a slice of %d elements in %d bytes", n, len(r.rest))
	}
	if r.err != nil {
		return 0
	}
	return n
}

// Bytes reads a byte slice; it is a part of the input.
func (r *Reader) Bytes() []byte { return r.take(r.length(1)) }

// String reads a string.
func (r *Reader) String() string { return string(r.Bytes()) }

// F32s reads a slice of any length.
func (r *Reader) F32s() []float32 {
	v := make([]float32, r.length(4))
	r.f32s(v)
	return v
}

// F32sInto reads a slice that must have exactly the length of dst.
func (r *Reader) F32sInto(dst []float32, name string) {
	if n := r.length(4); r.err == nil && n != uint64(len(dst)) {
		r.Fail("%s has %d numbers, want %d", name, n, len(dst))
	}
	r.f32s(dst)
}

func (r *Reader) f32s(dst []float32) {
	b := r.take(4 * uint64(len(dst)))
	if b == nil {
		return
	}
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
}

// F64s reads a slice of any length.
func (r *Reader) F64s() []float64 {
	v := make([]float64, r.length(8))
	for i := range v {
		v[i] = r.F64()
	}
	return v
}

// F64sInto reads a slice that must have exactly the length of dst.
func (r *Reader) F64sInto(dst []float64, name string) {
	if n := r.length(8); r.err == nil && n != uint64(len(dst)) {
		r.Fail("%s has %d numbers, want %d", name, n, len(dst))
		return
	}
	for i := range dst {
		dst[i] = r.F64()
	}
}

// Ints reads a slice of any length.
func (r *Reader) Ints() []int {
	v := make([]int, r.length(8))
	for i := range v {
		v[i] = r.Int()
	}
	return v
}

// Failed reports whether a fault was met, without asking for the end of input.
func (r *Reader) Failed() bool { return r.err != nil }
