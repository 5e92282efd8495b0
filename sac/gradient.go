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

// ValueGradient is another way to make an Agent's updates (method.md D.5): from
// start states it walks a few steps through a differentiable world, regresses
// the critics on what the walk earned and the targets' value at its end, and
// climbs the same sum with the actor, back through the world's steps.
//
// A row ends where the task ends, and is then worth nothing more, or where the
// world cannot be believed, and is then worth what the critics say of its last
// state. Both are held on the way back: they have no gradient, and none passes
// a row that has ended. A row whose first step cannot be believed tells nothing
// of its action, and the critics are not regressed on it: with the entropy of what
// follows and no reward between, its value would grow without end.
type ValueGradient struct {
	agent *Agent
	steps int
	batch *replay.Batch // start states, and the first actions
	walks []walk        // per piece of the batch
	gamma []float32     // powers of the discount
	soft  []float32     // entropy-regularised rewards of an update, for the bounds
	mute  []bool        // per row of the batch: not even the first step is believed
	draw  func(lo, hi int, obs []float32)
	jobs  struct{ walk, targets, climb func(worker, i int) }
}

// walk is the memory of one piece's walk.
type walk struct {
	block  *rollout.Block
	world  rollout.Tape
	step   []walkStep // one more than the world's steps: the state at the end
	was    []rollout.Fate
	until  []int     // per row: steps that count
	tail   []float32 // per row: weight of the value at the end
	critic []*nn.Tape
	q      []float32 // the critics' mean at the end, per row
	value  float64   // sum of what the rows are worth

	// The way back.
	x, dx, dq                  []float32
	dObs, dNext, held, dBefore []float32
	dReward, dAction, dHead    []float32
	dIn                        []float32
}

// walkStep is one step of a piece.
type walkStep struct {
	actor  *nn.Tape
	policy squashed
	obs    []float32 // rows x ObsDim, as the networks see it
	noise  []float32 // rows x Stride(ActDim)
	head   []float32 // the actor's answers
	reward []float32
	counts []bool // whether the row stepped, and to a state that is believed
}

// The children of an update's key, beside those of Update.
const (
	walkNoise  = 100 + iota // of the policy, per step
	worldNoise              // members and noise of the world
)

// NewValueGradient returns a's updates through walks of steps steps in world.
// Its memory is made once; it is for one caller at a time.
func (a *Agent) NewValueGradient(world rollout.Differentiable, steps int) *ValueGradient {
	if a.settings.Critic.Quantiles != 1 || steps < 1 {
		panic(fmt.Sprintf("sac: value gradients of %d steps with critics of %d quantiles", steps, a.settings.Critic.Quantiles))
	}
	v := &ValueGradient{agent: a, steps: steps, batch: replay.NewBatch(a.settings.Batch, a.obsDim, a.actDim)}
	for k := range steps + 1 {
		v.gamma = append(v.gamma, float32(math.Pow(a.settings.Gamma, float64(k))))
	}
	v.soft, v.mute = make([]float32, 0, a.settings.Batch*steps), make([]bool, a.settings.Batch)
	for i := range a.pieces {
		_, n := a.span(i)
		v.walks = append(v.walks, a.newWalk(world, steps, n))
	}
	v.jobs.walk, v.jobs.targets, v.jobs.climb = v.walkPiece, v.targetPiece, v.climbPiece
	return v
}

func (a *Agent) newWalk(world rollout.Differentiable, steps, rows int) walk {
	make32 := func(n int) []float32 { return make([]float32, n) }
	in := a.obsDim + a.actDim
	w := walk{
		block: rollout.NewBlock(rows, a.obsDim, a.actDim), world: world.NewTape(rows, steps),
		was: make([]rollout.Fate, rows), until: make([]int, rows), tail: make32(rows), q: make32(rows),
		x: make32(rows * in), dx: make32(rows * in), dq: make32(rows),
		dObs: make32(rows * a.obsDim), dNext: make32(rows * a.obsDim), held: make32(rows * a.obsDim), dBefore: make32(rows * a.obsDim),
		dReward: make32(rows), dAction: make32(rows * a.actDim), dHead: make32(rows * 2 * a.actDim), dIn: make32(rows * a.obsDim),
	}
	for range a.critics.Members {
		w.critic = append(w.critic, a.critics.NewTape(rows))
	}
	for range steps + 1 {
		w.step = append(w.step, walkStep{
			actor: a.actor.NewTape(rows), policy: newSquashed(rows, a.actDim), obs: make32(rows * a.obsDim),
			noise: make32(rows * rollout.Stride(a.actDim)), reward: make32(rows), counts: make([]bool, rows),
		})
	}
	return w
}

