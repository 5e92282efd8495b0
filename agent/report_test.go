package agent

import (
	"maps"
	"math"
	"slices"
	"testing"

	"demorl/mpc"
	"demorl/replay"
	"demorl/sac"
)

// docs/cli.md: what progress.jsonl is promised to hold, by who has it.
var (
	ofLearner = []string{"sac/critic_loss", "sac/actor_loss", "sac/temperature", "sac/q_mean"}
	ofModel   = []string{"model/train_nll", "model/holdout_mse", "model/disagreement"}
	ofRounds  = []string{"plan/return_policy", "plan/return_plan", "plan/nonfinite"}
	ofPlanner = []string{"plan/iterations", "plan/moved", "plan/bad"}
	ofActing  = []string{"plan/horizon", "plan/out_of_range", "plan/out_of_range_share"}
)

func lacks(line map[string]float64, names ...string) (missing []string) {
	for _, name := range names {
		if _, ok := line[name]; !ok {
			missing = append(missing, name)
		}
	}
	return missing
}

// An open-loop error over more steps than any recorded episode has is not known,
// and an output that never varies has no share of the mean R2.
func TestTheModelsUnmeasuredFiguresAreNotToldAsNumbers(t *testing.T) {
	s := tiny(t, "m-demorl", pendulum)
	d := newDriver(t, s, pendulum, 1)
	for i := range 40 { // episodes of two steps with a constant reward and a coordinate that never moves
		row := replay.Transition{Obs: []float32{float32(i % 7), float32(i % 5), 0}, Action: []float32{float32(i%3) - 1}, Reward: 1, Truncated: i%2 == 1}
		row.Next = []float32{float32((i + 1) % 7), float32((i + 1) % 5), 0}
		if row.Truncated {
			row.Next = []float32{0.5 * row.Obs[0], row.Action[0], 0}
		}
		d.a.Observe(row)
	}
	if err := d.a.refit(); err != nil {
		t.Fatal(err)
	}
	line := d.a.TakeReport()
	if got := lacks(line, "model/open_loop_1", "model/open_loop_2", "model/open_loop_5", "model/open_loop_15"); !slices.Equal(got, []string{"model/open_loop_5", "model/open_loop_15"}) {
		t.Errorf("episodes of 2 steps: the line lacks %v", got)
	}
	diagnostics := d.a.model.Diagnose(d.a.real, d.a.key.Derive("model/diagnose").At(uint64(d.a.step)))
	if want := (diagnostics.R2[1] + diagnostics.R2[2]) / 2; math.Abs(line["model/holdout_r2"]-want) > 1e-12 {
		t.Errorf("two of four outputs vary, with R2 %v: their mean is told as %v", diagnostics.R2, line["model/holdout_r2"])
	}
}

// A figure is left out before it exists; from then on every line has it, also
// one between two refits or without a single update.
func TestAFigureThatIsKnownOnceIsInEveryLaterLine(t *testing.T) {
	for _, a := range Algorithms {
		s := tiny(t, a.Name, pendulum)
		d := newDriver(t, s, pendulum, 1)
		d.run(s.Warmup)
		line := d.a.TakeReport()
		if got := lacks(line, slices.Concat(ofLearner, ofModel, ofRounds)...); len(got) != 10 {
			t.Errorf("%s: warm-up has figures of what has not happened: only %v are missing", a.Name, got)
		}
		d.run(7)
		known := d.a.TakeReport()
		var want []string
		if s.Learns() {
			want = slices.Clone(ofLearner)
		}
		if s.UsesModel() {
			want = append(want, ofModel...)
			want = append(want, "plan/nonfinite")
		}
		if a.Imagine != ImagineNothing {
			want = append(want, ofRounds...)
		}
		if s.Plans() {
			want = append(want, ofPlanner...)
		}
		if s.Plans() || s.Imagine != ImagineNothing {
			want = append(want, ofActing...)
		}
		if got := lacks(known, want...); got != nil {
			t.Errorf("%s: the first line after warm-up lacks %v", a.Name, got)
		}
		for i := range 12 { // lines within an epoch, most of them without refit or round
			d.step()
			line := d.a.TakeReport()
			if got := lacks(line, slices.Collect(maps.Keys(known))...); got != nil {
				t.Fatalf("%s: line %d lacks %v", a.Name, i, got)
			}
		}
		d.run(10)
		last := d.a.TakeReport()
		other := newDriver(t, s, pendulum, 1)
		other.a.Remember(last)
		if got := lacks(other.a.TakeReport(), slices.Collect(maps.Keys(last))...); got != nil {
			t.Errorf("%s: a resumed run forgets %v", a.Name, got)
		}
	}
}

