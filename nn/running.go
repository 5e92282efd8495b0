package nn

import (
	"math"

	"demorl/internal/wire"
)

// Running is a normaliser whose statistics follow a stream of rows, one at a
// time (Welford 1962, in float64). A feature whose standard deviation is below
// the floor is shifted and not scaled.
type Running struct {
	Floor float64 // in the feature's units
	count float64
	mean  []float64
	sum   []float64 // of squared deviations from the mean
}

// NewRunning returns a normaliser of dims features that has seen nothing and
// leaves rows as they are.
func NewRunning(dims int) *Running {
	return &Running{Floor: 1e-6, mean: make([]float64, dims), sum: make([]float64, dims)}
}

// Add takes one row into the statistics. A row with a number that is not
// finite is refused and reported as false.
func (r *Running) Add(row []float32) bool {
	for _, v := range row {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return false
		}
	}
	r.count++
	for j, v := range row {
		d := float64(v) - r.mean[j]
		r.mean[j] += d / r.count
		r.sum[j] += d * (float64(v) - r.mean[j])
	}
	return true
}

// Count returns the number of rows seen.
func (r *Running) Count() int { return int(r.count) }

// Mean returns the mean of feature j.
func (r *Running) Mean(j int) float64 { return r.mean[j] }

// Std returns the standard deviation (divided by the number of rows) of feature j.
func (r *Running) Std(j int) float64 { return math.Sqrt(r.sum[j] / math.Max(1, r.count)) }

// Apply normalises one row in place.
func (r *Running) Apply(row []float32) {
	if r.count == 0 {
		return
	}
	for j := range row {
		std := r.Std(j)
		if std < r.Floor {
			std = 1
		}
		row[j] = float32((float64(row[j]) - r.mean[j]) / std)
	}
}

// AppendState appends the statistics.
func (r *Running) AppendState(dst []byte) []byte {
	return wire.F64s(wire.F64s(wire.F64(dst, r.count), r.mean), r.sum)
}

// ReadState restores what AppendState wrote.
func (r *Running) ReadState(in *wire.Reader) {
	r.count = in.F64()
	in.F64sInto(r.mean, "running mean")
	in.F64sInto(r.sum, "running sum of squared deviations")
}
