package hand

import (
	"fmt"

	"demorl/env"
	"demorl/env/mujoco"
	"demorl/env/mujoco/rotations"
)

// task is one row of the tables: all that tells one task from another.
type task struct {
	id      string
	names   []string // the originals' names
	sparse  []string // those of the sparse variant
	summary string
	limit   int // steps of an episode

	source  source
	model   string // file below the source's folder
	hands   int
	moving  bool // whether the hands' mounts move
	objects int
	center  string // the site that must end above the palm after settling; "" for none

	start start
	goal  goal
	score score
}

// source is the package whose models a task has.
type source struct {
	name  string
	files mujoco.Package
	needs []string // files without which its tasks cannot run
	load  func(model string) (*mujoco.Sim, error)
}

// rotation is how a rotation is drawn.
type rotation int

const (
	unturned rotation = iota
	aboutZ            // about z, by any angle
	parallel          // about z by any angle, and one of the 24 axis-aligned rotations
	anyAxis           // about an axis of a random direction, by any angle
)

// start is what a reset does with the objects.
type start struct {
	rotation rotation  // turns each object from its initial pose
	noise    float64   // m, standard deviation of each coordinate of the first object
	settle   int       // steps with all actuators at the middle of their ranges
	pose     []float64 // nq, taken instead of the model's initial pose
}

// goal is how the desired poses are drawn.
type goal struct {
	none     bool // no goal: the observation ends with the object
	offset   box  // where the first object's goal is drawn, around the object
	boxes    []box
	rotation rotation
}

// box has the lower and upper bound of x, y and z in m.
type box [3][2]float64

// sizes of the model, from the parts of the scene.
func (t *task) joints() int { return len(t.handJoints("")) }
func (t *task) nq() int     { return t.hands*t.joints() + 14*t.objects }
func (t *task) nv() int     { return t.hands*t.joints() + 12*t.objects }

func (t *task) nu() int {
	if t.moving {
		return 26 * t.hands
	}
	return 20 * t.hands
}

// poses is where the objects' poses begin in an observation, and desired where
// the goal does.
func (t *task) poses() (at [2]int) {
	hands := 2 * t.hands * t.joints()
	if t.hands == 1 {
		return [2]int{hands + 6}
	}
	return [2]int{hands, hands + 13}
}

func (t *task) desired() int { return 2*t.hands*t.joints() + 13*t.objects }

func (t *task) goalDim() int {
	if t.goal.none {
		return 0
	}
	return 7 * t.objects
}

// handJoints are the names of one hand's joints in the model's order.
func (t *task) handJoints(suffix string) []string {
	var names []string
	if t.moving {
		for _, motion := range []string{"Translation", "Rotation"} {
			for _, axis := range []string{"x", "y", "z"} {
				names = append(names, "robot_"+motion+"_"+axis+suffix)
			}
		}
	}
	for _, part := range []struct {
		name   string
		joints int
	}{{"WRJ", 2}, {"FFJ", 4}, {"MFJ", 4}, {"RFJ", 4}, {"LFJ", 5}, {"THJ", 5}} {
		for j := part.joints - 1; j >= 0; j-- {
			names = append(names, fmt.Sprintf("robot0:%s%d%s", part.name, j, suffix))
		}
	}
	return names
}

// suffixes of the names of hands and objects.
var suffixes = []string{"", "_2"}

func objectJoint(i int) string { return "object" + suffixes[i] + ":joint" }

// spec describes the task without the library.
func (t *task) spec() env.Spec {
	spec := env.Spec{
		ID: t.id, ActDim: t.nu(), Dt: .04, Limit: t.limit,
		Simulator: "MuJoCo " + mujoco.Version + ", task of " + t.source.name,
	}
	for range spec.ActDim {
		spec.Low, spec.High = append(spec.Low, -1), append(spec.High, 1)
	}
	list := func(field, joint string, n int) {
		for i := range n {
			spec.ObsNames = append(spec.ObsNames, fmt.Sprintf("%s[%s][%d]", field, joint, i))
		}
	}
	for hand := range t.hands {
		for _, field := range []string{"qpos", "qvel"} {
			for _, joint := range t.handJoints(suffixes[hand]) {
				spec.ObsNames = append(spec.ObsNames, field+"["+joint+"]")
			}
		}
	}
	for i := range t.objects {
		if t.hands == 1 { // Gymnasium-Robotics has the velocity first
			list("qvel", objectJoint(i), 6)
			list("qpos", objectJoint(i), 7)
			continue
		}
		list("qpos", objectJoint(i), 7)
		list("qvel", objectJoint(i), 6)
	}
	for i := range t.goalDim() {
		spec.ObsNames = append(spec.ObsNames, fmt.Sprintf("goal[%d]", i))
	}
	spec.ObsDim = len(spec.ObsNames)
	return spec
}

// withSparse adds to each dense task its sparse variant.
func withSparse(dense []task) []task {
	tasks := dense[:len(dense):len(dense)]
	for _, t := range dense {
		t.id, t.names, t.sparse = t.id+":sparse", t.sparse, nil
		t.summary += ", rewarded only at the goal"
		t.score.dense = nil
		tasks = append(tasks, t)
	}
	return tasks
}

// axisAligned is drawn from by the rotation parallel.
var axisAligned = rotations.AxisAligned()

func register(tasks []task, family string) {
	for i := range tasks {
		t := &tasks[i]
		env.Register(env.Task{
			ID: t.id, Aliases: t.names, Family: family, Summary: t.summary,
			Make: func() (env.Env, error) { return open(t) },
			Needs: func() string {
				for _, file := range append([]string{t.model}, t.source.needs...) {
					if needs := mujoco.NeedsAsset(t.source.files, file); needs != "" {
						return needs
					}
				}
				return ""
			},
			Describe: t.spec,
		})
	}
}

func init() {
	register(manipulation, "hand")
	register(dexterous, "dext")
}
