package nn_test

import (
	"math"
	"slices"
	"testing"

	"demorl/internal/kern"
	"demorl/nn"
	"demorl/rng"
)

var normed = nn.Spec{Members: 2, Sizes: []int{5, 33, 18, 3}, Hidden: kern.ReLU, Trained: true, LayerNorm: true, Dropout: []float64{0.2, 0.2}}

func TestGradientsThroughDropoutAndLayerNormAgreeWithFiniteDifferences(t *testing.T) {
	smooth, inputs, rates := normed, normed, normed
	smooth.Hidden = kern.SiLU
	inputs.LayerNorm, inputs.Hidden, inputs.InputNorm, inputs.Dropout = false, kern.SiLU, []float64{1, 0.01}, []float64{0.3, 0.1}
	rates.LayerNorm, rates.Dropout = false, []float64{0.3, 0.1}
	residual := nn.Spec{Members: 2, Sizes: nn.ResidualSizes(5, 9, 2, 3), Hidden: kern.ReLU, Trained: true, Residual: true}
	for _, spec := range []nn.Spec{normed, smooth, inputs, rates, residual} {
		n, x, dOut := setup(spec)
		for l := range 2 {
			if spec.LayerNorm {
				rng.Root(21).At(uint64(l)).Normals(n.Offsets(1, l), 0)
			}
			if spec.Residual {
				rng.Root(21).At(uint64(l)).Normals(n.Offsets(1, 2*l+1)[:8], 0)
			}
		}
		tape := n.NewTape(rows)
		loss := func() (sum float64) {
			n.Pack(1)
			n.Drop(tape, rng.Root(5), 7, rows)
			for i, v := range n.Forward(1, tape, x, rows) {
				sum += float64(v) * float64(dOut[i])
			}
			return sum
		}
		loss()
		grad, dIn := make([]float32, n.MemberSize()), make([]float32, len(x))
		n.Backward(1, tape, dOut, grad, dIn)
		// A step of 1e-3 may cross the kink of a rectifier, and float32 rounds: most entries must agree, none may be far off.
		checked, off := 0, 0
		check := func(name string, at []float32, got []float32) {
			for i := 0; i < len(at); i += 3 {
				const step = 1e-3
				was := at[i]
				at[i] = was + step
				up := loss()
				at[i] = was - step
				down := loss()
				at[i] = was
				want := (up - down) / (2 * step)
				checked++
				if d := math.Abs(float64(got[i]) - want); d > 0.02*(1+math.Abs(want)) {
					if off++; d > 0.5*(1+math.Abs(want)) {
						t.Errorf("%s %d: %g, finite difference %g", name, i, got[i], want)
					}
				}
			}
		}
		check("parameter", n.Member(1), grad)
		check("input", x, dIn)
		if off*20 > checked {
			t.Errorf("%d of %d gradients are off", off, checked)
		}
	}
}

func TestDropoutLeavesItsShareOutAndKeepsTheMean(t *testing.T) {
	spec := nn.Spec{Members: 1, Sizes: []int{1, 1000, 1}, Hidden: kern.ReLU, LayerNorm: true, Dropout: []float64{0.3}}
	n := nn.New(spec)
	for i := range n.Weights(0, 0) {
		n.Weights(0, 0)[i] = float32(i%7) - 3
	}
	n.Weights(0, 1)[0] = 1
	n.PackAll()
	tape, x := n.NewTape(64), make([]float32, 64)
	for i := range x {
		x[i] = 1
	}
	plain := slices.Clone(n.Infer(0, tape, x, 64))
	n.Drop(tape, rng.Root(1), 0, 64)
	dropped := slices.Clone(n.Infer(0, tape, x, 64))
	if slices.Equal(plain, dropped) {
		t.Error("dropout changes nothing")
	}
	if again := n.Infer(0, tape, x, 64); !slices.Equal(again, plain) {
		t.Error("a pass without Drop before it drops features")
	}
	n.Drop(tape, rng.Root(1), 40, 24)
	if part := n.Infer(0, tape, x[40:], 24); !slices.Equal(part, dropped[40:]) {
		t.Error("a row's mask depends on the rows beside it")
	}
	n.Drop(tape, rng.Root(2), 0, 64)
	if other := n.Infer(0, tape, x, 64); slices.Equal(other, dropped) {
		t.Error("another key drops the same features")
	}
}

// The memory of one row's draws holds whole blocks of them.
func TestDropoutOfOneRowOfAnyWidth(t *testing.T) {
	for width := 1; width < 10; width++ {
		n := nn.New(nn.Spec{Members: 1, Sizes: []int{1, width, 1}, Hidden: kern.ReLU, LayerNorm: true, Dropout: []float64{0.5}})
		n.PackAll()
		tape := n.NewTape(1)
		n.Drop(tape, rng.Root(1), 3, 1)
		n.Infer(0, tape, []float32{1}, 1)
	}
}

// With LayerNorm the activations of a row do not depend on the scale of its linear outputs.
func TestLayerNormForgetsScale(t *testing.T) {
	n, x, _ := setup(nn.Spec{Members: 1, Sizes: []int{5, 64, 2}, Hidden: kern.SiLU, LayerNorm: true})
	tape := n.NewTape(rows)
	for i := range n.Biases(0, 0) {
		n.Biases(0, 0)[i] = 0
	}
	n.Pack(0)
	want := slices.Clone(n.Infer(0, tape, x, rows))
	for i := range x {
		x[i] *= 1000
	}
	for i, v := range n.Infer(0, tape, x, rows) {
		if math.Abs(float64(v-want[i])) > 1e-3 {
			t.Fatalf("output %d is %g for inputs 1000 times as large, was %g", i, v, want[i])
		}
	}
}