// Update makes one step of the critics and their targets and, unless
// criticsOnly, of actor and temperature, from start states: draw fills obs, rows
// [lo, hi) of the batch; several workers call it at the same time. All noise is
// a function of key.
func (v *ValueGradient) Update(draw func(lo, hi int, obs []float32), criticsOnly bool, key rng.Key) Stats {
	a := v.agent
	a.key, v.draw = key, draw
	a.drawSubset()
	for i := range v.walks {
		lo, n := a.span(i)
		for k := range v.walks[i].step {
			key.At(walkNoise).At(uint64(k)).Normals(v.walks[i].step[k].noise[:n*rollout.Stride(a.actDim)], uint64(lo*rollout.Stride(a.actDim)))
		}
	}
	stats := v.update(criticsOnly)
	v.draw = nil
	return stats
}

// update is Update with the policy's noise as it stands.
func (v *ValueGradient) update(criticsOnly bool) Stats {
	a := v.agent
	a.batch, a.temperature = v.batch, float32(a.Temperature())
	stats := a.last
	a.pool.Do(len(v.walks), v.jobs.walk)
	v.followBounds()
	a.pool.Do(len(v.walks), v.jobs.targets)
	a.mute = v.mute
	a.regress(&stats)
	a.mute = nil
	if !stats.NonFinite {
		a.updates++
		if !criticsOnly {
			v.climb(&stats)
		}
	}
	stats.Temperature = a.Temperature()
	a.batch = nil
	return stats
}

// followBounds lets the bounds of the value follow the rewards of the walks.
func (v *ValueGradient) followBounds() {
	a := v.agent
	if !a.settings.Critic.Scaled {
		return
	}
	v.soft = v.soft[:0]
	for i := range v.walks {
		w := &v.walks[i]
		for k := range v.steps {
			s := &w.step[k]
			for r, counts := range s.counts[:w.block.Rows] {
				if counts {
					v.soft = append(v.soft, s.reward[r]-a.temperature*s.policy.logPi[r])
				}
			}
		}
	}
	a.bounds.follow(v.soft, a.settings.Gamma, a.settings.CriticRate)
}

// walkPiece walks piece i through the world.
func (v *ValueGradient) walkPiece(_, i int) {
	a, w := v.agent, &v.walks[i]
	lo, n := a.span(i)
	b := w.block
	b.Rows, b.First, b.Key = n, uint64(lo), a.key.At(worldNoise)
	starts := v.batch.Obs[lo*a.obsDim : (lo+n)*a.obsDim]
	if v.draw != nil {
		v.draw(lo, lo+n, starts)
	}
	copy(b.Obs, starts)
	for r := range n {
		b.Fate[r], w.until[r] = rollout.Running, 0
	}
	for k := range w.step {
		s := &w.step[k]
		copy(s.obs, b.Obs[:n*a.obsDim])
		a.see(s.obs[:n*a.obsDim])
		s.head = a.actor.Forward(0, s.actor, s.obs[:n*a.obsDim], n)
		s.policy.sample(s.head, s.noise, n)
		if k == 0 {
			if a.observed != nil {
				copy(a.observed.obs[lo*a.obsDim:], s.obs[:n*a.obsDim]) // where the critics look
			}
			copy(v.batch.Action[lo*a.actDim:], s.policy.action[:n*a.actDim])
		}
		if k < v.steps {
			copy(b.Action, s.policy.action[:n*a.actDim])
			copy(w.was, b.Fate[:n])
			w.world.Step(b, k)
			w.advance(s)
		}
	}
	for r, fate := range b.Fate[:n] {
		w.tail[r] = v.gamma[w.until[r]]
		if fate == rollout.Terminated {
			w.tail[r] = 0
		}
	}
}

