package agent

import (
	"slices"
	"strings"
	"testing"

	"demorl/env"
	"demorl/settings"
)

// idleOn returns the settings of an algorithm with assignments such as utd=0.
func idleOn(t *testing.T, algorithm, with string) Settings {
	t.Helper()
	a, err := FindAlgorithm(algorithm)
	if err != nil {
		t.Fatal(err)
	}
	task, err := env.Lookup("classic/pendulum")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Preset(a, "gate", task)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range strings.Fields(with) {
		source, err := settings.ParseAssign("test", text)
		if err == nil {
			_, err = settings.Decode(&s, source)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Validate(); err != nil {
		t.Fatalf("%s %s: %v", algorithm, with, err)
	}
	return s
}

// That a reason is true is train's TestASettingThatIsCalledIdleChangesNothing;
// here is where each is given, and that its words are those of the settings.
func TestIdleNamesTheSettingThatMakesAnotherChangeNothing(t *testing.T) {
	for _, c := range []struct{ algorithm, with, keys, why string }{
		{"sac", "", "planner.sigma planner.value", "nothing is planned (act policy, imagine nothing)"},
		{"mbpo", "", "planner.sigma", "nothing is planned (act policy, imagine branched)"},
		{"sac", "", "model.rate refit_every model_freeze_epoch reward termination", "no model is learned (act policy, imagine nothing, world model)"},
		{"cem", "world=simulator", "model.hidden", "no model is learned (act planner, imagine nothing, world simulator)"},
		{"sac", "", "horizon precision world", "nothing is planned or imagined (act policy, imagine nothing)"},
		{"loop", "", "replan_every plan_buffer retain_epochs real_ratio start_states store_reward stop_at_terminal noise_redraw probe_starts", "nothing is imagined (imagine nothing)"},
		{"sac", "", "planner_share", "act is policy"},
		{"sac", "", "epoch_steps", "nothing is done by epochs: no model is learned, and no schedule followed"},
		{"mbpo", "", "noise_redraw", "imagine is branched"},
		{"m-demorl", "planner.plan_form=policy", "noise_redraw planner.sigma planner.samples", "planner.plan_form is policy"},
		{"m-demorl", "", "retain_epochs", "plan_buffer is clear"},
		{"m-demorl", "termination=never", "stop_at_terminal planner.mask model.terminal_hidden", "termination is never"},
		{"dhmbpo", "", "replan_every plan_buffer retain_epochs real_ratio update_every store_reward", "learner is value_gradient"},
		{"sac", "", "value_gradient.steps clone.rate", "learner is sac"},
		{"poplin-a", "", "sac.tau sac.hidden sac.critic.count update_every target_entropy", "learner is clone"},
		{"poplin-a", "", "planner.proposal", "learner is clone, whose policy draws nothing"},
		{"poplin-p", "", "clone.rate clone.decay clone.passes clone.batch", "clone.rule is average"},
		{"poplin-p", "", "planner.bound", "planner.plan_form is parameters"},
		{"poplin-p", "planner.parameters=uni", "planner.tail", "planner.parameters is uni"},
		{"pets", "", "sac.tau sac.batch sac.actor_rate sac.critic_rate sac.temperature_rate sac.policy_every sac.weight_decay sac.adam_beta1 sac.target_entropy sac.target_entropy_rule update_every target_entropy", "nothing is updated (utd 0)"},
		{"pets", "", "sac.reward_scale sac.initial_temperature sac.critic.count sac.critic.dropout", "critics are neither updated nor asked (utd 0)"},
		{"sac", "", "sac.target_entropy", "sac.target_entropy_rule is minus_actions"},
		{"sac", "target_entropy=[-1]", "sac.target_entropy sac.target_entropy_rule", "target_entropy is set, in its place"},
		{"crossq", "", "sac.tau", "sac.critic.norm is batch_renorm, which needs no targets"},
		{"sac", "", "sac.blocks sac.critic.blocks", "sac.network is mlp"},
		{"loop", "", "sac.value.rate sac.value.hidden planner.score_rewards", "planner.value is minq_last_action"},
		{"m-demorl", "", "model.norm_epsilon", "model.norm is none"},
		{"m-demorl", "", "model.noise_decay", "model.variance is input"},
		{"m-demorl", "model.variance=constant", "model.bound_weight", "model.variance is constant"},
		{"m-demorl", "", "model.stop_save model.stop_go_on", "model.stop is patience"},
		{"m-demorl", "model.stop=paired_test", "model.improvement model.best_from", "model.stop is paired_test"},
		{"m-demorl", "", "model.jsd_quantile", "model.jsd_guard is 0"},
		{"m-demorl", "", "planner.answer planner.shift_covariance planner.inflate planner.shift_elites planner.partial planner.strict", "act is policy: it is for a planner that acts"},
		{"m-demorl-online", "", "planner.tail planner.shift_covariance planner.inflate", "planner.shift is policy_closed"},
		{"cem", "", "planner.inflate", "planner.shift_covariance is reset"},
		{"m-demorl", "", "planner.decay planner.min_std_stop planner.keep_elites", "planner.iterations is 1"},
		{"m-demorl", "planner.shift=roll", "planner.proposal", "planner.shift is roll"},
		{"poplin-a", "", "planner.score_reward", "model.propagation is expect"},
		{"cem", "world=simulator", "planner.score_reward", "world is simulator"},
		{"cem", "", "planner.elite_frac", "planner.elites is 20"},
		{"cem", "", "planner.lambda planner.lambda_mode planner.ess_target planner.cost_scale", "planner.utility is elite"},
		{"mppi", "", "planner.elite_weights", "planner.utility is exp"},
		{"mppi", "planner.lambda_mode=ess", "planner.lambda", "planner.lambda_mode is ess"},
		{"mppi", "", "planner.ess_target", "planner.lambda_mode is relative"},
		{"mppi", "", "planner.step_cov planner.smooth_std", "planner.covariance is fixed"},
		{"cem", "", "planner.beta planner.ar planner.knots planner.knot_order", "planner.noise is white"},
		{"cem", "", "planner.parameters", "planner.plan_form is mean"},
		{"cem", "", "planner.score_k planner.score_q", "planner.score is mean"},
	} {
		s := idleOn(t, c.algorithm, c.with)
		known := settings.Paths(&s)
		for key := range strings.FieldsSeq(c.keys) {
			if why := s.Idle(key); why != c.why || !slices.Contains(known, key) {
				t.Errorf("%s %s: %s: %q, want %q", c.algorithm, c.with, key, why, c.why)
			}
		}
	}
}

// Settings with an effect that is easily overlooked are not called idle.
func TestIdleIsSilentAboutWhatHasAnEffect(t *testing.T) {
	for _, c := range []struct{ algorithm, with, keys string }{
		{"sac", "", "warmup capacity utd update_every act imagine learner sac.tau sac.batch target_entropy action_repeat nonsense sac.nonsense"},
		{"sac", "target_entropy=[0,2,-1,-2]", "epoch_steps target_entropy"},
		{"cem", "world=simulator horizon=[0,2,3,5]", "epoch_steps horizon world precision planner.mask"},
		{"pets", "", "sac.hidden sac.init sac.initial_std sac.gamma sac.critic.norm planner.sigma refit_every"}, // the untrained policy acts where no plan is found
		{"poplin-a", "", "sac.gamma clone.rate clone.evaluate_policy planner.shift_covariance"},
		{"m-demorl", "utd=0", "sac.critic.count sac.reward_scale planner.value"}, // plans end in critics, trained or not
		{"m-demorl", "", "horizon real_ratio noise_redraw planner.gamma planner.elite_frac model.patience probe_starts planner.measure"},
		{"m-demorl", "plan_buffer=ring", "retain_epochs"},
		{"m-demorl", "planner.plan_form=policy", "planner.plan_form planner.value"}, // value vnet trains a network
		{"loop", "", "planner.answer planner.strict planner.lambda planner.step_cov planner.tail planner.keep_elites"},
		{"icem", "", "planner.beta planner.decay planner.keep_elites planner.shift_elites planner.smooth_std"},
		{"dhmbpo", "", "start_states horizon stop_at_terminal probe_starts value_gradient.steps sac.tau refit_every"},
	} {
		s := idleOn(t, c.algorithm, c.with)
		for key := range strings.FieldsSeq(c.keys) {
			if why := s.Idle(key); why != "" {
				t.Errorf("%s %s: %s is called idle: %s", c.algorithm, c.with, key, why)
			}
		}
	}
}
