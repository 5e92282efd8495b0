package mpc

import (
	"bytes"
	"context"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"demorl/internal/wire"
	"demorl/par"
	"demorl/rng"
	"demorl/rollout"
)

var poor = linear{gain: []float32{0.05, 0.02}, obs: 2, act: 1, std: 0.1}

func deps() Deps {
	return Deps{NewActor: poor.actor, NewTerminal: quadratic{[]float64{1, 0, 0, 0.1}, 2}.terminal, NewPerturbed: poor.perturbed}
}

// everyPreset runs f for each preset, small enough for a test.
func everyPreset(t *testing.T, f func(t *testing.T, s Settings)) {
	for _, name := range PresetNames() {
		s, _ := Preset(name)
		s.Horizon = min(s.Horizon, 6)
		t.Run(name, func(t *testing.T) { f(t, s) })
	}
	for _, form := range []string{PlanResidual, PlanResidualMean, PlanBest, PlanFirstParticle} {
		s := MDeMoRL()
		s.PlanForm, s.Particles = form, 2
		t.Run(form, func(t *testing.T) { f(t, s) })
	}
	for name, change := range options {
		for _, s := range []Settings{CEM(), MDeMoRL()} {
			s.Horizon, s.Iterations = 6, min(s.Iterations, 3)
			change(&s)
			t.Run(name+" of "+s.Shift, func(t *testing.T) { f(t, s) })
		}
	}
}

// options are settings that no preset has, for both a rolled plan and one
// around the policy.
var options = map[string]func(s *Settings){
	"full": func(s *Settings) {
		s.Distribution, s.Covariance, s.ShiftCovariance = DistributionFull, CovOld, CovCarry
	},
	"full_step":       func(s *Settings) { s.Distribution, s.Covariance, s.Noise = DistributionFullStep, CovElite, NoiseAR },
	"ar":              func(s *Settings) { s.Noise, s.Sampling = NoiseAR, SampleTruncate },
	"knots":           func(s *Settings) { s.Noise, s.Utility = NoiseKnots, UtilityExp },
	"rate":            func(s *Settings) { s.Rate, s.Answer = []float64{0.2}, AnswerBest },
	"cvar":            func(s *Settings) { s.Particles, s.Score = 4, ScoreCVaR },
	"mean_minus_kstd": func(s *Settings) { s.Particles, s.Score = 4, ScoreMeanMinusKStd },
	"measure":         func(s *Settings) { s.Measure = true },
}

func TestPresetsAreValidAndNamed(t *testing.T) {
	everyPreset(t, func(t *testing.T, s Settings) {
		if err := s.Validate(); err != nil {
			t.Error(err)
		}
	})
	if _, ok := Preset("none such"); ok {
		t.Error("an unknown preset is known")
	}
}

func TestValidateReturnsEveryFaultByName(t *testing.T) {
	s := DefaultSettings()
	s.Horizon, s.Lambda, s.Utility, s.Elites, s.StepMean = 0, 0, "best", 200, math.NaN()
	err := s.Validate()
	for _, name := range []string{"planner.horizon", "planner.lambda", "planner.utility", "planner.elites", "planner.step_mean"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("no fault names %s: %v", name, err)
		}
	}
	if _, err := New(DefaultSettings(), integrator(1), Deps{}, par.New(1)); err == nil || !strings.Contains(err.Error(), "no policy") || !strings.Contains(err.Error(), "terminal value") {
		t.Errorf("missing policy and value give %v", err)
	}
}

