package agent

import (
	"slices"
	"strings"
	"testing"

	"demorl/clone"
	"demorl/dynamics"
	"demorl/mpc"
	"demorl/rng"
	"demorl/rollout"
	"demorl/sac"
)

// composed are rows of the table with the outer loop's options, each of which
// fits any of them.
func composed(t *testing.T) map[string]Settings {
	batch := tiny(t, "m-demorl", pendulum)
	batch.SAC.Critic.Norm, batch.RealRatio = sac.NormBatch, Schedule{0.5}
	seen := tiny(t, "m-demorl", pendulum)
	seen.SAC.ObservationNorm = true
	both := tiny(t, "loop", pendulum)
	both.SAC.Critic.Norm, both.SAC.ObservationNorm = sac.NormBatch, true
	open := tiny(t, "poplin-a", pendulum)
	open.Planner.Shift, open.Planner.PlanForm = mpc.ShiftOpen, mpc.PlanMean
	simulator := tiny(t, "poplin-p", pendulum)
	simulator.Precision = PrecisionBF16
	vnet := tiny(t, "m-demorl-online", pendulum)
	vnet.Planner.Value, vnet.SAC.Value.Hidden = mpc.ValueNet, []int{6}
	vnetHalf := tiny(t, "m-demorl", pendulum)
	vnetHalf.Planner.Value, vnetHalf.Precision = mpc.ValueNet, PrecisionBF16
	uni := tiny(t, "poplin-p", pendulum)
	uni.Planner.Parameters = mpc.ParametersUni
	jsd := tiny(t, "m-demorl", pendulum)
	jsd.Model.JSDGuard, jsd.Model.Elites = 1, 3
	jsdTape := tiny(t, "dhmbpo", pendulum)
	jsdTape.Model.JSDGuard, jsdTape.Model.Elites = 1, 3
	inner, outer := tiny(t, "m-demorl", pendulum), tiny(t, "dhmbpo", pendulum)
	variantModel(&inner)
	variantModel(&outer)
	simba := tiny(t, "m-demorl", pendulum)
	simba.SAC.Network, simba.SAC.Hidden, simba.SAC.ObservationNorm, simba.SAC.WeightDecay = sac.NetworkSimBa, []int{8}, true, 1e-2
	simbaGradient := tiny(t, "dhmbpo", pendulum)
	simbaGradient.SAC.Network, simbaGradient.SAC.Hidden, simbaGradient.SAC.Activation = sac.NetworkSimBa, []int{8}, sac.ReLU
	simbaGradient.SAC.Critic.Norm, simbaGradient.SAC.Critic.Dropout, simbaGradient.SAC.ObservationNorm = sac.NormNone, 0, true
	subsets, dropout, quantiles := tiny(t, "m-demorl", pendulum), tiny(t, "mbpo", pendulum), tiny(t, "loop", pendulum)
	subsets.SAC.Critic.Count, subsets.SAC.Critic.Subset = 5, 2
	dropout.SAC.Critic.Norm, dropout.SAC.Critic.Dropout = sac.NormLayer, 0.01
	quantiles.SAC.Critic.Count, quantiles.SAC.Critic.Subset, quantiles.SAC.Critic.Quantiles, quantiles.SAC.Critic.Drop, quantiles.SAC.Critic.ActorUses = 3, 3, 5, 2, sac.UsesMean
	average := tiny(t, "m-demorl", pendulum)
	average.SAC.PolicyAverage, average.SAC.RewardScale, average.SAC.InitialStd, average.WarmupRange = 0.1, 0.5, 0.3, 0.2
	average.Entropy = Schedule{0, 2, 0, -3}
	return map[string]Settings{"redq's subsets": subsets, "droq's dropout": dropout, "tqc's quantiles": quantiles, "policy_average": average, "simba": simba, "simba by value gradients": simbaGradient, "model variant": inner, "model variant on tapes": outer, "jsd_guard": jsd, "jsd_guard on tapes": jsdTape, "uni": uni, "vnet": vnet, "vnet in bf16": vnetHalf, "batch_renorm": batch, "observation_norm": seen, "both": both, "policy_open": open, "parameters in bf16": simulator}
}

// variantModel gives the model the form of method.md C.11.
func variantModel(s *Settings) {
	m := &s.Model
	m.Variance, m.Norm, m.NormEpsilon, m.Dropout = dynamics.VarianceConstant, dynamics.NormLayer, []float64{1, 0.1}, []float64{0.01, 0.005}
	m.Optimizer, m.FreshOptimizer, m.Rows, m.TargetNorm = dynamics.OptimizerAdamW, true, dynamics.RowsWeights, true
	m.Stop, m.Patience, m.MaxPasses, m.PassBatches = dynamics.StopTest, 1, 0, 6
}

