package main

import (
	"fmt"
	"strconv"
	"strings"

	"demorl/agent"
	"demorl/clone"
	"demorl/dynamics"
	"demorl/mpc"
	"demorl/sac"
)

// unknown begins what stands for a value that has no words here.
const unknown = "?"

// say returns the words of a setting's value.
func say[K ~string](words map[K]string, value K) string {
	if s, ok := words[value]; ok {
		return s
	}
	return unknown + strconv.Quote(string(value))
}

// Where all members are used, elites are called members.
var propagations = map[dynamics.Propagation]string{
	dynamics.Fixed:  "one elite a start state",
	dynamics.TS1:    "one elite a row, drawn anew at every step",
	dynamics.TSInf:  "one elite a particle",
	dynamics.Expect: "the mean of all elites' means",
	dynamics.All:    "all elites, each with its share of the particles",
}

var utilities = map[string]string{
	mpc.UtilityElite:    "the best",
	mpc.UtilityExp:      "exponential weights",
	mpc.UtilityCost:     "advantages",
	mpc.UtilityEliteExp: "exponential weights of the best",
}

var shifts = map[string]string{
	mpc.ShiftRoll:     "the last plan, rolled on",
	mpc.ShiftClosed:   "the policy at every visited state",
	mpc.ShiftOpen:     "one rollout of the policy",
	mpc.ShiftMixture:  "the last plan, rolled on",
	mpc.ShiftResidual: "the policy at every visited state and the last residuals, rolled on",
}

var covariances = map[string]string{
	mpc.CovFixed: "fixed",
	mpc.CovOld:   "around the old mean",
	mpc.CovElite: "around the elites' mean",
	mpc.CovNew:   "around the new mean",
	mpc.CovExact: "with the mean",
}

var noises = map[string]string{mpc.NoiseWhite: "white", mpc.NoiseColoured: "coloured", mpc.NoiseAR: "autoregressive", mpc.NoiseKnots: "spline"}

var samplings = map[string]string{mpc.SampleClip: "clipped", mpc.SampleTruncate: "truncated"}

var values = map[string]string{
	mpc.ValueNone:       "none",
	mpc.ValueTerminal:   "value of the state after the last step",
	mpc.ValueLastAction: "Q of the last state and action",
}

var forms = map[string]string{
	mpc.PlanMean:          "mean",
	mpc.PlanResidual:      "residual of a sampled action",
	mpc.PlanResidualMean:  "residual of the policy's mean",
	mpc.PlanPolicy:        "policy alone",
	mpc.PlanBest:          "best candidate",
	mpc.PlanFirstParticle: "first particle",
	mpc.PlanParameters:    "mean offset of the policy's parameters",
}

var answers = map[string]string{
	mpc.AnswerMean:     "mean",
	mpc.AnswerBest:     "best candidate",
	mpc.AnswerLastBest: "best candidate of the last iteration",
	mpc.AnswerSample:   "a candidate drawn by weight",
}

var learners = map[string]string{
	agent.LearnerSAC:           "SAC",
	agent.LearnerValueGradient: "gradients back through %d steps of the model",
}

var rules = map[string]string{
	clone.RuleActions: "policy cloned from the planner's actions",
	clone.RuleAverage: "policy follows the mean of the applied offsets",
}

var lessons = map[string]string{
	clone.RuleActions: "all planned steps",
	clone.RuleAverage: "the last episode's planned steps",
}

var rewards = map[string]string{agent.RewardKnown: "the task's own, where it tells one", agent.RewardLearned: "the model's"}

var norms = map[string]string{
	sac.NormNone:  "",
	sac.NormLayer: "LayerNorm",
	sac.NormPlain: "LayerNorm without gains",
	sac.NormBatch: "batch renormalisation, no targets",
}

var uses = map[string]string{sac.UsesMin: "smallest", sac.UsesMean: "mean"}

var entropies = map[string]string{sac.Fixed: "%g", sac.MinusActions: "-A", sac.MinusHalfActions: "-A/2"}

// span prints a schedule: its value, or the first and the last one.
func span(s agent.Schedule, unit float64, suffix string) string {
	print := func(v float64) string { return strconv.FormatFloat(v*unit, 'g', 6, 64) }
	if len(s) == 1 || s[2] == s[3] {
		return print(s.Max()) + suffix
	}
	return print(s[2]) + " to " + print(s[3]) + suffix
}

// layers prints a network's hidden layers.
func layers(hidden []int) string {
	if len(hidden) == 0 {
		return absent
	}
	for _, n := range hidden {
		if n != hidden[0] {
			return strings.Trim(strings.ReplaceAll(fmt.Sprint(hidden), " ", "-"), "[]")
		}
	}
	return fmt.Sprintf("%dx%d", len(hidden), hidden[0])
}

// list joins what is not empty.
func list(parts ...string) string {
	var some []string
	for _, p := range parts {
		if p != "" {
			some = append(some, p)
		}
	}
	return strings.Join(some, ", ")
}
