package dynamics

import (
	"math"
	"slices"
	"testing"

	"demorl/rng"
	"demorl/rollout"
)

// fitted returns a fitted ensemble of the toy task with 5 members and 3 elites.
func fitted(t testing.TB, change func(*Settings)) *Ensemble {
	t.Helper()
	s := smallSettings()
	s.Members, s.Elites = 5, 3
	if change != nil {
		change(&s)
	}
	e := mustNew(t, s, 2, 1, 1)
	mustFit(t, e, doubleIntegrator(300, rng.Root(5)), 0)
	return e
}

// crowd returns a block of starts x candidates x particles rows with random
// observations and actions, ready to step.
func crowd(starts, candidates, particles int) (*rollout.Block, []rollout.Start) {
	rows := starts * candidates * particles
	b := rollout.NewBlock(rows, 2, 1)
	b.Rows, b.Key = rows, rng.Root(11)
	from := make([]rollout.Start, starts)
	for i := range from {
		from[i] = rollout.Start{ID: uint64(100 + i), Obs: make([]float32, 2)}
		rng.Root(12).At(uint64(i)).Normals(from[i].Obs, 0)
	}
	for r := range rows {
		b.Start[r] = int32(r / (candidates * particles))
		b.Candidate[r] = int32(r / particles % candidates)
		b.Particle[r] = int32(r % particles)
		b.Action[r] = float32(math.Sin(float64(r)))
	}
	b.Load(from)
	return b, from
}

func step(t testing.TB, l rollout.Lane, b *rollout.Block, starts []rollout.Start, h int) {
	t.Helper()
	if err := l.Begin(b, starts); err != nil {
		t.Fatal(err)
	}
	if err := l.Step(b, h); err != nil {
		t.Fatal(err)
	}
}

// spread counts the rows of one start a member.
func spread(member []int32) map[int32]int {
	n := map[int32]int{}
	for _, m := range member {
		n[m]++
	}
	return n
}

func TestFixedPropagationGivesAStartOneMemberWhateverTheBlock(t *testing.T) {
	e := fitted(t, nil)
	l := e.World(WorldOptions{Propagation: Fixed}).NewLane(240).(*Lane)
	b, starts := crowd(40, 3, 2)
	step(t, l, b, starts, 0)
	for s := range 40 {
		if len(spread(l.member[s*6:(s+1)*6])) != 1 {
			t.Fatalf("start %d uses members %v", s, l.member[s*6:(s+1)*6])
		}
	}
	if n := spread(l.member[:240]); len(n) != 3 {
		t.Errorf("40 starts use elites %v, want all 3", n)
	}
	first := slices.Clone(l.member)
	b.Key = rng.Root(99)
	step(t, l, b, starts, 0)
	if slices.Equal(first, l.member) {
		t.Error("another key draws the same members")
	}
}

func TestTSInfAndAllSpreadParticlesEvenlyOverElites(t *testing.T) {
	e := fitted(t, nil)
	for _, p := range []Propagation{TSInf, All} {
		l := e.World(WorldOptions{Propagation: p}).NewLane(60).(*Lane)
		b, starts := crowd(2, 5, 6)
		step(t, l, b, starts, 0)
		for c := range 10 {
			for m, n := range spread(l.member[c*6 : (c+1)*6]) {
				if n != 2 {
					t.Errorf("%s: candidate %d uses elite %d for %d of 6 particles", p, c, m, n)
				}
			}
		}
		before := slices.Clone(l.member)
		if err := l.Step(b, 1); err != nil || !slices.Equal(before, l.member) {
			t.Errorf("%s: members changed between steps (%v)", p, err)
		}
	}
}

func TestTSInfWithOneParticleStillUsesAllElites(t *testing.T) {
	e := fitted(t, nil)
	l := e.World(WorldOptions{Propagation: TSInf}).NewLane(30).(*Lane)
	b, starts := crowd(1, 30, 1)
	step(t, l, b, starts, 0)
	for m, n := range spread(l.member[:30]) {
		if n != 10 {
			t.Errorf("elite %d has %d of 30 candidates", m, n)
		}
	}
}

func TestTS1RedrawsMembersEveryStep(t *testing.T) {
	e := fitted(t, nil)
	l := e.World(WorldOptions{Propagation: TS1}).NewLane(300).(*Lane)
	b, starts := crowd(300, 1, 1)
	step(t, l, b, starts, 0)
	first := slices.Clone(l.member)
	for m, n := range spread(first) {
		if n < 70 || n > 130 {
			t.Errorf("elite %d has %d of 300 rows", m, n)
		}
	}
	b.Load(starts)
	if err := l.Step(b, 1); err != nil {
		t.Fatal(err)
	}
	same := 0
	for r := range first {
		if first[r] == l.member[r] {
			same++
		}
	}
	if same < 60 || same > 140 {
		t.Errorf("%d of 300 rows kept their member", same)
	}
}

