package sac

import (
	"fmt"
	"math"
	"slices"

	"demorl/internal/kern"
	"demorl/nn"
	"demorl/par"
	"demorl/replay"
	"demorl/rng"
	"demorl/rollout"
)

// pieceRows is the number of rows of a batch that stay together. It is part of
// a run's identity: gradients are summed piece by piece.
const pieceRows = 128

// Agent is the learner: actor, critics, their targets, the temperature
// and all optimisers. Update is for one caller at a time; actors and value
// lanes read the live networks, so they must not run during an Update.
type Agent struct {
	settings       Settings
	obsDim, actDim int
	targetEntropy  float64
	rewardScale    float32

	actor, critics, targets *nn.Net
	actorAdam, criticAdam   *nn.Adam
	actorDecay, criticDecay []float64 // per layer; nil without weight_decay
	logTemperature          float64
	temperatureAdam         nn.Scalar

	average   *nn.Net      // the policy averaged over its updates; nil without policy_average
	copies    *copies      // nil unless something imagines in bfloat16
	bounds    bounds       // of the value; the identity unless the critics are scaled
	value     *stateValue  // nil unless a planner ends its scores with it
	joint     *joint       // nil without batch renormalisation
	observed  *observation // nil without observation normalisation
	updates   uint64
	rewardMax float64 // largest |reward| of all batches
	last      Stats   // of the last actor step, kept while policy_every skips some

	pool   *par.Pool
	work   []workspace // per worker
	pieces []piece     // per piece of the batch
	summed []piece     // those of them that leave gradients

	criticSquares, actorSquares []float64 // per part of the networks: sum of the squared gradient

	// What the pieces of the running Update read.
	batch       *replay.Batch
	fresh       bool // whether rows and noise are to be drawn
	draw        func(lo, hi int)
	key         rng.Key
	noise       [noises][]float32 // batch x Stride(actDim)
	subset      []int             // the critics whose smallest is the target
	y           []float32         // rows x kept: the critics' targets
	mute        []bool            // rows that the critics are not regressed on; nil: none
	temperature float32
	jobs        jobs
}

// jobs are the pieces of work of an Update in their order, made once: a closure
// made in Update would be an allocation.
type jobs struct{ targets, critics, stepCritics, actor, stepActor func(worker, i int) }

// piece is what one piece of the batch leaves behind, over its rows.
type piece struct {
	criticGrad [][]float32 // per critic
	critic     []criticSums
	rewardMax  float64
	actorGrad  []float32
	logPi      float64
	actorLoss  float64
}

// criticSums are one critic's contributions to Stats.
type criticSums struct{ loss, q, qMax float64 }

// workspace is one worker's memory for a piece.
type workspace struct {
	actor   *nn.Tape
	critic  []*nn.Tape
	policy  squashed
	x       []float32 // observation and action side by side
	dq      []float32
	dx      []float32 // gradient by x
	dAction []float32
	dHead   []float32
	rows    [][]int32   // per critic: the rows at which it is the smallest
	q       [][]float32 // per critic: its answers
	pool    []float32   // the targets' quantiles of one row
}

