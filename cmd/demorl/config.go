package main

import (
	"demorl/env"
	"demorl/env/gymnasium"
	"demorl/par"
	"demorl/settings"
	"demorl/train"
)

// demonstration is the task whose settings `demorl config` shows without one.
const demonstration = "leg2r/ellipse-100hz"

type configCommand struct {
	choice
	JSON bool `name:"json" help:"Print one JSON object."`
}

func (cmd *configCommand) Run(c *console) error {
	s, origins, err := cmd.resolve(demonstration)
	if err != nil {
		return err
	}
	if err := fits(s); err != nil {
		return err
	}
	noteIdle(c, s, origins)
	if cmd.JSON {
		_, err = c.out.Write(append(settings.JSON(&s), '\n'))
		return err
	}
	text, err := settings.Encode(&s, origins)
	if err != nil {
		return err
	}
	_, err = c.out.Write(text)
	return err
}

// fits refuses what the task cannot do, as far as that can be told without a
// simulator or a Python process: all of it for a task of pure Go, and for the
// others the number of actions.
func fits(s train.Settings) error {
	t, err := env.Lookup(s.Env)
	if err != nil {
		return err
	}
	if t.Needs != nil || t.Family == gymnasium.Family {
		if spec := t.Describe(); spec.ActDim > 0 {
			_, err = train.Decisions(spec, s.Agent)
		}
		return err
	}
	if len(s.Command) == 0 && len(s.Agent.ActionRange) == 0 && s.Randomize.Off() {
		return nil
	}
	pool := par.New(1)
	defer pool.Close()
	loop, err := train.NewLoop(s, forLearning(t), pool)
	if err != nil {
		return err
	}
	return loop.Close()
}
