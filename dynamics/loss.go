package dynamics

import "demorl/internal/kern"

// lossScratch is the memory of one batch's loss: rows x outputs each.
type lossScratch struct{ far, soft, near, tail, value, weight []float32 }

func newLossScratch(rows, outputs int) *lossScratch {
	n := rows * outputs
	return &lossScratch{
		far: make([]float32, n), soft: make([]float32, n), near: make([]float32, n),
		tail: make([]float32, n), value: make([]float32, n), weight: make([]float32, n),
	}
}

// gradient computes one member's loss (method.md C.3, without decay and the
// bounds' own term) of out (rows x 2*outputs: means, then raw log-variances)
// against y (rows x outputs), averaged over of rows of which these are some, each
// with its weight of w, 1 where that is nil, and its gradients: dOut like out, and
// added to upper and lower those by the bounds.
func (s *lossScratch) gradient(b *bounds, out, y, w []float32, rows, of int, dOut []float32, upper, lower []float64) float64 {
	outputs := len(b.upper)
	n := rows * outputs
	far, soft, near, tail, value, weight := s.far[:n], s.soft[:n], s.near[:n], s.tail[:n], s.value[:n], s.weight[:n]
	for r := range rows { // far = b_max - rho
		raw := out[r*2*outputs+outputs : (r+1)*2*outputs]
		dst := far[r*outputs : (r+1)*outputs]
		for d, u := range b.upper {
			dst[d] = u - raw[d]
		}
	}
	kern.Softplus(soft, far)
	for r := range rows { // near = t - b_min, t = b_max - softplus(far)
		src, dst := soft[r*outputs:(r+1)*outputs], near[r*outputs:(r+1)*outputs]
		for d, u := range b.upper {
			dst[d] = (u - src[d]) - b.lower[d]
		}
	}
	kern.Softplus(value, near)
	for r := range rows { // value = -s
		row := value[r*outputs : (r+1)*outputs]
		for d, l := range b.lower {
			row[d] = -(l + row[d])
		}
	}
	kern.Exp(weight, value)
	// exp(-|x|) is the stable heart of both sigmoids.
	negAbs(soft, far)
	kern.Exp(soft, soft)
	negAbs(tail, near)
	kern.Exp(tail, tail)
	return s.finish(out, y, w, rows, of, outputs, dOut, upper, lower)
}

// finish turns the scratch into gradients, row by row.
func (s *lossScratch) finish(out, y, w []float32, rows, of, outputs int, dOut []float32, upper, lower []float64) float64 {
	even := 1 / float32(of*outputs)
	total := 0.0
	for r := range rows {
		at := r * outputs
		weight, scale := float32(1), even
		if w != nil {
			weight = w[r]
			scale *= weight
		}
		o, g := out[2*at:2*at+outputs], dOut[2*at:2*at+2*outputs]
		sum := float32(0)
		for d := range outputs {
			i := at + d
			miss := o[d] - y[i]
			weighted := miss * s.weight[i]
			squared := miss * weighted
			sum += squared - s.value[i]
			sigFar, coFar := sigmoids(s.far[i], s.soft[i])
			sigNear, coNear := sigmoids(s.near[i], s.tail[i])
			byS := (1 - squared) * scale
			byT := byS * sigNear
			g[d] = 2 * weighted * scale
			g[outputs+d] = byT * sigFar
			upper[d] += float64(byT * coFar)
			lower[d] += float64(byS * coNear)
		}
		total += float64(sum) * float64(weight)
	}
	return total * float64(even)
}

// negAbs writes -|x| to dst.
func negAbs(dst, x []float32) {
	for i, v := range x {
		dst[i] = min(v, -v)
	}
}

// sigmoids returns sigmoid(x) and 1-sigmoid(x), both to full relative
// precision, from x and e = exp(-|x|).
func sigmoids(x, e float32) (sig, co float32) {
	p := 1 / (1 + e)
	if x >= 0 {
		return p, e * p
	}
	return e * p, p
}