func TestStepAgreesWithPredictAndTheBlocksNoise(t *testing.T) {
	e := fitted(t, nil)
	b, starts := crowd(50, 1, 1)
	w := e.World(WorldOptions{Propagation: Fixed})
	l := w.NewLane(50).(*Lane)
	step(t, l, b, starts, 3)
	noise := make([]float32, 50*rollout.Stride(w.NoiseDims()))
	b.Normals(rollout.ModelNoise, 3, noise, w.NoiseDims())
	mean, std := make([]float32, 3), make([]float32, 3)
	for r := range 50 {
		e.Predict(e.elites[l.member[r]], b.Obs[2*r:2*r+2], b.Action[r:r+1], 1, mean, std)
		if b.Reward[r] != mean[0] || b.RewardStd[r] != std[0] {
			t.Fatalf("row %d: reward %v +- %v, Predict says %v +- %v", r, b.Reward[r], b.RewardStd[r], mean[0], std[0])
		}
		for j := range 2 {
			want := b.Obs[2*r+j] + (mean[1+j] + std[1+j]*noise[4*r+1+j])
			if math.Abs(float64(b.Next[2*r+j]-want)) > 1e-6 {
				t.Fatalf("row %d coordinate %d: %v, want %v", r, j, b.Next[2*r+j], want)
			}
		}
	}
}

func TestExpectationIsTheMeanOfTheElitesMeans(t *testing.T) {
	e := fitted(t, nil)
	b, starts := crowd(150, 1, 1)
	l := e.World(WorldOptions{Propagation: Expect}).NewLane(150)
	step(t, l, b, starts, 0)
	mean := make([]float32, 3)
	for r := range 150 {
		var sum [3]float64
		for _, m := range e.elites {
			e.Predict(m, b.Obs[2*r:2*r+2], b.Action[r:r+1], 1, mean, nil)
			for d := range sum {
				sum[d] += float64(mean[d]) / 3
			}
		}
		if math.Abs(float64(b.Reward[r])-sum[0]) > 1e-5 || math.Abs(float64(b.Next[2*r]-b.Obs[2*r])-sum[1]) > 1e-5 {
			t.Fatalf("row %d: reward %v change %v, want %v", r, b.Reward[r], b.Next[2*r]-b.Obs[2*r], sum)
		}
	}
}

func TestImaginationDoesNotDependOnHowABatchIsCutIntoBlocks(t *testing.T) {
	e := fitted(t, nil)
	for _, p := range []Propagation{Fixed, TS1, TSInf, Expect, All} {
		w := e.World(WorldOptions{Propagation: p})
		whole, starts := crowd(33, 4, 3)
		whole.Fate[7], whole.Fate[200] = rollout.Terminated, rollout.NonFinite
		step(t, w.NewLane(whole.Rows), whole, starts, 2)
		lane := w.NewLane(100)
		for _, cut := range [][2]int{{0, 100}, {100, 101}, {101, 150}, {150, 250}, {250, 350}, {350, 396}} {
			part := rollout.NewBlock(100, 2, 1)
			n := cut[1] - cut[0]
			part.Rows, part.First, part.Key = n, uint64(cut[0]), whole.Key
			copy(part.Start, whole.Start[cut[0]:cut[1]])
			copy(part.Candidate, whole.Candidate[cut[0]:cut[1]])
			copy(part.Particle, whole.Particle[cut[0]:cut[1]])
			copy(part.Action, whole.Action[cut[0]:cut[1]])
			part.Load(starts)
			if cut[0] == 0 {
				part.Fate[7] = rollout.Terminated
			}
			if cut[0] == 150 {
				part.Fate[50] = rollout.NonFinite
			}
			step(t, lane, part, starts, 2)
			if !slices.Equal(part.Next[:2*n], whole.Next[2*cut[0]:2*cut[1]]) || !slices.Equal(part.Reward[:n], whole.Reward[cut[0]:cut[1]]) {
				t.Errorf("%s: rows %v differ when they walk in a block of their own", p, cut)
			}
		}
	}
}

func TestRowsThatHaveEndedAreLeftAlone(t *testing.T) {
	e := fitted(t, nil)
	w := e.World(WorldOptions{})
	b, starts := crowd(20, 1, 1)
	for r := range 20 {
		b.Next[2*r], b.Reward[r] = 77, 78
		if r%3 == 0 {
			b.Fate[r], b.Obs[2*r] = rollout.Terminated, float32(math.NaN())
		}
	}
	step(t, w.NewLane(20), b, starts, 0)
	for r := range 20 {
		if untouched := b.Next[2*r] == 77 && b.Reward[r] == 78; untouched != (r%3 == 0) {
			t.Errorf("row %d untouched: %v", r, untouched)
		}
	}
	if n := w.Counters().Steps; n != 13 {
		t.Errorf("%d rows stepped, want 13", n)
	}
}

