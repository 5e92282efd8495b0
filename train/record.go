package train

import (
	"context"
	"errors"
	"time"

	"demorl/agent"
	"demorl/rundir"
)

// live makes one real step and writes what it brought.
func (r *Run) live(ctx context.Context) (Progress, error) {
	ev, err := r.Loop.Step(ctx)
	if err == nil {
		err = r.append(ev)
	}
	if err != nil {
		return Progress{}, err
	}
	return r.report(ev, ev.Step%r.settings.CheckpointEvery == 0 || ev.Best)
}

// report writes what a step brought beside the transition, and a checkpoint
// where save says so.
func (r *Run) report(ev Event, save bool) (Progress, error) {
	p := Progress{Event: ev, Elapsed: r.elapsed + time.Since(r.began)}
	if ev.EpisodeEnd {
		r.lastReturn, r.hasReturn = ev.Return, true
	}
	if len(ev.Evaluations) > 0 {
		var rows []rundir.Evaluation
		for _, e := range ev.Evaluations {
			rows = append(rows, rundir.Evaluation{Step: uint64(ev.Step), Episode: e.Episode, Return: e.Return, Length: e.Length, Actor: e.Actor})
		}
		if err := r.evals.Write(rows...); err != nil {
			return p, err
		}
	}
	if ev.Step%r.settings.LogEvery == 0 || len(ev.Evaluations) > 0 {
		if err := r.log(&p); err != nil {
			return p, err
		}
	}
	if save {
		if err := r.save(); err != nil {
			return p, err
		}
		p.Saved = true
	}
	if ev.Best {
		return p, r.dir.MarkBest(uint64(ev.Step))
	}
	return p, nil
}

// append adds a step to the log of transitions. What cannot be made again is
// handed to the system at once, and is on the disk when its episode ends.
func (r *Run) append(ev Event) error {
	t := ev.Transition
	var flags byte
	if t.Terminated {
		flags |= rundir.FlagTerminated
	}
	if t.Truncated {
		flags |= rundir.FlagTruncated
	}
	err := r.transitions.Append(rundir.Transition{Obs: t.Obs, Action: t.Action, Next: t.Next, Reward: t.Reward, Flags: flags})
	switch {
	case err != nil || r.Exact():
		return err
	case ev.EpisodeEnd:
		err = r.transitions.Sync()
	default:
		err = r.transitions.Flush()
	}
	if err == nil {
		r.logged = ev.Step
	}
	return err
}

// log writes one line of progress.
func (r *Run) log(p *Progress) error {
	now := time.Now()
	p.StepsPerS = float64(p.Step-r.lastStep) / now.Sub(r.lastLog).Seconds()
	r.lastLog, r.lastStep = now, p.Step
	p.Scalars = r.Agent().TakeReport()
	p.Scalars["time/elapsed_s"] = p.Elapsed.Seconds()
	p.Scalars["time/steps_per_s"] = p.StepsPerS
	if r.hasReturn {
		p.Scalars["train/return"] = r.lastReturn
	}
	for _, actor := range []string{"policy", "planner", agent.ActNewest} {
		if mean, n := Mean(p.Evaluations, actor); n > 0 {
			p.Scalars["eval/return_"+actor] = mean
		}
	}
	if value, bias, ok := Bias(p.Evaluations); ok {
		p.Scalars["eval/q_start"], p.Scalars["eval/q_bias"] = value, bias
	}
	if err := r.progress.Write(uint64(p.Step), now, p.Scalars); err != nil {
		return err
	}
	return r.events.Write(uint64(p.Step), now, p.Scalars)
}

// save makes everything so far durable and writes a checkpoint.
func (r *Run) save() error {
	err := errors.Join(r.transitions.Sync(), r.evals.Sync(), r.progress.Sync(), r.events.Sync())
	if err != nil {
		return err
	}
	var sections []rundir.Section
	for _, s := range r.Sections() {
		if s.Skip != nil && s.Skip() {
			continue
		}
		sections = append(sections, rundir.Section{Name: s.Name, Data: s.Append(nil)})
	}
	lengths := rundir.Lengths{Progress: r.progress.Length(), Eval: r.evals.Length(), Transitions: r.transitions.Length()}
	if err := r.dir.WriteCheckpoint(uint64(r.Steps()), sections, lengths); err != nil {
		return err
	}
	r.saved = r.Steps()
	return nil
}
