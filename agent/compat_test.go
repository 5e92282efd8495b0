package agent_test

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"demorl/agent"
	"demorl/env"
	"demorl/mpc"
	"demorl/settings"
)

// compatible returns m-demorl's settings for HalfCheetah under the --set list
// that docs/algorithms.md prints for a mode.
func compatible(t *testing.T, mode string) agent.Settings {
	t.Helper()
	text, err := os.ReadFile("../docs/algorithms.md")
	if err != nil {
		t.Fatal(err)
	}
	_, list, found := strings.Cut(string(text), "### `"+mode+"`")
	if !found {
		t.Fatalf("docs/algorithms.md has no mode %s", mode)
	}
	list, _, _ = strings.Cut(list, "\n#")
	a, err := agent.FindAlgorithm("m-demorl")
	if err != nil {
		t.Fatal(err)
	}
	s, err := agent.Preset(a, "reference", env.Task{
		Published: "HalfCheetah", Describe: func() env.Spec { return env.Spec{ID: "gym/halfcheetah", ObsDim: 17, ActDim: 6, Limit: 1000} },
	})
	if err != nil {
		t.Fatal(err)
	}
	sets := regexp.MustCompile(`--set (\S+)`).FindAllStringSubmatch(list, -1)
	if len(sets) < 3 {
		t.Fatalf("mode %s sets %v", mode, sets)
	}
	for _, set := range sets {
		path, value, _ := strings.Cut(set[1], "=")
		if err := settings.Set(&s, path, value); err != nil {
			t.Errorf("mode %s: %v", mode, err)
		}
	}
	if err := s.Validate(); err != nil {
		t.Errorf("mode %s: %v", mode, err)
	}
	return s
}

// TestCompatibilityModesAreThoseOfTheSpecification compares the documented lists
// with the columns of method.md A.7.
func TestCompatibilityModesAreThoseOfTheSpecification(t *testing.T) {
	type column struct {
		weights, form, rewards, reward string
		mask, stop                     bool
		redraw                         string
		bound                          float64
		buffer                         string
		horizon, ratio                 agent.Schedule
		freeze                         int
		store                          string
		entropy                        float64
		value                          string
	}
	own := agent.Schedule{0, 70, 0.2, 0.8} // [B]'s row of HalfCheetah
	for mode, want := range map[string]column{
		"paper": {"cost", mpc.PlanMean, "all", "mean", true, true, "round", 1, "clear", agent.Schedule{0, 80, 5, 15}, agent.Schedule{0.05}, 0, "mean", -3, mpc.ValueTerminal},
		"code":  {"cost", mpc.PlanFirstParticle, "all_but_last", "sample", false, false, "epoch", 1.4, "ring", agent.Schedule{5}, own, 70, "sample", 0, mpc.ValueNet},
	} {
		s := compatible(t, mode)
		p := s.Planner
		got := column{
			p.EliteWeights, p.PlanForm, p.ScoreRewards, p.ScoreReward, p.Mask, s.StopAtTerminal, s.NoiseRedraw, p.Bound, s.PlanBuffer,
			s.Horizon, s.RealRatio, s.ModelFreezeEpoch, s.StoreReward, s.SAC.TargetEntropy, p.Value,
		}
		if !slices.Equal(got.horizon, want.horizon) || !slices.Equal(got.ratio, want.ratio) {
			t.Errorf("%s: horizon %v, ratio %v", mode, got.horizon, got.ratio)
		}
		got.horizon, got.ratio, want.horizon, want.ratio = nil, nil, nil, nil
		if a, b := got, want; a.weights != b.weights || a.form != b.form || a.rewards != b.rewards || a.reward != b.reward || a.mask != b.mask || a.stop != b.stop ||
			a.redraw != b.redraw || a.bound != b.bound || a.buffer != b.buffer || a.freeze != b.freeze || a.store != b.store || a.entropy != b.entropy || a.value != b.value {
			t.Errorf("%s: %+v, want %+v", mode, got, want)
		}
		if s.Reward != agent.RewardLearned || mode == "code" && s.RetainEpochs != 1 {
			t.Errorf("%s: reward %s, retain_epochs %d", mode, s.Reward, s.RetainEpochs)
		}
		if w := p.Warnings(); len(w) == 0 {
			t.Errorf("%s: Eq. 14 gives no warning", mode)
		}
	}
}

// The lists that docs/algorithms.md prints for the model variant and for SimBa are
// of settings that exist and fit an algorithm.
func TestTheListsOfVariantsAreValid(t *testing.T) {
	text, err := os.ReadFile("../docs/algorithms.md")
	if err != nil {
		t.Fatal(err)
	}
	for mode, algorithm := range map[string]string{"c11": "dhmbpo", "simba": "sac"} {
		_, list, _ := strings.Cut(string(text), "### `"+mode+"`")
		list, _, _ = strings.Cut(strings.TrimPrefix(list, "\n\n```"), "```")
		sets := regexp.MustCompile(`--set (\S+)`).FindAllStringSubmatch(list, -1)
		a, err := agent.FindAlgorithm(algorithm)
		if err != nil || len(sets) < 11 {
			t.Fatalf("%v, settings %v", err, sets)
		}
		task := env.Task{
			Published: "HalfCheetah", Describe: func() env.Spec { return env.Spec{ID: "gym/halfcheetah", ObsDim: 17, ActDim: 6, Limit: 1000} },
		}
		published, err := agent.Preset(a, "reference", task)
		if err != nil {
			t.Fatal(err)
		}
		s, err := agent.Preset(a, "lite", task)
		if err != nil {
			t.Fatal(err)
		}
		for _, set := range sets {
			path, value, _ := strings.Cut(set[1], "=")
			if err := settings.Set(&s, path, value); err != nil {
				t.Errorf("%s: %v", mode, err)
			}
		}
		if err := s.Validate(); err != nil {
			t.Errorf("%s: %v", mode, err)
		}
		if mode == "c11" && !reflect.DeepEqual(s.Model, published.Model) {
			t.Errorf("the list makes another model than preset reference:\n%+v\n%+v", s.Model, published.Model)
		}
		if m := s.Model; mode == "c11" && (m.Variance != "constant" || m.Stop != "paired_test" || m.Members != 8 || m.Hidden[0] != 256) {
			t.Errorf("the model is %+v", m)
		}
		if c := s.SAC; mode == "simba" && (c.Network != "simba" || c.Critic.Hidden[0] != 512 || s.UTD != 2 || c.Target(6) != -3) {
			t.Errorf("the learner is %+v", c)
		}
	}
}