func TestPlansDoNotDependOnWorkersNorOnTheBlockCut(t *testing.T) {
	everyPreset(t, func(t *testing.T, s Settings) {
		starts := startsAt(37, 2, 5)
		one, four := newPlanner(t, s, integrator(2), deps(), 1), newPlanner(t, s, integrator(2), deps(), 4)
		a, b, c := &Plans{}, &Plans{}, &Plans{}
		sa, err := one.PlanBatch(starts, rng.Root(1), a)
		if err != nil {
			t.Fatal(err)
		}
		sb, _ := four.PlanBatch(starts, rng.Root(1), b)
		if sa != sb || !slices.Equal(a.Sequence, b.Sequence) || !slices.Equal(a.Length, b.Length) {
			t.Error("four workers plan otherwise than one")
		}
		// The first start alone, in a block of its own.
		if _, err := one.PlanBatch(starts[:1], rng.Root(1), c); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(c.Sequence, a.Sequence[:len(c.Sequence)]) {
			t.Error("a start alone is planned otherwise than in a batch")
		}
		if s.Answer == AnswerMean { // Plan's split into small blocks
			r := four.Plan(context.Background(), starts[0], rng.Root(1))
			if !slices.Equal(r.Sequence, c.Sequence) {
				t.Error("Plan answers otherwise than a batch of one")
			}
		}
	})
}

func TestNumberingOfCandidatesIsIrrelevant(t *testing.T) {
	for _, s := range []Settings{CEM(), MPPI(), MDeMoRL()} {
		s.StepMean = 0.7
		p := newPlanner(t, s, integrator(2), deps(), 1)
		g, n, ha := p.solo, s.Samples, s.Horizon
		ps := p.iteration(0, 0)
		fill := func(order []int) []float64 {
			g.begin(p, 0, 1)
			for i, from := range order {
				k := rng.Root(3).At(uint64(from))
				g.info[i] = candidate{score: k.Float64At(0), length: int32(ha), done: true}
				k.Uniforms(g.cand[i*ha:(i+1)*ha], 0)
				if g.prop != nil {
					k.Uniforms(g.prop[i*ha:(i+1)*ha], 400)
				}
			}
			g.update(p, 0, &ps)
			return slices.Clone(append(g.mean[:ha:ha], g.std[:ha]...))
		}
		order := make([]int, n)
		for i := range order {
			order[i] = i
		}
		plain := fill(order)
		slices.Reverse(order)
		order[3], order[17] = order[17], order[3]
		if !slices.Equal(plain, fill(order)) {
			t.Errorf("%s: a permutation of the candidates changes the plan", s.Utility)
		}
	}
}

func TestABadCandidateChangesNothingElse(t *testing.T) {
	nan := float32(math.NaN())
	inf := float32(math.Inf(1))
	everyPreset(t, func(t *testing.T, s Settings) {
		s.Iterations, s.KeepElites = 1, 0
		good := integrator(2)
		spoil := func(kind int) (*Plans, Stats) {
			w := good
			w.step = func(r row, h int, x, u, next []float32) (float32, rollout.Fate) {
				reward, fate := good.step(r, h, x, u, next)
				if r.candidate == 30 && r.particle == 0 && h == 1 {
					switch kind {
					case 0: // bad from here on, found by the world
						next[0] = nan
						return nan, rollout.NonFinite
					case 1: // found by the planner
						return inf, fate
					case 2:
						return 0, rollout.OutOfRange
					}
				}
				return reward, fate
			}
			p := newPlanner(t, s, w, deps(), 2)
			out := &Plans{}
			st, err := p.PlanBatch(startsAt(3, 2, 5), rng.Root(1), out)
			if err != nil {
				t.Fatal(err)
			}
			return out, st
		}
		ref, st := spoil(0)
		if st.NonFinite != 3 || st.Skipped != 0 {
			t.Errorf("counted %d rows not finite, want 3; %d starts skipped, want 0", st.NonFinite, st.Skipped)
		}
		for kind := 1; kind < 3; kind++ {
			out, st := spoil(kind)
			if !slices.Equal(ref.Sequence, out.Sequence) {
				t.Errorf("kind %d of bad candidate gives another plan", kind)
			}
			if kind == 2 && st.OutOfRange != 3 {
				t.Errorf("counted %d rows out of range, want 3", st.OutOfRange)
			}
		}
		for _, u := range ref.Sequence {
			if u != u {
				t.Fatal("the plan holds a NaN")
			}
		}
	})
}

