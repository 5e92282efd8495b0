package gymtasks

import (
	"fmt"
	"slices"

	"demorl/env"
	"demorl/env/mujoco"
	"demorl/rng"
)

// task is one row of the table: all that tells one task from another.
type task struct {
	id        string   // after "gym/"
	names     []string // the original's names
	published string   // key of the settings tables (method.md part E)
	summary   string

	model    string // file among Gymnasium's models
	size     size
	timestep float64 // seconds of one sub-step
	skip     int     // sub-steps of one step
	bound    float64 // of every action, both ways: the model's ctrlrange
	limit    int     // steps of an episode; 0: 1000
	style    mujoco.Style

	qNoise, vNoise noise                            // added to the initial pose, and to a velocity of zero
	noisy          int                              // leading entries of q and v that get noise; 0: all
	place          func(s *rng.Stream, q []float64) // draws the rest of q after the noise; nil: nothing

	skipped int            // leading entries of q that are not observed
	observe []part         // the observation, in order
	bodies  map[string]int // the numbers under which the table reads bodies, by the model's names

	// The reward is speedWeight * (change of position / dt) + worth + alive - cost.
	position    func(*mujoco.Sim) float64 // nil: none
	speedWeight float64
	worth       func(*mujoco.Sim) float64 // of the state after the step; nil: none
	worthBefore bool                      // of the state before the step instead
	alive       float64                   // paid while healthy
	aliveAlways bool                      // paid on the terminating step too
	cost        func(s *mujoco.Sim, action []float64) float64

	// healthy is the rule whose breach terminates, on q[skipped:] followed by
	// v: the simulator's numbers in the real task, the beginning of a
	// predicted observation inside imagination. nil: never terminates.
	healthy func(o mujoco.Row) bool
	// healthyNow, where set, takes healthy's place in the real task.
	healthyNow func(*mujoco.Sim) bool

	camera *mujoco.Camera // of frames; nil: the model's own
}

type size struct{ nq, nv, nu, nbody int }

// noise is what a reset draws: uniform in [-size, size], or normal with
// standard deviation size.
type noise struct {
	normal bool
	size   float64
}

func uniform(size float64) noise { return noise{size: size} }
func normal(size float64) noise  { return noise{normal: true, size: size} }

// part is a piece of an observation: a field from entry from on, count entries
// of it (0: all that follow), clipped to +-clip (0: not clipped). minus, where
// not 0, is the first of as many entries of the field that are subtracted.
type part struct {
	field       mujoco.Field
	from, count int
	clip        float64
	minus       int
	label       string // names the entries; "": the field does
}

func q(from int) part     { return part{field: mujoco.Qpos, from: from} }
func v(clip float64) part { return part{field: mujoco.Qvel, clip: clip} }

// place is the position of a body in world coordinates, one sub-step behind.
func place(body int, name string) part {
	return part{field: mujoco.Xpos, from: 3 * body, count: 3, label: name}
}

// end is the entry after the part's last one, in a field of the given length.
func (p part) end(length int) int {
	if p.count > 0 {
		return p.from + p.count
	}
	return length
}

// with returns a changed copy.
func (t task) with(change func(*task)) task {
	t.observe = slices.Clone(t.observe)
	change(&t)
	return t
}

// length is the number of entries of a field, and width that of one row of it.
func (s size) length(f mujoco.Field) (length, width int) {
	switch f {
	case mujoco.Qpos, mujoco.SinQpos, mujoco.CosQpos:
		return s.nq, 1
	case mujoco.Qvel, mujoco.QfrcActuator, mujoco.QfrcConstraint:
		return s.nv, 1
	case mujoco.Xpos:
		return s.nbody * 3, 3
	case mujoco.Cinert:
		return s.nbody * 10, 10
	case mujoco.Cvel, mujoco.CfrcExt:
		return s.nbody * 6, 6
	}
	panic("gymtasks: the table has no length of " + f.String())
}

// spec describes the task without the library.
func (t *task) spec() env.Spec {
	spec := env.Spec{
		ID: "gym/" + t.id, ActDim: t.size.nu, Dt: t.timestep * float64(t.skip), Limit: t.limit,
		Terminates: t.healthy != nil,
		Simulator:  "MuJoCo " + mujoco.Version + ", task of Gymnasium " + mujoco.GymnasiumVersion,
	}
	if spec.Limit == 0 {
		spec.Limit = 1000
	}
	for range t.size.nu {
		spec.Low, spec.High = append(spec.Low, -t.bound), append(spec.High, t.bound)
	}
	for _, p := range t.observe {
		length, width := t.size.length(p.field)
		for i := p.from; i < p.end(length); i++ {
			entry := fmt.Sprintf("%s[%d]", p.field, i/width)
			if width > 1 {
				entry += fmt.Sprintf("[%d]", i%width)
			}
			if p.label != "" {
				entry = fmt.Sprintf("%s[%d]", p.label, i-p.from)
			}
			spec.ObsNames = append(spec.ObsNames, entry)
		}
	}
	spec.ObsDim = len(spec.ObsNames)
	return spec
}

func init() {
	for i := range tasks {
		t := &tasks[i]
		env.Register(env.Task{
			ID: "gym/" + t.id, Aliases: t.names, Family: "gym", Summary: t.summary, Published: t.published,
			Make:     func() (env.Env, error) { return open(t) },
			Needs:    func() string { return mujoco.Needs(t.model) },
			Describe: t.spec,
		})
	}
}
