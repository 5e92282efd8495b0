package main

import (
	"fmt"
	"strconv"
	"strings"

	"demorl/agent"
	"demorl/mpc"
	"demorl/sac"
)

// tables are those of docs/algorithms.md, in its order.
var tables = []table{
	{"circle", nil, []string{"reference"}, []column{
		{"who acts", acts}, {"what is imagined", imagined}, {"inner loop", inner}, {"the model steps with", propagation},
		{"learner", learner}, {"it draws", draws},
	}},
	{"planner", plans, []string{"reference"}, []column{
		{"starts from", start}, {"candidates", candidates}, {"particles", particles}, {"iterations", iterations}, {"horizon", horizon},
		{"utility", utility}, {"noise", noise}, {"step of the mean", stepMean}, {"covariance", covariance}, {"value at the end", value}, {"answer", answer},
	}},
	{"learner", learns, []string{"reference"}, []column{
		{"critics", critics}, {"actor climbs their", climbs}, {"target entropy", entropy},
		{"updates a step", updates}, {"of these the actor's", policyEvery}, {"rate", rate}, {"discount", discount},
	}},
	{"schedule", nil, []string{"reference"}, []column{
		{"warm-up", warmup}, {"model fitted every", refit}, {"a fit ends after", fitEnd}, {"reward in imagination", reward},
		{"start states", starts}, {"D_MPC holds", buffer},
	}},
	{"sizes", nil, agent.Presets, []column{
		{"warm-up", warmup}, {"updates a step", utd}, {"start states", starts}, {"candidates", samples}, {"particles", particles}, {"iterations", iterations},
		{"horizon", horizon}, {"members", members}, {"used", elites}, {"of", model}, {"policy", policy}, {"critics", criticNets},
	}},
}

func plans(m member) bool     { return m.Plans() }
func learns(m member) bool    { return m.Learns() }
func (m member) Clones() bool { return m.Learner == agent.LearnerClone }
func (m member) climbs() bool { return m.Learner == agent.LearnerValueGradient }

func acts(m member) string {
	switch {
	case m.Act == agent.ActPlanner && m.PlannerShare < 1:
		return fmt.Sprintf("planner in %g %% of the episodes, else policy", 100*m.PlannerShare)
	default:
		return m.Act
	}
}

func imagined(m member) string {
	switch m.Imagine {
	case agent.ImagineNothing:
		return "nothing"
	case agent.ImagineBranched:
		return "rollouts of the policy, " + steps(m)
	case agent.ImaginePlanned:
		return "planned rollouts, " + steps(m)
	}
	return unknown + m.Imagine
}

func steps(m member) string {
	if m.Horizon.Max() == 1 {
		return "1 step"
	}
	return horizon(m) + " steps"
}

// inner is the inner loop in short.
func inner(m member) string {
	if !m.Plans() {
		return "none"
	}
	p := m.Planner
	over := "over %d candidates"
	if p.Utility == mpc.UtilityElite {
		over = "of %d candidates"
	}
	return list(say(utilities, p.Utility)+" "+fmt.Sprintf(over, p.Samples+p.PolicySamples), some(p.Noise != mpc.NoiseWhite, "%s noise", say(noises, p.Noise)),
		some(p.PolicySamples > 0, "%d of them rollouts of the policy", p.PolicySamples), some(p.Iterations > 1, "%d iterations", p.Iterations)) + "; from " + start(m)
}

// utility is how candidates are weighed.
func utility(m member) string {
	p := m.Planner
	exp := func() string {
		switch p.LambdaMode {
		case mpc.LambdaFixed:
			return fmt.Sprintf("lambda %g", p.Lambda)
		case mpc.LambdaRelative:
			return fmt.Sprintf("lambda %g deviations of the scores", p.Lambda)
		case mpc.LambdaESS:
			return fmt.Sprintf("lambda for %g %% effective samples", 100*p.ESSTarget)
		}
		return unknown + p.LambdaMode
	}
	switch p.Utility {
	case mpc.UtilityElite:
		weights := ""
		if p.EliteWeights != mpc.WeightsUniform {
			weights = ", weights " + p.EliteWeights
		}
		return fmt.Sprintf("%d elites%s", p.EliteCount(), weights)
	case mpc.UtilityExp:
		return "exponential weights, " + exp()
	case mpc.UtilityCost:
		return "advantages" + some(p.CostScale == mpc.ScaleStd, " in deviations of the scores")
	case mpc.UtilityEliteExp:
		return fmt.Sprintf("exponential weights of %d elites, %s", p.EliteCount(), exp())
	}
	return unknown + p.Utility
}

