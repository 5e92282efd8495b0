package taskfile

import (
	"fmt"
	"math"
	"slices"

	"demorl/env"
	"demorl/env/mujoco"
)

// element is one number of the simulation: an entry of an array, less another
// one or a constant. Equal elements are the same number.
type element struct {
	field    mujoco.Field // actionField: an entry of the action
	index    int
	minus    mujoco.Field // nothing: only constant is subtracted
	at       int
	constant float64
}

// What stands for a field that is none of the simulator's.
const (
	actionField mujoco.Field = -1
	nothing     mujoco.Field = -2
)

// vector is a quantity whose names are looked up: indices into task.elements.
type vector struct {
	elements  []int
	low, high float64
	reduce    string
}

// task is a compiled file.
type task struct {
	file     *file
	spec     env.Spec
	scale    []float64 // of actions
	offset   []float64
	qpos     []int // entries that a reset adds noise to
	qvel     []int
	elements []element
	names    []string // of elements
	shows    []shown  // per element: how imagination knows it
	observe  []vector
	reward   []payment
	ending   []limit
	ends     bool // the rules are known in imagination
	pays     bool // the reward is known in imagination
}

// shown says how an element follows from a row of imagination: entry i, less
// entry j if that is not unseen, less shift. Entries of the action count down
// from -1.
type shown struct {
	i, j  int
	shift float64
	exact bool // the observation does not clip it
}

const unseen = math.MinInt

// payment is a compiled term.
type payment struct {
	*term
	vector  vector
	factors []payment
}

// limit is a compiled rule.
type limit struct {
	*rule
	vector vector
}

// compiler looks names up in a loaded model.
type compiler struct {
	*reader
	sim  *mujoco.Sim
	task *task
}

// compile turns a file into a task; what the model does not have is a fault.
func (r *reader) compile(f *file, id string, sim *mujoco.Sim) *task {
	c := compiler{r, sim, &task{file: f}}
	t := c.task
	t.spec = partial(f, id)
	t.spec.Dt = sim.Timestep() * float64(f.skip)
	c.actions()
	c.resets()
	observed := map[element]shown{}
	for i := range f.observation {
		v := c.vector(f.observation[i])
		t.observe = append(t.observe, v)
		exact := math.IsInf(v.low, -1) && math.IsInf(v.high, 1)
		for _, e := range v.elements {
			if old, ok := observed[t.elements[e]]; !ok || exact && !old.exact {
				observed[t.elements[e]] = shown{i: t.spec.ObsDim, j: unseen, exact: exact}
			}
			t.spec.ObsNames = append(t.spec.ObsNames, t.names[e])
			t.spec.ObsDim++
		}
	}
	for i := range f.ending {
		l := limit{&f.ending[i], c.vector(f.ending[i].quantity)}
		if l.vector.reduce != "" {
			c.one(l.vector, f.ending[i].quantity.place)
		}
		t.ending = append(t.ending, l)
	}
	for i := range f.reward {
		t.reward = append(t.reward, c.payment(&f.reward[i]))
	}
	for _, e := range t.elements {
		t.shows = append(t.shows, show(e, observed))
	}
	t.ends = !slices.ContainsFunc(t.ending, func(l limit) bool { return !t.shown(l.vector, false) })
	t.pays = !slices.ContainsFunc(t.reward, func(p payment) bool { return !t.known(p) })
	return t
}

// partial is what the Spec says without the model.
func partial(f *file, id string) env.Spec {
	return env.Spec{ID: id, Limit: f.limit, Terminates: len(f.ending) > 0, Simulator: "MuJoCo " + mujoco.Version + ", task file"}
}

func (c *compiler) actions() {
	t, a := c.task, c.task.file.action
	ranges := c.sim.Field(mujoco.ActuatorCtrlrange)
	n := len(c.sim.Field(mujoco.Ctrl))
	t.spec.ActDim = n
	if n == 0 {
		c.fault(t.file.modelAt, "the model has no actuators; add an <actuator> section")
	}
	fill := func(given []float64, where place, otherwise func(j int) float64) []float64 {
		out := make([]float64, n)
		for j := range out {
			switch {
			case given == nil:
				out[j] = otherwise(j)
			case len(given) == 1:
				out[j] = given[0]
			case len(given) == n:
				out[j] = given[j]
			}
		}
		if len(given) > 1 && len(given) != n {
			c.fault(where, "%d numbers for the model's %d actuators; give one for all, or one each", len(given), n)
		}
		return out
	}
	t.scale = fill(a.scale, a.scaleAt, func(int) float64 { return 1 })
	t.offset = fill(a.offset, a.offsetAt, func(int) float64 { return 0 })
	// The action whose control is an end of the control range; a negative scale swaps them.
	end := func(j, k int) float64 {
		if t.scale[j] < 0 {
			k = 1 - k
		}
		return (ranges[2*j+k] - t.offset[j]) / t.scale[j]
	}
	t.spec.Low = fill(a.low, a.lowAt, func(j int) float64 { return end(j, 0) })
	t.spec.High = fill(a.high, a.highAt, func(j int) float64 { return end(j, 1) })
	for j, lo := range t.spec.Low {
		if hi := t.spec.High[j]; !(lo < hi) {
			c.fault(t.file.modelAt, "actuator %d (%s) has the bounds [%g, %g]; give it a ctrlrange in the model, or low and high below action", j, c.sim.Name(mujoco.Actuator, j), lo, hi)
		}
	}
}

