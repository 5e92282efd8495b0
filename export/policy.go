package export

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"demorl/nn"
	"demorl/sac"
)

// tanh is the activation of a policy that follows a planner.
const tanh = "tanh"

// Layer is one dense layer: y = Activation(Weight x + Bias).
type Layer struct {
	In, Out    int
	Weight     []float32 // Out x In, row-major: what PyTorch's nn.Linear holds
	Bias       []float32 // Out
	Activation string    // sac.ReLU, sac.SiLU, tanh or, for none, empty
	Normed     bool      // x is first moved and scaled to mean 0 and variance 1 (nn.NormEpsilon added) over its features
	Adds       bool      // y is added to what the layer before was given
}

// Policy is a deterministic policy with everything that it needs. The action is
//
//	clip(Mid + Half * tanh(Mean(Hidden(... (obs - ObsMean) / ObsStd))), Low, High)
//
// and LogStd on the same last features, clamped to [sac.LogStdMin,
// sac.LogStdMax], is the spread before tanh with which it explored.
type Policy struct {
	ObsMean, ObsStd []float32 // of the observation: 0 and 1 where the learner takes it raw
	Hidden          []Layer
	Mean            Layer
	LogStd          Layer     // empty where the policy has no spread
	Direct          bool      // the mean is the action in units of its range, without the last tanh
	Low, High       []float64 // action bounds in the task's units; finite
	About           About
}

// About says what the policy is of. It is written into every file, as JSON.
type About struct {
	Env       string    `json:"env"`
	Algorithm string    `json:"algorithm"`
	Seed      uint64    `json:"seed"`
	Step      int       `json:"step"`                // real steps that it learned from
	Dt        float64   `json:"dt"`                  // seconds between two actions
	ObsNames  []string  `json:"obs_names,omitempty"` // one an entry of the observation
	Producer  string    `json:"producer"`            // program and version
	Commit    string    `json:"commit,omitempty"`    // of the program
	Simulator string    `json:"simulator,omitempty"` // that it learned in
	Use       string    `json:"use"`                 // how to compute the action
	Low       []float64 `json:"low"`
	High      []float64 `json:"high"`
}

// use returns About.Use.
func (p *Policy) use() string {
	const (
		ends  = "action = clip(mid + half * tanh(mean), low, high), mid = (low + high) / 2, half = (high - low) / 2; "
		chain = "mean = mean.weight x + mean.bias; x = %[1]s(layers.i.weight x + layers.i.bias) over i, from x = (observation - obs_mean) / obs_std"
		bare  = "action = clip(mid + half * mean, low, high), mid = (low + high) / 2, half = (high - low) / 2; "
		silu  = "; silu(y) = y / (1 + exp(-y))"
		simba = "mean = mean.weight norm(x) + mean.bias; x = x + layers.j.weight relu(layers.i.weight norm(x) + layers.i.bias) + layers.j.bias over i = 1, 3, ... with j = i + 1, " +
			"from x = layers.0.weight o + layers.0.bias, o = (observation - obs_mean) / obs_std; norm(x) = (x - average(x)) / sqrt(variance(x) + 1e-5)"
	)
	switch {
	case p.Direct:
		return bare + fmt.Sprintf(chain, tanh)
	case p.Mean.Normed:
		return ends + simba
	case p.Hidden[0].Activation == sac.SiLU:
		return ends + fmt.Sprintf(chain, sac.SiLU) + silu
	}
	return ends + fmt.Sprintf(chain, sac.ReLU)
}

// check refuses what no program could use.
func (p *Policy) check() error {
	for j := range p.Low {
		if !(p.Low[j] < p.High[j]) || math.IsInf(p.Low[j], 0) || math.IsInf(p.High[j], 0) {
			return fmt.Errorf("export: %s: joint %d has bounds [%g, %g]; finite bounds with low < high are needed", p.About.Env, j, p.Low[j], p.High[j])
		}
	}
	all := p.tensors()
	slices.Reverse(all) // the example, which any other array spoils, comes last
	for _, t := range all {
		for i, v := range t.data {
			if v-v != 0 {
				return fmt.Errorf("export: %s: number %d of %s is %v; the learner diverged: export an older checkpoint", p.About.Env, i, t.name, v)
			}
		}
	}
	return nil
}

