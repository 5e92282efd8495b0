package mpc

import (
	"math"
	"sort"

	"demorl/rng"
	"demorl/rollout"
)

// witness is a world that writes down what it is asked for, pass by pass, so
// that an update can be recomputed without a look into the planner. Rollouts
// end and go bad at steps drawn from the pass's key.
type witness struct {
	obs, act    int
	policy      linear
	gamma       float64
	mortal, bad float64 // shares of the rollouts that end, and that go bad
	pre         rng.Key // of policy rollouts before the first iteration, which run on
	steps       int
	wish        float32 // what the world wants of the first joint; 0.3 more of each further one
	passes      []*seen
}

// seen is one pass: what became of each candidate's particles.
type seen struct {
	key  rng.Key
	runs map[row]*run
	n    int // candidates
}

// run is one rollout: a row of numbers for every step at which it acted.
type run struct {
	action, sample, mean [][]float64
	score                float64
	bad                  bool
}

func (w *witness) ObsDim() int                                 { return w.obs }
func (w *witness) ActDim() int                                 { return w.act }
func (w *witness) NewLane(int) rollout.Lane                    { return w }
func (w *witness) Begin(*rollout.Block, []rollout.Start) error { return nil }

func (w *witness) Step(b *rollout.Block, h int) error {
	if n := len(w.passes); n == 0 || w.passes[n-1].key != b.Key {
		w.passes = append(w.passes, &seen{key: b.Key, runs: map[row]*run{}})
	}
	now := w.passes[len(w.passes)-1]
	noise := make([]float32, b.Rows*rollout.Stride(w.act))
	b.Normals(rollout.PolicyNoise, h, noise, w.act)
	sample, mean := make([]float32, w.act), make([]float32, w.act)
	for r := range b.Rows {
		if b.Fate[r] != rollout.Running {
			continue
		}
		id := row{b.Start[r], b.Candidate[r], b.Particle[r]}
		x, u := b.Obs[r*w.obs:(r+1)*w.obs], b.Action[r*w.act:(r+1)*w.act]
		w.policy.Act(x, 1, noise[r*rollout.Stride(w.act):], sample, mean)
		one := now.runs[id]
		if one == nil {
			one = &run{}
			now.runs[id], now.n = one, max(now.n, int(id.candidate)+1)
		}
		one.action, one.sample, one.mean = append(one.action, wide(u)), append(one.sample, wide(sample)), append(one.mean, wide(mean))
		b.Reward[r], b.RewardStd[r] = w.move(x, u, b.Next[r*w.obs:(r+1)*w.obs]), 0
		b.Fate[r] = w.fate(b.Key, id, h)
		one.bad = one.bad || b.Fate[r] == rollout.NonFinite
		one.score += math.Pow(w.gamma, float64(h)) * float64(b.Reward[r])
	}
	return nil
}

// move is the world's law; its rewards are negative, so that weights in
// proportion to the costs are positive.
func (w *witness) move(x, u, next []float32) float32 {
	reward := -1 - x[0]*x[0]
	for i := range next {
		next[i] = 0.9*x[i] + 0.2*u[i%w.act]
	}
	for j, v := range u {
		d := v - w.wish - 0.3*float32(j)
		reward -= d * d
	}
	return reward
}

// fate draws at which step a rollout ends or goes bad, if it does; the first
// candidate never goes bad.
func (w *witness) fate(key rng.Key, id row, h int) rollout.Fate {
	k := key.At(uint64(id.candidate)).At(uint64(id.particle))
	switch {
	case key == w.pre || k.IntnAt(0, w.steps) != h:
	case id.candidate > 0 && k.Float64At(1) < w.bad:
		return rollout.NonFinite
	case k.Float64At(2) < w.mortal:
		return rollout.Terminated
	}
	return rollout.Running
}

func wide(u []float32) []float64 {
	x := make([]float64, len(u))
	for i := range u {
		x[i] = float64(u[i])
	}
	return x
}

// tried is a candidate with a finite score: the numbers that an update averages
// and the proposals, for every step at which one of its particles acted.
type tried struct {
	score             float64
	numbers, proposal [][]float64
}