func TestWithoutAFiniteScoreTheShiftedPlanStaysAndIsFlagged(t *testing.T) {
	everyPreset(t, func(t *testing.T, s Settings) {
		good, broken := integrator(2), false
		w := good
		w.step = func(r row, h int, x, u, next []float32) (float32, rollout.Fate) {
			if broken {
				return float32(math.NaN()), rollout.Running
			}
			return good.step(r, h, x, u, next)
		}
		p := newPlanner(t, s, w, deps(), 1)
		first := p.Plan(context.Background(), startsAt(1, 2, 5)[0], rng.Root(1))
		before := slices.Clone(first.Sequence)
		broken = true
		r := p.Plan(context.Background(), startsAt(1, 2, 5)[0], rng.Root(2))
		if !r.Degenerate || !r.Stats.Degenerate() {
			t.Error("not flagged as degenerate")
		}
		if s.Shift != ShiftClosed {
			if r.Source != FromShifted || r.Sequence[0] != before[p.width] && s.Answer == AnswerMean {
				t.Errorf("answered from %s with %g, want the shifted plan's %g", r.Source, r.Sequence[0], before[p.width])
			}
		} else if r.Source != FromPolicy {
			t.Errorf("answered from %s, want the policy", r.Source)
		}
		feasible(t, r)
		out := &Plans{}
		st, err := p.PlanBatch(startsAt(4, 2, 5), rng.Root(3), out)
		if err != nil || st.Skipped != 4 || slices.Max(out.Length) != 0 {
			t.Errorf("batch: %d skipped, lengths %v, error %v; want 4 skipped without plan", st.Skipped, out.Length, err)
		}
	})
}

func feasible(t *testing.T, r Result) {
	t.Helper()
	for _, u := range r.Action {
		if !(u >= -1 && u <= 1) {
			t.Errorf("answered the action %g", u)
		}
	}
}

func TestActionsStayInBoundsWhateverTheSettings(t *testing.T) {
	everyPreset(t, func(t *testing.T, s Settings) {
		s.Sigma = 3
		p := newPlanner(t, s, integrator(2), deps(), 1)
		for i, st := range startsAt(5, 2, 9) {
			r := p.Plan(context.Background(), st, rng.Root(uint64(i)))
			feasible(t, r)
			if p.form != FormSequence {
				continue
			}
			for _, u := range p.solo.cand[:p.solo.pass.total*p.h] {
				if !(u >= -1 && u <= 1) {
					t.Fatalf("a candidate holds %g", u)
				}
			}
			for _, u := range r.Sequence {
				if !(u >= -1 && u <= 1) {
					t.Fatalf("a plan holds %g", u)
				}
			}
		}
	})
}

func TestPlanningAllocatesNothing(t *testing.T) {
	everyPreset(t, func(t *testing.T, s Settings) {
		s.Samples, s.Elites, s.Particles = min(s.Samples, 60), min(s.Elites, 20), min(s.Particles, 3)
		for _, workers := range []int{1, 2} {
			p := newPlanner(t, s, integrator(2), deps(), workers)
			starts := startsAt(20, 2, 5)
			out := NewPlans(20, s.Horizon, 1)
			ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
			defer cancel()
			key := rng.Root(1)
			if n := testing.AllocsPerRun(3, func() { p.Plan(ctx, starts[0], key) }); n != 0 {
				t.Errorf("Plan with %d workers allocates %g times", workers, n)
			}
			if n := testing.AllocsPerRun(3, func() { p.PlanBatch(starts, key, out) }); n != 0 {
				t.Errorf("PlanBatch with %d workers allocates %g times", workers, n)
			}
		}
	})
}

func TestNothingCountsAfterATerminalState(t *testing.T) {
	// Reward 1 a step; every candidate ends at its third step; what follows is NaN.
	w := world{1, 1, func(_ row, h int, _, u, next []float32) (float32, rollout.Fate) {
		next[0] = float32(h)
		switch {
		case h == 2:
			next[0] = float32(math.NaN())
			return 1, rollout.Terminated
		case h > 2:
			return 100, rollout.Running
		}
		return 1, rollout.Running
	}}
	s := MDeMoRL()
	s.Gamma = 1
	value := quadratic{[]float64{1e6}, 1}
	p := newPlanner(t, s, w, Deps{NewActor: linear{gain: []float32{0}, obs: 1, act: 1}.actor, NewTerminal: value.terminal}, 1)
	out := &Plans{}
	st, _ := p.PlanBatch(startsAt(3, 1, 1), rng.Root(1), out)
	if st.AllMean != 3 || st.AllMax != 3 || out.Length[0] != 3 || st.Terminated != 300 || st.MeanLength != 3 {
		t.Errorf("scores %g to %g, length %d, %d terminated; want 3, 3, 3, 300", st.AllMean, st.AllMax, out.Length[0], st.Terminated)
	}
}

