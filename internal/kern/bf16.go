package kern

import "fmt"

// A bfloat16 number is the upper half of a float32: 8 bits of precision over
// the whole range. The kernels here multiply such numbers and add up in
// float32; they are for inference only.

// bf16Step is what the row length of a packed matrix is filled up to: the
// deepest step of any engine, one AMX tile.
const bf16Step = 32

// PackedBF16 is a right-hand matrix (K x N) rounded to bfloat16, in the order
// in which the engines read it: panels of 32 columns; in a panel, rows k and
// k+1 as pairs, column by column. Missing rows and columns are zeros. Pack once
// per change, multiply often.
type PackedBF16 struct {
	K, N   int
	engine bf16Engine // the one that it is packed for
	pairs  int        // pairs of rows in a panel
	data   []uint16
	wide   Packed // the rounded numbers, for the engine float32 only
	row    []float32
}

// Pack rounds and stores the row-major matrix b (k x n, row stride n). It
// allocates only when it needs more memory than any Pack before.
func (p *PackedBF16) Pack(b []float32, k, n int) {
	if k < 0 || n < 0 || len(b) < k*n {
		panic(fmt.Sprintf("kern: packing %d x %d from a slice of %d numbers", k, n, len(b)))
	}
	p.K, p.N, p.engine = k, n, currentBF16()
	p.pairs = (k + bf16Step - 1) / bf16Step * (bf16Step / 2)
	if p.engine == engineFloat32 {
		p.packWide(b[:k*n])
		return
	}
	size := (n + panelWidth - 1) / panelWidth * p.pairs * 2 * panelWidth
	if cap(p.data) < size {
		p.data = make([]uint16, size)
	}
	p.data = p.data[:size]
	at := 0
	for j := 0; j < n; j += panelWidth {
		width := min(panelWidth, n-j)
		for i := range p.pairs {
			var even, odd [panelWidth]uint16
			if q := 2 * i; q < k {
				RoundBF16(even[:width], b[q*n+j:q*n+j+width])
			}
			if q := 2*i + 1; q < k {
				RoundBF16(odd[:width], b[q*n+j:q*n+j+width])
			}
			row := p.data[at : at+2*panelWidth]
			for c := range panelWidth {
				row[2*c], row[2*c+1] = even[c], odd[c]
			}
			at += 2 * panelWidth
		}
	}
}

// packWide packs the rounded numbers as float32.
func (p *PackedBF16) packWide(b []float32) {
	if cap(p.row) < len(b) {
		p.row = make([]float32, len(b))
	}
	p.row = p.row[:len(b)]
	for i, v := range b {
		p.row[i] = widenBF16(roundBF16(v))
	}
	p.wide.Pack(p.row, p.K, p.N)
}

// panel returns the panel of columns from j on.
func (p *PackedBF16) panel(j int) []uint16 {
	size := p.pairs * 2 * panelWidth
	return p.data[j/panelWidth*size:][:size]
}

// Even returns n rounded up to an even number: the row length of a bfloat16
// matrix with n columns.
func Even(n int) int { return (n + 1) &^ 1 }

// MulBF16 computes dst = act(a*b + bias) in float32: dst is rows x b.N with row
// stride dstStride; a is rows x Even(b.K) in bfloat16 with row stride aStride,
// the element beyond an odd b.K zero; bias (length b.N) may be nil. An element
// of dst does not depend on rows or on a split of them. SiLU is within 2e-5 of
// its size, closer than any bfloat16 can be. Engines differ in the order of
// their additions and so in the last bits. dst must not overlap a.
func MulBF16(dst []float32, dstStride int, a []uint16, aStride, rows int, b *PackedBF16, bias []float32, act Act) {
	if rows <= 0 || b.N == 0 {
		return
	}
	checkMatrix("MulBF16: dst", dst, rows, b.N, dstStride)
	o := bf16Output{dst: dst, stride: dstStride, n: b.N, bias: bias, act: act}
	o.mul(a, aStride, rows, b)
}

