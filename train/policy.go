package train

import (
	"fmt"

	"demorl/clone"
	"demorl/internal/wire"
	"demorl/rng"
	"demorl/rundir"
	"demorl/sac"
)

// ReadLearner returns the learner of a checkpoint of a run with settings s, for
// observations of obsDim and actions of actDim numbers, without making the task:
// no simulator is needed to look at a policy. The error says where the
// checkpoint does not fit the settings. ReadClone is for runs of learner clone.
func ReadLearner(s Settings, c rundir.Checkpoint, obsDim, actDim int) (*sac.Agent, error) {
	if !s.Agent.Learns() {
		return nil, fmt.Errorf("a run of %s trains no policy (utd is %d): its planner chooses the actions", s.Algo, s.Agent.UTD)
	}
	a, err := sac.New(s.Agent.SAC, obsDim, actDim, rng.Root(0), nil)
	if err != nil {
		return nil, err
	}
	return a, readSection(c, "sac", a.ReadState)
}

// ReadClone is ReadLearner for a run of learner clone.
func ReadClone(s Settings, c rundir.Checkpoint, obsDim, actDim int) (*clone.Agent, error) {
	a, err := clone.New(s.Agent.Clone, obsDim, actDim, rng.Root(0))
	if err != nil {
		return nil, err
	}
	return a, readSection(c, "clone", a.ReadState)
}

// readSection hands a section of a checkpoint to whom it belongs.
func readSection(c rundir.Checkpoint, name string, read func(*wire.Reader)) error {
	data, ok := c.Section(name)
	if !ok {
		return fmt.Errorf("the checkpoint of step %d has no section %q", c.Step, name)
	}
	r := wire.NewReader(data)
	if read(r); r.Err() != nil {
		return fmt.Errorf("the checkpoint of step %d does not fit the run's settings: %s: %w", c.Step, name, r.Err())
	}
	return nil
}
