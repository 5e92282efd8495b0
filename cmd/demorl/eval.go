package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"demorl/agent"
	"demorl/env"
	"demorl/internal/words"
	"demorl/par"
	"demorl/settings"
	"demorl/train"
)

type evalCommand struct {
	Dir        string   `arg:"" help:"Run directory; it is only read, but for the pictures of --model."`
	Checkpoint string   `default:"newest" placeholder:"WHICH" help:"newest, best, or the number of real steps of a checkpoint that is still there."`
	Episodes   *int     `placeholder:"N" help:"Deterministic episodes. Default: the run's eval_episodes."`
	Actor      string   `placeholder:"NAME" help:"policy, planner or newest. Default: who drives the robot in this run."`
	Threads    int      `placeholder:"N" help:"Threads; the results do not depend on it. Default: all processors."`
	JSON       bool     `name:"json" help:"Print one JSON object."`
	Video      string   `placeholder:"FILE" help:"Write the episodes as a video: FILE.gif, or FILE.mp4 through ffmpeg."`
	Size       string   `placeholder:"WxH" help:"Size of the video in pixels. Default: 480x360."`
	Renderer   string   `placeholder:"NAME" help:"What draws MuJoCo tasks: ${renderers}. Default: auto, MuJoCo's own (gl) where OpenGL works without a window."`
	On         string   `placeholder:"TASK" help:"Judge on another task with the same observations and actions."`
	Set        []string `placeholder:"KEY=VALUE" sep:"none" help:"Of what is judged on: command, or randomize.NAME, drawn anew for every episode; may be repeated."`
	Model      bool     `help:"Judge the learned model as well, and what its plans gain in the model and in the task itself."`
	Starts     *int     `placeholder:"N" help:"States from which --model compares plans with the policy; 0 leaves that out. Default: 500."`
	Plot       string   `placeholder:"FILE" help:"Picture of --model (SVG), with FILE-calibration.svg, -errors, -ends and -gain beside it. Default: model.svg in DIR."`
}

// What an evaluation may be asked for; all of it is held in memory.
const (
	mostEpisodes  = 100_000
	mostStarts    = 1_000_000
	defaultStarts = 500
)

// result is what `eval --json` prints.
type result struct {
	Env      string     `json:"env"`
	Algo     string     `json:"algo"`
	Step     int        `json:"step"`
	Actor    string     `json:"actor"`
	Returns  []float64  `json:"returns"`
	Lengths  []int      `json:"lengths"`
	Mean     float64    `json:"mean"`
	Std      float64    `json:"std"` // standard deviation over the episodes (divided by their number)
	Measures []measured `json:"measures,omitempty"`
	QStart   *float64   `json:"q_start,omitempty"` // what the critics said of the first actions, the mean
	QBias    *float64   `json:"q_bias,omitempty"`  // that less the discounted return
	Video    string     `json:"video,omitempty"`

	Model *agent.Inspection `json:"model,omitempty"`
}

// measured is what else a task tells of the episodes, such as metres walked.
type measured struct {
	Name   string    `json:"name"`
	Unit   string    `json:"unit"`
	Values []float64 `json:"values"` // one an episode
}

func (cmd *evalCommand) Run(c *console) (err error) {
	budget, err := threads(cmd.Threads)
	if err != nil {
		return err
	}
	size, err := cmd.frames()
	if err != nil {
		return err
	}
	ctx, release := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer release()
	defer func() {
		if errors.Is(err, context.Canceled) {
			err = errors.New("stopped before the episodes were over: no result; the run is as it was")
		}
	}()
	dir, err := oneRun(cmd.Dir)
	if err != nil {
		return err
	}
	s, t, err := storedSettings(dir)
	if err != nil {
		return err
	}
	tellManifest(c, dir)
	if err := cmd.checkModel(s); err != nil {
		return err
	}
	pool := par.New(budget)
	defer pool.Close()
	loop, err := train.NewLoop(s, forLearning(t), pool)
	if err != nil {
		return err
	}
	defer loop.Close()
	actor, err := cmd.actor(loop, s)
	if err != nil {
		return err
	}
	checkpoint, err := readCheckpoint(c, dir, cmd.Dir, cmd.Checkpoint)
	if err != nil {
		return err
	}
	if err := train.Restore(loop, checkpoint); err != nil {
		return err
	}
	if err := cmd.elsewhere(loop, &s, &t); err != nil {
		return err
	}
	r := result{Env: s.Env, Algo: s.Algo, Step: loop.Steps(), Actor: actor}
	episodes := *cmp.Or(cmd.Episodes, &s.EvalEpisodes)
	play := func() error { return cmd.play(ctx, loop, episodes, &r, nil) }
	if cmd.Video != "" {
		play = func() error { return cmd.film(ctx, c, loop, t.Describe(), episodes, size, &r) }
	}
	if err := play(); err != nil {
		return err
	}
	if err := cmd.inspect(ctx, c, loop, &r); err != nil {
		return err
	}
	return cmd.print(c, r)
}

