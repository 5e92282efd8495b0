package sac

import (
	"demorl/nn"
	"demorl/replay"
)

// observation is what the networks see observations through where
// observation_norm is on: shifted and scaled to the mean 0 and deviation 1 of
// all real observations so far (method.md D.4). Between two calls of Observe it
// is constant, so an update, a round of imagination and a plan each see one.
type observation struct {
	statistics *nn.Running
	mean       []float32
	inverse    []float32 // one over the deviation, or 1 where that is too small to divide by
	obs, next  []float32 // batch x observation: the rows of the running update
}

func newObservation(dims, batch int) *observation {
	o := &observation{
		statistics: nn.NewRunning(dims), mean: make([]float32, dims), inverse: make([]float32, dims),
		obs: make([]float32, batch*dims), next: make([]float32, batch*dims),
	}
	o.publish()
	return o
}

// publish makes the present statistics the ones that apply uses.
func (o *observation) publish() {
	for j := range o.mean {
		o.mean[j], o.inverse[j] = float32(o.statistics.Mean(j)), 1
		if std := o.statistics.Std(j); std >= o.statistics.Floor {
			o.inverse[j] = float32(1 / std)
		}
	}
}

// apply writes the normalised rows of src to dst, which may be src.
func (o *observation) apply(dst, src []float32) {
	dims := len(o.mean)
	for at := 0; at < len(src); at += dims {
		from, to := src[at:at+dims], dst[at:at+dims]
		for j, v := range from {
			to[j] = (v - o.mean[j]) * o.inverse[j]
		}
	}
}

// normalise fills obs and next at the n rows from lo.
func (o *observation) normalise(b *replay.Batch, lo, n int) {
	lo, hi := lo*len(o.mean), (lo+n)*len(o.mean)
	o.apply(o.obs[lo:hi], b.Obs[lo:hi])
	o.apply(o.next[lo:hi], b.Next[lo:hi])
}

// see turns observations into what the networks see, in place, and seeBack the
// gradient by the latter into that by the former; without observation_norm both
// leave rows as they are.
func (a *Agent) see(rows []float32) {
	if a.observed != nil {
		a.observed.apply(rows, rows)
	}
}

func (a *Agent) seeBack(rows []float32) {
	if a.observed == nil {
		return
	}
	for at := 0; at < len(rows); at += a.obsDim {
		for j := range rows[at : at+a.obsDim] {
			rows[at+j] *= a.observed.inverse[j]
		}
	}
}

// Observe takes one observation of the real system, length ObsDim, into the
// statistics by which observations are normalised; without observation_norm it
// does nothing. It must not run during an Update or while a lane is used.
func (a *Agent) Observe(obs []float32) {
	if a.observed != nil && a.observed.statistics.Add(obs) {
		a.observed.publish()
	}
}

// Normalise returns mean and inverse deviation by which the networks see
// observations, each of length ObsDim and copied; both are nil without
// observation_norm.
func (a *Agent) Normalise() (mean, inverse []float32) {
	if a.observed == nil {
		return nil, nil
	}
	return append([]float32(nil), a.observed.mean...), append([]float32(nil), a.observed.inverse...)
}
