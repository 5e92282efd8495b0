package mujoco

import (
	"fmt"
	"math"

	"demorl/internal/words"
)

// CheckVector returns an error if a vector of a written state has not want
// numbers, or one that is not finite.
func CheckVector(name string, x []float64, want int) error {
	if len(x) != want {
		return fmt.Errorf("%s has %s; give %d", name, words.Count(len(x), "number"), want)
	}
	for i, x := range x {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("%s[%d] is %g; give a finite number", name, i, x)
		}
	}
	return nil
}

// Finite reports whether no number of a predicted observation is NaN or infinite.
func Finite(x []float32) bool {
	for _, x := range x {
		if x-x != 0 {
			return false
		}
	}
	return true
}

// Row is an observation in either precision: one of the task, or one that a model
// predicted.
type Row struct {
	Real []float64 // nil: predicted
	Pred []float32
}

// At returns entry i.
func (r Row) At(i int) float64 {
	if r.Real != nil {
		return r.Real[i]
	}
	return float64(r.Pred[i])
}
