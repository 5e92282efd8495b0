package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"demorl/env"
	"demorl/internal/par"
	"demorl/internal/vfs"
	"demorl/rundir"
	"demorl/train"
)

type evalCommand struct {
	Dir      string `arg:"" help:"Run directory; it is only read."`
	Episodes int    `placeholder:"N" help:"Deterministic episodes. Default: the run's eval_episodes."`
	Actor    string `placeholder:"NAME" help:"policy or planner. Default: who drives the robot in this run."`
	Threads  int    `placeholder:"N" help:"Threads; the results do not depend on it. Default: all processors."`
	JSON     bool   `name:"json" help:"Print one JSON object."`
}

// result is what `eval --json` prints.
type result struct {
	Env     string    `json:"env"`
	Algo    string    `json:"algo"`
	Step    int       `json:"step"`
	Actor   string    `json:"actor"`
	Returns []float64 `json:"returns"`
	Lengths []int     `json:"lengths"`
	Mean    float64   `json:"mean"`
	Std     float64   `json:"std"` // standard deviation over the episodes (divided by their number)
}

func (cmd *evalCommand) Run(c *console) error {
	budget, err := threads(cmd.Threads)
	if err != nil {
		return err
	}
	if cmd.Episodes < 0 {
		return usagef("--episodes is %d; want at least 1", cmd.Episodes)
	}
	ctx, release := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer release()
	dir, err := rundir.View(vfs.OS(), cmd.Dir)
	if err != nil {
		if runs, several := runsIn(cmd.Dir); several == nil {
			return usagef("%s holds several runs; name one of them: %s", cmd.Dir, strings.Join(runs, ", "))
		}
		return err
	}
	s, err := storedSettings(dir)
	if err != nil {
		return err
	}
	pool := par.New(budget)
	defer pool.Close()
	loop, err := train.NewLoop(s, func() (env.Env, error) { return env.ForLearning(s.Env) }, pool)
	if err != nil {
		return err
	}
	defer loop.Close()
	actor, err := cmd.actor(loop, s)
	if err != nil {
		return err
	}
	checkpoint, skipped, err := dir.ReadNewest()
	for _, sk := range skipped {
		c.note(sk.String())
	}
	if err != nil {
		return fmt.Errorf("%s: %w", cmd.Dir, err)
	}
	if err := train.Restore(loop, checkpoint); err != nil {
		return err
	}
	r := result{Env: s.Env, Algo: s.Algo, Step: loop.Steps(), Actor: actor}
	if err := cmd.play(ctx, loop, s, &r); err != nil {
		return err
	}
	return cmd.print(c, r)
}

// actor is who is evaluated.
func (cmd *evalCommand) actor(loop *train.Loop, s train.Settings) (string, error) {
	actors := loop.Agent().Actors()
	if cmd.Actor == "" {
		return actors[0], nil
	}
	if cmd.Actor == "planner" && !slices.Contains(actors, cmd.Actor) {
		return "", usagef(`--actor planner: in this run of %s no planner drives the robot (act: %s), only what it imagines reaches the policy, so only --actor policy can be evaluated; a run of loop has a planner to evaluate`, s.Algo, s.Agent.Act)
	}
	if !slices.Contains(actors, cmd.Actor) && !(cmd.Actor == "policy" && loop.Agent().HasPolicy()) {
		return "", usagef("--actor %q: a run of %s can be evaluated with %s", cmd.Actor, s.Algo, strings.Join(actors, " or "))
	}
	return cmd.Actor, nil
}

// play makes the episodes, from the start states of every evaluation.
func (cmd *evalCommand) play(ctx context.Context, loop *train.Loop, s train.Settings, r *result) error {
	episodes := cmd.Episodes
	if episodes == 0 {
		episodes = s.EvalEpisodes
	}
	for e := range episodes {
		ev, err := loop.Episode(ctx, r.Actor, e, nil)
		if err != nil {
			return err
		}
		if math.IsNaN(ev.Return) || math.IsInf(ev.Return, 0) {
			return fmt.Errorf("the return of episode %d is %v", e, ev.Return)
		}
		r.Returns = append(r.Returns, ev.Return)
		r.Lengths = append(r.Lengths, ev.Length)
		r.Mean += ev.Return / float64(episodes)
	}
	variance := 0.0
	for _, x := range r.Returns {
		variance += (x - r.Mean) * (x - r.Mean) / float64(episodes)
	}
	r.Std = math.Sqrt(variance)
	return nil
}

func (cmd *evalCommand) print(c *console, r result) error {
	if cmd.JSON {
		return json.NewEncoder(c.out).Encode(r)
	}
	for i := range r.Returns {
		fmt.Fprintf(c.out, "episode %d  return %.2f  length %d\n", i, r.Returns[i], r.Lengths[i])
	}
	_, err := fmt.Fprintf(c.out, "%s on %s at step %d, %s: mean %.2f, standard deviation %.2f over %d episodes\n",
		r.Algo, r.Env, r.Step, r.Actor, r.Mean, r.Std, len(r.Returns))
	return err
}