func TestMeansAndTotalsAreOfTheTimeSinceTheLastLine(t *testing.T) {
	a := &Agent{report: newReport()}
	a.report.update(sac.Stats{CriticLoss: 1, QMax: 9, Temperature: 0.5, QAlarm: true})
	a.report.update(sac.Stats{CriticLoss: 3, QMax: 5, Temperature: 0.25, QAlarm: true})
	a.report.total("plan/nonfinite", 4)
	check := func(what string, want map[string]float64) {
		t.Helper()
		line := a.TakeReport()
		for name, x := range want {
			if got, ok := line[name]; !ok || got != x {
				t.Errorf("%s: %s is %g, %t; want %g", what, name, got, ok, x)
			}
		}
	}
	check("two updates", map[string]float64{"sac/critic_loss": 2, "sac/q_max": 9, "sac/temperature": 0.25, "sac/q_alarms": 2, "plan/nonfinite": 4})
	check("nothing", map[string]float64{"sac/critic_loss": 2, "sac/q_max": 9, "sac/temperature": 0.25, "sac/q_alarms": 0, "plan/nonfinite": 0})
	a.report.update(sac.Stats{CriticLoss: 7, QMax: 2, Temperature: 0.125})
	check("one update", map[string]float64{"sac/critic_loss": 7, "sac/q_max": 2, "sac/temperature": 0.125, "sac/q_alarms": 0})

	b := &Agent{report: newReport()}
	b.Remember(map[string]float64{"sac/critic_loss": 3, "plan/nonfinite": 5, "model/train_nll": math.NaN(), "time/learn_s": 8, "train/return": 2, "eval/return_policy": 1})
	line := b.TakeReport()
	if line["sac/critic_loss"] != 3 || line["plan/nonfinite"] != 0 || !math.IsNaN(line["model/train_nll"]) || line["time/learn_s"] != 0 {
		t.Errorf("remembered as %v", line)
	}
	if got := lacks(line, "plan/nonfinite", "train/return", "eval/return_policy"); len(got) != 2 {
		t.Errorf("the learner remembers what is not its own: %v", line)
	}
}

// One decision of many at which no candidate had a finite score leaves the means
// of the others as they are.
func TestADecisionWithoutAScoreSpoilsNoMean(t *testing.T) {
	a := &Agent{report: newReport()}
	none := mpc.Stats{Starts: 1, Skipped: 1, Bad: 9, Iterations: 1}
	for _, x := range []*float64{&none.AllMean, &none.EliteMean, &none.FirstMean, &none.Moved, &none.EffectiveSampleSize} {
		*x = math.NaN()
	}
	a.report.plan(mpc.Stats{Starts: 1, Moved: 1, AllMean: 5, EliteMin: 4, Iterations: 3})
	a.report.plan(mpc.Stats{Starts: 1, Moved: 2, AllMean: 6, EliteMin: 5, Iterations: 2})
	a.report.plan(none)
	line := a.TakeReport()
	for name, want := range map[string]float64{"plan/moved": 1.5, "plan/score_all": 6, "plan/score_elites_min": 5, "plan/iterations": 2, "plan/bad": 9, "plan/skipped_starts": 1} {
		if got := line[name]; got != want {
			t.Errorf("%s is %g, want %g", name, got, want)
		}
	}
}

// The gain of a round compares what was imagined with the policy from the same
// states in the same model: an algorithm that imagines the policy gains nothing
// on average, so both figures are of one size.
func TestTheGainOfARoundIsReportedForEveryKindOfImagination(t *testing.T) {
	for _, name := range []string{"mbpo", "m-demorl", "mopac"} {
		s := tiny(t, name, pendulum)
		s.StartStates, s.ProbeStarts = 400, 400
		d := newDriver(t, s, pendulum, 2)
		d.run(s.Warmup + 1)
		line := d.a.TakeReport()
		plan, policy, mean := line["plan/return_plan"], line["plan/return_policy"], line["plan/return_mean"]
		if math.IsNaN(plan+policy+mean) || plan == 0 || policy == 0 || mean == 0 {
			t.Errorf("%s: returns %g, %g, %g", name, plan, policy, mean)
		}
		if name == "mbpo" && math.Abs(plan-policy) > 0.1*math.Abs(policy) {
			t.Errorf("mbpo imagines the policy, but its rows earn %g and the policy's %g", plan, policy)
		}
		if got, want := line["plan/rows"], float64(400*2); got != want {
			t.Errorf("%s: %g rows, want %g: a probe stores nothing", name, got, want)
		}
	}
}