// elsewhere lets the episodes happen where --on and --set say, and makes t the
// task that they are on.
func (cmd *evalCommand) elsewhere(loop *train.Loop, s *train.Settings, t *env.Task) error {
	if cmd.On == "" && len(cmd.Set) == 0 {
		return nil
	}
	if cmd.Model {
		return usagef("--model judges what was learned of the run's own task; leave --on and --set out")
	}
	if cmd.On != "" {
		var err error
		if *t, err = env.Lookup(cmd.On); err != nil {
			return usagef("--on: %w", err)
		}
		s.Env = cmd.On
	}
	var all faults
	var layers []settings.Source
	for _, text := range cmd.Set {
		source, err := settings.ParseAssign("--set", text)
		all.add(err)
		if err == nil {
			layers = append(layers, source)
		}
	}
	where := struct {
		Command   []float64         `yaml:"command"`
		Randomize env.Randomization `yaml:"randomize"`
	}{Command: s.Command}
	_, err := settings.Decode(&where, layers...)
	all.add(err)
	if err := where.Randomize.Validate(); err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			all.add(errors.New("randomize." + line))
		}
	}
	if err := all.err(); err != nil {
		return err
	}
	err = loop.JudgeOn(forLearning(*t), where.Command, where.Randomize)
	if is[*train.UnfitError](err) {
		return usagef("--on, --set: %w", err)
	}
	return err
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
func (cmd *evalCommand) play(ctx context.Context, loop *train.Loop, n int, r *result, visit func(env.Env, train.Evaluation) error) error {
	all, err := episodes(ctx, loop, n, r.Actor, visit)
	if err != nil {
		return err
	}
	for _, m := range loop.Measures() {
		r.Measures = append(r.Measures, measured{Name: m.Name, Unit: m.Unit})
	}
	for e, ev := range all {
		for i, x := range ev.Measures {
			r.Measures[i].Values = append(r.Measures[i].Values, x)
		}
		if math.IsNaN(ev.Return) || math.IsInf(ev.Return, 0) {
			return fmt.Errorf("the return of episode %d is %v", e, ev.Return)
		}
		r.Returns = append(r.Returns, ev.Return)
		r.Lengths = append(r.Lengths, ev.Length)
		r.Mean += ev.Return / float64(n)
	}
	if value, bias, ok := train.Bias(all); ok && !math.IsNaN(value-bias) && !math.IsInf(value-bias, 0) {
		r.QStart, r.QBias = &value, &bias
	}
	variance := 0.0
	for _, x := range r.Returns {
		variance += (x - r.Mean) * (x - r.Mean) / float64(n)
	}
	r.Std = math.Sqrt(variance)
	return nil
}

// episodes makes n episodes: at once, or one after the other for a visitor.
func episodes(ctx context.Context, loop *train.Loop, n int, actor string, visit func(env.Env, train.Evaluation) error) ([]train.Evaluation, error) {
	if visit == nil {
		return loop.Episodes(ctx, actor, n)
	}
	all := make([]train.Evaluation, n)
	for e := range all {
		var err error
		if all[e], err = loop.Episode(ctx, actor, e, visit); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (cmd *evalCommand) print(c *console, r result) error {
	if cmd.JSON {
		return json.NewEncoder(c.out).Encode(r)
	}
	for i := range r.Returns {
		fmt.Fprintf(c.out, "episode %d  return %.2f  length %d\n", i, r.Returns[i], r.Lengths[i])
	}
	for _, m := range r.Measures {
		fmt.Fprintf(c.out, "%s in %s by episode: %s\n", m.Name, m.Unit, strings.Trim(fmt.Sprintf("%.3g", m.Values), "[]"))
	}
	if r.QStart != nil {
		fmt.Fprintf(c.out, "critics: value %.4g of the first actions, discounted return %.4g\n", *r.QStart, *r.QStart-*r.QBias)
	}
	if r.Video != "" {
		fmt.Fprintln(c.out, r.Video)
	}
	_, err := fmt.Fprintf(c.out, "%s on %s at step %d, %s: mean %.2f, standard deviation %.2f over %s\n",
		r.Algo, r.Env, r.Step, r.Actor, r.Mean, r.Std, words.Count(len(r.Returns), "episode"))
	if err != nil || r.Model == nil {
		return err
	}
	return printModel(c.out, r)
}
