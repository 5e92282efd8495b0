package main

import (
	"demorl/settings"
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
