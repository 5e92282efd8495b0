package nn_test

import (
	"math"
	"slices"
	"testing"

	"demorl/internal/kern"
	"demorl/nn"
	"demorl/rng"
)

// The inputs of all layers but the first have mean 0 and, but for epsilon, variance 1.
func TestInputNormAgreesWithATwin(t *testing.T) {
	spec := nn.Spec{Members: 2, Sizes: []int{5, 33, 18, 3}, Hidden: kern.SiLU, Trained: true, InputNorm: []float64{1, 0.01}}
	n, x, _ := setup(spec)
	tape := n.NewTape(rows)
	infer := slices.Clone(n.Infer(1, tape, x, rows))
	got := n.Forward(1, tape, x, rows)
	for r := range rows {
		h := make([]float64, 5)
		for j := range h {
			h[j] = float64(x[r*5+j])
		}
		for l := range n.Layers() {
			w, b := n.Weights(1, l), n.Biases(1, l)
			z := make([]float64, len(b))
			for j := range z {
				z[j] = float64(b[j])
				for i, v := range h {
					z[j] += v * float64(w[i*len(z)+j])
				}
			}
			if h = z; l == n.Layers()-1 {
				break
			}
			mean, variance := 0.0, 0.0
			for j := range h {
				h[j] /= 1 + math.Exp(-h[j])
				mean += h[j] / float64(len(h))
			}
			for _, v := range h {
				variance += (v - mean) * (v - mean) / float64(len(h))
			}
			for j := range h {
				h[j] = (h[j] - mean) / math.Sqrt(variance+spec.InputNorm[l])
			}
		}
		for j, want := range h {
			for _, v := range []float32{got[r*3+j], infer[r*3+j]} {
				if math.Abs(float64(v)-want) > 1e-5*(1+math.Abs(want)) {
					t.Fatalf("row %d, output %d is %g, want %g", r, j, v, want)
				}
			}
		}
	}
}

// Every hidden layer leaves out its own share, a row's masks depend on the row
// alone, and rows that Keep keeps go back as they would have among all.
func TestDropoutsAndKeepWithInputNorm(t *testing.T) {
	spec := nn.Spec{Members: 1, Sizes: []int{5, 33, 18, 1}, Hidden: kern.SiLU, Trained: true, InputNorm: []float64{1, 0.01}, Dropout: []float64{0.4, 0}}
	n, x, _ := setup(spec)
	tape := n.NewTape(rows)
	plain := slices.Clone(n.Forward(0, tape, x, rows))
	n.Drop(tape, rng.Root(5), 0, rows)
	dropped := slices.Clone(n.Forward(0, tape, x, rows))
	if slices.Equal(plain, dropped) {
		t.Error("dropout changes nothing")
	}
	dOut, all := make([]float32, rows), make([]float32, rows*5)
	for i := range dOut {
		dOut[i] = float32(i + 1)
	}
	n.Backward(0, tape, dOut, nil, all)
	if again := n.Forward(0, tape, x, rows); !slices.Equal(again, plain) {
		t.Error("a pass without Drop before it drops features")
	}
	n.Drop(tape, rng.Root(5), 0, rows)
	n.Forward(0, tape, x, rows)
	kept := []int32{1, 3, rows - 1}
	tape.Keep(kept)
	part := make([]float32, rows*5)
	n.Backward(0, tape, []float32{2, 4, rows}, nil, part)
	for k, r := range kept {
		if !slices.Equal(part[k*5:(k+1)*5], all[r*5:(r+1)*5]) {
			t.Errorf("row %d: %v among the kept, %v among all", r, part[k*5:(k+1)*5], all[r*5:(r+1)*5])
		}
	}
	n.Drop(tape, rng.Root(5), 2, rows-2)
	if later := n.Forward(0, tape, x[10:], rows-2); !slices.Equal(later, dropped[2:]) {
		t.Error("a row's mask depends on the rows beside it")
	}
	if a := testing.AllocsPerRun(3, func() {
		n.Drop(tape, rng.Root(5), 0, rows)
		n.Forward(0, tape, x, rows)
		n.Backward(0, tape, dOut, nil, part)
	}); a != 0 {
		t.Errorf("a pass allocates %g times", a)
	}
}

func TestInputNormRefusesWhatDoesNotFit(t *testing.T) {
	for name, s := range map[string]nn.Spec{
		"relu":    {Members: 1, Sizes: []int{2, 3, 1}, Hidden: kern.ReLU, Trained: true, InputNorm: []float64{1}},
		"lengths": {Members: 1, Sizes: []int{2, 3, 1}, Hidden: kern.SiLU, InputNorm: []float64{1, 1}},
		"both":    {Members: 1, Sizes: []int{2, 3, 1}, Hidden: kern.SiLU, InputNorm: []float64{1}, LayerNorm: true},
		"rate":    {Members: 1, Sizes: []int{2, 3, 1}, Hidden: kern.SiLU, Dropout: []float64{1}},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: accepted", name)
				}
			}()
			nn.New(s)
		}()
	}
}
