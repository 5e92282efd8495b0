package nn_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"demorl/internal/kern"
	"demorl/nn"
)

// golden is testdata/torch.json, written by oracle/golden_nn.py in float64.
type golden struct {
	Networks, Normed []struct {
		Hidden        string
		Norm          bool
		Sizes         []int
		Members, Rows int
		X, DOut       []float32
		Params        []float32
		Out           []float64
		Grads, DIn    []float64
	}
	Adam []struct {
		Sizes []int
		Rate  float64
		Decay []float64
		Start []float32
		After map[string][]float64
	}
	Scalar struct{ Start, Rate, End float64 }
}

func readGolden(t *testing.T) *golden {
	t.Helper()
	data, err := os.ReadFile("testdata/torch.json")
	if err != nil {
		t.Fatal(err)
	}
	g := &golden{}
	if err := json.Unmarshal(data, g); err != nil {
		t.Fatal(err)
	}
	return g
}

var activations = map[string]kern.Act{"relu": kern.ReLU, "silu": kern.SiLU, "tanh": kern.Tanh}

// allNear compares by the largest distance relative to 1 + |want|.
func allNear(t *testing.T, name string, got []float32, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s has %d numbers, want %d", name, len(got), len(want))
	}
	for i := range got {
		if d := math.Abs(float64(got[i])-want[i]) / (1 + math.Abs(want[i])); !(d <= tolerance) {
			t.Errorf("%s: number %d is %.9g, want %.9g", name, i, got[i], want[i])
			return
		}
	}
}

func TestForwardAndAllGradientsAgreeWithTorch(t *testing.T) {
	stored := readGolden(t)
	if len(stored.Networks) == 0 || len(stored.Normed) == 0 {
		t.Fatal("the goldens have no networks")
	}
	for _, g := range append(stored.Networks, stored.Normed...) {
		n := nn.New(nn.Spec{Members: g.Members, Sizes: g.Sizes, Hidden: activations[g.Hidden], Trained: true, LayerNorm: g.Norm})
		copy(n.Params, g.Params)
		n.PackAll()
		tape, outs, ins := n.NewTape(g.Rows+2), g.Rows*n.Out(), g.Rows*n.In()
		for m := range g.Members {
			allNear(t, g.Hidden+" inference", n.Infer(m, tape, g.X, g.Rows), g.Out[m*outs:(m+1)*outs], 2e-6)
			allNear(t, g.Hidden+" output", n.Forward(m, tape, g.X, g.Rows), g.Out[m*outs:(m+1)*outs], 2e-6)
			size := n.MemberSize()
			grad, dIn := make([]float32, size), make([]float32, ins)
			n.Backward(m, tape, g.DOut, grad, dIn)
			allNear(t, g.Hidden+" gradient by parameters", grad, g.Grads[m*size:(m+1)*size], 3e-6)
			allNear(t, g.Hidden+" gradient by input", dIn, g.DIn[m*ins:(m+1)*ins], 3e-6)
		}
	}
}

func TestAHundredAdamStepsAgreeWithTorch(t *testing.T) {
	for _, g := range readGolden(t).Adam {
		n := nn.New(nn.Spec{Members: 1, Sizes: g.Sizes, Hidden: kern.ReLU, Trained: true})
		copy(n.Params, g.Start)
		adam, grad := nn.NewAdam(n, g.Rate), make([]float32, n.MemberSize())
		for step := range 100 {
			for i := range grad {
				grad[i] = float32(math.Sin(0.1 * float64(step+1) * float64(i+1)))
			}
			adam.Step(n, 0, grad, g.Decay)
			switch step + 1 {
			case 1:
				allNear(t, "parameters after 1 step", n.Params, g.After["1"], 1e-6)
			case 10:
				allNear(t, "parameters after 10 steps", n.Params, g.After["10"], 1e-6)
			case 100:
				allNear(t, "parameters after 100 steps", n.Params, g.After["100"], 1e-6)
			}
		}
	}
}

func TestScalarAdamAgreesWithTorch(t *testing.T) {
	g := readGolden(t).Scalar
	s, x := nn.Scalar{Rate: g.Rate}, g.Start
	for step := range 100 {
		x = s.Step(x, math.Cos(float64(step)))
	}
	if math.Abs(x-g.End) > 1e-12 {
		t.Errorf("after 100 steps the number is %.15g, want %.15g", x, g.End)
	}
}
