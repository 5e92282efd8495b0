package rollout

import "demorl/rng"

// Fate says what became of a row.
type Fate uint8

// The fates. Only a running row is stepped further.
const (
	Running    Fate = iota
	Terminated      // the task ended at this step; the step's reward counts
	NonFinite       // a state, reward or value was NaN or infinite
	OutOfRange      // the state left the range of the data by far (method.md B.9)
)

// Start is where imagined trajectories begin.
type Start struct {
	ID    uint64    // identity for random numbers; distinct within a batch
	Obs   []float32 // observation
	State []byte    // exact simulator state; read only by worlds that are simulators
}

// Block is rows that stay together in cache while they walk through imagination.
type Block struct {
	Rows           int
	ObsDim, ActDim int
	First          uint64    // number of the first row within its batch
	Start          []int32   // per row: index into the starts given to Begin
	Candidate      []int32   // per row: number of the candidate sequence within its start
	Particle       []int32   // per row: number of the particle within its candidate
	Obs            []float32 // Rows x ObsDim: the present observation
	Action         []float32 // Rows x ActDim: what the decoder chose, in [-1, 1]
	Next           []float32 // Rows x ObsDim: what the world made of it
	Reward         []float32 // Rows: reward of the step (the predicted mean of a learned world)
	RewardStd      []float32 // Rows: its predicted standard deviation; 0 for a simulator
	Fate           []Fate
	Key            rng.Key // noise is a function of (Key, purpose, step, First + row)
}

// NewBlock returns memory for blocks of up to rows rows.
func NewBlock(rows, obsDim, actDim int) *Block {
	return &Block{
		ObsDim: obsDim, ActDim: actDim,
		Start: make([]int32, rows), Candidate: make([]int32, rows), Particle: make([]int32, rows),
		Obs: make([]float32, rows*obsDim), Action: make([]float32, rows*actDim), Next: make([]float32, rows*obsDim),
		Reward: make([]float32, rows), RewardStd: make([]float32, rows), Fate: make([]Fate, rows),
	}
}

// Purpose separates the random numbers of a block by who draws them.
type Purpose uint64

// The consumers of noise.
const (
	ModelNoise  Purpose = iota + 1 // next state and reward
	MemberNoise                    // which ensemble member
	PolicyNoise                    // sampled policy actions
	PlanNoise                      // exploration around a proposal
	ValueNoise                     // the action inside the terminal value
	RewardNoise                    // rewards drawn for a score
)

// Stride is the row stride of noise of dims numbers a row.
func Stride(dims int) int { return (dims + 3) &^ 3 }

// Normals fills dst (Rows x Stride(dims)) with standard normals for purpose p
// at step h. Row r's numbers depend on Key, p, h and First+r alone, so a batch
// may be cut into blocks anywhere.
func (b *Block) Normals(p Purpose, h int, dst []float32, dims int) {
	stride := Stride(dims)
	b.Key.At(uint64(p)).At(uint64(h)).Normals(dst[:b.Rows*stride], b.First*uint64(stride))
}

// World is what imagination steps through: an ensemble, a simulator or a
// test's closed form.
type World interface {
	ObsDim() int
	ActDim() int
	NewLane(rows int) Lane // one worker's view, for blocks of up to rows rows
}

// Lane is one worker's view of a World.
type Lane interface {
	// Begin prepares for a new block; b.Obs already holds the starts' observations.
	Begin(b *Block, starts []Start) error
	// Step advances the running rows of b from Obs under Action: it fills their
	// Next, Reward and RewardStd and sets their Fate. Other rows are left alone.
	Step(b *Block, h int) error
}

// Tape is one worker's view of a World that remembers steps and goes back over
// them: what value gradients need. Nothing else pays for it.
type Tape interface {
	// Step is Lane.Step that remembers step h, which counts from 0.
	Step(b *Block, h int)
	// Back takes the gradient of some number by the outcome of step h, dNext
	// (rows x ObsDim) and dReward (rows), and writes that by its inputs to dObs
	// (rows x ObsDim) and dAction (rows x ActDim), with noise, members and fates
	// held. A row that did not step or takes zeros alone gets exactly zero,
	// whatever its numbers were.
	Back(h int, dNext, dReward, dObs, dAction []float32)
}

// Differentiable is a World whose steps can be gone back over.
type Differentiable interface {
	World
	NewTape(rows, steps int) Tape // for blocks of up to rows rows and walks of up to steps steps
}

// Disagreer is the optional power of a Lane whose world has several models.
type Disagreer interface {
	// Disagreement fills out[r], for every row that was running before the step
	// that b now holds, with how far the models' next states lie apart from b.Obs
	// under b.Action: a number of at least 0 without unit; other rows are left
	// alone.
	Disagreement(b *Block, was []Fate, out []float32)
}

// Decoder chooses the actions of the running rows of a block at step h.
type Decoder interface{ Decode(b *Block, h int) }

// Terminal is the value of what follows the last imagined step: out[r] is the
// value at b.Obs of each running row; other rows get 0 or are left alone.
type Terminal interface{ Value(b *Block, out []float32) }

// Actor is one worker's view of a policy: from obs (rows x ObsDim) it fills
// sample and mean (rows x ActDim, in [-1, 1]; either may be nil) using noise
// (rows x Stride(ActDim) standard normals; unused when sample is nil).
type Actor interface {
	Act(obs []float32, rows int, noise, sample, mean []float32)
}

// Load fills Obs from the starts and sets every row running.
func (b *Block) Load(starts []Start) {
	for r := range b.Rows {
		copy(b.Obs[r*b.ObsDim:(r+1)*b.ObsDim], starts[b.Start[r]].Obs)
		b.Fate[r] = Running
	}
}

// Roll walks b from its starts for horizon steps, or until no row runs. After
// each step visit sees Obs, Action, Next, Reward and Fate of the step together
// with which rows were running before it; then running rows move on to Next.
func Roll(b *Block, starts []Start, lane Lane, d Decoder, horizon int, visit func(h int, was []Fate), was []Fate) error {
	b.Load(starts)
	if err := lane.Begin(b, starts); err != nil {
		return err
	}
	for h := range horizon {
		copy(was[:b.Rows], b.Fate)
		d.Decode(b, h)
		if err := lane.Step(b, h); err != nil {
			return err
		}
		if visit != nil {
			visit(h, was[:b.Rows])
		}
		running := false
		for r := range b.Rows {
			if b.Fate[r] == Running {
				copy(b.Obs[r*b.ObsDim:(r+1)*b.ObsDim], b.Next[r*b.ObsDim:])
				running = true
			}
		}
		if !running {
			break
		}
	}
	return nil
}
