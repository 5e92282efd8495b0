package agent

import (
	"context"
	"fmt"
	"math"
	"time"

	"demorl/clone"
	"demorl/dynamics"
	"demorl/env"
	"demorl/imagine"
	"demorl/mpc"
	"demorl/par"
	"demorl/replay"
	"demorl/rng"
	"demorl/rollout"
	"demorl/sac"
)

// Task is what the agent knows of the system that it controls. Observations
// are raw; actions are in [-1, 1].
type Task struct {
	ID             string
	ObsDim, ActDim int
	Terminates     bool
	Terminator     env.Terminator // nil: the model learns when episodes end, if Terminates
	Rewarder       env.Rewarder   // nil: the model learns the reward; takes actions in [-1, 1]

	// Simulator makes further instances of the task, whose state is saved as
	// the real one's is; nil where planning in the simulator is not asked for.
	Simulator func() (env.Env, error)
}

// TaskOf describes e, an environment with actions in [-1, 1].
func TaskOf(e env.Env) Task {
	spec := e.Spec()
	t := Task{ID: spec.ID, ObsDim: spec.ObsDim, ActDim: spec.ActDim, Terminates: spec.Terminates}
	if rule, ok := env.Power[env.Terminator](e); ok {
		t.Terminator = rule
	}
	if known, ok := env.Power[env.Rewarder](e); ok {
		t.Rewarder = known
		if s, ok := env.Power[*env.Scaled](e); ok {
			t.Rewarder = scaledReward{known, s}
		}
	}
	return t
}

// scaledReward lets a Rewarder in the task's units take actions in [-1, 1].
type scaledReward struct {
	env.Rewarder
	scale *env.Scaled
}

// Reward scales action, which imagination hands over as a copy of its own, in
// place.
func (s scaledReward) Reward(obs, action, next, reward []float32) {
	s.scale.UnscaleRows(action)
	s.Rewarder.Reward(obs, action, next, reward)
}

// Agent is one learner: policy and value (sac) or policy alone (clone), the learned model (dynamics),
// the planner (mpc) and the two buffers, D_ENV and D_MPC.
type Agent struct {
	settings Settings
	task     Task
	key      rng.Key
	pool     *par.Pool

	sac      *sac.Agent   // nil with learner clone
	clone    *clone.Agent // nil with learner sac
	model    *dynamics.Ensemble
	world    *dynamics.World // the model as imagination sees it
	planner  *mpc.Planner    // improves replayed states' plans, or drives the robot
	judge    *mpc.Planner    // drives evaluations where the planner acts
	maker    *imagine.Maker
	real     *replay.Buffer     // D_ENV
	imagined *replay.Buffer     // D_MPC; nil where nothing is imagined
	gradient *sac.ValueGradient // nil unless updates go back through the model

	step    int    // real steps so far
	updates uint64 // SAC updates so far
	rounds  uint64 // rounds of imagination so far
	episode uint64 // episodes ended so far
	reach   int    // imagined steps that the last refit's model is good for under horizon_limit; 0: not measured
	ended   bool   // an episode has ended with the last real step

	actor  rollout.Actor // one row, for acting
	batch  *replay.Batch
	draw   draw
	starts []rollout.Start
	plans  *mpc.Plans
	noise  []float32
	report Report
	watch  func(Work) // nil: nobody waits
}

// draw fills rows, or start states, of the present update's batch; its functions
// are made once, since a closure made for every update would be an allocation.
type draw struct {
	ratio  float64
	key    rng.Key
	rows   func(lo, hi int)
	states func(lo, hi int, obs []float32)
}

