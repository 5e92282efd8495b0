package train

import (
	"errors"
	"fmt"

	"demorl/agent"
	"demorl/env"
)

// UnfitError is a setting that asks of a task what the task cannot do.
type UnfitError struct{ Err error }

func (e *UnfitError) Error() string { return e.Err.Error() }

// Unwrap returns what the task said.
func (e *UnfitError) Unwrap() error { return e.Err }

// commanded makes instances that have been told their command: the one that is
// trained on, those of evaluations and those that are planned in.
func commanded(instance Maker, s Settings) Maker {
	if len(s.Command) == 0 {
		return instance
	}
	return func() (env.Env, error) {
		e, err := instance()
		if err != nil {
			return nil, err
		}
		commander, ok := env.Power[env.Commander](e)
		if !ok {
			err = fmt.Errorf("command is set, but %s takes no command; remove it", e.Spec().ID)
		} else {
			err = commander.Command(s.Command)
		}
		if err != nil {
			return nil, errors.Join(&UnfitError{err}, e.Close())
		}
		return e, nil
	}
}

// randomize tells the instance that is trained on what to draw anew in every
// episode; evaluations are of the nominal task.
func randomize(world env.Env, s Settings) error {
	if s.Randomize.Off() {
		return nil
	}
	if s.Agent.World == agent.WorldSimulator {
		return &UnfitError{fmt.Errorf("randomize is set and world is %q; evaluations are of the nominal task, whose planner cannot plan in varied copies: use world %s, or remove randomize", s.Agent.World, agent.WorldModel)}
	}
	randomizer, ok := env.Power[env.Randomizer](world)
	if !ok {
		return &UnfitError{fmt.Errorf("randomize is set, but the physics of %s cannot be varied; remove it", world.Spec().ID)}
	}
	if err := randomizer.Randomize(s.Randomize); err != nil {
		return &UnfitError{err}
	}
	return nil
}