// advance moves the running rows on after a step; the others stay where they
// were.
func (w *walk) advance(s *walkStep) {
	b := w.block
	for r := range b.Rows {
		s.counts[r] = w.was[r] == rollout.Running && (b.Fate[r] == rollout.Running || b.Fate[r] == rollout.Terminated)
		if !s.counts[r] {
			continue
		}
		s.reward[r] = b.Reward[r]
		w.until[r]++
		if b.Fate[r] == rollout.Running {
			copy(b.Obs[r*b.ObsDim:(r+1)*b.ObsDim], b.Next[r*b.ObsDim:(r+1)*b.ObsDim])
		}
	}
}

// targetPiece fills the critics' targets of piece i: what the walk earned, the
// entropy of all actions but the first, and the targets' value at the end.
func (v *ValueGradient) targetPiece(worker, i int) {
	a, w := v.agent, &v.walks[i]
	lo, n := a.span(i)
	end := &w.step[v.steps]
	join(w.x, end.obs, end.policy.action, n, a.obsDim, a.actDim)
	work := &a.work[worker]
	for _, c := range a.subset {
		a.drop(a.targets, work.critic[c], targetDrop, c, lo, n)
		work.q[c] = a.targets.Infer(c, work.critic[c], w.x, n)
	}
	rewardMax := 0.0
	for r := range n {
		y := float32(0)
		for k := range v.steps {
			s := &w.step[k]
			if !s.counts[r] {
				break
			}
			rewardMax = max(rewardMax, math.Abs(float64(s.reward[r])))
			earned := s.reward[r]
			if k > 0 {
				earned -= a.temperature * s.policy.logPi[r]
			}
			y += v.gamma[k] * earned
		}
		if tail := w.tail[r]; tail != 0 {
			least := work.q[a.subset[0]][r]
			for _, c := range a.subset[1:] {
				least = min(least, work.q[c][r])
			}
			if a.bounds.known {
				least = a.bounds.clamp(a.bounds.width*least + a.bounds.centre)
			}
			y += tail * (least - a.temperature*end.policy.logPi[r])
		}
		a.y[lo+r], v.mute[lo+r] = y, w.until[r] == 0
	}
	a.pieces[i].rewardMax = rewardMax
}

// climb steps actor and temperature.
func (v *ValueGradient) climb(stats *Stats) {
	a := v.agent
	a.pool.Do(len(v.walks), v.jobs.climb)
	logPi, value, n := 0.0, 0.0, float64(v.batch.Rows)
	for i := range v.walks {
		logPi += a.pieces[i].logPi
		value += v.walks[i].value
	}
	gap := -logPi/n - a.targetEntropy
	temperature := a.Temperature()
	stats.Entropy, stats.ActorLoss, stats.TemperatureLoss = -logPi/n, -value/n, temperature*gap
	if stats.NonFinite = !finite(stats.ActorLoss) || !finite(stats.TemperatureLoss); stats.NonFinite {
		return
	}
	a.actorAdam.Begin(0)
	a.pool.Do(len(a.actorSquares), a.jobs.stepActor)
	stats.ActorGradNorm = norm(a.actorSquares)
	a.logTemperature = a.temperatureAdam.Step(a.logTemperature, temperature*gap)
	a.last.ActorLoss, a.last.TemperatureLoss, a.last.Entropy, a.last.ActorGradNorm = stats.ActorLoss, stats.TemperatureLoss, stats.Entropy, stats.ActorGradNorm
}

