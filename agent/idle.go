package agent

import (
	"fmt"
	"slices"
	"strings"

	"demorl/clone"
	"demorl/dynamics"
	"demorl/mpc"
	"demorl/sac"
)

// Idle says in a few words why the setting at key, a dotted name such as
// planner.sigma, has no effect beside the others: whatever valid value it took, a
// run would act, learn and report the same. It is empty where the setting has
// one, and where that depends on more than the settings, such as the task: who is
// told that a setting changes nothing has to be able to rely on it. The settings
// are valid ones.
func (s *Settings) Idle(key string) string {
	section, name, nested := strings.Cut(key, ".")
	if !nested {
		return s.idleOwn(key)
	}
	if idle := idleSections[section]; idle != nil {
		return idle(s, name)
	}
	return ""
}

// idleSections are Idle for each section, of the names in it.
var idleSections = map[string]func(s *Settings, name string) string{
	"value_gradient": func(s *Settings, _ string) string { return because(!s.gradients(), "learner is %s", s.Learner) },
	"clone":          (*Settings).idleClone,
	"sac":            (*Settings).idleLearner,
	"model":          (*Settings).idleModel,
	"planner":        (*Settings).idlePlanner,
}

// because is the reason, where idle.
func because(idle bool, format string, args ...any) string {
	if !idle {
		return ""
	}
	return fmt.Sprintf(format, args...)
}

// first returns the first reason that is one.
func first(reasons ...string) string {
	for _, r := range reasons {
		if r != "" {
			return r
		}
	}
	return ""
}

// unplanned, unmodelled, unimagined and unlearned are why there is no planner, no
// model, no D_MPC and no update.
func (s *Settings) unplanned() string {
	return because(!s.Plans(), "nothing is planned (act %s, imagine %s)", s.Act, s.Imagine)
}

func (s *Settings) unmodelled() string {
	return because(!s.UsesModel(), "no model is learned (act %s, imagine %s, world %s)", s.Act, s.Imagine, s.World)
}

func (s *Settings) unimagined() string {
	return because(s.Imagine == ImagineNothing, "nothing is imagined (imagine %s)", s.Imagine)
}

func (s *Settings) unlearned() string {
	return first(because(s.Clones(), "learner is %s", s.Learner), because(!s.Learns(), "nothing is updated (utd %d)", s.UTD))
}

// idleOwn is Idle for the settings of no section.
func (s *Settings) idleOwn(key string) string {
	climbs := because(s.gradients(), "learner is %s", s.Learner) // in blocks of its own, without the rewards of D_MPC
	switch key {
	case "planner_share":
		return because(s.Act != ActPlanner, "act is %s", s.Act)
	case "epoch_steps":
		varies := s.Plans() && len(s.Horizon) > 1 || s.Learns() && len(s.Entropy) > 1
		return because(!s.UsesModel() && !varies, "nothing is done by epochs: no model is learned, and no schedule followed")
	case "refit_every", "model_freeze_epoch", "reward", "termination":
		return s.unmodelled()
	case "horizon", "precision", "world":
		return because(!s.Plans() && s.Imagine == ImagineNothing, "nothing is planned or imagined (act %s, imagine %s)", s.Act, s.Imagine)
	case "start_states", "probe_starts":
		return s.unimagined()
	case "store_reward":
		return first(s.unimagined(), climbs)
	case "stop_at_terminal":
		return first(s.unimagined(), because(s.Termination == "never", "termination is %s", s.Termination))
	case "noise_redraw":
		return first(s.unimagined(),
			because(s.Imagine != ImaginePlanned, "imagine is %s", s.Imagine),
			because(s.Planner.PlanForm == mpc.PlanPolicy, "planner.plan_form is %s", s.Planner.PlanForm))
	case "replan_every", "plan_buffer":
		return first(s.unimagined(), climbs)
	case "retain_epochs":
		return first(s.unimagined(), climbs, because(s.PlanBuffer == BufferClear, "plan_buffer is %s", s.PlanBuffer))
	case "real_ratio":
		return first(s.unimagined(), climbs, s.unlearned())
	case "update_every":
		return first(s.unlearned(), climbs)
	case "target_entropy":
		return s.unlearned()
	}
	return ""
}

