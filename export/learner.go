package export

import (
	"fmt"
	"slices"

	"demorl/clone"
	"demorl/env"
	"demorl/nn"
	"demorl/sac"
)

// FromLearner takes the policy out of a learner for the task that spec
// describes, in the task's own units. It fails where the shapes differ, a bound
// is not finite or a number of the network is not finite.
func FromLearner(a *sac.Agent, spec env.Spec, about About) (*Policy, error) {
	p, err := blank(a.ObsDim(), a.ActDim(), spec, about)
	if err != nil {
		return nil, err
	}
	if mean, inverse := a.Normalise(); mean != nil {
		p.normalise(mean, inverse)
	}
	net := a.Deployed()
	for l := range net.Layers() - 1 {
		layer := dense(net, l, 0, net.Sizes[l+1])
		if layer.Adds = net.Residual && l > 0 && l%2 == 0; !net.Residual || layer.Normed {
			layer.Activation = a.Settings().Activation
		}
		p.Hidden = append(p.Hidden, layer)
	}
	head := net.Layers() - 1
	p.Mean, p.LogStd = dense(net, head, 0, spec.ActDim), dense(net, head, spec.ActDim, 2*spec.ActDim)
	return p, p.finish(spec)
}

// FromClone is FromLearner for the policy that follows a planner.
func FromClone(a *clone.Agent, spec env.Spec, about About) (*Policy, error) {
	p, err := blank(a.ObsDim(), a.ActDim(), spec, about)
	if err != nil {
		return nil, err
	}
	p.normalise(a.Normalise())
	net := a.Policy()
	for l := range net.Layers() - 1 {
		layer := dense(net, l, 0, net.Sizes[l+1])
		layer.Activation = tanh
		p.Hidden = append(p.Hidden, layer)
	}
	p.Mean, p.Direct = dense(net, net.Layers()-1, 0, spec.ActDim), true
	return p, p.finish(spec)
}

// blank is a policy of obsDim observations and actDim actions without layers,
// which takes its observations raw.
func blank(obsDim, actDim int, spec env.Spec, about About) (*Policy, error) {
	if obsDim != spec.ObsDim || actDim != spec.ActDim {
		return nil, fmt.Errorf("export: a policy of %d observations and %d actions for %s, which has %d and %d", obsDim, actDim, spec.ID, spec.ObsDim, spec.ActDim)
	}
	p := &Policy{ObsMean: make([]float32, spec.ObsDim), ObsStd: make([]float32, spec.ObsDim), Low: slices.Clone(spec.Low), High: slices.Clone(spec.High), About: about}
	for j := range p.ObsStd {
		p.ObsStd[j] = 1
	}
	return p, nil
}

// normalise takes the statistics through which the policy sees observations.
func (p *Policy) normalise(mean, inverse []float32) {
	copy(p.ObsMean, mean)
	for j, v := range inverse {
		p.ObsStd[j] = 1 / v
	}
}

// finish fills in what About says of the task and checks the whole.
func (p *Policy) finish(spec env.Spec) error {
	p.About.Env, p.About.Dt, p.About.ObsNames, p.About.Simulator = spec.ID, spec.Dt, spec.ObsNames, spec.Simulator
	p.About.Use, p.About.Low, p.About.High = p.use(), p.Low, p.High
	return p.check()
}

// dense takes outputs from to to of layer l. What moves and scales its inputs
// outside of training goes into weights and biases: batch renormalisation and,
// where the layer reads a residual stream, the gains and offsets of its norm.
func dense(net *nn.Net, l, from, to int) Layer {
	in, out := net.Sizes[l], net.Sizes[l+1]
	d := Layer{In: in, Out: to - from, Weight: make([]float32, in*(to-from)), Bias: slices.Clone(net.Biases(0, l)[from:to])}
	var scale, shift []float64
	switch {
	case net.Renorm:
		scale, shift = net.RunningAffine(0, l)
	case net.Residual && len(net.Gains(0, l)) > 0:
		d.Normed = true
		for i, g := range net.Gains(0, l) {
			scale, shift = append(scale, float64(g)), append(shift, float64(net.Offsets(0, l)[i]))
		}
	}
	for o := range d.Out {
		moved := 0.0
		for i := range in {
			w := float64(net.Weights(0, l)[i*out+from+o])
			if scale != nil {
				moved += w * shift[i]
				w *= scale[i]
			}
			d.Weight[o*in+i] = float32(w)
		}
		if scale != nil {
			d.Bias[o] = float32(float64(d.Bias[o]) + moved)
		}
	}
	return d
}
