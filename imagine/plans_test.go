package imagine_test

import (
	"math"
	"slices"
	"testing"

	"demorl/imagine"
	"demorl/mpc"
)

// plans returns plans of n starts whose numbers are those of value(start, step, joint).
func plans(n, horizon int, form mpc.Form, value func(i, h, j int) float32) *mpc.Plans {
	p := mpc.NewPlans(n, horizon, actDim)
	p.Form = form
	for i := range n {
		p.Length[i] = int32(horizon)
		for h := range horizon {
			for j := range actDim {
				p.At(i, h)[j] = value(i, h, j)
			}
		}
	}
	return p
}

func TestASequenceIsFollowedOpenLoop(t *testing.T) {
	value := func(i, h, j int) float32 { return float32((i*7+h*3+j)%21-10) / 10 }
	const n, horizon = 600, 5
	// Noise makes the visited states differ from the plan's: the actions do not.
	rows, _ := roll(t, maker(t, plane{noise: 0.5}, 2), starts(n), imagine.Course{Horizon: horizon, Plans: plans(n, horizon, mpc.FormSequence, value)})
	for i, row := range rows {
		for j, u := range row.Action {
			if want := value(i/horizon, i%horizon, j); u != want {
				t.Fatalf("trajectory %d, step %d, joint %d acts %g, the plan says %g", i/horizon, i%horizon, j, u, want)
			}
		}
	}
}

// method.md A.4 step 6: u = clip(policy at the visited state + delta).
func TestAResidualIsAddedToThePolicyAtTheVisitedState(t *testing.T) {
	const n, horizon = 600, 3
	delta := func(i, h, j int) float32 { return float32((i+h+j)%5-2) / 2 }
	m := maker(t, plane{noise: 0.5}, 1)
	rows, _ := roll(t, m, starts(n), imagine.Course{Horizon: horizon, Plans: plans(n, horizon, mpc.FormResidualMean, delta)})
	for i, row := range rows {
		for j, u := range row.Action {
			want := min(1, max(-1, leanMean(row.Obs, j)+delta(i/horizon, i%horizon, j)))
			if math.Abs(float64(u-want)) > 1e-6 {
				t.Fatalf("residual_mean: row %d, joint %d acts %g, want %g", i, j, u, want)
			}
		}
	}
	// A sampled policy with delta 0 is the policy itself, bit for bit; at the
	// first step delta moves the same sample.
	policy, _ := roll(t, m, starts(n), imagine.Course{Horizon: horizon})
	zero, _ := roll(t, m, starts(n), imagine.Course{Horizon: horizon, Plans: plans(n, horizon, mpc.FormResidual, func(int, int, int) float32 { return 0 })})
	moved, _ := roll(t, m, starts(n), imagine.Course{Horizon: horizon, Plans: plans(n, horizon, mpc.FormResidual, delta)})
	for i := range policy {
		if !same(policy[i], zero[i]) {
			t.Fatalf("residual: row %d with delta 0 is not the policy's", i)
		}
		if i%horizon > 0 {
			continue
		}
		for j, u := range moved[i].Action {
			want := min(1, max(-1, policy[i].Action[j]+delta(i/horizon, 0, j)))
			if math.Abs(float64(u-want)) > 1e-6 {
				t.Fatalf("residual: row %d, joint %d acts %g, want %g", i, j, u, want)
			}
		}
	}
}

func TestAPlanEndsAtItsLength(t *testing.T) {
	const n, horizon = 600, 4
	p := plans(n, horizon, mpc.FormSequence, func(i, h, j int) float32 { return 0.5 })
	for i := range n {
		p.Length[i] = int32(i % (horizon + 1))
		for h := int(p.Length[i]); h < horizon; h++ {
			p.At(i, h)[0] = float32(math.NaN()) // what lies behind the length has no meaning
		}
	}
	from := starts(n)
	rows, tally := roll(t, maker(t, plane{}, 2), from, imagine.Course{Horizon: horizon, Plans: p, Value: true})
	at, returns, values := 0, 0.0, 0.0
	for i := range n {
		discount := 1.0
		for h := range int(p.Length[i]) {
			if h == 0 && !slices.Equal(rows[at].Obs, from[i].Obs) || rows[at].Action[0] != 0.5 {
				t.Fatalf("plan %d, step %d: %+v", i, h, rows[at])
			}
			returns += discount * float64(rows[at].Reward)
			discount *= gamma
			at++
		}
		if int(p.Length[i]) == horizon { // a plan that was cut has no value at its end
			values += discount * float64(3*rows[at-1].Next[0]+1)
		}
	}
	if len(rows) != at || tally.NonFinite != 0 {
		t.Errorf("%d rows, want %d; %d not finite", len(rows), at, tally.NonFinite)
	}
	if !(math.Abs(tally.Return-returns/n) <= 1e-9 && math.Abs(tally.Value-values/n) <= 1e-6) { // nor NaN
		t.Errorf("return %g, value %g; want %g and %g", tally.Return, tally.Value, returns/n, values/n)
	}
}
