package sac

import (
	"demorl/nn"
	"demorl/rollout"
)

// policyLane is one worker's view of the actor.
type policyLane struct {
	agent  *Agent
	actor  network
	policy squashed
	obs    []float32 // normalised; nil without observation normalisation
}

// network is one worker's view of a network: the live one or its bfloat16 copy.
type network struct {
	net   *nn.Net
	tape  *nn.Tape
	half  *nn.Half // nil: the live one
	htape *nn.HalfTape
}

func (v *network) infer(m int, x []float32, rows int) []float32 {
	if v.half != nil {
		return v.half.Infer(m, v.htape, x, rows)
	}
	return v.net.Infer(m, v.tape, x, rows)
}

// live is a view of the network itself.
func live(net *nn.Net, rows int) network { return network{net: net, tape: net.NewTape(rows)} }

// copies are the bfloat16 copies of actor, critics, targets and the state
// value's target.
type copies struct {
	actor, critics, targets *nn.Half
	value                   *nn.Half // nil without a state value
}

// bfloat16 makes the copies at the first call.
func (a *Agent) bfloat16() *copies {
	if a.copies == nil {
		a.copies = &copies{actor: a.actor.NewHalf(), critics: a.critics.NewHalf(), targets: a.targets.NewHalf()}
		if a.value != nil {
			a.copies.value = a.value.target.NewHalf()
		}
		a.PublishBF16()
	}
	return a.copies
}

// PublishBF16 makes the present networks the ones that bfloat16 actors and
// values use; without such it does nothing.
func (a *Agent) PublishBF16() {
	if a.copies == nil {
		return
	}
	a.copies.actor.Pack(0)
	for c := range a.critics.Members {
		a.copies.critics.Pack(c)
		a.copies.targets.Pack(c)
	}
	if a.copies.value != nil {
		a.copies.value.Pack(0)
	}
}

func view(half *nn.Half, rows int) network { return network{half: half, htape: half.NewTape(rows)} }

// NewActor returns one worker's view of the policy for batches of up to rows
// rows. It reads the live network and allocates nothing when it acts.
func (a *Agent) NewActor(rows int) rollout.Actor {
	return a.newPolicy(live(a.actor, rows), rows)
}

// NewDeployed is NewActor of the policy that is evaluated and exported (Deployed).
func (a *Agent) NewDeployed(rows int) rollout.Actor {
	return a.newPolicy(live(a.Deployed(), rows), rows)
}

// NewActorBF16 is NewActor in bfloat16, for imagination: it acts with the
// networks as they were at the last PublishBF16.
func (a *Agent) NewActorBF16(rows int) rollout.Actor {
	return a.newPolicy(view(a.bfloat16().actor, rows), rows)
}

func (a *Agent) newPolicy(actor network, rows int) *policyLane {
	p := &policyLane{agent: a, actor: actor, policy: newSquashed(rows, a.actDim)}
	if a.observed != nil {
		p.obs = make([]float32, rows*a.obsDim)
	}
	return p
}

// Act implements rollout.Actor.
func (p *policyLane) Act(obs []float32, rows int, noise, sample, mean []float32) {
	dims := p.agent.actDim
	if p.obs != nil {
		p.agent.observed.apply(p.obs, obs[:rows*p.agent.obsDim])
		obs = p.obs
	}
	head := p.actor.infer(0, obs, rows)
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
	SoftValue  ValueRule = iota // target Q of a fresh action minus temperature times its log density (method.md A.1)
	HardValue                   // target Q of a fresh action, without entropy
	LastAction                  // online Q of the last imagined action at the present state (LOOP)
	StateValue                  // the target of the network V(s) (method.md A.5); needs Settings.Value.Trained
)

// Q is the smallest critic or, under actor_uses mean, the mean over all critics
// and their quantiles.

