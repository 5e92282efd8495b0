package pddm

import (
	"fmt"
	"slices"

	"demorl/env"
	"demorl/env/mujoco"
	"demorl/rng"
)

// Every task makes 40 sub-steps of 2.5 ms a step.
const (
	substeps = 40
	timestep = .0025
)

// task is one row of the table: all that tells one task from another.
type task struct {
	id      string // after "pddm/"
	names   []string
	summary string

	scene *scene
	size  size
	limit int
	obs   []string // names of the observation's entries

	memory []slot         // what the task remembers between steps
	keep   []mujoco.Field // the model's fields that it writes
	moved  []object       // what of the model it moves; their numbers are Env.ids

	prepare func(e *Env)                // sets drive, and pose
	reset   func(e *Env, s *rng.Stream) // draws an episode on a model in its initial state
	shown   func(e *Env)                // after a reset: what only pictures show
	before  func(e *Env)                // before a step's controls
	after   func(e *Env, action []float64)
	observe func(e *Env, obs []float64)

	// reward is a function of the observation that a step arrives at; where
	// the observation does not tell it, rewardNow reads the simulation.
	reward    func(o mujoco.Row) float64
	rewardNow func(e *Env, o mujoco.Row) float64
	terminal  func(o mujoco.Row) bool // nil: never terminates
}

type size struct{ nq, nv, nu int }

// slot is a named piece of a task's memory.
type slot struct {
	name string
	size int
}

type object struct {
	kind mujoco.Kind
	name string
}

var tasks = []task{
	claw(false), claw(true), robelFixed, robelRandom, robelRandomDynamics,
	cube(&ownCube, false), cube(&ownCube, true), cube(&originalCube, false), cube(&originalCube, true),
	baoding(&ownBaoding, false), baoding(&ownBaoding, true), baoding(&originalBaoding, false), baoding(&originalBaoding, true),
}

// variant names a hand task by its scene and by whether the original's slips
// are mended.
func variant(base string, s *scene, fixed bool) string {
	original := s.source == mujoco.PDDM
	switch {
	case original && fixed:
		return base + ":original-fixed"
	case original:
		return base + ":original"
	case fixed:
		return base + ":fixed"
	}
	return base
}

// numbered is name[0], name[1] and so on.
func numbered(name string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("%s[%d]", name, i)
	}
	return names
}

// spec describes the task without the library.
func (t *task) spec() env.Spec {
	return env.Spec{
		ID: "pddm/" + t.id, ObsDim: len(t.obs), ActDim: t.size.nu, Low: same(t.size.nu, -1), High: same(t.size.nu, 1),
		Dt: timestep * substeps, Limit: t.limit, Terminates: t.terminal != nil,
		Simulator: "MuJoCo " + mujoco.Version + ", scene of " + t.scene.name, ObsNames: slices.Clone(t.obs),
	}
}

func (t *task) open() (env.Env, error) {
	e, err := open(t)
	if err != nil {
		return nil, err
	}
	if t.reward != nil {
		return known{e}, nil
	}
	return e, nil
}

func init() {
	for i := range tasks {
		t := &tasks[i]
		env.Register(env.Task{
			ID: "pddm/" + t.id, Aliases: t.names, Family: "pddm", Summary: t.summary,
			Make: t.open, Needs: t.scene.needs, Describe: t.spec,
		})
	}
}