// New returns an untrained agent. Every random number that it ever draws is a
// function of key.
func New(s Settings, task Task, key rng.Key, pool *par.Pool) (*Agent, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	s.SAC.Value.Trained = s.usesStateValue()
	a := &Agent{settings: s, task: task, key: key, pool: pool, real: replay.NewBuffer(s.Capacity, task.ObsDim, task.ActDim)}
	var err error
	if s.Clones() {
		if a.clone, err = clone.New(s.Clone, task.ObsDim, task.ActDim, key.Derive("clone/init")); err != nil {
			return nil, err
		}
		a.actor = a.clone.NewActor(1)
	} else {
		if a.sac, err = sac.New(s.SAC, task.ObsDim, task.ActDim, key.Derive("sac/init"), pool); err != nil {
			return nil, err
		}
		a.actor = a.sac.NewActor(1)
	}
	a.noise = make([]float32, rollout.Stride(task.ActDim))
	a.batch = replay.NewBatch(s.SAC.Batch, task.ObsDim, task.ActDim)
	a.draw.rows = func(lo, hi int) {
		replay.SampleMixedRows(a.batch, lo, hi, a.real, a.imagined, a.draw.ratio, a.draw.key)
	}
	a.draw.states = a.drawStates
	switch {
	case s.UsesModel():
		err = a.newModel()
	case s.Plans():
		err = a.newSimulator()
	}
	if err != nil {
		return nil, err
	}
	a.report = newReport()
	return a, nil
}

// newModel makes ensemble, planner and the maker of imagined rows.
func (a *Agent) newModel() error {
	s := a.settings
	rule := a.rule()
	s.Model.TerminalHead = s.Termination == "env" && a.task.Terminates && a.task.Terminator == nil
	var err error
	if a.model, err = dynamics.New(s.Model, a.task.ObsDim, a.task.ActDim, a.key.Derive("model/init"), a.pool); err != nil {
		return err
	}
	options := dynamics.WorldOptions{Terminator: rule, BFloat16: s.Precision == PrecisionBF16}
	if s.Reward == RewardKnown && a.task.Rewarder != nil {
		options.Rewarder = a.task.Rewarder
	}
	a.world = a.model.World(options)
	longest := int(s.Horizon.Max())
	if s.Plans() {
		if err := a.newPlanner(a.world); err != nil {
			return err
		}
	}
	if s.Imagine == ImagineNothing {
		return nil
	}
	a.maker = a.newMaker(a.world, longest)
	a.imagined = replay.NewBuffer(a.imaginedCapacity(0), a.task.ObsDim, a.task.ActDim)
	a.starts = make([]rollout.Start, s.StartStates)
	if s.gradients() {
		a.gradient = a.sac.NewValueGradient(a.world, s.Gradient.Steps)
	}
	if s.Imagine == ImaginePlanned {
		a.plans = mpc.NewPlans(s.StartStates, longest, a.task.ActDim)
	}
	return nil
}

// rule is the task's own rule of when it ends, nil where imagination does not
// use one.
func (a *Agent) rule() dynamics.Terminator {
	if a.settings.Termination == "env" && a.task.Terminator != nil {
		return a.task.Terminator
	}
	return nil
}

// newMaker returns a maker of rollouts of up to longest steps in world.
func (a *Agent) newMaker(world rollout.World, longest int) *imagine.Maker {
	source := imagine.Source{World: world, Gamma: a.settings.SAC.Gamma, NewActor: a.newActor}
	if a.sac != nil { // else there is no value
		source.NewTerminal = a.newTerminal(mpc.ValueTerminal)
	}
	return imagine.NewMaker(source, longest, a.pool)
}

// newSimulator makes a planner over copies of the task itself.
func (a *Agent) newSimulator() error {
	if a.task.Simulator == nil {
		return fmt.Errorf("world is %q, but no further instances of %s can be made here; use world model", WorldSimulator, a.task.ID)
	}
	world, err := rollout.NewSimWorld(a.task.Simulator)
	if err != nil {
		return fmt.Errorf("world is %q: %w", WorldSimulator, err)
	}
	return a.newPlanner(world)
}

// newPlanner makes the planner over world, and the one that drives evaluations.
func (a *Agent) newPlanner(world rollout.World) (err error) {
	settings := a.settings.Planner
	settings.Horizon = int(a.settings.Horizon.Max())
	deps := mpc.Deps{NewActor: a.newActor}
	if a.clone != nil {
		deps.NewPerturbed = func(rows int) mpc.Perturbed { return a.clone.NewPerturbed(rows) }
	} else {
		deps.NewTerminal = a.newTerminal(settings.Value)
	}
	if a.planner, err = mpc.New(settings, world, deps, a.pool); err != nil || a.settings.Act != ActPlanner {
		return err
	}
	if settings.Answer == mpc.AnswerSample {
		settings.Answer = mpc.AnswerMean // evaluations are deterministic
	}
	a.judge, err = mpc.New(settings, world, deps, a.pool)
	return err
}

