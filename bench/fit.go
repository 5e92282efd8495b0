package bench

import (
	"fmt"
	"slices"
	"time"

	"demorl/dynamics"
	"demorl/internal/kern"
	"demorl/par"
	"demorl/rng"
)

func tier() string { return kern.Tier() }

// Fit is the rate of the ensemble's gradient steps.
type Fit struct {
	Bench    string  `json:"bench"`
	Members  int     `json:"members"`
	Batch    int     `json:"batch"`
	Threads  int     `json:"threads"`
	Tier     string  `json:"tier"`
	Steps    float64 `json:"steps_per_s"`
	GFLOPS   float64 `json:"gflops"`
	Peak     float64 `json:"peak_gflops"`
	Fraction float64 `json:"fraction"`
}

// fitRows is the number of transitions that the measured fit trains on.
const fitRows = 20_000

// NewFit measures the gradient steps of a fit of the default ensemble on 20,000
// rows, each member on its own shuffled rows gathered from them, pass by pass
// (the work of peers/fit_peers.py). One held-out row keeps the evaluation
// between passes out of the figure.
func NewFit(members int, pool *par.Pool) (Fit, error) {
	const passes = repeats + 1
	s := dynamics.DefaultSettings()
	s.Members, s.Elites = members, min(s.Elites, members)
	s.HoldoutFraction, s.HoldoutMax, s.MaxPasses, s.Patience = 1e-9, 1, passes, passes
	key := rng.Root(0).Derive("bench/fit")
	e, err := dynamics.New(s, obsDim, actDim, key.At(0), pool)
	if err != nil {
		return Fit{}, err
	}
	var seconds []float64 // a step, pass by pass
	last, steps := time.Now(), 0
	_, err = e.Fit(transitions(fitRows), key.At(1), func(p dynamics.Progress) {
		now := time.Now()
		if p.Pass > 1 { // the first warms up
			seconds = append(seconds, now.Sub(last).Seconds()/float64(p.Steps-steps))
		}
		last, steps = now, p.Steps
	})
	if err != nil {
		return Fit{}, fmt.Errorf("bench fit: %w", err)
	}
	slices.Sort(seconds)
	step := median(seconds)
	f := Fit{Bench: "fit", Members: members, Batch: s.Batch, Threads: pool.Workers(), Tier: tier(), Steps: 1 / step, Peak: Peak(pool)}
	f.GFLOPS = float64(s.Batch) * fitFlop(members, stack(obsDim+actDim, s.Hidden, 2*(obsDim+1))) / step / 1e9
	f.Fraction = f.GFLOPS / f.Peak
	return f, nil
}
