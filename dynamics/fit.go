package dynamics

import (
	"fmt"
	"math"
	"slices"

	"demorl/replay"
	"demorl/rng"
)

// Why a fit ended.
const (
	StopPatience  = "patience"       // no member improved for more than patience passes
	StopPasses    = "max_passes"     // the limit of passes
	StopGradSteps = "max_grad_steps" // the limit of gradient steps
	StopDiverged  = "diverged"       // a loss was not finite; Fit returns an error
)

// Progress is where a fit stands after a pass.
type Progress struct {
	Pass, Steps int
	TrainLoss   float64 // mean over members and the pass's batches (method.md C.3, data term)
	HoldError   float64 // mean over members of the held-out mean squared error now
	Best        float64 // the same with every member at its best so far
}

// FitStats is what a fit did.
type FitStats struct {
	Rows, Held    int // training and held-out rows
	Passes, Steps int // passes over the data; gradient steps, all members together counted once
	StoppedBy     string
	StartError    []float64 // per member: held-out mean squared error before the fit
	HoldError     []float64 // after it, with restored weights
	TrainLoss     float64   // of the last pass
	Elites        []int     // best first
	Terminal      TerminalStats
	Divergence    float64 // with jsd_guard: what the guard multiplies
}

// Fit trains all members on the rows of buf (method.md C.3 to C.5), starting
// from the present weights and optimiser state. key draws index lists and their
// order. progress, if given, is called after each pass.
//
// One pass takes every member through its own index list in batches; the last
// batch of a pass takes the rows that are left, with the loss averaged over
// them. A member's weights end at their best held-out error; the shared bounds
// stay where the last step left them.
//
// Errors: too few rows, a row that is not finite (named), or training that
// diverged. After a row that is not finite nothing has changed; after
// divergence the optimiser is spoilt: go on from a checkpoint.
func (e *Ensemble) Fit(buf *replay.Buffer, key rng.Key, progress func(Progress)) (FitStats, error) {
	if buf.ObsDim() != e.obsDim || buf.ActDim() != e.actDim {
		panic(fmt.Sprintf("dynamics: a buffer of %d+%d columns for a model of %d+%d", buf.ObsDim(), buf.ActDim(), e.obsDim, e.actDim))
	}
	if buf.Len() < 2 {
		return FitStats{}, fmt.Errorf("dynamics: %d transitions are too few to fit: collect at least 2, better some hundreds", buf.Len())
	}
	if err := checkFinite(buf); err != nil {
		return FitStats{}, err
	}
	if e.fit == nil {
		e.fit = newFitter(e)
	}
	f := e.fit
	if err := f.prepare(buf, key); err != nil {
		return FitStats{}, err
	}
	stats := f.run(key, progress)
	if stats.StoppedBy == StopDiverged {
		return stats, fmt.Errorf("dynamics: the loss was not finite in pass %d (member losses %v): lower rate, or look for extreme values in the data", stats.Passes, f.memberLosses())
	}
	if err := e.rank(stats.HoldError); err != nil {
		return stats, err
	}
	e.publish() // the bounds have moved
	stats.Elites = slices.Clone(e.elites)
	if e.head != nil {
		stats.Terminal = e.head.fit(e, buf, f.train, f.held, key.Derive("terminal"))
	}
	if e.settings.JSDGuard > 0 {
		rows := f.held
		if len(rows) == 0 {
			rows = f.train
		}
		e.jsd.follow(e, buf, rows)
		stats.Divergence = e.jsd.limit(1)
	}
	e.fits++
	return stats, nil
}

// checkFinite refuses data that would poison every member.
func checkFinite(buf *replay.Buffer) error {
	for i := range buf.Len() {
		t := buf.Row(i)
		name, at, ok := "reward", 0, finite(t.Reward)
		for _, part := range [...]struct {
			name   string
			values []float32
		}{{"observation", t.Obs}, {"action", t.Action}, {"next observation", t.Next}} {
			for j, v := range part.values {
				if !finite(v) {
					name, at, ok = part.name, j, false
				}
			}
		}
		if !ok {
			return fmt.Errorf("dynamics: transition %d: %s %d is not finite: remove the row or mend its source", i, name, at)
		}
	}
	return nil
}

func finite(v float32) bool { return v-v == 0 }

// rank makes the members of lowest held-out error the elites; a tie goes to the
// lower member.
func (e *Ensemble) rank(errors []float64) error {
	order := make([]int, len(errors))
	for m := range order {
		order[m] = m
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch ea, eb := worstIfNaN(errors[a]), worstIfNaN(errors[b]); {
		case ea < eb:
			return -1
		case ea > eb:
			return 1
		}
		return 0
	})
	copy(e.elites, order)
	for _, m := range e.elites {
		if math.IsInf(worstIfNaN(errors[m]), 1) {
			return fmt.Errorf("dynamics: member %d, one of the %d best, has held-out error %v: the fit diverged; lower rate, or look for extreme values in the data", m, len(e.elites), errors[m])
		}
	}
	return nil
}

func worstIfNaN(x float64) float64 {
	if math.IsNaN(x) {
		return math.Inf(1)
	}
	return x
}

// resetOptimizers forgets all gradients seen.
func (e *Ensemble) resetOptimizers() {
	e.adam.Reset()
	for d := range e.bounds.upperOpt {
		e.bounds.upperOpt[d].Reset()
		e.bounds.lowerOpt[d].Reset()
	}
	if e.noise != nil {
		for m := range e.noise.opt {
			for d := range e.noise.opt[m] {
				e.noise.opt[m][d].Reset()
			}
		}
	}
}
