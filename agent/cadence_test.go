package agent

import (
	"math"
	"slices"
	"testing"

	"demorl/env"
	"demorl/mpc"
	"demorl/par"
	"demorl/replay"
	"demorl/rng"
)

const pendulum = "classic/pendulum"

func ceil(a, b int) int { return (a + b - 1) / b }

// method.md A.2: after n steps the updates, refits and rounds are those that
// the settings ask for, counted from the end of warm-up.
func TestUpdatesRefitsAndRoundsComeAtTheirSteps(t *testing.T) {
	for _, a := range Algorithms {
		s := tiny(t, a.Name, pendulum)
		utd := 2
		if s.Clones() {
			utd = 0
		}
		s.UTD = utd
		d := newDriver(t, s, pendulum, 1)
		for n := 1; n <= s.Warmup+2*s.EpochSteps+5; n++ {
			d.step()
			after := max(0, n-s.Warmup)
			made := uint64(0)
			if d.a.sac != nil {
				made = d.a.sac.Updates()
			}
			want := after / s.UpdateEvery * s.UpdateEvery * utd
			if s.gradients() {
				want = gradientUpdates(s, ceil(after, s.RefitEvery))
			}
			if int(d.a.updates) != want || int(made) != want {
				t.Fatalf("%s: %d updates (SAC made %d) after step %d, want %d", a.Name, d.a.updates, made, n, want)
			}
			if d.a.Steps() != n || d.a.Real().Len() != n {
				t.Fatalf("%s: %d steps and %d real rows after %d", a.Name, d.a.Steps(), d.a.Real().Len(), n)
			}
			if d.a.model != nil && d.a.model.Fits() != ceil(after, s.RefitEvery) {
				t.Fatalf("%s: %d refits after step %d, want %d", a.Name, d.a.model.Fits(), n, ceil(after, s.RefitEvery))
			}
			rounds := 0
			switch {
			case s.gradients():
				rounds = gradientRounds(s, ceil(after, s.RefitEvery))
			case a.Imagine != ImagineNothing:
				rounds = ceil(after, s.ReplanEvery)
			}
			if int(d.a.rounds) != rounds {
				t.Fatalf("%s: %d rounds after step %d, want %d", a.Name, d.a.rounds, n, rounds)
			}
		}
	}
}

// gradientUpdates and gradientRounds are what that many blocks of value
// gradients make (method.md D.5): after the warm-up utd updates for each of its
// steps, later for each step between refits, and before them some of the critics
// alone; a round of imagination before those and every few updates.
func gradientUpdates(s Settings, blocks int) int {
	if blocks == 0 {
		return 0
	}
	return blocks*s.Gradient.CriticUpdates + s.UTD*s.Warmup + (blocks-1)*s.UTD*s.RefitEvery
}

func gradientRounds(s Settings, blocks int) int {
	if blocks == 0 {
		return 0
	}
	every := s.Gradient.ImagineEvery
	return blocks + ceil(s.UTD*s.Warmup, every) + (blocks-1)*ceil(s.UTD*s.RefitEvery, every)
}

// A block begins with fresh optimisers and an empty D_MPC, whose rows are the
// last rounds of its own; a round has as many as starts that never end give.
func TestTheStartStatesOfABlockAreThoseOfItsLastRounds(t *testing.T) {
	s := tiny(t, "dhmbpo", pendulum)
	s.Horizon = Schedule{5}
	d := newDriver(t, s, pendulum, 1)
	d.run(s.Warmup + 1)
	held := s.Gradient.RetainRounds * s.StartStates * 5
	if d.a.imagined.Len() != held || d.a.imagined.Capacity() != held {
		t.Errorf("D_MPC holds %d of %d rows, want %d", d.a.imagined.Len(), d.a.imagined.Capacity(), held)
	}
	if got, want := d.a.imagined.Added(), uint64(gradientRounds(s, 1)*s.StartStates*5); got != want {
		t.Errorf("the first block imagined %d rows, want %d", got, want)
	}
	d.run(s.RefitEvery)
	if got, want := d.a.imagined.Added(), uint64((gradientRounds(s, 2)-gradientRounds(s, 1))*s.StartStates*5); got != want {
		t.Errorf("the second block imagined %d rows, want %d: it begins with none", got, want)
	}
}

