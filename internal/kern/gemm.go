package kern

import "fmt"

// Act is what is applied to a product's result on its way out.
type Act uint8

// The activations that a product can end with.
const (
	Identity Act = iota
	ReLU
	SiLU // x * sigmoid(x)
	Tanh
)

// panelWidth is the number of columns in a panel of a packed matrix, in every
// tier: two AVX-512 vectors, four AVX2 vectors.
const panelWidth = 32

// Packed is a right-hand matrix (K x N) in the order in which the kernels
// read it: panels of 32 columns, each row by row, the last one filled up with
// zeros. Pack once per change, multiply often.
type Packed struct {
	K, N int
	data []float32
}

// Pack stores the row-major matrix b (k x n, row stride n).
func (p *Packed) Pack(b []float32, k, n int) {
	p.Resize(k, n)
	p.PackRows(b, 0, k)
}

// PackRows stores rows [from, to) of the row-major matrix b (K x N) anew, so
// that parts of a matrix can be packed apart.
func (p *Packed) PackRows(b []float32, from, to int) {
	p.check(b, from, to, p.K)
	for j := 0; j < p.N && from < to; j += panelWidth {
		panel := p.data[j*p.K+from*panelWidth : j*p.K+to*panelWidth]
		packPanel(panel, b[from*p.N+j:], to-from, p.N, min(panelWidth, p.N-j))
	}
}

// PackT stores the transpose of the row-major matrix b (n x k): p is k x n.
func (p *Packed) PackT(b []float32, k, n int) {
	p.Resize(k, n)
	p.PackTRows(b, 0, n)
}

// PackRowsMultiple is what the first row of a part given to PackTRows must be a
// multiple of.
const PackRowsMultiple = panelWidth

// PackTRows stores rows [from, to) of the row-major matrix b (N x K), columns
// of p, anew. from must be a multiple of PackRowsMultiple, and to too or N.
func (p *Packed) PackTRows(b []float32, from, to int) {
	p.check(b, from, to, p.N)
	if from%panelWidth != 0 || to%panelWidth != 0 && to != p.N {
		panic(fmt.Sprintf("kern: packing the transpose of rows %d to %d: both must be multiples of %d", from, to, panelWidth))
	}
	for j := from; j < to && p.K > 0; j += panelWidth {
		packPanelT(p.data[j*p.K:(j+panelWidth)*p.K], b[j*p.K:], p.K, min(panelWidth, p.N-j))
	}
}

func (p *Packed) check(b []float32, from, to, rows int) {
	if from < 0 || to < from || to > rows || len(b) < p.K*p.N {
		panic(fmt.Sprintf("kern: packing rows %d to %d of a %d x %d matrix from a slice of %d numbers", from, to, p.K, p.N, len(b)))
	}
}

// Resize makes room for a k x n matrix; what it holds is not defined before
// Pack or PackT.
func (p *Packed) Resize(k, n int) {
	if k < 0 || n < 0 {
		panic(fmt.Sprintf("kern: a packed matrix of %d x %d", k, n))
	}
	p.K, p.N = k, n
	size := (n + panelWidth - 1) / panelWidth * panelWidth * k
	if cap(p.data) < size {
		p.data = make([]float32, size)
	}
	p.data = p.data[:size]
}

// Mul computes dst = act(a*b + bias): dst is rows x b.N with row stride
// dstStride, a is rows x b.K with row stride aStride; bias (length b.N) may be
// nil. Each element of dst is one chain of multiply-adds in order of k, so it
// does not depend on rows or on a split of them. dst must not overlap a.
func Mul(dst []float32, dstStride int, a []float32, aStride, rows int, b *Packed, bias []float32, act Act) {
	if bias != nil && len(bias) != b.N {
		panic(fmt.Sprintf("kern: Mul: bias has length %d, the product has %d columns", len(bias), b.N))
	}
	if rows <= 0 || b.N == 0 {
		return
	}
	checkMatrix("Mul: dst", dst, rows, b.N, dstStride)
	checkMatrix("Mul: a", a, rows, b.K, aStride)
	mul(dst, dstStride, a, aStride, 1, rows, b, bias, act, false)
}

// MulT computes dst = aT*b (accumulate: dst += aT*b): a is b.K x rows with row
// stride aStride, so dst, rows x b.N, is the weight gradient xT*dy for
// a = x (batch x in) and b = dy (batch x out). dst must not overlap a.
func MulT(dst []float32, dstStride int, a []float32, aStride, rows int, b *Packed, accumulate bool) {
	if rows <= 0 || b.N == 0 {
		return
	}
	checkMatrix("MulT: dst", dst, rows, b.N, dstStride)
	checkMatrix("MulT: a", a, b.K, rows, aStride)
	mul(dst, dstStride, a, 1, aStride, rows, b, nil, Identity, accumulate)
}

// checkMatrix panics unless m holds rows x cols at the stride: the assembly
// checks no bounds.
func checkMatrix[T float32 | uint16](name string, m []T, rows, cols, stride int) {
	if rows == 0 || cols == 0 {
		return
	}
	if stride < cols || len(m) < (rows-1)*stride+cols {
		panic(fmt.Sprintf("kern: %s: %d x %d with row stride %d in a slice of %d numbers", name, rows, cols, stride, len(m)))
	}
}

// Apply replaces x by act(x).
func Apply(x []float32, act Act) {
	switch act {
	case ReLU:
		reluAny(x)
	case SiLU:
		siluAny(x, x)
	case Tanh:
		tanhAny(x, x)
	}
}

// applyRows replaces the rows x cols matrix by act of it.
func applyRows(m []float32, rows, cols, stride int, act Act) {
	if act == Identity {
		return
	}
	if stride == cols {
		Apply(m[:rows*cols], act)
		return
	}
	for i := range rows {
		Apply(m[i*stride:i*stride+cols], act)
	}
}