// MulBF16Rounded is MulBF16 with a result rounded to bfloat16, the a of a next
// product: dst is rows x Even(b.N), and the element beyond an odd b.N becomes
// zero.
func MulBF16Rounded(dst []uint16, dstStride int, a []uint16, aStride, rows int, b *PackedBF16, bias []float32, act Act) {
	if rows <= 0 || b.N == 0 {
		return
	}
	checkMatrix("MulBF16Rounded: dst", dst, rows, Even(b.N), dstStride)
	o := bf16Output{half: dst, stride: dstStride, n: b.N, bias: bias, act: act}
	o.mul(a, aStride, rows, b)
}

// bf16Output is where a product goes: either dst or half is nil.
type bf16Output struct {
	dst    []float32
	half   []uint16
	stride int
	n      int
	bias   []float32
	act    Act
}

func (o *bf16Output) mul(a []uint16, as, rows int, b *PackedBF16) {
	if o.bias != nil && len(o.bias) != b.N {
		panic(fmt.Sprintf("kern: MulBF16: bias has length %d, the product has %d columns", len(o.bias), b.N))
	}
	checkMatrix("MulBF16: a", a, rows, Even(b.K), as)
	engine := currentBF16()
	if (engine == engineFloat32) != (b.engine == engineFloat32) {
		panic(fmt.Sprintf("kern: MulBF16: packed for the engine %s, %s is in use", bf16Names[b.engine], bf16Names[engine]))
	}
	switch {
	case engine == engineFloat32:
		o.mulFloat32(a, as, rows, b)
	case engine == engineGeneric || b.K == 0:
		o.mulGeneric(a, as, rows, b)
	default:
		o.mulVector(engine, a, as, rows, b)
	}
}

// bf16Buffer is the number of elements that the engine float32 widens at once.
const bf16Buffer = 8192

// mulFloat32 widens a few rows of a and multiplies them with the float32
// kernels of the tier in use.
func (o *bf16Output) mulFloat32(a []uint16, as, rows int, b *PackedBF16) {
	widest := max(b.K, o.n)
	if widest > bf16Buffer {
		o.mulLong(a, as, rows, b)
		return
	}
	var x, y [bf16Buffer]float32
	block := min(rows, bf16Buffer/widest)
	for from := 0; from < rows; from += block {
		n := min(block, rows-from)
		for i := range n {
			at := (from + i) * as
			widenBF16s(x[i*b.K:(i+1)*b.K], a[at:at+b.K])
		}
		if o.half == nil {
			Mul(o.dst[from*o.stride:], o.stride, x[:], b.K, n, &b.wide, o.bias, o.act)
			continue
		}
		Mul(y[:], o.n, x[:], b.K, n, &b.wide, o.bias, o.act)
		for i := range n {
			o.storeHalf(from+i, y[i*o.n:(i+1)*o.n])
		}
	}
}

// mulLong is mulFloat32 for rows that do not fit its buffers, on the heap.
func (o *bf16Output) mulLong(a []uint16, as, rows int, b *PackedBF16) {
	x, y := make([]float32, b.K), make([]float32, o.n)
	for i := range rows {
		widenBF16s(x, a[i*as:i*as+b.K])
		Mul(y, o.n, x, b.K, 1, &b.wide, o.bias, o.act)
		if o.half == nil {
			copy(o.dst[i*o.stride:], y)
		} else {
			o.storeHalf(i, y)
		}
	}
}

func (o *bf16Output) storeHalf(row int, y []float32) {
	out := o.half[row*o.stride : row*o.stride+Even(o.n)]
	out[len(out)-1] = 0
	RoundBF16(out[:o.n], y)
}

// RoundBF16 sets dst[i] to the bfloat16 number nearest to src[i], ties to even.
// NaN stays NaN (quiet); subnormal numbers become zero, as in the products. The
// bits are the same in every tier and engine.
func RoundBF16(dst []uint16, src []float32) {
	sameLength("RoundBF16", len(dst), len(src))
	roundBF16s(dst, src)
}

// WidenBF16 sets dst[i] to the float32 that src[i] stands for.
func WidenBF16(dst []float32, src []uint16) {
	sameLength("WidenBF16", len(dst), len(src))
	widenBF16s(dst, src)
}
