package agent

import (
	"context"
	"fmt"
	"time"

	"demorl/imagine"
	"demorl/mpc"
	"demorl/rng"
	"demorl/rollout"
	"demorl/sac"
)

// imagine makes one round of imagined rows: branched rollouts of the policy,
// or rollouts of improved plans (method.md A.4). The gain over the policy is
// measured on probes of its starts.
func (a *Agent) imagine(probes int) error {
	start := time.Now()
	if a.gradient == nil {
		a.tell(Work{Doing: "imagining"})
	}
	a.sac.PublishBF16()
	s, key := a.settings, a.key.Derive("imagine").At(a.rounds)
	a.rounds++
	horizon := a.horizon()
	a.drawStarts(key.At(0))
	course := imagine.Course{Horizon: horizon, SampleReward: s.StoreReward == "sample", PastTerminal: !s.StopAtTerminal}
	if s.Imagine == ImaginePlanned && s.Planner.PlanForm != mpc.PlanPolicy {
		if err := a.planner.SetHorizon(horizon); err != nil {
			return err
		}
		if s.NoiseRedraw == RedrawEpoch {
			noise := a.key.Derive("plan noise").At(uint64(a.epoch()))
			a.planner.ReuseNoise(&noise)
		}
		stats, err := a.planner.PlanBatch(a.starts, key.At(1), a.plans)
		if err != nil {
			return fmt.Errorf("planning at step %d: %w", a.step, err)
		}
		a.report.plan(stats)
		course.Plans = a.plans
	}
	tally, err := a.maker.Roll(a.starts, course, key.At(2), a.imagined)
	if err != nil {
		return fmt.Errorf("imagination at step %d: %w", a.step, err)
	}
	a.report.last["plan/horizon"] = float64(horizon)
	a.report.mean("plan/out_of_range_share", float64(tally.OutOfRange)/float64(len(a.starts)))
	a.report.round(tally, a.draws(tally.Rows))
	if err := a.probe(course, probes, key.At(3)); err != nil {
		return err
	}
	a.report.Imagine += time.Since(start)
	return nil
}

// draws returns how often the learner is expected to draw a row of the round
// that was just made, with rows rows, until the row leaves D_MPC: with the end of
// the epoch, or when newer ones take its place (method.md A.4 step 8). Rounds to
// come are taken to make as many rows.
func (a *Agent) draws(rows int) float64 {
	s, held := a.settings, a.imagined.Len()
	if held == 0 || rows == 0 {
		return 0
	}
	if s.gradients() {
		return float64(s.Gradient.ImagineEvery*s.Gradient.RetainRounds*s.SAC.Batch) / float64(held)
	}
	rounds := (s.EpochSteps - a.trained()%s.EpochSteps + s.ReplanEvery - 1) / s.ReplanEvery // left of the epoch, with this one
	if s.PlanBuffer != BufferClear {
		rounds = (a.imagined.Capacity() + rows - 1) / rows
	}
	perRound := float64(s.UTD*s.ReplanEvery*s.SAC.Batch) * (1 - s.RealRatio.At(a.epoch()))
	sum := 0.0
	for ; rounds > 0 && held < a.imagined.Capacity(); rounds-- { // while it fills
		sum += perRound / float64(held)
		held = min(held+rows, a.imagined.Capacity())
	}
	return sum + float64(rounds)*perRound/float64(held)
}

// drawStarts draws the start states of a round uniformly with replacement
// from D_ENV.
func (a *Agent) drawStarts(key rng.Key) {
	for i := range a.starts {
		row := a.real.Row(key.IntnAt(uint64(i), a.real.Len()))
		a.starts[i] = rollout.Start{ID: uint64(i), Obs: row.Obs}
	}
}

// probe measures, on the first few starts of the round, what was imagined
// against noise-free policy rollouts from the same states, reward and value
// apart (method.md A.4 step 8, pilot.md section 7).
func (a *Agent) probe(course imagine.Course, probes int, key rng.Key) error {
	n := min(probes, len(a.starts))
	if n == 0 {
		return nil
	}
	course.Value, course.SampleReward = true, false
	plain := imagine.Course{Horizon: course.Horizon, Value: true}
	mean := plain
	mean.Mean = true
	var tallies [3]imagine.Tally
	for i, c := range []imagine.Course{course, plain, mean} {
		var err error
		if tallies[i], err = a.maker.Roll(a.starts[:n], c, key.At(uint64(i)), nil); err != nil {
			return fmt.Errorf("probing plans at step %d: %w", a.step, err)
		}
	}
	a.report.gain(tallies[0], tallies[1], tallies[2])
	return nil
}

