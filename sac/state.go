package sac

import "demorl/internal/wire"

// AppendState appends everything that influences later updates: networks,
// targets, optimisers, the temperature and its optimiser, counters, the
// statistics of observations, the state value with its target and optimiser, and
// the average policy.
func (a *Agent) AppendState(dst []byte) []byte {
	dst = wire.U64(dst, a.updates)
	dst = wire.F64(dst, a.rewardMax)
	for _, v := range []float64{a.last.ActorLoss, a.last.TemperatureLoss, a.last.Entropy, a.last.ActorGradNorm} {
		dst = wire.F64(dst, v)
	}
	dst = a.actor.AppendState(dst)
	dst = a.critics.AppendState(dst)
	if a.targets != a.critics {
		dst = a.targets.AppendState(dst)
	}
	dst = a.actorAdam.AppendState(dst)
	dst = a.criticAdam.AppendState(dst)
	dst = wire.F64(dst, a.logTemperature)
	dst = a.temperatureAdam.AppendState(dst)
	if a.settings.Critic.Scaled {
		dst = a.bounds.appendState(dst)
	}
	if a.observed != nil {
		dst = a.observed.statistics.AppendState(dst)
	}
	if a.value != nil {
		dst = a.value.appendState(dst)
	}
	if a.average != nil {
		dst = a.average.AppendState(dst)
	}
	return dst
}

// ReadState restores what AppendState of a learner of the same shape wrote;
// the reader remembers faults.
func (a *Agent) ReadState(r *wire.Reader) {
	a.updates = r.U64()
	a.rewardMax = r.F64()
	for _, v := range []*float64{&a.last.ActorLoss, &a.last.TemperatureLoss, &a.last.Entropy, &a.last.ActorGradNorm} {
		*v = r.F64()
	}
	a.actor.ReadState(r)
	a.critics.ReadState(r)
	if a.targets != a.critics {
		a.targets.ReadState(r)
	}
	a.actorAdam.ReadState(r)
	a.criticAdam.ReadState(r)
	a.logTemperature = r.F64()
	a.temperatureAdam.ReadState(r)
	if a.settings.Critic.Scaled {
		a.bounds.readState(r)
	}
	if a.observed != nil {
		a.observed.statistics.ReadState(r)
		a.observed.publish()
	}
	if a.value != nil {
		a.value.readState(r)
	}
	if a.average != nil {
		a.average.ReadState(r)
	}
}