// reckoner recomputes method.md B.4 and A.4.6 in the plainest way.
type reckoner struct {
	s    *Settings
	a    int
	form Form
}

// tries collects a pass's candidates, best first, equal ones by their number.
func (k reckoner) tries(p *seen, closed bool) []tried {
	var all []tried
	for c := range p.n {
		one, bad := tried{}, false
		for h := range k.s.Horizon {
			number, proposal, acted := make([]float64, k.a), make([]float64, k.a), 0.0
			for q := range k.s.Particles {
				r := p.runs[row{0, int32(c), int32(q)}]
				bad = bad || r.bad
				if len(r.action) <= h {
					continue
				}
				acted++
				for j := range number {
					own := r.sample[h][j]
					if k.s.Proposal == ProposalMean {
						own = r.mean[h][j]
					}
					proposal[j] += own
					number[j] += r.action[h][j]
					if closed && k.form == FormResidual {
						number[j] -= own
					} else if closed && k.form == FormResidualMean {
						number[j] -= r.mean[h][j]
					}
				}
			}
			if acted == 0 {
				break
			}
			for j := range number {
				number[j], proposal[j] = number[j]/acted, proposal[j]/acted
			}
			one.numbers, one.proposal = append(one.numbers, number), append(one.proposal, proposal)
		}
		for q := range k.s.Particles {
			one.score += p.runs[row{0, int32(c), int32(q)}].score / float64(k.s.Particles)
		}
		if !bad {
			all = append(all, one)
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].score > all[j].score })
	return all
}

// weights are those of method.md B.3, or with utility cost the advantages over
// the number of scores, of as many of the best as have one.
func (k reckoner) weights(c []tried) []float64 {
	n, elites := len(c), min(k.s.EliteCount(), len(c))
	if k.s.Utility != UtilityExp && k.s.Utility != UtilityCost {
		n = elites
	}
	w, sum, mean, squares := make([]float64, n), 0.0, 0.0, 0.0
	for _, x := range c[:n] {
		mean += x.score / float64(n)
	}
	for _, x := range c[:n] {
		squares += (x.score - mean) * (x.score - mean) / float64(n)
	}
	for i := range w {
		switch k.s.Utility {
		case UtilityElite:
			w[i] = 1
		case UtilityEliteCost:
			w[i] = -c[i].score
		case UtilityCost:
			w[i] = c[i].score - mean
			if k.s.CostScale == ScaleStd && squares > 0 {
				w[i] /= math.Sqrt(squares)
			}
		default:
			lambda := k.s.Lambda
			if k.s.LambdaMode == LambdaRelative {
				lambda *= math.Sqrt(squares)
			}
			w[i] = 1
			if c[0].score > c[i].score {
				w[i] = math.Exp((c[i].score - c[0].score) / lambda)
			}
		}
		sum += w[i]
	}
	if k.s.Utility == UtilityCost {
		sum = float64(n)
	}
	for i := range w {
		w[i] /= sum
	}
	return w
}

// belief is a distribution of plans: a mean and the covariance of every two of
// its numbers.
type belief struct {
	mean []float64
	cov  [][]float64
}

func (k reckoner) belief(sigma float64) belief {
	n := k.s.Horizon * k.a
	b := belief{make([]float64, n), make([][]float64, n)}
	for i := range b.cov {
		b.cov[i] = make([]float64, n)
		b.cov[i][i] = sigma * sigma
	}
	return b
}

// covary reports whether the distribution keeps a covariance of two numbers.
func (k reckoner) covary(i, j int) bool {
	switch k.s.Distribution {
	case DistributionFull:
		return true
	case DistributionFullStep:
		return i/k.a == j/k.a
	}
	return i == j
}

