package taskfile

import (
	"math"
	"slices"
	"strings"

	"demorl/env/mujoco"
)

// file is what a task file says, before its names are looked up in the model.
type file struct {
	summary     string
	model       string
	modelAt     place
	skip        int
	style       mujoco.Style
	limit       int
	action      action
	reset       reset
	observation []quantity
	reward      []term
	ending      []rule
}

// action says how an action becomes controls: offset + scale x action.
type action struct {
	low, high, scale, offset         []float64 // nil: from the model's ctrlrange, 1 and 0
	lowAt, highAt, scaleAt, offsetAt place
}

type reset struct {
	keyframe   int // -1: the model's own pose
	keyframeAt place
	qpos, qvel noise
}

// noise is what a reset adds: uniform in [low, high], or normal.
type noise struct {
	normal    bool
	deviation float64
	low, high float64
	joints    []string // nil: all
	place     place
	given     bool
}

// quantity is a vector of the simulation: a source, less another one, clipped.
type quantity struct {
	place     place
	source    source
	minus     *source
	target    []float64 // constants that are subtracted
	low, high float64   // clip
	reduce    string    // how the vector becomes a number; "" leaves it
}

// source names entries of the simulator's arrays.
type source struct {
	place       place
	kind        string   // qpos, qvel, sin, cos, action, field, body, site, geom or sensor
	names       []string // of joints, bodies, ...; nil: all
	axes        []string // of positions and orientations
	from, count int      // of a field
}

// term is one summand of the reward.
type term struct {
	place    place
	kind     string
	weight   float64
	quantity quantity
	constant float64 // of constant and alive
	width    float64 // of exp
	low      float64 // of tolerance
	high     float64
	margin   float64
	atMargin float64
	shape    string
	factors  []term // of product
}

// rule ends an episode when an entry of its quantity leaves [low, high].
type rule struct {
	quantity  quantity
	low, high float64
	atBounds  bool // reaching a bound ends as well
}

// The keys of the file's mappings.
var (
	topKeys    = []string{"summary", "model", "frame_skip", "stepping", "limit", "action", "reset", "observation", "reward", "terminate"}
	actionKeys = []string{"low", "high", "scale", "offset"}
	resetKeys  = []string{"keyframe", "qpos", "qvel"}
	noiseKeys  = []string{"uniform", "normal", "joints"}
	termKeys   = append(slices.Clone(termKinds), "weight", "width", "bounds", "margin", "value_at_margin", "shape")
)

// read parses a file; its faults are in r.
func (r *reader) read(data []byte) *file {
	f := &file{skip: 1, style: mujoco.Plain, limit: 1000, reset: reset{keyframe: -1}}
	doc, ok := r.document(data)
	if !ok {
		return f
	}
	m := r.mapping(doc, topKeys...)
	for _, key := range []string{"model", "observation", "reward"} {
		if _, ok := m[key]; !ok {
			r.fault(place{line: doc.line, column: doc.column}, "%s is missing", key)
		}
	}
	if v, ok := m["summary"]; ok {
		f.summary = r.text(v)
	}
	if v, ok := m["model"]; ok {
		f.model, f.modelAt = r.text(v), v.place
	}
	if v, ok := m["frame_skip"]; ok {
		f.skip = r.integer(v, 1)
	}
	if v, ok := m["limit"]; ok {
		f.limit = r.integer(v, 0)
	}
	if v, ok := m["stepping"]; ok {
		f.style = map[string]mujoco.Style{"plain": mujoco.Plain, "gymnasium": mujoco.Gymnasium, "control": mujoco.Control}[r.choice(v, "plain", "gymnasium", "control")]
	}
	if v, ok := m["action"]; ok {
		f.action = r.action(v)
	}
	if v, ok := m["reset"]; ok {
		f.reset = r.reset(v)
	}
	if v, ok := m["observation"]; ok {
		f.observation = r.observation(v)
	}
	if v, ok := m["reward"]; ok {
		for _, v := range r.list(v) {
			f.reward = append(f.reward, r.term(v))
		}
		if len(f.reward) == 0 {
			r.fault(v.place, "pay for something")
		}
	}
	if v, ok := m["terminate"]; ok {
		for _, v := range r.list(v) {
			f.ending = append(f.ending, r.rule(v))
		}
	}
	return f
}

func (r *reader) observation(v value) (out []quantity) {
	for _, v := range r.list(v) {
		q := r.quantity(v, r.mapping(v, quantityKeys...))
		if q.reduce != "" {
			r.fault(q.place, "an observation is not reduced to a number; observe its entries")
		}
		if q.source.kind == "action" {
			r.fault(q.place, "an action is no observation")
		}
		out = append(out, q)
	}
	if len(out) == 0 {
		r.fault(v.place, "observe something")
	}
	return out
}

