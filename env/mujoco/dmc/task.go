package dmc

import (
	"fmt"
	"slices"

	"demorl/env"
	"demorl/env/mujoco"
	"demorl/rng"
)

// Version is that of the dm_control whose tasks these are.
const Version = "1.0.50"

// limit is the length of every episode in control steps. It is a multiple of
// every task's repeat, so that no repetition is cut short by the limit.
const limit = 1000

// task is one row of the table: all that tells one task from another.
type task struct {
	domain, name string
	variant      string   // "" or what follows the colon of the id
	aliases      []string // besides those that every task has
	summary      string

	timestep float64 // seconds of one sub-step
	substeps int     // sub-steps of one control step
	repeat   int     // control steps of one step, whose rewards are added
	size     size
	observe  []entry        // the observation, in order
	writes   []mujoco.Field // fields of the model that a reset writes
	links    int            // of a chain whose model is generated; 0: the model is taken as it lies

	// scene finds in the loaded model what the task reads and writes.
	scene func(f *finder) scene
}

// size is what the loaded model must have.
type size struct{ nq, nv, nu int }

// entry is one array of dm_control's observation; count 0 is a single number.
type entry struct {
	name  string
	count int
}

// scene is one task in one simulation.
type scene interface {
	// reset writes a new state into a simulation that was reset and computed
	// without actuation; the same computation follows.
	reset(s *rng.Stream) error
	observe(obs []float64)
	// reward is that of the control step just made.
	reward() float64
}

// file is the model's name among dm_control's files.
func (t *task) file() string { return "suite/" + t.domain + ".xml" }

// id is the canonical name without family.
func (t *task) id() string {
	id := t.domain + "-" + t.name
	if t.variant != "" {
		id += ":" + t.variant
	}
	return id
}

// once is t with one control step a step.
func (t task) once() task {
	t.repeat, t.variant, t.aliases = 1, "k1", nil
	t.summary += ", one control step a step"
	return t
}

// names are the accepted names besides the canonical one.
func (t *task) names() []string {
	if t.variant != "" {
		return nil
	}
	names := []string{"dmc/" + t.domain + "/" + t.name, t.domain + "-" + t.name, "dm_control/" + t.domain + "-" + t.name + "-v0"}
	return append(names, t.aliases...)
}

// spec describes the task without the library.
func (t *task) spec() env.Spec {
	spec := env.Spec{
		ID: "dmc/" + t.id(), ActDim: t.size.nu,
		Dt:        t.timestep * float64(t.substeps*t.repeat),
		Limit:     (limit + t.repeat - 1) / t.repeat,
		Simulator: "MuJoCo " + mujoco.Version + ", task of dm_control " + Version,
	}
	for range t.size.nu {
		spec.Low, spec.High = append(spec.Low, -1), append(spec.High, 1)
	}
	for _, e := range t.observe {
		if e.count == 0 {
			spec.ObsNames = append(spec.ObsNames, e.name)
		}
		for i := range e.count {
			spec.ObsNames = append(spec.ObsNames, fmt.Sprintf("%s[%d]", e.name, i))
		}
	}
	spec.ObsDim = len(spec.ObsNames)
	return spec
}

// tasks is the whole family: each task as the literature runs it, and with one
// control step a step.
var tasks = func() []task {
	base := slices.Concat(cartpoles, pendulums, acrobots, cheetahs, hoppers, walkers, humanoids, fingers, cups, reachers, pointMasses, fishes, swimmers)
	all := slices.Clone(base)
	for _, t := range base {
		all = append(all, t.once())
	}
	return all
}()

func init() {
	for i := range tasks {
		t := &tasks[i]
		env.Register(env.Task{
			ID: "dmc/" + t.id(), Aliases: t.names(), Family: "dmc", Summary: t.summary,
			Make:     func() (env.Env, error) { return open(t) },
			Needs:    func() string { return mujoco.NeedsAsset(mujoco.DMControl, t.file()) },
			Describe: t.spec,
		})
	}
}