// Act returns the action for one raw observation, computed in float64.
func (p *Policy) Act(obs []float64) []float64 {
	x := make([]float64, len(obs))
	for j, v := range obs {
		x[j] = (v - float64(p.ObsMean[j])) / float64(p.ObsStd[j])
	}
	given := x // by the layer before
	for _, l := range p.Hidden {
		y := l.apply(x)
		if l.Adds {
			for i, v := range given {
				y[i] += v
			}
		}
		given, x = x, y
	}
	x = p.Mean.apply(x)
	for j, v := range x {
		mid, half := (p.Low[j]+p.High[j])/2, (p.High[j]-p.Low[j])/2
		if !p.Direct {
			v = math.Tanh(v)
		}
		x[j] = min(p.High[j], max(p.Low[j], mid+half*v))
	}
	return x
}

func (l Layer) apply(x []float64) []float64 {
	if l.Normed {
		x = standardised(x)
	}
	y := make([]float64, l.Out)
	for o := range y {
		y[o] = float64(l.Bias[o])
		for i, v := range x {
			y[o] += float64(l.Weight[o*l.In+i]) * v
		}
		switch l.Activation {
		case sac.ReLU:
			y[o] = max(0, y[o])
		case sac.SiLU:
			y[o] /= 1 + math.Exp(-y[o])
		case tanh:
			y[o] = math.Tanh(y[o])
		}
	}
	return y
}

// standardised returns x with mean 0 and variance 1.
func standardised(x []float64) []float64 {
	mean, variance := 0.0, 0.0
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		variance += (v - mean) * (v - mean) / float64(len(x))
	}
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = (v - mean) / math.Sqrt(variance+nn.NormEpsilon)
	}
	return y
}

// tensor is one named array of float32.
type tensor struct {
	name  string
	shape []int
	data  []float32
}

// tensors lists what safetensors and npz hold, sorted by name as the format
// safetensors asks for it.
func (p *Policy) tensors() []tensor {
	vector := func(name string, x []float32) tensor { return tensor{name, []int{len(x)}, x} }
	low, high := narrow(p.Low), narrow(p.High)
	obs, action := p.example()
	all := []tensor{
		vector("obs_mean", p.ObsMean), vector("obs_std", p.ObsStd), vector("low", low), vector("high", high),
		vector("check_observation", obs), vector("check_action", action),
	}
	layer := func(name string, l Layer) {
		all = append(all, tensor{name + ".weight", []int{l.Out, l.In}, l.Weight}, vector(name+".bias", l.Bias))
	}
	for i, l := range p.Hidden {
		layer(fmt.Sprintf("layers.%d", i), l)
	}
	layer("mean", p.Mean)
	if p.LogStd.Out > 0 {
		layer("log_std", p.LogStd)
	}
	slices.SortFunc(all, func(a, b tensor) int {
		switch {
		case a.name < b.name:
			return -1
		case a.name > b.name:
			return 1
		}
		return 0
	})
	return all
}

// example is an observation near the middle of what the policy expects, with
// entries that all differ, and its action.
func (p *Policy) example() (obs, action []float32) {
	obs = make([]float32, len(p.ObsMean))
	wide := make([]float64, len(obs))
	for j := range obs {
		obs[j] = p.ObsMean[j] + p.ObsStd[j]*float32(0.5*math.Sin(float64(j+1)))
		wide[j] = float64(obs[j])
	}
	return obs, narrow(p.Act(wide))
}

func narrow(x []float64) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = float32(v)
	}
	return out
}

// about is the JSON of About.
func (p *Policy) about() string {
	text, err := json.Marshal(p.About)
	if err != nil {
		panic(err) // only a number that is not finite, and check refuses those
	}
	return string(text)
}