func TestComposedLearnersGiveEqualBitsForAnyNumberOfWorkersAndAfterARestore(t *testing.T) {
	for name, s := range composed(t) {
		one, many := newDriver(t, s, pendulum, 1), newDriver(t, s, pendulum, 3)
		one.run(s.Warmup + 33)
		many.run(s.Warmup + 33)
		equalStates(t, name+", 3 workers", many.a, one.a)
		other, _ := one.to(s, pendulum, 2)
		// Over the end of an episode, at step 200.
		one.run(150)
		other.run(150)
		equalStates(t, name+" restored", other.a, one.a)
	}
}

func TestRandomActionsOfWarmUpStayWithinTheirRange(t *testing.T) {
	s := tiny(t, "sac", pendulum)
	s.WarmupRange = 0.25
	a, widest, action := newDriver(t, s, pendulum, 1).a, float32(0), []float32{0}
	for a.step = range s.Warmup {
		if err := a.Act(t.Context(), []float32{1, 0, 0}, nil, action); err != nil {
			t.Fatal(err)
		}
		widest = max(widest, max(action[0], -action[0]))
	}
	if widest > 0.25 || widest < 0.2 {
		t.Errorf("the widest of %d random actions is %g, want it near 0.25", s.Warmup, widest)
	}
}

func TestTheTargetEntropyFollowsItsSchedule(t *testing.T) {
	s := tiny(t, "m-demorl", pendulum)
	s.SAC.TargetEntropyRule, s.SAC.TargetEntropy = sac.Fixed, -1
	d := newDriver(t, s, pendulum, 1)
	d.run(s.Warmup + 5)
	if got := d.a.sac.TargetEntropy(); got != -1 {
		t.Errorf("without a schedule the target is %g nats, want -1", got)
	}
	s.Entropy = Schedule{0, 2, 1, -3}
	d = newDriver(t, s, pendulum, 1)
	for epoch, want := range []float64{1, -1, -3, -3} {
		d.run(s.Warmup + (epoch+1)*s.EpochSteps - d.a.Steps())
		if got := d.a.sac.TargetEntropy(); got != want {
			t.Errorf("epoch %d: the target is %g nats, want %g", epoch, got, want)
		}
	}
}

func TestTheAveragePolicyIsJudgedAndTheNewestBesideIt(t *testing.T) {
	s := tiny(t, "m-demorl", pendulum)
	s.SAC.PolicyAverage = 0.01
	d := newDriver(t, s, pendulum, 1)
	d.run(s.Warmup + 10)
	if want := []string{ActPolicy, ActNewest}; !slices.Equal(d.a.Actors(), want) {
		t.Fatalf("judged are %v, want %v", d.a.Actors(), want)
	}
	obs, got, want := []float32{1, 0, 0.5}, make([]float32, 1), make([]float32, 1)
	for actor, policy := range map[string]rollout.Actor{ActPolicy: d.a.sac.NewDeployed(1), ActNewest: d.a.sac.NewActor(1)} {
		if err := d.a.Judge(actor, rng.Root(1))(t.Context(), obs, nil, got); err != nil {
			t.Fatal(err)
		}
		if policy.Act(obs, 1, nil, nil, want); got[0] != want[0] {
			t.Errorf("%s acts %g, want %g", actor, got[0], want[0])
		}
	}
	s = tiny(t, "m-demorl-online", pendulum)
	s.SAC.PolicyAverage = 0.01
	if a, want := newDriver(t, s, pendulum, 1).a, []string{ActPlanner, ActPolicy, ActNewest}; !slices.Equal(a.Actors(), want) {
		t.Errorf("judged are %v, want %v", a.Actors(), want)
	}
}

// method.md D.4: where a batch's statistics normalise, all rows of an update come
// from one buffer, real ones as often as the ratio says.
func TestBatchesOfBatchRenormalisationHaveOneSource(t *testing.T) {
	s := composed(t)["batch_renorm"]
	d := newDriver(t, s, pendulum, 1)
	d.run(s.Warmup)
	reals, updates := 0, 0
	for range 120 {
		d.step()
		updates++
		from := 0
		for r := range d.a.batch.Rows {
			next := d.a.batch.Next[3*r : 3*r+3]
			for i := range d.a.real.Len() {
				if slices.Equal(d.a.real.Row(i).Next, next) {
					from++
					break
				}
			}
		}
		if from != 0 && from != d.a.batch.Rows {
			t.Fatalf("%d of %d rows of a batch are real", from, d.a.batch.Rows)
		}
		if from > 0 {
			reals++
		}
	}
	if reals < 40 || reals > 80 { // 60 and four deviations of 5.5
		t.Errorf("%d of %d batches are real, want about half", reals, updates)
	}
}

