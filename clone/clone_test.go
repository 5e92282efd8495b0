package clone

import (
	"math"
	"slices"
	"strings"
	"testing"

	"demorl/internal/wire"
	"demorl/rng"
)

func newAgent(t *testing.T, s Settings) *Agent {
	t.Helper()
	a, err := New(s, 3, 2, rng.Root(1))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// plain is the policy's definition in float64: tanh layers, a linear output,
// clipped, over observations shifted by mean and scaled by inverse.
func plain(sizes []int, params []float64, mean, inverse, obs []float32) []float64 {
	x := make([]float64, len(obs))
	for i, v := range obs {
		x[i] = (float64(v) - float64(mean[i])) * float64(inverse[i])
	}
	for l := range len(sizes) - 1 {
		in, out := sizes[l], sizes[l+1]
		y := make([]float64, out)
		for j := range y {
			y[j] = params[in*out+j]
			for i := range in {
				y[j] += x[i] * params[i*out+j]
			}
			if l < len(sizes)-2 {
				y[j] = math.Tanh(y[j])
			}
		}
		x, params = y, params[(in+1)*out:]
	}
	for j := range x {
		x[j] = math.Min(1, math.Max(-1, x[j]))
	}
	return x
}

// filled returns n numbers that depend on seed.
func filled(n int, seed uint64) []float32 {
	x := make([]float32, n)
	rng.Root(seed).Normals(x, 0)
	return x
}

// observe shows a rows of deviation 2 around 5.
func observe(a *Agent, rows int) {
	all := filled(3*rows, 9)
	for i := range all {
		all[i] = 5 + 2*all[i]
	}
	for r := range rows {
		a.Observe(all[3*r : 3*r+3])
	}
}

func TestMovedParametersActAsThePolicyThatHasThem(t *testing.T) {
	for _, hidden := range [][]int{{32}, {7, 5}} {
		s := Averaged()
		s.Hidden = hidden
		a := newAgent(t, s)
		observe(a, 50)
		a.Applied(filled(a.Parameters(), 2)) // so that the output layer is not small
		if _, err := a.Learn(0, nil, rng.Root(3)); err != nil {
			t.Fatal(err)
		}
		lane, actor := a.NewPerturbed(4), a.NewActor(4)
		if lane.Parameters() != len(a.policy.Params) {
			t.Fatalf("%d parameters, want %d", lane.Parameters(), len(a.policy.Params))
		}
		obs, clipped := filled(12, 4), 0
		for i := range obs {
			obs[i] = 5 + 2*obs[i]
		}
		for _, scale := range []float32{0, 0.3} {
			offset := filled(lane.Parameters(), 5)
			moved := make([]float64, len(offset))
			for i := range offset {
				offset[i] *= scale
				moved[i] = float64(a.policy.Params[i]) + float64(offset[i])
			}
			got := make([]float32, 8)
			lane.ActPerturbed(offset, obs, 4, got)
			own := make([]float32, 8)
			actor.Act(obs, 4, nil, own, nil)
			for r := range 4 {
				for j, want := range plain(a.policy.Sizes, moved, a.mean, a.inverse, obs[3*r:3*r+3]) {
					if math.Abs(float64(got[2*r+j])-want) > 2e-5 {
						t.Errorf("%v, offsets of %g: action %d of row %d is %g, want %g", hidden, scale, j, r, got[2*r+j], want)
					}
					if scale == 0 && math.Abs(float64(own[2*r+j])-want) > 2e-5 {
						t.Errorf("%v: the policy itself acts %g, want %g", hidden, own[2*r+j], want)
					}
					if math.Abs(want) == 1 {
						clipped++
					}
				}
			}
		}
		if clipped == 0 || clipped == 16 {
			t.Errorf("%v: %d of 16 actions are at a bound: both kinds should be seen", hidden, clipped)
		}
	}
}

// method.md B.8, scheme AVG.
func TestParametersMoveByTheMeanOfWhatWasApplied(t *testing.T) {
	a := newAgent(t, Averaged())
	before := slices.Clone(a.policy.Params)
	n := len(before)
	one, two, three := filled(n, 1), filled(n, 2), filled(n, 3)
	for _, offset := range [][]float32{one, two, three} {
		a.Applied(offset)
	}
	stats, err := a.Learn(0, nil, rng.Root(1))
	if err != nil || stats.Rows != 3 {
		t.Fatalf("%+v, %v", stats, err)
	}
	length := 0.0
	for i, w := range a.policy.Params {
		move := (float64(one[i]) + float64(two[i]) + float64(three[i])) / 3
		length += move * move
		if math.Abs(float64(w)-float64(before[i])-move) > 1e-6 {
			t.Fatalf("parameter %d went from %g to %g, want a move of %g", i, before[i], w, move)
		}
	}
	if math.Abs(stats.Moved-math.Sqrt(length)) > 1e-4 {
		t.Errorf("moved by %g, want %g", stats.Moved, math.Sqrt(length))
	}
	after := slices.Clone(a.policy.Params)
	if stats, err = a.Learn(0, nil, rng.Root(2)); err != nil || stats.Rows != 0 || !slices.Equal(after, a.policy.Params) {
		t.Errorf("without anything applied: %+v, %v", stats, err)
	}
	a.Applied(slices.Repeat([]float32{float32(math.Inf(1))}, n))
	if _, err := a.Learn(0, nil, rng.Root(3)); err == nil {
		t.Error("an infinite move is taken")
	}
}

// lesson is what a teacher does at random observations.
func lesson(rows int) (row func(i int) (obs, action []float32), spread float64) {
	obs, action := filled(3*rows, 11), make([]float32, 2*rows)
	for i := range obs {
		obs[i] = 5 + 2*obs[i]
	}
	for r := range rows {
		x, y, z := float64(obs[3*r]-5)/2, float64(obs[3*r+1]-5)/2, float64(obs[3*r+2]-5)/2
		action[2*r], action[2*r+1] = float32(0.8*math.Tanh(x-y)), float32(0.5*math.Sin(z))
		spread += (float64(action[2*r]*action[2*r]) + float64(action[2*r+1]*action[2*r+1])) / float64(2*rows)
	}
	return func(i int) (o, a []float32) { return obs[3*i : 3*i+3], action[2*i : 2*i+2] }, spread
}

func TestThePolicyLearnsToRepeatATeacher(t *testing.T) {
	a := newAgent(t, DefaultSettings())
	row, spread := lesson(1000)
	for i := range 1000 {
		obs, _ := row(i)
		a.Observe(obs)
	}
	stats, err := a.Learn(1000, row, rng.Root(3))
	if err != nil {
		t.Fatal(err)
	}
	if stats.Rows != 1000 || stats.Passes < 10 || stats.Passes > 100 || !(stats.Error < 0.02*spread) {
		t.Errorf("%+v, where the actions' mean square is %g", stats, spread)
	}
	// Other observations than those that taught.
	fresh := filled(3*200, 12)
	total, got := 0.0, make([]float32, 2)
	actor := a.NewActor(1)
	for r := range 200 {
		obs := fresh[3*r : 3*r+3]
		x, y, z := float64(obs[0]), float64(obs[1]), float64(obs[2])
		for i := range obs {
			obs[i] = 5 + 2*obs[i]
		}
		actor.Act(obs, 1, nil, nil, got)
		e, f := float64(got[0])-0.8*math.Tanh(x-y), float64(got[1])-0.5*math.Sin(z)
		total += (e*e + f*f) / 400
	}
	if total > 0.03*spread {
		t.Errorf("mean squared error %g at new observations, where the actions' mean square is %g", total, spread)
	}
	if stats, err := newAgent(t, DefaultSettings()).Learn(1, row, rng.Root(1)); err != nil || stats.Rows != 1 {
		t.Errorf("one row: %+v, %v", stats, err)
	}
}

// Between two calls of Learn the policy stays what it is, whatever is observed.
func TestObservationsReachThePolicyWithTheNextLesson(t *testing.T) {
	a := newAgent(t, DefaultSettings())
	row, _ := lesson(64)
	actor, obs := a.NewActor(1), []float32{6, 4, 5}
	first, second := make([]float32, 2), make([]float32, 2)
	actor.Act(obs, 1, nil, nil, first)
	observe(a, 100)
	if actor.Act(obs, 1, nil, nil, second); !slices.Equal(first, second) {
		t.Error("an observation changed the policy")
	}
	if _, err := a.Learn(64, row, rng.Root(1)); err != nil {
		t.Fatal(err)
	}
	if math.Abs(float64(a.mean[0])-5) > 1 || math.Abs(1/float64(a.inverse[0])-2) > 0.7 {
		t.Errorf("the policy sees through mean %v and inverse deviation %v", a.mean, a.inverse)
	}
}

func TestARestoredLearnerGoesOnBitForBit(t *testing.T) {
	row, _ := lesson(80)
	for _, s := range []Settings{DefaultSettings(), Averaged()} {
		s.Passes = 7
		a, other := newAgent(t, s), newAgent(t, s)
		learn := func(a *Agent, seed uint64) {
			observe(a, 5)
			a.Applied(filled(a.Parameters(), seed))
			if _, err := a.Learn(80, row, rng.Root(seed)); err != nil {
				t.Fatal(err)
			}
			a.Applied(filled(a.Parameters(), seed+1)) // is under way
		}
		learn(a, 1)
		saved := a.AppendState(nil)
		r := wire.NewReader(saved)
		if other.ReadState(r); r.Err() != nil {
			t.Fatal(r.Err())
		}
		learn(a, 2)
		learn(other, 2)
		if !slices.Equal(a.AppendState(nil), other.AppendState(nil)) {
			t.Errorf("rule %s: a restored learner goes on differently", s.Rule)
		}
		r = wire.NewReader(saved[:len(saved)-1])
		if other.ReadState(r); r.Err() == nil {
			t.Error("a cut state is taken")
		}
	}
}

func TestActingAllocatesNothing(t *testing.T) {
	a := newAgent(t, Averaged())
	lane, obs, action := a.NewPerturbed(4), filled(12, 1), make([]float32, 8)
	offset := filled(a.Parameters(), 2)
	if n := testing.AllocsPerRun(10, func() {
		lane.ActPerturbed(offset, obs, 4, action)
		lane.Act(obs, 4, nil, action, action)
	}); n != 0 {
		t.Errorf("acting allocates %g times", n)
	}
}

// The mean error is of held-out rows: where there are too few to hold one out,
// or none is cloned, it says nothing, and Held tells that.
func TestTheErrorIsOfAsManyRowsAsAreHeldOut(t *testing.T) {
	row, _ := lesson(10)
	for rows, want := range map[int]int{1: 0, 4: 0, 5: 1, 10: 2} {
		if stats, err := newAgent(t, DefaultSettings()).Learn(rows, row, rng.Root(1)); err != nil || stats.Held != want || (stats.Error > 0) != (want > 0) {
			t.Errorf("%d rows: %+v, %v; want %d held out", rows, stats, err, want)
		}
	}
	averaged := newAgent(t, Averaged())
	averaged.Applied(make([]float32, averaged.Parameters()))
	if stats, err := averaged.Learn(10, row, rng.Root(1)); err != nil || stats.Held != 0 {
		t.Errorf("rule average: %+v, %v", stats, err)
	}
}

// Without a pass over the rows cloning teaches nothing; averages make none.
func TestCloningNeedsAPass(t *testing.T) {
	s := DefaultSettings()
	s.Passes, s.Batch = 0, 0
	err := s.Validate()
	for _, want := range []string{"clone.passes is 0 with clone.rule actions", "clone.batch is 0"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not told in %v", want, err)
		}
	}
	s = Averaged()
	s.Passes = 0
	if err := s.Validate(); err != nil {
		t.Error(err)
	}
}

func TestEveryFaultIsTold(t *testing.T) {
	s := Settings{Rule: "copy", Rate: -1, Decay: 2, Passes: -1}
	err := s.Validate()
	for _, want := range []string{"clone.rule", "clone.hidden", "clone.rate", "clone.decay", "clone.passes", "clone.batch"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not told in %v", want, err)
		}
	}
	if _, err := New(DefaultSettings(), 0, 1, rng.Root(1)); err == nil {
		t.Error("a task without observations is taken")
	}
}
