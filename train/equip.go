package train

import (
	"errors"
	"fmt"
	"slices"

	"demorl/agent"
	"demorl/env"
	"demorl/internal/words"
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

// narrowed makes instances of whose actions' range the learner has the share
// action_range.
func narrowed(instance Maker, s agent.Settings) Maker {
	if len(s.ActionRange) == 0 {
		return instance
	}
	return func() (env.Env, error) {
		e, err := instance()
		if err != nil {
			return nil, err
		}
		scaled, ok := env.Power[*env.Scaled](e)
		if !ok {
			err = fmt.Errorf("action_range is set, but the actions of %s are not scaled to a range; remove it", e.Spec().ID)
		} else {
			err = scaled.Narrow(s.ActionRange)
		}
		if err != nil {
			return nil, errors.Join(&UnfitError{err}, e.Close())
		}
		return e, nil
	}
}

// repeated makes instances each of whose steps is one decision of n steps.
func repeated(instance Maker, n int) Maker {
	return func() (env.Env, error) {
		e, err := instance()
		if err != nil {
			return nil, err
		}
		return env.Repeat(e, n)
	}
}

// Decisions describes the task as the policy of a run has it: the bounds are
// those of action_range, and a step is the time for which an action is held.
func Decisions(spec env.Spec, s agent.Settings) (env.Spec, error) {
	if n := len(s.ActionRange); n > 1 && n != spec.ActDim {
		return spec, &UnfitError{fmt.Errorf("action_range has %d shares and %s has %s", n, spec.ID, words.Count(spec.ActDim, "action"))}
	}
	if len(s.ActionRange) > 0 {
		low, high := slices.Clone(spec.Low), slices.Clone(spec.High)
		for j := range low {
			mid, half := (low[j]+high[j])/2, (high[j]-low[j])/2*s.ActionRange[j%len(s.ActionRange)]
			low[j], high[j] = mid-half, mid+half
		}
		spec.Low, spec.High = low, high
	}
	spec.Dt *= float64(s.ActionRepeat)
	spec.Limit = (spec.Limit + s.ActionRepeat - 1) / s.ActionRepeat
	return spec, nil
}

// simulable refuses to plan in copies of a task whose state cannot be copied.
func simulable(world env.Env, s agent.Settings) error {
	if s.World != agent.WorldSimulator || !s.Plans() {
		return nil
	}
	if _, ok := env.Power[env.StateCodec](world); !ok {
		return &UnfitError{fmt.Errorf("world is %q, but %s cannot save and restore its state; use world %s", s.World, world.Spec().ID, agent.WorldModel)}
	}
	return nil
}

// randomize tells the instance that is trained on what to draw anew in every
// episode; evaluations are of the nominal task.
func randomize(world env.Env, s Settings) error {
	if s.Randomize.Off() {
		return nil
	}
	if s.Agent.World == agent.WorldSimulator && s.Agent.Plans() {
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
