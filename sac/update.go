package sac

import (
	"fmt"
	"math"

	"demorl/internal/kern"
	"demorl/replay"
	"demorl/rng"
	"demorl/rollout"
)

// Stats is what one Update did, as means over the batch. Actor and temperature
// figures are those of the last actor step where policy_every skips some.
type Stats struct {
	CriticLoss      float64 // sum over critics of half the mean squared error
	ActorLoss       float64
	TemperatureLoss float64
	Temperature     float64 // after the update
	Entropy         float64 // -mean log pi, in nats
	QMean           float64 // mean of both critics at the batch's actions
	QMax            float64 // largest |Q|
	CriticGradNorm  float64 // Euclidean norm over both critics
	ActorGradNorm   float64
	QAlarm          bool // |Q| exceeds 10 times the largest |reward| seen / (1 - gamma)
	NonFinite       bool // a loss is NaN or infinite; the networks that it concerns were not stepped
}

// The children of an Update's key, and where their normals are kept.
const (
	targetNoise = iota // of the actions at the next observations
	actorNoise         // of the actions at the observations
	noises
)

// Update makes one step of critics, actor, temperature and targets, in this
// order (method.md D.3). batch has Settings.Batch rows; all noise is a function
// of key. After a result with NonFinite the learner has diverged and training
// should stop.
func (a *Agent) Update(batch *replay.Batch, key rng.Key) Stats {
	if batch.Rows != a.settings.Batch {
		panic(fmt.Sprintf("sac: a batch of %d rows, want %d", batch.Rows, a.settings.Batch))
	}
	key.At(targetNoise).Normals(a.noise[targetNoise], 0)
	key.At(actorNoise).Normals(a.noise[actorNoise], 0)
	return a.step(batch)
}

// step is Update with the noise in a.noise.
func (a *Agent) step(batch *replay.Batch) Stats {
	a.batch, a.temperature = batch, float32(a.Temperature())
	stats := a.last
	a.updateCritics(&stats)
	if !stats.NonFinite {
		a.updates++
		if a.updates%uint64(a.settings.PolicyEvery) == 0 {
			a.updateActor(&stats)
		}
		for c := range twins {
			kern.Lerp(a.targets.Member(c), a.critics.Member(c), float32(a.settings.Tau))
			a.targets.Pack(c)
		}
	}
	stats.Temperature = a.Temperature()
	a.batch = nil
	return stats
}

func (a *Agent) updateCritics(stats *Stats) {
	a.pool.Do(len(a.pieces), a.doCritics)
	total, n := sums{}, float64(a.batch.Rows)
	for i := range a.pieces {
		s := &a.pieces[i].sums
		total.squaredError += s.squaredError
		total.q += s.q
		total.qMax = max(total.qMax, s.qMax)
		total.rewardMax = max(total.rewardMax, s.rewardMax)
	}
	stats.CriticLoss, stats.QMean, stats.QMax = 0.5*total.squaredError/n, total.q/(twins*n), total.qMax
	if stats.NonFinite = !finite(stats.CriticLoss); stats.NonFinite {
		return
	}
	a.rewardMax = max(a.rewardMax, total.rewardMax)
	stats.QAlarm = total.qMax*(1-a.settings.Gamma) > 10*a.rewardMax
	a.pool.Do(twins, a.stepCritic)
	stats.CriticGradNorm = math.Hypot(norm(a.pieces[0].criticGrad[0]), norm(a.pieces[0].criticGrad[1]))
}

func (a *Agent) updateActor(stats *Stats) {
	a.pool.Do(len(a.pieces), a.doActor)
	logPi, loss, n := 0.0, 0.0, float64(a.batch.Rows)
	for i := range a.pieces {
		logPi += a.pieces[i].sums.logPi
		loss += a.pieces[i].sums.actorLoss
	}
	excess := logPi/n + a.targetEntropy // the gradient by the log temperature, negated
	stats.Entropy, stats.ActorLoss, stats.TemperatureLoss = -logPi/n, loss/n, -a.logTemperature*excess
	if stats.NonFinite = !finite(stats.ActorLoss) || !finite(stats.TemperatureLoss); stats.NonFinite {
		return
	}
	a.pool.Do(1, a.stepActor)
	stats.ActorGradNorm = norm(a.pieces[0].actorGrad)
	a.logTemperature = a.temperatureAdam.Step(a.logTemperature, -excess)
	a.last.ActorLoss, a.last.TemperatureLoss, a.last.Entropy, a.last.ActorGradNorm = stats.ActorLoss, stats.TemperatureLoss, stats.Entropy, stats.ActorGradNorm
}

// span returns the rows [lo, lo+n) of piece i.
func (a *Agent) span(i int) (lo, n int) {
	lo = i * pieceRows
	return lo, min(pieceRows, a.batch.Rows-lo)
}

