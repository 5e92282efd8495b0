package env

import "fmt"

// Repeated holds every action for several steps of the task: its step is theirs
// in a row, with the sum of their rewards. What ends the episode ends the step.
type Repeated struct {
	Env
	steps int
}

// Repeat wraps e so that each of its steps is n steps of e, or as many as are
// left of the episode; n 1 returns e itself. Powers of e are those of the result,
// but for Rewarder, which knows one step of the task.
func Repeat(e Env, n int) (Env, error) {
	if n < 1 {
		return nil, fmt.Errorf("env: %s: an action cannot be held for %d steps; use 1 or more", e.Spec().ID, n)
	}
	if n == 1 {
		return e, nil
	}
	return &Repeated{Env: e, steps: n}, nil
}

// Unwrap returns the task with steps of its own.
func (r *Repeated) Unwrap() Env { return r.Env }

// Spec returns the task's Spec with the longer step and fewer of them an episode.
func (r *Repeated) Spec() Spec {
	spec := r.Env.Spec()
	spec.Dt *= float64(r.steps)
	spec.Limit = (spec.Limit + r.steps - 1) / r.steps
	return spec
}

// Step steps the task with the same action until the time is over or the episode ends.
func (r *Repeated) Step(action, obs []float64) (Outcome, error) {
	var sum Outcome
	for range r.steps {
		out, err := r.Env.Step(action, obs)
		if err != nil {
			return out, err
		}
		sum.Reward += out.Reward
		if sum.Terminated, sum.Truncated = out.Terminated, out.Truncated; out.Terminated || out.Truncated {
			break
		}
	}
	return sum, nil
}
