package wire_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"

	"demorl/internal/wire"
)

// everything appends one value of each kind.
func everything() []byte {
	b := wire.U64(nil, math.MaxUint64)
	b = wire.Int(b, -3)
	b = wire.Bool(b, true)
	b = wire.Bool(b, false)
	b = wire.F64(b, math.Copysign(0, -1))
	b = wire.Bytes(b, []byte{1, 2, 3})
	b = wire.String(b, "größe")
	b = wire.F32s(b, []float32{1.5, float32(math.Inf(-1)), math.SmallestNonzeroFloat32})
	b = wire.F64s(b, []float64{math.Pi, math.MaxFloat64})
	b = wire.Ints(b, []int{math.MinInt, 0, math.MaxInt})
	b = wire.F32s(b, []float32{7, 8})
	return wire.F64s(b, []float64{9})
}

// read takes it apart and reports whether every value came back.
func read(r *wire.Reader) bool {
	ok := r.U64() == math.MaxUint64 && r.Int() == -3
	ok = r.Bool() && !r.Bool() && ok
	z := r.F64()
	ok = z == 0 && math.Signbit(z) && ok
	ok = bytes.Equal(r.Bytes(), []byte{1, 2, 3}) && ok
	ok = r.String() == "größe" && ok
	ok = slices.Equal(r.F32s(), []float32{1.5, float32(math.Inf(-1)), math.SmallestNonzeroFloat32}) && ok
	ok = slices.Equal(r.F64s(), []float64{math.Pi, math.MaxFloat64}) && ok
	ok = slices.Equal(r.Ints(), []int{math.MinInt, 0, math.MaxInt}) && ok
	a, b := make([]float32, 2), make([]float64, 1)
	r.F32sInto(a, "a")
	r.F64sInto(b, "b")
	return slices.Equal(a, []float32{7, 8}) && slices.Equal(b, []float64{9}) && ok
}

func TestWhatIsAppendedIsReadBack(t *testing.T) {
	r := wire.NewReader(everything())
	if !read(r) {
		t.Error("a value came back as another")
	}
	if err := r.Err(); err != nil {
		t.Error(err)
	}
}

// The bytes are a format on disk: they must not change.
func TestTheBytesAreLittleEndianWithLengthsInFront(t *testing.T) {
	got := wire.F32s(wire.Int(nil, 258), []float32{1})
	want := []byte{2, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x3f}
	if !bytes.Equal(got, want) {
		t.Errorf("got % x, want % x", got, want)
	}
}

// A NaN's payload is part of a state's bits.
func TestNaNsKeepTheirBits(t *testing.T) {
	x := math.Float32frombits(0x7fc12345)
	y := math.Float64frombits(0x7ff8000000000abc)
	r := wire.NewReader(wire.F64(wire.F32s(nil, []float32{x}), y))
	if got := r.F32s()[0]; math.Float32bits(got) != 0x7fc12345 {
		t.Errorf("float32 came back as %x", math.Float32bits(got))
	}
	if got := r.F64(); math.Float64bits(got) != 0x7ff8000000000abc {
		t.Errorf("float64 came back as %x", math.Float64bits(got))
	}
}

func TestEveryCutStateIsAFaultAndNeverAPanic(t *testing.T) {
	whole := everything()
	for n := range whole {
		r := wire.NewReader(whole[:n])
		if read(r) || r.Err() == nil || !r.Failed() {
			t.Fatalf("a state cut to %d of %d bytes is taken", n, len(whole))
		}
		if !strings.Contains(r.Err().Error(), "ends early") {
			t.Fatalf("cut to %d: %v", n, r.Err())
		}
	}
	r := wire.NewReader(append(whole, 0, 0))
	if !read(r) || r.Failed() || r.Err() == nil || !strings.Contains(r.Err().Error(), "2 bytes too many") {
		t.Errorf("two bytes too many give %v", r.Err())
	}
}

// A damaged length must not ask for memory that the input cannot fill.
func TestAnAbsurdLengthIsAFault(t *testing.T) {
	for _, n := range []uint64{5, 1 << 40, 1 << 61, 1 << 62, 1<<63 + 1, math.MaxUint64} {
		state := append(binary.LittleEndian.AppendUint64(nil, n), make([]byte, 16)...)
		for name, f := range map[string]func(*wire.Reader) int{
			"F32s": func(r *wire.Reader) int { return len(r.F32s()) },
			"F64s": func(r *wire.Reader) int { return len(r.F64s()) },
			"Ints": func(r *wire.Reader) int { return len(r.Ints()) },
			"into": func(r *wire.Reader) int { r.F32sInto(make([]float32, 1), "x"); return 0 },
		} {
			r := wire.NewReader(state)
			if got := f(r); got != 0 || !r.Failed() {
				t.Errorf("%s takes a length of %d and returns %d elements", name, n, got)
			}
		}
		if r := wire.NewReader(state); n > 16 && (r.Bytes() != nil || !r.Failed()) {
			t.Errorf("Bytes takes a length of %d", n)
		}
	}
}

func TestASliceOfAnotherLengthIsAFaultThatNamesIt(t *testing.T) {
	r := wire.NewReader(wire.F32s(nil, []float32{1, 2, 3}))
	r.F32sInto(make([]float32, 2), "weights")
	if err := r.Err(); err == nil || !strings.Contains(err.Error(), "weights has 3 numbers, want 2") {
		t.Errorf("got %v", err)
	}
	r = wire.NewReader(wire.F64s(nil, []float64{1, 2, 3}))
	kept := []float64{7, 7}
	r.F64sInto(kept, "mean")
	if err := r.Err(); err == nil || !strings.Contains(err.Error(), "mean has 3 numbers, want 2") || kept[0] != 7 {
		t.Errorf("got %v, %v", err, kept)
	}
}

func TestTheFirstFaultIsTheOneThatIsTold(t *testing.T) {
	r := wire.NewReader(nil)
	r.Fail("first %d", 1)
	r.Fail("second")
	r.U64()
	if err := r.Err(); err == nil || err.Error() != "first 1" {
		t.Errorf("got %v", err)
	}
}
