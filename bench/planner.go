package bench

import (
	"context"
	"fmt"
	"math"
	"runtime"

	"demorl/agent"
	"demorl/dynamics"
	"demorl/internal/kern"
	"demorl/mpc"
	"demorl/nn"
	"demorl/par"
	"demorl/rng"
	"demorl/rollout"
)

// Planner is the latency of one online planning decision.
type Planner struct {
	Bench     string  `json:"bench"`
	Setting   string  `json:"setting"`
	Members   int     `json:"members"`
	Precision string  `json:"precision"`
	Threads   int     `json:"threads"`
	Tier      string  `json:"tier"`
	Median    float64 `json:"median_ms"`
	P99       float64 `json:"p99_ms"`
	Hz        float64 `json:"hz"`
	Allocs    float64 `json:"allocs_per_plan"`
	GFLOPS    float64 `json:"gflops"`
	Peak      float64 `json:"peak_gflops"`
	Fraction  float64 `json:"fraction"`
}

// PlannerWork is the size of a decision.
type PlannerWork struct {
	Samples, Particles, Members, Horizon, Iterations, Width int

	BFloat16 bool // bfloat16 products instead of float32 ones
}

// ReferencePlanner is the decision that all libraries are compared at: 105
// sequences x 4 particles x members x horizon 3 x 5 iterations over 4x200
// networks, exponential weights, and a 256x256 Q of the last state and action.
func ReferencePlanner(members int) PlannerWork {
	return PlannerWork{Samples: 105, Particles: 4, Members: members, Horizon: 3, Iterations: 5, Width: 200}
}

// lastQ values the state that imagination ended in, under the last action.
type lastQ struct {
	infer func(x []float32, rows int) []float32
	x     []float32
}

func (q *lastQ) Value(b *rollout.Block, out []float32) {
	in := b.ObsDim + b.ActDim
	for r := range b.Rows {
		row := q.x[r*in : (r+1)*in]
		copy(row, b.Obs[r*b.ObsDim:(r+1)*b.ObsDim])
		copy(row[b.ObsDim:], b.Action[r*b.ActDim:(r+1)*b.ActDim])
	}
	copy(out, q.infer(q.x, b.Rows))
}

// newPlanner makes the planner of a decision over an ensemble with initial weights.
func newPlanner(w PlannerWork, pool *par.Pool) (*mpc.Planner, error) {
	key := rng.Root(0).Derive("bench/planner")
	model := dynamics.DefaultSettings()
	model.Members, model.Elites, model.Propagation = w.Members, w.Members, dynamics.All
	for i := range model.Hidden {
		model.Hidden[i] = w.Width
	}
	e, err := dynamics.New(model, obsDim, actDim, key.At(0), pool)
	if err != nil {
		return nil, err
	}
	net := nn.New(nn.Spec{Members: 1, Sizes: []int{obsDim + actDim, 256, 256, 1}, Hidden: kern.ReLU})
	net.InitUniform(key.At(1))
	s := mpc.LOOP()
	s.Samples, s.PolicySamples, s.Shift, s.Particles = w.Samples, 0, mpc.ShiftRoll, w.Particles*w.Members
	s.Horizon, s.Iterations, s.Value, s.Answer = w.Horizon, w.Iterations, mpc.ValueTerminal, mpc.AnswerMean
	deps := mpc.Deps{NewTerminal: func(rows int) rollout.Terminal {
		q := &lastQ{x: make([]float32, rows*net.In())}
		if w.BFloat16 {
			half := net.NewHalf()
			half.Pack(0)
			tape := half.NewTape(rows)
			q.infer = func(x []float32, rows int) []float32 { return half.Infer(0, tape, x, rows) }
		} else {
			tape := net.NewTape(rows)
			q.infer = func(x []float32, rows int) []float32 { return net.Infer(0, tape, x, rows) }
		}
		return q
	}}
	return mpc.New(s, e.World(dynamics.WorldOptions{BFloat16: w.BFloat16}), deps, pool)
}

func precision(bfloat16 bool) string {
	if bfloat16 {
		return agent.PrecisionBF16
	}
	return agent.PrecisionF32
}

// decisionFlop is the floating-point work of a decision. On the first step the
// particles of a sequence that one member moves have one input and are computed
// once.
func decisionFlop(w PlannerWork) float64 {
	rows := float64(w.Samples * w.Particles * w.Members * w.Iterations)
	model := forwardFlop(stack(obsDim+actDim, []int{w.Width, w.Width, w.Width, w.Width}, 2*(obsDim+1)))
	steps := float64(w.Horizon-1) + 1/float64(w.Particles)
	return rows * (steps*model + forwardFlop([]int{obsDim + actDim, 256, 256, 1}))
}

// NewPlanner measures n decisions, one after the other, each shifted from the
// one before.
func NewPlanner(setting string, w PlannerWork, n int, pool *par.Pool) (Planner, error) {
	p, err := newPlanner(w, pool)
	if err != nil {
		return Planner{}, err
	}
	key := rng.Root(0).Derive("bench/plans")
	start := rollout.Start{Obs: make([]float32, obsDim)}
	var failed error
	i := uint64(0)
	plan := func() {
		res := p.Plan(context.Background(), start, key.At(i))
		i++
		if res.Err != nil || res.Degenerate {
			failed = fmt.Errorf("bench planner: plan %d has no finite score (%v)", i, res.Err)
		}
	}
	seconds := timed(max(n, repeats), plan)
	if failed != nil {
		return Planner{}, failed
	}
	out := Planner{
		Bench: "planner", Setting: setting, Members: w.Members, Precision: precision(w.BFloat16), Threads: pool.Workers(), Tier: tier(),
		Median: 1e3 * median(seconds), P99: 1e3 * quantile(seconds, 0.99), Allocs: allocations(plan), Peak: Peak(pool),
	}
	out.Hz = 1e3 / out.Median
	out.GFLOPS = decisionFlop(w) / median(seconds) / 1e9
	out.Fraction = out.GFLOPS / out.Peak
	return out, nil
}

// allocations returns how many allocations a call of f makes, on all threads:
// the least of some counts, since the runtime's own work adds to them.
func allocations(f func()) float64 {
	const calls = 5
	least := uint64(math.MaxUint64)
	var before, after runtime.MemStats
	for range 3 {
		runtime.ReadMemStats(&before)
		for range calls {
			f()
		}
		runtime.ReadMemStats(&after)
		least = min(least, after.Mallocs-before.Mallocs)
	}
	return float64(least / calls)
}
