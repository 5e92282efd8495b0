package nn_test

import (
	"fmt"
	"math"
	"testing"

	"demorl/internal/kern"
	"demorl/nn"
	"demorl/rng"
)

// twin is one member in float64: the same formulas, written again.
type twin struct {
	sizes  []int
	act    kern.Act
	params []float64
}

func newTwin(n *nn.Net, m int) *twin {
	t := &twin{sizes: n.Sizes, act: n.Hidden}
	for _, p := range n.Member(m) {
		t.params = append(t.params, float64(p))
	}
	return t
}

// value and slope of the hidden activation.
func (t *twin) value(x float64) float64 {
	switch t.act {
	case kern.ReLU:
		return max(x, 0)
	case kern.SiLU:
		return x / (1 + math.Exp(-x))
	default:
		return math.Tanh(x)
	}
}

func (t *twin) slope(x float64) float64 {
	switch t.act {
	case kern.ReLU:
		if x > 0 {
			return 1
		}
		return 0
	case kern.SiLU:
		s := 1 / (1 + math.Exp(-x))
		return s * (1 + x*(1-s))
	default:
		y := math.Tanh(x)
		return 1 - y*y
	}
}

// loss is sum of out . dOut over rows.
func (t *twin) loss(x, dOut []float64, rows int) (sum float64) {
	for r := range rows {
		pre, _ := t.row(x[r*t.sizes[0] : (r+1)*t.sizes[0]])
		last := pre[len(pre)-1]
		for j, v := range last {
			sum += v * dOut[r*len(last)+j]
		}
	}
	return sum
}

// row returns each layer's input and its linear output.
func (t *twin) row(x []float64) (pre, in [][]float64) {
	at := 0
	for l := range len(t.sizes) - 1 {
		a, b := t.sizes[l], t.sizes[l+1]
		z := append([]float64(nil), t.params[at+a*b:at+a*b+b]...)
		for i, v := range x {
			for j := range z {
				z[j] += v * t.params[at+i*b+j]
			}
		}
		in, pre = append(in, x), append(pre, z)
		x = make([]float64, b)
		for j := range x {
			x[j] = t.value(z[j])
		}
		at += a*b + b
	}
	return pre, in
}

// gradient is the analytic gradient of loss by parameters and input.
func (t *twin) gradient(x, dOut []float64, rows int) (grad, dIn []float64) {
	grad = make([]float64, len(t.params))
	for r := range rows {
		pre, in := t.row(x[r*t.sizes[0] : (r+1)*t.sizes[0]])
		out := t.sizes[len(t.sizes)-1]
		delta, at := dOut[r*out:(r+1)*out], len(t.params)
		for l := len(pre) - 1; l >= 0; l-- {
			a, b := t.sizes[l], t.sizes[l+1]
			at -= a*b + b
			before := make([]float64, a)
			for i := range a {
				for j, d := range delta {
					grad[at+i*b+j] += in[l][i] * d
					before[i] += d * t.params[at+i*b+j]
				}
				if l > 0 {
					before[i] *= t.slope(pre[l-1][i])
				}
			}
			for j, d := range delta {
				grad[at+a*b+j] += d
			}
			delta = before
		}
		dIn = append(dIn, delta...)
	}
	return grad, dIn
}

func wide(x []float32) []float64 {
	w := make([]float64, len(x))
	for i, v := range x {
		w[i] = float64(v)
	}
	return w
}

// cases are networks of every hidden activation, odd sizes and several members.
func cases() []nn.Spec {
	return []nn.Spec{
		{Members: 1, Sizes: []int{5, 33, 17, 3}, Hidden: kern.ReLU, Trained: true},
		{Members: 3, Sizes: []int{4, 20, 16, 18, 6}, Hidden: kern.SiLU, Trained: true},
		{Members: 2, Sizes: []int{3, 40, 1}, Hidden: kern.Tanh, Trained: true},
		{Members: 2, Sizes: []int{7, 2}, Hidden: kern.ReLU, Trained: true},
	}
}

const rows = 19

// setup returns an initialised network with a batch.
func setup(s nn.Spec) (n *nn.Net, x, dOut []float32) {
	n = nn.New(s)
	n.InitUniform(rng.Root(11))
	x, dOut = make([]float32, rows*n.In()), make([]float32, rows*n.Out())
	rng.Root(12).Normals(x, 0)
	rng.Root(13).Normals(dOut, 0)
	return n, x, dOut
}

func TestTheTwinsGradientAgreesWithFiniteDifferences(t *testing.T) {
	for _, s := range cases() {
		n, x32, dOut32 := setup(s)
		tw, x, dOut := newTwin(n, s.Members-1), wide(x32), wide(dOut32)
		grad, dIn := tw.gradient(x, dOut, rows)
		check := func(name string, at []float64, i int, want float64) {
			const step = 1e-6
			was := at[i]
			at[i] = was + step
			up := tw.loss(x, dOut, rows)
			at[i] = was - step
			down := tw.loss(x, dOut, rows)
			at[i] = was
			if got := (up - down) / (2 * step); math.Abs(got-want) > 1e-6*(1+math.Abs(want)) {
				t.Errorf("%v: %s %d: finite difference %.9g, analytic %.9g", s.Sizes, name, i, got, want)
			}
		}
		for i := range tw.params {
			check("parameter", tw.params, i, grad[i])
		}
		for i := range x {
			check("input", x, i, dIn[i])
		}
	}
}

