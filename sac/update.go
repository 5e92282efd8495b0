package sac

import (
	"fmt"
	"math"

	"demorl/internal/kern"
	"demorl/nn"
	"demorl/replay"
	"demorl/rng"
	"demorl/rollout"
)

// Stats is what one Update did, as means over the batch. Actor and temperature
// figures are those of the last actor step where policy_every skips some.
type Stats struct {
	CriticLoss      float64 // sum over critics of half the mean squared error; with quantiles the mean quantile Huber loss
	ActorLoss       float64
	TemperatureLoss float64
	Temperature     float64 // after the update
	Entropy         float64 // -mean log pi, in nats
	QMean           float64 // mean of the critics at the batch's actions
	QMax            float64 // largest |Q|
	CriticGradNorm  float64 // Euclidean norm over all critics
	ActorGradNorm   float64
	ValueLoss       float64 // half the mean squared error of the state value; 0 without one
	ValueGradNorm   float64
	QAlarm          bool // |Q| exceeds 10 times the largest |reward| seen / (1 - gamma)
	NonFinite       bool // a loss is NaN or infinite; the networks that it concerns were not stepped
}

// The children of an Update's key, and where their normals are kept.
const (
	targetNoise = iota // of the actions at the next observations
	actorNoise         // of the actions at the observations
	noises
)

// Its other children.
const (
	subsetDraw = noises + iota // which critics are the target
	targetDrop                 // dropout of the targets
	criticDrop                 // dropout of the critics' own step
	actorDrop                  // dropout of the critics that the actor climbs
	valueNoise                 // of the actions that the state value is regressed on
)

// Update makes one step of critics, actor, temperature, targets and, where there
// is one, the state value, in this order (method.md D.3, A.5). batch has Settings.Batch rows; all noise is a function
// of key. After a result with NonFinite the learner has diverged and training
// should stop.
func (a *Agent) Update(batch *replay.Batch, key rng.Key) Stats {
	return a.UpdateDrawn(batch, nil, key)
}

// UpdateDrawn is Update on a batch whose rows [lo, hi) draw fills. The workers
// draw the rows that they need, several of them at the same time.
func (a *Agent) UpdateDrawn(batch *replay.Batch, draw func(lo, hi int), key rng.Key) Stats {
	if batch.Rows != a.settings.Batch {
		panic(fmt.Sprintf("sac: a batch of %d rows, want %d", batch.Rows, a.settings.Batch))
	}
	a.fresh, a.draw, a.key = true, draw, key
	a.drawSubset()
	stats := a.step(batch)
	a.fresh, a.draw = false, nil
	return stats
}

// step is Update; unless fresh, the noise is what a.noise holds.
func (a *Agent) step(batch *replay.Batch) Stats {
	a.batch, a.temperature = batch, float32(a.Temperature())
	stats := a.last
	a.updateCritics(&stats)
	if !stats.NonFinite {
		a.updates++
		if a.updates%uint64(a.settings.PolicyEvery) == 0 {
			a.updateActor(&stats)
		}
		if a.value != nil && !stats.NonFinite {
			a.updateValue(&stats)
		}
	}
	stats.Temperature = a.Temperature()
	a.batch = nil
	return stats
}

func (a *Agent) updateCritics(stats *Stats) {
	if a.joint != nil {
		a.judgeJointly()
	} else {
		a.pool.Do(len(a.pieces), a.jobs.targets)
		a.pool.Do(a.critics.Members*len(a.pieces), a.jobs.critics)
	}
	a.stepCritics(stats)
}

// regress steps the critics towards the targets a.y of the batch.
func (a *Agent) regress(stats *Stats) {
	a.pool.Do(a.critics.Members*len(a.pieces), a.jobs.critics)
	a.stepCritics(stats)
}

// stepCritics sums what the pieces of the batch left and steps the critics.
func (a *Agent) stepCritics(stats *Stats) {
	total, rewardMax, n := criticSums{}, 0.0, float64(a.batch.Rows)
	for i := range a.pieces {
		p := &a.pieces[i]
		for _, s := range p.critic {
			total.loss += s.loss
			total.q += s.q
			total.qMax = max(total.qMax, s.qMax)
		}
		rewardMax = max(rewardMax, p.rewardMax)
	}
	scale := a.settings.RewardScale
	stats.CriticLoss, stats.QMean, stats.QMax = total.loss/n, total.q/(float64(a.critics.Members)*n*scale), total.qMax/scale
	if stats.NonFinite = !finite(stats.CriticLoss); stats.NonFinite {
		return
	}
	a.rewardMax = max(a.rewardMax, rewardMax)
	stats.QAlarm = stats.QMax*(1-a.settings.Gamma) > 10*a.rewardMax
	for c := range a.critics.Members {
		a.criticAdam.Begin(c)
	}
	a.pool.Do(len(a.criticSquares), a.jobs.stepCritics)
	stats.CriticGradNorm = norm(a.criticSquares)
}