func TestABlockBeginsWithFreshOptimisers(t *testing.T) {
	s := tiny(t, "m-demorl-vg", pendulum)
	one, other := newDriver(t, s, pendulum, 1), newDriver(t, s, pendulum, 1)
	for _, d := range []*driver{one, other} {
		d.run(s.Warmup + s.RefitEvery)
	}
	other.a.sac.ResetOptimisers()
	if slices.Equal(one.a.sac.AppendState(nil), other.a.sac.AppendState(nil)) {
		t.Fatal("a reset is not to be seen in the state")
	}
	one.run(1)
	other.run(1)
	equalStates(t, "after the block", other.a, one.a)
}

// Where every start ends at once a round gives up after some tries instead of
// looking for rows that there are not.
func TestARoundOfStartStatesThatEndAtOnceGivesUp(t *testing.T) {
	s := tiny(t, "dhmbpo", pendulum)
	s.Horizon, s.Gradient.CriticUpdates, s.UTD = Schedule{20}, 1, 1
	s.Warmup, s.Gradient.ImagineEvery = 30, 1000
	d := driverOf(t, s, &ending{}, Task{ID: "test/ending", ObsDim: 1, ActDim: 1, Terminates: true, Terminator: always{}}, 1)
	d.run(s.Warmup + 1)
	if got, want := d.a.imagined.Added(), uint64(2*imagineTries*s.StartStates); got != want {
		t.Errorf("%d rows of starts that end at once, want %d", got, want)
	}
}

// always says that every state is the last.
type always struct{}

func (always) Terminal(_ []float32, done []bool) {
	for i := range done {
		done[i] = true
	}
}

// LOOP learns in blocks: 50 updates after every 50th step (method.md E.2).
func TestLoopUpdatesInBlocksOfFifty(t *testing.T) {
	task, err := env.Lookup(pendulum)
	if err != nil {
		t.Fatal(err)
	}
	a, err := FindAlgorithm("loop")
	if err != nil {
		t.Fatal(err)
	}
	published, err := Preset(a, "reference", task)
	if err != nil {
		t.Fatal(err)
	}
	if published.UpdateEvery != 50 || published.UTD != 1 {
		t.Fatalf("loop updates %d times every %d steps", published.UTD, published.UpdateEvery)
	}
	s := tiny(t, "loop", pendulum)
	s.UpdateEvery, s.RefitEvery, s.EpochSteps = 50, 1000, 1000
	d := newDriver(t, s, pendulum, 1)
	d.run(s.Warmup + 49)
	if d.a.updates != 0 {
		t.Errorf("%d updates 49 steps after warm-up", d.a.updates)
	}
	d.step()
	if d.a.updates != 50 {
		t.Errorf("%d updates 50 steps after warm-up", d.a.updates)
	}
}

func TestAFrozenModelIsNotRefitted(t *testing.T) {
	s := tiny(t, "mbpo", pendulum)
	s.ModelFreezeEpoch = 1
	d := newDriver(t, s, pendulum, 1)
	d.run(s.Warmup + 2*s.EpochSteps)
	if want := s.EpochSteps / s.RefitEvery; d.a.model.Fits() != want {
		t.Errorf("%d refits, want the %d of the first epoch", d.a.model.Fits(), want)
	}
	if d.a.rounds != uint64(2*s.EpochSteps/s.ReplanEvery) {
		t.Errorf("%d rounds: imagination should go on", d.a.rounds)
	}
}

// method.md A.7, noise.redraw: with one policy, model-free of draws (bound to one
// start, one step and a plan that is the mean), two rounds of an epoch explore
// alike and the next epoch's otherwise.
func TestRoundsOfAnEpochMayShareTheirExploration(t *testing.T) {
	for redraw, shared := range map[string]bool{RedrawRound: false, RedrawEpoch: true} {
		s := tiny(t, "m-demorl", pendulum)
		s.NoiseRedraw, s.UTD, s.Horizon = redraw, 0, Schedule{1}
		s.Planner.Proposal, s.Planner.Particles = mpc.ProposalMean, 1
		s.Planner.Samples, s.Planner.Elites = 4, 4 // the plan's residual is the mean noise, whatever the scores
		s.Planner.PlanForm, s.Planner.Sigma = mpc.PlanResidualMean, 0.05
		d := newDriver(t, s, pendulum, 1)
		d.run(s.Warmup)
		var noise []float32
		for range s.EpochSteps + 1 {
			before := d.a.rounds
			d.step()
			if d.a.rounds != before {
				noise = append(noise, d.a.plans.At(0, 0)[0])
			}
		}
		first, last := noise[0], noise[len(noise)-1]
		for i, x := range noise[1 : len(noise)-1] {
			if same := math.Abs(float64(x-first)) < 1e-6; same != shared {
				t.Errorf("%s: round %d of the epoch explores by %g, the first one by %g", redraw, i+1, x, first)
			}
		}
		if math.Abs(float64(last-first)) < 1e-6 {
			t.Errorf("%s: the next epoch explores alike", redraw)
		}
	}
}

