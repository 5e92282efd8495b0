package train

import (
	"fmt"

	"demorl/clone"
	"demorl/env"
	"demorl/export"
	"demorl/internal/vfs"
	"demorl/internal/wire"
	"demorl/rng"
	"demorl/rundir"
	"demorl/sac"
)

// LoadPolicy returns the policy of the run in folder, to act with or to write
// for other programs. checkpoint is newest, best or a number of real steps, and
// spec describes the run's task as its type's Spec does: the task is not made,
// and the run may be under way. Where the newest checkpoint is damaged the one
// before it is taken; About.Step tells which it was.
func LoadPolicy(folder, checkpoint string, spec env.Spec) (*export.Policy, error) {
	dir, err := rundir.View(vfs.OS(), folder)
	if err != nil {
		return nil, err
	}
	s, err := ReadSettings(dir)
	if err != nil {
		return nil, err
	}
	c, _, err := dir.ReadNamed(checkpoint)
	if err != nil {
		return nil, fmt.Errorf("%s: checkpoint %s: %w", folder, checkpoint, err)
	}
	return ReadPolicy(dir, s, spec, c)
}

// ReadPolicy takes the policy out of a checkpoint of the run in dir, which has
// settings s, for the task that spec describes. The task is not made: no
// simulator need be installed.
func ReadPolicy(dir *rundir.Dir, s Settings, spec env.Spec, c rundir.Checkpoint) (*export.Policy, error) {
	about := export.About{Algorithm: s.Algo, Seed: s.Seed, Step: int(c.Step)}
	if m, err := dir.ReadManifest(); err == nil {
		about.Producer, about.Commit = "demorl "+m.Program, m.Commit
	}
	spec, err := Decisions(spec, s.Agent)
	if err != nil {
		return nil, err
	}
	if s.Agent.Clones() {
		learner, err := ReadClone(s, c, spec.ObsDim, spec.ActDim)
		if err != nil {
			return nil, err
		}
		return export.FromClone(learner, spec, about)
	}
	learner, err := ReadLearner(s, c, spec.ObsDim, spec.ActDim)
	if err != nil {
		return nil, err
	}
	return export.FromLearner(learner, spec, about)
}

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
