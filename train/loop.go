package train

import (
	"context"
	"errors"
	"fmt"
	"math"

	"demorl/agent"
	"demorl/env"
	"demorl/internal/wire"
	"demorl/par"
	"demorl/replay"
	"demorl/rng"
)

// Maker makes instances of the task to train on, with actions in [-1, 1] and
// their time limit: one for training and one for evaluation, and more of these
// where several evaluation episodes are played at once.
type Maker func() (env.Env, error)

// Loop is the pure core of a run. It is a value between two calls of Step:
// Sections saves and restores all of it.
type Loop struct {
	settings  Settings
	key       rng.Key
	instance  Maker
	elsewhere Maker // of evaluations, where JudgeOn set it
	pool      *par.Pool
	world     env.Env  // the real system
	names     []string // of its observations, for messages
	judges    []*judge // the evaluation's own instances; the first is always there
	agent     *agent.Agent

	steps         int       // real steps made; the agent counts decisions
	left          int       // steps for which the present action is still held
	reward        float64   // sum of those since it was chosen
	obs           []float64 // present observation of the real system
	began         bool      // an episode is under way
	lost          bool      // but the real system is elsewhere: its state could not be set
	episode       uint64    // episodes begun
	episodeReturn float64
	episodeLength int
	best          float64 // best mean return of an evaluation
	bestStep      int     // its step; 0 before the first

	from     replay.Transition // of the present decision
	now      replay.Transition // of the present step, for the log
	action   []float32
	action64 []float64
	state    []byte
	watch    func(agent.Work) // nil: nobody waits
}

// Event is what one step brought that somebody may want to see.
type Event struct {
	Step        int
	Transition  replay.Transition // valid until the next step
	EpisodeEnd  bool
	Return      float64 // of the episode that ended
	Length      int
	Evaluations []Evaluation
	Best        bool // the evaluation is the run's best so far
}

// BadValueError says which number of the real system is not finite.
type BadValueError struct {
	Step int
	What string
}

func (e *BadValueError) Error() string {
	return fmt.Sprintf("the environment returned a bad value at step %d: %s", e.Step, e.What)
}

// NewLoop makes an untrained run.
func NewLoop(s Settings, instance Maker, pool *par.Pool) (*Loop, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	l := &Loop{settings: s, key: rng.Root(s.Seed), best: math.Inf(-1), instance: narrowed(commanded(instance, s), s.Agent), pool: pool}
	var err error
	if l.world, err = l.instance(); err != nil {
		return nil, err
	}
	if err = errors.Join(randomize(l.world, s), simulable(l.world, s.Agent), l.addJudge()); err != nil {
		l.Close()
		return nil, err
	}
	task := agent.TaskOf(l.world)
	task.Simulator = repeated(l.instance, s.Agent.ActionRepeat)
	if s.Agent.ActionRepeat > 1 {
		task.Rewarder = nil // what is known is the reward of one step
	}
	if l.agent, err = agent.New(s.Agent, task, l.key.Derive("agent"), pool); err != nil {
		l.Close()
		return nil, err
	}
	spec := l.world.Spec()
	l.obs, l.names = make([]float64, spec.ObsDim), spec.ObsNames
	l.action, l.action64 = make([]float32, spec.ActDim), make([]float64, spec.ActDim)
	for _, t := range []*replay.Transition{&l.from, &l.now} {
		*t = replay.Transition{Obs: make([]float32, spec.ObsDim), Next: make([]float32, spec.ObsDim), Action: make([]float32, spec.ActDim)}
	}
	return l, nil
}

// Close gives the task's instances back.
func (l *Loop) Close() error {
	all := []error{l.world.Close()}
	for _, j := range l.judges {
		all = append(all, j.env.Close())
	}
	return errors.Join(all...)
}

// Watch lets show see the work between real steps as it goes on, and evaluations in
// which the planner acts.
func (l *Loop) Watch(show func(agent.Work)) {
	l.watch = show
	l.agent.Watch(show)
}

// Agent returns the learner.
func (l *Loop) Agent() *agent.Agent { return l.agent }

// Steps returns the number of real steps made.
func (l *Loop) Steps() int { return l.steps }

// Exact reports whether the task's state can be saved, so that a resumed run
// goes on with equal bits.
func (l *Loop) Exact() bool {
	_, ok := env.Power[env.StateCodec](l.world)
	return ok
}

