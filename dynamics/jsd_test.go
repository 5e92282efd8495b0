package dynamics

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"demorl/internal/wire"
	"demorl/rng"
	"demorl/rollout"
)

// The dual geometric Jensen-Shannon divergence of two Gaussians is Bhattacharyya's
// distance, -log of the integral of sqrt(p q): by quadrature, coordinate by coordinate.
func TestDivergenceAgreesWithQuadrature(t *testing.T) {
	density := func(x, m, s float64) float64 {
		z := (x - m) / s
		return math.Exp(-0.5*z*z) / (s * math.Sqrt(2*math.Pi))
	}
	z := rng.NewStream(rng.Root(3))
	for range 20 {
		m1, s1, m2, s2 := make([]float32, 3), make([]float32, 3), make([]float32, 3), make([]float32, 3)
		want, kl := 0.0, 0.0
		for j := range m1 {
			m1[j], m2[j] = float32(z.Uniform(-1, 1)), float32(z.Uniform(-1, 1))
			s1[j], s2[j] = float32(math.Exp(z.Uniform(-2, 1))), float32(math.Exp(z.Uniform(-2, 1)))
			a, b, sa, sb := float64(m1[j]), float64(m2[j]), float64(s1[j]), float64(s2[j])
			overlap := 0.0
			const steps, reach = 40_000, 30.0
			for i := range steps {
				x := reach * (2*(float64(i)+0.5)/steps - 1)
				overlap += math.Sqrt(density(x, a, sa)*density(x, b, sb)) * 2 * reach / steps
			}
			want -= math.Log(overlap)
			// The same from its definition: the mean of KL(G||p) and KL(G||q).
			variance := 1 / (0.5/(sa*sa) + 0.5/(sb*sb))
			mean := variance * (0.5*a/(sa*sa) + 0.5*b/(sb*sb))
			klTo := func(m, s float64) float64 {
				return 0.5 * (variance/(s*s) + (mean-m)*(mean-m)/(s*s) - 1 + math.Log(s*s/variance))
			}
			kl += (klTo(a, sa) + klTo(b, sb)) / 2
		}
		got := divergence(m1, s1, m2, s2)
		if math.Abs(got-want) > 1e-6*(1+want) || math.Abs(got-kl) > 1e-10*(1+kl) {
			t.Fatalf("divergence %.10g, by quadrature %.10g, by definition %.10g", got, want, kl)
		}
		if back := divergence(m2, s2, m1, s1); back != got {
			t.Errorf("not symmetric: %g and %g", got, back)
		}
		if self := divergence(m1, s1, m1, s1); self != 0 {
			t.Errorf("of a Gaussian with itself: %g", self)
		}
	}
	// Many coordinates of very different variances do not overflow.
	n := 600
	m, narrow, wide := make([]float32, n), make([]float32, n), make([]float32, n)
	for j := range m {
		narrow[j], wide[j] = 1e-3, 1e3
	}
	want := float64(n) / 2 * math.Log((1e6+1e-6)/2)
	if got := divergence(m, narrow, m, wide); math.Abs(got-want) > 1e-6*want {
		t.Errorf("divergence %g of 600 coordinates, want %g", got, want)
	}
}

// guarded is a fitted ensemble with jsd_guard.
func guarded(t testing.TB, factor float64, change func(*Settings)) *Ensemble {
	return fitted(t, func(s *Settings) {
		s.JSDGuard = factor
		if change != nil {
			change(s)
		}
	})
}

// wants recomputes from Predict the divergence of each row, averaged over pairs.
func wants(e *Ensemble, obs, action []float32, rows int) []float64 {
	outputs := e.Outputs()
	var means, stds [][]float32
	for _, m := range e.elites {
		mean, std := make([]float32, rows*outputs), make([]float32, rows*outputs)
		e.Predict(m, obs, action, rows, mean, std)
		means, stds = append(means, mean), append(stds, std)
	}
	out := make([]float64, rows)
	for r := range rows {
		pairs := 0.0
		for a := range means {
			for b := a + 1; b < len(means); b++ {
				pairs++
				for d := 1; d < outputs; d++ {
					i := r*outputs + d
					va, vb := float64(stds[a][i])*float64(stds[a][i]), float64(stds[b][i])*float64(stds[b][i])
					dm := float64(means[a][i]) - float64(means[b][i])
					out[r] += dm*dm/(4*(va+vb)) + 0.5*math.Log((va+vb)/(2*math.Sqrt(va*vb)))
				}
			}
		}
		out[r] /= pairs
	}
	return out
}

