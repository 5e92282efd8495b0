package rng

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"math/bits"
)

// Key names a stream: 64 bits of Philox key and the upper 64 bits of its
// 128-bit counter. The lower 64 bits of the counter are the index.
type Key struct{ Word, Space uint64 }

// philox returns the four 32-bit words at counter (hi, lo) under key.
func philox(key, hi, lo uint64) (w0, w1, w2, w3 uint32) {
	const m0, m1 = 0xD2511F53, 0xCD9E8D57
	c0, c1, c2, c3 := uint32(lo), uint32(lo>>32), uint32(hi), uint32(hi>>32)
	k0, k1 := uint32(key), uint32(key>>32)
	for range 10 {
		p0, p1 := uint64(m0)*uint64(c0), uint64(m1)*uint64(c2)
		c0, c1, c2, c3 = uint32(p1>>32)^c1^k0, uint32(p1), uint32(p0>>32)^c3^k1, uint32(p0)
		k0 += 0x9E3779B9
		k1 += 0xBB67AE85
	}
	return c0, c1, c2, c3
}

// Root is the key of a whole run.
func Root(seed uint64) Key {
	return Key{Word: 0x64656d6f726c0001, Space: 0}.At(seed)
}

// Derive returns the key of the consumer called name, and of its index-th
// instance where there are several.
func (k Key) Derive(name string, index ...uint64) Key {
	h := fnv.New64a()
	h.Write([]byte(name))
	out := k.At(h.Sum64() ^ 0x5bd1e995_9d1b54a5)
	for _, i := range index {
		out = out.At(i)
	}
	return out
}

// At returns the i-th child of k. It is cheap enough for a call a block.
func (k Key) At(i uint64) Key {
	a, b, c, d := philox(k.Word^0xA5A5A5A5_5A5A5A5A, k.Space, i)
	return Key{Word: uint64(a) | uint64(b)<<32, Space: uint64(c) | uint64(d)<<32}
}

// Block returns the four words at index i of k.
func (k Key) Block(i uint64) (w0, w1, w2, w3 uint32) { return philox(k.Word, k.Space, i) }

// Uint64At returns a uniform 64-bit number, the i-th of k.
func (k Key) Uint64At(i uint64) uint64 {
	a, b, _, _ := philox(k.Word, k.Space, i)
	return uint64(a) | uint64(b)<<32
}

// IntnAt returns a uniform number in [0, n), the i-th of k. n must be positive.
func (k Key) IntnAt(i uint64, n int) int {
	if n <= 0 {
		panic("rng: IntnAt with n <= 0")
	}
	// The bias of the multiply-shift is below n/2^64.
	hi, _ := bits.Mul64(k.Uint64At(i), uint64(n))
	return int(hi)
}

// Float64At returns a uniform number in [0, 1), the i-th of k.
func (k Key) Float64At(i uint64) float64 { return float64(k.Uint64At(i)>>11) * 0x1p-53 }

// Stream walks along one key.
type Stream struct {
	key Key
	pos uint64
}

// NewStream returns a stream at the beginning of k.
func NewStream(k Key) *Stream { return &Stream{key: k} }

// Key returns the identity of the stream.
func (s *Stream) Key() Key { return s.key }

// Uint64 returns the next 64 uniform bits.
func (s *Stream) Uint64() uint64 {
	u := s.key.Uint64At(s.pos)
	s.pos++
	return u
}

// Float64 returns the next uniform number in [0, 1).
func (s *Stream) Float64() float64 { return float64(s.Uint64()>>11) * 0x1p-53 }

// Uniform returns the next uniform number in [lo, hi).
func (s *Stream) Uniform(lo, hi float64) float64 { return lo + (hi-lo)*s.Float64() }

// Intn returns the next uniform number in [0, n). n must be positive.
func (s *Stream) Intn(n int) int {
	i := s.key.IntnAt(s.pos, n)
	s.pos++
	return i
}

// Normal returns the next standard normal number, in float64 precision
// (Box-Muller; one index of the key a number).
func (s *Stream) Normal() float64 {
	a, b, c, d := s.key.Block(s.pos)
	s.pos++
	u1 := (float64((uint64(a)|uint64(b)<<32)>>11) + 1) * 0x1p-53 // (0, 1]
	u2 := float64((uint64(c)|uint64(d)<<32)>>11) * 0x1p-53
	return math.Sqrt(-2*math.Log(u1)) * math.Cos(2*math.Pi*u2)
}

// StateSize is the length of a stream's serialised state in bytes.
const StateSize = 24

// AppendState appends the stream's state to dst.
func (s *Stream) AppendState(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, s.key.Word)
	dst = binary.LittleEndian.AppendUint64(dst, s.key.Space)
	return binary.LittleEndian.AppendUint64(dst, s.pos)
}

// RestoreState sets the stream to a state written by AppendState.
func (s *Stream) RestoreState(state []byte) error {
	if len(state) != StateSize {
		return fmt.Errorf("rng: stream state has %d bytes, want %d", len(state), StateSize)
	}
	s.key.Word = binary.LittleEndian.Uint64(state)
	s.key.Space = binary.LittleEndian.Uint64(state[8:])
	s.pos = binary.LittleEndian.Uint64(state[16:])
	return nil
}
