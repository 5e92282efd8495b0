package train_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"demorl/agent"
	"demorl/settings"
	"demorl/train"
)

// Whatever is called idle may take any other valid value: the run acts, learns
// and reports the same, bit for bit.
func TestASettingThatIsCalledIdleChangesNothing(t *testing.T) {
	for _, c := range []struct{ algorithm, with string }{
		{"sac", ""},
		{"sac", "target_entropy=[0,2,-1,-2] sac.target_entropy_rule=fixed"},
		{"sac", "utd=0"},
		{"crossq", ""},
		{"mbpo", "termination=never"},
		{"m-demorl", ""},
		{"m-demorl", "planner.plan_form=policy"},
		{"m-demorl", "planner.shift=roll planner.utility=exp planner.covariance=elite planner.noise=knots model.norm=layer model.norm_epsilon=[1,0.1]"},
		{"m-demorl-online", "planner.iterations=2"},
		{"loop", ""},
		{"loop", "planner.shift=policy_open planner.policy_samples=0 planner.lambda_mode=ess planner.noise=ar planner.shift_covariance=carry"},
		{"pets", "utd=0"},
		{"cem", "model.stop=paired_test model.variance=constant"},
		{"icem", "world=simulator warmup=1 horizon=[3]"},
		{"poplin-a", ""},
		{"poplin-p", "planner.parameters=uni"},
		{"dhmbpo", ""},
		{"m-demorl-vg", ""},
	} {
		name := strings.TrimSpace(c.algorithm + " " + c.with)
		s := tiny(t, leg, c.algorithm)
		if c.algorithm == "crossq" {
			s.Agent.SAC.Critic.Hidden = []int{8, 8}
		}
		s.Steps, s.EvalEvery = 130, 65
		set(t, &s, strings.Fields(c.with)...)
		want := outcome(t, s)
		changes := idle(t, s)
		if len(changes) < 10 {
			t.Errorf("%s: only %q are called idle", name, changes)
		}
		if differ := differs(t, s, want, changes...); differ != "" {
			t.Errorf("%s: with all of %q %s differs", name, changes, differ)
			for _, change := range changes {
				if differ := differs(t, s, want, change); differ != "" {
					t.Errorf("%s: %s changes %s", name, change, differ)
				}
			}
		}
	}
}

