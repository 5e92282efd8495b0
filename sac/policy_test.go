package sac

import (
	"math"
	"testing"

	"demorl/rng"
)

// one returns the log density and the action of one joint.
func one(mean, logStd, noise float64) (logPi, action float64) {
	q := newSquashed(1, 1)
	q.sample([]float32{float32(mean), float32(logStd)}, []float32{float32(noise), 0, 0, 0}, 1)
	return float64(q.logPi[0]), float64(q.action[0])
}

// method.md G.1, 7.
func TestLogDensityHasTheKnownPointValues(t *testing.T) {
	for _, c := range []struct{ mean, logStd, noise, want float64 }{
		{0, 0, 0, -0.918939}, {10, 0, 0, 17.694767}, {-10, 0, 0, 17.694767},
		{500, 0, 0, 2*(500-math.Ln2) - halfLog2Pi},
	} {
		if got, _ := one(c.mean, c.logStd, c.noise); math.Abs(got-c.want) > 1e-6*math.Abs(c.want) {
			t.Errorf("mean %g, log std %g, noise %g: log density %.8g, want %.8g", c.mean, c.logStd, c.noise, got, c.want)
		}
	}
}

// The integral of exp(log pi) over actions in (-1, 1) is taken over z, where
// da = (1 - a^2) dz; 1 - a^2 comes from 1/cosh^2 (method.md G.1, 7).
func TestDensityIntegratesToOne(t *testing.T) {
	for _, mean := range []float64{-2, 0, 2} {
		for _, logStd := range []float64{-3, 0, 1} {
			std, sum := math.Exp(logStd), 0.0
			const n, width = 20000, 16.0
			for i := range n {
				noise := float64(float32((float64(i)+0.5)/n*width - width/2))
				logPi, _ := one(mean, logStd, noise)
				z := mean + std*noise
				jacobian := -2 * (math.Abs(z) + math.Log1p(math.Exp(-2*math.Abs(z))) - math.Ln2)
				sum += math.Exp(logPi+jacobian) * std * width / n
			}
			if math.Abs(sum-1) > 1e-6 {
				t.Errorf("mean %g, log std %g: integral %.9f, want 1", mean, logStd, sum)
			}
		}
	}
}

func TestLogStdIsClampedAndItsGradientVanishesThere(t *testing.T) {
	q := newSquashed(3, 1)
	head := []float32{0.3, -25, 0.3, 0.5, 0.3, 7}
	noise := []float32{1, 0, 0, 0, 1, 0, 0, 0, 0.1, 0, 0, 0}
	q.sample(head, noise, 3)
	if want := float32(math.Exp(2)); math.Abs(float64(q.std[2]-want)) > 1e-6 || q.std[0] > 3e-9 {
		t.Errorf("standard deviations %v, want exp(-20), exp(0.5), exp(2)", q.std)
	}
	d := make([]float32, 6)
	q.back(d, head, noise, []float32{1, 1, 1}, 1, 3)
	if d[1] != 0 || d[5] != 0 || d[3] == 0 {
		t.Errorf("gradients by the log standard deviation are %g, %g, %g; want 0, not 0, 0", d[1], d[3], d[5])
	}
}

// The float64 twin of sample and back: central differences of
// sum scale*logPi + dAction*action.
func TestPolicyGradientAgreesWithFiniteDifferences(t *testing.T) {
	const rows, dims, scale = 7, 3, 0.3
	head, noise, dAction := make([]float32, rows*2*dims), make([]float32, rows*4), make([]float32, rows*dims)
	rng.Root(1).Uniforms(head, 0) // log standard deviations within the clamp
	rng.Root(2).Normals(noise, 0)
	rng.Root(3).Normals(dAction, 0)
	loss := func(h []float64) (sum float64) {
		for r := range rows {
			for j := range dims {
				mean, logStd, e := h[2*r*dims+j], h[(2*r+1)*dims+j], float64(noise[r*4+j])
				z := mean + math.Exp(logStd)*e
				logPi := -e*e/2 - logStd - halfLog2Pi - 2*(math.Ln2-z-math.Log1p(math.Exp(-2*z)))
				sum += scale*logPi + float64(dAction[r*dims+j])*math.Tanh(z)
			}
		}
		return sum
	}
	q, got := newSquashed(rows, dims), make([]float32, len(head))
	q.sample(head, noise, rows)
	q.back(got, head, noise, dAction, scale, rows)
	h := make([]float64, len(head))
	for i, v := range head {
		h[i] = float64(v)
	}
	for i := range h {
		const step = 1e-5
		was := h[i]
		h[i] = was + step
		up := loss(h)
		h[i] = was - step
		down := loss(h)
		h[i] = was
		near(t, "gradient", float64(got[i]), (up-down)/(2*step), 3e-6)
	}
}

func TestSampledActionIsTanhAlsoForTinyAndHugeArguments(t *testing.T) {
	for _, z := range []float64{0, 1e-6, -1e-3, 0.5, -2, 9, -30, 1e4} {
		_, a := one(z, -20, 0)
		if math.Abs(a-math.Tanh(z)) > 1.2e-7 {
			t.Errorf("tanh(%g) is %.9g, want %.9g", z, a, math.Tanh(z))
		}
	}
	if logPi, a := one(math.NaN(), 0, 0); !math.IsNaN(a) || !math.IsNaN(logPi) {
		t.Errorf("a NaN mean gives action %g and log density %g, want NaN", a, logPi)
	}
}
