package mpc

import (
	"errors"
	"fmt"
	"math"
	"time"

	"demorl/par"
	"demorl/rng"
	"demorl/rollout"
)

// blockRows is the most rows that walk together when many starts are planned,
// soloRows when one start is split over the workers: a model of several members
// steps them member by member, so more rows read each member's weights, which
// together exceed the second cache, less often. hurriedRows is the same under a
// deadline, which is looked at between blocks. Results do not depend on how rows
// are cut into blocks.
const (
	blockRows   = 512
	soloRows    = 1056
	hurriedRows = 128
)

// Deps is what a planner plans with beside the world.
type Deps struct {
	NewActor     func(rows int) rollout.Actor    // nil without a policy
	NewTerminal  func(rows int) rollout.Terminal // nil without a value; with value minq_last_action it reads the block's Obs and Action
	NewPerturbed func(rows int) Perturbed        // nil without a policy whose parameters can be planned
	MaxHorizon   int                             // longest horizon that SetHorizon will ask for; 0 means the settings' horizon
}

// Perturbed is one worker's view of a policy whose parameters may be moved.
type Perturbed interface {
	Parameters() int // their number
	// ActPerturbed fills action (rows x ActDim, in [-1, 1]) from obs (rows x
	// ObsDim) with the policy's parameters moved by offset, length Parameters.
	ActPerturbed(offset, obs []float32, rows int, action []float32)
}

// Planner is DMD-MPC over one world. Its memory is made by New; planning
// allocates nothing. It is for one caller at a time.
type Planner struct {
	s        Settings
	form     Form
	obsDim   int
	actDim   int
	width    int // numbers that a plan has for each step: ActDim, or the policy's parameters
	horizon  int // of rollouts
	h, maxH  int // steps that a plan has numbers for, now and at most: the horizon, or 1 where they are the same for all
	elites   int
	capN     int // most candidates of a start in one pass
	pre      int // policy rollouts of a start before the first iteration
	pool     *par.Pool
	workers  []*worker
	groups   []*group // one a worker
	solo     *group   // the start of Plan; its blocks are spread over the workers
	discount []float64
	colour   []float32 // h x waves, see series
	waves    int       // independent normals of a series
	rate     []float32 // per joint; nil without a limit
	cov      covariance
	reused   *rng.Key // of ReuseNoise
	now      func() time.Time

	job  job
	kept kept
	call call
}

// job is the present call, as the workers see it.
type job struct {
	starts []rollout.Start
	key    rng.Key
	noise  rng.Key   // of the candidates
	sent   []float32 // the action before the first one; nil without
	out    *Plans
	expiry expiry
}

// New checks s and returns a planner with all its memory.
func New(s Settings, w rollout.World, deps Deps, pool *par.Pool) (*Planner, error) {
	faults := s.Validate()
	if s.NeedsPolicy() && deps.NewActor == nil {
		faults = errors.Join(faults, fmt.Errorf("planner.shift is %q with planner.tail %q but there is no policy; use shift roll and another tail", s.Shift, s.Tail))
	}
	if s.Value != ValueNone && deps.NewTerminal == nil {
		faults = errors.Join(faults, fmt.Errorf("planner.value is %q but there is no terminal value; use none", s.Value))
	}
	if s.PlanForm == PlanParameters && deps.NewPerturbed == nil {
		faults = errors.Join(faults, fmt.Errorf("planner.plan_form is %q but there is no policy whose parameters can be planned; use learner clone or another plan_form", s.PlanForm))
	}
	if faults != nil {
		return nil, faults
	}
	p := &Planner{
		s: s, obsDim: w.ObsDim(), actDim: w.ActDim(), horizon: s.Horizon,
		elites: s.EliteCount(), pool: pool, now: time.Now,
	}
	switch s.PlanForm {
	case PlanResidual:
		p.form = FormResidual
	case PlanResidualMean:
		p.form = FormResidualMean
	case PlanPolicy:
		p.form = FormPolicy
	case PlanParameters:
		p.form = FormParameters
	}
	p.width = p.actDim
	if p.form == FormParameters {
		p.width = deps.NewPerturbed(1).Parameters()
	}
	longest := max(s.Horizon, deps.MaxHorizon)
	p.h, p.maxH = p.rowsOf(s.Horizon), p.rowsOf(longest)
	p.capN = s.Samples + s.PolicySamples + p.eliteSlots() + 1
	p.pre = s.PolicySamples
	if s.Shift == ShiftOpen || s.Tail == TailPolicy && !s.closed() {
		p.pre++
	}
	p.discount = make([]float64, longest+1)
	p.discount[0] = 1
	for h := range longest {
		p.discount[h+1] = p.discount[h] * s.Gamma
	}
	p.colour = make([]float32, seriesSize(&s, p.maxH))
	if err := errors.Join(p.setRate(), p.setCovariance()); err != nil {
		return nil, err
	}
	p.retune()
	rows := max(soloRows, s.Particles)
	for range pool.Workers() {
		p.workers = append(p.workers, newWorker(p, w, deps, rows))
		p.groups = append(p.groups, newGroup(p, p.startsPerBlock()))
	}
	if s.Disagreement > 0 && p.workers[0].teller == nil {
		return nil, fmt.Errorf("planner.disagreement is %g but this world has no models that could disagree; use 0", s.Disagreement)
	}
	p.solo = newGroup(p, 1)
	p.initCall()
	return p, nil
}

