package dynamics

import (
	"math"
	"slices"

	"demorl/internal/wire"
	"demorl/replay"
	"demorl/rollout"
)

// How the limit of jsd_guard is measured.
const (
	jsdRows = 1000 // held-out rows of a fit that are looked at
	jsdFits = 10   // fits whose quantiles are averaged
)

// jsdGuard ends rows of imagination at which the elites' predicted Gaussians lie
// further apart than they do on the data (method.md C.10, MACURA): by jsd_guard
// times a running quantile.
type jsdGuard struct {
	quantiles []float64 // of the last fits, on held-out rows, oldest first
}

// limit is the divergence above which a row is not believed; +Inf before the
// first fit and where the guard is off.
func (g *jsdGuard) limit(factor float64) float64 {
	if factor == 0 || len(g.quantiles) == 0 {
		return math.Inf(1)
	}
	return factor * average(g.quantiles)
}

// follow adds what the elites' divergence is on rows of buf.
func (g *jsdGuard) follow(e *Ensemble, buf *replay.Buffer, rows []int32) {
	n := min(len(rows), jsdRows)
	p, apart := e.newPredictor(predictorRows), e.newGaussians(predictorRows)
	all := make([]float64, n)
	in := e.net.In()
	for at := 0; at < n; at += predictorRows {
		chunk := min(predictorRows, n-at)
		for place, m := range e.elites {
			for i := range chunk { // evenly spread
				t := buf.Row(int(rows[(at+i)*len(rows)/n]))
				copy(p.x[i*in+copy(p.x[i*in:], t.Obs):], t.Action)
			}
			apart.take(p, place, m, chunk)
		}
		apart.divergences(all[at:at+chunk], e.Outputs())
	}
	slices.Sort(all)
	g.quantiles = append(g.quantiles, quantile(all, e.settings.JSDQuantile))
	if len(g.quantiles) > jsdFits {
		g.quantiles = slices.Delete(g.quantiles, 0, 1)
	}
}

// quantile returns the quantile at level q of the ascending x, interpolated.
func quantile(x []float64, q float64) float64 {
	at := q * float64(len(x)-1)
	i := min(int(at), len(x)-1)
	next := x[min(i+1, len(x)-1)]
	return x[i] + (at-float64(i))*(next-x[i])
}

func (g *jsdGuard) appendState(dst []byte) []byte { return wire.F64s(dst, g.quantiles) }

func (g *jsdGuard) readState(r *wire.Reader) {
	if g.quantiles = r.F64s(); len(g.quantiles) > jsdFits {
		r.Fail("the ensemble's divergence was saved of %d fits, at most %d are kept", len(g.quantiles), jsdFits)
	}
}

// gaussians are all elites' predictions for some rows, rows x outputs each.
type gaussians struct{ mean, std [][]float32 }

func (e *Ensemble) newGaussians(rows int) *gaussians {
	g := &gaussians{}
	for range e.elites {
		g.mean = append(g.mean, make([]float32, rows*e.Outputs()))
		g.std = append(g.std, make([]float32, rows*e.Outputs()))
	}
	return g
}

// take keeps what member m, the elite at place, predicts for the first rows rows
// of p.x.
func (g *gaussians) take(p *predictor, place, m, rows int) {
	used := rows * p.e.Outputs()
	clear(p.noise[:used])
	p.draws(p.infer(m, rows), p.each[:rows])
	copy(g.mean[place], p.mean[:used])
	copy(g.std[place], p.std[:used])
}

// divergences fills dst with each row's geometric Jensen-Shannon divergence,
// averaged over all pairs of elites. Of two Gaussians, with G the normalised
// geometric mean of their densities, it is the mean of KL(G||p) and KL(G||q)
// (Nielsen 2020, the dual form, as MACURA's code has it), which is a quarter of
// the squared distance of the means over the sum of the variances, plus half the
// logarithm of the variances' arithmetic over their geometric mean, summed over
// the observation's coordinates. The reward, output 0, moves no state.
func (g *gaussians) divergences(dst []float64, outputs int) {
	pairs := float64(len(g.mean)*(len(g.mean)-1)) / 2
	for r := range dst {
		lo, hi := r*outputs+1, (r+1)*outputs
		sum := 0.0
		for a := range g.mean {
			for b := range a {
				sum += divergence(g.mean[a][lo:hi], g.std[a][lo:hi], g.mean[b][lo:hi], g.std[b][lo:hi])
			}
		}
		dst[r] = sum / pairs
	}
}

// divergence is that of two Gaussians with independent coordinates.
func divergence(m1, s1, m2, s2 []float32) float64 {
	distance, logs, ratio := 0.0, 0.0, 1.0
	for j := range m1 {
		a, b, d := float64(s1[j]), float64(s2[j]), float64(m1[j])-float64(m2[j])
		variances := a*a + b*b
		distance += d * d / variances
		// The logarithm of a product is one logarithm; it is taken before the
		// product can overflow.
		if ratio *= variances / (2 * a * b); ratio > 1e100 {
			logs += math.Log(ratio)
			ratio = 1
		}
	}
	return distance/4 + (logs+math.Log(ratio))/2
}

// dispute fills l.jsd with the divergences of rows at..at+n of order, in the
// states and under the actions that the block still holds.
func (l *Lane) dispute(b *rollout.Block, at, n int) {
	for place, m := range l.w.e.elites {
		for i, r := range l.order[at : at+n] {
			l.load(b, int(r), i)
		}
		l.gaussians.take(l.p, place, m, n)
	}
	l.gaussians.divergences(l.jsd[at:at+n], l.w.e.Outputs())
}
