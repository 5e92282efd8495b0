package nn_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"demorl/internal/kern"
	"demorl/nn"
	"demorl/rng"
)

// halfCases are HalfCheetah's ensemble and policy and an odd little network.
func halfCases() []nn.Spec {
	return []nn.Spec{
		{Members: 2, Sizes: []int{23, 200, 200, 200, 200, 36}, Hidden: kern.SiLU},
		{Members: 1, Sizes: []int{17, 256, 256, 12}, Hidden: kern.ReLU},
		{Members: 1, Sizes: []int{5, 33, 17, 3}, Hidden: kern.Tanh},
	}
}

// eachEngine runs f once on every bfloat16 engine that this machine has.
func eachEngine(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	defer kern.SetBF16Engine("")
	for _, name := range kern.BF16Engines() {
		if err := kern.SetBF16Engine(name); err != nil {
			t.Fatal(err)
		}
		t.Run(name, f)
	}
}

// halfSetup returns a network whose layers keep the size of their inputs, as
// trained ones do, its packed copy and a batch of standard normals.
func halfSetup(s nn.Spec, rows int) (n *nn.Net, h *nn.Half, x []float32) {
	n = nn.New(s)
	n.InitUniform(rng.Root(21))
	for m := range s.Members {
		for l := range n.Layers() {
			for i := range n.Weights(m, l) {
				n.Weights(m, l)[i] *= 2.4494897 // sqrt(6): the standard deviation becomes sqrt(2/in)
			}
		}
	}
	n.PackAll()
	h, x = n.NewHalf(), make([]float32, rows*n.In())
	for m := range s.Members {
		h.Pack(m)
	}
	rng.Root(22).Normals(x, 0)
	return n, h, x
}

// Weights, inputs and activations are each off by up to 2^-9 of their size in
// every layer, in random directions: together about half a percent of the
// outputs' root mean square, the largest of 21,600 outputs some eight times that.
func TestHalfInferenceStaysWithinOnePercentOfFloat32(t *testing.T) {
	eachEngine(t, func(t *testing.T) {
		for _, s := range halfCases() {
			const rows = 300
			n, h, x := halfSetup(s, rows)
			tape, half := n.NewTape(rows), h.NewTape(rows)
			for m := range s.Members {
				want, got := n.Infer(m, tape, x, rows), h.Infer(m, half, x, rows)
				size, square, worst, same := 0.0, 0.0, 0.0, 0
				for i := range want {
					d := math.Abs(float64(got[i]) - float64(want[i]))
					size += float64(want[i]) * float64(want[i])
					square += d * d
					worst = max(worst, d)
					if got[i] == want[i] {
						same++
					}
				}
				size = math.Sqrt(size / float64(len(want)))
				mean := math.Sqrt(square / float64(len(want)))
				t.Logf("%v member %d: error %.2g (root mean square), %.2g (largest), of outputs of %.2g", s.Sizes, m, mean/size, worst/size, size)
				if !(mean < 0.01*size && worst < 0.08*size) {
					t.Errorf("%v member %d: error %.2g (root mean square), %.2g (largest), of outputs of %.2g", s.Sizes, m, mean/size, worst/size, size)
				}
				if same == len(want) {
					t.Errorf("%v: the outputs are those of float32", s.Sizes)
				}
			}
		}
	})
}

func TestAHalfRowsOutputDoesNotDependOnItsBatch(t *testing.T) {
	eachEngine(t, func(t *testing.T) {
		for _, s := range halfCases() {
			const rows = 45
			n, h, x := halfSetup(s, rows)
			tape := h.NewTape(rows)
			all := append([]float32(nil), h.Infer(0, tape, x, rows)...)
			for r := range rows {
				for j, v := range h.Infer(0, tape, x[r*n.In():(r+1)*n.In()], 1) {
					if v != all[r*n.Out()+j] {
						t.Fatalf("%v: row %d alone gives %g, in the batch %g", s.Sizes, r, v, all[r*n.Out()+j])
					}
				}
			}
		}
	})
}

func TestHalfKeepsItsParametersUntilItIsPacked(t *testing.T) {
	n, h, x := halfSetup(halfCases()[2], 9)
	tape := h.NewTape(9)
	before := append([]float32(nil), h.Infer(0, tape, x, 9)...)
	for i := range n.Params {
		n.Params[i] += 0.5
	}
	for i, v := range h.Infer(0, tape, x, 9) {
		if v != before[i] {
			t.Fatalf("output %d changed from %g to %g without Pack", i, before[i], v)
		}
	}
	h.Pack(0)
	n.Pack(0)
	want := n.Infer(0, n.NewTape(9), x, 9)
	for i, v := range h.Infer(0, tape, x, 9) {
		if math.Abs(float64(v-want[i])) > 0.05*math.Abs(float64(want[i])) {
			t.Fatalf("output %d is %g after Pack, want about %g", i, v, want[i])
		}
	}
}

func TestHalfInferenceAllocatesNothing(t *testing.T) {
	eachEngine(t, func(t *testing.T) {
		for _, s := range halfCases() {
			_, h, x := halfSetup(s, 31)
			tape := h.NewTape(31)
			if allocs := testing.AllocsPerRun(5, func() {
				h.Pack(0)
				h.Infer(0, tape, x, 31)
			}); allocs != 0 {
				t.Errorf("%v: %g allocations", s.Sizes, allocs)
			}
		}
	})
}

// BenchmarkHalf compares inference of HalfCheetah's networks in both precisions.
func BenchmarkHalf(b *testing.B) {
	const rows = 420
	for _, s := range halfCases()[:2] {
		n, h, x := halfSetup(s, rows)
		tape, half := n.NewTape(rows), h.NewTape(rows)
		for name, f := range map[string]func(){
			"float32":  func() { n.Infer(0, tape, x, rows) },
			"bfloat16": func() { h.Infer(0, half, x, rows) },
			"pack":     func() { h.Pack(0) },
		} {
			b.Run(fmt.Sprintf("%v/%s", s.Sizes, name), func(b *testing.B) {
				best := time.Hour
				for b.Loop() {
					start := time.Now()
					f()
					best = min(best, time.Since(start))
				}
				b.ReportMetric(float64(best.Nanoseconds())/1e3, "best-us")
			})
		}
	}
}