// idleClone is Idle for the section clone.
func (s *Settings) idleClone(name string) string {
	if !s.Clones() {
		return because(true, "learner is %s", s.Learner)
	}
	cloning := name == "rate" || name == "decay" || name == "passes" || name == "batch"
	return because(cloning && s.Clone.Rule == clone.RuleAverage, "clone.rule is %s", s.Clone.Rule)
}

// idleLearner is Idle for the section sac. Without updates the untrained policy
// still acts where a planner has no plan, so that what shapes it has an effect;
// sac.gamma is also the discount with which plans and policy are compared.
func (s *Settings) idleLearner(name string) string {
	if s.Clones() {
		return because(name != "gamma", "learner is %s", s.Learner)
	}
	switch name {
	case "tau":
		return first(s.unlearned(), because(s.SAC.Critic.Norm == sac.NormBatch && !s.usesStateValue(), "sac.critic.norm is %s, which needs no targets", s.SAC.Critic.Norm))
	case "target_entropy":
		return first(s.unlearned(), s.scheduled(), because(s.SAC.TargetEntropyRule != sac.Fixed, "sac.target_entropy_rule is %s", s.SAC.TargetEntropyRule))
	case "target_entropy_rule":
		return first(s.unlearned(), s.scheduled())
	case "actor_rate", "critic_rate", "temperature_rate", "batch", "policy_every", "weight_decay", "adam_beta1":
		return s.unlearned()
	case "blocks", "critic.blocks":
		return because(s.SAC.Network == sac.NetworkMLP, "sac.network is %s", s.SAC.Network)
	case "value.hidden", "value.rate":
		return first(s.unplanned(), because(!s.usesStateValue(), "planner.value is %s", s.Planner.Value))
	case "reward_scale", "initial_temperature", "critic.count", "critic.hidden", "critic.dropout", "critic.subset", "critic.actor_uses", "critic.quantiles", "critic.drop":
		unasked := s.Imagine == ImagineNothing && (!s.Plans() || s.Planner.Value == mpc.ValueNone)
		return because(unasked && !s.Learns(), "critics are neither updated nor asked (utd %d)", s.UTD)
	}
	return ""
}

// scheduled is why sac's own target entropy is not the learner's.
func (s *Settings) scheduled() string {
	return because(len(s.Entropy) > 0, "target_entropy is set, in its place")
}

// idleModel is Idle for the section model.
func (s *Settings) idleModel(name string) string {
	if why := s.unmodelled(); why != "" {
		return why
	}
	m := &s.Model
	switch name {
	case "norm_epsilon":
		return because(m.Norm != dynamics.NormLayer, "model.norm is %s", m.Norm)
	case "noise_decay":
		return because(m.Variance != dynamics.VarianceConstant, "model.variance is %s", m.Variance)
	case "bound_weight":
		return because(m.Variance == dynamics.VarianceConstant, "model.variance is %s", m.Variance)
	case "stop_save", "stop_go_on":
		return because(m.Stop != dynamics.StopTest, "model.stop is %s", m.Stop)
	case "improvement", "best_from":
		return because(m.Stop == dynamics.StopTest, "model.stop is %s", m.Stop)
	case "jsd_quantile":
		return because(m.JSDGuard == 0, "model.jsd_guard is 0")
	case "terminal_hidden":
		return because(s.Termination == "never", "termination is %s", s.Termination)
	}
	return ""
}

