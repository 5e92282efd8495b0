package dynamics

import (
	"math"
	"slices"

	"demorl/replay"
	"demorl/rng"
)

// How much Diagnose looks at; it runs at every refit.
const (
	diagnoseRows     = 1000 // held-out rows
	diagnoseSegments = 128  // recorded segments for the open-loop error
	enceBins         = 20
)

// Coverages are the central intervals whose coverage is measured.
var Coverages = [...]float64{0.50, 0.80, 0.95}

// OpenLoopSteps are the lengths of open-loop replays.
var OpenLoopSteps = [...]int{1, 2, 5, 10, 15}

// Diagnostics say how good the ensemble is (method.md C.10). All figures but
// OpenLoop are on held-out rows, in the task's units unless said.
type Diagnostics struct {
	Rows         int         // held-out rows looked at
	MSE          [][]float64 // [member][output] mean squared error of the mean
	R2           []float64   // [output] 1 - error/variance of the elites' mean prediction; 0 where a target never varies
	MeanR2       float64     // over the outputs whose targets vary; 0 where none does
	NLL          float64     // Gaussian negative log-likelihood of the elite mixture, with 1/2 log 2 pi, mean over outputs
	Coverage     [len(Coverages)]float64
	ENCE         float64 // expected normalised calibration error of the elite mixture, mean over outputs
	Disagreement float64 // standard deviation of all members' means over the target's, mean over outputs that vary
	OpenLoop     []OpenLoop
}

// OpenLoop is the error of replaying recorded actions from recorded states.
// Errors are root mean squares over coordinates and segments, each coordinate
// in units of its standard deviation in the training data.
type OpenLoop struct {
	Steps    int
	Segments int     // recorded segments used; 0: none was long enough and the errors are 0
	Error    float64 // of the elites' mean predictions, mean over elites; +Inf if any is not finite
	NoChange float64 // of predicting that nothing moves
}

// Diagnose measures the ensemble on the held-out rows of buf, which must be the
// buffer of the last Fit, and on recorded segments drawn by key, of OpenLoopSteps
// steps and of those of more that are longer.
func (e *Ensemble) Diagnose(buf *replay.Buffer, key rng.Key, more ...int) Diagnostics {
	_, held := e.holdout.split(buf, nil, nil)
	pick := key.Derive("rows")
	for i := 0; i < len(held) && i < diagnoseRows; i++ {
		j := i + pick.IntnAt(uint64(i), len(held)-i)
		held[i], held[j] = held[j], held[i]
	}
	held = held[:min(len(held), diagnoseRows)]
	d := Diagnostics{Rows: len(held)}
	if len(held) > 0 {
		e.predictHeld(buf, held).measure(e, &d)
	}
	d.OpenLoop = e.openLoop(buf, key.Derive("segments"), more)
	return d
}

// heldPredictions are all members' predictions on held-out rows.
type heldPredictions struct {
	rows      int
	y         []float32   // rows x outputs
	mean, std [][]float32 // [member] rows x outputs
}

func (e *Ensemble) predictHeld(buf *replay.Buffer, held []int32) *heldPredictions {
	rows, outputs := len(held), e.Outputs()
	p := &heldPredictions{rows: rows, y: make([]float32, rows*outputs), mean: make([][]float32, e.Members()), std: make([][]float32, e.Members())}
	obs, action := make([]float32, rows*e.obsDim), make([]float32, rows*e.actDim)
	for r, i := range held {
		t := buf.Row(int(i))
		copy(obs[r*e.obsDim:], t.Obs)
		copy(action[r*e.actDim:], t.Action)
		target(p.y[r*outputs:(r+1)*outputs], t)
	}
	e.pool.Do(e.Members(), func(_, m int) {
		p.mean[m], p.std[m] = make([]float32, rows*outputs), make([]float32, rows*outputs)
		e.Predict(m, obs, action, rows, p.mean[m], p.std[m])
	})
	return p
}

