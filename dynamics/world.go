package dynamics

import (
	"sync"

	"demorl/rollout"
)

// Terminator is a task's own rule of when it ends, a batch at a time: obs is
// rows x ObsDim, the states after a step (method.md A.8).
type Terminator interface {
	Terminal(obs []float32, done []bool)
}

// Rewarder is a task's known reward, used instead of the learned one: obs and
// next are rows x ObsDim, action is rows x ActDim in [-1, 1].
type Rewarder interface {
	Reward(obs, action, next, reward []float32)
}

// WorldOptions say how imagination uses the ensemble.
type WorldOptions struct {
	Terminator         Terminator  // nil: the learned terminal head where there is one, else the task never ends
	Rewarder           Rewarder    // nil: the predicted reward
	Propagation        Propagation // empty: the settings' rule
	SampleReward       bool        // rewards are drawn, with number 0 of the row's noise, instead of the predicted mean
	BFloat16           bool        // bfloat16 products instead of float32 ones
	DeterministicState bool        // next states are predicted means instead of draws
}

// World is the ensemble as imagination sees it. Several lanes may step at the
// same time; none may while the ensemble is fitted or restored.
type World struct {
	e       *Ensemble
	options WorldOptions
	mu      sync.Mutex
	lanes   []*Lane
}

var _ rollout.World = (*World)(nil)

// World returns a view of e for imagination. It follows later fits.
func (e *Ensemble) World(o WorldOptions) *World {
	if o.Propagation == "" {
		o.Propagation = e.settings.Propagation
	}
	if o.BFloat16 && e.half == nil {
		e.half = e.net.NewHalf()
		e.publish()
	}
	return &World{e: e, options: o}
}

// ObsDim returns the length of an observation.
func (w *World) ObsDim() int { return w.e.obsDim }

// ActDim returns the length of an action.
func (w *World) ActDim() int { return w.e.actDim }

// NoiseDims returns how many normals a row uses a step, in the order reward,
// observation coordinates: the dims of Block.Normals for rollout.ModelNoise.
func (w *World) NoiseDims() int { return w.e.Outputs() }

// Counters are what lanes met since the last ResetCounters.
type Counters struct {
	Steps      int // rows stepped
	Terminated int // rows that ended by rule or head
	NonFinite  int // rows whose prediction was NaN or infinite
	OutOfRange int // rows that left the training range by model_guard, and those of Disputed
	Disputed   int // rows that jsd_guard ended
	Clipped    int // changes outside the widened training range, clamped only with delta_clip
}

// Counters returns the sum over all lanes. No lane may be stepping.
func (w *World) Counters() Counters {
	w.mu.Lock()
	defer w.mu.Unlock()
	var sum Counters
	for _, l := range w.lanes {
		sum.Steps += l.counters.Steps
		sum.Terminated += l.counters.Terminated
		sum.NonFinite += l.counters.NonFinite
		sum.OutOfRange += l.counters.OutOfRange
		sum.Disputed += l.counters.Disputed
		sum.Clipped += l.counters.Clipped
	}
	return sum
}

// ResetCounters sets all counters to zero. No lane may be stepping.
func (w *World) ResetCounters() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.lanes {
		l.counters = Counters{}
	}
}

// NewLane returns one worker's view, for blocks of up to rows rows.
func (w *World) NewLane(rows int) rollout.Lane {
	l := newLane(w, rows)
	w.mu.Lock()
	w.lanes = append(w.lanes, l)
	w.mu.Unlock()
	return l
}
