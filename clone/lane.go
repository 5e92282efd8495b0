package clone

import (
	"demorl/internal/kern"
	"demorl/nn"
	"demorl/rollout"
)

// Lane is one worker's view of the policy. It allocates nothing when it acts.
type Lane struct {
	agent *Agent
	tape  *nn.Tape
	x     []float32    // rows x observation, normalised
	layer [2][]float32 // of one row under moved parameters
	moved []float32    // the moved parameters
}

// NewActor returns one worker's view of the policy for batches of up to rows rows.
func (a *Agent) NewActor(rows int) rollout.Actor { return a.newLane(rows) }

// NewPerturbed returns one worker's view of the policy under moved parameters,
// for batches of up to rows rows.
func (a *Agent) NewPerturbed(rows int) *Lane { return a.newLane(rows) }

func (a *Agent) newLane(rows int) *Lane {
	widest := 0
	for _, size := range a.policy.Sizes {
		widest = max(widest, size)
	}
	return &Lane{
		agent: a, tape: a.policy.NewTape(rows), x: make([]float32, rows*a.obsDim), moved: make([]float32, len(a.policy.Params)),
		layer: [2][]float32{make([]float32, widest), make([]float32, widest)},
	}
}

// see fills x with rows rows of observations as the policy sees them.
func (l *Lane) see(obs []float32, rows int) {
	dims := l.agent.obsDim
	for r := range rows {
		l.agent.normalise(l.x[r*dims:(r+1)*dims], obs[r*dims:(r+1)*dims])
	}
}

// Act implements rollout.Actor: the policy draws nothing, so a sample is its mean.
func (l *Lane) Act(obs []float32, rows int, _, sample, mean []float32) {
	l.see(obs, rows)
	out := l.agent.policy.Infer(0, l.tape, l.x, rows)
	clip(out)
	if sample != nil {
		copy(sample, out)
	}
	if mean != nil {
		copy(mean, out)
	}
}

// Parameters returns the number of the policy's parameters.
func (l *Lane) Parameters() int { return len(l.moved) }

// ActPerturbed fills action (rows x ActDim, in [-1, 1]) from obs (rows x ObsDim)
// with the policy's parameters moved by offset, length Parameters and in the
// layout of nn.Net. Its rows are few and share their parameters with no other
// call, so nothing is packed.
func (l *Lane) ActPerturbed(offset, obs []float32, rows int, action []float32) {
	net := l.agent.policy
	copy(l.moved, net.Params)
	kern.AXPY(l.moved, 1, offset)
	l.see(obs, rows)
	dims, actDim := l.agent.obsDim, l.agent.actDim
	for r := range rows {
		x, at := l.x[r*dims:(r+1)*dims], 0
		for k := range net.Layers() {
			in, out := net.Sizes[k], net.Sizes[k+1]
			y := l.layer[k%2][:out]
			copy(y, l.moved[at+in*out:at+in*out+out])
			for i, v := range x {
				kern.AXPY(y, v, l.moved[at+i*out:at+(i+1)*out])
			}
			if k < net.Layers()-1 {
				kern.TanhOf(y, y)
			}
			x, at = y, at+(in+1)*out
		}
		clip(x)
		copy(action[r*actDim:(r+1)*actDim], x)
	}
}

// clip brings actions into [-1, 1]; NaN stays.
func clip(x []float32) {
	for i, u := range x {
		x[i] = min(1, max(-1, u))
	}
}