func (a *Agent) updateActor(stats *Stats) {
	if a.joint != nil {
		a.climbJointly()
	} else {
		a.pool.Do(len(a.pieces), a.jobs.actor)
	}
	logPi, loss, n := 0.0, 0.0, float64(a.batch.Rows)
	for i := range a.pieces {
		logPi += a.pieces[i].logPi
		loss += a.pieces[i].actorLoss
	}
	excess := logPi/n + a.targetEntropy // the gradient by the log temperature, negated
	stats.Entropy, stats.ActorLoss, stats.TemperatureLoss = -logPi/n, loss/n, -a.logTemperature*excess
	if stats.NonFinite = !finite(stats.ActorLoss) || !finite(stats.TemperatureLoss); stats.NonFinite {
		return
	}
	a.actorAdam.Begin(0)
	a.pool.Do(len(a.actorSquares), a.jobs.stepActor)
	stats.ActorGradNorm = norm(a.actorSquares)
	a.logTemperature = a.temperatureAdam.Step(a.logTemperature, -excess)
	a.last.ActorLoss, a.last.TemperatureLoss, a.last.Entropy, a.last.ActorGradNorm = stats.ActorLoss, stats.TemperatureLoss, stats.Entropy, stats.ActorGradNorm
}

// span returns the rows [lo, lo+n) of piece i.
func (a *Agent) span(i int) (lo, n int) {
	lo = i * pieceRows
	return lo, min(pieceRows, a.settings.Batch-lo)
}

// drawRows draws the n rows from lo and their noise.
func (a *Agent) drawRows(lo, n int) {
	if a.draw != nil {
		a.draw(lo, lo+n)
	}
	for purpose := range a.noise {
		first := lo * rollout.Stride(a.actDim)
		a.key.At(uint64(purpose)).Normals(a.noiseOf(purpose, lo, n), uint64(first))
	}
}

// targetPiece computes the critics' targets of piece i.
func (a *Agent) targetPiece(worker, i int) {
	lo, n := a.span(i)
	a.prepareRows(i, lo, n)
	a.targetValues(&a.work[worker], lo, n)
}

// prepareRows draws piece i's n rows from lo where they are to be drawn, and
// normalises their observations.
func (a *Agent) prepareRows(i, lo, n int) {
	if a.fresh {
		a.drawRows(lo, n)
	}
	if a.observed != nil {
		a.observed.normalise(a.batch, lo, n)
	}
	rewardMax := 0.0
	for _, reward := range a.batch.Reward[lo : lo+n] {
		rewardMax = max(rewardMax, math.Abs(float64(reward)))
	}
	a.pieces[i].rewardMax = rewardMax
}

// views returns the observations before and after the n rows from lo, as the
// networks see them.
func (a *Agent) views(lo, n int) (obs, next []float32) {
	obs, next = a.batch.Obs, a.batch.Next
	if a.observed != nil {
		obs, next = a.observed.obs, a.observed.next
	}
	lo, hi := lo*a.obsDim, (lo+n)*a.obsDim
	return obs[lo:hi], next[lo:hi]
}

// criticPiece computes one critic's gradient of one piece.
func (a *Agent) criticPiece(worker, i int) {
	c, out, w := i%a.critics.Members, &a.pieces[i/a.critics.Members], &a.work[worker]
	lo, n := a.span(i / a.critics.Members)
	obs, _ := a.views(lo, n)
	join(w.x, obs, a.batch.Action[lo*a.actDim:], n, a.obsDim, a.actDim)
	a.drop(a.critics, w.critic[c], criticDrop, c, lo, n)
	q := a.critics.Forward(c, w.critic[c], w.x, n)
	if a.settings.Critic.Quantiles > 1 {
		out.critic[c] = a.quantileErrors(w.dq, q, lo, n)
	} else {
		out.critic[c] = a.errors(w.dq, q, lo, n)
	}
	a.critics.Gradient(c, w.critic[c], w.dq[:len(q)], out.criticGrad[c])
}