func (c *compiler) resets() {
	t, r := c.task, &c.task.file.reset
	nq := len(c.sim.Field(mujoco.Qpos))
	if keys := len(c.sim.Field(mujoco.KeyQpos)) / max(1, nq); r.keyframe >= keys {
		if keys == 0 {
			c.fault(r.keyframeAt, "the model has no keyframe; leave it out, or give the model one")
		} else {
			c.fault(r.keyframeAt, "%d is no keyframe of the model; want 0 to %d", r.keyframe, keys-1)
		}
		r.keyframe = -1
	}
	entries := func(n noise, kind string, field mujoco.Field) []int {
		if !n.given {
			return nil
		}
		elements := c.joints(source{kind: kind, names: n.joints, place: n.place, count: -1}, field)
		out := make([]int, len(elements))
		for i, e := range elements {
			out[i] = e.index
		}
		return out
	}
	t.qpos = entries(r.qpos, "qpos", mujoco.Qpos)
	t.qvel = entries(r.qvel, "qvel", mujoco.Qvel)
}

// vector looks a quantity up.
func (c *compiler) vector(q quantity) vector {
	v := vector{low: q.low, high: q.high, reduce: q.reduce}
	elements, names := c.source(q.source)
	if q.minus != nil {
		others, otherNames := c.source(*q.minus)
		if len(others) != len(elements) {
			c.fault(q.minus.place, "%d entries are subtracted from %d", len(others), len(elements))
			return v
		}
		for i, o := range others {
			elements[i].minus, elements[i].at = o.field, o.index
			names[i] += " - " + otherNames[i]
		}
	}
	if len(q.target) > 0 && len(q.target) != 1 && len(q.target) != len(elements) {
		c.fault(q.place, "minus has %d numbers for %d entries", len(q.target), len(elements))
		return v
	}
	for i, e := range elements {
		if n := len(q.target); n > 0 {
			e.constant = q.target[i%n]
			if e.constant != 0 {
				names[i] += fmt.Sprintf(" - %g", e.constant)
			}
		}
		v.elements = append(v.elements, c.element(e, names[i]))
	}
	return v
}

// element is the number of e among the task's elements.
func (c *compiler) element(e element, name string) int {
	t := c.task
	if e.field == mujoco.SinQpos || e.field == mujoco.CosQpos || e.minus == mujoco.SinQpos || e.minus == mujoco.CosQpos {
		c.sim.Trigonometry()
	}
	if i := slices.Index(t.elements, e); i >= 0 {
		return i
	}
	t.elements, t.names = append(t.elements, e), append(t.names, name)
	return len(t.elements) - 1
}

// show finds how an element follows from observed ones: it is one itself, or
// one less a constant, or the difference of two.
func show(e element, observed map[element]shown) shown {
	shift := e.constant
	e.constant = 0
	if e.field == actionField && e.minus == nothing {
		return shown{i: -1 - e.index, j: unseen, shift: shift, exact: true}
	}
	whole := e
	whole.constant = shift
	if s, ok := observed[whole]; ok {
		return s
	}
	if s, ok := observed[e]; ok {
		s.shift = shift
		return s
	}
	none := shown{i: unseen, j: unseen}
	if e.minus == nothing {
		return none
	}
	x := show(element{field: e.field, index: e.index, minus: nothing}, observed)
	y := show(element{field: e.minus, index: e.at, minus: nothing}, observed)
	if x.i == unseen || y.i == unseen {
		return none
	}
	return shown{i: x.i, j: y.i, shift: shift, exact: x.exact && y.exact}
}

// one demands a number.
func (c *compiler) one(v vector, where place) {
	if v.reduce == "" && len(v.elements) != 1 {
		c.fault(where, "has %d entries where one number is needed; choose one, or reduce them (reduce: norm, sum, ...)", len(v.elements))
	}
}

func (c *compiler) payment(t *term) payment {
	p := payment{term: t}
	switch t.kind {
	case "", "constant", "alive":
	case "product":
		for i := range t.factors {
			p.factors = append(p.factors, c.payment(&t.factors[i]))
		}
	default:
		p.vector = c.vector(t.quantity)
		if t.kind == "velocity" || t.kind == "value" || t.kind == "tolerance" {
			c.one(p.vector, t.quantity.place)
		}
		if t.kind == "velocity" && t.quantity.source.kind == "action" {
			c.fault(t.quantity.place, "an action has no velocity")
		}
	}
	return p
}

// shown tells whether the observation, or the action, tells all of a vector.
// exactly leaves out what the observation clips more than the vector does.
func (t *task) shown(v vector, exactly bool) bool {
	return !slices.ContainsFunc(v.elements, func(e int) bool { return t.shows[e].i == unseen || exactly && !t.shows[e].exact })
}

// known tells whether a payment is a function of observations and action.
func (t *task) known(p payment) bool {
	switch p.kind {
	case "constant":
		return true
	case "alive":
		return len(t.ending) == 0 || t.ends
	case "product":
		return !slices.ContainsFunc(p.factors, func(f payment) bool { return !t.known(f) })
	}
	return t.shown(p.vector, true)
}