// ValueLane is one worker's view of the critics as the value of what follows
// imagination. It implements rollout.Terminal.
type ValueLane struct {
	Rule   ValueRule
	agent  *Agent
	actor  network
	critic network // the online critics, for LastAction
	target network
	state  network // the state value's target; empty without one
	policy squashed
	rows   []int32 // the running rows of the block
	all    []float32
	noise  []float32
	obs    []float32
	action []float32
	x      []float32
	q      []float32 // per row
}

// NewValue returns one worker's view of the soft value for blocks of up to rows
// rows. It reads the live networks and allocates nothing.
func (a *Agent) NewValue(rows int) *ValueLane {
	v := a.newValue(rows, live(a.actor, rows), live(a.critics, rows), live(a.targets, rows))
	if a.value != nil {
		v.state = live(a.value.target, rows)
	}
	return v
}

// NewValueBF16 is NewValue in bfloat16: it values with the networks as they
// were at the last PublishBF16.
func (a *Agent) NewValueBF16(rows int) *ValueLane {
	c := a.bfloat16()
	v := a.newValue(rows, view(c.actor, rows), view(c.critics, rows), view(c.targets, rows))
	if c.value != nil {
		v.state = view(c.value, rows)
	}
	return v
}

func (a *Agent) newValue(rows int, actor, critic, target network) *ValueLane {
	stride := rollout.Stride(a.actDim)
	return &ValueLane{
		agent: a, actor: actor, critic: critic, target: target, policy: newSquashed(rows, a.actDim), rows: make([]int32, rows),
		all: make([]float32, rows*stride), noise: make([]float32, rows*stride), q: make([]float32, rows),
		obs: make([]float32, rows*a.obsDim), action: make([]float32, rows*a.actDim), x: make([]float32, rows*(a.obsDim+a.actDim)),
	}
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
	if a.observed != nil {
		a.observed.apply(v.obs, v.obs[:n*a.obsDim])
	}
	if v.Rule == StateValue {
		for k, x := range v.state.infer(0, v.obs, n) {
			out[v.rows[k]] = x / a.rewardScale
		}
		return
	}
	critics, temperature := &v.target, float32(0)
	action := v.policy.action
	if v.Rule == LastAction {
		critics, action = &v.critic, v.action
		gather(action, b.Action, v.rows[:n], a.actDim)
	} else {
		b.Normals(rollout.ValueNoise, 0, v.all, a.actDim)
		gather(v.noise, v.all, v.rows[:n], rollout.Stride(a.actDim))
		v.policy.sample(v.actor.infer(0, v.obs, n), v.noise, n)
		if v.Rule == SoftValue {
			temperature = float32(a.Temperature())
		}
	}
	join(v.x, v.obs, action, n, a.obsDim, a.actDim)
	v.judge(critics, n)
	for k, r := range v.rows[:n] {
		out[r] = v.q[k]
		if temperature != 0 {
			out[r] -= temperature * v.policy.logPi[k]
		}
		out[r] /= a.rewardScale
	}
}

// judge sets v.q to what the critics say of the first n rows of v.x.
func (v *ValueLane) judge(critics *network, n int) {
	s := v.agent.settings.Critic
	share := 1 / float32(s.Count*s.Quantiles)
	for c := range s.Count {
		answers := critics.infer(c, v.x, n)
		switch {
		case s.ActorUses == UsesMean:
			if c == 0 {
				clear(v.q[:n])
			}
			for i, q := range answers {
				v.q[i/s.Quantiles] += q * share
			}
		case c == 0:
			copy(v.q, answers)
		default:
			for r, q := range answers {
				v.q[r] = min(v.q[r], q)
			}
		}
	}
	v.agent.bounds.apply(v.q[:n])
}

// gather copies the given rows of src (dims numbers each) side by side to dst.
func gather(dst, src []float32, rows []int32, dims int) {
	for k, r := range rows {
		copy(dst[k*dims:(k+1)*dims], src[int(r)*dims:(int(r)+1)*dims])
	}
}
