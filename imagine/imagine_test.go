package imagine_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"demorl/imagine"
	"demorl/mpc"
	"demorl/par"
	"demorl/replay"
	"demorl/rng"
	"demorl/rollout"
)

// plane is a closed-form world with two coordinates and two joints:
//
//	next = 0.9 obs + 0.5 action + noise * z, reward = obs_0 + 2 action_0 - action_1
//
// with a predicted standard deviation of the reward of 0.25. fate says what
// becomes of a start's trajectory at a step; nil lets all run.
type plane struct {
	noise float32
	fate  func(start, h int) rollout.Fate
	err   error
}

const obsDim, actDim, rewardStd = 2, 2, 0.25

func (plane) ObsDim() int { return obsDim }
func (plane) ActDim() int { return actDim }
func (p plane) NewLane(rows int) rollout.Lane {
	return &planeLane{plane: p, z: make([]float32, rows*rollout.Stride(obsDim))}
}

type planeLane struct {
	plane
	z []float32
}

func planeStep(obs, act []float32) (next [2]float32, reward float32) {
	return [2]float32{0.9*obs[0] + 0.5*act[0], 0.9*obs[1] + 0.5*act[1]}, obs[0] + 2*act[0] - act[1]
}

func (l *planeLane) Begin(*rollout.Block, []rollout.Start) error { return l.err }
func (l *planeLane) Step(b *rollout.Block, h int) error {
	b.Normals(rollout.ModelNoise, h, l.z, obsDim)
	for r := range b.Rows {
		if b.Fate[r] != rollout.Running {
			continue
		}
		next, reward := planeStep(b.Obs[r*2:r*2+2], b.Action[r*2:r*2+2])
		b.Next[r*2] = next[0] + l.noise*l.z[r*4]
		b.Next[r*2+1] = next[1] + l.noise*l.z[r*4+1]
		b.Reward[r], b.RewardStd[r] = reward, rewardStd
		if l.fate != nil {
			b.Fate[r] = l.fate(int(b.Start[r]), h)
			if b.Fate[r] == rollout.NonFinite {
				b.Next[r*2] = float32(math.NaN())
			}
		}
	}
	return nil
}

// lean is a policy with mean tanh-free 0.4 - 0.3 obs and standard deviation
// 0.2, clipped to the bounds as the contract asks.
type lean struct{}

func leanMean(obs []float32, j int) float32 { return min(1, max(-1, 0.4-0.3*obs[j])) }

func (lean) Act(obs []float32, rows int, noise, sample, mean []float32) {
	for r := range rows {
		for j := range actDim {
			m := leanMean(obs[r*obsDim:], j)
			if mean != nil {
				mean[r*actDim+j] = m
			}
			if sample != nil {
				sample[r*actDim+j] = min(1, max(-1, m+0.2*noise[r*rollout.Stride(actDim)+j]))
			}
		}
	}
}

// triple values a state at 3 obs_0 + 1.
type triple struct{}

func (triple) Value(b *rollout.Block, out []float32) {
	for r := range b.Rows {
		if b.Fate[r] == rollout.Running {
			out[r] = 3*b.Obs[r*obsDim] + 1
		}
	}
}

const gamma, longest = 0.9, 6

func maker(t testing.TB, w rollout.World, workers int) *imagine.Maker {
	t.Helper()
	pool := par.New(workers)
	t.Cleanup(pool.Close)
	return imagine.NewMaker(imagine.Source{
		World: w, Gamma: gamma,
		NewActor:    func(int) rollout.Actor { return lean{} },
		NewTerminal: func(int) rollout.Terminal { return triple{} },
	}, longest, pool)
}

func starts(n int) []rollout.Start {
	s := make([]rollout.Start, n)
	for i := range s {
		s[i] = rollout.Start{ID: uint64(i), Obs: []float32{float32(i%17)/10 - 0.8, float32(i%5) / 5}}
	}
	return s
}

