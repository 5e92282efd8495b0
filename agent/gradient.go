package agent

import (
	"fmt"
	"time"
)

// imagineTries bounds the rolls of a round whose rows end early.
const imagineTries = 10

// climb makes the block of updates that follows a refit (method.md D.5): fresh
// optimisers and start states, the critics alone, and then critics and actor.
// The first block of a run makes an update for every step of the warm-up.
func (a *Agent) climb() error {
	s := a.settings
	full := s.UTD * s.RefitEvery
	if a.updates == 0 {
		full = s.UTD * s.Warmup
	}
	a.sac.ResetOptimisers()
	a.imagined.Clear(a.imaginedCapacity(a.epoch()))
	if err := a.imagineStates(s.ProbeStarts); err != nil {
		return err
	}
	all := s.Gradient.CriticUpdates + full
	if err := a.ascend(s.Gradient.CriticUpdates, true); err != nil {
		return err
	}
	for done := 0; done < full; done += s.Gradient.ImagineEvery {
		a.tell(Work{Doing: "learning", Done: s.Gradient.CriticUpdates + done, Of: all, Unit: "updates"})
		if done > 0 || s.Gradient.CriticUpdates > 0 {
			if err := a.imagineStates(0); err != nil {
				return err
			}
		}
		if err := a.ascend(min(s.Gradient.ImagineEvery, full-done), false); err != nil {
			return err
		}
	}
	return nil
}

// imagineStates adds a round of start states to D_MPC: as many rows as starts
// that never ended would give, or what a few tries give.
func (a *Agent) imagineStates(probes int) error {
	want := a.imagined.Added() + uint64(a.settings.StartStates*a.settings.Horizon.Int(a.epoch()))
	for range imagineTries {
		if err := a.imagine(probes); err != nil {
			return err
		}
		if probes = 0; a.imagined.Added() >= want {
			break
		}
	}
	return nil
}

// ascend makes updates through the model.
func (a *Agent) ascend(updates int, criticsOnly bool) error {
	start := time.Now()
	for range updates {
		key := a.key.Derive("sac/update").At(a.updates)
		a.draw.key = key.At(0)
		stats := a.gradient.Update(a.draw.states, criticsOnly, key.At(1))
		a.updates++
		if stats.NonFinite {
			return &DivergedError{Step: a.step, What: fmt.Sprintf("critic loss %v, actor loss %v after update %d", stats.CriticLoss, stats.ActorLoss, a.updates)}
		}
		a.report.update(stats)
	}
	a.report.Learn += time.Since(start)
	return nil
}

// drawStates fills obs with the start states of rows [lo, hi) of a batch,
// uniform with replacement from D_MPC; from D_ENV where nothing could be
// imagined.
func (a *Agent) drawStates(lo, hi int, obs []float32) {
	from, dims := a.imagined, a.task.ObsDim
	if from.Len() == 0 {
		from = a.real
	}
	for r := lo; r < hi; r++ {
		copy(obs[(r-lo)*dims:(r-lo+1)*dims], from.Row(a.draw.key.IntnAt(uint64(r), from.Len())).Obs)
	}
}