// plan lets a planner choose an action from start.
func (a *Agent) plan(ctx context.Context, p *mpc.Planner, start rollout.Start, action []float32, key rng.Key) error {
	horizon := a.horizon()
	if err := p.SetHorizon(horizon); err != nil {
		return err
	}
	if a.sac != nil {
		a.sac.PublishBF16()
	}
	result := p.Plan(ctx, start, key)
	if result.Err != nil {
		return fmt.Errorf("planning at step %d: %w", a.step, result.Err)
	}
	if p == a.planner {
		a.report.plan(result.Stats)
		if rollouts := result.Stats.Candidates * a.settings.Planner.Particles; rollouts > 0 {
			a.report.mean("plan/out_of_range_share", float64(result.Stats.OutOfRange)/float64(rollouts))
		}
		a.report.last["plan/horizon"] = float64(horizon)
		if result.Form == mpc.FormParameters && (result.Source == mpc.FromPlan || result.Source == mpc.FromShifted) {
			a.clone.Applied(result.Sequence[:a.clone.Parameters()])
		}
	}
	copy(action, result.Action)
	return check(action, a.step)
}

// teach teaches the policy of learner clone what the planner did: by all steps
// that it took so far, or by what it applied in the episode that has ended.
func (a *Agent) teach() error {
	// Rows of warm-up are not the planner's. D_ENV counts from its oldest row.
	first := max(0, a.settings.Warmup-(a.step-a.real.Len()))
	n := a.real.Len() - first
	if n <= 0 {
		return nil
	}
	start := time.Now()
	row := func(i int) (obs, action []float32) {
		t := a.real.Row(first + i)
		return t.Obs, t.Action
	}
	stats, err := a.clone.Learn(n, row, a.key.Derive("clone/learn").At(uint64(a.step)))
	if err != nil {
		return &DivergedError{Step: a.step, What: err.Error()}
	}
	a.report.cloned(stats)
	a.report.Learn += time.Since(start)
	return nil
}

// HasPolicy reports whether there is a policy to be judged: one that is trained,
// or that drives the robot.
func (a *Agent) HasPolicy() bool {
	return a.settings.Act != ActPlanner || a.settings.Learns() || a.clone != nil
}

// Actors returns who is judged in an evaluation: the planner where it drives
// the robot, and then the policy where one is trained; that of learner clone
// where its settings ask for it. Where the policy is an average, the newest one
// is judged beside it.
func (a *Agent) Actors() []string {
	var actors []string
	if a.settings.Act == ActPlanner {
		actors = append(actors, ActPlanner)
	}
	if a.settings.Act != ActPlanner || a.settings.Learns() || a.clone != nil && a.settings.Clone.EvaluatePolicy {
		actors = append(actors, ActPolicy)
	}
	if a.settings.averages() {
		actors = append(actors, ActNewest)
	}
	return actors
}

// Actor chooses an action for obs; state is the task's, where NeedsState.
type Actor func(ctx context.Context, obs []float32, state []byte, action []float32) error

// NewPolicy returns the policy's deterministic action, checked, with memory of
// its own: several may be used at once while nothing is learned.
func (a *Agent) NewPolicy() Actor {
	var actor rollout.Actor
	if a.clone != nil {
		actor = a.clone.NewActor(1)
	} else {
		actor = a.sac.NewDeployed(1)
	}
	return func(_ context.Context, obs []float32, _ []byte, action []float32) error {
		actor.Act(obs, 1, nil, nil, action)
		return check(action, a.step)
	}
}

// NewCritic returns what the learner's critics say of an action in a state, in
// the task's rewards and with the entropy bonus that they learn with; nil where
// no critic learns. It has memory of its own, as NewPolicy.
func (a *Agent) NewCritic() func(obs, action []float32) float64 {
	if a.sac == nil || !a.settings.Learns() {
		return nil
	}
	lane, block, q := a.sac.NewValue(1), rollout.NewBlock(1, a.task.ObsDim, a.task.ActDim), []float32{0}
	lane.Rule, block.Rows, block.Fate[0] = sac.LastAction, 1, rollout.Running
	return func(obs, action []float32) float64 {
		copy(block.Obs, obs)
		copy(block.Action, action)
		lane.Value(block, q)
		return float64(q[0])
	}
}

// Judge returns the deterministic actor of one evaluation episode. It touches
// nothing that training reads.
func (a *Agent) Judge(actor string, key rng.Key) Actor {
	if actor == ActPolicy {
		return a.NewPolicy()
	}
	if actor != ActPlanner || a.judge == nil {
		return func(_ context.Context, obs []float32, _ []byte, action []float32) error {
			a.Best(obs, action)
			return check(action, a.step)
		}
	}
	a.judge.Reset()
	step := uint64(0)
	return func(ctx context.Context, obs []float32, state []byte, action []float32) error {
		step++
		return a.plan(ctx, a.judge, rollout.Start{Obs: obs, State: state}, action, key.At(step))
	}
}
