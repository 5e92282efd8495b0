package adroit

import (
	"fmt"
	"strings"

	"demorl/env"
	"demorl/env/mujoco"
	"demorl/rng"
)

// task is one row of the table: all that tells one task from another.
type task struct {
	id      string
	names   []string // other names: of the original, and of variants
	sparse  string   // the original's name of the sparse variant, and of gr142
	gr142   string
	summary string

	model    string
	nq, nu   int
	limit    int
	obsNames []string // beside the hand's joints, which come first
	hand     [2]int   // the joints that are observed, from and to in q

	bind    func(*finder, *scene) // finds what the task reads
	targets []target              // what a reset draws and a state may have
	draw    func(s *rng.Stream, e *Env)

	observe func(s *scene, obs []float64) // the entries after the hand's joints
	dense   func(s *scene, reach float64) float64
	success func(s *scene) bool
	reach   float64 // factor of the distance from the palm to the object
	// dropped is the rule that terminates, on an observation; nil for none.
	dropped func(o mujoco.Row) bool
	// known is the reward as a function of an observation; nil where an
	// observation does not tell it.
	known       func(o mujoco.Row) float64
	onlySuccess bool // the reward is sparse
}

// target is a row of a field of the model that a reset writes.
type target struct {
	name  string // in a written state, as the original's get_env_state has it
	alias string // another name for it, or ""
	kind  mujoco.Kind
	of    string // the object's name
	field mujoco.Field
	width int
}

// vecOf is the vector whose first entry is o's entry i.
func vecOf(o mujoco.Row, i int) vec { return vec{o.At(i), o.At(i + 1), o.At(i + 2)} }

// with returns a changed copy.
func (t task) with(change func(*task)) task {
	change(&t)
	return t
}

// asGymnasiumRobotics is the task of Gymnasium-Robotics 1.4.2: it never
// terminates, and rewards the distance from the palm to the object instead of
// charging for it.
func (t task) asGymnasiumRobotics() task {
	return t.with(func(t *task) {
		t.id, t.names, t.limit, t.reach, t.dropped = t.id+":gr142", []string{t.gr142}, 200, 1, nil
		t.summary += ", as Gymnasium-Robotics 1.4.2 has it"
	})
}

// sparsely is the sparse task of Gymnasium-Robotics.
func (t task) sparsely() task {
	return t.with(func(t *task) {
		t.id, t.names, t.limit, t.onlySuccess, t.dropped = t.id+":sparse", []string{t.sparse}, 200, true, nil
		t.summary += ", rewarded only on success"
	})
}

// reward of 10 on success and -0.1 without it.
func onSuccess(success bool) float64 {
	if success {
		return 10
	}
	return -.1
}

// spec describes the task without the library.
func (t *task) spec() env.Spec {
	spec := env.Spec{
		ID: t.id, ActDim: t.nu, Dt: .01, Limit: t.limit, Terminates: t.dropped != nil,
		Simulator: "MuJoCo " + mujoco.Version + ", task of Gymnasium-Robotics 1.4.2",
	}
	for range t.nu {
		spec.Low, spec.High = append(spec.Low, -1), append(spec.High, 1)
	}
	for i := t.hand[0]; i < t.hand[1]; i++ {
		spec.ObsNames = append(spec.ObsNames, fmt.Sprintf("qpos[%d]", i))
	}
	for _, name := range t.obsNames {
		name, vector := strings.CutSuffix(name, "*")
		if !vector {
			spec.ObsNames = append(spec.ObsNames, name)
			continue
		}
		for i := range 3 {
			spec.ObsNames = append(spec.ObsNames, fmt.Sprintf("%s[%d]", name, i))
		}
	}
	spec.ObsDim = len(spec.ObsNames)
	return spec
}

// needed are the files without which no task of the family can run.
var needed = []string{"assets/adroit_hand/adroit_model.xml", "assets/adroit_hand/adroit_assets.xml"}

func (t *task) needs() string {
	for _, file := range append([]string{t.model}, needed...) {
		if needs := mujoco.NeedsAsset(mujoco.GymnasiumRobotics, file); needs != "" {
			return needs
		}
	}
	return ""
}

func init() {
	for i := range tasks {
		t := &tasks[i]
		env.Register(env.Task{
			ID: t.id, Aliases: t.names, Family: "adroit", Summary: t.summary,
			Make: func() (env.Env, error) { return instance(t) }, Needs: t.needs, Describe: t.spec,
		})
	}
}
