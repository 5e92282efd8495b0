package rollout_test

import (
	"strings"
	"testing"

	"demorl/env"
	_ "demorl/env/classic"
	"demorl/rng"
	"demorl/rollout"
)

func open() (env.Env, error) {
	e, err := env.ForLearning("classic/cartpole-swingup")
	return e, err
}

// push is a decoder of constant actions that differ from row to row.
type push struct{}

func (push) Decode(b *rollout.Block, h int) {
	for r := range b.Rows {
		b.Action[r] = 0.1 * float32(r-3)
	}
}

func TestRowsOfASimWorldStepAsTheirOwnSimulators(t *testing.T) {
	w, err := rollout.NewSimWorld(open)
	if err != nil {
		t.Fatal(err)
	}
	const rows, steps = 7, 40
	var starts []rollout.Start
	var twins []env.Env
	for r := range rows {
		e, _ := open()
		obs := make([]float64, 5)
		if err := e.Reset(rng.NewStream(rng.Root(uint64(r/2))), obs); err != nil {
			t.Fatal(err)
		}
		codec, _ := env.Power[env.StateCodec](e)
		s := rollout.Start{State: codec.AppendState(nil), Obs: make([]float32, 5)}
		for j, x := range obs {
			s.Obs[j] = float32(x)
		}
		starts, twins = append(starts, s), append(twins, e)
	}
	b := rollout.NewBlock(rows, 5, 1)
	b.Rows = rows
	for r := range rows {
		b.Start[r] = int32(r)
	}
	lane := w.NewLane(rows)
	checked := 0
	check := func(h int, was []rollout.Fate) {
		obs := make([]float64, 5)
		for r := range rows {
			if was[r] != rollout.Running {
				continue
			}
			out, err := twins[r].Step([]float64{float64(b.Action[r])}, obs)
			if err != nil {
				t.Fatal(err)
			}
			if b.Reward[r] != float32(out.Reward) || (b.Fate[r] == rollout.Terminated) != out.Terminated {
				t.Fatalf("row %d, step %d: reward %g, fate %d; its twin has %+v", r, h, b.Reward[r], b.Fate[r], out)
			}
			for j, x := range obs {
				if b.Next[r*5+j] != float32(x) {
					t.Fatalf("row %d, step %d: next %v, want %v", r, h, b.Next[r*5:r*5+5], obs)
				}
			}
			checked++
		}
	}
	if err := rollout.Roll(b, starts, lane, push{}, steps, check, make([]rollout.Fate, rows)); err != nil {
		t.Fatal(err)
	}
	if checked < rows*steps/2 {
		t.Errorf("only %d rows were compared", checked)
	}
	was := make([]rollout.Fate, rows)
	if n := testing.AllocsPerRun(5, func() { rollout.Roll(b, starts, lane, push{}, steps, nil, was) }); n != 0 {
		t.Errorf("rolling allocates %g times", n)
	}
	starts[0].State = nil
	if err := rollout.Roll(b, starts, lane, push{}, 1, nil, was); err == nil || !strings.Contains(err.Error(), "start 0") {
		t.Errorf("a start without state gives %v", err)
	}
}

func TestASimWorldRefusesUnscaledActions(t *testing.T) {
	_, err := rollout.NewSimWorld(func() (env.Env, error) { return env.Make("classic/pendulum") })
	if err == nil || !strings.Contains(err.Error(), "env.Scale") {
		t.Errorf("an unscaled task gives %v", err)
	}
}

func TestNormalsDoNotDependOnTheBlockCut(t *testing.T) {
	key := rng.Root(3)
	whole, part := rollout.NewBlock(10, 1, 3), rollout.NewBlock(4, 1, 3)
	whole.Rows, whole.Key, part.Rows, part.Key, part.First = 10, key, 4, key, 5
	a, b := make([]float32, 40), make([]float32, 16)
	whole.Normals(rollout.PlanNoise, 2, a, 3)
	part.Normals(rollout.PlanNoise, 2, b, 3)
	for i, x := range b {
		if a[20+i] != x {
			t.Fatalf("number %d is %g in a part and %g in the whole", i, x, a[20+i])
		}
	}
}
