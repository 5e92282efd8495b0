package imagine

import (
	"demorl/mpc"
	"demorl/rollout"
)

// decoder turns a Course into actions: the plan's sequence, the policy plus
// the plan's residual, or the policy alone.
type decoder struct {
	course Course
	actor  rollout.Actor
	obs    []float32 // running rows side by side
	noise  []float32
	all    []float32 // noise of every row, dead ones too, so that it does not depend on who is alive
	action []float32
	rows   []int32
}

func newDecoder(actor rollout.Actor, rows, obsDim, actDim int) *decoder {
	stride := rollout.Stride(actDim)
	return &decoder{
		actor: actor, obs: make([]float32, rows*obsDim), noise: make([]float32, rows*stride),
		all: make([]float32, rows*stride), action: make([]float32, rows*actDim), rows: make([]int32, rows),
	}
}

// done reports whether block row r has no planned action left at step h.
func (d *decoder) done(start, h int) bool {
	return d.course.Plans != nil && h >= int(d.course.Plans.Length[start])
}

// Decode fills the actions of the running rows.
func (d *decoder) Decode(b *rollout.Block, h int) {
	p := d.course.Plans
	open := p != nil && p.Form.OpenLoop()
	if !open {
		d.policy(b, h, d.course.Mean || p != nil && p.Form == mpc.FormResidualMean)
	}
	if p == nil {
		return
	}
	for r := range b.Rows {
		if b.Fate[r] != rollout.Running {
			continue
		}
		out := b.Action[r*b.ActDim : (r+1)*b.ActDim]
		seq := p.At(int(b.Start[r]), h)
		for j := range out {
			u := seq[j]
			if !open {
				u += out[j]
			}
			out[j] = min(1, max(-1, u))
		}
	}
}

// policy writes the policy's action at every running row's own state.
func (d *decoder) policy(b *rollout.Block, h int, mean bool) {
	stride, n := rollout.Stride(b.ActDim), 0
	if !mean {
		b.Normals(rollout.PolicyNoise, h, d.all, b.ActDim)
	}
	for r := range b.Rows {
		if b.Fate[r] != rollout.Running {
			continue
		}
		copy(d.obs[n*b.ObsDim:(n+1)*b.ObsDim], b.Obs[r*b.ObsDim:])
		if !mean {
			copy(d.noise[n*stride:(n+1)*stride], d.all[r*stride:])
		}
		d.rows[n] = int32(r)
		n++
	}
	if mean {
		d.actor.Act(d.obs, n, nil, nil, d.action)
	} else {
		d.actor.Act(d.obs, n, d.noise, d.action, nil)
	}
	for i, r := range d.rows[:n] {
		copy(b.Action[int(r)*b.ActDim:(int(r)+1)*b.ActDim], d.action[i*b.ActDim:])
	}
}