// errors writes to dq the gradient of half the mean squared error of q, the
// answers at the n rows from lo.
func (a *Agent) errors(dq, q []float32, lo, n int) (total criticSums) {
	scale := a.bounds.width / float32(a.batch.Rows)
	squares := 0.0
	a.bounds.apply(q[:n])
	for r, y := range a.y[lo : lo+n] {
		e := q[r] - y
		if a.mute != nil && a.mute[lo+r] {
			e = 0
		}
		dq[r] = e * scale
		squares += float64(e) * float64(e)
		total.q += float64(q[r])
		total.qMax = max(total.qMax, math.Abs(float64(q[r])))
	}
	total.loss = 0.5 * squares
	return total
}

// targetValues fills a.y with r + gamma (min Q'(s', a') - temperature log pi)
// of the n rows from lo, r times reward_scale; a terminated row is worth its reward, whatever Q' is.
func (a *Agent) targetValues(w *workspace, lo, n int) {
	_, next := a.views(lo, n)
	w.policy.sample(a.actor.Infer(0, w.actor, next, n), a.noiseOf(targetNoise, lo, n), n)
	join(w.x, next, w.policy.action, n, a.obsDim, a.actDim)
	for _, c := range a.subset {
		a.drop(a.targets, w.critic[c], targetDrop, c, lo, n)
		w.q[c] = a.targets.Infer(c, w.critic[c], w.x, n)
	}
	if a.settings.Critic.Quantiles > 1 {
		a.quantileTargets(w, lo, n)
		return
	}
	a.leastTargets(w.q, w.policy.logPi, lo, n)
}

// leastTargets fills a.y at the n rows from lo from the critics' answers q at
// the actions of log density logPi.
func (a *Agent) leastTargets(q [][]float32, logPi []float32, lo, n int) {
	b, gamma := a.batch, float32(a.settings.Gamma)
	for r := range n {
		y := float32(b.Reward[lo+r] * a.rewardScale)
		if keep := b.Continue[lo+r]; keep != 0 {
			least := q[a.subset[0]][r]
			for _, c := range a.subset[1:] {
				least = min(least, q[c][r])
			}
			y += gamma * keep * (least - a.temperature*logPi[r])
		}
		a.y[lo+r] = y
	}
}

// drop draws the dropout of critic c's next pass over the n rows from lo.
func (a *Agent) drop(net *nn.Net, tape *nn.Tape, purpose, c, lo, n int) {
	if net.Dropout != nil {
		net.Drop(tape, a.key.At(uint64(purpose)).At(uint64(c)), uint64(lo), n)
	}
}

// drawSubset draws the critics whose smallest is the target, without replacement.
func (a *Agent) drawSubset() {
	if n, all := a.settings.Critic.Subset, a.critics.Members; n < all {
		a.subset = a.subset[:all]
		for c := range a.subset { // a function of the key alone
			a.subset[c] = c
		}
		key := a.key.At(subsetDraw)
		for i := range n {
			j := i + key.IntnAt(uint64(i), all-i)
			a.subset[i], a.subset[j] = a.subset[j], a.subset[i]
		}
		a.subset = a.subset[:n]
	}
}

// actorPiece computes the actor's gradient of piece i under the new critics.
func (a *Agent) actorPiece(worker, i int) {
	w, out := &a.work[worker], &a.pieces[i]
	lo, n := a.span(i)
	scale := 1 / float32(a.batch.Rows)
	obs, _ := a.views(lo, n)
	head, noise := a.actor.Forward(0, w.actor, obs, n), a.noiseOf(actorNoise, lo, n)
	w.policy.sample(head, noise, n)
	a.climb(w, out, obs, w.policy.action, w.policy.logPi, lo, n)
	w.policy.back(w.dHead, head, noise, w.dAction, a.temperature*scale, n)
	a.actor.Gradient(0, w.actor, w.dHead, out.actorGrad)
}

// climb writes to w.dAction the gradient of the actor's loss by the n actions at
// obs, rows from lo, whose log densities are logPi, without its entropy; out
// gets the loss.
func (a *Agent) climb(w *workspace, out *piece, obs, action, logPi []float32, lo, n int) {
	join(w.x, obs, action, n, a.obsDim, a.actDim)
	for c := range a.critics.Members {
		a.drop(a.critics, w.critic[c], actorDrop, c, lo, n)
		w.q[c] = a.critics.Forward(c, w.critic[c], w.x, n)
	}
	value, scale := 0.0, 1/float32(a.batch.Rows)
	if a.settings.Critic.ActorUses == UsesMean {
		value = a.climbMean(w, n, scale)
	} else {
		value = a.climbMin(w, n, scale)
	}
	out.logPi = 0
	for _, l := range logPi[:n] {
		out.logPi += float64(l)
	}
	out.actorLoss = float64(a.temperature)*out.logPi - value
}

