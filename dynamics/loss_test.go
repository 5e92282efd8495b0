package dynamics

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"demorl/internal/kern"
	"demorl/rng"
)

// golden is what oracle/golden_dynamics.py wrote.
type golden struct {
	Network struct {
		Members, Obs, Act, Rows int
		Hidden                  []int
		Decay                   []float64
		BoundWeight             float64 `json:"bound_weight"`
		Params                  [][]float32
		Upper, Lower            []float64
		X, Y                    []float32
		DataLoss                []float64 `json:"data_loss"`
		Total                   float64
		ParamGrad               [][]float64 `json:"param_grad"`
		UpperGrad               []float64   `json:"upper_grad"`
		LowerGrad               []float64   `json:"lower_grad"`
	}
	Extremes struct {
		Raw, Mean []float32
		Loss      float64
		RawGrad   []float64 `json:"raw_grad"`
		MeanGrad  []float64 `json:"mean_grad"`
		UpperGrad float64   `json:"upper_grad"`
		LowerGrad float64   `json:"lower_grad"`
	}
}

func readGolden(t *testing.T) golden {
	t.Helper()
	text, err := os.ReadFile("testdata/loss.json")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(text, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

func near(t *testing.T, name string, got, want, scale float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-5*max(scale, math.Abs(want))) {
		t.Errorf("%s is %v, want %v", name, got, want)
	}
}

func TestLossAndAllGradientsAgreeWithTorch(t *testing.T) {
	g := readGolden(t).Network
	s := DefaultSettings()
	s.Members, s.Elites, s.Hidden, s.Decay, s.Batch, s.BoundWeight = g.Members, 1, g.Hidden, g.Decay, g.Rows, g.BoundWeight
	e := mustNew(t, s, g.Obs, g.Act, 1)
	copy(e.bounds.upperAt, g.Upper)
	copy(e.bounds.lowerAt, g.Lower)
	e.bounds.publish()
	f := newFitter(e)
	in, outputs := e.net.In(), e.Outputs()
	total, upper, lower := 0.0, make([]float64, outputs), make([]float64, outputs)
	for m := range g.Members {
		copy(e.net.Member(m), g.Params[m])
		e.net.Pack(m)
		x, y := g.X[m*g.Rows*in:(m+1)*g.Rows*in], g.Y[m*g.Rows*outputs:(m+1)*g.Rows*outputs]
		part := share{member: m, upper: make([]float64, outputs), lower: make([]float64, outputs)}
		f.gradient(f.lanes[0], &part, f.lanes[0].grad, x, y, nil, g.Rows, g.Rows)
		loss := part.loss
		near(t, "data loss", loss, g.DataLoss[m], 1)
		total += loss
		at := 0
		for l := range e.net.Layers() {
			weights := e.net.Weights(m, l)
			for i, w := range weights {
				total += 0.5 * g.Decay[l] * float64(w) * float64(w)
				near(t, "weight gradient", float64(f.lanes[0].grad[at+i])+g.Decay[l]*float64(w), g.ParamGrad[m][at+i], 1)
			}
			at += len(weights)
			for i := range e.net.Biases(m, l) {
				near(t, "bias gradient", float64(f.lanes[0].grad[at+i]), g.ParamGrad[m][at+i], 1)
			}
			at += len(e.net.Biases(m, l))
		}
		for d := range outputs {
			upper[d] += part.upper[d]
			lower[d] += part.lower[d]
		}
	}
	for d := range outputs {
		total += g.BoundWeight * (g.Upper[d] - g.Lower[d])
		near(t, "upper bound gradient", upper[d]+g.BoundWeight, g.UpperGrad[d], 1)
		near(t, "lower bound gradient", lower[d]-g.BoundWeight, g.LowerGrad[d], 1)
	}
	near(t, "total loss", total, g.Total, 1)
}

func TestLossGradientIsFiniteAndRightAtRawOutputsOf50(t *testing.T) {
	g := readGolden(t).Extremes
	s := DefaultSettings()
	rows := len(g.Raw)
	b := newBounds(s, 1)
	out, dOut := make([]float32, 2*rows), make([]float32, 2*rows)
	for r := range rows {
		out[2*r], out[2*r+1] = g.Mean[r], g.Raw[r]
	}
	upper, lower := make([]float64, 1), make([]float64, 1)
	loss := newLossScratch(rows, 1).gradient(b, out, make([]float32, rows), nil, rows, rows, dOut, upper, lower)
	near(t, "loss", loss, g.Loss, 1)
	for r := range rows {
		near(t, "mean gradient", float64(dOut[2*r]), g.MeanGrad[r], 1)
		near(t, "raw gradient", float64(dOut[2*r+1]), g.RawGrad[r], 1e-30)
	}
	near(t, "upper gradient", upper[0], g.UpperGrad, 1)
	near(t, "lower gradient", lower[0], g.LowerGrad, 1)
}

func TestLossGradientAgreesWithFiniteDifferences(t *testing.T) {
	const rows, outputs = 4, 3
	b := newBounds(DefaultSettings(), outputs)
	out, y, dOut := make([]float32, rows*2*outputs), make([]float32, rows*outputs), make([]float32, rows*2*outputs)
	rng.Root(3).Normals(out, 0)
	rng.Root(4).Normals(y, 0)
	scratch := newLossScratch(rows, outputs)
	upper, lower := make([]float64, outputs), make([]float64, outputs)
	scratch.gradient(b, out, y, nil, rows, rows, dOut, upper, lower)
	exact := func() float64 { // the loss in float64, written down apart
		sum := 0.0
		for r := range rows {
			for d := range outputs {
				t := b.upperAt[d] - softplus(b.upperAt[d]-float64(out[r*2*outputs+outputs+d]))
				s := b.lowerAt[d] + softplus(t-b.lowerAt[d])
				miss := float64(out[r*2*outputs+d]) - float64(y[r*outputs+d])
				sum += miss*miss*math.Exp(-s) + s
			}
		}
		return sum / (rows * outputs)
	}
	for i, at := range out {
		out[i] = at + 1e-3
		up, hi := exact(), float64(out[i])
		out[i] = at - 1e-3
		down, lo := exact(), float64(out[i])
		out[i] = at
		if slope := (up - down) / (hi - lo); math.Abs(slope-float64(dOut[i])) > 1e-4 {
			t.Errorf("output %d: gradient %v, finite difference %v", i, dOut[i], slope)
		}
	}
	for d := range outputs {
		for _, part := range []struct {
			at   []float64
			grad float64
		}{{b.upperAt, upper[d]}, {b.lowerAt, lower[d]}} {
			was := part.at[d]
			part.at[d] = was + 1e-5
			up := exact()
			part.at[d] = was - 1e-5
			slope := (up - exact()) / 2e-5
			part.at[d] = was
			if math.Abs(slope-part.grad) > 1e-5 {
				t.Errorf("bound %d: gradient %v, finite difference %v", d, part.grad, slope)
			}
		}
	}
}

func TestBoundsStayOneApart(t *testing.T) {
	s := DefaultSettings()
	s.BoundMax, s.BoundMin, s.Rate = 0.5, -0.5, 0.1
	b := newBounds(s, 1)
	for range 50 {
		b.step([]float64{1}, []float64{-1})
		if gap := b.upperAt[0] - b.lowerAt[0]; gap < minBoundGap-1e-12 {
			t.Fatalf("the bounds are %v apart", gap)
		}
	}
}

func TestPredictedStandardDeviationFollowsTheSoftBounds(t *testing.T) {
	for _, raw := range []float64{-50, -10, -3, 0, 2, 50} {
		want := math.Exp(0.5 * (-10 + softplus(0.5-softplus(0.5-raw)+10)))
		got := []float32{float32(raw)}
		kern.Gaussian(make([]float32, 1), got, make([]float32, 1), []float32{0.5}, []float32{-10})
		if math.Abs(float64(got[0])/want-1) > 1e-5 {
			t.Errorf("raw %v gives standard deviation %v, want %v", raw, got[0], want)
		}
	}
}
