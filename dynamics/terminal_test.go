package dynamics

import (
	"testing"

	"demorl/replay"
	"demorl/rng"
	"demorl/rollout"
)

// walker is the double integrator with an end where the position exceeds 0.8.
func walker(rows int) *replay.Buffer {
	from, buf := doubleIntegrator(rows, rng.Root(8)), replay.NewBuffer(rows, 2, 1)
	for i := range rows {
		row := from.Row(i)
		row.Terminated = row.Next[0] > 0.8
		buf.Add(row)
	}
	return buf
}

func TestTerminalHeadLearnsARuleAndEndsImaginedRows(t *testing.T) {
	s := smallSettings()
	s.TerminalHead = true
	e := mustNew(t, s, 2, 1, 1)
	stats := mustFit(t, e, walker(2000), 0).Terminal
	t.Logf("%+v", stats)
	if !stats.Trained || stats.HeldPositives == 0 || stats.Precision < 0.9 || stats.Recall < 0.9 {
		t.Errorf("the head's record on held-out rows: %+v", stats)
	}
	b, starts := crowd(200, 1, 1)
	step(t, e.World(WorldOptions{}).NewLane(200), b, starts, 0)
	wrong := 0
	for r := range 200 {
		if (b.Fate[r] == rollout.Terminated) != (b.Next[2*r] > 0.8) {
			wrong++
		}
	}
	if wrong > 10 {
		t.Errorf("%d of 200 imagined rows have the wrong fate", wrong)
	}
}

func TestTerminalHeadWithoutTerminalRowsNeverEndsARow(t *testing.T) {
	s := smallSettings()
	s.TerminalHead = true
	e := mustNew(t, s, 2, 1, 1)
	if stats := mustFit(t, e, doubleIntegrator(300, rng.Root(5)), 0).Terminal; stats.Trained {
		t.Errorf("trained without a terminal row: %+v", stats)
	}
	b, starts := crowd(50, 1, 1)
	w := e.World(WorldOptions{})
	step(t, w.NewLane(50), b, starts, 0)
	if n := w.Counters().Terminated; n != 0 {
		t.Errorf("%d rows terminated", n)
	}
}