// New returns a fresh learner for observations of obsDim and actions of actDim
// numbers, with all memory that Update needs. A nil pool means one worker.
func New(s Settings, obsDim, actDim int, key rng.Key, pool *par.Pool) (*Agent, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if obsDim < 1 || actDim < 1 {
		return nil, fmt.Errorf("sac: a task of %d observation and %d action dimensions; both must be at least 1", obsDim, actDim)
	}
	if pool == nil {
		pool = par.New(1)
	}
	s.Hidden, s.Critic.Hidden = append([]int(nil), s.Hidden...), append([]int(nil), s.Critic.Hidden...)
	s.Value.Hidden = append([]int(nil), s.Value.Hidden...)
	a := &Agent{settings: s, obsDim: obsDim, actDim: actDim, targetEntropy: s.Target(actDim), rewardScale: float32(s.RewardScale), pool: pool, bounds: bounds{width: 1}}
	act := kern.ReLU
	if s.Activation == SiLU {
		act = kern.SiLU
	}
	renorm := s.Critic.Norm == NormBatch
	simba := s.Network == NetworkSimBa
	a.actor = nn.New(nn.Spec{
		Members: 1, Sizes: s.sizes(obsDim, s.Hidden, s.Blocks, 2*actDim), Hidden: act, Trained: true, Residual: simba, Renorm: renorm, RenormWarmup: renormWarmup,
	})
	critic := nn.Spec{
		Members: s.Critic.Count, Sizes: s.sizes(obsDim+actDim, s.criticHidden(), s.Critic.Blocks, s.Critic.Quantiles), Hidden: act, Trained: true, Residual: simba,
		LayerNorm: s.Critic.Norm == NormLayer || s.Critic.Norm == NormPlain, Plain: s.Critic.Norm == NormPlain,
		Renorm: renorm, RenormWarmup: renormWarmup,
	}
	if s.Critic.Dropout > 0 {
		critic.Dropout = slices.Repeat([]float64{s.Critic.Dropout}, len(s.criticHidden()))
	}
	a.critics = nn.New(critic)
	if a.targets = a.critics; !renorm {
		critic.Trained = false
		a.targets = nn.New(critic)
	}
	initialise := (*nn.Net).InitUniform
	if s.Init == InitGlorot {
		initialise = (*nn.Net).InitGlorot
	}
	initialise(a.actor, key.Derive("actor/init"))
	a.narrow()
	initialise(a.critics, key.Derive("critics/init"))
	if s.Critic.Scaled {
		a.zeroCritics()
	}
	copy(a.targets.Params, a.critics.Params)
	a.targets.PackAll()
	a.actorAdam, a.criticAdam = nn.NewAdam(a.actor, s.ActorRate), nn.NewAdam(a.critics, s.CriticRate)
	a.actorAdam.Beta1, a.criticAdam.Beta1 = s.AdamBeta1, s.AdamBeta1
	if s.WeightDecay > 0 {
		a.actorAdam.Decoupled, a.criticAdam.Decoupled = true, true
		a.actorDecay, a.criticDecay = evenly(s.WeightDecay, a.actor.Layers()), evenly(s.WeightDecay, a.critics.Layers())
	}
	a.temperatureAdam.Rate = s.TemperatureRate
	a.logTemperature = math.Log(s.InitialTemperature)
	if s.Value.Trained {
		a.value = a.newStateValue(nn.Spec{Members: 1, Sizes: sizes(obsDim, s.valueHidden(), 1), Hidden: act, Trained: true})
		initialise(a.value.net, key.Derive("value/init"))
		copy(a.value.target.Params, a.value.net.Params)
		a.value.target.PackAll()
	}
	if s.PolicyAverage > 0 {
		spec := a.actor.Spec
		spec.Trained = false
		a.average = nn.New(spec)
		copy(a.average.Params, a.actor.Params)
		a.average.PackAll()
	}
	a.allocate()
	return a, nil
}

// criticHidden returns the features of the critics' hidden layers.
func (s Settings) criticHidden() []int {
	if len(s.Critic.Hidden) > 0 {
		return s.Critic.Hidden
	}
	return s.Hidden
}

// valueHidden returns the features of the state value's hidden layers.
func (s Settings) valueHidden() []int {
	if len(s.Value.Hidden) > 0 {
		return s.Value.Hidden
	}
	return s.Hidden
}

// narrow shifts the actor's log standard deviations to log initial_std. Where the
// middle of the range is a sensible action, exploration then stays near it from
// the first step on, until the target entropy takes over.
func (a *Agent) narrow() {
	if a.settings.InitialStd == 0 {
		return
	}
	biases := a.actor.Biases(0, a.actor.Layers()-1)
	for j := range a.actDim {
		biases[a.actDim+j] += float32(math.Log(a.settings.InitialStd))
	}
	a.actor.PackAll()
}

// zeroCritics makes every critic's first answer the middle of the bounds.
func (a *Agent) zeroCritics() {
	last := a.critics.Layers() - 1
	for c := range a.critics.Members {
		clear(a.critics.Weights(c, last))
		clear(a.critics.Biases(c, last))
	}
	a.critics.PackAll()
}

// kept returns the number of targets of a row.
func (c CriticSettings) kept() int {
	if c.Quantiles == 1 {
		return 1
	}
	return c.Count * (c.Quantiles - c.Drop)
}

// sizes returns those of a network of the settings' kind; blocks counts where it
// is residual.
func (s Settings) sizes(in int, hidden []int, blocks, out int) []int {
	if s.Network == NetworkSimBa {
		return nn.ResidualSizes(in, hidden[0], blocks, out)
	}
	return sizes(in, hidden, out)
}

