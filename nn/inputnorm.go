package nn

import (
	"fmt"

	"demorl/internal/kern"
	"demorl/rng"
)

// A network with InputNorm moves and scales the inputs of all layers but the
// first, which are activations, to the mean 0 and variance 1 over their
// features, without gains and offsets (method.md C.11): in the order linear,
// dropout, activation, norm. Dropouts is dropout with a rate of its own for every
// hidden layer, with or without that norm.

// checkInputNorm panics at what does not fit together.
func (s *Spec) checkInputNorm() {
	if !s.conditioned() {
		return
	}
	hidden := len(s.Sizes) - 2
	switch {
	case s.LayerNorm || s.Renorm || s.Dropout > 0:
		panic(fmt.Sprintf("nn: InputNorm and Dropouts come without LayerNorm, Renorm and Dropout, got %+v", *s))
	case s.InputNorm != nil && (len(s.InputNorm) != hidden || s.Trained && s.Hidden != kern.SiLU):
		panic(fmt.Sprintf("nn: InputNorm has %d epsilons for %d hidden layers and needs SiLU where it is trained, whose slope is kept apart", len(s.InputNorm), hidden))
	case s.Dropouts != nil && len(s.Dropouts) != hidden:
		panic(fmt.Sprintf("nn: %d rates of dropout for %d hidden layers", len(s.Dropouts), hidden))
	}
	for _, rate := range s.Dropouts {
		if rate < 0 || rate >= 1 {
			panic(fmt.Sprintf("nn: dropout %v; it is a share below 1", rate))
		}
	}
}

func (s *Spec) conditioned() bool { return s.InputNorm != nil || s.Dropouts != nil }

// conditioned is the memory of the hidden layers of such a network.
type conditioned struct {
	inverse [][]float32 // per hidden layer and row: one over the standard deviation; nil without InputNorm
	kept    [][]float32 // per hidden layer, rows x features: 0 or 1/(1 - rate); nil without Dropouts
	masked  bool        // whether the pass under way drops anything
	dropped bool        // whether the last pass did
	draws   []float32   // of one row
}

func (n *Net) newConditioned(rows int) *conditioned {
	t := &conditioned{}
	widest := 0
	for l := range n.Layers() - 1 {
		out := n.Sizes[l+1]
		widest = max(widest, out)
		if n.InputNorm != nil {
			t.inverse = append(t.inverse, make([]float32, rows))
		}
		if n.Dropouts != nil {
			t.kept = append(t.kept, make([]float32, rows*out))
		}
	}
	if n.Dropouts != nil {
		t.draws = make([]float32, (widest+3)&^3)
	}
	return t
}

// dropEach is Drop with a rate for every layer.
func (n *Net) dropEach(t *Tape, key rng.Key, first uint64, rows int) {
	c := t.conditioned
	c.masked = true
	for l, mask := range c.kept {
		drawMask(mask, c.draws, key.At(uint64(l)), first, rows, n.Sizes[l+1], n.Dropouts[l])
	}
}

// drawMask fills mask (rows x features): 0 with probability rate, else what
// keeps the mean. Row r's mask depends on key and first+r alone.
func drawMask(mask, draws []float32, key rng.Key, first uint64, rows, features int, rate float64) {
	scale := float32(1 / (1 - rate))
	level := float32(2*rate - 1) // of numbers uniform in [-1, 1)
	stride := (features + 3) &^ 3
	mask = mask[:rows*features]
	if stride == features {
		key.Uniforms(mask, first*uint64(features))
	} else {
		for r := range rows {
			key.Uniforms(draws[:stride], (first+uint64(r))*uint64(stride))
			copy(mask[r*features:(r+1)*features], draws)
		}
	}
	kern.DropMask(mask, level, scale)
}

// conditionedForward is Forward, or Infer where back is false.
func (n *Net) conditionedForward(m int, t *Tape, x []float32, rows int, back bool) []float32 {
	t.check(rows)
	c, in := t.conditioned, x
	for l := range n.Layers() {
		used := rows * n.Sizes[l+1]
		hidden := l < n.Layers()-1
		apart := hidden && (c.masked || back && t.slope[l] != nil)
		act := n.Hidden
		if !hidden || apart {
			act = kern.Identity
		}
		out := t.out[l][:used]
		kern.Mul(out, n.Sizes[l+1], in, n.Sizes[l], rows, &n.packed[m][l], n.biases[m][l], act)
		if apart {
			if c.masked {
				kern.Times(out, c.kept[l][:used])
			}
			if t.slope[l] != nil {
				copy(t.slope[l], out)
				kern.SiLUSlope(out, t.slope[l][:used])
			} else {
				kern.Apply(out, n.Hidden)
			}
		}
		if hidden && n.InputNorm != nil {
			kern.Standardise(out, c.inverse[l][:rows], float32(n.InputNorm[l]))
		}
		in = out
	}
	c.dropped, c.masked = c.masked, false
	return in[:rows*n.Out()]
}

// conditionedBack turns delta, the gradient by hidden layer l's outputs, into
// that by its linear outputs.
func (n *Net) conditionedBack(delta []float32, t *Tape, l int) {
	c := t.conditioned
	if n.InputNorm != nil {
		kern.StandardiseGrad(delta, t.out[l][:len(delta)], c.inverse[l][:t.rows])
	}
	n.hiddenGrad(delta, t, l, len(delta))
	if c.dropped {
		kern.Times(delta, c.kept[l][:len(delta)])
	}
}