// eliteSlots is the most elites that join an iteration.
func (p *Planner) eliteSlots() int {
	share := max(p.s.KeepElites, p.s.ShiftElites)
	if share == 0 {
		return 0
	}
	return max(1, int(share*float64(p.elites)))
}

// startsPerBlock is how many whole starts walk in one block.
func (p *Planner) startsPerBlock() int {
	return max(1, blockRows/(p.capN*p.s.Particles))
}

// SetHorizon changes the horizon of the calls that follow. A kept plan is cut,
// or lengthened by its last step; kept elites are dropped.
func (p *Planner) SetHorizon(h int) error {
	if h < 1 || h > p.longest() {
		return fmt.Errorf("planner.horizon is %d; this planner has memory for 1 to %d", h, p.longest())
	}
	if h != p.horizon {
		p.resizeKept(p.rowsOf(h))
		p.horizon, p.h = h, p.rowsOf(h)
		p.retune()
	}
	return nil
}

// longest is the largest horizon that there is memory for.
func (p *Planner) longest() int { return len(p.discount) - 1 }

// rowsOf is the number of steps that a plan has numbers for at a horizon.
func (p *Planner) rowsOf(horizon int) int {
	if p.s.uniform() {
		return 1
	}
	return horizon
}

// retune recomputes what depends on the horizon.
func (p *Planner) retune() {
	p.waves = series(p.colour, &p.s, p.h)
	p.cov.retune(p.h, p.actDim)
}

// ReuseNoise draws the candidates of the calls of PlanBatch that follow from
// key instead of from each call's own, so that calls share their exploration
// (method.md A.7, noise.redraw); nil ends it. Models and policies keep their own
// random numbers.
func (p *Planner) ReuseNoise(key *rng.Key) { p.reused = key }

// Horizon returns the present horizon.
func (p *Planner) Horizon() int { return p.horizon }

// Settings returns the planner's settings.
func (p *Planner) Settings() Settings { return p.s }

// PlanBatch plans every start afresh (no plan is kept between calls) and
// writes the improved sequences into out, which grows as needed (method.md A.4
// steps 2-6). All random numbers come from key. Starts without a finite score
// get length 0. A non-nil error is the world's.
func (p *Planner) PlanBatch(starts []rollout.Start, key rng.Key, out *Plans) (Stats, error) {
	out.resize(len(starts), p.h, p.width)
	out.Form = p.form
	if p.s.PlanForm == PlanPolicy {
		clear(out.Sequence)
		for i := range starts {
			out.Length[i], out.stat[i] = int32(p.h), startStat{}
		}
		return sum(out.stat, out.Length), nil
	}
	p.job = job{starts: starts, key: key, noise: key, out: out}
	if p.reused != nil {
		p.job.noise = *p.reused
	}
	per := p.startsPerBlock()
	for _, w := range p.workers {
		w.err, w.stop = nil, ""
	}
	p.pool.Do((len(starts)+per-1)/per, p.call.batch)
	p.job.starts = nil
	for _, w := range p.workers {
		if w.err != nil {
			return Stats{}, fmt.Errorf("planning: %w", w.err)
		}
	}
	return sum(out.stat, out.Length), nil
}

