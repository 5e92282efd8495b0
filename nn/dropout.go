package nn

import (
	"fmt"

	"demorl/internal/kern"
	"demorl/rng"
)

// Dropout comes first after a hidden layer's linear outputs, before LayerNorm
// (Hiraoka et al. 2022, DroQ) and the activation.

// checkDropout panics at rates that do not fit.
func (s *Spec) checkDropout() {
	if s.Dropout != nil && len(s.Dropout) != len(s.Sizes)-2 {
		panic(fmt.Sprintf("nn: %d rates of dropout for %d hidden layers", len(s.Dropout), len(s.Sizes)-2))
	}
	for _, rate := range s.Dropout {
		if rate < 0 || rate >= 1 {
			panic(fmt.Sprintf("nn: dropout %v; it is a share below 1", rate))
		}
	}
}

// dropout is the memory of a network's masks.
type dropout struct {
	kept    [][]float32 // per hidden layer, rows x features: 0 or 1/(1 - rate)
	drawn   bool        // whether Drop has drawn masks for the pass to come
	dropped bool        // whether the last pass, or the one under way, drops anything
	draws   []float32   // of one row
}

func (n *Net) newDropout(rows int) *dropout {
	d := &dropout{}
	widest := 0
	for l := range n.Dropout {
		widest = max(widest, n.Sizes[l+1])
		d.kept = append(d.kept, make([]float32, rows*n.Sizes[l+1]))
	}
	d.draws = make([]float32, (widest+3)&^3)
	return d
}

// Drop draws the dropout masks of the next pass for rows rows: each feature is
// left out with its layer's probability, and the others are scaled so that the
// mean stays. Row r's mask depends on key and first+r alone. Without a Drop
// before it a pass drops nothing, and so does a network without Dropout.
func (n *Net) Drop(t *Tape, key rng.Key, first uint64, rows int) {
	if n.Dropout == nil {
		return
	}
	t.dropout.drawn = true
	for l, mask := range t.dropout.kept {
		drawMask(mask, t.dropout.draws, key.At(uint64(l)), first, rows, n.Sizes[l+1], n.Dropout[l])
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

// begin starts a pass and reports whether it drops anything.
func (d *dropout) begin() bool {
	if d == nil {
		return false
	}
	d.dropped, d.drawn = d.drawn, false
	return d.dropped
}

// keep is Tape.Keep for the masks of a tape of the given capacity.
func (d *dropout) keep(rows []int32, capacity int) {
	if d.dropped {
		for _, mask := range d.kept {
			keepRows(mask, rows, len(mask)/capacity)
		}
	}
}
