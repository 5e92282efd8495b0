package train

import (
	"context"

	"demorl/agent"
	"demorl/env"
	"demorl/replay"
	"demorl/rng"
	"demorl/rollout"
)

// Inspect plays episodes of actor and says what the learned model is worth on
// them and on the run's own transitions; the gain of plans is measured from up to
// starts states spread over these episodes. The result is a function of the
// run's state alone.
func (l *Loop) Inspect(ctx context.Context, actor string, episodes, starts int) (agent.Inspection, error) {
	spec := l.judge.Spec()
	fresh := replay.NewBuffer(1<<30, spec.ObsDim, spec.ActDim)
	var seen []rollout.Start // every state met
	codec, _ := env.Power[env.StateCodec](l.judge)
	for e := range episodes {
		_, err := l.Visit(ctx, actor, e, func(_ env.Env, t replay.Transition) {
			fresh.Add(t)
			if t.Terminated {
				return
			}
			s := rollout.Start{Obs: append([]float32(nil), t.Next...)}
			if codec != nil {
				s.State = codec.AppendState(nil)
			}
			seen = append(seen, s)
		})
		if err != nil {
			return agent.Inspection{}, err
		}
	}
	n := min(starts, len(seen))
	from := make([]rollout.Start, n)
	for i := range from {
		from[i] = seen[i*len(seen)/n]
		from[i].ID = uint64(i)
	}
	return l.agent.Inspect(fresh, from, rng.Root(evaluationRoot).Derive("inspect"))
}
