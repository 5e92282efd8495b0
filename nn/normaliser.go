package nn

import (
	"math"

	"demorl/internal/wire"
)

// Normaliser shifts and scales features to mean 0 and standard deviation 1.
type Normaliser struct {
	Mean, Std []float32 // per feature
}

// NewNormaliser returns the identity on dims features.
func NewNormaliser(dims int) *Normaliser {
	n := &Normaliser{Mean: make([]float32, dims), Std: make([]float32, dims)}
	for i := range n.Std {
		n.Std[i] = 1
	}
	return n
}

// Fit sets mean and standard deviation to those of the rows that visit yields,
// accumulated in float64 in two passes; a standard deviation below floor
// becomes 1 (method.md C.4). rows is their number.
func (n *Normaliser) Fit(rows int, row func(i int, dst []float32), floor float64) {
	dims := len(n.Mean)
	x, mean, square := make([]float32, dims), make([]float64, dims), make([]float64, dims)
	for i := range rows {
		row(i, x)
		for j, v := range x {
			mean[j] += float64(v)
		}
	}
	for j := range mean {
		mean[j] /= float64(max(1, rows))
	}
	for i := range rows {
		row(i, x)
		for j, v := range x {
			d := float64(v) - mean[j]
			square[j] += d * d
		}
	}
	for j := range mean {
		std := math.Sqrt(square[j] / float64(max(1, rows)))
		if std < floor {
			std = 1
		}
		n.Mean[j], n.Std[j] = float32(mean[j]), float32(std)
	}
}

// Apply normalises one row in place.
func (n *Normaliser) Apply(x []float32) {
	for j := range x {
		x[j] = (x[j] - n.Mean[j]) / n.Std[j]
	}
}

// AppendState appends mean and standard deviation.
func (n *Normaliser) AppendState(dst []byte) []byte {
	return wire.F32s(wire.F32s(dst, n.Mean), n.Std)
}

// ReadState restores what AppendState wrote.
func (n *Normaliser) ReadState(r *wire.Reader) {
	r.F32sInto(n.Mean, "normaliser mean")
	r.F32sInto(n.Std, "normaliser standard deviation")
}