func TestWithoutMaskRewardsAfterATerminalStateCount(t *testing.T) {
	w := oneShot(1, func([]float32) float64 { return 1 })
	step := w.step
	w.step = func(r row, h int, x, u, next []float32) (float32, rollout.Fate) {
		reward, fate := step(r, h, x, u, next)
		if h == 1 {
			fate = rollout.Terminated
		}
		return reward, fate
	}
	s := MDeMoRL()
	s.Gamma, s.Value, s.Mask = 1, ValueNone, false
	for rewards, want := range map[string]float64{RewardsAll: 5, RewardsButLast: 4} {
		s.ScoreRewards = rewards
		p := newPlanner(t, s, w, Deps{NewActor: linear{gain: []float32{0}, obs: 1, act: 1}.actor}, 1)
		st, _ := p.PlanBatch(startsAt(1, 1, 1), rng.Root(1), &Plans{})
		near(t, rewards, st.AllMean, want, 0)
	}
}

// lastAction is a terminal that values the block's action.
type lastAction struct{}

func (lastAction) Value(b *rollout.Block, out []float32) { copy(out, b.Action[:b.Rows]) }

func TestLastActionValueScoresOneRewardFewerAndTheLastAction(t *testing.T) {
	s := CEM()
	s.Horizon, s.Value, s.Gamma, s.Iterations = 3, ValueLastAction, 0.5, 1
	w := oneShot(1, func([]float32) float64 { return 1 })
	p := newPlanner(t, s, w, Deps{NewTerminal: func(int) rollout.Terminal { return lastAction{} }}, 1)
	p.Plan(context.Background(), startsAt(1, 1, 1)[0], rng.Root(1))
	for c := range s.Samples {
		near(t, "score", p.solo.info[c].score, 1+0.5+0.25*float64(p.solo.cand[c*3+2]), 1e-6)
	}
}

func TestAWorldThatFailsIsReported(t *testing.T) {
	w := failing{integrator(1)}
	p := newPlanner(t, CEM(), w, Deps{}, 2)
	r := p.Plan(context.Background(), startsAt(1, 2, 5)[0], rng.Root(1))
	if feasible(t, r); r.Reason != Failed || r.Err == nil {
		t.Errorf("reason %q, error %v", r.Reason, r.Err)
	}
	if _, err := p.PlanBatch(startsAt(3, 2, 5), rng.Root(1), &Plans{}); err == nil {
		t.Error("PlanBatch hides the failure")
	}
}

type failing struct{ world }

func (f failing) NewLane(int) rollout.Lane { return f }
func (f failing) Step(*rollout.Block, int) error {
	return context.Canceled
}

func TestSavedStatePlansOnBitForBit(t *testing.T) {
	everyPreset(t, func(t *testing.T, s Settings) {
		a := newPlanner(t, s, integrator(2), deps(), 1)
		st := startsAt(3, 2, 5)
		a.Plan(context.Background(), st[0], rng.Root(1))
		a.Plan(context.Background(), st[1], rng.Root(2))
		b := newPlanner(t, s, integrator(2), deps(), 1)
		r := wire.NewReader(a.AppendState(nil))
		if b.ReadState(r); r.Err() != nil {
			t.Fatal(r.Err())
		}
		x := slices.Clone(a.Plan(context.Background(), st[2], rng.Root(3)).Sequence)
		if !slices.Equal(x, b.Plan(context.Background(), st[2], rng.Root(3)).Sequence) {
			t.Error("the restored planner answers otherwise")
		}
	})
}