func (r *reader) action(v value) (a action) {
	m := r.mapping(v, actionKeys...)
	for key, to := range map[string]struct {
		x  *[]float64
		at *place
	}{"low": {&a.low, &a.lowAt}, "high": {&a.high, &a.highAt}, "scale": {&a.scale, &a.scaleAt}, "offset": {&a.offset, &a.offsetAt}} {
		if v, ok := m[key]; ok {
			*to.x, *to.at = r.numbers(v), v.place
			if slices.ContainsFunc(*to.x, func(x float64) bool { return math.IsInf(x, 0) || key == "scale" && x == 0 }) {
				r.fault(v.place, "want finite numbers, and no scale of 0")
			}
		}
	}
	return a
}

func (r *reader) reset(v value) reset {
	out := reset{keyframe: -1}
	m := r.mapping(v, resetKeys...)
	if v, ok := m["keyframe"]; ok {
		out.keyframe, out.keyframeAt = r.integer(v, 0), v.place
	}
	if v, ok := m["qpos"]; ok {
		out.qpos = r.noise(v)
	}
	if v, ok := m["qvel"]; ok {
		out.qvel = r.noise(v)
	}
	return out
}

func (r *reader) noise(v value) noise {
	n := noise{place: v.place, given: true}
	m := r.mapping(v, noiseKeys...)
	uniform, isUniform := m["uniform"]
	normal, isNormal := m["normal"]
	switch {
	case isUniform == isNormal:
		r.fault(v.place, "give either uniform (a size or [low, high]) or normal (a standard deviation)")
	case isUniform:
		n.low, n.high = r.symmetric(uniform)
	default:
		n.normal, n.deviation = true, r.number(normal)
	}
	if !(n.deviation >= 0) || math.IsInf(n.deviation, 0) || math.IsInf(n.high-n.low, 0) {
		r.fault(v.place, "want a finite size of at least 0")
	}
	if v, ok := m["joints"]; ok {
		n.joints = r.texts(v)
	}
	return n
}

// sources are the keys of which a quantity has exactly one.
var sources = []string{"qpos", "qvel", "sin", "cos", "action", "field", "body", "site", "geom", "sensor"}

var (
	sourceKeys   = append(slices.Clone(sources), "axes", "from", "count")
	quantityKeys = append(slices.Clone(sourceKeys), "minus", "clip", "reduce")
	ruleKeys     = append(slices.Clone(quantityKeys), "below", "above", "outside", "at_bounds")
)

var reductions = []string{"norm", "sum", "sum_squares", "mean", "min", "max"}

// quantity reads one from the keys of a mapping.
func (r *reader) quantity(v value, m map[string]value) quantity {
	q := quantity{place: v.place, source: r.from(v, m), low: math.Inf(-1), high: math.Inf(1)}
	if v, ok := m["minus"]; ok {
		if isNumbers(v) {
			if q.target = r.numbers(v); slices.ContainsFunc(q.target, func(x float64) bool { return math.IsInf(x, 0) }) {
				r.fault(v.place, "want finite numbers")
			}
		} else {
			s := r.from(v, r.mapping(v, sourceKeys...))
			if s.axes == nil && s.isPlace() { // the same axes are meant
				s.axes = q.source.axes
			}
			q.minus = &s
		}
	}
	if v, ok := m["clip"]; ok {
		q.low, q.high = r.symmetric(v)
	}
	if v, ok := m["reduce"]; ok {
		q.reduce = r.choice(v, reductions...)
	}
	return q
}

// isPlace tells sources that have axes.
func (s source) isPlace() bool { return s.kind == "body" || s.kind == "site" || s.kind == "geom" }

// isNumbers tells a number, or a list, from a mapping.
func isNumbers(v value) bool { return len(v.node.Content) == 0 || v.node.ShortTag() == "!!seq" }

func (r *reader) from(v value, m map[string]value) source {
	s := source{place: v.place, count: -1}
	for _, kind := range sources {
		given, ok := m[kind]
		switch {
		case !ok:
			continue
		case s.kind != "":
			r.fault(given.place, "%s and %s are both given; a quantity has one source", s.kind, kind)
			continue
		}
		s.kind = kind
		if s.names = r.texts(given); len(s.names) == 1 && s.names[0] == "all" && kind != "field" {
			s.names = nil
		}
		s.place.line, s.place.column = given.line, given.column
	}
	if s.kind == "" && v.node.ShortTag() == "!!map" {
		r.fault(v.place, "what of the simulation? Give one of %s", strings.Join(sources, ", "))
	}
	if v, ok := m["axes"]; ok {
		s.axes = r.texts(v)
	}
	if v, ok := m["from"]; ok {
		s.from = r.integer(v, 0)
	}
	if v, ok := m["count"]; ok {
		s.count = r.integer(v, 1)
	}
	for _, key := range []string{"from", "count"} {
		if v, ok := m[key]; ok && (s.names != nil || slices.Contains([]string{"body", "site", "geom", "sensor"}, s.kind)) && s.kind != "field" {
			r.fault(v.place, "%s is for whole arrays: give field, or qpos: all", key)
		}
	}
	if v, ok := m["axes"]; ok && !slices.Contains([]string{"body", "site", "geom", ""}, s.kind) {
		r.fault(v.place, "axes are those of a body, site or geom")
	}
	return s
}

