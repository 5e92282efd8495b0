package main

import (
	"slices"
	"testing"

	"demorl/agent"
	"demorl/dynamics"
)

// What was observed, predicted and both stand in this order, of replay and of
// fresh episodes.
func TestThePictureOfEndsShowsItsCounts(t *testing.T) {
	m := &agent.Inspection{}
	m.Replay.Rows, m.Replay.Termination = 500, dynamics.Termination{Ends: 5, Predicted: 4, Hits: 3}
	m.Fresh.Rows, m.Fresh.Termination = 70, dynamics.Termination{Ends: 2, Predicted: 9, Hits: 1}
	p := endBars(m)
	if want := []string{"replay, held out: 500", "fresh episodes: 70"}; !slices.Equal(p.Groups, want) {
		t.Errorf("groups %q, want %q", p.Groups, want)
	}
	for i, want := range [][]float64{{5, 2}, {4, 9}, {3, 1}} {
		if !slices.Equal(p.Sets[i].Values, want) {
			t.Errorf("%s: %v, want %v", p.Sets[i].Name, p.Sets[i].Values, want)
		}
	}
}

// The gain's pictures leave out the sampled policy, which is their zero, and keep
// rewards and totals, model and task apart.
func TestThePictureOfTheGainIsOverTheSampledPolicy(t *testing.T) {
	way := func(actor, world string, reward, total float64) agent.Way {
		return agent.Way{Actor: actor, World: world, OverPolicy: agent.Difference{Reward: reward, RewardError: reward / 10, Total: total, TotalError: total / 10}}
	}
	panels := gainBars(&agent.Gain{Horizon: 5, Ways: []agent.Way{
		way("plan", "model", 1, 10), way("policy", "model", 0, 0), way("mean", "model", 2, 20),
		way("plan", "real", 3, 30), way("policy", "real", 0, 0), way("mean", "real", 4, 40),
	}})
	for i, want := range [][][]float64{{{1, 2}, {3, 4}}, {{10, 20}, {30, 40}}} {
		p := panels[i]
		if !slices.Equal(p.Groups, []string{"plan", "policy's mean"}) || len(p.Sets) != 2 {
			t.Fatalf("%s: groups %q, %d sets", p.Name, p.Groups, len(p.Sets))
		}
		for j, s := range p.Sets {
			if !slices.Equal(s.Values, want[j]) || s.Errors[0] != want[j][0]/10 {
				t.Errorf("%s, %s: %v ± %v, want %v", p.Name, s.Name, s.Values, s.Errors, want[j])
			}
		}
	}
}

// A learned reward that nothing uses is in neither picture, where it would set
// the scale of all that is used.
func TestTheErrorsOfARewardThatIsKnownAreNotDrawn(t *testing.T) {
	q := func(rmse float64) dynamics.OutputQuality { return dynamics.OutputQuality{RMSE: rmse, Unit: 1} }
	m := &agent.Inspection{Names: []string{"reward", "angle", "speed"}, Levels: []float64{0.5}}
	m.Fresh.Outputs = []dynamics.OutputQuality{q(90), q(2), q(3)}
	m.Replay.Outputs = m.Fresh.Outputs
	for known, want := range map[bool][]string{false: {"reward", "angle", "speed"}, true: {"angle", "speed"}} {
		m.RewardKnown = known
		p := errorBars(m)
		if !slices.Equal(p.Groups, want) || len(p.Sets[0].Values) != len(want) || p.Sets[0].Values[len(want)-1] != 3 {
			t.Errorf("known %t: %q with %v, want %q", known, p.Groups, p.Sets[0].Values, want)
		}
		var lines []string
		for _, s := range calibrationSeries(result{Model: m}) {
			if s.Thin {
				lines = append(lines, s.Name)
			}
		}
		if !slices.Equal(lines, want) {
			t.Errorf("known %t: calibration of %q, want %q", known, lines, want)
		}
	}
}