// Step makes one real step and the work that is due with it: where an action
// is to be chosen, refit and imagination before it; where its time is over, SAC
// updates; then evaluation (method.md A.2).
func (l *Loop) Step(ctx context.Context) (Event, error) {
	if err := l.begin(); err != nil {
		return Event{}, err
	}
	if l.left == 0 {
		if err := l.decide(ctx); err != nil {
			return Event{}, err
		}
	}
	narrow(l.now.Obs, l.obs)
	widen(l.action64, l.action)
	out, err := l.world.Step(l.action64, l.obs)
	step := l.steps + 1
	if err != nil {
		return Event{}, fmt.Errorf("the environment failed at step %d: %w", step, err)
	}
	if err := l.check(l.obs, out.Reward, step); err != nil {
		return Event{}, err
	}
	ev, err := l.advance(out)
	if err != nil {
		return ev, err
	}
	err = l.evaluateIfDue(ctx, &ev)
	return ev, err
}

// advance takes in what a step brought: the action is l.action, the observation
// before it l.now.Obs and the one after it l.obs.
func (l *Loop) advance(out env.Outcome) (Event, error) {
	l.steps++
	if !l.Exact() {
		out.Reward = float64(float32(out.Reward)) // as the log has it, from which the step may be lived again
	}
	t := l.now
	copy(t.Action, l.action)
	narrow(t.Next, l.obs)
	t.Reward, t.Terminated, t.Truncated = float32(out.Reward), out.Terminated, out.Truncated
	ev := Event{Step: l.steps, Transition: t, EpisodeEnd: out.Terminated || out.Truncated}
	learns := l.hold(out)
	l.episodeReturn += out.Reward
	l.episodeLength++
	if ev.EpisodeEnd {
		ev.Return, ev.Length = l.episodeReturn, l.episodeLength
		l.began = false
		l.agent.EpisodeEnd()
	}
	if learns {
		return ev, l.agent.Learn()
	}
	return ev, nil
}

// evaluateIfDue judges the actors where that is due after the step of ev.
func (l *Loop) evaluateIfDue(ctx context.Context, ev *Event) error {
	every := l.settings.EvalEvery
	if every == 0 || ev.Step%every != 0 || l.agent.Steps() <= l.settings.Agent.Warmup {
		return nil
	}
	var err error
	if ev.Evaluations, err = l.Evaluate(ctx, l.settings.EvalEpisodes); err != nil {
		return err
	}
	l.compare(ev, ev.Evaluations)
	return nil
}

// compare notes where the evaluation made after the step of ev is the best so far.
func (l *Loop) compare(ev *Event, made []Evaluation) {
	mean, n := Mean(made, "planner")
	if n == 0 {
		mean, _ = Mean(made, "policy")
	}
	if mean > l.best {
		l.best, l.bestStep, ev.Best = mean, ev.Step, true
	}
}

// decide lets the agent choose the next action, after the work that is due before.
func (l *Loop) decide(ctx context.Context) error {
	if err := l.agent.Prepare(); err != nil {
		return err
	}
	narrow(l.from.Obs, l.obs)
	if err := l.agent.Act(ctx, l.from.Obs, l.stateOf(l.world, &l.state), l.action); err != nil {
		return err
	}
	l.left, l.reward = l.settings.Agent.ActionRepeat, 0
	return nil
}

// hold counts a step of the present action and, where it was the last, tells
// the agent what the action brought.
func (l *Loop) hold(out env.Outcome) (last bool) {
	l.left--
	l.reward += out.Reward
	if out.Terminated || out.Truncated {
		l.left = 0
	}
	if l.left > 0 {
		return false
	}
	t := l.from
	copy(t.Action, l.action)
	narrow(t.Next, l.obs)
	t.Reward, t.Terminated, t.Truncated = float32(l.reward), out.Terminated, out.Truncated
	l.agent.Observe(t)
	return true
}

// stateOf returns e's state, in the memory of to, for a planner that plans in
// copies of it, else nil.
func (l *Loop) stateOf(e env.Env, to *[]byte) []byte {
	if !l.agent.NeedsState() {
		return nil
	}
	codec, _ := env.Power[env.StateCodec](e) // there is one, or the agent would not have been made
	*to = codec.AppendState((*to)[:0])
	return *to
}

// begin starts an episode if none is under way.
func (l *Loop) begin() error {
	if l.lost {
		l.cut()
	}
	if l.began {
		return nil
	}
	s := rng.NewStream(l.key.Derive("env/reset").At(l.episode))
	if err := l.world.Reset(s, l.obs); err != nil {
		return fmt.Errorf("the environment could not be reset before step %d: %w", l.Steps()+1, err)
	}
	l.started()
	return l.check(l.obs, 0, l.Steps())
}

