package train_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"demorl/agent"
	"demorl/env"
	"demorl/par"
	"demorl/settings"
	"demorl/train"
)

func TestTheTrainingInstanceAloneIsRandomizedAndBothAreCommanded(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	s.Randomize, s.Command = env.Randomization{Friction: env.Range{.5, 1}}, []float64{1, 2}
	world, judge := &equipped{}, &equipped{}
	loopOf(t, s, world, judge)
	if world.ranges != s.Randomize || !judge.ranges.Off() || !slices.Equal(world.command, s.Command) || !slices.Equal(judge.command, s.Command) {
		t.Errorf("training %+v, evaluation %+v", world, judge)
	}
}

func TestASettingThatTheTaskCannotServeIsRefused(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	for want, c := range map[string]struct {
		change func(*train.Settings)
		world  env.Env
	}{
		"randomize is set, but the physics of test/scripted": {func(s *train.Settings) { s.Randomize.Mass = env.Range{.8, 1.2} }, &scripted{}},
		"command is set, but test/scripted":                  {func(s *train.Settings) { s.Command = []float64{1} }, &scripted{}},
		"randomize.noise is set, but test/scripted":          {func(s *train.Settings) { s.Randomize.Noise = .1 }, &equipped{}},
	} {
		one := s
		c.change(&one)
		pool := par.New(1)
		_, err := train.NewLoop(one, func() (env.Env, error) { return c.world, nil }, pool)
		pool.Close()
		var unfit *train.UnfitError
		if !errors.As(err, &unfit) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	s.Randomize, s.Command = env.Randomization{Motor: env.Range{2, 1}, Push: env.Range{-1, 1}}, []float64{0, math.NaN()}
	err := s.Validate()
	for _, want := range []string{"randomize.motor is [2, 1]", "randomize.push is [-1, 1]", "command[1] is NaN"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// Only a planner that acts in copies of the task needs them to be as the task is:
// without one, world decides nothing, this neither.
func TestPhysicsThatVaryAreRefusedOnlyToAPlannerInTheSimulator(t *testing.T) {
	for algorithm, refused := range map[string]bool{"sac": false, "cem": true} {
		s := tiny(t, pendulum, algorithm)
		s.Agent.World, s.Randomize.Friction = agent.WorldSimulator, env.Range{.8, 1.2}
		pool := par.New(1)
		l, err := train.NewLoop(s, func() (env.Env, error) { return &equipped{}, nil }, pool)
		if told := err != nil && strings.Contains(err.Error(), "cannot plan in varied copies"); told != refused || !refused && err != nil {
			t.Errorf("%s: %v", algorithm, err)
		}
		if err == nil {
			l.Close()
		}
		pool.Close()
	}
}

func TestRandomizationIsWrittenIntoTheSettingsAndReadBack(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	s.Randomize = env.Randomization{Friction: env.Range{.5, 1}, Latency: env.Range{0, .01}, Noise: .02}
	s.Command = []float64{1, 0, -.5}
	text, err := settings.Encode(&s, nil)
	if err != nil {
		t.Fatal(err)
	}
	back := train.Stored()
	if _, err := settings.Decode(&back, settings.YAML("run.yaml", text)); err != nil {
		t.Fatal(err)
	}
	if back.Randomize != s.Randomize || !slices.Equal(back.Command, s.Command) {
		t.Errorf("read back as %+v and %v", back.Randomize, back.Command)
	}
}

func TestEvaluationsCanHappenOnAVariedTaskWhileTrainingDoesNot(t *testing.T) {
	s := tiny(t, pendulum, "sac")
	world, judge, other := &equipped{}, &equipped{}, &equipped{scripted: scripted{limit: 3}}
	l := loopOf(t, s, world, judge)
	r := env.Randomization{Friction: env.Range{.5, 1}}
	if err := l.JudgeOn(func() (env.Env, error) { return other, nil }, []float64{3}, r); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Episodes(context.Background(), "policy", 1); err != nil {
		t.Fatal(err)
	}
	if other.ranges != r || !slices.Equal(other.command, []float64{3}) || !world.ranges.Off() || len(world.command) != 0 {
		t.Errorf("training %+v, evaluation %+v", world, other)
	}
	unfit := &train.UnfitError{}
	if err := l.JudgeOn(func() (env.Env, error) { return other, nil }, nil, env.Randomization{Noise: 1}); !errors.As(err, &unfit) {
		t.Errorf("a task that cannot be varied so: %v", err)
	}
}
