package bench

import (
	"demorl/internal/kern"
	"demorl/par"
	"demorl/rng"
)

// Kernel is the speed of one matrix product on one core.
type Kernel struct {
	Bench    string  `json:"bench"`
	Kernel   string  `json:"kernel"`
	Tier     string  `json:"tier"`
	M        int     `json:"m"` // rows of the batch
	K        int     `json:"k"` // the layer's inputs
	N        int     `json:"n"` // its outputs
	Product  string  `json:"product"`
	Threads  int     `json:"threads"`
	GFLOPS   float64 `json:"gflops"`
	Peak     float64 `json:"peak_gflops"`
	Fraction float64 `json:"fraction"`
}

// The products of a dense layer: forward with bias, and the two of the way
// back, by the input and by the weights.
const (
	Forward     = "forward"
	ForwardSiLU = "forward_silu"
	ByInput     = "dx"
	ByWeights   = "dw"
)

// Shapes are the (m, k, n) that are measured: those that speed is judged by,
// and then layers at the two ends of a network, which are too small to be fast.
var Shapes = [][3]int{
	{256, 256, 256}, {512, 256, 256}, {420, 200, 200}, {100, 200, 200},
	{256, 17, 256}, {256, 23, 200}, {256, 256, 1}, {256, 256, 12}, {256, 200, 36},
}

// Kernels measures all products of the given shapes in every kernel tier of
// this machine, one after the other on one core, and calls emit with each.
func Kernels(shapes [][3]int, emit func(Kernel) error) error {
	was := kern.Tier()
	defer kern.SetTier(was)
	one := par.New(1)
	defer one.Close()
	for _, tier := range kern.Tiers() {
		if err := kern.SetTier(tier); err != nil {
			return err
		}
		for _, shape := range shapes {
			for _, k := range products(shape[0], shape[1], shape[2], one) {
				k.Tier = tier
				if err := emit(k); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// products measures the products of one shape. The peak is measured right
// before, so that a change of the clock does not come between.
func products(m, k, n int, one *par.Pool) []Kernel {
	x, w, dy := normals(m*k, 1), normals(k*n, 2), normals(m*n, 3)
	y, dx, dw, bias := make([]float32, m*n), make([]float32, m*k), make([]float32, k*n), normals(n, 4)
	head := kern.ReLU
	if n == 1 {
		head = kern.Identity // as a head of one output is
	}
	var packed, transposed, delta kern.Packed
	packed.Pack(w, k, n)
	transposed.PackT(w, n, k)
	flop := 2 * float64(m) * float64(k) * float64(n)
	var out []Kernel
	for _, p := range []struct {
		name string
		run  func()
	}{
		{Forward, func() { kern.Mul(y, n, x, k, m, &packed, bias, head) }},
		{ForwardSiLU, func() { kern.Mul(y, n, x, k, m, &packed, bias, kern.SiLU) }},
		{ByInput, func() { kern.Mul(dx, k, dy, n, m, &transposed, nil, kern.Identity) }},
		// The right-hand matrix changes with every batch, so its packing counts.
		{ByWeights, func() { delta.Pack(dy, m, n); kern.MulT(dw, n, x, k, k, &delta, false) }},
	} {
		peak := Peak(one)
		// Short calls are repeated within a measurement: the clock ticks in tens of nanoseconds.
		calls := max(1, int(100e-6/(flop/(peak*1e9))))
		seconds := median(timed(repeats, func() {
			for range calls {
				p.run()
			}
		})) / float64(calls)
		speed := flop / seconds / 1e9
		out = append(out, Kernel{
			Bench: "kernels", Kernel: "gemm_f32", M: m, K: k, N: n, Product: p.name, Threads: 1,
			GFLOPS: speed, Peak: peak, Fraction: speed / peak,
		})
	}
	return out
}

// normals returns n fixed standard normal numbers.
func normals(n int, purpose uint64) []float32 {
	x := make([]float32, n)
	rng.Root(0).Derive("bench").At(purpose).Normals(x, 0)
	return x
}
