package gymtasks

import (
	"fmt"
	"slices"
	"strings"

	"demorl/env"
	"demorl/env/mujoco"
)

// task is one row of the table: all that tells one task from another.
type task struct {
	id        string   // after "gym/"
	names     []string // the original's names
	published string   // key of the settings tables (method.md part E)
	summary   string

	model          string // file among Gymnasium's models
	size           size
	timestep       float64 // seconds of one sub-step
	skip           int     // sub-steps of one step
	bound          float64 // of every action, both ways: the model's ctrlrange
	qNoise, vNoise noise   // added to the initial pose, and to a velocity of zero

	skipped int    // leading entries of q that are not observed
	observe []part // the observation, in order

	// The reward is speedWeight * (change of position / dt) + alive - cost.
	position    func(*mujoco.Sim) float64 // nil: none
	speedWeight float64
	alive       float64 // paid while healthy
	aliveAlways bool    // paid on the terminating step too
	cost        func(s *mujoco.Sim, action []float64) float64

	// healthy is the rule whose breach terminates, on q[skipped:] followed by
	// v: the simulator's numbers in the real task, the beginning of a
	// predicted observation inside imagination. nil: never terminates.
	healthy func(o row) bool
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
// of it (0: all that follow), clipped to +-clip (0: not clipped).
type part struct {
	field       mujoco.Field
	from, count int
	clip        float64
}

func q(from int) part     { return part{field: mujoco.Qpos, from: from} }
func v(clip float64) part { return part{field: mujoco.Qvel, clip: clip} }

// row is an observation in either precision.
type row struct {
	real []float64
	pred []float32
}

func (r row) at(i int) float64 {
	if r.real != nil {
		return r.real[i]
	}
	return float64(r.pred[i])
}

// with returns a changed copy.
func (t task) with(change func(*task)) task {
	t.observe = slices.Clone(t.observe)
	change(&t)
	return t
}

// v4 is what all tasks of Gymnasium's version 4 have in common: the bonus for
// being healthy is paid on the terminating step too.
func (t task) v4() task {
	return t.with(func(t *task) {
		t.id += ":v4"
		t.names = []string{strings.TrimSuffix(t.names[0], "-v5") + "-v4"}
		t.summary += " (Gymnasium v4)"
		t.aliveAlways = true
	})
}

// truncated observes only q and v, as MBPO-style benchmarks do.
func truncated(t task) task {
	return t.with(func(t *task) {
		if base, version, ok := strings.Cut(t.id, ":"); ok {
			t.id = base + ":trunc-" + version
		} else {
			t.id += ":trunc"
		}
		t.names = nil
		t.summary += ", positions and velocities only"
		t.observe = t.observe[:2]
	})
}

// length is the number of entries of a field, and width that of one row of it.
func (s size) length(f mujoco.Field) (length, width int) {
	switch f {
	case mujoco.Qpos, mujoco.SinQpos, mujoco.CosQpos:
		return s.nq, 1
	case mujoco.Qvel, mujoco.QfrcActuator, mujoco.QfrcConstraint:
		return s.nv, 1
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
		ID: "gym/" + t.id, ActDim: t.size.nu, Dt: t.timestep * float64(t.skip), Limit: 1000,
		Terminates: t.healthy != nil,
		Simulator:  "MuJoCo " + mujoco.Version + ", task of Gymnasium " + mujoco.GymnasiumVersion,
	}
	for range t.size.nu {
		spec.Low, spec.High = append(spec.Low, -t.bound), append(spec.High, t.bound)
	}
	for _, p := range t.observe {
		length, width := t.size.length(p.field)
		end := length
		if p.count > 0 {
			end = p.from + p.count
		}
		for i := p.from; i < end; i++ {
			entry := fmt.Sprintf("%s[%d]", p.field, i/width)
			if width > 1 {
				entry += fmt.Sprintf("[%d]", i%width)
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
