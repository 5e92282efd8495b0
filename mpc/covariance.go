package mpc

import (
	"fmt"
	"math"
)

// mostCorrelated is the largest side of a covariance: its factor takes n^3/6
// operations an iteration and its memory 16 n^2 bytes a start.
const mostCorrelated = 512

// covariance says how the covariance of one start lies in memory: blocks of n x
// n numbers, row-major, one over all steps or one a step (method.md B.2).
type covariance struct {
	full, step bool
	n, blocks  int // of the present horizon
	size       int // blocks * n * n; 0 with distribution diag
}

// setCovariance prepares the layout.
func (p *Planner) setCovariance() error {
	p.cov.full, p.cov.step = p.s.Distribution == DistributionFull, p.s.Distribution == DistributionFullStep
	n := p.actDim
	if p.cov.full {
		n *= p.maxH
	}
	if p.cov.full && n > mostCorrelated || p.cov.step && n > mostCorrelated {
		return fmt.Errorf("planner.distribution %s needs a covariance of %d x %d, more than %d; use %s or a shorter horizon", p.s.Distribution, n, n, mostCorrelated, DistributionFullStep)
	}
	return nil
}

func (c *covariance) retune(h, a int) {
	switch {
	case c.full:
		c.n, c.blocks = h*a, 1
	case c.step:
		c.n, c.blocks = a, h
	}
	c.size = c.blocks * c.n * c.n
}

// largest is the size at horizon h.
func (c *covariance) largest(h, a int) int {
	d := *c
	d.retune(h, a)
	return d.size
}

// at is the place of the number of coordinates i and j, which count over steps
// and joints; with a covariance a step both must belong to one step.
func (c *covariance) at(i, j int) int {
	b := i / c.n
	return (b*c.n+i%c.n)*c.n + j%c.n
}

// reset makes cov sigma^2 times the identity.
func (c *covariance) reset(cov []float64, sigma float64) {
	clear(cov)
	for i := range c.n * c.blocks {
		cov[c.at(i, i)] = sigma * sigma
	}
}

// resize brings a kept covariance of horizon from to horizon to; what is new is
// independent with deviation sigma.
func (c *covariance) resize(cov []float64, from, to, a int, sigma float64) {
	if len(cov) == 0 {
		return
	}
	old, next := *c, *c
	old.retune(from, a)
	next.retune(to, a)
	grown := make([]float64, len(cov))
	next.reset(grown[:next.size], sigma)
	n := min(from, to) * a
	for i := range n {
		for j := range n {
			if !c.step || i/a == j/a {
				grown[next.at(i, j)] = cov[old.at(i, j)]
			}
		}
	}
	copy(cov, grown)
}

// covOf is the covariance of start s.
func (g *group) covOf(p *Planner, s int) []float64 {
	return g.cov[s*p.cov.size : (s+1)*p.cov.size]
}

// shiftCovariance moves the kept covariance by n steps; the tail stays initial
// and independent of what precedes it.
func (p *Planner) shiftCovariance(g *group, n int) {
	c, a := &p.cov, p.actDim
	if c.size == 0 {
		return
	}
	cov := g.covOf(p, 0)
	keep := (p.h - n) * a
	for i := range keep {
		for j := range keep {
			if !c.step || i/a == j/a {
				cov[c.at(i, j)] = p.kept.cov[c.at(i+n*a, j+n*a)]
			}
		}
	}
	if p.s.ShiftCovariance == CovInflate {
		for i := range p.h * a {
			cov[c.at(i, i)] += p.s.Inflate * p.s.Sigma * p.s.Sigma
		}
	}
}

// factor prepares the Cholesky factors that the present pass draws with.
func (p *Planner) factor(g *group) {
	c := &p.cov
	if c.size == 0 || g.pass.iteration > 0 && p.s.Covariance == CovFixed {
		return
	}
	for s := range g.n {
		cov, chol := g.covOf(p, s), g.chol[s*c.size:(s+1)*c.size]
		for b := range c.blocks {
			lo, hi := b*c.n*c.n, (b+1)*c.n*c.n
			if !factored(chol[lo:hi], cov[lo:hi], c.n) {
				g.stat[s].unfactored++
			}
		}
	}
}

// factored fills l with the lower Cholesky factor of a (n x n), after adding up
// to eight times a growing share of the mean variance to the diagonal where it
// is not positive definite. When that fails too, l is the root of a's diagonal
// and the answer is false (method.md B.2).
func factored(l, a []float64, n int) bool {
	if cholesky(l, a, n, 0) {
		return true
	}
	trace := 0.0
	for i := range n {
		trace += a[i*n+i]
	}
	jitter := 1e-6 * trace / float64(n)
	for range 9 {
		if cholesky(l, a, n, jitter) {
			return true
		}
		jitter *= 2
	}
	clear(l)
	for i := range n {
		l[i*n+i] = math.Sqrt(max(0, a[i*n+i]))
	}
	return false
}