// roll returns the rows that a roll makes and its tally.
func roll(t testing.TB, m *imagine.Maker, from []rollout.Start, c imagine.Course) ([]replay.Transition, imagine.Tally) {
	t.Helper()
	buf := replay.NewBuffer(len(from)*longest+1, obsDim, actDim)
	tally, err := m.Roll(from, c, rng.Root(11), buf)
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]replay.Transition, buf.Len())
	for i := range rows {
		rows[i] = buf.Row(i)
	}
	if tally.Rows != len(rows) {
		t.Fatalf("the tally says %d rows, %d are stored", tally.Rows, len(rows))
	}
	return rows, tally
}

func same(a, b replay.Transition) bool {
	return slices.Equal(a.Obs, b.Obs) && slices.Equal(a.Action, b.Action) && slices.Equal(a.Next, b.Next) && a.Reward == b.Reward && a.Terminated == b.Terminated
}

// method.md G.3: D_MPC gains B x H rows when nothing terminates. 9000 starts
// are more than one chunk of blocks, and not a multiple of a block.
func TestARoundStoresStartsTimesHorizonRowsTrajectoryByTrajectory(t *testing.T) {
	const n, horizon = 9000, 3
	from := starts(n)
	rows, tally := roll(t, maker(t, plane{noise: 0.1}, 2), from, imagine.Course{Horizon: horizon})
	if len(rows) != n*horizon || tally.MeanLength != horizon || tally.Terminated+tally.NonFinite+tally.OutOfRange != 0 {
		t.Fatalf("%d rows, tally %+v; want %d rows", len(rows), tally, n*horizon)
	}
	for i, row := range rows {
		before := from[i/horizon].Obs
		if i%horizon > 0 {
			before = rows[i-1].Next
		}
		if !slices.Equal(row.Obs, before) {
			t.Fatalf("row %d starts at %v, want %v", i, row.Obs, before)
		}
		if row.Terminated || row.Truncated {
			t.Fatalf("row %d is marked %+v", i, row)
		}
	}
}

func TestAStoredRowIsWhatTheWorldDidUnderTheStoredAction(t *testing.T) {
	for name, c := range map[string]imagine.Course{
		"policy":   {Horizon: 4},
		"mean":     {Horizon: 4, Mean: true},
		"sequence": {Horizon: 4, Plans: plans(300, 4, mpc.FormSequence, func(i, h, j int) float32 { return float32(i%9-4) / 2 })},
		"residual": {Horizon: 4, Plans: plans(300, 4, mpc.FormResidual, func(i, h, j int) float32 { return float32(i%9-4) / 3 })},
	} {
		rows, tally := roll(t, maker(t, plane{}, 1), starts(300), c)
		atBound := 0
		for i, row := range rows {
			next, reward := planeStep(row.Obs, row.Action)
			if row.Reward != reward || !slices.Equal(row.Next, next[:]) {
				t.Fatalf("%s: row %d stores another action than was taken: %+v", name, i, row)
			}
			for _, u := range row.Action {
				if !(u >= -1 && u <= 1) {
					t.Fatalf("%s: row %d has action %g", name, i, u)
				}
				if u == -1 || u == 1 {
					atBound++
				}
			}
		}
		if tally.Clipped != atBound {
			t.Errorf("%s: %d coordinates counted at a bound, %d are", name, tally.Clipped, atBound)
		}
		if (name == "sequence" || name == "residual") && atBound == 0 {
			t.Errorf("%s: nothing was clipped, so clipping was not tried", name)
		}
	}
}

func TestThePolicyIsFollowedAtTheVisitedState(t *testing.T) {
	rows, _ := roll(t, maker(t, plane{noise: 0.3}, 1), starts(300), imagine.Course{Horizon: 5, Mean: true})
	for i, row := range rows {
		for j, u := range row.Action {
			if u != leanMean(row.Obs, j) {
				t.Fatalf("row %d acts %v at %v, the mean is %g", i, row.Action, row.Obs, leanMean(row.Obs, j))
			}
		}
	}
	// Sampled: mean plus 0.2 z, with z standard normal where nothing is clipped.
	rows, _ = roll(t, maker(t, plane{}, 1), starts(4000), imagine.Course{Horizon: 2})
	sum, squares, n := 0.0, 0.0, 0.0
	for _, row := range rows {
		for j, u := range row.Action {
			z := float64(u-leanMean(row.Obs, j)) / 0.2
			sum, squares, n = sum+z, squares+z*z, n+1
		}
	}
	if mean, variance := sum/n, squares/n; math.Abs(mean) > 0.04 || math.Abs(variance-1) > 0.05 {
		t.Errorf("the policy's noise has mean %g and variance %g", mean, variance)
	}
}

