package env_test

import (
	"math"
	"testing"

	"demorl/env"
	"demorl/rng"
)

// ruler measures its number of steps times ten, three ways.
type ruler struct{ n float64 }

func (c *ruler) Spec() env.Spec                           { return env.Spec{ID: "test/ruler"} }
func (c *ruler) Reset(*rng.Stream, []float64) error       { return nil }
func (c *ruler) Step(_, _ []float64) (env.Outcome, error) { c.n++; return env.Outcome{}, nil }
func (c *ruler) Close() error                             { return nil }
func (c *ruler) Measure(v []float64)                      { v[0], v[1], v[2] = 10*c.n, 10*c.n, -10*c.n }
func (c *ruler) Measures() []env.Measure {
	return []env.Measure{{Name: "way", Summary: env.Travel}, {Name: "size", Summary: env.RMS}, {Name: "end", Summary: env.WorstLast}}
}

type mute struct{ env.Env }

func TestMeasuresSummariseAnEpisode(t *testing.T) {
	if env.NewEpisode(mute{}) != nil {
		t.Error("a task without measures has an episode of them")
	}
	c := &ruler{n: 1}
	p := env.NewEpisode(c)
	for range 2 { // the second episode remembers nothing of the first
		c.n = 1
		p.Begin()
		squares := 0.0
		for n := 2.0; n <= 70; n++ {
			c.Step(nil, nil)
			p.Add()
			squares += 100 * n * n
		}
		v := p.Values()
		if want := math.Sqrt(squares / 69); v[0] != 690 || math.Abs(v[1]-want) > 1e-9 || v[2] != 700 {
			t.Errorf("values %v, want [690 %v 700]", v, want)
		}
	}
	c.n = math.NaN()
	p.Add()
	c.n = 1
	p.Add()
	if v := p.Values(); !math.IsNaN(v[1]) || !math.IsNaN(v[2]) {
		t.Errorf("a NaN on the way was lost: %v", v)
	}
}