// fall ends where the first coordinate exceeds its limit.
type fall float32

func (f fall) Terminal(obs []float32, done []bool) {
	for r := range done {
		done[r] = obs[2*r] > float32(f)
	}
}

// cost is a known reward.
type cost struct{}

func (cost) Reward(obs, action, next, reward []float32) {
	for r := range reward {
		reward[r] = obs[2*r] + 10*action[r] + 100*next[2*r]
	}
}

func TestKnownRuleAndKnownRewardReplaceTheLearnedOnes(t *testing.T) {
	e := fitted(t, nil)
	b, starts := crowd(60, 1, 1)
	w := e.World(WorldOptions{Terminator: fall(0.5), Rewarder: cost{}})
	step(t, w.NewLane(60), b, starts, 0)
	for r := range 60 {
		if want := b.Next[2*r] > 0.5; (b.Fate[r] == rollout.Terminated) != want {
			t.Errorf("row %d at %v has fate %v", r, b.Next[2*r], b.Fate[r])
		}
		if want := b.Obs[2*r] + 10*b.Action[r] + 100*b.Next[2*r]; b.Reward[r] != want || b.RewardStd[r] != 0 {
			t.Errorf("row %d: reward %v +- %v, want %v", r, b.Reward[r], b.RewardStd[r], want)
		}
	}
}

func TestBadPredictionsEndTheRowAndAreCounted(t *testing.T) {
	e := fitted(t, nil)
	b, starts := crowd(4, 1, 1)
	b.Obs[2] = float32(math.NaN())
	b.Obs[4] = 1e4
	w := e.World(WorldOptions{Terminator: fall(100)})
	step(t, w.NewLane(4), b, starts, 0)
	want := []rollout.Fate{rollout.Running, rollout.NonFinite, rollout.OutOfRange, rollout.Running}
	if !slices.Equal(b.Fate[:4], want) {
		t.Errorf("fates are %v, want %v", b.Fate[:4], want)
	}
	if c := w.Counters(); c.NonFinite != 1 || c.OutOfRange != 1 || c.Terminated != 0 {
		t.Errorf("counters are %+v", c)
	}
	free := fitted(t, func(s *Settings) { s.ModelGuard = 0 })
	b.Load(starts)
	b.Obs[4] = 1e4
	step(t, free.World(WorldOptions{}).NewLane(4), b, starts, 0)
	if b.Fate[2] != rollout.Running {
		t.Errorf("with the guard off a far row has fate %v", b.Fate[2])
	}
}

// However wide the guard, what is infinite is not believed.
func TestAGuardBeyondAllNumbersStillRefusesInfinity(t *testing.T) {
	for _, guard := range []float64{0, 10, 1e38, 1e300} {
		lane := fitted(t, func(s *Settings) { s.ModelGuard = guard }).World(WorldOptions{}).NewLane(4).(*Lane)
		b, _ := crowd(4, 1, 1)
		for i := range lane.outcome {
			if lane.outcome[i] = float32(math.Inf(1 - 2*(i%2))); i%3 == 0 {
				lane.outcome[i] = 1 // a reward, which has no guard
			}
		}
		for r := range lane.order {
			lane.order[r] = int32(r)
		}
		lane.finish(b, 4)
		for r, fate := range b.Fate[:4] {
			if fate != rollout.NonFinite {
				t.Errorf("model_guard %g: row %d, whose outcome is infinite, has fate %v", guard, r, fate)
			}
		}
	}
}

func TestDeltaClipClampsAndCountsEvenWhenOff(t *testing.T) {
	for _, on := range []bool{false, true} {
		e := fitted(t, func(s *Settings) { s.DeltaClip, s.ModelGuard = on, 0 })
		b, starts := crowd(4, 1, 1)
		b.Obs[3] = 500 // velocity: moves far beyond what was seen
		w := e.World(WorldOptions{})
		step(t, w.NewLane(4), b, starts, 0)
		if w.Counters().Clipped == 0 {
			t.Errorf("delta_clip %v: nothing was counted", on)
		}
		moved := b.Next[2] - b.Obs[2]
		if inside := moved >= e.span.low[0] && moved <= e.span.high[0]+1e-4; inside != on {
			t.Errorf("delta_clip %v: moved by %v, range %v to %v", on, moved, e.span.low[0], e.span.high[0])
		}
	}
}