// measure fills d, one output at a time.
func (p *heldPredictions) measure(e *Ensemble, d *Diagnostics) {
	outputs := e.Outputs()
	d.MSE, d.R2 = make([][]float64, e.Members()), make([]float64, outputs)
	for m := range d.MSE {
		d.MSE[m] = make([]float64, outputs)
	}
	varying := 0
	for o := range outputs {
		variance := p.targetVariance(o, outputs)
		for m := range d.MSE {
			for r := range p.rows {
				miss := float64(p.mean[m][r*outputs+o] - p.y[r*outputs+o])
				d.MSE[m][o] += miss * miss / float64(p.rows)
			}
		}
		c := p.calibrate(e.elites, o, outputs)
		if variance > 0 {
			varying++
			d.R2[o] = 1 - c.mse/variance
			d.MeanR2 += d.R2[o]
			d.Disagreement += p.disagreement(o, outputs) / math.Sqrt(variance)
		}
		d.NLL += c.nll / float64(outputs)
		d.ENCE += c.ence / float64(outputs)
		for i := range Coverages {
			d.Coverage[i] += c.coverage[i] / float64(outputs)
		}
	}
	d.Disagreement /= float64(max(1, varying))
	d.MeanR2 /= float64(max(1, varying))
}

// targetVariance is exactly 0 where a target never varies: deviations are from
// the first one.
func (p *heldPredictions) targetVariance(o, outputs int) float64 {
	mean, square := 0.0, 0.0
	first := float64(p.y[o])
	for r := range p.rows {
		mean += (float64(p.y[r*outputs+o]) - first) / float64(p.rows)
	}
	for r := range p.rows {
		miss := float64(p.y[r*outputs+o]) - first - mean
		square += miss * miss / float64(p.rows)
	}
	return square
}

// disagreement is the mean over rows of the standard deviation of all members' means.
func (p *heldPredictions) disagreement(o, outputs int) float64 {
	sum, n := 0.0, float64(len(p.mean))
	for r := range p.rows {
		mean, square := 0.0, 0.0
		for m := range p.mean {
			mean += float64(p.mean[m][r*outputs+o]) / n
		}
		for m := range p.mean {
			miss := float64(p.mean[m][r*outputs+o]) - mean
			square += miss * miss / n
		}
		sum += math.Sqrt(square)
	}
	return sum / float64(p.rows)
}

// calibration is what one output's elite mixture is worth.
type calibration struct {
	mse, variance, nll, ence float64 // variance: mean predicted
	coverage                 [len(Coverages)]float64
}

// calibrate compares the elite mixture of output o with the targets.
func (p *heldPredictions) calibrate(elites []int, o, outputs int) calibration {
	var c calibration
	n, rows := float64(len(elites)), float64(p.rows)
	pairs := make([]predicted, p.rows)
	for r := range p.rows {
		at := r*outputs + o
		y := float64(p.y[at])
		mean, second, below, logSum := 0.0, 0.0, 0.0, math.Inf(-1)
		for _, m := range elites {
			mu, sigma := float64(p.mean[m][at]), float64(p.std[m][at])
			z := (y - mu) / sigma
			mean += mu / n
			second += (sigma*sigma + mu*mu) / n
			below += 0.5 * math.Erfc(-z/math.Sqrt2) / n
			logSum = logAdd(logSum, -0.5*z*z-math.Log(sigma)-0.5*math.Log(2*math.Pi)-math.Log(n))
		}
		miss := y - mean
		pairs[r] = predicted{variance: max(0, second-mean*mean), squared: miss * miss}
		c.mse += miss * miss / rows
		c.variance += pairs[r].variance / rows
		c.nll -= logSum / rows
		for i, share := range Coverages {
			if math.Abs(below-0.5) <= share/2 {
				c.coverage[i] += 1 / rows
			}
		}
	}
	c.ence = ence(pairs)
	return c
}

// predicted is a row's predicted variance and its squared error.
type predicted struct{ variance, squared float64 }

// ence is the expected normalised calibration error: rows sorted by predicted
// variance, in 20 bins, mean of |RMV-RMSE|/RMV.
func ence(pairs []predicted) float64 {
	slices.SortStableFunc(pairs, func(a, b predicted) int {
		switch {
		case a.variance < b.variance:
			return -1
		case a.variance > b.variance:
			return 1
		}
		return 0
	})
	bins := min(enceBins, len(pairs))
	sum := 0.0
	for b := range bins {
		lo, hi := b*len(pairs)/bins, (b+1)*len(pairs)/bins
		variance, squared := 0.0, 0.0
		for _, p := range pairs[lo:hi] {
			variance += p.variance
			squared += p.squared
		}
		if rmv, rmse := math.Sqrt(variance), math.Sqrt(squared); rmv > 0 {
			sum += math.Abs(rmv-rmse) / rmv
		}
	}
	return sum / float64(max(1, bins))
}

func logAdd(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	if math.IsInf(a, -1) {
		return a
	}
	return a + math.Log1p(math.Exp(b-a))
}
