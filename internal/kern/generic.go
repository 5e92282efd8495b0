package kern

import "math"

// mulGeneric is the definition of both products: element (i, p) of the left
// matrix is a[i*ars+p*acs].
func mulGeneric(dst []float32, ds int, a []float32, ars, acs, rows int, b *Packed, bias []float32, act Act, accumulate bool) {
	for i := range rows {
		out := dst[i*ds : i*ds+b.N]
		if !accumulate {
			clear(out)
		}
		for p := range b.K {
			x := a[i*ars+p*acs]
			row := b.data[p*b.N : (p+1)*b.N]
			for j, w := range row {
				out[j] += x * w
			}
		}
		for j, bj := range bias {
			out[j] += bj
		}
		Apply(out, act)
	}
}

// Apply replaces x by act(x).
func Apply(x []float32, act Act) {
	switch act {
	case ReLU:
		for i, v := range x {
			x[i] = max(v, 0)
		}
	case SiLU:
		for i, v := range x {
			x[i] = v / (1 + float32(math.Exp(-float64(v))))
		}
	case Tanh:
		for i, v := range x {
			x[i] = float32(math.Tanh(float64(v)))
		}
	}
}