func TestWithoutUpdatesThePolicyStays(t *testing.T) {
	s := tiny(t, "m-demorl", pendulum)
	s.UTD = 0
	d := newDriver(t, s, pendulum, 1)
	before := d.a.sac.AppendState(nil)
	d.run(s.Warmup + 15)
	if !slices.Equal(before, d.a.sac.AppendState(nil)) {
		t.Error("utd 0 changed the learner")
	}
}

// method.md A.2 step 2: D_MPC is emptied at each epoch and holds B x H rows a
// round of that epoch's horizon, all of which fit.
func TestTheClearedBufferHoldsTheRoundsOfItsEpoch(t *testing.T) {
	s := tiny(t, "m-demorl", pendulum)
	s.Horizon = Schedule{0, 2, 1, 3}
	d := newDriver(t, s, pendulum, 1)
	d.run(s.Warmup)
	if d.a.imagined.Len() != 0 {
		t.Fatal("rows were imagined during warm-up")
	}
	for i := range 3*s.EpochSteps + 1 {
		d.step()
		epoch, round := i/s.EpochSteps, i%s.EpochSteps/s.ReplanEvery+1
		horizon := min(3, 1+epoch)
		if got, want := d.a.imagined.Len(), round*s.StartStates*horizon; got != want {
			t.Fatalf("epoch %d, round %d: %d imagined rows, want %d", epoch, round, got, want)
		}
		if got, want := d.a.imagined.Capacity(), 4*s.StartStates*horizon; got != want {
			t.Fatalf("epoch %d: capacity %d, want %d", epoch, got, want)
		}
	}
}

// A ring keeps what is newest over retain_epochs epochs and grows with the
// horizon without forgetting.
func TestTheRingHoldsTheRoundsOfTheRetainedEpochs(t *testing.T) {
	s := tiny(t, "mbpo", pendulum)
	s.Horizon, s.RetainEpochs = Schedule{0, 2, 1, 3}, 2
	d := newDriver(t, s, pendulum, 1)
	d.run(s.Warmup)
	total := 0
	var oldest []float32
	for i := range 5 * s.EpochSteps {
		d.step()
		horizon := min(3, 1+i/s.EpochSteps)
		capacity := 2 * 4 * s.StartStates * horizon
		if i%s.ReplanEvery == 0 {
			total = min(total+s.StartStates*horizon, capacity)
		}
		if d.a.imagined.Len() != total || d.a.imagined.Capacity() != capacity {
			t.Fatalf("step %d after warm-up: %d rows of %d, want %d of %d", i, d.a.imagined.Len(), d.a.imagined.Capacity(), total, capacity)
		}
		switch row := d.a.imagined.Row(0); i {
		case 0:
			oldest = slices.Clone(row.Obs)
		case s.EpochSteps, 2*s.EpochSteps - 1: // grown, nothing was pushed out
			if !slices.Equal(oldest, row.Obs) {
				t.Fatalf("step %d after warm-up: the oldest row was lost as the ring grew", i)
			}
		}
	}
}

// Every epoch begins with a round, so that D_MPC is never empty after it was
// cleared, and the capacity counts rounds rounded up, so that no row of the
// epoch is overwritten where the replan period does not divide it.
func TestNoRoundIsOverwrittenWhenPeriodsDoNotDivide(t *testing.T) {
	s := tiny(t, "m-demorl", pendulum)
	s.ReplanEvery, s.Horizon = 15, Schedule{2} // rounds at 0, 15, 30 of every epoch
	d := newDriver(t, s, pendulum, 1)
	d.run(s.Warmup)
	held := 0
	for i := range 3 * s.EpochSteps {
		d.step()
		if i%s.EpochSteps == 0 {
			held = 0
		}
		if i%s.EpochSteps%s.ReplanEvery == 0 {
			held += s.StartStates * 2
		}
		if d.a.imagined.Len() != held {
			t.Fatalf("step %d after warm-up: %d rows, want %d", i, d.a.imagined.Len(), held)
		}
	}
}

