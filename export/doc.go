// Package export writes a trained policy for other programs: ONNX, safetensors
// and NumPy's npz.
//
// What walks in: a Policy, taken from a learner by FromLearner or FromClone. What walks out:
// one file that needs nothing else: it takes raw observations and gives actions
// in the task's own units, inside their bounds, and carries an observation with
// its action, so that whoever loads it can check the loading.
package export
