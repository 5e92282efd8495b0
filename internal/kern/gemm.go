package kern

// Act is what is applied to a product's result on its way out.
type Act uint8

// The activations that a product can end with.
const (
	Identity Act = iota
	ReLU
	SiLU // x * sigmoid(x)
	Tanh
)

// Packed is a right-hand matrix (K x N) in the order in which the kernels
// read it. Pack once per change, multiply often.
type Packed struct {
	K, N int
	data []float32
}

// Pack stores the row-major matrix b (k x n, row stride n).
func (p *Packed) Pack(b []float32, k, n int) { p.pack(b, k, n, n, 1) }

// PackT stores the transpose of the row-major matrix b (n x k): p is k x n.
func (p *Packed) PackT(b []float32, k, n int) { p.pack(b, k, n, 1, k) }

// pack copies element (i, j) from b[i*rs+j*cs]; the generic layout is row-major.
func (p *Packed) pack(b []float32, k, n, rs, cs int) {
	p.K, p.N = k, n
	if cap(p.data) < k*n {
		p.data = make([]float32, k*n)
	}
	p.data = p.data[:k*n]
	for i := range k {
		for j := range n {
			p.data[i*n+j] = b[i*rs+j*cs]
		}
	}
}

// Mul computes dst = act(a*b + bias): dst is rows x b.N with row stride
// dstStride, a is rows x b.K with row stride aStride; bias (length b.N) may be
// nil. Each element of dst is one chain of multiply-adds in order of k, so it
// does not depend on rows or on a split of them.
func Mul(dst []float32, dstStride int, a []float32, aStride, rows int, b *Packed, bias []float32, act Act) {
	mulGeneric(dst, dstStride, a, aStride, 1, rows, b, bias, act, false)
}

// MulT computes dst = aT*b (accumulate: dst += aT*b): a is b.K x rows with row
// stride aStride, so dst, rows x b.N, is the weight gradient xT*dy for
// a = x (batch x in) and b = dy (batch x out).
func MulT(dst []float32, dstStride int, a []float32, aStride, rows int, b *Packed, accumulate bool) {
	mulGeneric(dst, dstStride, a, 1, aStride, rows, b, nil, Identity, accumulate)
}