func TestNothingIsStoredAfterATerminalRow(t *testing.T) {
	ends := func(start int) int { return start % 7 } // 5 and 6 are beyond the horizon
	w := plane{noise: 0.1, fate: func(start, h int) rollout.Fate {
		if h >= ends(start) {
			return rollout.Terminated
		}
		return rollout.Running
	}}
	const n, horizon = 700, 5
	rows, tally := roll(t, maker(t, w, 2), starts(n), imagine.Course{Horizon: horizon})
	want, at := 0, 0
	for i := range n {
		length := min(horizon, ends(i)+1)
		want += length
		for h := range length {
			row := rows[at]
			if last := h == ends(i); row.Terminated != last || row.Truncated {
				t.Fatalf("trajectory %d, step %d: %+v", i, h, row)
			}
			at++
		}
	}
	if len(rows) != want || tally.Terminated != n/7*5 || math.Abs(tally.MeanLength-float64(want)/n) > 1e-12 {
		t.Errorf("%d rows, want %d; tally %+v", len(rows), want, tally)
	}
}

// The compatibility mode of method.md A.7 (store.stop_at_terminal).
func TestPastTerminalStoresTheWholeRolloutAndItsTerminalRow(t *testing.T) {
	w := plane{fate: func(start, h int) rollout.Fate {
		if h == 1 {
			return rollout.Terminated
		}
		return rollout.Running
	}}
	const n, horizon = 50, 4
	rows, tally := roll(t, maker(t, w, 1), starts(n), imagine.Course{Horizon: horizon, PastTerminal: true})
	if len(rows) != n*horizon || tally.Terminated != n || tally.MeanLength != horizon {
		t.Fatalf("%d rows, want %d; tally %+v", len(rows), n*horizon, tally)
	}
	for i, row := range rows {
		if row.Terminated != (i%horizon == 1) {
			t.Fatalf("step %d: terminated %t", i%horizon, row.Terminated)
		}
		if i%horizon > 0 && !slices.Equal(row.Obs, rows[i-1].Next) {
			t.Fatalf("step %d does not go on from the row before", i%horizon)
		}
	}
}

// A state past the end is often terminal too: the rollout still counts once.
func TestPastTerminalCountsRolloutsAndNotTerminalRows(t *testing.T) {
	w := plane{fate: func(start, h int) rollout.Fate {
		if start%2 == 0 && h >= 1 {
			return rollout.Terminated
		}
		return rollout.Running
	}}
	const n, horizon = 50, 4
	rows, tally := roll(t, maker(t, w, 1), starts(n), imagine.Course{Horizon: horizon, PastTerminal: true})
	if len(rows) != n*horizon || tally.Terminated != n/2 {
		t.Errorf("%d rows and %d terminated rollouts, want %d and %d", len(rows), tally.Terminated, n*horizon, n/2)
	}
}

func TestARowThatIsNotFiniteOrOutOfRangeIsDroppedAndCounted(t *testing.T) {
	w := plane{fate: func(start, h int) rollout.Fate {
		switch {
		case start%10 == 3 && h == 2:
			return rollout.NonFinite
		case start%10 == 6 && h == 0:
			return rollout.OutOfRange
		}
		return rollout.Running
	}}
	const n, horizon = 500, 4
	rows, tally := roll(t, maker(t, w, 1), starts(n), imagine.Course{Horizon: horizon})
	if want := n*horizon - n/10*2 - n/10*4; len(rows) != want || tally.NonFinite != n/10 || tally.OutOfRange != n/10 || tally.Terminated != 0 {
		t.Errorf("%d rows, want %d; tally %+v", len(rows), want, tally)
	}
	for i, row := range rows {
		for _, x := range row.Next {
			if x-x != 0 {
				t.Fatalf("row %d holds %v", i, row.Next)
			}
		}
	}
	if math.IsNaN(tally.Return) {
		t.Error("a dropped row entered the return")
	}
}