func evenly(x float64, n int) []float64 {
	all := make([]float64, n)
	for i := range all {
		all[i] = x
	}
	return all
}

func sizes(in int, hidden []int, out int) []int {
	return append(append([]int{in}, hidden...), out)
}

// allocate makes the memory of Update.
func (a *Agent) allocate() {
	rows := min(pieceRows, a.settings.Batch)
	a.pieces = make([]piece, (a.settings.Batch+pieceRows-1)/pieceRows)
	a.summed = a.pieces
	if a.settings.Critic.Norm == NormBatch {
		a.joint, a.summed = a.newJoint(), a.pieces[:1]
	}
	if a.settings.ObservationNorm {
		a.observed = newObservation(a.obsDim, a.settings.Batch)
	}
	for i := range a.pieces {
		a.pieces[i].critic = make([]criticSums, a.critics.Members)
	}
	for i := range a.summed {
		a.pieces[i].actorGrad = make([]float32, a.actor.MemberSize())
		for range a.critics.Members {
			a.pieces[i].criticGrad = append(a.pieces[i].criticGrad, make([]float32, a.critics.MemberSize()))
		}
	}
	for i := range a.noise {
		a.noise[i] = make([]float32, a.settings.Batch*rollout.Stride(a.actDim))
	}
	a.work = make([]workspace, a.pool.Workers())
	for i := range a.work {
		a.work[i] = a.newWorkspace(rows)
	}
	a.y = make([]float32, a.settings.Batch*a.settings.Critic.kept())
	a.subset = make([]int, a.critics.Members)
	for c := range a.subset {
		a.subset[c] = c
	}
	a.criticSquares = make([]float64, a.critics.Members*a.critics.Parts())
	a.actorSquares = make([]float64, a.actor.Parts())
	a.jobs = jobs{a.targetPiece, a.criticPiece, a.criticStep, a.actorPiece, a.actorStep}
}

func (a *Agent) newWorkspace(rows int) workspace {
	in := a.obsDim + a.actDim
	w := workspace{
		actor: a.actor.NewTape(rows), policy: newSquashed(rows, a.actDim),
		x: make([]float32, rows*in), dq: make([]float32, rows*a.critics.Out()), q: make([][]float32, a.critics.Members),
		pool: make([]float32, a.critics.Members*a.critics.Out()),
		dx:   make([]float32, rows*in), dAction: make([]float32, rows*a.actDim), dHead: make([]float32, rows*2*a.actDim),
	}
	for range a.critics.Members {
		w.critic = append(w.critic, a.critics.NewTape(rows))
		w.rows = append(w.rows, make([]int32, 0, rows))
	}
	return w
}

// Settings returns the settings that the learner was made with.
func (a *Agent) Settings() Settings { return a.settings }

// ObsDim returns the length of an observation.
func (a *Agent) ObsDim() int { return a.obsDim }

// ActDim returns the length of an action.
func (a *Agent) ActDim() int { return a.actDim }

// Actor returns the policy network; its output is the action's mean before
// tanh, then its log standard deviation, to be clamped to
// [LogStdMin, LogStdMax]. It is the live network: do not change it.
func (a *Agent) Actor() *nn.Net { return a.actor }

// Deployed returns the policy network that is evaluated and exported: the average
// one where there is one, else the live one. Do not change it.
func (a *Agent) Deployed() *nn.Net {
	if a.average != nil {
		return a.average
	}
	return a.actor
}

// Critics returns the critics, one member each, with input
// (observation, action). They are the live networks: do not change them.
func (a *Agent) Critics() *nn.Net { return a.critics }

// Targets returns the averaged copies of the critics; with batch
// renormalisation there are none, and these are the critics themselves.
func (a *Agent) Targets() *nn.Net { return a.targets }

// Temperature returns the present weight of the entropy.
func (a *Agent) Temperature() float64 { return math.Exp(a.logTemperature) }

// TargetEntropy returns the entropy in nats that the temperature steers to.
func (a *Agent) TargetEntropy() float64 { return a.targetEntropy }

// SetTargetEntropy makes nats the target entropy of the updates that follow, in
// the place of what the settings say. It is not part of the saved state.
func (a *Agent) SetTargetEntropy(nats float64) { a.targetEntropy = nats }

// Updates returns the number of updates made.
func (a *Agent) Updates() uint64 { return a.updates }