func TestGradientsAgreeWithTheFloat64Twin(t *testing.T) {
	for _, s := range cases() {
		n, x, dOut := setup(s)
		tape := n.NewTape(rows)
		for m := range s.Members {
			grad, dIn := make([]float32, n.MemberSize()), make([]float32, len(x))
			n.Forward(m, tape, x, rows)
			n.Backward(m, tape, dOut, grad, dIn)
			wantGrad, wantIn := newTwin(n, m).gradient(wide(x), wide(dOut), rows)
			allNear(t, fmt.Sprint(s.Sizes, " gradient by parameters"), grad, wantGrad, 1e-5)
			allNear(t, fmt.Sprint(s.Sizes, " gradient by input"), dIn, wantIn, 1e-5)
		}
	}
}

func TestBackwardAddsToTheGradientAndEachPartCanBeLeftOut(t *testing.T) {
	n, x, dOut := setup(cases()[1])
	tape := n.NewTape(rows)
	once, twice := make([]float32, n.MemberSize()), make([]float32, n.MemberSize())
	dIn, alone := make([]float32, len(x)), make([]float32, len(x))
	n.Forward(1, tape, x, rows)
	n.Backward(1, tape, dOut, once, dIn)
	n.Backward(1, tape, dOut, twice, nil)
	n.Backward(1, tape, dOut, twice, nil)
	n.Backward(1, tape, dOut, nil, alone)
	for i := range once {
		if math.Abs(float64(twice[i]-2*once[i])) > 1e-5*(1+math.Abs(float64(once[i]))) {
			t.Fatalf("two passes give %g, want twice %g", twice[i], once[i])
		}
	}
	set := make([]float32, n.MemberSize())
	for i := range set {
		set[i] = float32(math.NaN())
	}
	n.Gradient(1, tape, dOut, set)
	for i := range once {
		if set[i] != once[i] {
			t.Fatalf("Gradient writes %g over NaN, want %g", set[i], once[i])
		}
	}
	for i := range dIn {
		if dIn[i] != alone[i] {
			t.Fatalf("input gradient %g without parameters, %g with them", alone[i], dIn[i])
		}
	}
}

func TestKeepGivesTheInputGradientOfTheKeptRows(t *testing.T) {
	for _, s := range append(cases(), normed) {
		n, x, dOut := setup(s)
		tape := n.NewTape(rows + 3)
		full, part := make([]float32, len(x)), make([]float32, len(x))
		n.Drop(tape, rng.Root(14), 0, rows)
		n.Forward(0, tape, x, rows)
		n.Backward(0, tape, dOut, nil, full)
		kept := []int32{0, 2, 3, 11, rows - 1}
		var d []float32
		for _, r := range kept {
			d = append(d, dOut[int(r)*n.Out():(int(r)+1)*n.Out()]...)
		}
		tape.Keep(kept)
		n.Backward(0, tape, d, nil, part)
		for k, r := range kept {
			for j := range n.In() {
				if got, want := part[k*n.In()+j], full[int(r)*n.In()+j]; got != want {
					t.Fatalf("%v: row %d feature %d: %g, want %g", s.Sizes, r, j, got, want)
				}
			}
		}
	}
}

func TestARowsOutputDoesNotDependOnItsBatch(t *testing.T) {
	for _, s := range append(cases(), normed) {
		n, x, _ := setup(s)
		tape := n.NewTape(rows)
		all := append([]float32(nil), n.Forward(0, tape, x, rows)...)
		for r := range rows {
			one := n.Infer(0, tape, x[r*n.In():(r+1)*n.In()], 1)
			for j, v := range one {
				if v != all[r*n.Out()+j] {
					t.Fatalf("%v: row %d alone gives %g, in the batch %g", s.Sizes, r, v, all[r*n.Out()+j])
				}
			}
		}
	}
}

func TestPassesAndStepsAllocateNothing(t *testing.T) {
	for _, s := range append(cases(), normed) {
		n, x, dOut := setup(s)
		tape, adam := n.NewTape(rows), nn.NewAdam(n, 1e-3)
		grad, dIn := make([]float32, n.MemberSize()), make([]float32, len(x))
		decay := make([]float64, n.Layers())
		if allocs := testing.AllocsPerRun(10, func() {
			n.Infer(0, tape, x, rows)
			n.Drop(tape, rng.Root(15), 0, rows)
			n.Forward(0, tape, x, rows)
			n.Backward(0, tape, dOut, grad, dIn)
			adam.Step(n, 0, grad, decay)
			adam.Step(n, 0, grad, nil)
		}); allocs != 0 {
			t.Errorf("%v: %g allocations", s.Sizes, allocs)
		}
	}
}