func TestSampledRewardsScatterAroundThePredictedMean(t *testing.T) {
	m := maker(t, plane{noise: 0.1}, 1)
	from := starts(4000)
	mean, plain := roll(t, m, from, imagine.Course{Horizon: 3})
	sampled, drawn := roll(t, m, from, imagine.Course{Horizon: 3, SampleReward: true})
	sum, squares := 0.0, 0.0
	for i := range mean {
		if !slices.Equal(mean[i].Next, sampled[i].Next) || !slices.Equal(mean[i].Action, sampled[i].Action) {
			t.Fatalf("row %d: drawing rewards changes the trajectory", i)
		}
		z := float64(sampled[i].Reward-mean[i].Reward) / rewardStd
		sum, squares = sum+z, squares+z*z
	}
	n := float64(len(mean))
	if math.Abs(sum/n) > 0.04 || math.Abs(squares/n-1) > 0.06 {
		t.Errorf("drawn rewards have mean %g and variance %g in units of the prediction's", sum/n, squares/n)
	}
	if plain.Return != drawn.Return {
		t.Errorf("the figures should be of mean rewards: %g and %g", plain.Return, drawn.Return)
	}
	// Neighbouring steps and rows draw their own numbers.
	agree := 0
	for i := 1; i < len(mean); i++ {
		if sampled[i].Reward-mean[i].Reward == sampled[i-1].Reward-mean[i-1].Reward {
			agree++
		}
	}
	if agree > 5 {
		t.Errorf("%d neighbours drew the same number", agree)
	}
}

// Rows, their order and their bits are those of one worker, and what follows a
// start in the batch does not matter to it.
func TestRowsDependNeitherOnWorkersNorOnTheStartsThatFollow(t *testing.T) {
	w := plane{noise: 0.2, fate: func(start, h int) rollout.Fate {
		if start%11 == 5 && h == 1 {
			return rollout.Terminated
		}
		return rollout.Running
	}}
	from := starts(5000)
	for name, c := range map[string]imagine.Course{
		"policy":   {Horizon: 4, SampleReward: true, Value: true},
		"residual": {Horizon: 4, Value: true, Plans: plans(5000, 4, mpc.FormResidual, func(i, h, j int) float32 { return float32(i%3) / 10 })},
	} {
		want, tally := roll(t, maker(t, w, 1), from, c)
		for _, workers := range []int{2, 3, 8} {
			got, other := roll(t, maker(t, w, workers), from, c)
			if tally != other {
				t.Errorf("%s: figures of %d workers differ: %+v and %+v", name, workers, tally, other)
			}
			if len(got) != len(want) {
				t.Fatalf("%s: %d rows with %d workers, want %d", name, len(got), workers, len(want))
			}
			for i := range got {
				if !same(got[i], want[i]) {
					t.Fatalf("%s: row %d differs with %d workers", name, i, workers)
				}
			}
		}
		for _, n := range []int{1, 255, 256, 257, 4096, 4100} {
			got, _ := roll(t, maker(t, w, 2), from[:n], c)
			for i := range got {
				if !same(got[i], want[i]) {
					t.Fatalf("%s: row %d differs when only %d starts are rolled", name, i, n)
				}
			}
		}
	}
}

// Who else is still alive must not change a trajectory's noise.
func TestATrajectoryDoesNotDependOnTheFateOfOthers(t *testing.T) {
	from := starts(256)
	all, _ := roll(t, maker(t, plane{noise: 0.2}, 1), from, imagine.Course{Horizon: 4})
	odd := plane{noise: 0.2, fate: func(start, h int) rollout.Fate {
		if start%2 == 1 {
			return rollout.Terminated
		}
		return rollout.Running
	}}
	some, _ := roll(t, maker(t, odd, 1), from, imagine.Course{Horizon: 4})
	at := 0
	for i := range from {
		if i%2 == 1 {
			at++
			continue
		}
		for h := range 4 {
			if !same(some[at], all[i*4+h]) {
				t.Fatalf("trajectory %d, step %d changed when its neighbours ended", i, h)
			}
			at++
		}
	}
}