// idlePlanner is Idle for the section planner.
func (s *Settings) idlePlanner(name string) string {
	if why := s.unplanned(); why != "" {
		return why
	}
	p := &s.Planner
	batches := s.Act != ActPlanner // replayed states alone are planned, each anew
	if batches && p.PlanForm == mpc.PlanPolicy && name != "plan_form" && name != "value" {
		return because(true, "planner.plan_form is %s", p.PlanForm)
	}
	if batches && slices.Contains([]string{"answer", "shift_covariance", "inflate", "shift_elites", "partial", "strict"}, name) {
		return because(true, "act is %s: it is for a planner that acts", s.Act)
	}
	anew := p.Shift == mpc.ShiftClosed || p.Shift == mpc.ShiftOpen // no plan is kept
	once := p.Iterations == 1
	switch name {
	case "tail":
		return first(
			because(anew || batches && p.Shift == mpc.ShiftResidual, "planner.shift is %s", p.Shift),
			because(p.PlanForm == mpc.PlanParameters && p.Parameters == mpc.ParametersUni, "planner.parameters is %s", p.Parameters))
	case "shift_covariance":
		return because(anew, "planner.shift is %s", p.Shift)
	case "inflate":
		return first(because(anew, "planner.shift is %s", p.Shift), because(p.ShiftCovariance != mpc.CovInflate, "planner.shift_covariance is %s", p.ShiftCovariance))
	case "decay", "min_std_stop":
		return because(once, "planner.iterations is 1")
	case "keep_elites":
		return because(once && batches, "planner.iterations is 1")
	case "proposal":
		return first(because(s.Clones(), "learner is %s, whose policy draws nothing", s.Learner), because(batches && !p.NeedsPolicy(), "planner.shift is %s", p.Shift))
	case "bound":
		return because(p.PlanForm == mpc.PlanParameters, "planner.plan_form is %s", p.PlanForm)
	case "mask":
		return because(s.UsesModel() && s.Termination == "never", "termination is %s", s.Termination)
	case "score_reward":
		return first(because(s.World == WorldSimulator, "world is %s", s.World), because(s.Model.Propagation == dynamics.Expect, "model.propagation is %s", s.Model.Propagation))
	}
	return idleDetail(p, name)
}

// idleDetail is Idle for those of the planner that belong to one choice of
// another one of it.
func idleDetail(p *mpc.Settings, name string) string {
	weighs := p.Utility == mpc.UtilityExp || p.Utility == mpc.UtilityEliteExp
	unweighed := because(!weighs, "planner.utility is %s", p.Utility)
	switch name {
	case "elite_frac":
		return because(p.Elites > 0, "planner.elites is %d", p.Elites)
	case "elite_weights":
		return because(p.Utility != mpc.UtilityElite, "planner.utility is %s", p.Utility)
	case "lambda":
		return first(unweighed, because(p.LambdaMode == mpc.LambdaESS, "planner.lambda_mode is %s", p.LambdaMode))
	case "lambda_mode":
		return unweighed
	case "ess_target":
		return first(unweighed, because(p.LambdaMode != mpc.LambdaESS, "planner.lambda_mode is %s", p.LambdaMode))
	case "cost_scale":
		return because(p.Utility != mpc.UtilityCost, "planner.utility is %s", p.Utility)
	case "step_cov", "smooth_std":
		return because(p.Covariance == mpc.CovFixed, "planner.covariance is %s", p.Covariance)
	case "beta":
		return because(p.Noise != mpc.NoiseColoured, "planner.noise is %s", p.Noise)
	case "ar":
		return because(p.Noise != mpc.NoiseAR, "planner.noise is %s", p.Noise)
	case "knots", "knot_order":
		return because(p.Noise != mpc.NoiseKnots, "planner.noise is %s", p.Noise)
	case "parameters":
		return because(p.PlanForm != mpc.PlanParameters, "planner.plan_form is %s", p.PlanForm)
	case "score_k":
		return because(p.Score != mpc.ScoreMeanMinusKStd, "planner.score is %s", p.Score)
	case "score_q":
		return because(p.Score != mpc.ScoreCVaR, "planner.score is %s", p.Score)
	case "score_rewards":
		return because(p.Value == mpc.ValueLastAction && p.PlanForm != mpc.PlanFirstParticle, "planner.value is %s", p.Value)
	}
	return ""
}
