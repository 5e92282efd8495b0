package main

import (
	"context"
	"errors"
	"log"
	"math"

	"demorl/env"
	"demorl/rng"
	"demorl/train"
)

var spec = env.Spec{
	ID: "own/lift", ObsDim: 2, ActDim: 1, Low: []float64{-2}, High: []float64{2}, Dt: 0.05, Limit: 100,
	Terminates: true, Simulator: "own-task 1", ObsNames: []string{"height", "speed"},
}

// lift is a cabin that a motor of limited force is to stop at height 0; beyond
// 2 m it hits a buffer, which ends the episode.
type lift [2]float64 // height in m, speed in m/s

func (l *lift) Spec() env.Spec { return spec }
func (l *lift) Close() error   { return nil }

func (l *lift) Reset(s *rng.Stream, obs []float64) error {
	*l = lift{s.Uniform(-1, 1), 0}
	copy(obs, l[:])
	return nil
}

func (l *lift) Step(action, obs []float64) (env.Outcome, error) {
	force := min(spec.High[0], max(spec.Low[0], action[0]))
	if math.IsNaN(force) {
		return env.Outcome{}, errors.New("own/lift: action 0 is NaN; give a force between -2 and 2")
	}
	l[1] += spec.Dt * force
	l[0] += spec.Dt * l[1]
	copy(obs, l[:])
	return env.Outcome{Reward: pay(l[0], l[1]), Terminated: crashed(float32(l[0]))}, nil
}

func pay(height, speed float64) float64 { return 1 - height*height - 0.1*speed*speed }
func crashed(height float32) bool       { return !(height > -2 && height < 2) }

// The rest is optional: what may be known in imagination, and exact resume.

func (l *lift) Terminal(obs []float32, done []bool) {
	for i := range done {
		done[i] = crashed(obs[2*i]) || obs[2*i+1]-obs[2*i+1] != 0 // the speed is not finite
	}
}

func (l *lift) Reward(_, _, next, reward []float32) {
	for i := range reward {
		reward[i] = float32(pay(float64(next[2*i]), float64(next[2*i+1])))
	}
}

func (l *lift) AppendState(dst []byte) []byte { return env.AppendFloats(dst, l[:]) }

func (l *lift) RestoreState(state []byte, obs []float64) error {
	err := env.RestoreFloats(state, l[:])
	copy(obs, l[:])
	return err
}

func init() {
	env.Register(env.Task{ID: spec.ID, Make: func() (env.Env, error) { return new(lift), nil }, Describe: func() env.Spec { return spec }})
}

// learn trains in folder, or goes on with the run that was stopped there, and
// returns five evaluation episodes.
func learn(folder string, steps int) ([]train.Evaluation, error) {
	settings, err := train.Default(spec.ID, "m-demorl", "gate")
	if err != nil {
		return nil, err
	}
	run, err := train.Open(folder, settings)
	if err != nil {
		return nil, err
	}
	err = run.Train(context.Background(), steps, func(p train.Progress) {
		if p.Scalars != nil {
			log.Printf("step %d of %d, %.0f a second", p.Step, p.Target, p.StepsPerS)
		}
	})
	evaluations, evalErr := run.Evaluate(context.Background(), 5)
	return evaluations, errors.Join(err, evalErr, run.Close())
}

func main() {
	evaluations, err := learn("runs/own-task", 1500)
	if err != nil {
		log.Fatal(err)
	}
	mean, n := train.Mean(evaluations, "policy")
	log.Printf("mean return %.1f of at most 100 in %d episodes", mean, n)
}
