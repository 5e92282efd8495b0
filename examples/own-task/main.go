package main

import (
	"context"
	"errors"
	"log"

	"demorl/env"
	"demorl/rng"
	"demorl/train"
)

var spec = env.Spec{ID: "own/lift", ObsDim: 2, ActDim: 1, Low: []float64{-2}, High: []float64{2}, Dt: 0.05, Limit: 100}

type lift [2]float64 // height in m, speed in m/s

func (l *lift) Spec() env.Spec { return spec }
func (l *lift) Close() error   { return nil }

func (l *lift) Reset(s *rng.Stream, obs []float64) error {
	*l = lift{2*s.Float64() - 1, 0}
	copy(obs, l[:])
	return nil
}

func (l *lift) Step(action, obs []float64) (env.Outcome, error) {
	l[1] += spec.Dt * action[0]
	l[0] += spec.Dt * l[1]
	copy(obs, l[:])
	return env.Outcome{Reward: 1 - l[0]*l[0] - 0.1*l[1]*l[1]}, nil
}

func init() {
	env.Register(env.Task{ID: spec.ID, Make: func() (env.Env, error) { return new(lift), nil }, Describe: func() env.Spec { return spec }})
}

// learn trains in a new folder and returns five evaluation episodes.
func learn(folder string, steps int) ([]train.Evaluation, error) {
	settings, err := train.Default(spec.ID, "m-demorl", "gate")
	if err != nil {
		return nil, err
	}
	run, err := train.Start(folder, settings)
	if err != nil {
		return nil, err
	}
	err = run.Train(context.Background(), steps, nil)
	evaluations, evalErr := run.Evaluate(context.Background(), 5)
	return evaluations, errors.Join(err, evalErr, run.Close())
}

func main() {
	evaluations, err := learn("runs/own-task", 1500)
	if err != nil {
		log.Fatalf("%v\n(demorl resume knows only demorl's own tasks; to train this one again: rm -r runs/own-task)", err)
	}
	mean, n := train.Mean(evaluations, "policy")
	log.Printf("mean return %.1f of at most 100 in %d episodes", mean, n)
}