// NeedsState reports whether Act and judges must be told the task's state: where
// they plan in copies of it.
func (a *Agent) NeedsState() bool { return a.settings.World == WorldSimulator && a.settings.Plans() }

// newActor returns imagination's view of the policy.
func (a *Agent) newActor(rows int) rollout.Actor {
	switch {
	case a.clone != nil:
		return a.clone.NewActor(rows)
	case a.settings.Precision == PrecisionBF16:
		return a.sac.NewActorBF16(rows)
	}
	return a.sac.NewActor(rows)
}

// newTerminal returns the maker of terminal values of the given kind.
func (a *Agent) newTerminal(kind string) func(rows int) rollout.Terminal {
	return func(rows int) rollout.Terminal {
		v := a.sac.NewValue(rows)
		if a.settings.Precision == PrecisionBF16 {
			v = a.sac.NewValueBF16(rows)
		}
		switch kind {
		case mpc.ValueLastAction:
			v.Rule = sac.LastAction
		case mpc.ValueNet:
			v.Rule = sac.StateValue
		}
		return v
	}
}

// Steps returns the number of real steps observed.
func (a *Agent) Steps() int { return a.step }

// Settings returns the settings the agent was made with.
func (a *Agent) Settings() Settings { return a.settings }

// Real returns D_ENV.
func (a *Agent) Real() *replay.Buffer { return a.real }

// Model returns the learned model, nil where the algorithm has none.
func (a *Agent) Model() *dynamics.Ensemble { return a.model }

// trained returns the real steps since the end of warm-up, negative before it.
func (a *Agent) trained() int { return a.step - a.settings.Warmup }

// epoch returns the present epoch, 0 during warm-up.
func (a *Agent) epoch() int { return max(0, a.trained()) / a.settings.EpochSteps }

// imaginedCapacity returns the rows that D_MPC holds at epoch e: what the
// rounds of the retained epochs make.
func (a *Agent) imaginedCapacity(e int) int {
	s := a.settings
	if s.gradients() {
		return s.Gradient.RetainRounds * s.StartStates * s.Horizon.Int(e)
	}
	rounds := (s.EpochSteps + s.ReplanEvery - 1) / s.ReplanEvery
	return s.RetainEpochs * rounds * s.StartStates * s.Horizon.Int(e)
}

// Prepare does the work that is due before the next real step: at the end of
// warm-up and then, at fixed steps of every epoch, a refit of the model and a
// round of imagination (method.md A.2).
func (a *Agent) Prepare() error {
	s, t := a.settings, a.trained()
	if t < 0 || a.model == nil {
		return nil
	}
	inEpoch := t % s.EpochSteps
	refits := inEpoch%s.RefitEvery == 0
	if refits && (s.ModelFreezeEpoch == 0 || a.epoch() < s.ModelFreezeEpoch) {
		if err := a.refit(); err != nil {
			return err
		}
	}
	if a.gradient != nil && refits && s.UTD > 0 {
		return a.climb()
	}
	if a.imagined == nil || a.gradient != nil {
		return nil
	}
	if inEpoch == 0 {
		if capacity := a.imaginedCapacity(a.epoch()); s.PlanBuffer == BufferClear || capacity != a.imagined.Capacity() {
			a.imagined.Resize(capacity, s.PlanBuffer == BufferClear)
		}
	}
	if inEpoch%s.ReplanEvery == 0 {
		return a.imagine(s.ProbeStarts)
	}
	return nil
}

// refit fits the model on all of D_ENV.
func (a *Agent) refit() error {
	start := time.Now()
	stats, err := a.model.Fit(a.real, a.key.Derive("model/fit").At(uint64(a.step)), a.tellFit)
	if err != nil {
		return fmt.Errorf("refit at step %d: %w", a.step, err)
	}
	key := a.key.Derive("model/diagnose").At(uint64(a.step))
	var diagnostics dynamics.Diagnostics
	if limit := a.settings.HorizonLimit; limit > 0 {
		diagnostics = a.model.Diagnose(a.real, key, int(a.settings.Horizon.Max()))
		a.reach = reach(diagnostics.OpenLoop, limit)
	} else {
		diagnostics = a.model.Diagnose(a.real, key)
	}
	a.report.fit(stats, diagnostics, time.Since(start))
	return nil
}