// start is what a search begins from and looks for.
func start(m member) string {
	if m.Planner.PlanForm == mpc.PlanParameters {
		return "the last offsets of the policy's parameters, rolled on"
	}
	return say(shifts, m.Planner.Shift)
}

func propagation(m member) string {
	if !m.UsesModel() {
		return absent
	}
	words := say(propagations, m.Model.Propagation)
	if m.Model.Elites == m.Model.Members {
		words = strings.ReplaceAll(words, "elite", "member")
	}
	return words
}

func learner(m member) string {
	switch {
	case m.Clones():
		return say(rules, m.Clone.Rule)
	case !m.Learns():
		return "none"
	case m.climbs():
		return fmt.Sprintf(say(learners, m.Learner), m.Gradient.Steps)
	}
	if c := m.SAC.Critic; c.Count != plain.Count || c.Norm != plain.Norm || c.Quantiles != plain.Quantiles {
		return say(learners, m.Learner) + " with " + critics(m)
	}
	return say(learners, m.Learner)
}

// plain are the critics that go without saying.
var plain = sac.DefaultCritic()

// draws is where the learner's rows come from.
func draws(m member) string {
	switch {
	case m.Clones():
		return say(lessons, m.Clone.Rule)
	case !m.Learns():
		return absent
	case m.climbs():
		return "imagined states"
	case m.Imagine == agent.ImagineNothing || m.RealRatio.Max() == 1 && len(m.RealRatio) == 1:
		return "real rows"
	}
	return "mixed, " + span(m.RealRatio, 100, " % real")
}

func candidates(m member) string {
	if !m.Plans() {
		return absent
	}
	p := m.Planner
	return list(strconv.Itoa(p.Samples), some(p.Decay != 1, "fewer by %g an iteration", p.Decay), some(p.PolicySamples > 0, "%d rollouts of the policy", p.PolicySamples),
		some(p.KeepElites > 0, "%g %% of the elites kept", 100*p.KeepElites), some(p.MeanLast, "the mean at last"))
}

func particles(m member) string {
	if !m.Plans() {
		return absent
	}
	return strconv.Itoa(m.Planner.Particles)
}

func iterations(m member) string {
	if !m.Plans() {
		return absent
	}
	return strconv.Itoa(m.Planner.Iterations)
}

// horizon is the number of imagined steps.
func horizon(m member) string {
	if !m.Plans() && m.Imagine == agent.ImagineNothing {
		return absent
	}
	return span(m.Horizon, 1, "")
}

func noise(m member) string {
	p := m.Planner
	exponent := some(p.Noise == mpc.NoiseColoured, " (beta %g)", p.Beta)
	return list(say(noises, p.Noise)+exponent+" "+strconv.FormatFloat(p.Sigma, 'g', 3, 64), say(samplings, p.Sampling))
}

func stepMean(m member) string { return fmt.Sprint(m.Planner.StepMean) }

func covariance(m member) string {
	p := m.Planner
	if p.Covariance == mpc.CovFixed {
		return say(covariances, p.Covariance)
	}
	of := ""
	if p.SmoothStd {
		of = " of the deviation"
	}
	return list(say(covariances, p.Covariance), fmt.Sprintf("step %g%s", p.StepCov, of))
}

func value(m member) string { return say(values, m.Planner.Value) }

// answer is what of a search is acted on or rolled again.
func answer(m member) string {
	if m.Act == agent.ActPlanner && m.Planner.PlanForm == mpc.PlanMean {
		return say(answers, m.Planner.Answer)
	}
	return say(forms, m.Planner.PlanForm)
}

func critics(m member) string {
	c := m.SAC.Critic
	kind := ""
	if c.Quantiles > 1 {
		kind = fmt.Sprintf(" of %d quantiles", c.Quantiles)
	}
	return list(fmt.Sprintf("%d critics%s", c.Count, kind), some(c.Drop > 0, "targets without the %d largest of each", c.Drop), some(c.Subset < c.Count, "targets from %d of them", c.Subset),
		say(norms, c.Norm), some(c.Dropout > 0, "dropout %g", c.Dropout), some(c.Scaled, "in units of the value's bounds"))
}

