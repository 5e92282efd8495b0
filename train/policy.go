package train

import (
	"fmt"

	"demorl/internal/wire"
	"demorl/rng"
	"demorl/rundir"
	"demorl/sac"
)

// ReadLearner returns the learner of a checkpoint of a run with settings s, for
// observations of obsDim and actions of actDim numbers, without making the task:
// no simulator is needed to look at a policy. The error says where the
// checkpoint does not fit the settings.
func ReadLearner(s Settings, c rundir.Checkpoint, obsDim, actDim int) (*sac.Agent, error) {
	if !s.Agent.Learns() {
		return nil, fmt.Errorf("a run of %s trains no policy (utd is %d): its planner chooses the actions", s.Algo, s.Agent.UTD)
	}
	a, err := sac.New(s.Agent.SAC, obsDim, actDim, rng.Root(0), nil)
	if err != nil {
		return nil, err
	}
	data, ok := c.Section("sac")
	if !ok {
		return nil, fmt.Errorf("the checkpoint of step %d has no section %q", c.Step, "sac")
	}
	r := wire.NewReader(data)
	if a.ReadState(r); r.Err() != nil {
		return nil, fmt.Errorf("the checkpoint of step %d does not fit the run's settings: sac: %w", c.Step, r.Err())
	}
	return a, nil
}
