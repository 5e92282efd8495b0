package env

import "math"

// Summary is how the values of a measure over an episode become one number.
type Summary uint8

const (
	Travel    Summary = iota // the last value minus that of the start
	RMS                      // root mean square over all steps
	WorstLast                // largest magnitude over the last measureTail steps
)

// measureTail is the number of steps at an episode's end that WorstLast looks at.
const measureTail = 50

// Measure is something that users of a task look at beside its reward, such as
// metres walked.
type Measure struct {
	Name, Unit string
	Summary    Summary
}

// Measurer is the power to tell measures. Both methods keep their order and number.
type Measurer interface {
	Measures() []Measure
	// Measure writes the present value of each measure to values.
	Measure(values []float64)
}

// Episode summarises the measures of one episode. Begin it at the start and
// Add every step.
type Episode struct {
	of     Measurer
	what   []Measure
	now    []float64
	first  []float64
	square []float64
	tail   [][measureTail]float64
	steps  int
}

// NewEpisode returns memory for the measures of e, or nil where e tells none.
func NewEpisode(e Env) *Episode {
	of, ok := Power[Measurer](e)
	if !ok || len(of.Measures()) == 0 {
		return nil
	}
	what := of.Measures()
	n := len(what)
	return &Episode{of: of, what: what, now: make([]float64, n), first: make([]float64, n), square: make([]float64, n), tail: make([][measureTail]float64, n)}
}

// Begin forgets what was added and looks at the start of an episode.
func (p *Episode) Begin() {
	p.steps = 0
	clear(p.square)
	p.of.Measure(p.first)
	copy(p.now, p.first)
}

// Add looks at the state after a step.
func (p *Episode) Add() {
	p.of.Measure(p.now)
	for i, x := range p.now {
		p.square[i] += x * x
		p.tail[i][p.steps%measureTail] = x
	}
	p.steps++
}

// Values returns one number a measure, in their order; NaN where no step was made.
func (p *Episode) Values() []float64 {
	values := make([]float64, len(p.what))
	for i := range values {
		switch p.what[i].Summary {
		case Travel:
			values[i] = p.now[i] - p.first[i]
		case RMS:
			values[i] = math.Sqrt(p.square[i] / float64(p.steps))
		case WorstLast:
			values[i] = math.NaN()
			for k := range min(p.steps, measureTail) {
				// Not max: a NaN among the values must stay.
				if x := math.Abs(p.tail[i][k]); k == 0 || x > values[i] || x != x {
					values[i] = x
				}
			}
		}
	}
	return values
}
