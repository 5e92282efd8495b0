package sac

import (
	"demorl/nn"
)

// renormWarmup is the number of batches after which batch renormalisation
// begins to correct its statistics (method.md D.4).
const renormWarmup = 100_000

// joint is the memory of CrossQ's updates (Bhatt et al. 2024; method.md D.4). A
// critic answers (s, a) and (s', a') in one pass over both, so that the two
// halves share the batch's statistics and need no target network. A pass is
// over the whole batch and is one piece of work a critic: statistics of parts of
// it would be others.
type joint struct {
	x       []float32   // 2 batch x inputs: (s, a), then (s', a')
	tapes   []*nn.Tape  // per critic, 2 batch rows
	dq      [][]float32 // per critic, 2 batch; the second half stays zero
	after   [][]float32 // per critic: its answers at (s', a')
	now     [][]float32 // per critic: its answers at (s, a)
	logPi   []float32   // of a'
	actor   *nn.Tape    // batch rows
	policy  squashed    // batch rows
	dAction []float32
	dHead   []float32

	prepare, judge, learn, climb func(worker, i int) // pieces of work, made once
}

func (a *Agent) newJoint() *joint {
	rows, in := a.settings.Batch, a.obsDim+a.actDim
	j := &joint{
		x: make([]float32, 2*rows*in), logPi: make([]float32, rows), after: make([][]float32, a.critics.Members), now: make([][]float32, a.critics.Members),
		actor: a.actor.NewTape(rows), policy: newSquashed(rows, a.actDim),
		dAction: make([]float32, rows*a.actDim), dHead: make([]float32, rows*2*a.actDim),
		prepare: a.jointRows, judge: a.jointAnswers, learn: a.jointGradient, climb: a.jointClimb,
	}
	for range a.critics.Members {
		j.tapes = append(j.tapes, a.critics.NewTape(2*rows))
		j.dq = append(j.dq, make([]float32, 2*rows))
	}
	return j
}

// judgeJointly leaves the critics' gradients in the first piece.
func (a *Agent) judgeJointly() {
	j := a.joint
	a.pool.Do(len(a.pieces), j.prepare)
	a.pool.Do(a.critics.Members, j.judge)
	a.leastTargets(j.after, j.logPi, 0, a.batch.Rows)
	a.pool.Do(a.critics.Members, j.learn)
}

// jointRows draws piece i's rows and their next actions, with the actor's
// running statistics.
func (a *Agent) jointRows(worker, i int) {
	j, w := a.joint, &a.work[worker]
	lo, n := a.span(i)
	a.prepareRows(i, lo, n)
	obs, next := a.views(lo, n)
	w.policy.sample(a.actor.Infer(0, w.actor, next, n), a.noiseOf(targetNoise, lo, n), n)
	copy(j.logPi[lo:lo+n], w.policy.logPi)
	in := a.obsDim + a.actDim
	join(j.x[lo*in:], obs, a.batch.Action[lo*a.actDim:], n, a.obsDim, a.actDim)
	join(j.x[(a.batch.Rows+lo)*in:], next, w.policy.action, n, a.obsDim, a.actDim)
}

// jointAnswers is critic c's pass over both halves.
func (a *Agent) jointAnswers(_, c int) {
	j, rows := a.joint, a.batch.Rows
	q := a.critics.ForwardBatch(c, j.tapes[c], j.x, 2*rows)
	j.now[c], j.after[c] = q[:rows], q[rows:]
}

// jointGradient computes critic c's gradient. Only answers at (s, a) are in the
// loss, but through the batch's statistics every row has a share in them.
func (a *Agent) jointGradient(_, c int) {
	j, out := a.joint, &a.pieces[0]
	out.critic[c] = a.errors(j.dq[c], j.now[c], 0, a.batch.Rows)
	a.critics.Gradient(c, j.tapes[c], j.dq[c], out.criticGrad[c])
}

// climbJointly leaves the actor's gradient in the first piece: the actor sees the
// batch's statistics, the critics that judge it their running ones.
func (a *Agent) climbJointly() {
	j, rows := a.joint, a.batch.Rows
	obs, _ := a.views(0, rows)
	head, noise := a.actor.ForwardBatch(0, j.actor, obs, rows), a.noiseOf(actorNoise, 0, rows)
	j.policy.sample(head, noise, rows)
	a.pool.Do(len(a.pieces), j.climb)
	j.policy.back(j.dHead, head, noise, j.dAction, a.temperature/float32(rows), rows)
	a.actor.Gradient(0, j.actor, j.dHead, a.pieces[0].actorGrad)
}

// jointClimb finds the gradient by the actions of piece i.
func (a *Agent) jointClimb(worker, i int) {
	j, w := a.joint, &a.work[worker]
	lo, n := a.span(i)
	obs, _ := a.views(lo, n)
	a.climb(w, &a.pieces[i], obs, j.policy.action[lo*a.actDim:], j.policy.logPi[lo:], lo, n)
	copy(j.dAction[lo*a.actDim:(lo+n)*a.actDim], w.dAction)
}
