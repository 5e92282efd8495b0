package train

import (
	"context"
	"errors"
	"fmt"

	"demorl/agent"
	"demorl/env"
	"demorl/internal/words"
	"demorl/rng"
)

// Evaluation is one deterministic episode on one of the evaluation's own instances.
type Evaluation struct {
	Episode int
	Return  float64
	Length  int
	Actor   string // "policy", "planner" or "newest"

	Discounted float64 // return with the learner's discount, decision by decision
	Value      float64 // what the critics said of the policy's first action; 0 unless Valued
	Valued     bool

	Measures []float64 // what else the task tells of an episode, see Loop.Measures; nil: nothing
}

// Mean returns the mean return of the evaluations of actor, and how many there are.
func Mean(all []Evaluation, actor string) (mean float64, n int) {
	for _, e := range all {
		if e.Actor == actor {
			mean, n = mean+e.Return, n+1
		}
	}
	return mean / float64(max(1, n)), n
}

// Bias returns what the critics said of the policy's first actions, mean over
// the episodes, and by how much that was above the discounted return that came of
// them (method.md G.3); false where no critic was asked.
func Bias(all []Evaluation) (value, bias float64, ok bool) {
	n := 0.0
	for _, e := range all {
		if e.Valued {
			value, bias, n = value+e.Value, bias+e.Value-e.Discounted, n+1
		}
	}
	return value / max(1, n), bias / max(1, n), n > 0
}

// evaluationRoot is the seed of the start states of every evaluation, the same
// in all runs, so that runs are judged on equal starts.
const evaluationRoot = 0xE7A1

// judge is one instance of the task for evaluation, with the memory of one
// episode. Judges play at the same time on different workers.
type judge struct {
	env      env.Env
	obs      []float64
	obs32    []float32
	action   []float32
	action64 []float64
	state    []byte
	policy   agent.Actor // made at its first use
	critic   func(obs, action []float32) float64
	episode  *env.Episode // nil where the task tells no measures
}

func (l *Loop) addJudge() error {
	instance := l.instance
	if l.elsewhere != nil {
		instance = l.elsewhere
	}
	e, err := instance()
	if err != nil {
		return err
	}
	spec := e.Spec()
	l.judges = append(l.judges, &judge{
		env: e, obs: make([]float64, spec.ObsDim), obs32: make([]float32, spec.ObsDim),
		action: make([]float32, spec.ActDim), action64: make([]float64, spec.ActDim), episode: env.NewEpisode(e),
	})
	return nil
}

// JudgeOn lets evaluations happen on other instances, in which the physics is
// drawn anew for every episode as r says: how a policy does where it was not
// trained. The task must have the observations and actions of the run's own.
func (l *Loop) JudgeOn(instance Maker, command []float64, r env.Randomization) error {
	s := l.settings
	s.Command, s.Randomize = command, r
	commanded := narrowed(commanded(instance, s), s.Agent)
	own := l.world.Spec()
	instances := func() (env.Env, error) {
		e, err := commanded()
		if err != nil {
			return nil, err
		}
		switch spec := e.Spec(); {
		case s.Agent.World == agent.WorldSimulator:
			err = fmt.Errorf("world is %q: the planner plans in copies of %s and would not see what is different", s.Agent.World, own.ID)
		case spec.ObsDim != own.ObsDim || spec.ActDim != own.ActDim:
			err = fmt.Errorf("%s has %s and %s, this run's %s has %d and %d", spec.ID, words.Count(spec.ObsDim, "observation"), words.Count(spec.ActDim, "action"), own.ID, own.ObsDim, own.ActDim)
		default:
			err = randomize(e, s)
		}
		if err != nil {
			return nil, errors.Join(&UnfitError{err}, e.Close())
		}
		return e, nil
	}
	old := l.judges
	l.judges, l.elsewhere = nil, instances
	if err := l.addJudge(); err != nil {
		l.judges, l.elsewhere = old, nil
		return err
	}
	var errs []error
	for _, j := range old {
		errs = append(errs, j.env.Close())
	}
	return errors.Join(errs...)
}

