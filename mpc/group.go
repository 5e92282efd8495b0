package mpc

// candidate is what is known of one candidate after its rollouts.
type candidate struct {
	score                             float64 // mean over particles; -Inf when one of them went bad
	length                            int32   // steps at which at least one particle acted
	clipped, coords                   int32
	nonFinite, outOfRange, terminated int32
	done                              bool // false when a deadline came first
}

// group is the memory of some starts that are planned together: candidates,
// scores and distributions. With strides of the present horizon H, a start's
// candidate c has its numbers at ((s*capN+c)*H+h)*width.
type group struct {
	cap   int
	first int // number of the first start within the batch
	n     int // starts in use
	pass  pass

	cand   []float32   // open loop: actions; closed loop: offsets, then what the update averages
	noise  []float32   // the offsets as drawn; only for plan_form first_particle
	prop   []float32   // proposals; nil unless the policy's own actions are explored around and averaged
	info   []candidate // cap x capN
	pre    []float32   // cap x pre rollouts of the policy
	preLen []int32
	mean   []float64 // cap x H x width
	std    []float64
	cov    []float64 // cap x covariance.size; with distribution full or full_step
	chol   []float64 // their lower Cholesky factors
	bar    []float64 // H x width: the weighted mean of the last update
	dev    []float64 // H x width: its distance from the mean before
	pull   []float64 // H x width, with divergence euclid and a covariance: see moveMean
	tilt   []float64 // cap x H x width, with mppi_control_cost: inverse covariance times mean
	plan   []float32 // cap x H x width: the answer
	length []int32   // cap
	elite  []float32 // cap x eliteSlots x H x width, best first
	eliteN []int32
	stat   []startStat
	stop   []bool // degenerate starts are not updated further

	best      []float32 // of Plan: the candidate that is the answer; with answer mean there is none
	bestLen   int32
	bestScore float64
	hasBest   bool

	rank   []ranked
	weight []float64
	acc    []float64 // 4 x width
}

// ranked is a finite score and whose it is.
type ranked struct {
	score float64
	index int32
}

func newGroup(p *Planner, starts int) *group {
	ha := p.maxH * p.width
	n := starts * p.capN
	g := &group{
		cap: starts, cand: make([]float32, n*ha), info: make([]candidate, n),
		pre: make([]float32, starts*p.pre*ha), preLen: make([]int32, starts*p.pre),
		mean: make([]float64, starts*ha), std: make([]float64, starts*ha),
		plan: make([]float32, starts*ha), length: make([]int32, starts),
		elite: make([]float32, starts*p.eliteSlots()*ha), eliteN: make([]int32, starts), stat: make([]startStat, starts),
		best: make([]float32, ha), rank: make([]ranked, p.capN), weight: make([]float64, p.capN), acc: make([]float64, 4*p.width),
	}
	if p.s.PlanForm == PlanFirstParticle {
		g.noise = make([]float32, n*ha)
	}
	if n := p.cov.largest(p.maxH, p.actDim); n > 0 {
		g.cov, g.chol = make([]float64, starts*n), make([]float64, starts*n)
		g.bar, g.dev = make([]float64, ha), make([]float64, ha)
	}
	if p.s.Divergence == DivergenceEuclid && g.cov != nil {
		g.pull = make([]float64, ha)
	}
	if p.s.MPPIControlCost {
		g.tilt = make([]float64, starts*ha)
	}
	if p.s.closed() && p.form == FormSequence {
		g.prop = make([]float32, n*ha)
	}
	return g
}

// needsProposals reports whether the mean of the proposals changes an update
// around a policy, and not only what is told of it.
func (p *Planner) needsProposals() bool {
	c := p.s.Covariance
	return p.s.StepMean < 1 || p.s.Divergence == DivergenceEuclid || p.s.Utility == UtilityCost || c == CovOld || c == CovNew || c == CovExact
}

// begin sets starts [first, first+n) of the batch to the initial distribution.
func (g *group) begin(p *Planner, first, n int) {
	g.first, g.n = first, n
	m := n * p.h * p.width
	clear(g.mean[:m])
	for i := range g.std[:m] {
		g.std[i] = p.s.Sigma
	}
	clear(g.plan[:m])
	for s := range n {
		if p.cov.size > 0 {
			p.cov.reset(g.covOf(p, s), p.s.Sigma)
		}
		g.stat[s], g.length[s], g.eliteN[s] = startStat{}, int32(p.h), 0
	}
	g.hasBest = false
}

// afterPre completes the policy rollouts and takes the mean from the last one
// where it is asked for.
func (g *group) afterPre(p *Planner, ps *pass) {
	ha := p.h * p.actDim
	for i := range g.n * p.pre {
		seq := g.pre[i*ha : (i+1)*ha]
		// After a terminal state the last action is held: no state asks for another.
		for at := int(g.preLen[i]) * p.actDim; at < ha; at++ {
			if at >= p.actDim {
				seq[at] = seq[at-p.actDim]
			} else {
				seq[at] = 0
			}
		}
	}
	if p.pre == p.s.PolicySamples {
		return
	}
	for s := range g.n {
		seq := g.pre[((s+1)*p.pre-1)*ha:]
		for i := ps.follow * p.actDim; i < ha; i++ {
			g.mean[s*ha+i] = float64(seq[i])
		}
	}
}