// Return is the mean over starts of the sum of gamma^h r_h, the terminal step's
// reward included; Value that of gamma^H V(s_H) of those still running.
func TestReturnAndValueAreTheDiscountedSums(t *testing.T) {
	w := plane{noise: 0.1, fate: func(start, h int) rollout.Fate {
		switch {
		case start%4 == 1 && h == 1:
			return rollout.Terminated
		case start%4 == 2 && h == 2:
			return rollout.NonFinite
		}
		return rollout.Running
	}}
	const n, horizon = 400, 5
	rows, tally := roll(t, maker(t, w, 2), starts(n), imagine.Course{Horizon: horizon, Value: true})
	returns, values, at := 0.0, 0.0, 0
	for i := range n {
		length := []int{5, 2, 2, 5}[i%4]
		discount := 1.0
		for range length {
			returns += discount * float64(rows[at].Reward)
			discount *= gamma
			at++
		}
		if length == horizon {
			values += discount * float64(3*rows[at-1].Next[0]+1)
		}
	}
	if at != len(rows) {
		t.Fatalf("%d rows, want %d", len(rows), at)
	}
	if !(math.Abs(tally.Return-returns/n) <= 1e-9 && math.Abs(tally.Value-values/n) <= 1e-6) { // nor NaN
		t.Errorf("return %g, value %g; want %g and %g", tally.Return, tally.Value, returns/n, values/n)
	}
	if _, plain := roll(t, maker(t, w, 2), starts(n), imagine.Course{Horizon: horizon}); plain.Value != 0 {
		t.Errorf("value %g without being asked for", plain.Value)
	}
}

// One Maker serves rounds of different length one after the other.
func TestRoundsDoNotLeakIntoEachOther(t *testing.T) {
	used, from := maker(t, plane{noise: 0.1}, 2), starts(700)
	for _, c := range []struct{ n, horizon int }{{700, 6}, {10, 2}, {300, 4}, {700, 1}, {0, 3}} {
		course := imagine.Course{Horizon: c.horizon, Value: true}
		got, tally := roll(t, used, from[:c.n], course)
		want, fresh := roll(t, maker(t, plane{noise: 0.1}, 2), from[:c.n], course)
		if tally != fresh || len(got) != len(want) {
			t.Fatalf("%+v: %+v after other rounds, %+v alone", c, tally, fresh)
		}
		for i := range got {
			if !same(got[i], want[i]) {
				t.Fatalf("%+v: row %d differs after other rounds", c, i)
			}
		}
	}
}

func TestARoundAllocatesNothing(t *testing.T) {
	from := starts(600)
	for name, c := range map[string]imagine.Course{
		"policy": {Horizon: 4, SampleReward: true, Value: true},
		"plans":  {Horizon: 4, Plans: plans(600, 4, mpc.FormResidual, func(int, int, int) float32 { return 0.1 })},
	} {
		m := maker(t, plane{noise: 0.1}, 2)
		buf := replay.NewBuffer(500, obsDim, actDim)
		round := func() {
			if _, err := m.Roll(from, c, rng.Root(1), buf); err != nil {
				t.Fatal(err)
			}
		}
		round()
		if n := testing.AllocsPerRun(10, round); n != 0 {
			t.Errorf("%s: a round allocates %g times", name, n)
		}
	}
}

func TestFaultsAreErrors(t *testing.T) {
	for _, horizon := range []int{0, -1, longest + 1} {
		_, err := maker(t, plane{}, 1).Roll(starts(3), imagine.Course{Horizon: horizon}, rng.Root(1), nil)
		if err == nil || !strings.Contains(err.Error(), "1..6") {
			t.Errorf("horizon %d gives %v", horizon, err)
		}
	}
	broken := errors.New("the world broke")
	buf := replay.NewBuffer(10, obsDim, actDim)
	if _, err := maker(t, plane{err: broken}, 2).Roll(starts(600), imagine.Course{Horizon: 2}, rng.Root(1), buf); !errors.Is(err, broken) || buf.Len() != 0 {
		t.Errorf("a failing world gives %v and %d rows", err, buf.Len())
	}
}