// Evaluate plays deterministic episodes on the evaluation's own instances. It
// touches nothing that training reads.
func (l *Loop) Evaluate(ctx context.Context, episodes int) ([]Evaluation, error) {
	var all []Evaluation
	for _, actor := range l.agent.Actors() {
		some, err := l.Episodes(ctx, actor, episodes)
		all = append(all, some...)
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

// Episodes plays n deterministic episodes of the named actor, from the fixed
// starts 0 to n-1; after an error it returns those before the one that failed.
// The policy's episodes are shared among the workers, each with an instance of
// its own: an episode is a function of policy and start, so the results do not
// depend on who plays it. A planner has the workers to itself.
func (l *Loop) Episodes(ctx context.Context, actor string, n int) ([]Evaluation, error) {
	all, errs := make([]Evaluation, n), make([]error, n)
	if together := min(n, l.pool.Workers()); actor == "policy" && together > 1 {
		for len(l.judges) < together {
			if err := l.addJudge(); err != nil {
				return nil, err
			}
		}
		l.pool.Do(n, func(worker, e int) {
			all[e], errs[e] = l.policyEpisode(ctx, l.judges[worker], e, nil)
		})
	} else {
		for e := range n {
			if all[e], errs[e] = l.Episode(ctx, actor, e, l.watched(e, n)); errs[e] != nil {
				break
			}
		}
	}
	for e, err := range errs {
		if err != nil {
			return all[:e], err
		}
	}
	return all, nil
}

// watched is a visit that shows how far episode e of n has come; nil: nobody waits.
func (l *Loop) watched(e, n int) func(env.Env, Evaluation) error {
	if l.watch == nil {
		return nil
	}
	doing := fmt.Sprintf("judging, episode %d of %d", e+1, n)
	return func(_ env.Env, ev Evaluation) error {
		l.watch(agent.Work{Doing: doing, Done: ev.Length, Unit: "steps"})
		return nil
	}
}

// Episode plays one deterministic episode of the named actor from the fixed
// start number e. visit, unless nil, is called at the start and after every step
// with the evaluation's instance and what it reached so far (Length 0 at the
// start); its error ends the episode.
func (l *Loop) Episode(ctx context.Context, actor string, e int, visit func(env.Env, Evaluation) error) (Evaluation, error) {
	j := l.judges[0]
	if actor == "policy" {
		return l.policyEpisode(ctx, j, e, visit)
	}
	return l.play(ctx, j, l.agent.Judge(actor, start(e).Derive("planner")), Evaluation{Episode: e, Actor: actor}, visit)
}

func (l *Loop) policyEpisode(ctx context.Context, j *judge, e int, visit func(env.Env, Evaluation) error) (Evaluation, error) {
	if j.policy == nil {
		j.policy, j.critic = l.agent.NewPolicy(), l.agent.NewCritic()
	}
	return l.play(ctx, j, j.policy, Evaluation{Episode: e, Actor: "policy"}, visit)
}

// Measures tells what Evaluation.Measures are; nil: the task tells none.
func (l *Loop) Measures() []env.Measure {
	if of, ok := env.Power[env.Measurer](l.judges[0].env); ok {
		return of.Measures()
	}
	return nil
}

// start is the key of the start state of an evaluation episode.
func start(e int) rng.Key { return rng.Root(evaluationRoot).Derive("eval").At(uint64(e)) }

// play makes the episode ev with act on j.
func (l *Loop) play(ctx context.Context, j *judge, act agent.Actor, ev Evaluation, visit func(env.Env, Evaluation) error) (Evaluation, error) {
	if err := j.env.Reset(rng.NewStream(start(ev.Episode)), j.obs); err != nil {
		return ev, fmt.Errorf("the evaluation's environment could not be reset: %w", err)
	}
	if err := l.check(j.obs, 0, l.Steps()); err != nil {
		return ev, fmt.Errorf("in an evaluation: %w", err)
	}
	if j.episode != nil {
		j.episode.Begin()
	}
	if visit == nil {
		visit = func(env.Env, Evaluation) error { return nil }
	}
	if err := visit(j.env, ev); err != nil {
		return ev, err
	}
	discount := 1.0
	for {
		if ev.Length%l.settings.Agent.ActionRepeat == 0 {
			narrow(j.obs32, j.obs)
			if err := act(ctx, j.obs32, l.stateOf(j.env, &j.state), j.action); err != nil {
				return ev, err
			}
			widen(j.action64, j.action)
			if ev.Length > 0 {
				discount *= l.settings.Agent.SAC.Gamma
			} else if ev.Actor == "policy" && j.critic != nil {
				ev.Value, ev.Valued = j.critic(j.obs32, j.action), true
			}
		}
		out, err := j.env.Step(j.action64, j.obs)
		if err != nil {
			return ev, fmt.Errorf("the environment failed in an evaluation: %w", err)
		}
		if err := l.check(j.obs, out.Reward, l.Steps()); err != nil {
			return ev, fmt.Errorf("in an evaluation: %w", err)
		}
		ev.Return += out.Reward
		ev.Discounted += discount * out.Reward
		ev.Length++
		if j.episode != nil {
			j.episode.Add()
		}
		if err := visit(j.env, ev); err != nil {
			return ev, err
		}
		if out.Terminated || out.Truncated {
			if j.episode != nil {
				ev.Measures = j.episode.Values()
			}
			return ev, nil
		}
		if err := ctx.Err(); err != nil {
			return ev, err
		}
	}
}
