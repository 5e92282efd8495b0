package train

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"demorl/env"
	"demorl/replay"
	"demorl/rundir"
)

// What a run did after its newest checkpoint is made again, bit for bit, where
// the task can save its state. Where it cannot, as on a robot, those steps are
// lived again from the log: the agent does all that it did, but the action and
// what it brought are the recorded ones, and nothing is evaluated.

// Relive is Step with a recorded step in the place of the real system's. The
// next Step begins a new episode unless this one ended.
func (l *Loop) Relive(ctx context.Context, t replay.Transition) (Event, error) {
	if l.began && !l.at(t.Obs) {
		l.cut() // the run was stopped here before, and went on with a new episode
	}
	if !l.began {
		l.started()
		widen(l.obs, t.Obs)
	}
	if l.left == 0 {
		if err := l.decide(ctx); err != nil {
			return Event{}, err
		}
	}
	narrow(l.now.Obs, l.obs)
	copy(l.action, t.Action)
	widen(l.obs, t.Next)
	ev, err := l.advance(env.Outcome{Reward: float64(t.Reward), Terminated: t.Terminated, Truncated: t.Truncated})
	l.lost = l.began
	return ev, err
}

// at reports whether obs is the present observation.
func (l *Loop) at(obs []float32) bool {
	for i, v := range l.obs {
		if float32(v) != obs[i] {
			return false
		}
	}
	return true
}

// readTail reads the steps beyond the lengths to which the logs would be cut, and
// moves these to what is kept of them.
func (r *Run) readTail(lengths *rundir.Lengths) error {
	spec := r.world.Spec()
	log, err := r.dir.OpenTransitions(rundir.Layout{Obs: spec.ObsDim, Action: spec.ActDim})
	if err != nil || log.Length() <= lengths.Transitions {
		return err
	}
	end, err := log.Read(lengths.Transitions, func(t rundir.Transition) error {
		r.tail = append(r.tail, replay.Transition{
			Obs: slices.Clone(t.Obs), Action: slices.Clone(t.Action), Next: slices.Clone(t.Next),
			Reward: t.Reward, Terminated: t.Flags&rundir.FlagTerminated != 0, Truncated: t.Flags&rundir.FlagTruncated != 0,
		})
		return nil
	})
	var torn *rundir.Damage // by the kill
	if err != nil && !errors.As(err, &torn) {
		return err
	}
	if len(r.tail) == 0 {
		return nil // the first step after the checkpoint is the torn one
	}
	lengths.Transitions = end
	length, last, err := r.dir.EvalUpTo(uint64(r.Steps() + len(r.tail)))
	lengths.Eval, r.evaluated = max(lengths.Eval, length), last // of a shorter file Cut tells
	r.Notices = append(r.Notices, fmt.Sprintf("%d steps after that are in the log and are lived again from it, since the environment cannot make them again", len(r.tail)))
	return err
}

// relive takes the first step of the tail in. Only the last leaves a checkpoint:
// those before it would not know where in the log they stand.
func (r *Run) relive(ctx context.Context) (Progress, error) {
	ev, err := r.Loop.Relive(ctx, r.tail[0])
	r.tail = r.tail[1:]
	if err == nil && len(r.tail) == 0 {
		err = r.judgeLast(ctx, &ev)
	}
	if err != nil {
		return Progress{}, err
	}
	return r.report(ev, len(r.tail) == 0)
}

// judgeLast makes the evaluation after the last step of the log where the stop
// prevented it. One that was made is not made again, but may be the best so far:
// a stop before its checkpoint forgot that.
func (r *Run) judgeLast(ctx context.Context, ev *Event) error {
	if len(r.evaluated) == 0 || r.evaluated[0].Step < uint64(ev.Step) {
		return r.evaluateIfDue(ctx, ev)
	}
	var made []Evaluation
	for _, e := range r.evaluated {
		made = append(made, Evaluation{Episode: e.Episode, Return: e.Return, Length: e.Length, Actor: e.Actor})
	}
	r.compare(ev, made)
	return nil
}

// Reliving returns how many steps of the log are still to be lived again.
func (r *Run) Reliving() int { return len(r.tail) }