// method.md C.10: exactly the rows whose divergence is above the limit end, and
// are counted; the limit is the factor times the quantile on held-out rows.
func TestTheGuardEndsTheRowsAboveItsLimit(t *testing.T) {
	for _, norm := range []bool{false, true} {
		e := guarded(t, 1, func(s *Settings) { s.TargetNorm, s.ModelGuard = norm, 0 })
		limit := e.jsd.limit(1)
		for _, propagation := range []Propagation{Fixed, TS1, Expect} {
			w := e.World(WorldOptions{Propagation: propagation})
			l := w.NewLane(300).(*Lane)
			b, starts := crowd(50, 3, 2)
			for i := range b.Obs { // half of them far away
				if i/2%2 == 0 {
					b.Obs[i] *= 6
				}
			}
			for i := range starts {
				starts[i].Obs = b.Obs[2*i : 2*i+2]
			}
			if err := l.Begin(b, starts); err != nil {
				t.Fatal(err)
			}
			b.Fate[3] = rollout.Terminated
			want := wants(e, b.Obs, b.Action, b.Rows)
			if err := l.Step(b, 0); err != nil {
				t.Fatal(err)
			}
			ended := 0
			for r := range b.Rows {
				if r == 3 {
					continue
				}
				got := b.Fate[r] == rollout.OutOfRange
				if got {
					ended++
				}
				if close := math.Abs(want[r]-limit) < 1e-3*limit; !close && got != (want[r] > limit) { // else rounding decides
					t.Fatalf("row %d of divergence %g (limit %g) ended: %v", r, want[r], limit, got)
				}
			}
			c := w.Counters()
			if ended == 0 || ended > b.Rows-10 || c.Disputed != ended || c.OutOfRange != ended {
				t.Errorf("%d of %d rows ended, counted %+v", ended, b.Rows, c)
			}
			if n := testing.AllocsPerRun(3, func() { _ = l.Step(b, 1) }); n != 0 {
				t.Errorf("a step allocates %g times", n)
			}
		}
	}
}

// The limit is a running mean of the quantiles of at most ten fits.
func TestTheLimitIsTheMeanQuantileOfTheLastFits(t *testing.T) {
	s := smallSettings()
	s.JSDGuard, s.JSDQuantile, s.MaxPasses = 2, 0.5, 1
	e := mustNew(t, s, 2, 1, 1)
	if !math.IsInf(e.jsd.limit(2), 1) {
		t.Error("there is a limit before the first fit")
	}
	buf := doubleIntegrator(300, rng.Root(4))
	var all []float64
	for round := range uint64(jsdFits + 2) {
		stats := mustFit(t, e, buf, round)
		held := e.fit.held
		obs, action := []float32(nil), []float32(nil)
		for _, i := range held {
			obs, action = append(obs, buf.Row(int(i)).Obs...), append(action, buf.Row(int(i)).Action...)
		}
		want := wants(e, obs, action, len(held))
		slices.Sort(want)
		n := len(want)
		all = append(all, (want[(n-1)/2]+want[n/2])/2)
		last := all[max(0, len(all)-jsdFits):]
		if got, want := stats.Divergence, average(last); math.Abs(got-want) > 1e-3*want || e.jsd.limit(2) != 2*got {
			t.Fatalf("fit %d: %g, want %g", round, got, want)
		}
	}
	saved := e.AppendState(nil)
	other := mustNew(t, s, 2, 1, 1)
	r := wire.NewReader(saved)
	if other.ReadState(r); r.Err() != nil || other.jsd.limit(2) != e.jsd.limit(2) || !bytes.Equal(other.AppendState(nil), saved) {
		t.Errorf("restored: limit %g, want %g (%v)", other.jsd.limit(2), e.jsd.limit(2), r.Err())
	}
	mustFit(t, e, buf, 99)
	mustFit(t, other, buf, 99)
	if !bytes.Equal(other.AppendState(nil), e.AppendState(nil)) {
		t.Error("a restored ensemble fits to other bits")
	}
}

func TestWithoutTheGuardTheStateIsWhatItWas(t *testing.T) {
	with, without := guarded(t, 2, nil).AppendState(nil), fitted(t, nil).AppendState(nil)
	if !bytes.HasPrefix(with, without) || len(with) == len(without) {
		t.Error("jsd_guard changes other parts of the model")
	}
}