// set makes assignments such as utd=3.
func set(t testing.TB, s *train.Settings, assignments ...string) {
	t.Helper()
	for _, text := range assignments {
		source, err := settings.ParseAssign("test", text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := settings.Decode(s, source); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
}

// idle returns an assignment of another value for every setting of s that is
// called idle. They are valid together.
func idle(t testing.TB, s train.Settings) (changes []string) {
	t.Helper()
	changed := s
	for _, key := range settings.Paths(&s) {
		if s.Agent.Idle(key) == "" {
			continue
		}
		if change := another(changed, key); change != "" { // some have only one value beside these settings
			set(t, &changed, change)
			changes = append(changes, change)
		}
	}
	return changes
}

// words are other values of settings that are no numbers.
var words = map[string][]string{
	"world": {"model", "simulator"}, "plan_buffer": {"clear", "ring"}, "store_reward": {"mean", "sample"}, "noise_redraw": {"round", "epoch"},
	"reward": {"known", "learned"}, "termination": {"env", "never"}, "precision": {"f32", "bf16"}, "sac.target_entropy_rule": {"fixed", "minus_actions"},
	"sac.critic.actor_uses": {"min", "mean"}, "clone.rule": {"average", "actions"}, "model.stop": {"patience", "paired_test"}, "model.best_from": {"first_pass", "current"},
	"model.propagation": {"fixed", "ts1"}, "model.holdout": {"sticky", "resample"}, "model.rows": {"shuffle", "bootstrap"},
	"planner.answer": {"mean", "best"}, "planner.tail": {"zero", "repeat"}, "planner.shift_covariance": {"reset", "carry"}, "planner.noise": {"white", "coloured"},
	"planner.proposal": {"sample", "mean"}, "planner.utility": {"elite", "exp"}, "planner.elite_weights": {"uniform", "cost"}, "planner.lambda_mode": {"fixed", "relative"},
	"planner.cost_scale": {"none", "std"}, "planner.parameters": {"sep", "uni"}, "planner.score": {"mean", "cvar"}, "planner.score_rewards": {"all", "all_but_last"},
	"planner.score_reward": {"mean", "sample"}, "planner.covariance": {"fixed", "elite"}, "planner.distribution": {"diag", "full"}, "planner.sampling": {"clip", "truncate"}, "planner.value": {"none", "value"}, "planner.divergence": {"kl", "euclid"},
	"planner.plan_form": {"mean", "best"}, "planner.shift": {"roll", "policy_closed"}, "planner.rate": {"[0.5]"}, "model.optimizer": {"adam", "adamw"},
	"model.hidden": {"[4, 4]"}, "model.dropout": {"[0.1, 0.1]"}, "model.variance": {"input", "constant"}, "sac.network": {"mlp", "simba"},
	"sac.init": {"torch", "glorot"}, "sac.activation": {"relu", "silu"}, "sac.critic.norm": {"none", "layer"},
	"horizon": {"[4]"}, "real_ratio": {"[0.5]"}, "target_entropy": {"[-1]"}, "sac.value.hidden": {"[4]"}, "sac.critic.hidden": {"[4, 4]"}, "sac.hidden": {"[4]"},
	"clone.hidden": {"[4]"}, "model.norm_epsilon": {"[1, 0.5]"}, "model.terminal_hidden": {"[4]"}, "planner.ar": {"[0.5, 0.5, 0]"},
}

// another returns an assignment to key that is valid beside the other settings
// and not what they have; empty where none is known.
func another(s train.Settings, key string) string {
	is := value(&s, key)
	candidates := words[key]
	switch x := is.(type) {
	case bool:
		candidates = []string{fmt.Sprint(!x)}
	case float64:
		candidates = []string{fmt.Sprint(x + 1), fmt.Sprint(x / 2), fmt.Sprint(x + 0.25), fmt.Sprint(x - 1), fmt.Sprint(x - 0.25), "0", "1"}
	}
	for _, c := range candidates {
		changed := s
		source, _ := settings.ParseAssign("test", key+"="+c)
		if _, err := settings.Decode(&changed, source); err == nil && changed.Validate() == nil && fmt.Sprint(value(&changed, key)) != fmt.Sprint(is) {
			return key + "=" + c
		}
	}
	return ""
}

// value returns the value at a dotted path.
func value(s *train.Settings, key string) any {
	var all any
	if err := json.Unmarshal(settings.JSON(s), &all); err != nil {
		panic(err)
	}
	for _, name := range strings.Split(key, ".") {
		all = all.(map[string]any)[name]
	}
	return all
}

// outcome is all that a run with settings s leaves behind, by name: its state,
// its evaluations and, without times, the figures that it reports.
func outcome(t testing.TB, s train.Settings) map[string]string {
	t.Helper()
	l := newLoop(t, s, 1)
	all := map[string]string{}
	for _, ev := range steps(t, l, s.Steps) {
		if len(ev.Evaluations) > 0 {
			all["evaluations"] += fmt.Sprintln(ev.Step, ev.Evaluations)
		}
		if ev.Step%s.LogEvery == 0 {
			figures := l.Agent().TakeReport()
			maps.DeleteFunc(figures, func(name string, _ float64) bool { return strings.HasPrefix(name, "time/") })
			all["progress"] += fmt.Sprintln(ev.Step, figures)
		}
	}
	for name, state := range sections(l) {
		switch {
		case name == "sac" && !s.Agent.Learns():
			continue // as it was made, with critics that nobody asks
		case name == "imagined" && s.Agent.PlanBuffer == agent.BufferClear:
			state = state[8:] // behind the number of rows for which there is room
		}
		all[name] = string(state)
	}
	return all
}

// differs names what changes makes other than want, empty where it is nothing.
func differs(t testing.TB, s train.Settings, want map[string]string, changes ...string) string {
	t.Helper()
	set(t, &s, changes...)
	got := outcome(t, s)
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got[name] != want[name] {
			return name
		}
	}
	return ""
}