// batchPiece plans one group of starts on one worker.
func (p *Planner) batchPiece(worker, i int) {
	w, g := p.workers[worker], p.groups[worker]
	if w.err != nil {
		return
	}
	per := p.startsPerBlock()
	first := i * per
	g.begin(p, first, min(per, len(p.job.starts)-first))
	if p.pre > 0 {
		g.pass = p.prePass(p.h)
		if p.sweep(w, g); w.err != nil {
			return
		}
		g.afterPre(p, &g.pass)
	}
	if p.s.Measure && !p.measureBatch(w, g, false) {
		return
	}
	for it := range p.s.Iterations {
		g.pass = p.iteration(it, 0)
		p.factor(g)
		p.lean(g)
		if p.sweep(w, g); w.err != nil {
			return
		}
		settled := true
		for s := range g.n {
			g.update(p, s, &g.pass)
			settled = settled && p.settled(g, s)
		}
		if settled {
			break
		}
	}
	if p.s.Measure && !p.measureBatch(w, g, true) {
		return
	}
	for s := range g.n {
		out := p.job.out
		out.Length[first+s], out.stat[first+s] = g.length[s], g.stat[s]
		n := p.h * p.width
		copy(out.Sequence[(first+s)*n:(first+s+1)*n], g.plan[s*n:])
	}
}

// settled reports whether every standard deviation of start s is small enough to stop.
func (p *Planner) settled(g *group, s int) bool {
	if p.s.MinStdStop == 0 {
		return false
	}
	n := p.h * p.width
	for _, sd := range g.std[s*n : (s+1)*n] {
		if sd >= p.s.MinStdStop {
			return false
		}
	}
	return true
}

// sweep runs all blocks of a group on one worker.
func (p *Planner) sweep(w *worker, g *group) {
	n := 1 // starts that are planned together fit together
	if g.n == 1 {
		n = p.blocks(&g.pass, blockRows)
	}
	for i := range n {
		w.runBlock(g, &g.pass, i, n)
		if w.err != nil {
			return
		}
	}
}

// blocks returns into how many blocks of whole candidates and at most rows rows
// the pass of one start is cut.
func (p *Planner) blocks(ps *pass, rows int) int {
	per := max(1, rows/ps.particles)
	return (ps.total + per - 1) / per
}

// pass is one round of rollouts: the rollouts of the policy before the first
// iteration, or one iteration's candidates.
type pass struct {
	key       rng.Key
	noise     rng.Key // of the candidates
	iteration int
	pre       bool
	measure   bool // one rollout of what is planned, see measurePass
	after     bool // measure: the plan instead of what it started from
	follow    int  // pre: the last rollout follows the mean until this step
	closed    bool // candidates are offsets of the policy's action at the visited state
	sampled   int
	policy    int
	elites    int
	mean      bool
	total     int // candidates of a start
	particles int
}

// prePass describes the policy rollouts before the first iteration. follow is
// the step from which the last one follows the policy instead of the mean; it
// is the horizon when the tail needs no policy.
func (p *Planner) prePass(follow int) pass {
	if p.s.Shift == ShiftOpen {
		follow = 0
	}
	return pass{key: p.job.key.At(0), pre: true, follow: follow, total: p.pre, particles: 1}
}

// iteration describes iteration it; elites is the number of shifted elites of
// the call before, which join the first one.
func (p *Planner) iteration(it, elites int) pass {
	n := p.s.Samples
	if p.s.Decay > 1 {
		n = min(n, max(2*p.elites, int(float64(n)/math.Pow(p.s.Decay, float64(it)))))
	}
	ps := pass{
		key: p.job.key.At(1 + uint64(it)), noise: p.job.noise.At(1 + uint64(it)), iteration: it, sampled: n, policy: p.s.PolicySamples, particles: p.s.Particles,
		closed: p.s.closed() && (it == 0 || p.s.residual()),
		mean:   p.s.MeanLast && it == p.s.Iterations-1, elites: elites,
	}
	if it > 0 && p.s.KeepElites > 0 {
		ps.elites = max(1, int(p.s.KeepElites*float64(p.elites)))
	}
	ps.total = ps.sampled + ps.policy + ps.elites
	if ps.mean {
		ps.total++
	}
	return ps
}
