package sac

import (
	"demorl/nn"
	"demorl/rollout"
)

// policyLane is one worker's view of the live actor.
type policyLane struct {
	agent  *Agent
	tape   *nn.Tape
	policy squashed
}

// NewActor returns one worker's view of the policy for batches of up to rows
// rows. It reads the live network and allocates nothing when it acts.
func (a *Agent) NewActor(rows int) rollout.Actor {
	return &policyLane{agent: a, tape: a.actor.NewTape(rows), policy: newSquashed(rows, a.actDim)}
}

// Act implements rollout.Actor.
func (p *policyLane) Act(obs []float32, rows int, noise, sample, mean []float32) {
	dims := p.agent.actDim
	head := p.agent.actor.Infer(0, p.tape, obs, rows)
	if sample != nil {
		p.policy.sample(head, noise, rows)
		copy(sample, p.policy.action[:rows*dims])
	}
	if mean != nil {
		mode(mean, head, rows, dims)
	}
}

// ValueRule says what a state is worth at the end of imagination.
type ValueRule uint8

// The rules.
const (
	SoftValue  ValueRule = iota // min target Q of a fresh action minus temperature times its log density (method.md A.1)
	HardValue                   // min target Q of a fresh action, without entropy
	LastAction                  // min online Q of the last imagined action at the present state (LOOP)
)

// ValueLane is one worker's view of the critics as the value of what follows
// imagination. It implements rollout.Terminal.
type ValueLane struct {
	Rule   ValueRule
	agent  *Agent
	actor  *nn.Tape
	critic [twins]*nn.Tape
	policy squashed
	rows   []int32 // the running rows of the block
	all    []float32
	noise  []float32
	obs    []float32
	action []float32
	x      []float32
}

// NewValue returns one worker's view of the soft value for blocks of up to rows
// rows. It reads the live networks and allocates nothing.
func (a *Agent) NewValue(rows int) *ValueLane {
	stride := rollout.Stride(a.actDim)
	v := &ValueLane{
		agent: a, actor: a.actor.NewTape(rows), policy: newSquashed(rows, a.actDim), rows: make([]int32, rows),
		all: make([]float32, rows*stride), noise: make([]float32, rows*stride),
		obs: make([]float32, rows*a.obsDim), action: make([]float32, rows*a.actDim), x: make([]float32, rows*(a.obsDim+a.actDim)),
	}
	for c := range twins {
		v.critic[c] = a.targets.NewTape(rows)
	}
	return v
}

// Value implements rollout.Terminal: it sets out at the running rows of b and
// leaves the others alone. A value may be NaN where the observation is.
func (v *ValueLane) Value(b *rollout.Block, out []float32) {
	a, n := v.agent, 0
	for r := range b.Rows {
		if b.Fate[r] == rollout.Running {
			v.rows[n] = int32(r)
			n++
		}
	}
	if n == 0 {
		return
	}
	gather(v.obs, b.Obs, v.rows[:n], a.obsDim)
	critics, temperature := a.targets, float32(0)
	action := v.policy.action
	if v.Rule == LastAction {
		critics, action = a.critics, v.action
		gather(action, b.Action, v.rows[:n], a.actDim)
	} else {
		b.Normals(rollout.ValueNoise, 0, v.all, a.actDim)
		gather(v.noise, v.all, v.rows[:n], rollout.Stride(a.actDim))
		v.policy.sample(a.actor.Infer(0, v.actor, v.obs, n), v.noise, n)
		if v.Rule == SoftValue {
			temperature = float32(a.Temperature())
		}
	}
	join(v.x, v.obs, action, n, a.obsDim, a.actDim)
	q0 := critics.Infer(0, v.critic[0], v.x, n)
	q1 := critics.Infer(1, v.critic[1], v.x, n)
	for k, r := range v.rows[:n] {
		out[r] = min(q0[k], q1[k])
		if temperature != 0 {
			out[r] -= temperature * v.policy.logPi[k]
		}
	}
}

// gather copies the given rows of src (dims numbers each) side by side to dst.
func gather(dst, src []float32, rows []int32, dims int) {
	for k, r := range rows {
		copy(dst[k*dims:(k+1)*dims], src[int(r)*dims:(int(r)+1)*dims])
	}
}