// criticPiece computes targets and both critics' gradients of piece i.
func (a *Agent) criticPiece(worker, i int) {
	w, out := &a.work[worker], &a.pieces[i]
	lo, n := a.span(i)
	a.targetValues(w, lo, n)
	scale, total := 1/float32(a.batch.Rows), sums{}
	join(w.x, a.batch.Obs[lo*a.obsDim:], a.batch.Action[lo*a.actDim:], n, a.obsDim, a.actDim)
	for c := range twins {
		q := a.critics.Forward(c, w.critic[c], w.x, n)
		for r := range n {
			e := q[r] - w.y[r]
			w.dq[r] = e * scale
			total.squaredError += float64(e) * float64(e)
			total.q += float64(q[r])
			total.qMax = max(total.qMax, math.Abs(float64(q[r])))
		}
		clear(out.criticGrad[c])
		a.critics.Backward(c, w.critic[c], w.dq, out.criticGrad[c], nil)
	}
	for _, reward := range a.batch.Reward[lo : lo+n] {
		total.rewardMax = max(total.rewardMax, math.Abs(float64(reward)))
	}
	out.sums = total
}

// targetValues fills w.y with r + gamma (min Q'(s', a') - temperature log pi)
// of the n rows from lo; a terminated row is worth its reward, whatever Q' is.
func (a *Agent) targetValues(w *workspace, lo, n int) {
	b := a.batch
	next := b.Next[lo*a.obsDim : (lo+n)*a.obsDim]
	w.policy.sample(a.actor.Infer(0, w.actor, next, n), a.noiseOf(targetNoise, lo, n), n)
	join(w.x, next, w.policy.action, n, a.obsDim, a.actDim)
	q0 := a.targets.Infer(0, w.critic[0], w.x, n)
	q1 := a.targets.Infer(1, w.critic[1], w.x, n)
	gamma := float32(a.settings.Gamma)
	for r := range n {
		w.y[r] = b.Reward[lo+r]
		if keep := b.Continue[lo+r]; keep != 0 {
			w.y[r] += gamma * keep * (min(q0[r], q1[r]) - a.temperature*w.policy.logPi[r])
		}
	}
}

// actorPiece computes the actor's gradient of piece i under the new critics.
func (a *Agent) actorPiece(worker, i int) {
	w, out := &a.work[worker], &a.pieces[i]
	lo, n := a.span(i)
	scale := 1 / float32(a.batch.Rows)
	obs := a.batch.Obs[lo*a.obsDim : (lo+n)*a.obsDim]
	head, noise := a.actor.Forward(0, w.actor, obs, n), a.noiseOf(actorNoise, lo, n)
	w.policy.sample(head, noise, n)
	join(w.x, obs, w.policy.action, n, a.obsDim, a.actDim)
	q0 := a.critics.Forward(0, w.critic[0], w.x, n)
	q1 := a.critics.Forward(1, w.critic[1], w.x, n)
	total, used := sums{}, [twins]int{}
	for r := range n {
		c := 0
		if q1[r] < q0[r] {
			c = 1
		}
		w.rows[c][used[c]] = int32(r)
		used[c]++
		logPi := float64(w.policy.logPi[r])
		total.logPi += logPi
		total.actorLoss += float64(a.temperature)*logPi - float64(min(q0[r], q1[r]))
		w.dq[r] = -scale
	}
	// A row's gradient goes back through its smaller critic alone.
	for c := range twins {
		rows := w.rows[c][:used[c]]
		if len(rows) == 0 {
			continue
		}
		w.critic[c].Keep(rows)
		a.critics.Backward(c, w.critic[c], w.dq[:len(rows)], nil, w.dx)
		in := a.obsDim + a.actDim
		for k, r := range rows {
			copy(w.dAction[int(r)*a.actDim:(int(r)+1)*a.actDim], w.dx[k*in+a.obsDim:(k+1)*in])
		}
	}
	w.policy.back(w.dHead, head, noise, w.dAction, a.temperature*scale, n)
	clear(out.actorGrad)
	a.actor.Backward(0, w.actor, w.dHead, out.actorGrad, nil)
	out.sums = total
}

// noiseOf returns the noise of the n rows from lo.
func (a *Agent) noiseOf(purpose, lo, n int) []float32 {
	stride := rollout.Stride(a.actDim)
	return a.noise[purpose][lo*stride : (lo+n)*stride]
}

// criticStep sums critic c's gradient over the pieces and steps it.
func (a *Agent) criticStep(_, c int) {
	grad := a.pieces[0].criticGrad[c]
	for i := range a.pieces[1:] {
		kern.AXPY(grad, 1, a.pieces[1+i].criticGrad[c])
	}
	a.criticAdam.Step(a.critics, c, grad, nil)
}

// actorStep sums the actor's gradient over the pieces and steps it.
func (a *Agent) actorStep(_, _ int) {
	grad := a.pieces[0].actorGrad
	for i := range a.pieces[1:] {
		kern.AXPY(grad, 1, a.pieces[1+i].actorGrad)
	}
	a.actorAdam.Step(a.actor, 0, grad, nil)
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

// norm returns the Euclidean norm of x, summed in four chains.
func norm(x []float32) float64 {
	var s [4]float64
	for ; len(x) >= 4; x = x[4:] {
		a, b, c, d := float64(x[0]), float64(x[1]), float64(x[2]), float64(x[3])
		s[0] += a * a
		s[1] += b * b
		s[2] += c * c
		s[3] += d * d
	}
	for _, v := range x {
		s[0] += float64(v) * float64(v)
	}
	return math.Sqrt((s[0] + s[1]) + (s[2] + s[3]))
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