// A state that cannot be planned from leaves fewer elites than the calls before:
// what these left in the planner's memory is no part of what is saved.
func TestARestoredPlannerSavesTheSameBytes(t *testing.T) {
	everyPreset(t, func(t *testing.T, s Settings) {
		s.KeepElites = 0.5
		a, b := newPlanner(t, s, integrator(2), deps(), 1), newPlanner(t, s, integrator(2), deps(), 1)
		nowhere := startsAt(2, 2, 5)
		a.Plan(context.Background(), nowhere[0], rng.Root(1))
		if b.ReadState(wire.NewReader(a.AppendState(nil))); !bytes.Equal(a.AppendState(nil), b.AppendState(nil)) {
			t.Error("the restored planner saves another state")
		}
		nowhere[1].Obs[0] = float32(math.NaN())
		a.Plan(context.Background(), nowhere[1], rng.Root(2))
		b.Plan(context.Background(), nowhere[1], rng.Root(2))
		if !bytes.Equal(a.AppendState(nil), b.AppendState(nil)) {
			t.Error("the restored planner saves another state after a call without a plan")
		}
	})
}

func TestHorizonMayChangeUpToTheMaximum(t *testing.T) {
	d := deps()
	d.MaxHorizon = 9
	for _, s := range []Settings{MDeMoRL(), ICEM()} {
		s.Horizon = 5
		p := newPlanner(t, s, integrator(2), d, 1)
		short := s
		short.Horizon = 3
		q := newPlanner(t, short, integrator(2), d, 1)
		a, b := &Plans{}, &Plans{}
		for _, h := range []int{9, 3} {
			if err := p.SetHorizon(h); err != nil {
				t.Fatal(err)
			}
			feasible(t, p.Plan(context.Background(), startsAt(1, 2, 5)[0], rng.Root(1)))
		}
		p.PlanBatch(startsAt(5, 2, 5), rng.Root(1), a)
		q.PlanBatch(startsAt(5, 2, 5), rng.Root(1), b)
		if !slices.Equal(a.Sequence, b.Sequence) {
			t.Error("a planner set to horizon 3 plans otherwise than one made for it")
		}
		if p.SetHorizon(10) == nil {
			t.Error("a horizon beyond the maximum is accepted")
		}
	}
}

func TestExtremeCountsWork(t *testing.T) {
	for _, change := range []func(*Settings){
		func(s *Settings) { s.Samples, s.Elites = 1, 1 },
		func(s *Settings) { s.Elites = 1; s.Covariance = CovElite; s.Iterations = 3 },
		func(s *Settings) { s.Horizon = 1 },
		func(s *Settings) { s.Particles = 700 },
		func(s *Settings) { s.Samples = 2000 },
	} {
		s := CEM()
		s.Horizon = 3
		change(&s)
		s.Elites = min(s.Elites, s.Samples)
		p := newPlanner(t, s, integrator(2), Deps{}, 2)
		for i := range 2 {
			r := p.Plan(context.Background(), startsAt(1, 2, 5)[0], rng.Root(uint64(i)))
			if feasible(t, r); r.Source != FromPlan {
				t.Errorf("%+v: answered from %s", s, r.Source)
			}
		}
	}
}

func BenchmarkPlanBatchBookkeeping(b *testing.B) {
	s := MDeMoRL()
	s.Samples, s.EliteFrac = 20, 0.2
	w := world{17, 6, func(_ row, _ int, x, u, next []float32) (float32, rollout.Fate) { return u[0], rollout.Running }}
	p := newPlanner(b, s, w, Deps{NewActor: func(int) rollout.Actor { return idle{} }, NewTerminal: func(int) rollout.Terminal { return idle{} }}, 1)
	starts, out := startsAt(1000, 17, 1), &Plans{}
	b.ReportAllocs()
	for b.Loop() {
		p.PlanBatch(starts, rng.Root(1), out)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(1000*20*5), "ns/row")
}

// idle is a policy and a value that cost nothing.
type idle struct{}

func (idle) Act(obs []float32, rows int, noise, sample, mean []float32) {}
func (idle) Value(b *rollout.Block, out []float32)                      {}