// Chi-square with 19 degrees of freedom: 43.8 is exceeded once in 1000.
func TestWarmUpActionsAreUniformWithinTheBounds(t *testing.T) {
	s := tiny(t, "sac", pendulum)
	s.Warmup, s.Capacity = 10_000, 10
	pool := par.New(1)
	defer pool.Close()
	task := Task{ID: "test", ObsDim: 1, ActDim: 3}
	a, err := New(s, task, rng.Root(9), pool)
	if err != nil {
		t.Fatal(err)
	}
	const cells = 20
	var count [3][cells]float64
	product := 0.0
	action, obs := make([]float32, 3), []float32{float32(math.NaN())} // what is observed plays no part
	for range s.Warmup {
		if err := a.Act(t.Context(), obs, nil, action); err != nil {
			t.Fatal(err)
		}
		for j, u := range action {
			if !(u >= -1 && u <= 1) {
				t.Fatalf("action %g", u)
			}
			count[j][min(cells-1, int((float64(u)+1)/2*cells))]++
		}
		product += float64(action[0]) * float64(action[1])
		a.Observe(replay.Transition{Obs: []float32{0}, Next: []float32{0}, Action: action})
	}
	for j := range count {
		chi2, expected := 0.0, float64(s.Warmup)/cells
		for _, n := range count[j] {
			chi2 += (n - expected) * (n - expected) / expected
		}
		if chi2 > 43.8 {
			t.Errorf("joint %d: chi-square %g with 19 degrees of freedom", j, chi2)
		}
	}
	if r := 3 * product / float64(s.Warmup); math.Abs(r) > 0.04 {
		t.Errorf("joints 0 and 1 are correlated: %g", r)
	}
}

// Exploration is a sample of the policy: other steps draw other noise, and the
// deterministic action is not it.
func TestAfterWarmUpActionsAreSamplesOfThePolicy(t *testing.T) {
	s := tiny(t, "sac", pendulum)
	d := newDriver(t, s, pendulum, 1)
	d.run(s.Warmup)
	obs := []float32{1, 0, 0}
	mean, first, again, second := make([]float32, 1), make([]float32, 1), make([]float32, 1), make([]float32, 1)
	d.a.Best(obs, mean)
	for _, action := range [][]float32{first, again} {
		if err := d.a.Act(t.Context(), obs, nil, action); err != nil {
			t.Fatal(err)
		}
	}
	d.a.Observe(replay.Transition{Obs: obs, Next: obs, Action: first})
	if err := d.a.Act(t.Context(), obs, nil, second); err != nil {
		t.Fatal(err)
	}
	if first[0] != again[0] || first[0] == second[0] || first[0] == mean[0] {
		t.Errorf("mean %g, step n %g and %g, step n+1 %g", mean[0], first[0], again[0], second[0])
	}
}

// method.md A.4 step 8: how often a row is expected to be drawn counts all rounds
// until it is cleared or replaced. The oracle keeps a count for every row.
func TestDrawsPerRowAreCountedUntilTheRowIsGone(t *testing.T) {
	for buffer, retain := range map[string]int{BufferClear: 1, BufferRing: 2} {
		s := tiny(t, "m-demorl", pendulum)
		s.Horizon, s.PlanBuffer, s.RetainEpochs, s.RealRatio, s.UTD = Schedule{2}, buffer, retain, Schedule{0.25}, 3
		d := newDriver(t, s, pendulum, 1)
		d.run(s.Warmup)
		type row struct {
			round int
			drawn float64
		}
		var held []row
		told, drawn := map[int]float64{}, map[int]float64{}
		rounds, perRound := s.EpochSteps/s.ReplanEvery, float64(3*s.ReplanEvery*s.SAC.Batch)*0.75
		for round := range 4 * rounds {
			if buffer == BufferClear && round%rounds == 0 {
				held = nil
			}
			for range s.StartStates * 2 {
				held = append(held, row{round: round})
			}
			held = held[max(0, len(held)-retain*rounds*s.StartStates*2):]
			for i := range held {
				held[i].drawn += perRound / float64(len(held))
				drawn[held[i].round] = held[i].drawn
			}
			d.step()
			told[round] = d.a.report.last["plan/draws_per_row"]
			d.run(s.ReplanEvery - 1)
		}
		for round := range 2 * rounds { // rows of later rounds are not gone yet
			if math.Abs(told[round]-drawn[round]) > 1e-9*drawn[round] {
				t.Errorf("%s, round %d: said %g draws a row, counted %g", buffer, round, told[round], drawn[round])
			}
		}
	}
}
