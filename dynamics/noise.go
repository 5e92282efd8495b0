package dynamics

import (
	"math"

	"demorl/internal/kern"
	"demorl/internal/wire"
	"demorl/nn"
)

// logStdFloor is where a constant log standard deviation stops falling for
// being small (method.md C.11: 1e-3).
var logStdFloor = math.Log(1e-3)

// noise is the standard deviation of every member's outputs where it does not
// depend on the input (variance constant, method.md C.11): trained log standard
// deviations in the units that the network is trained in, from 0 on. Its AdamW
// has the ensemble's rate and a decay of its own.
type noise struct {
	at          [][]float64 // [member][output]
	opt         [][]nn.Scalar
	logVariance [][]float32 // [member][output]: what prediction reads
	shrink      float64     // what a step leaves of a number before it moves it
}

// newNoise returns nil where the variance depends on the input.
func newNoise(s Settings, outputs int) *noise {
	if s.Variance != VarianceConstant {
		return nil
	}
	n := &noise{shrink: 1 - s.Rate*s.NoiseDecay}
	for range s.Members {
		n.at = append(n.at, make([]float64, outputs))
		n.logVariance = append(n.logVariance, make([]float32, outputs))
		opt := make([]nn.Scalar, outputs)
		for d := range opt {
			opt[d].Rate = s.Rate
		}
		n.opt = append(n.opt, opt)
	}
	return n
}

// step moves member m's numbers by the gradient of its loss.
func (n *noise) step(m int, grad []float64) {
	for d, g := range grad {
		n.at[m][d] = n.opt[m][d].Step(n.at[m][d]*n.shrink, g)
	}
}

// publish makes the present numbers those that prediction reads.
func (n *noise) publish() {
	for m := range n.at {
		for d, l := range n.at[m] {
			n.logVariance[m][d] = float32(2 * l)
		}
	}
}

func (n *noise) appendState(dst []byte) []byte {
	for m := range n.at {
		dst = wire.F64s(dst, n.at[m])
		for d := range n.opt[m] {
			dst = n.opt[m][d].AppendState(dst)
		}
	}
	return dst
}

func (n *noise) readState(r *wire.Reader) {
	for m := range n.at {
		r.F64sInto(n.at[m], "constant log standard deviations")
		for d := range n.opt[m] {
			n.opt[m][d].ReadState(r)
		}
	}
}

// constantLoss is lossScratch.gradient for a member whose log standard
// deviations, logStd, do not depend on the input: out has means alone, and
// dLogStd gets the gradient by logStd added. Below the floor a number is not
// rewarded for falling further.
func constantLoss(logStd []float64, out, y, w []float32, rows, of int, dOut []float32, dLogStd []float64) float64 {
	outputs := len(logStd)
	scale := 1 / float32(of*outputs)
	total := 0.0
	for r := range rows {
		weight := float32(1)
		if w != nil {
			weight = w[r]
		}
		sum := 0.0
		for d, l := range logStd {
			i := r*outputs + d
			precision := float32(math.Exp(-2 * l))
			miss := out[i] - y[i]
			weighted := miss * precision
			squared := float64(miss * weighted)
			dOut[i] = 2 * weighted * scale * weight
			free := 0.0
			if l >= logStdFloor {
				free = 2
			}
			dLogStd[d] += (free - 2*squared) * float64(scale*weight)
			sum += squared + 2*max(l, logStdFloor)
		}
		total += sum * float64(weight)
	}
	return total * float64(scale)
}

// widen gives answers of member m of a constant variance (rows x outputs: means)
// the form of the others, rows x 2*outputs: means, then log-variances, of which
// draws makes standard deviations.
func (p *predictor) widen(m int, out []float32, rows int) []float32 {
	noise := p.e.noise
	if noise == nil {
		return out
	}
	n := p.e.Outputs()
	for r := range rows {
		row := p.wide[2*r*n : 2*(r+1)*n]
		copy(row, out[r*n:(r+1)*n])
		copy(row[n:], noise.logVariance[m])
	}
	return p.wide[:2*rows*n]
}

// constantDraws is the part of draws that kern.Gaussian does elsewhere: std
// holds log-variances.
func (p *predictor) constantDraws(used int) {
	std := p.std[:used]
	for i, s := range std {
		std[i] = 0.5 * s
	}
	kern.Exp(std, std)
	for i, s := range std {
		p.mean[i] += float32(s * p.noise[i])
	}
}

// stepNoise steps every member's constant log standard deviations, whose
// gradient the shares leave where that by the upper bounds is elsewhere.
func (f *fitter) stepNoise() {
	for i := 0; i < len(f.shares); {
		m := f.shares[i].member
		clear(f.noiseGrad)
		for ; i < len(f.shares) && f.shares[i].member == m; i++ {
			for d, g := range f.shares[i].upper {
				f.noiseGrad[d] += g
			}
		}
		f.e.noise.step(m, f.noiseGrad)
	}
}
