package dynamics

import "math"

// pairedTest is the stopping rule of method.md C.11: the whole ensemble is
// judged by its held-out score row by row, saved where a paired one-sided test
// finds it better than the saved one at the level stop_save, and trained on while
// it is not found to be worse, at the level stop_go_on. A row's score is the
// Gaussian negative log-likelihood, without its constant, of the mixture's mean
// and variance: that of the members' means plus the members' (geometric mean)
// predicted one.
type pairedTest struct {
	scores, best []float64   // per held-out row: now, and of what is saved
	mean, second [][]float64 // per worker, evalRows x outputs: sums over members of means and their squares
	noise        [][]float64 // per worker, evalRows x outputs: sums over members of log-variances
}

func newPairedTest(e *Ensemble) *pairedTest {
	t := &pairedTest{}
	make64 := func() []float64 { return make([]float64, evalRows*e.Outputs()) }
	for range e.pool.Workers() {
		t.mean, t.second, t.noise = append(t.mean, make64()), append(t.second, make64()), append(t.noise, make64())
	}
	return t
}

// passes returns how many passes that are found worse end a fit, and how many
// passes it has at most.
func (s *Settings) passes(outputs int) (patience, most int) {
	if s.Stop != StopTest {
		return s.Patience, s.MaxPasses
	}
	patience = max(1, int(float64(s.Patience)*math.Log(float64(outputs))))
	if most = s.MaxPasses; most == 0 {
		most = 5 * patience
	}
	return patience, most
}

// gradSteps returns how many gradient steps a fit has at most that fits fits
// went before, 0 for no limit. The first begins from random weights: cut short
// like those that go on from the last, it hands the critics wrong data.
func (s *Settings) gradSteps(fits int) int {
	if fits > 0 && s.RefitGradSteps > 0 {
		return s.RefitGradSteps
	}
	return s.MaxGradSteps
}

// scorePiece fills errors and scores of one piece of held-out rows.
func (f *fitter) scorePiece(worker, piece int) {
	e, t := f.e, f.test
	in, outputs := e.net.In(), e.Outputs()
	pieces := len(f.sums) / e.Members()
	at := piece * evalRows
	rows := min(evalRows, len(f.held)-at)
	mean, second, noise := t.mean[worker][:rows*outputs], t.second[worker][:rows*outputs], t.noise[worker][:rows*outputs]
	clear(mean)
	clear(second)
	clear(noise)
	for m := range e.Members() {
		out := e.net.Infer(m, f.lanes[worker].tape, f.hx[at*in:(at+rows)*in], rows)
		width, sum := e.net.Out(), 0.0
		for r := range rows {
			y := f.hy[(at+r)*outputs:]
			for d := range outputs {
				i := r*outputs + d
				v := float64(out[r*width+d])
				miss := v - float64(y[d])
				sum += miss * miss
				mean[i] += v
				second[i] += v * v
				if e.noise != nil {
					noise[i] += 2 * e.noise.at[m][d]
				} else {
					noise[i] += e.bounds.logVariance(d, float64(out[r*width+outputs+d]))
				}
			}
		}
		f.sums[m*pieces+piece] = sum
	}
	members := float64(e.Members())
	for r := range rows {
		score := 0.0
		for d := range outputs {
			i := r*outputs + d
			centre := mean[i] / members
			apart := max(0, (second[i]-members*centre*centre)/(members-1))
			variance := apart + math.Exp(noise[i]/members)
			miss := centre - float64(f.hy[(at+r)*outputs+d])
			score += 0.5*miss*miss/variance + 0.5*math.Log(variance)
		}
		t.scores[at+r] = score
	}
}

// logVariance is the softly bounded log-variance of output d (method.md C.2).
func (b *bounds) logVariance(d int, raw float64) float64 {
	t := b.upperAt[d] - softplus64(b.upperAt[d]-raw)
	return b.lowerAt[d] + softplus64(t-b.lowerAt[d])
}

func softplus64(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

// judge saves the ensemble where the test finds it better and reports whether to
// go on. A p-value that is not a number is no improvement.
func (f *fitter) judge() bool {
	p := pairedP(f.test.scores, f.test.best)
	if p < f.e.settings.StopSave {
		copy(f.test.best, f.test.scores)
		copy(f.best, f.errors)
		for m := range f.snapshot {
			f.save(m)
		}
	}
	return p < f.e.settings.StopGoOn
}

// pairedP is the p-value of the hypothesis that the scores now are not lower in
// the mean than the best: of Student's t, which from 1000 rows on is as good as
// normal.
func pairedP(now, best []float64) float64 {
	n := float64(len(now))
	mean, square := 0.0, 0.0
	for i := range now {
		mean += (now[i] - best[i]) / n
	}
	for i := range now {
		d := now[i] - best[i] - mean
		square += d * d
	}
	t := mean / math.Sqrt(square/(n-1)/n)
	if n >= 1000 {
		return 0.5 * math.Erfc(-t/math.Sqrt2)
	}
	return studentCDF(t, n-1)
}

// studentCDF is the distribution function of Student's t with nu degrees of
// freedom: half the regularised incomplete beta function at nu/(nu+t^2), or one
// minus that.
func studentCDF(t, nu float64) float64 {
	tail := 0.5 * incompleteBeta(nu/2, 0.5, nu/(nu+t*t))
	if t > 0 {
		return 1 - tail
	}
	return tail
}

// incompleteBeta is the regularised incomplete beta function I_x(a, b), by its
// continued fraction (Abramowitz and Stegun 26.5.8) evaluated from the front
// (Lentz's method), where it converges fast: at x or, by symmetry, at 1-x.
func incompleteBeta(a, b, x float64) float64 {
	if !(x > 0) || x >= 1 {
		return x // 0, 1 or not a number
	}
	if x > (a+1)/(a+b+2) {
		return 1 - incompleteBeta(b, a, 1-x)
	}
	gamma := func(v float64) float64 { g, _ := math.Lgamma(v); return g }
	front := math.Exp(gamma(a+b)-gamma(a)-gamma(b)+a*math.Log(x)+b*math.Log1p(-x)) / a
	const tiny = 1e-300
	f, c, d := 1.0, 1.0, 0.0
	for i := 0; i <= 400; i++ {
		m := float64(i / 2)
		part := 1.0
		switch {
		case i > 0 && i%2 == 0:
			part = m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		case i > 0:
			part = -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		}
		if d = 1 + part*d; math.Abs(d) < tiny {
			d = tiny
		}
		d = 1 / d
		if c = 1 + part/c; math.Abs(c) < tiny {
			c = tiny
		}
		f *= c * d
		if math.Abs(1-c*d) < 1e-14 {
			break
		}
	}
	return front * (f - 1)
}