// climbPiece computes the actor's gradient of piece i: of minus the mean over
// the batch of what a row earns, entropy included, and of the critics' mean at
// its end.
func (v *ValueGradient) climbPiece(_, i int) {
	a, w := v.agent, &v.walks[i]
	out := &a.pieces[i]
	lo, n := a.span(i)
	scale := 1 / float32(v.batch.Rows)
	grad := out.actorGrad
	clear(grad)
	out.logPi, w.value = 0, 0
	for _, logPi := range w.step[0].policy.logPi[:n] {
		out.logPi += float64(logPi)
	}
	v.judge(w, lo, n, scale)
	end := &w.step[v.steps]
	for r := range n {
		if w.tail[r] != 0 {
			w.value += float64(w.tail[r]) * float64(w.q[r]-a.temperature*end.policy.logPi[r])
		}
		end.policy.backRow(r, w.dHead, end.head, end.noise, w.dAction, w.tail[r]*a.temperature*scale)
	}
	a.actor.Backward(0, end.actor, w.dHead[:n*2*a.actDim], grad, w.dIn)
	kern.AXPY(w.dObs[:n*a.obsDim], 1, w.dIn[:n*a.obsDim])
	a.seeBack(w.dObs[:n*a.obsDim])
	for k := v.steps - 1; k >= 0; k-- {
		v.back(w, k, n, scale, grad)
	}
}

// judge fills w.q with the critics' mean at the end of the walk, and w.dObs and
// w.dAction with the gradient of -scale times the weighted sum of it, w.dObs by the
// observation as the critics see it.
func (v *ValueGradient) judge(w *walk, lo, n int, scale float32) {
	a := v.agent
	in, share := a.obsDim+a.actDim, 1/float32(a.critics.Members)
	clear(w.q)
	clear(w.dObs)
	clear(w.dAction)
	for r, tail := range w.tail[:n] {
		w.dq[r] = -scale * share * tail * a.bounds.width
	}
	for c := range a.critics.Members {
		a.drop(a.critics, w.critic[c], actorDrop, c, lo, n)
		q := a.critics.Forward(c, w.critic[c], w.x, n)
		for r, x := range q {
			w.q[r] += x * share
		}
		a.critics.Backward(c, w.critic[c], w.dq[:n], nil, w.dx)
		for r := range n {
			row := w.dx[r*in : (r+1)*in]
			if w.tail[r] == 0 {
				continue
			}
			for j, d := range row[:a.obsDim] {
				w.dObs[r*a.obsDim+j] += d
			}
			for j, d := range row[a.obsDim:] {
				w.dAction[r*a.actDim+j] += d
			}
		}
	}
	a.bounds.apply(w.q[:n])
}

// back goes back over step k: from dObs, the gradient by the states after it,
// to that by the states before it, adding to grad what the actor gets.
func (v *ValueGradient) back(w *walk, k, n int, scale float32, grad []float32) {
	a, s := v.agent, &w.step[k]
	dims := a.obsDim
	clear(w.dNext)
	clear(w.held)
	for r := range n {
		from := w.dObs[r*dims : (r+1)*dims]
		if !s.counts[r] {
			w.dReward[r] = 0
			copy(w.held[r*dims:], from) // the row stayed where it was
			continue
		}
		w.dReward[r] = -scale * v.gamma[k]
		copy(w.dNext[r*dims:], from)
		w.value += float64(v.gamma[k]) * float64(s.reward[r]-a.temperature*s.policy.logPi[r])
	}
	w.world.Back(k, w.dNext, w.dReward, w.dBefore, w.dAction)
	for r := range n {
		entropy := float32(0)
		if s.counts[r] {
			entropy = v.gamma[k] * a.temperature * scale
		}
		s.policy.backRow(r, w.dHead, s.head, s.noise, w.dAction, entropy)
	}
	a.actor.Backward(0, s.actor, w.dHead[:n*2*a.actDim], grad, w.dIn)
	a.seeBack(w.dIn[:n*dims])
	for i := range w.dObs[:n*dims] {
		w.dObs[i] = w.dBefore[i] + w.held[i] + w.dIn[i]
	}
}

// ResetOptimisers forgets what the optimisers have seen.
func (a *Agent) ResetOptimisers() {
	a.actorAdam.Reset()
	a.criticAdam.Reset()
	a.temperatureAdam.Reset()
}
