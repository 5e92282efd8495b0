package nn_test

import (
	"bytes"
	"math"
	"testing"

	"demorl/internal/kern"
	"demorl/internal/wire"
	"demorl/nn"
	"demorl/rng"
)

func TestNormaliserFitsMeanAndStandardDeviation(t *testing.T) {
	data := [][]float32{{1, 5, 1e6 + 1}, {2, 5, 1e6 + 2}, {3, 5, 1e6 + 3}, {6, 5, 1e6 + 6}}
	n := nn.NewNormaliser(3)
	n.Fit(len(data), func(i int, dst []float32) { copy(dst, data[i]) }, 1e-12)
	std := math.Sqrt((4 + 1 + 0 + 9) / 4.0)
	allNear(t, "mean", n.Mean, []float64{3, 5, 1e6 + 3}, 1e-7)
	allNear(t, "standard deviation", n.Std, []float64{std, 1, std}, 1e-6) // a constant feature keeps its scale
	x := []float32{6, 7, 1e6 + 3}
	n.Apply(x)
	allNear(t, "normalised row", x, []float64{3 / std, 2, 0}, 1e-6)
}

func TestNormaliserOfNoRowsIsTheIdentityInScale(t *testing.T) {
	n := nn.NewNormaliser(2)
	n.Fit(0, func(int, []float32) { t.Error("a row was read") }, 1e-12)
	allNear(t, "mean", n.Mean, []float64{0, 0}, 0)
	allNear(t, "standard deviation", n.Std, []float64{1, 1}, 0)
}

func TestNormaliserKeepsNaNVisible(t *testing.T) {
	n := nn.NewNormaliser(1)
	n.Fit(2, func(i int, dst []float32) { dst[0] = float32(math.NaN()) }, 1e-12)
	if n.Mean[0] == n.Mean[0] {
		t.Errorf("mean of NaN is %g, want NaN", n.Mean[0])
	}
}

func TestRestoredNetworkAndOptimiserGoOnBitForBit(t *testing.T) {
	s := nn.Spec{Members: 2, Sizes: []int{3, 9, 2}, Hidden: kern.SiLU, Trained: true}
	step := func(n *nn.Net, a *nn.Adam, i uint64) {
		grad := make([]float32, n.MemberSize())
		rng.Root(i).Normals(grad, 0)
		a.Step(n, int(i%2), grad, []float64{1e-3, 0})
	}
	n := nn.New(s)
	n.InitTruncatedNormal(rng.Root(1))
	adam := nn.NewAdam(n, 1e-2)
	for i := range uint64(7) {
		step(n, adam, i)
	}
	norm := nn.NewNormaliser(3)
	norm.Mean[1], norm.Std[2] = 4, 5
	saved := norm.AppendState(adam.AppendState(n.AppendState(nil)))
	n2, norm2 := nn.New(s), nn.NewNormaliser(3)
	adam2 := nn.NewAdam(n2, 1e-2)
	r := wire.NewReader(saved)
	n2.ReadState(r)
	adam2.ReadState(r)
	norm2.ReadState(r)
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	for i := uint64(7); i < 12; i++ {
		step(n, adam, i)
		step(n2, adam2, i)
	}
	if !bytes.Equal(norm.AppendState(adam.AppendState(n.AppendState(nil))), norm2.AppendState(adam2.AppendState(n2.AppendState(nil)))) {
		t.Error("states differ after five more steps")
	}
	x := []float32{1, 2, 3}
	a, b := n.Infer(1, n.NewTape(1), x, 1), n2.Infer(1, n2.NewTape(1), x, 1)
	if a[0] != b[0] || a[1] != b[1] {
		t.Errorf("restored network gives %v, want %v", b, a)
	}
}

func TestReadStateRefusesAnotherShape(t *testing.T) {
	small := nn.New(nn.Spec{Members: 1, Sizes: []int{2, 2}})
	large := nn.New(nn.Spec{Members: 1, Sizes: []int{2, 3}})
	r := wire.NewReader(nn.NewAdam(small, 1).AppendState(small.AppendState(nil)))
	large.ReadState(r)
	if r.Err() == nil {
		t.Error("parameters of another shape were accepted")
	}
	r = wire.NewReader(nn.NewAdam(small, 1).AppendState(nil))
	nn.NewAdam(large, 1).ReadState(r)
	if r.Err() == nil {
		t.Error("an optimiser of another shape was accepted")
	}
}

