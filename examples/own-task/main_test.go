package main

import (
	"path/filepath"
	"testing"
)

func TestExampleTrainsPastWarmUpAndEvaluates(t *testing.T) {
	evaluations, err := learn(filepath.Join(t.TempDir(), "run"), 510)
	if err != nil {
		t.Fatal(err)
	}
	if len(evaluations) != 5 || evaluations[0].Length != spec.Limit {
		t.Errorf("evaluations %v; want five of %d steps", evaluations, spec.Limit)
	}
}