// The kinds of terms, each a key whose value is a quantity, a number or a list.
var termKinds = []string{"velocity", "value", "square", "distance", "exp", "tolerance", "constant", "alive", "product"}

var shapes = []string{"gaussian", "linear", "quadratic", "cosine", "hyperbolic", "long_tail", "tanh_squared"}

// deepest is how deep products of products may be nested.
const deepest = 4

func (r *reader) term(v value) term {
	t := term{place: v.place, weight: 1, width: 1, shape: "gaussian", atMargin: 0.1, low: math.Inf(-1), high: math.Inf(1)}
	m := r.mapping(v, termKeys...)
	for _, kind := range termKinds {
		given, ok := m[kind]
		switch {
		case !ok:
			continue
		case t.kind != "":
			r.fault(given.place, "%s and %s are both given; make two terms of them", t.kind, kind)
			continue
		}
		t.kind = kind
		switch kind {
		case "constant", "alive":
			t.constant = r.finite(given)
		case "product":
			if strings.Count(v.path, "product") >= deepest { // an alias may contain itself
				r.fault(given.place, "products are nested more than %d deep", deepest)
				continue
			}
			for _, v := range r.list(given) {
				t.factors = append(t.factors, r.term(v))
			}
			if len(t.factors) == 0 && given.node.ShortTag() == "!!seq" {
				r.fault(given.place, "the list is empty")
			}
		default:
			t.quantity = r.quantity(given, r.mapping(given, quantityKeys...))
		}
	}
	if t.kind == "" && v.node.ShortTag() == "!!map" {
		r.fault(v.place, "what is paid? Give one of %s", strings.Join(termKinds, ", "))
	}
	if v, ok := m["weight"]; ok {
		t.weight = r.finite(v)
	}
	r.details(&t, m)
	return t
}

// details reads the keys that belong to one kind of term.
func (r *reader) details(t *term, m map[string]value) {
	of := map[string]string{"width": "exp", "bounds": "tolerance", "margin": "tolerance", "value_at_margin": "tolerance", "shape": "tolerance"}
	for key, kind := range of {
		v, ok := m[key]
		if !ok {
			continue
		}
		if t.kind != kind {
			r.fault(v.place, "is for %s, not for %s", kind, t.kind)
			continue
		}
		switch key {
		case "width":
			if t.width = r.number(v); !(t.width > 0) {
				r.fault(v.place, "want a number above 0")
			}
		case "bounds":
			t.low, t.high = r.interval(v)
		case "margin":
			if t.margin = r.number(v); !(t.margin >= 0) {
				r.fault(v.place, "want a number of at least 0")
			}
		case "value_at_margin":
			if t.atMargin = r.number(v); !(t.atMargin > 0 && t.atMargin < 1) {
				r.fault(v.place, "want a number between 0 and 1")
			}
		case "shape":
			t.shape = r.choice(v, shapes...)
		}
	}
	if _, ok := m["bounds"]; t.kind == "tolerance" && !ok {
		r.fault(t.place, "bounds are missing: the interval [low, high] in which a tolerance pays 1")
	}
}

func (r *reader) rule(v value) rule {
	m := r.mapping(v, ruleKeys...)
	e := rule{quantity: r.quantity(v, m), low: math.Inf(-1), high: math.Inf(1)}
	below, isBelow := m["below"]
	above, isAbove := m["above"]
	outside, isOutside := m["outside"]
	switch {
	case isOutside && (isBelow || isAbove):
		r.fault(v.place, "give outside: [low, high], or below and above")
	case isOutside:
		e.low, e.high = r.symmetric(outside)
	case !isBelow && !isAbove:
		r.fault(v.place, "when does it end an episode? Give below, above or outside: [low, high]")
	}
	if isBelow {
		e.low = r.number(below)
	}
	if isAbove {
		e.high = r.number(above)
	}
	if v, ok := m["at_bounds"]; ok {
		e.atBounds = r.truth(v)
	}
	if e.quantity.source.kind == "action" {
		r.fault(e.quantity.place, "an action ends no episode")
	}
	return e
}
