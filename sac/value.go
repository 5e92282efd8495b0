package sac

import (
	"demorl/internal/kern"
	"demorl/internal/wire"
	"demorl/nn"
	"demorl/rollout"
)

// stateValue is the network V(s) that a planner may end its scores with, beside
// the critics (method.md A.5). It is regressed on the soft value of the targets,
//
//	min_i Q'_i(s, a) - temperature log pi(a|s),  a drawn anew from the policy,
//
// at the observations of every update's batch, after all else of the update, so
// that actor, targets and temperature are those that acting and planning meet
// next. Nothing else reads it, and without it all other numbers are the same.
type stateValue struct {
	net, target *nn.Net // one member; the target follows as the critics' do
	adam        *nn.Adam
	noise       []float32   // batch x Stride(actDim): of the actions
	tapes       []*nn.Tape  // per worker
	grads       [][]float32 // per piece
	losses      []float64   // per piece: sum over its rows of half the squared error
	squares     []float64   // per part: sum of the squared gradient

	piece, step func(worker, i int) // pieces of work, made once
}

func (a *Agent) newStateValue(spec nn.Spec) *stateValue {
	v := &stateValue{net: nn.New(spec), piece: a.valuePiece, step: a.valueStep}
	spec.Trained = false
	v.target = nn.New(spec)
	v.adam = nn.NewAdam(v.net, a.settings.Value.Rate)
	v.adam.Beta1 = a.settings.AdamBeta1
	v.noise = make([]float32, a.settings.Batch*rollout.Stride(a.actDim))
	for range a.pool.Workers() {
		v.tapes = append(v.tapes, v.net.NewTape(min(pieceRows, a.settings.Batch)))
	}
	pieces := (a.settings.Batch + pieceRows - 1) / pieceRows
	for range pieces {
		v.grads = append(v.grads, make([]float32, v.net.MemberSize()))
	}
	v.losses, v.squares = make([]float64, pieces), make([]float64, v.net.Parts())
	return v
}

// updateValue steps the state value, at the end of an update.
func (a *Agent) updateValue(stats *Stats) {
	v := a.value
	a.temperature = float32(a.Temperature())
	a.pool.Do(len(v.grads), v.piece)
	loss := 0.0
	for _, l := range v.losses {
		loss += l
	}
	stats.ValueLoss = loss / float64(a.batch.Rows)
	if stats.NonFinite = !finite(stats.ValueLoss); stats.NonFinite {
		return
	}
	v.adam.Begin(0)
	a.pool.Do(len(v.squares), v.step)
	stats.ValueGradNorm = norm(v.squares)
}

// valuePiece computes the state value's gradient of piece i: of half the mean
// squared error.
func (a *Agent) valuePiece(worker, i int) {
	v, w := a.value, &a.work[worker]
	lo, n := a.span(i)
	stride := rollout.Stride(a.actDim)
	noise := v.noise[lo*stride : (lo+n)*stride]
	if a.fresh {
		a.key.At(valueNoise).Normals(noise, uint64(lo*stride))
	}
	obs, _ := a.views(lo, n)
	w.policy.sample(a.actor.Infer(0, w.actor, obs, n), noise, n)
	join(w.x, obs, w.policy.action, n, a.obsDim, a.actDim)
	for c := range a.targets.Members {
		w.q[c] = a.targets.Infer(c, w.critic[c], w.x, n)
	}
	out := v.net.Forward(0, v.tapes[worker], obs, n)
	scale, squares := 1/float32(a.batch.Rows), 0.0
	for r := range n {
		e := out[r] - (a.consensus(w.q, r) - a.temperature*w.policy.logPi[r])
		w.dq[r] = e * scale
		squares += float64(e) * float64(e)
	}
	v.losses[i] = 0.5 * squares
	v.net.Gradient(0, v.tapes[worker], w.dq[:n], v.grads[i])
}

// consensus is what the critics' answers q say of row r: the smallest, or the
// mean over all and their quantiles, as the actor uses them.
func (a *Agent) consensus(q [][]float32, r int) float32 {
	s := a.settings.Critic
	if s.ActorUses == UsesMean {
		sum, share := float32(0), 1/float32(s.Count*s.Quantiles)
		for c := range q {
			for _, x := range q[c][r*s.Quantiles : (r+1)*s.Quantiles] {
				sum += x * share
			}
		}
		return sum
	}
	least := q[0][r]
	for _, answers := range q[1:] {
		least = min(least, answers[r])
	}
	return least
}

// valueStep sums one part of the gradient over the pieces, steps it and lets the
// target follow.
func (a *Agent) valueStep(_, part int) {
	v := a.value
	lo, hi := v.net.PartSpan(part)
	for _, grad := range v.grads[1:] {
		kern.AXPY(v.grads[0][lo:hi], 1, grad[lo:hi])
	}
	v.squares[part] = v.adam.StepPart(v.net, 0, part, v.grads[0], nil)
	v.target.FollowPart(0, part, v.net, float32(a.settings.Tau))
}

func (v *stateValue) appendState(dst []byte) []byte {
	return v.adam.AppendState(v.target.AppendState(v.net.AppendState(dst)))
}

func (v *stateValue) readState(r *wire.Reader) {
	v.net.ReadState(r)
	v.target.ReadState(r)
	v.adam.ReadState(r)
}