func TestInitialisationsHaveTheirScale(t *testing.T) {
	const in, out = 200, 100
	for _, c := range []struct {
		name  string
		init  func(*nn.Net, rng.Key)
		bound float64 // of weights
		std   float64
		bias  float64 // bound of biases
	}{
		{"uniform", (*nn.Net).InitUniform, 1 / math.Sqrt(in), 1 / math.Sqrt(3*in), 1 / math.Sqrt(in)},
		{"glorot", (*nn.Net).InitGlorot, math.Sqrt(6.0 / (in + out)), math.Sqrt(2.0 / (in + out)), 0},
		// A normal cut at two standard deviations has 0.87962566 of its standard deviation left.
		{"truncated normal", (*nn.Net).InitTruncatedNormal, 1 / math.Sqrt(in), 0.87962566 / (2 * math.Sqrt(in)), 0},
	} {
		n := nn.New(nn.Spec{Members: 1, Sizes: []int{in, out}})
		c.init(n, rng.Root(5))
		sum := 0.0
		for _, w := range n.Weights(0, 0) {
			sum += float64(w) * float64(w)
			if math.Abs(float64(w)) > c.bound*1.000001 {
				t.Fatalf("%s: weight %g is outside %g", c.name, w, c.bound)
			}
		}
		if got := math.Sqrt(sum / (in * out)); math.Abs(got/c.std-1) > 0.02 {
			t.Errorf("%s: standard deviation of the weights %g, want %g", c.name, got, c.std)
		}
		for _, b := range n.Biases(0, 0) {
			if math.Abs(float64(b)) > c.bias*1.000001 {
				t.Fatalf("%s: bias %g is outside %g", c.name, b, c.bias)
			}
		}
	}
}

func TestAStepMadeInPartsEqualsAWholeStep(t *testing.T) {
	s := nn.Spec{Members: 2, Sizes: []int{5, 300, 200, 3}, Hidden: kern.ReLU, Trained: true}
	whole, parts, leader := nn.New(s), nn.New(s), nn.New(s)
	whole.InitUniform(rng.Root(1))
	parts.InitUniform(rng.Root(1))
	leader.InitUniform(rng.Root(2))
	a, b := nn.NewAdam(whole, 1e-2), nn.NewAdam(parts, 1e-2)
	grad, decay := make([]float32, whole.MemberSize()), []float64{1e-3, 0, 2e-3}
	if parts.Parts() <= parts.Layers() {
		t.Fatalf("%d parts of %d layers: no layer is cut", parts.Parts(), parts.Layers())
	}
	tape, x := whole.NewTape(9), make([]float32, 9*5)
	rng.Root(3).Normals(x, 0)
	dIn, want := make([]float32, len(x)), make([]float32, len(x))
	for step := range uint64(3) {
		rng.Root(4).At(step).Normals(grad, 0)
		a.Step(whole, 1, grad, decay)
		b.Begin(1)
		squares := 0.0
		for i := parts.Parts() - 1; i >= 0; i-- {
			squares += b.StepPart(parts, 1, i, grad, decay)
			parts.FollowPart(1, i, leader, 0.25)
		}
		exact := 0.0
		for _, g := range grad {
			exact += float64(g) * float64(g)
		}
		if math.Abs(squares-exact) > 1e-5*exact {
			t.Errorf("the gradient's squares sum to %g, want %g", squares, exact)
		}
		for i, v := range leader.Member(1) {
			p := &whole.Member(1)[i]
			*p += 0.25 * (v - *p)
		}
		whole.Pack(1)
		if !bytes.Equal(whole.AppendState(nil), parts.AppendState(nil)) {
			t.Fatalf("step %d: the parameters differ", step)
		}
		out := append([]float32(nil), whole.Forward(1, tape, x, 9)...)
		whole.Backward(1, tape, out, nil, want)
		got := parts.Forward(1, tape, x, 9)
		parts.Backward(1, tape, got, nil, dIn)
		for i := range want {
			if dIn[i] != want[i] {
				t.Fatalf("step %d: input gradient %d is %g from parts, %g from the whole", step, i, dIn[i], want[i])
			}
		}
	}
}