// updated moves was by one pass's candidates; the plan has length steps, and
// moved is the distance of the new mean from the old one.
func (k reckoner) updated(was belief, c []tried, closed bool) (now belief, length int, moved float64) {
	w := k.weights(c)
	now, length = k.belief(0), k.s.Horizon
	base, pull, ubar := make([]float64, len(was.mean)), make([]float64, len(was.mean)), make([]float64, len(was.mean))
	copy(base, was.mean)
	for h := range k.s.Horizon {
		if !k.step(h, c, w, closed, base, pull, ubar) {
			length = h
			break
		}
	}
	n := length * k.a
	copy(now.mean, was.mean)
	if k.s.Divergence == DivergenceEuclid {
		copy(pull, k.solved(was.cov, pull[:n]))
	}
	for i := range n {
		now.mean[i] = base[i] + k.s.StepMean*pull[i]
		if k.form == FormSequence {
			now.mean[i] = min(k.s.Bound, max(-k.s.Bound, now.mean[i]))
		}
		moved += (now.mean[i] - base[i]) * (now.mean[i] - base[i])
	}
	for i := range was.cov {
		for j := range was.cov {
			now.cov[i][j] = was.cov[i][j]
			if k.s.Covariance != CovFixed && max(i, j) < n && k.covary(i, j) {
				now.cov[i][j] = k.covariance(i, j, c, w, was, base, ubar)
			}
		}
	}
	return now, length, math.Sqrt(moved)
}

// step fills base, pull (how far the candidates are from it) and ubar (their
// weighted mean) of step h from those that acted there; false without any.
func (k reckoner) step(h int, c []tried, w []float64, closed bool, base, pull, ubar []float64) bool {
	for j := range k.a {
		i := h*k.a + j
		if closed && k.form == FormSequence {
			sum, n := 0.0, 0.0
			for _, x := range c {
				if h < len(x.numbers) {
					sum, n = sum+x.proposal[h][j], n+1
				}
			}
			base[i] = sum / n
		}
		total, alive := 0.0, false
		for x, v := range w {
			if h < len(c[x].numbers) {
				alive = true
				total += v
				ubar[i] += v * c[x].numbers[h][j]
				pull[i] += v * (c[x].numbers[h][j] - base[i])
			}
		}
		if !alive {
			return false
		}
		if k.s.Utility != UtilityCost {
			ubar[i] /= total
			pull[i] = ubar[i] - base[i]
		}
	}
	return true
}

// covariance is the new one of numbers i and j, by the centring; of two steps
// the candidates that reached the later one count.
func (k reckoner) covariance(i, j int, c []tried, w []float64, was belief, base, ubar []float64) float64 {
	scatter, total := 0.0, 0.0
	hi, hj := i/k.a, j/k.a
	for x, v := range w {
		if max(hi, hj) < len(c[x].numbers) {
			total += v
			scatter += v * (c[x].numbers[hi][i%k.a] - ubar[i]) * (c[x].numbers[hj][j%k.a] - ubar[j])
		}
	}
	scatter /= total
	dd := (ubar[i] - base[i]) * (ubar[j] - base[j])
	step, old, x := k.s.StepCov, was.cov[i][j], 0.0
	switch k.s.Covariance {
	case CovOld:
		scatter += dd
	case CovNew:
		scatter += (1 - k.s.StepMean) * (1 - k.s.StepMean) * dd
	case CovExact:
		scatter += (1 - step) * dd
	}
	if k.s.SmoothStd {
		x = (1-step)*math.Sqrt(old) + step*math.Sqrt(scatter)
		x *= x
	} else {
		x = (1-step)*old + step*scatter
	}
	if i == j {
		x = max(x, k.s.MinStd*k.s.MinStd)
	}
	return x
}

// solved is the inverse of a's first part times b, by elimination.
func (k reckoner) solved(a [][]float64, b []float64) []float64 {
	n := len(b)
	m, x := make([][]float64, n), append([]float64(nil), b...)
	for i := range m {
		m[i] = append([]float64(nil), a[i][:n]...)
	}
	for i := range n {
		for r := range n {
			if r == i {
				continue
			}
			f := m[r][i] / m[i][i]
			for q := range n {
				m[r][q] -= f * m[i][q]
			}
			x[r] -= f * x[i]
		}
	}
	for i := range x {
		x[i] /= m[i][i]
	}
	return x
}
