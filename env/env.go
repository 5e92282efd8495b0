package env

import (
	"errors"
	"image"

	"demorl/rng"
)

// Spec is what is known about a task before it runs.
type Spec struct {
	ID         string    // canonical id, such as "leg2r/ellipse-100hz"
	ObsDim     int       // length of an observation
	ActDim     int       // number of joints
	Low, High  []float64 // action bounds per joint, in the task's units; may be infinite
	Dt         float64   // seconds of one step
	Limit      int       // steps after which an episode is truncated; 0 means none
	Terminates bool      // whether an episode can end before its limit
	Simulator  string    // name and version of what computes the physics
	ObsNames   []string  // one name per observation entry; may be nil
}

// Outcome is what one step returned beside the observation.
type Outcome struct {
	Reward     float64
	Terminated bool // the task ended: the value of what follows is zero
	Truncated  bool // the time limit cut the episode: what follows still has value
}

// Env is one instance of a task. It is not safe for concurrent use.
type Env interface {
	Spec() Spec
	// Reset starts an episode and fills obs (length ObsDim). All randomness comes from s.
	Reset(s *rng.Stream, obs []float64) error
	// Step applies action (length ActDim, the task's units) for Dt seconds and
	// fills obs. An error means that the simulator failed; the episode is lost.
	Step(action, obs []float64) (Outcome, error)
	Close() error
}

// ErrNoState is what RestoreState returns for the state of an instance that
// could not tell it when it was saved: the episode that was under way is lost.
var ErrNoState = errors.New("the state was not saved")

// StateCodec is the power to save and restore the exact state, for exact
// resume and for planning in the true simulator: after RestoreState the
// instance steps bit for bit as the saved one would have.
type StateCodec interface {
	AppendState(dst []byte) []byte
	// RestoreState sets the state and fills obs with its observation.
	RestoreState(state []byte, obs []float64) error
}

// Terminator tells termination inside imagination, a batch at a time: obs is
// rows x ObsDim, the predicted next observations; done has one entry a row.
// Several goroutines call Terminal of one instance at once: it must be a
// function of its arguments alone, neither reading the instance's present state
// nor keeping scratch memory in it.
type Terminator interface {
	Terminal(obs []float32, done []bool)
}

// Rewarder is a known reward, used instead of the learned one: obs and next
// are rows x ObsDim, action is rows x ActDim in the task's units. Reward is
// called from several goroutines at once, under the rules of Terminator.
type Rewarder interface {
	Reward(obs, action, next, reward []float32)
}

// Renderer is the power to draw the present state.
type Renderer interface{ Frame(img *image.RGBA) error }

// Injector is the power to take a state written as plain numbers, as `demorl
// env replay` reads it; it fills obs. fields names vectors such as "qpos",
// "qvel" or "state".
type Injector interface {
	Inject(fields map[string][]float64, obs []float64) error
}

// Unwrapper is implemented by wrappers; Power looks through them.
type Unwrapper interface{ Unwrap() Env }

// Power returns the outermost layer of e that has the optional power T.
func Power[T any](e Env) (T, bool) {
	for {
		if p, ok := e.(T); ok {
			return p, true
		}
		u, ok := e.(Unwrapper)
		if !ok {
			var none T
			return none, false
		}
		e = u.Unwrap()
	}
}