func climbs(m member) string { return say(uses, m.SAC.Critic.ActorUses) }

func entropy(m member) string {
	words := say(entropies, m.SAC.TargetEntropyRule)
	if m.SAC.TargetEntropyRule == sac.Fixed {
		return fmt.Sprintf(words, m.SAC.TargetEntropy)
	}
	return words
}

// utd is the number of updates a real step.
func utd(m member) string {
	if !m.Learns() {
		return absent
	}
	return strconv.Itoa(m.UTD)
}

// updates says when they are made, too.
func updates(m member) string {
	block := some(m.UpdateEvery > 1, "in blocks after every %d steps", m.UpdateEvery)
	if m.climbs() {
		block = "in a block after every refit"
	}
	return list(utd(m), block)
}

func policyEvery(m member) string {
	if m.SAC.PolicyEvery == 1 {
		return "all"
	}
	return fmt.Sprintf("1 of %d", m.SAC.PolicyEvery)
}

func rate(m member) string { return fmt.Sprint(m.SAC.CriticRate) }

func discount(m member) string { return fmt.Sprint(m.SAC.Gamma) }

func warmup(m member) string { return strconv.Itoa(m.Warmup) }

// starts is the number of start states of a round of imagination.
func starts(m member) string {
	if m.Imagine == agent.ImagineNothing {
		return absent
	}
	return strconv.Itoa(m.StartStates)
}

func samples(m member) string {
	if !m.Plans() {
		return absent
	}
	return strconv.Itoa(m.Planner.Samples + m.Planner.PolicySamples)
}

func members(m member) string {
	if !m.UsesModel() {
		return absent
	}
	return strconv.Itoa(m.Model.Members)
}

func elites(m member) string {
	if !m.UsesModel() {
		return absent
	}
	return strconv.Itoa(m.Model.Elites)
}

func model(m member) string {
	if !m.UsesModel() {
		return absent
	}
	return layers(m.Model.Hidden)
}

// refit is the number of real steps between fits of the model.
func refit(m member) string {
	switch {
	case !m.UsesModel():
		return absent
	case m.perEpisode:
		return "episode"
	}
	return fmt.Sprintf("%d steps", m.RefitEvery)
}

func fitEnd(m member) string {
	switch {
	case !m.UsesModel():
		return absent
	case m.Model.MaxPasses > 0:
		return fmt.Sprintf("%d passes in batches of %d", m.Model.MaxPasses, m.Model.Batch)
	}
	end := fmt.Sprintf("%d passes without progress in batches of %d", m.Model.Patience, m.Model.Batch)
	if n := m.Model.RefitGradSteps; n > 0 {
		end += fmt.Sprintf(", all but the first after %d batches at the latest", n)
	}
	return end
}

func reward(m member) string {
	if !m.UsesModel() {
		return absent
	}
	return say(rewards, m.Reward)
}

// buffer is what D_MPC holds.
func buffer(m member) string {
	switch {
	case m.Imagine == agent.ImagineNothing:
		return absent
	case m.climbs():
		return fmt.Sprintf("the last %d rounds", m.Gradient.RetainRounds)
	case m.PlanBuffer == agent.BufferRing:
		if m.RetainEpochs == 1 {
			return "the last epoch"
		}
		return fmt.Sprintf("the last %d epochs", m.RetainEpochs)
	}
	return "the present epoch"
}

func policy(m member) string {
	switch {
	case m.Clones():
		return layers(m.Clone.Hidden)
	case !m.Learns():
		return absent
	}
	return layers(m.SAC.Hidden)
}

func criticNets(m member) string {
	if !m.Learns() {
		return absent
	}
	hidden := m.SAC.Critic.Hidden
	if len(hidden) == 0 {
		hidden = m.SAC.Hidden
	}
	return layers(hidden) + some(m.SAC.Critic.Quantiles > 1, " (%d quantiles)", m.SAC.Critic.Quantiles)
}

// some formats where the condition holds; else it is empty.
func some(condition bool, format string, args ...any) string {
	if !condition {
		return ""
	}
	return fmt.Sprintf(format, args...)
}
