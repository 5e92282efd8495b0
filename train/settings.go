package train

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"demorl/agent"
	"demorl/dynamics"
	"demorl/env"
	"demorl/mpc"
	"demorl/sac"
)

// Settings are the complete resolved settings of a run, as run.yaml holds them.
type Settings struct {
	Env    string `yaml:"env"`    // task id
	Algo   string `yaml:"algo"`   // named algorithm that the values below started from
	Preset string `yaml:"preset"` // size that they started from
	Seed   uint64 `yaml:"seed"`   // every random number is a function of it
	Steps  int    `yaml:"steps"`  // real steps to train, warm-up included

	EvalEvery       int `yaml:"eval_every"`       // real steps between evaluations; 0 means none
	EvalEpisodes    int `yaml:"eval_episodes"`    // deterministic episodes of an evaluation
	CheckpointEvery int `yaml:"checkpoint_every"` // real steps between checkpoints
	KeepCheckpoints int `yaml:"keep_checkpoints"` // newest checkpoints kept beside the best
	LogEvery        int `yaml:"log_every"`        // real steps between lines of progress.jsonl

	Command   []float64         `yaml:"command"`   // what the task is told to do, such as a velocity; null means the task's own
	Randomize env.Randomization `yaml:"randomize"` // what of the physics every training episode draws anew; evaluations are on the task as it is

	Agent agent.Settings `yaml:",inline"`
}

// Default returns the settings of algorithm algo in size preset for the named task.
func Default(task, algo, preset string) (Settings, error) {
	s := Settings{Algo: algo, Preset: preset, EvalEvery: 1000, EvalEpisodes: 5, KeepCheckpoints: 2, LogEvery: 250}
	t, err := env.Lookup(task)
	if err != nil {
		return s, err
	}
	s.Env = t.ID
	a, err := agent.FindAlgorithm(algo)
	if err != nil {
		return s, err
	}
	if s.Agent, err = agent.Preset(a, preset, t); err != nil {
		return s, err
	}
	s.CheckpointEvery = s.Agent.EpochSteps * s.Agent.ActionRepeat
	s.Steps = 100_000
	if preset == "gate" {
		s.Steps = s.Agent.Warmup + 5*1000
		if s.Agent.ActionRepeat > 1 {
			s.Steps = s.Agent.ActionRepeat * (s.Agent.Warmup + 1000)
		}
	}
	return s, nil
}

// Stored returns what the stored settings of a run are decoded over: zeros, but
// for settings that runs of earlier versions do not name and that mean what
// those versions did.
func Stored() Settings {
	return Settings{Agent: agent.Settings{
		ActionRepeat: 1,
		Precision:    agent.PrecisionF32, World: agent.WorldModel, Learner: agent.LearnerSAC, PlannerShare: 1, WarmupRange: 1,
		Gradient: agent.DefaultGradient(), SAC: sac.Settings{Network: sac.NetworkMLP, Activation: sac.ReLU, Critic: sac.DefaultCritic(), AdamBeta1: 0.9, RewardScale: 1},
		StopAtTerminal: true, NoiseRedraw: agent.RedrawRound, Model: dynamics.Unnamed(), Planner: mpc.Unnamed(),
	}}
}

// maxEpisodes is the largest number of episodes of one evaluation.
const maxEpisodes = 100_000

// Validate returns every fault of the settings at once.
func (s *Settings) Validate() error {
	var faults []error
	atLeast := func(name string, v, lo int) {
		if v < lo {
			faults = append(faults, fmt.Errorf("%s is %d; want at least %d", name, v, lo))
		}
	}
	atLeast("steps", s.Steps, 1)
	atLeast("eval_every", s.EvalEvery, 0)
	if s.EvalEpisodes < 1 || s.EvalEpisodes > maxEpisodes {
		faults = append(faults, fmt.Errorf("eval_episodes is %d; want 1 to %d", s.EvalEpisodes, maxEpisodes))
	}
	atLeast("checkpoint_every", s.CheckpointEvery, 1)
	atLeast("keep_checkpoints", s.KeepCheckpoints, 1)
	atLeast("log_every", s.LogEvery, 1)
	if err := s.Randomize.Validate(); err != nil {
		for _, line := range strings.Split(err.Error(), "\n") {
			faults = append(faults, errors.New("randomize."+line))
		}
	}
	for i, x := range s.Command {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			faults = append(faults, fmt.Errorf("command[%d] is %g; want a finite number", i, x))
		}
	}
	return errors.Join(append(faults, s.Agent.Validate())...)
}