// climbMin writes to dAction the gradient by n actions of -scale times the
// smallest critic, and returns the sum of those. A row's gradient goes back
// through its smallest critic alone.
func (a *Agent) climbMin(w *workspace, n int, scale float32) (value float64) {
	for c := range w.rows {
		w.rows[c] = w.rows[c][:0]
	}
	for r := range n {
		c := 0
		for d := range w.q[1:] {
			if w.q[1+d][r] < w.q[c][r] {
				c = 1 + d
			}
		}
		w.rows[c] = append(w.rows[c], int32(r))
		value += float64(w.q[c][r])
		w.dq[r] = -scale
	}
	in := a.obsDim + a.actDim
	for c, rows := range w.rows {
		if len(rows) == 0 {
			continue
		}
		w.critic[c].Keep(rows)
		a.critics.Backward(c, w.critic[c], w.dq[:len(rows)], nil, w.dx)
		for k, r := range rows {
			copy(w.dAction[int(r)*a.actDim:(int(r)+1)*a.actDim], w.dx[k*in+a.obsDim:(k+1)*in])
		}
	}
	return value
}

// climbMean is climbMin with the mean over all critics and their quantiles.
func (a *Agent) climbMean(w *workspace, n int, scale float32) (value float64) {
	in, out := a.obsDim+a.actDim, a.critics.Out()
	share := 1 / float32(a.critics.Members*out)
	dq := w.dq[:n*out]
	for i := range dq {
		dq[i] = -scale * share
	}
	dAction := w.dAction[:n*a.actDim]
	clear(dAction)
	for c := range a.critics.Members {
		for _, q := range w.q[c] {
			value += float64(q)
		}
		a.critics.Backward(c, w.critic[c], dq, nil, w.dx)
		for r := range n {
			for j, d := range w.dx[r*in+a.obsDim : (r+1)*in] {
				dAction[r*a.actDim+j] += d
			}
		}
	}
	return value * float64(share)
}

// noiseOf returns the noise of the n rows from lo.
func (a *Agent) noiseOf(purpose, lo, n int) []float32 {
	stride := rollout.Stride(a.actDim)
	return a.noise[purpose][lo*stride : (lo+n)*stride]
}

// criticStep sums one part of one critic's gradient over the pieces, steps it
// and lets the target follow.
func (a *Agent) criticStep(_, i int) {
	c, part := i%a.critics.Members, i/a.critics.Members
	grad := a.summed[0].criticGrad[c]
	lo, hi := a.critics.PartSpan(part)
	for p := range a.summed[1:] {
		kern.AXPY(grad[lo:hi], 1, a.summed[1+p].criticGrad[c][lo:hi])
	}
	a.criticSquares[i] = a.criticAdam.StepPart(a.critics, c, part, grad, a.criticDecay)
	if a.targets == a.critics {
		return
	}
	a.targets.FollowPart(c, part, a.critics, float32(a.settings.Tau))
}

// actorStep sums one part of the actor's gradient over the pieces and steps it.
func (a *Agent) actorStep(_, i int) {
	grad := a.summed[0].actorGrad
	lo, hi := a.actor.PartSpan(i)
	for p := range a.summed[1:] {
		kern.AXPY(grad[lo:hi], 1, a.summed[1+p].actorGrad[lo:hi])
	}
	a.actorSquares[i] = a.actorAdam.StepPart(a.actor, 0, i, grad, a.actorDecay)
	if a.average != nil {
		a.average.FollowPart(0, i, a.actor, float32(a.settings.PolicyAverage))
	}
}

// join writes rows of (obs, action) side by side to dst.
func join(dst, obs, action []float32, rows, obsDim, actDim int) {
	in := obsDim + actDim
	for r := range rows {
		row := dst[r*in : (r+1)*in]
		copy(row, obs[r*obsDim:(r+1)*obsDim])
		copy(row[obsDim:], action[r*actDim:(r+1)*actDim])
	}
}

// norm returns the Euclidean norm of a vector from the sums of squares of its parts.
func norm(squares []float64) float64 {
	sum := 0.0
	for _, s := range squares {
		sum += s
	}
	return math.Sqrt(sum)
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