// Act chooses the next action for obs: uniform within warmup_range during warm-up, then as the
// algorithm's actor does while it explores. state is the task's, where
// NeedsState.
func (a *Agent) Act(ctx context.Context, obs []float32, state []byte, action []float32) error {
	key := a.key.Derive("act").At(uint64(a.step))
	if a.trained() < 0 {
		key.Uniforms(action, 0)
		for i := range action {
			action[i] *= float32(a.settings.WarmupRange)
		}
		return nil
	}
	if a.planned() {
		return a.plan(ctx, a.planner, rollout.Start{Obs: obs, State: state}, action, key)
	}
	key.Normals(a.noise, 0)
	a.actor.Act(obs, 1, a.noise, action, nil)
	return check(action, a.step)
}

// planned reports whether the planner drives the present episode.
func (a *Agent) planned() bool {
	if a.settings.Act != ActPlanner {
		return false
	}
	return !a.shares() || a.key.Derive("act/who").Float64At(a.episode) < a.settings.PlannerShare
}

// shares reports whether planner and policy take turns in driving episodes.
func (a *Agent) shares() bool { return a.settings.Act == ActPlanner && a.settings.PlannerShare < 1 }

// check refuses to send an action that is not a number.
func check(action []float32, step int) error {
	for j, u := range action {
		if math.IsNaN(float64(u)) || math.IsInf(float64(u), 0) {
			return &DivergedError{Step: step, What: fmt.Sprintf("action %d of the policy is %v", j, u)}
		}
	}
	return nil
}

// DivergedError says which value of the learner is no longer finite.
type DivergedError struct {
	Step int
	What string
}

func (e *DivergedError) Error() string {
	return fmt.Sprintf("learning diverged at step %d: %s", e.Step, e.What)
}

// Best writes the policy's deterministic action (its mean) for obs.
func (a *Agent) Best(obs, action []float32) { a.actor.Act(obs, 1, nil, nil, action) }

// Observe stores what the last real step did.
func (a *Agent) Observe(t replay.Transition) {
	a.real.Add(t)
	if a.clone != nil {
		a.clone.Observe(t.Obs)
	} else {
		a.sac.Observe(t.Obs)
	}
	a.step++
}

// EpisodeEnd tells the agent that the next step starts a new episode.
func (a *Agent) EpisodeEnd() {
	a.episode++
	a.ended = true
	if a.planner != nil && a.settings.Act == ActPlanner {
		a.planner.Reset()
	}
}

// Learn does the updates that are due after a real step, or teaches the policy
// of learner clone where it ended an episode. Value gradients learn in Prepare,
// after a refit.
func (a *Agent) Learn() error {
	s, ended := a.settings, a.ended
	a.ended = false
	if a.clone != nil {
		if !ended {
			return nil
		}
		return a.teach()
	}
	// The step just observed belongs to the epoch in which it was taken.
	t := a.trained() - 1
	if t < 0 || (t+1)%s.UpdateEvery != 0 || a.gradient != nil {
		return nil
	}
	start := time.Now()
	ratio := s.RealRatio.At(t / s.EpochSteps)
	if len(s.Entropy) > 0 {
		a.sac.SetTargetEntropy(s.Entropy.At(t / s.EpochSteps))
	}
	for range s.UTD * s.UpdateEvery {
		key := a.key.Derive("sac/update").At(a.updates)
		a.draw.ratio, a.draw.key = ratio, key.At(0)
		if s.SAC.Critic.Norm == sac.NormBatch {
			// A batch's statistics are of one kind of rows: the whole batch is
			// real with the ratio's probability, else imagined (method.md D.4).
			a.draw.ratio = 0
			if key.At(2).Float64At(0) < ratio {
				a.draw.ratio = 1
			}
		}
		stats := a.sac.UpdateDrawn(a.batch, a.draw.rows, key.At(1))
		a.updates++
		if stats.NonFinite {
			return &DivergedError{Step: a.step, What: fmt.Sprintf("critic loss %v, actor loss %v, value loss %v after update %d", stats.CriticLoss, stats.ActorLoss, stats.ValueLoss, a.updates)}
		}
		a.report.update(stats)
	}
	a.report.Learn += time.Since(start)
	return nil
}