func TestAStepAllocatesNothing(t *testing.T) {
	e := fitted(t, nil)
	for _, o := range []WorldOptions{{}, {Propagation: TS1, SampleReward: true}, {Propagation: Expect}, {Rewarder: cost{}, Terminator: fall(1)}} {
		l := e.World(o).NewLane(300)
		b, starts := crowd(100, 1, 3)
		if n := testing.AllocsPerRun(10, func() { b.Load(starts); _ = l.Begin(b, starts); _ = l.Step(b, 0) }); n != 0 {
			t.Errorf("%+v: a step allocates %v times", o, n)
		}
	}
}

func TestABFloat16WorldFollowsFitsAndStaysCloseToFloat32(t *testing.T) {
	e := mustNew(t, smallSettings(), 2, 1, 1)
	world, half := e.World(WorldOptions{}), e.World(WorldOptions{BFloat16: true})
	const rows = 64
	step := func(w *World) []float32 {
		b := rollout.NewBlock(rows, 2, 1)
		b.Rows, b.Key = rows, rng.Root(3)
		rng.Root(4).Normals(b.Obs, 0)
		rng.Root(5).Uniforms(b.Action, 0)
		lane := w.NewLane(rows)
		starts := []rollout.Start{{}}
		if err := lane.Begin(b, starts); err != nil {
			t.Fatal(err)
		}
		if err := lane.Step(b, 0); err != nil {
			t.Fatal(err)
		}
		return append(append([]float32{}, b.Next...), b.Reward...)
	}
	check := func(when string) {
		a, b, worst, same := step(world), step(half), 0.0, true
		for i := range a {
			worst = max(worst, math.Abs(float64(a[i]-b[i])))
			same = same && a[i] == b[i]
		}
		if worst > 0.05 || same {
			t.Errorf("%s: largest distance %g (equal: %v), want a rounding of bfloat16", when, worst, same)
		}
	}
	check("before a fit")
	fresh := step(half)
	if _, err := e.Fit(doubleIntegrator(300, rng.Root(7)), rng.Root(6), nil); err != nil {
		t.Fatal(err)
	}
	check("after a fit")
	moved := false
	for i, v := range step(half) {
		moved = moved || v != fresh[i]
	}
	if !moved {
		t.Error("the bfloat16 world did not follow the fit")
	}
}

func TestParticlesWithOneInputAreComputedOnceAndMoveAsEachAlone(t *testing.T) {
	e := fitted(t, nil)
	w := e.World(WorldOptions{Propagation: All, SampleReward: true})
	b, starts := crowd(2, 200, 12) // 3 elites: 4 particles of a candidate have one input; 400 inputs a member, more than go together
	for r := range b.Rows {
		b.Action[r] = float32(math.Sin(float64(r / 12)))
	}
	l := w.NewLane(b.Rows).(*Lane)
	step(t, l, b, starts, 0)
	at := 0
	for _, end := range l.ends {
		for i := at; i < end; i++ {
			if shared := i > at && l.input[i] == l.input[i-1]; shared != ((i-at)%4 != 0) {
				t.Fatalf("place %d of a member's rows shares the input before: %v", i-at, shared)
			}
		}
		at = end
	}
	alone := w.NewLane(1)
	one := rollout.NewBlock(1, 2, 1)
	one.Rows, one.Key = 1, b.Key
	for r := range b.Rows {
		one.First = uint64(r)
		one.Start[0], one.Candidate[0], one.Particle[0], one.Action[0] = b.Start[r], b.Candidate[r], b.Particle[r], b.Action[r]
		one.Load(starts)
		step(t, alone, one, starts, 0)
		if !slices.Equal(one.Next, b.Next[2*r:2*r+2]) || one.Reward[0] != b.Reward[r] || one.RewardStd[0] != b.RewardStd[r] {
			t.Fatalf("row %d moves to %v for %v, alone to %v for %v", r, b.Next[2*r:2*r+2], b.Reward[r], one.Next, one.Reward[0])
		}
		if r > 0 && b.Particle[r] >= 3 && slices.Equal(b.Next[2*r:2*r+2], b.Next[2*r-6:2*r-4]) {
			t.Fatalf("row %d has the same draw as another particle of its input", r)
		}
	}
}

func TestOnlyEqualBitsAreOneInput(t *testing.T) {
	zero, nan := float32(0), float32(math.NaN())
	x := []float32{1, zero, 1, zero, 1, float32(math.Copysign(0, -1)), nan, 2, nan, 2}
	for _, c := range []struct {
		r, s int
		want bool
	}{{0, 1, true}, {0, 2, false}, {3, 4, true}, {0, 3, false}} {
		if sameBits(x, c.r, c.s, 2) != c.want {
			t.Errorf("rows %v and %v: want %v", x[2*c.r:2*c.r+2], x[2*c.s:2*c.s+2], c.want)
		}
	}
}
