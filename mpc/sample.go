package mpc

import (
	"demorl/rng"
	"demorl/rollout"
)

// generate draws the block's candidates around their starts' distributions and
// copies in those that are not drawn. A candidate's numbers depend on the
// pass's key and the candidate's number in the batch alone.
func (w *worker) generate() {
	g, ps, p := w.g, w.ps, w.p
	for s := w.s0; s < w.s1; s++ {
		clear(g.info[s*p.capN+w.c0 : s*p.capN+w.c1])
	}
	if ps.measure {
		w.copyMeasured()
		return
	}
	if p.s.Noise == NoiseWhite {
		w.drawWhite()
	} else {
		w.drawSeries()
	}
	if p.cov.size > 0 {
		w.correlate()
	}
	if ps.sampled < w.c1 {
		w.copyExtras()
	}
	if !ps.closed && p.form != FormParameters {
		w.clipOpen()
	}
	if g.noise != nil {
		for s := w.s0; s < w.s1; s++ {
			lo, hi := (s*p.capN+w.c0)*p.h*p.width, (s*p.capN+w.c1)*p.h*p.width
			copy(g.noise[lo:hi], g.cand[lo:hi])
		}
	}
}

// firstCandidate is the number of the block's first candidate in the batch.
func (w *worker) firstCandidate() uint64 { return uint64((w.g.first+w.s0)*w.ps.total + w.c0) }

func (w *worker) drawWhite() {
	p, g := w.p, w.g
	a, stride, nc := p.width, rollout.Stride(p.width), w.c1-w.c0
	// Candidates have no more rows than the block, so their noise fits.
	n := (w.s1 - w.s0) * nc * stride
	for h := range p.h {
		key, first := noiseKey(w.ps.noise, h), w.firstCandidate()*uint64(stride)
		if p.s.Sampling == SampleTruncate {
			key.TruncatedNormals(w.noise[:n], first)
		} else {
			key.Normals(w.noise[:n], first)
		}
		z := w.noise
		for s := w.s0; s < w.s1; s++ {
			w.moments(s, h)
			for c := w.c0; c < w.c1; c++ {
				at := ((s*p.capN+c)*p.h + h) * a
				if p.cov.size > 0 { // correlate places them
					copy(g.cand[at:at+a], z)
				} else {
					w.place(g.cand[at:at+a], z)
				}
				z = z[stride:]
			}
		}
	}
}

// drawSeries adds up series of correlated numbers, one independent normal at a
// time: a frequency's part, a filter's input or a spline's node.
func (w *worker) drawSeries() {
	p, g := w.p, w.g
	a, stride, nc := p.width, rollout.Stride(p.width), w.c1-w.c0
	n := (w.s1 - w.s0) * nc * stride
	for s := w.s0; s < w.s1; s++ {
		clear(g.cand[(s*p.capN+w.c0)*p.h*a : (s*p.capN+w.c1)*p.h*a])
	}
	waves := p.waves
	for q := range waves {
		noiseKey(w.ps.noise, q).Normals(w.noise[:n], w.firstCandidate()*uint64(stride))
		z := w.noise
		for s := w.s0; s < w.s1; s++ {
			for c := w.c0; c < w.c1; c++ {
				seq := g.cand[(s*p.capN+c)*p.h*a : (s*p.capN+c+1)*p.h*a]
				for h := range p.h {
					f := p.colour[h*waves+q]
					for j := range a {
						seq[h*a+j] += f * z[j]
					}
				}
				z = z[stride:]
			}
		}
	}
	if p.cov.size > 0 {
		return
	}
	for s := w.s0; s < w.s1; s++ {
		if p.s.Sampling == SampleTruncate {
			rng.Truncate(g.cand[(s*p.capN+w.c0)*p.h*a : (s*p.capN+w.c1)*p.h*a])
		}
		for h := range p.h {
			w.moments(s, h)
			for c := w.c0; c < w.c1; c++ {
				at := ((s*p.capN+c)*p.h + h) * a
				w.place(g.cand[at:at+a], g.cand[at:at+a])
			}
		}
	}
}

// moments prepares mean and standard deviation of start s at step h. Limiting
// the deviation by the distance to the bounds belongs to drawing alone: the
// kept distribution stays as it is (method.md B.6, B.9).
func (w *worker) moments(s, h int) {
	p, a := w.p, w.p.width
	at := (s*p.h + h) * a
	for j := range a {
		m, sd := w.g.mean[at+j], w.g.std[at+j]
		if p.s.Sampling == SampleTruncate && !w.ps.closed && p.form != FormParameters {
			sd = min(sd, (m+p.s.Bound)/2, (p.s.Bound-m)/2)
		}
		w.mu[j], w.sd[j] = float32(m), float32(max(sd, p.s.MinStd))
	}
}

// place turns normals, truncated or not, into a candidate's numbers of one step.
func (w *worker) place(dst, z []float32) {
	mu, sd := w.mu[:len(dst)], w.sd[:len(dst)]
	for j := range dst {
		dst[j] = mu[j] + sd[j]*z[j]
	}
}

// copyExtras puts policy rollouts, kept elites and the mean in their places
// behind the drawn candidates.
func (w *worker) copyExtras() {
	p, g, ps := w.p, w.g, w.ps
	ha := p.h * p.width
	slots := p.eliteSlots()
	for s := w.s0; s < w.s1; s++ {
		for c := max(w.c0, ps.sampled); c < w.c1; c++ {
			dst := g.cand[(s*p.capN+c)*ha : (s*p.capN+c+1)*ha]
			k := c - ps.sampled
			switch {
			case k < ps.policy:
				copy(dst, g.pre[(s*p.pre+k)*ha:])
			case k < ps.policy+ps.elites:
				if k -= ps.policy; k < int(g.eliteN[s]) { // else the drawn candidate stays
					copy(dst, g.elite[(s*slots+k)*ha:])
				}
			default:
				for i := range dst {
					dst[i] = float32(g.mean[s*ha+i])
				}
			}
		}
	}
}

// clipOpen brings open-loop candidates into the bounds, counting what lay
// outside, and within the rate limit.
func (w *worker) clipOpen() {
	p, g := w.p, w.g
	ha, bound := p.h*p.width, float32(p.s.Bound)
	for s := w.s0; s < w.s1; s++ {
		for c := w.c0; c < w.c1; c++ {
			slot := s*p.capN + c
			seq := g.cand[slot*ha : (slot+1)*ha]
			clipped := int32(0)
			for i, u := range seq {
				if u > bound {
					seq[i] = bound
					clipped++
				} else if u < -bound {
					seq[i] = -bound
					clipped++
				}
			}
			p.limitRate(seq)
			g.info[slot].clipped, g.info[slot].coords = clipped, int32(ha)
		}
	}
}
