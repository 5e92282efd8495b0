package taskfile

import (
	"math"

	"demorl/env/mujoco"
)

// view is where elements are read from: the simulation, or rows of imagination.
type view struct {
	values []float64 // all elements; nil inside imagination
	obs    []float32
	action []float32
}

// at is element e.
func (t *task) at(v view, e int) float64 {
	if v.values != nil {
		return v.values[e]
	}
	s := t.shows[e]
	x := v.predicted(s.i)
	if s.j != unseen {
		x -= v.predicted(s.j)
	}
	return x - s.shift
}

// predicted is an entry of the observation, or of the action counted down from -1.
func (v view) predicted(i int) float64 {
	if i >= 0 {
		return float64(v.obs[i])
	}
	return float64(v.action[-1-i])
}

// entry is entry i of a vector, clipped.
func (t *task) entry(v view, x vector, i int) float64 {
	return min(x.high, max(x.low, t.at(v, x.elements[i])))
}

// number is a vector reduced to a number by the given rule; "" is its only entry.
func (t *task) number(v view, x vector, reduce string) float64 {
	first := t.entry(v, x, 0)
	sum, square, lo, hi := 0.0, 0.0, first, first
	for i := range x.elements {
		e := t.entry(v, x, i)
		sum += e
		square += e * e
		lo, hi = min(lo, e), max(hi, e)
	}
	switch reduce {
	case "norm":
		return math.Sqrt(square)
	case "sum":
		return sum
	case "sum_squares":
		return square
	case "mean":
		return sum / float64(len(x.elements))
	case "min":
		return lo
	case "max":
		return hi
	}
	return first
}

// pay is the reward of the step from before to after.
func (t *task) pay(before, after view, over bool) float64 {
	sum := 0.0
	for i := range t.reward {
		sum += t.term(&t.reward[i], before, after, over)
	}
	return sum
}

func (t *task) term(p *payment, before, after view, over bool) float64 {
	x := 0.0
	switch p.kind {
	case "velocity":
		x = (t.number(after, p.vector, p.vector.reduce) - t.number(before, p.vector, p.vector.reduce)) / t.spec.Dt
	case "value":
		x = t.number(after, p.vector, p.vector.reduce)
	case "square":
		x = t.number(after, p.vector, "sum_squares")
	case "distance":
		x = t.number(after, p.vector, "norm")
	case "exp":
		x = math.Exp(-t.number(after, p.vector, "sum_squares") / (p.width * p.width))
	case "tolerance":
		x = p.tolerance(t.number(after, p.vector, p.vector.reduce))
	case "constant":
		x = p.constant
	case "alive":
		if !over {
			x = p.constant
		}
	case "product":
		x = 1
		for i := range p.factors {
			x *= t.term(&p.factors[i], before, after, over)
		}
	}
	return p.weight * x
}

// tolerance is 1 between the bounds and falls outside, so that it is atMargin
// at a distance of margin: dm_control's rewards.tolerance.
func (p *term) tolerance(x float64) float64 {
	outside := max(p.low-x, x-p.high)
	switch {
	case outside <= 0:
		return 1
	case math.IsNaN(x) || p.margin == 0:
		return 0
	}
	d, v := outside/p.margin, p.atMargin
	switch p.shape {
	case "gaussian":
		return math.Pow(v, d*d)
	case "linear":
		return max(0, 1-d*(1-v))
	case "quadratic":
		return max(0, 1-d*d*(1-v))
	case "cosine":
		// The half wave ends where its angle reaches half a turn.
		if angle := d * math.Acos(2*v-1); angle < math.Pi {
			return (1 + math.Cos(angle)) / 2
		}
		return 0
	case "hyperbolic":
		return 1 / math.Cosh(d*math.Acosh(1/v))
	case "long_tail":
		return 1 / (1 + d*d*(1/v-1))
	}
	tanh := math.Tanh(d * math.Atanh(math.Sqrt(1-v)))
	return 1 - tanh*tanh
}

// over tells whether a rule ends the episode in what v shows.
func (t *task) over(v view) bool {
	for i := range t.ending {
		l := &t.ending[i]
		if l.vector.reduce != "" {
			if l.left(t.number(v, l.vector, l.vector.reduce)) {
				return true
			}
			continue
		}
		for k := range l.vector.elements {
			if l.left(t.entry(v, l.vector, k)) {
				return true
			}
		}
	}
	return false
}

// left tells whether x is outside the rule's interval; what is no finite number is.
func (r *rule) left(x float64) bool {
	if x-x != 0 {
		return true
	}
	if r.atBounds {
		return !(x > r.low && x < r.high)
	}
	return !(x >= r.low && x <= r.high)
}

func (t *task) terminal(obs []float32, done []bool) {
	dim := t.spec.ObsDim
	for i := range done {
		row := obs[i*dim : (i+1)*dim]
		done[i] = !mujoco.Finite(row) || t.over(view{obs: row})
	}
}

func (t *task) payRows(obs, action, next, reward []float32) {
	n, m := t.spec.ObsDim, t.spec.ActDim
	for i := range reward {
		a := action[i*m : (i+1)*m]
		before, after := view{obs: obs[i*n : (i+1)*n], action: a}, view{obs: next[i*n : (i+1)*n], action: a}
		reward[i] = float32(t.pay(before, after, len(t.ending) > 0 && t.ends && (t.over(after) || !mujoco.Finite(after.obs))))
	}
}
