package clone

import (
	"fmt"
	"math"

	"demorl/internal/kern"
	"demorl/internal/wire"
	"demorl/nn"
	"demorl/rng"
)

// outputScale is the length of the output layer's initial weight columns: the
// untaught policy's actions are small.
const outputScale = 0.01

// Agent is the learner. Its policy is a dense network of tanh layers with a
// linear output that is clipped to [-1, 1], over observations at the mean 0 and
// deviation 1 of the real ones up to the last Learn. Lanes read the live
// network, so they must not run during Learn.
type Agent struct {
	settings       Settings
	obsDim, actDim int

	policy        *nn.Net
	adam          *nn.Adam
	decay         []float64 // per layer
	statistics    *nn.Running
	mean, inverse []float32 // what the policy sees observations through

	applied []float64 // rule average: sum of the offsets applied since the last Learn
	steps   uint64    // how many they are

	tape *nn.Tape
	x, d []float32 // batch x observation; batch x action
	want []float32 // batch x action
	grad []float32
}

// Stats is what one Learn did.
type Stats struct {
	Rows   int     // planned steps that taught
	Passes int     // over them
	Held   int     // rows that were held out of the lesson; none of too few, nor under rule average
	Error  float64 // mean squared error of actions: held-out rows after the last pass; 0 without any
	Moved  float64 // Euclidean length of the move of the parameters
}

// New returns an untaught learner for observations of obsDim and actions of
// actDim numbers.
func New(s Settings, obsDim, actDim int, key rng.Key) (*Agent, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if obsDim < 1 || actDim < 1 {
		return nil, fmt.Errorf("clone: a task of %d observation and %d action dimensions; both must be at least 1", obsDim, actDim)
	}
	s.Hidden = append([]int(nil), s.Hidden...)
	sizes := append(append([]int{obsDim}, s.Hidden...), actDim)
	a := &Agent{
		settings: s, obsDim: obsDim, actDim: actDim,
		policy:     nn.New(nn.Spec{Members: 1, Sizes: sizes, Hidden: kern.Tanh, Trained: true}),
		statistics: nn.NewRunning(obsDim), mean: make([]float32, obsDim), inverse: make([]float32, obsDim),
	}
	initialise(a.policy, key)
	a.adam = nn.NewAdam(a.policy, s.Rate)
	for range a.policy.Layers() {
		a.decay = append(a.decay, s.Decay)
	}
	a.applied = make([]float64, len(a.policy.Params))
	a.publish()
	if s.Rule == RuleActions {
		a.tape, a.grad = a.policy.NewTape(s.Batch), make([]float32, len(a.policy.Params))
		a.x, a.d, a.want = make([]float32, s.Batch*obsDim), make([]float32, s.Batch*actDim), make([]float32, s.Batch*actDim)
	}
	return a, nil
}

// initialise draws every column of weights (the inputs of one feature) with a
// random direction and length 1, outputScale in the output layer; biases are zero.
func initialise(n *nn.Net, key rng.Key) {
	s := rng.NewStream(key)
	for l := range n.Layers() {
		in, out, w := n.Sizes[l], n.Sizes[l+1], n.Weights(0, l)
		scale := 1.0
		if l == n.Layers()-1 {
			scale = outputScale
		}
		for j := range out {
			length := 0.0
			for i := range in {
				z := s.Normal()
				w[i*out+j] = float32(z)
				length += float64(z * z)
			}
			for i := range in {
				w[i*out+j] *= float32(scale / math.Sqrt(length))
			}
		}
	}
	n.PackAll()
}

// Settings returns the settings that the learner was made with.
func (a *Agent) Settings() Settings { return a.settings }

// Policy returns the policy network, whose output is the action before it is
// clipped. It is the live network: do not change it.
func (a *Agent) Policy() *nn.Net { return a.policy }

// ObsDim and ActDim return the task's sizes.
func (a *Agent) ObsDim() int { return a.obsDim }
func (a *Agent) ActDim() int { return a.actDim }

// Normalise returns mean and one over the deviation through which the policy
// sees observations, views.
func (a *Agent) Normalise() (mean, inverse []float32) { return a.mean, a.inverse }

// Parameters returns the number of the policy's parameters.
func (a *Agent) Parameters() int { return len(a.policy.Params) }

// Observe takes one real observation, length ObsDim, into the statistics that
// the next Learn makes the policy's.
func (a *Agent) Observe(obs []float32) { a.statistics.Add(obs) }

// Applied takes the offset of the parameters with which the planner acted at one
// real step, length len(Policy().Params).
func (a *Agent) Applied(offset []float32) {
	for i, v := range offset {
		a.applied[i] += float64(v)
	}
	a.steps++
}

// publish makes the present statistics the policy's.
func (a *Agent) publish() {
	for j := range a.mean {
		a.mean[j], a.inverse[j] = float32(a.statistics.Mean(j)), 1
		if std := a.statistics.Std(j); std >= a.statistics.Floor {
			a.inverse[j] = float32(1 / std)
		}
	}
}

// normalise writes one observation as the policy sees it to dst.
func (a *Agent) normalise(dst, obs []float32) {
	for j := range dst {
		dst[j] = (obs[j] - a.mean[j]) * a.inverse[j]
	}
}

