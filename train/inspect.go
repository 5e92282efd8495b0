package train

import (
	"context"
	"fmt"
	"strconv"

	"demorl/agent"
	"demorl/env"
	"demorl/replay"
	"demorl/rng"
	"demorl/rollout"
)

// Inspect plays the evaluation's first episodes once more with actor, on an
// instance of its own, and says what the learned model is worth on them and on
// the run's own transitions; the gain of plans is measured from up to starts
// states spread over these episodes. The result is a function of the run's state
// alone, and nothing that training reads is touched.
func (l *Loop) Inspect(ctx context.Context, actor string, episodes, starts int) (agent.Inspection, error) {
	e, err := l.agent.Task().Simulator()
	if err != nil {
		return agent.Inspection{}, err
	}
	defer e.Close()
	spec := e.Spec()
	v := visits{fresh: replay.NewBuffer(1<<30, spec.ObsDim, spec.ActDim)}
	for n := range episodes {
		key := rng.Root(evaluationRoot).Derive("eval").At(uint64(n))
		if err := v.episode(ctx, e, key, l.agent.Judge(actor, key.Derive("planner"))); err != nil {
			return agent.Inspection{}, fmt.Errorf("evaluation episode %d: %w", n, err)
		}
	}
	n := min(starts, len(v.states))
	from := make([]rollout.Start, n)
	for i := range from {
		from[i] = v.states[i*len(v.states)/n]
		from[i].ID = uint64(i)
	}
	r, err := l.agent.Inspect(v.fresh, from, rng.Root(evaluationRoot).Derive("inspect"))
	r.Names = []string{"reward"}
	for j := range spec.ObsDim {
		name := "obs " + strconv.Itoa(j)
		if j < len(spec.ObsNames) {
			name = spec.ObsNames[j]
		}
		r.Names = append(r.Names, name)
	}
	return r, err
}

// visits is what episodes leave behind.
type visits struct {
	fresh  *replay.Buffer
	states []rollout.Start // where no episode had ended; State is empty where the task cannot save it
}

// episode plays one episode. act plans in no simulator, since it has a model, and
// so is told no state.
func (v *visits) episode(ctx context.Context, e env.Env, key rng.Key, act agent.Actor) error {
	spec := e.Spec()
	codec, _ := env.Power[env.StateCodec](e)
	obs, action64 := make([]float64, spec.ObsDim), make([]float64, spec.ActDim)
	if err := e.Reset(rng.NewStream(key), obs); err != nil {
		return err
	}
	for {
		t := replay.Transition{Obs: make([]float32, spec.ObsDim), Action: make([]float32, spec.ActDim), Next: make([]float32, spec.ObsDim)}
		narrow(t.Obs, obs)
		s := rollout.Start{Obs: t.Obs}
		if codec != nil {
			s.State = codec.AppendState(nil)
		}
		v.states = append(v.states, s)
		if err := act(ctx, t.Obs, nil, t.Action); err != nil {
			return err
		}
		widen(action64, t.Action)
		out, err := e.Step(action64, obs)
		if err != nil {
			return err
		}
		narrow(t.Next, obs)
		t.Reward, t.Terminated, t.Truncated = float32(out.Reward), out.Terminated, out.Truncated
		v.fresh.Add(t)
		if out.Terminated || out.Truncated {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}
