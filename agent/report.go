package agent

import (
	"fmt"
	"math"
	"strings"
	"time"

	"demorl/clone"
	"demorl/dynamics"
	"demorl/imagine"
	"demorl/mpc"
	"demorl/sac"
)

// Report gathers figures for the lines of progress. A figure that was known once
// stays in all later lines: a mean or state as it was last, a total of nothing
// as 0. It is not part of the learner's state.
type Report struct {
	sums    map[string]float64 // of what is averaged since the last line
	counts  map[string]float64
	last    map[string]float64 // what was last known
	totals  map[string]float64 // since the last line
	qMax    float64            // since the last line
	Fit     time.Duration
	Imagine time.Duration
	Learn   time.Duration
}

func newReport() Report {
	return Report{sums: map[string]float64{}, counts: map[string]float64{}, last: map[string]float64{}, totals: map[string]float64{}}
}

// isTotal reports whether the figure called name is a sum since the last line.
func isTotal(name string) bool {
	switch name {
	case "sac/q_alarms", "model/passes", "model/grad_steps",
		"plan/rows", "plan/terminated", "plan/nonfinite", "plan/out_of_range", "plan/skipped_starts", "plan/bad", "plan/floored":
		return true
	}
	return false
}

// mean adds to the average called name.
func (r *Report) mean(name string, x float64) {
	r.sums[name] += x
	r.counts[name]++
}

// total adds to the total called name.
func (r *Report) total(name string, x float64) { r.totals[name] += x }

func (r *Report) update(s sac.Stats) {
	r.mean("sac/critic_loss", s.CriticLoss)
	r.mean("sac/actor_loss", s.ActorLoss)
	r.mean("sac/entropy", s.Entropy)
	r.mean("sac/q_mean", s.QMean)
	r.mean("sac/critic_grad_norm", s.CriticGradNorm)
	r.mean("sac/actor_grad_norm", s.ActorGradNorm)
	if s.ValueGradNorm > 0 {
		r.mean("sac/value_loss", s.ValueLoss)
	}
	r.last["sac/temperature"] = s.Temperature
	r.qMax = math.Max(r.qMax, s.QMax)
	r.last["sac/q_max"] = r.qMax
	alarms := 0.0
	if s.QAlarm {
		alarms = 1
	}
	r.total("sac/q_alarms", alarms)
}

func (r *Report) cloned(s clone.Stats) {
	r.last["clone/rows"] = float64(s.Rows)
	r.last["clone/passes"] = float64(s.Passes)
	delete(r.last, "clone/error")
	if s.Held > 0 { // else nobody measured it
		r.last["clone/error"] = s.Error
	}
	r.last["clone/moved"] = s.Moved
}

func (r *Report) fit(s dynamics.FitStats, d dynamics.Diagnostics, took time.Duration) {
	r.Fit += took
	r.total("model/passes", float64(s.Passes))
	r.total("model/grad_steps", float64(s.Steps))
	r.last["model/rows"] = float64(s.Rows)
	r.last["model/train_nll"] = s.TrainLoss / 2
	r.last["model/holdout_mse"] = average(s.HoldError)
	r.last["model/holdout_mse_before"] = average(s.StartError)
	r.last["model/holdout_nll"] = d.NLL
	r.last["model/holdout_r2"] = d.MeanR2
	r.last["model/ence"] = d.ENCE
	r.last["model/disagreement"] = d.Disagreement
	if s.Divergence > 0 {
		r.last["model/divergence"] = s.Divergence
	}
	for _, o := range d.OpenLoop {
		if o.Segments > 0 { // else no episode was that long, and the error is not known
			r.last[fmt.Sprintf("model/open_loop_%d", o.Steps)] = o.Error
		}
	}
}

func average(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(max(1, len(x)))
}

func (r *Report) plan(s mpc.Stats) {
	r.total("plan/nonfinite", float64(s.NonFinite))
	r.total("plan/out_of_range", float64(s.OutOfRange))
	r.total("plan/skipped_starts", float64(s.Skipped))
	r.total("plan/bad", float64(s.Bad))
	r.total("plan/floored", float64(s.Floored))
	r.mean("plan/iterations", s.Iterations)
	r.last["plan/clipped"] = s.Clipped
	if s.Measured > 0 {
		r.last["plan/score_before"], r.last["plan/score_after"] = s.Before, s.After
	}
	if math.IsNaN(s.AllMean) { // nothing was scored: a decision without a plan spoils no line's mean
		return
	}
	r.mean("plan/moved", s.Moved)
	r.last["plan/score_first"] = s.FirstMean
	r.last["plan/score_elites"] = s.EliteMean
	r.last["plan/score_all"] = s.AllMean
	r.last["plan/score_elites_min"], r.last["plan/score_elites_max"] = s.EliteMin, s.EliteMax
	r.last["plan/score_min"], r.last["plan/score_max"] = s.AllMin, s.AllMax
	r.last["plan/effective_samples"] = s.EffectiveSampleSize
}

// round records one round of imagination; draws is how often the learner is
// expected to draw one of its rows.
func (r *Report) round(t imagine.Tally, draws float64) {
	r.total("plan/rows", float64(t.Rows))
	r.total("plan/terminated", float64(t.Terminated))
	r.total("plan/nonfinite", float64(t.NonFinite))
	r.total("plan/out_of_range", float64(t.OutOfRange))
	r.last["plan/mean_length"] = t.MeanLength
	r.last["plan/draws_per_row"] = draws
}

// gain records what the imagined rows earn beside the sampled policy and the
// policy's mean from the same states, in the model.
func (r *Report) gain(made, policy, mean imagine.Tally) {
	r.last["plan/return_plan"] = made.Return + made.Value
	r.last["plan/return_policy"] = policy.Return + policy.Value
	r.last["plan/return_mean"] = mean.Return + mean.Value
	r.last["plan/reward_plan"] = made.Return
	r.last["plan/reward_policy"] = policy.Return
	r.last["plan/reward_mean"] = mean.Return
}

// TakeReport returns the figures for a line of progress: means and totals since
// the last call, and everything else as it was last known.
func (a *Agent) TakeReport() map[string]float64 {
	r := &a.report
	for name, x := range r.sums {
		r.last[name] = x / r.counts[name]
	}
	out := map[string]float64{}
	for name, x := range r.last {
		out[name] = x
	}
	for name, x := range r.totals {
		out[name] = x
		r.totals[name] = 0
	}
	out["time/fit_s"] = r.Fit.Seconds()
	out["time/imagine_s"] = r.Imagine.Seconds()
	out["time/learn_s"] = r.Learn.Seconds()
	clear(r.sums)
	clear(r.counts)
	r.qMax, r.Fit, r.Imagine, r.Learn = 0, 0, 0, 0
	return out
}

// Remember takes over what an earlier session of the run last knew, a line that
// TakeReport returned.
func (a *Agent) Remember(line map[string]float64) {
	for name, x := range line {
		switch {
		case isTotal(name):
			a.report.totals[name] = 0
		case strings.HasPrefix(name, "sac/"), strings.HasPrefix(name, "model/"), strings.HasPrefix(name, "plan/"), strings.HasPrefix(name, "clone/"):
			a.report.last[name] = x
		}
	}
}
