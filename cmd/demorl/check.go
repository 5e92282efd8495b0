package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"demorl/env"
	"demorl/env/check"
	"demorl/env/gymnasium"
	"demorl/internal/words"
)

type checkCommand struct {
	ID     string `arg:"" help:"Task id or alias, or the path of a task file."`
	Python string `placeholder:"PATH" help:"Interpreter that steps a Gymnasium environment. Default: that of $$VIRTUAL_ENV, else python3."`
	Steps  int    `default:"2000" help:"Steps to record; the rules make about as many again."`
	Seed   uint64 `help:"Seed of starts and actions."`
	JSON   bool   `name:"json" help:"Print one JSON object."`
}

// checked is what `env check --json` prints.
type checked struct {
	ID       string    `json:"id"`
	OK       bool      `json:"ok"`
	Errors   int       `json:"errors"`
	Warnings int       `json:"warnings"`
	Findings []finding `json:"findings"`
	Steps    int       `json:"steps"`
	Episodes int       `json:"episodes"`
	Rate     float64   `json:"steps_per_s"`
	Allocs   float64   `json:"allocs_per_step"`
	RealTime float64   `json:"real_time"` // simulated seconds a second
}

type finding struct {
	Rule     check.Rule `json:"rule"`
	Severity string     `json:"severity"`
	Text     string     `json:"text"`
}

// errBroken ends the program with exit code 1; what is broken was printed.
var errBroken = errors.New("")

func (cmd *checkCommand) Run(c *console) error {
	if err := within("--steps", cmd.Steps, 10, mostSteps); err != nil {
		return err
	}
	t, err := look(cmd.ID, cmd.Python)
	if err != nil {
		return err
	}
	if lacks := needs(t); lacks != "" {
		return &env.MissingError{ID: t.ID, Needs: lacks}
	}
	r := check.Check(t.New, t.Describe, check.Options{Steps: cmd.Steps, Seed: cmd.Seed, Truncates: t.Family == gymnasium.Family})
	if cmd.JSON {
		err = json.NewEncoder(c.out).Encode(answer(t.ID, r))
	} else {
		err = say(c, t.ID, r)
	}
	if err == nil && !r.OK() {
		return errBroken
	}
	return err
}

func answer(id string, r check.Report) checked {
	out := checked{
		ID: id, OK: r.OK(), Errors: r.Count(check.Error), Warnings: r.Count(check.Warning), Findings: []finding{},
		Steps: r.Steps, Episodes: r.Episodes, Rate: r.StepsPerSecond, Allocs: r.AllocsPerStep, RealTime: r.RealTime,
	}
	for _, f := range r.Findings {
		out.Findings = append(out.Findings, finding{f.Rule, f.Severity.String(), f.Text})
	}
	return out
}

func say(c *console, id string, r check.Report) error {
	for _, f := range r.Findings {
		fmt.Fprintln(c.out, f)
	}
	verdict := "keeps the contract"
	if !r.OK() {
		verdict = "breaks the contract"
	}
	speed := fmt.Sprintf("%.0f steps/s", r.StepsPerSecond)
	if r.RealTime > 0 { // the step time may be unknown
		speed += fmt.Sprintf(", %.3g times real time", r.RealTime)
	}
	_, err := fmt.Fprintf(c.out, "%s %s: %s, %s (%s in %s; %s, %g allocations a step)\n", id, verdict, words.Count(r.Count(check.Error), "error"),
		words.Count(r.Count(check.Warning), "warning"), words.Count(r.Steps, "step"), words.Count(r.Episodes, "episode"), speed, r.AllocsPerStep)
	return err
}