// cholesky fills l with the lower factor of a + jitter I and reports whether
// there is one.
func cholesky(l, a []float64, n int, jitter float64) bool {
	for i := range n {
		for j := range i + 1 {
			x := a[i*n+j]
			if i == j {
				x += jitter
			}
			u, v := l[i*n:i*n+j], l[j*n:j*n+j]
			for k := range u {
				x -= u[k] * v[k]
			}
			if i > j {
				l[i*n+j] = x / l[j*n+j]
				continue
			}
			if !(x > 0) || math.IsInf(x, 1) {
				return false
			}
			l[i*n+i] = math.Sqrt(x)
		}
	}
	return true
}

// solve replaces x, of the first coordinates of all, by the inverse of their
// covariance times x, from its lower Cholesky factor: L y = x, then L' z = y. With
// a covariance a step x is whole steps.
func (c *covariance) solve(chol, x []float64) {
	for i := range x {
		first := i / c.n * c.n
		sum := x[i]
		for j := first; j < i; j++ {
			sum -= chol[c.at(i, j)] * x[j]
		}
		x[i] = sum / chol[c.at(i, i)]
	}
	for i := len(x) - 1; i >= 0; i-- {
		end := min(len(x), i/c.n*c.n+c.n)
		sum := x[i]
		for j := i + 1; j < end; j++ {
			sum -= chol[c.at(j, i)] * x[j]
		}
		x[i] = sum / chol[c.at(i, i)]
	}
}

// correlate turns the block's independent numbers into candidates: mean plus
// factor times numbers, from the last coordinate to the first, so that each
// still finds those it needs.
func (w *worker) correlate() {
	p, g, c := w.p, w.g, &w.p.cov
	ha := p.h * p.actDim
	for s := w.s0; s < w.s1; s++ {
		chol := g.chol[s*c.size : (s+1)*c.size]
		for k := w.c0; k < w.c1; k++ {
			x := g.cand[(s*p.capN+k)*ha : (s*p.capN+k+1)*ha]
			for i := ha - 1; i >= 0; i-- {
				first := i / c.n * c.n
				row := chol[c.at(i, first) : c.at(i, i)+1]
				sum := g.mean[s*ha+i]
				for j, f := range row {
					sum += f * float64(x[first+j])
				}
				x[i] = float32(sum)
			}
		}
	}
}

// moveCovariance moves the covariance of start s as deviation moves a standard
// deviation: towards the weighted covariance around the weighted mean, plus the
// product of the mean's move by what the centring says (method.md B.4). Steps
// that no weighted candidate reached keep theirs. Of two steps only candidates
// that reached the later one count.
func (g *group) moveCovariance(p *Planner, s int, rank []ranked) {
	c, a := &p.cov, p.actDim
	cov, scatter := g.covOf(p, s), g.chol[s*c.size:(s+1)*c.size]
	g.scatter(p, s, rank, scatter)
	share := 0.0
	switch p.s.Covariance {
	case CovOld:
		share = 1
	case CovNew:
		share = (1 - p.s.StepMean) * (1 - p.s.StepMean)
	case CovExact:
		share = 1 - p.s.StepCov
	}
	step, st := p.s.StepCov, &g.stat[s]
	std := g.std[s*p.h*a : (s+1)*p.h*a]
	for i := range int(g.length[s]) * a {
		for j := i / c.n * c.n; j <= i; j++ {
			x := (1-step)*cov[c.at(i, j)] + step*(scatter[c.at(i, j)]+share*g.dev[i]*g.dev[j])
			if i == j {
				if !(x > p.s.MinStd*p.s.MinStd) {
					x = p.s.MinStd * p.s.MinStd
					st.floored++
				}
				std[i] = math.Sqrt(x)
			}
			cov[c.at(i, j)], cov[c.at(j, i)] = x, x
		}
	}
}

// scatter fills the lower half of dst with the weighted covariance of the
// ranked candidates around their weighted mean.
func (g *group) scatter(p *Planner, s int, rank []ranked, dst []float64) {
	c, a, ha := &p.cov, p.actDim, p.h*p.actDim
	clear(dst)
	reached := int(g.length[s])
	for k := range rank {
		slot := s*p.capN + int(rank[k].index)
		u := g.cand[slot*ha : (slot+1)*ha]
		for i := range min(reached, int(g.info[slot].length)) * a {
			d := g.weight[k] * (float64(u[i]) - g.bar[i])
			for j := i / c.n * c.n; j <= i; j++ {
				dst[c.at(i, j)] += d * (float64(u[j]) - g.bar[j])
			}
		}
	}
	for h := range reached {
		sum := 0.0
		for k := range rank {
			if int(g.info[s*p.capN+int(rank[k].index)].length) > h {
				sum += g.weight[k]
			}
		}
		for i := h * a; i < (h+1)*a; i++ {
			for j := i / c.n * c.n; j <= i; j++ {
				dst[c.at(i, j)] /= sum
			}
		}
	}
}
