package dmc

import (
	"fmt"
	"math"
)

// shape is how a tolerance falls off outside its bounds.
type shape int

const (
	gaussian shape = iota
	hyperbolic
	longTail
	reciprocal
	cosine
	linear
	quadratic
	tanhSquared
)

// shapeNames are dm_control's words.
var shapeNames = [...]string{"gaussian", "hyperbolic", "long_tail", "reciprocal", "cosine", "linear", "quadratic", "tanh_squared"}

func (s shape) String() string { return shapeNames[s] }

// tolerance is a soft indicator: 1 within its bounds, which belong to it, and
// outside either 0 or a value that falls with the distance to the nearer bound
// (environments.md section 2).
type tolerance struct {
	lower, upper float64
	margin       float64 // the distance at which a chosen value is reached; 0: falls at once
	shape        shape
	scale        float64 // of distance / margin, so that the shape has that value at 1
}

// within is 1 from lower to upper and 0 elsewhere.
func within(lower, upper float64) tolerance { return tolerance{lower: lower, upper: upper} }

// atLeast is 1 from lower on and 0 below.
func atLeast(lower float64) tolerance { return within(lower, math.Inf(1)) }

// near falls off outside t's bounds as dm_control does by default: a gaussian
// with value 0.1 at the margin.
func (t tolerance) near(margin float64) tolerance { return t.falling(margin, gaussian, .1) }

// falling falls off outside t's bounds so that the value at a distance of
// margin is value. It panics where the shape cannot have that value: that is a
// mistake in the program.
func (t tolerance) falling(margin float64, s shape, value float64) tolerance {
	zero := s == cosine || s == linear || s == quadratic // these may reach 0 at the margin
	if !(value < 1) || !(value > 0) && !(zero && value == 0) || !(margin > 0) {
		panic(fmt.Sprintf("dmc: a %s tolerance cannot be %g at a margin of %g", s, value, margin))
	}
	t.margin, t.shape = margin, s
	switch s {
	case gaussian:
		t.scale = math.Sqrt(-2 * math.Log(value))
	case hyperbolic:
		t.scale = math.Acosh(1 / value)
	case longTail:
		t.scale = math.Sqrt(1/value - 1)
	case reciprocal:
		t.scale = 1/value - 1
	case cosine:
		t.scale = math.Acos(2*value-1) / math.Pi
	case linear:
		t.scale = 1 - value
	case quadratic:
		t.scale = math.Sqrt(1 - value)
	case tanhSquared:
		t.scale = math.Atanh(math.Sqrt(1 - value))
	}
	return t
}

// at is the indicator's value at x.
func (t tolerance) at(x float64) float64 {
	if t.lower <= x && x <= t.upper {
		return 1
	}
	if t.margin == 0 {
		return 0
	}
	distance := x - t.upper
	if x < t.lower {
		distance = t.lower - x
	}
	d := distance / t.margin * t.scale
	switch t.shape {
	case gaussian:
		return math.Exp(-.5 * d * d)
	case hyperbolic:
		return 1 / math.Cosh(d)
	case longTail:
		return 1 / (d*d + 1)
	case reciprocal:
		return 1 / (math.Abs(d) + 1)
	case tanhSquared:
		th := math.Tanh(d)
		return 1 - th*th
	}
	if !(math.Abs(d) < 1) {
		return 0
	}
	switch t.shape {
	case cosine:
		return (1 + math.Cos(math.Pi*d)) / 2
	case linear:
		return 1 - d
	}
	return 1 - d*d
}

// mean is the mean of the indicator over x.
func (t tolerance) mean(x []float64) float64 {
	sum := 0.
	for _, x := range x {
		sum += t.at(x)
	}
	return sum / float64(len(x))
}

// calm is high for controls near zero, whatever their number: each counts
// 1 - a^2, which is 0 outside the bounds.
var calm = within(0, 0).falling(1, quadratic, 0)
