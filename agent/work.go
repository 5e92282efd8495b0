package agent

import "demorl/dynamics"

// Work is how far the work has come that is done between two real steps, for
// whoever waits for it: a refit or a block of updates may take minutes.
type Work struct {
	Doing string  // what is done
	Done  int     // how much of it
	Of    int     // how much there is; 0 where only its end will tell
	Unit  string  // what is counted; empty: nothing is
	Held  float64 // held-out mean squared error of the model being fitted; 0 in other work
}

// Watch lets show see the work between real steps as it goes on. It is called by
// the goroutine that works, so it should be quick.
func (a *Agent) Watch(show func(Work)) { a.watch = show }

func (a *Agent) tell(w Work) {
	if a.watch != nil {
		a.watch(w)
	}
}

func (a *Agent) tellFit(p dynamics.Progress) {
	a.tell(Work{Doing: "fitting the model", Done: p.Steps, Unit: "gradient steps", Held: p.Best})
}