// The policy of learner clone is taught when an episode ends, by the planner's
// steps and not by those of warm-up.
func TestThePolicyIsTaughtWhenAnEpisodeEnds(t *testing.T) {
	for _, name := range []string{"poplin-a", "poplin-p"} {
		s := tiny(t, name, pendulum)
		d := newDriver(t, s, pendulum, 1)
		untaught := slices.Clone(d.a.clone.Policy().Params)
		d.run(199)
		if !slices.Equal(untaught, d.a.clone.Policy().Params) {
			t.Fatalf("%s: the policy changed within an episode", name)
		}
		d.run(1)
		if slices.Equal(untaught, d.a.clone.Policy().Params) {
			t.Errorf("%s: the end of an episode taught nothing", name)
		}
		line := d.a.TakeReport()
		if got, want := line["clone/rows"], float64(200-s.Warmup); got != want || !(line["clone/moved"] > 0) {
			t.Errorf("%s: taught by %g steps, moved by %g; want %g steps", name, got, line["clone/moved"], want)
		}
		d.run(200)
		want := map[string]float64{"poplin-a": float64(400 - s.Warmup), "poplin-p": 200}[name]
		if got := d.a.TakeReport()["clone/rows"]; got != want {
			t.Errorf("%s: the second episode teaches by %g steps, want %g", name, got, want)
		}
	}
}

// An error of no rows is no error of 0: where none was held out the line has
// none, nor that of an earlier lesson.
func TestAnErrorOfClonesThatNobodyMeasuredIsNotReported(t *testing.T) {
	a := newDriver(t, tiny(t, "poplin-a", pendulum), pendulum, 1).a
	for _, c := range []struct {
		stats clone.Stats
		told  bool
	}{{clone.Stats{Rows: 4}, false}, {clone.Stats{Rows: 5, Held: 1, Error: 0.5}, true}, {clone.Stats{Rows: 4}, false}} {
		a.report.cloned(c.stats)
		if x, told := a.TakeReport()["clone/error"]; told != c.told || x != c.stats.Error {
			t.Errorf("%+v: clone/error %g, told %t", c.stats, x, told)
		}
	}
}

func TestThePolicyOfClonesIsJudgedWhereAskedFor(t *testing.T) {
	s := tiny(t, "poplin-p", pendulum)
	if a := newDriver(t, s, pendulum, 1).a; !slices.Equal(a.Actors(), []string{ActPlanner}) || !a.HasPolicy() {
		t.Errorf("judged are %v", a.Actors())
	}
	s.Clone.EvaluatePolicy = true
	a := newDriver(t, s, pendulum, 1).a
	if !slices.Equal(a.Actors(), []string{ActPlanner, ActPolicy}) {
		t.Errorf("judged are %v", a.Actors())
	}
	got, want := make([]float32, 1), make([]float32, 1)
	obs := []float32{1, 0, 0.5}
	if err := a.Judge(ActPolicy, rng.Root(1))(t.Context(), obs, nil, got); err != nil {
		t.Fatal(err)
	}
	if a.clone.NewActor(1).Act(obs, 1, nil, nil, want); got[0] != want[0] || got[0] == 0 {
		t.Errorf("the judged policy acts %g, want %g", got[0], want[0])
	}
	if newDriver(t, tiny(t, "pets", pendulum), pendulum, 1).a.HasPolicy() {
		t.Error("pets has a policy")
	}
}

func TestWhatLearnerCloneCannotDoIsSaid(t *testing.T) {
	for want, spoil := range map[string]func(s *Settings){
		"use act planner":     func(s *Settings) { s.PlannerShare = 0.5 },
		"use imagine nothing": func(s *Settings) { s.Imagine = ImaginePlanned },
		"use utd 0":           func(s *Settings) { s.UTD = 1 },
		"it has no value":     func(s *Settings) { s.Planner.Value = mpc.ValueTerminal },
		"clone.rule is":       func(s *Settings) { s.Clone.Rule = clone.RuleActions },
		"clone.batch is":      func(s *Settings) { s.Clone.Batch = 0 },
		"learner is":          func(s *Settings) { s.Learner = "copy" },
		"only the policy of":  func(s *Settings) { s.Learner = LearnerSAC },
	} {
		s := tiny(t, "poplin-p", pendulum)
		spoil(&s)
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// method.md A.5: the network of planner.value vnet is trained where it is asked
// for, changes what is planned, and nothing that does not plan.
func TestTheStateValueIsTrainedOnlyWhereThePlannerAsksForIt(t *testing.T) {
	for _, value := range []string{mpc.ValueTerminal, mpc.ValueNet} {
		s := tiny(t, "m-demorl", pendulum)
		s.Planner.Value = value
		d := newDriver(t, s, pendulum, 1)
		d.run(s.Warmup + 25)
		_, trained := d.a.TakeReport()["sac/value_loss"]
		if trained != (value == mpc.ValueNet) {
			t.Errorf("planner.value %s: a state value is trained: %v", value, trained)
		}
	}
	for _, spoil := range []func(s *Settings){
		func(s *Settings) { s.UTD = 0 },
		func(s *Settings) { *s = tiny(t, "m-demorl-vg", pendulum) },
	} {
		s := tiny(t, "m-demorl", pendulum)
		spoil(&s)
		s.Planner.Value = mpc.ValueNet
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), `planner.value is "vnet"`) {
			t.Errorf("got %v", err)
		}
	}
}