// Learn teaches the policy what the planner did: under rule actions by the n
// planned steps that row tells, of all episodes so far, under rule average by
// the offsets that were applied since the last Learn. All random numbers come
// from key. The error says that the policy is no longer finite.
func (a *Agent) Learn(n int, row func(i int) (obs, action []float32), key rng.Key) (Stats, error) {
	before := append([]float32(nil), a.policy.Params...)
	a.publish()
	var stats Stats
	if a.settings.Rule == RuleAverage {
		stats = a.average()
	} else {
		stats = a.repeat(n, row, key)
	}
	moved := 0.0
	for i, w := range a.policy.Params {
		d := float64(w) - float64(before[i])
		moved += d * d
	}
	if stats.Moved = math.Sqrt(moved); math.IsNaN(moved) || math.IsInf(moved, 0) {
		return stats, fmt.Errorf("the policy's parameters moved by %v with rule %s; use a smaller clone.rate", stats.Moved, a.settings.Rule)
	}
	return stats, nil
}

// average moves the parameters by the mean applied offset.
func (a *Agent) average() Stats {
	stats := Stats{Rows: int(a.steps)}
	if a.steps > 0 {
		for i, sum := range a.applied {
			a.policy.Params[i] += float32(sum / float64(a.steps))
		}
		a.policy.PackAll()
	}
	clear(a.applied)
	a.steps = 0
	return stats
}

// heldShare is one over the share of rows that are held out, and checkEvery the
// number of passes after which their error is looked at.
const (
	heldShare  = 5
	checkEvery = 5
)

// repeat clones actions: passes over the rows in random order, until those held
// out are met worse than before.
func (a *Agent) repeat(n int, row func(i int) (obs, action []float32), key rng.Key) Stats {
	stats := Stats{Rows: n}
	if n == 0 {
		return stats
	}
	order := permutation(n, key.At(0))
	held := order[:n/heldShare]
	taught := order[len(held):]
	stats.Held = len(held)
	last := math.Inf(1)
	for stats.Passes < a.settings.Passes {
		stats.Passes++
		s := rng.NewStream(key.At(uint64(stats.Passes)))
		for i := len(taught) - 1; i > 0; i-- {
			j := s.Intn(i + 1)
			taught[i], taught[j] = taught[j], taught[i]
		}
		for at := 0; at < len(taught); at += a.settings.Batch {
			a.step(taught[at:min(at+a.settings.Batch, len(taught))], row)
		}
		if stats.Passes%checkEvery == 0 && len(held) > 0 {
			now := a.errorOn(held, row)
			if !(now < last) {
				break
			}
			last = now
		}
	}
	stats.Error = a.errorOn(held, row)
	return stats
}

func permutation(n int, key rng.Key) []int {
	order, s := make([]int, n), rng.NewStream(key)
	for i := range order {
		order[i] = i
	}
	for i := n - 1; i > 0; i-- {
		j := s.Intn(i + 1)
		order[i], order[j] = order[j], order[i]
	}
	return order
}

// gather fills x and want with the given rows.
func (a *Agent) gather(rows []int, row func(i int) (obs, action []float32)) {
	for k, i := range rows {
		obs, action := row(i)
		a.normalise(a.x[k*a.obsDim:(k+1)*a.obsDim], obs)
		copy(a.want[k*a.actDim:(k+1)*a.actDim], action)
	}
}

// step makes one gradient step on the mean squared error at the given rows.
func (a *Agent) step(rows []int, row func(i int) (obs, action []float32)) {
	a.gather(rows, row)
	out := a.policy.Forward(0, a.tape, a.x, len(rows))
	scale := 2 / float32(len(out))
	for i, v := range out {
		a.d[i] = (v - a.want[i]) * scale
	}
	a.policy.Gradient(0, a.tape, a.d[:len(out)], a.grad)
	a.adam.Step(a.policy, 0, a.grad, a.decay)
}

// errorOn returns the mean squared error at the given rows.
func (a *Agent) errorOn(rows []int, row func(i int) (obs, action []float32)) float64 {
	total := 0.0
	for at := 0; at < len(rows); at += a.settings.Batch {
		part := rows[at:min(at+a.settings.Batch, len(rows))]
		a.gather(part, row)
		for i, v := range a.policy.Infer(0, a.tape, a.x, len(part)) {
			e := float64(v - a.want[i])
			total += e * e
		}
	}
	return total / float64(max(1, len(rows)*a.actDim))
}

// AppendState appends everything that influences later acting and learning.
func (a *Agent) AppendState(dst []byte) []byte {
	dst = a.adam.AppendState(a.policy.AppendState(dst))
	dst = a.statistics.AppendState(dst)
	dst = wire.F32s(wire.F32s(dst, a.mean), a.inverse)
	return wire.U64(wire.F64s(dst, a.applied), a.steps)
}

// ReadState restores what AppendState of a learner of the same shape wrote.
func (a *Agent) ReadState(r *wire.Reader) {
	a.policy.ReadState(r)
	a.adam.ReadState(r)
	a.statistics.ReadState(r)
	r.F32sInto(a.mean, "the policy's mean observation")
	r.F32sInto(a.inverse, "the policy's deviations of observations")
	r.F64sInto(a.applied, "applied offsets")
	a.steps = r.U64()
}