// started counts an episode that begins.
func (l *Loop) started() {
	l.began, l.episodeReturn, l.episodeLength = true, 0, 0
	l.episode++
}

// check refuses observations and rewards that are not finite.
func (l *Loop) check(obs []float64, reward float64, step int) error {
	if !learnable(reward) {
		return &BadValueError{Step: step, What: fmt.Sprintf("the reward is %v", reward)}
	}
	for i, v := range obs {
		if !learnable(v) {
			what := fmt.Sprintf("observation %d is %v", i, v)
			if i < len(l.names) {
				what = fmt.Sprintf("observation %d (%s) is %v", i, l.names[i], v)
			}
			return &BadValueError{Step: step, What: what}
		}
	}
	return nil
}

// learnable reports whether v is finite, also as the float32 that is learned from.
func learnable(v float64) bool { return math.Abs(float64(float32(v))) <= math.MaxFloat32 }

// Sections returns the whole state of the run's core: no clock, no thread
// count and no step target is in it.
func (l *Loop) Sections() []agent.Section {
	own := agent.Section{Name: "loop", Append: l.appendState, Restore: func(state []byte) error {
		r := wire.NewReader(state)
		return l.readState(r)
	}}
	sections := l.agent.Sections()
	if l.left > 0 {
		// The work before the present decision is done: nothing that it made can be left out.
		for i := range sections {
			sections[i].Skip = nil
		}
	}
	return append(sections, own)
}

func (l *Loop) appendState(dst []byte) []byte {
	dst = wire.Bool(dst, l.began)
	dst = wire.U64(dst, l.episode)
	dst = wire.F64(dst, l.episodeReturn)
	dst = wire.Int(dst, l.episodeLength)
	dst = wire.F64(dst, l.best)
	dst = wire.Int(dst, l.bestStep)
	dst = wire.F64s(dst, l.obs)
	var state []byte
	if l.began && l.Exact() {
		codec, _ := env.Power[env.StateCodec](l.world)
		state = codec.AppendState(nil)
	}
	dst = wire.Bytes(dst, state)
	if l.settings.Agent.ActionRepeat == 1 {
		return dst
	}
	dst = wire.Int(dst, l.steps)
	dst = wire.Int(dst, l.left)
	dst = wire.F64(dst, l.reward)
	dst = wire.F32s(dst, l.from.Obs)
	return wire.F32s(dst, l.action)
}

func (l *Loop) readState(r *wire.Reader) error {
	l.began, l.episode, l.episodeReturn, l.episodeLength, l.best, l.bestStep = r.Bool(), r.U64(), r.F64(), r.Int(), r.F64(), r.Int()
	r.F64sInto(l.obs, "observation")
	state := r.Bytes()
	l.steps, l.left, l.reward = l.agent.Steps(), 0, 0
	if l.settings.Agent.ActionRepeat > 1 {
		l.steps, l.left, l.reward = r.Int(), r.Int(), r.F64()
		r.F32sInto(l.from.Obs, "observation of the decision")
		r.F32sInto(l.action, "action")
	}
	if err := r.Err(); err != nil {
		return fmt.Errorf("loop: %w", err)
	}
	if l.lost = l.began && len(state) == 0; len(state) == 0 {
		return nil // between two episodes, or the task cannot save its state
	}
	codec, ok := env.Power[env.StateCodec](l.world)
	if !ok {
		return fmt.Errorf("loop: the checkpoint holds a simulator state but %s cannot restore one", l.settings.Env)
	}
	saved := append([]float64(nil), l.obs...)
	if err := codec.RestoreState(state, l.obs); errors.Is(err, env.ErrNoState) {
		l.lost = true
	} else if err != nil {
		return fmt.Errorf("loop: %w", err)
	}
	copy(l.obs, saved)
	return nil
}

// cut ends the episode under way, whose rest is lost.
func (l *Loop) cut() {
	if l.lost = false; l.began {
		l.began, l.left = false, 0
		l.agent.EpisodeEnd()
	}
}

func narrow(dst []float32, src []float64) {
	for i, v := range src {
		dst[i] = float32(v)
	}
}

func widen(dst []float64, src []float32) {
	for i, v := range src {
		dst[i] = float64(v)
	}
}
