package stoch

import (
	"fmt"
	"strings"

	"demorl/env"
	"demorl/env/mujoco"
)

// task is one row of the table.
type task struct {
	id      string // after "stoch/"
	names   []string
	summary string
	slope
	noise    float64 // rad, standard deviation on observed roll and pitch
	cad      bool    // inertias as drawn instead of those of bounding boxes
	original bool    // every quirk of the original: ticks of .2 ms, reward, memory over resets
	actions  int     // length of an action; what follows the first 15 is not used
	limit    int
}

const (
	actDim = 15
	imu    = .04 // rad, of stoch/noisy
)

// tasks is the whole family (environments.md 6.8).
var tasks = family()

func family() []task {
	base := []task{
		{id: "flat", summary: "walk on flat ground"},
		{id: "upslope", summary: "walk up a slope of 9 degrees", slope: slope{terrain: upslope}},
		{id: "downslope", summary: "walk down a slope of 9 degrees", slope: slope{terrain: downslope}},
		{id: "noisy", summary: "walk on flat ground with a noisy attitude", noise: imu},
	}
	var all []task
	for _, t := range base {
		t.degrees, t.actions, t.limit = 9, actDim, 1000
		variant := func(name, summary string, change func(*task)) {
			v := t
			v.id, v.names, v.summary = t.id+":"+name, nil, t.summary+", "+summary
			change(&v)
			all = append(all, v)
		}
		plain := t
		if t.terrain != flat {
			plain.names = []string{"stoch/" + t.id + ":slope9"}
		}
		all = append(all, plain)
		if t.terrain != flat {
			for _, d := range []int{5, 7, 11, 13, 15} {
				variant(fmt.Sprintf("slope%d", d), "", func(v *task) {
					v.degrees = d
					v.summary = strings.Replace(t.summary, "9", fmt.Sprint(d), 1)
				})
			}
		}
		variant("ref", "as the original does it", func(v *task) { v.original, v.noise = true, 0 })
		variant("cad", "inertias as drawn", func(v *task) { v.cad = true })
		variant("t500", "500 steps", func(v *task) { v.limit = 500 })
		variant("a20", "20 actions, 5 of them unused", func(v *task) { v.actions = 20 })
	}
	return all
}

// tick is the length in s of the simulator's step, which bounds how hard a
// contact can be: MuJoCo takes no time constant below two ticks.
func (t *task) tick() float64 {
	if t.original {
		return .0002
	}
	return .0005
}

// spec describes the task without the library.
func (t *task) spec() env.Spec {
	spec := env.Spec{
		ID: "stoch/" + t.id, ObsDim: obsDim, ActDim: t.actions, Dt: stepTime, Limit: t.limit, Terminates: true,
		Simulator: "MuJoCo " + mujoco.Version + ", StochLite of demorl (version 2)", ObsNames: obsNames,
	}
	for range t.actions {
		spec.Low, spec.High = append(spec.Low, -1), append(spec.High, 1)
	}
	return spec
}

// published names the row of settings, which has a share of the range for each
// of the 15 actions.
func (t *task) published() string {
	if t.actions != actDim {
		return ""
	}
	return "StochLite"
}

func init() {
	for i := range tasks {
		t := &tasks[i]
		env.Register(env.Task{
			ID: "stoch/" + t.id, Aliases: t.names, Family: "stoch", Summary: "four-legged robot StochLite, " + t.summary,
			Make:     func() (env.Env, error) { return open(t) },
			Needs:    func() string { return mujoco.NeedsLibraryFor("stoch") },
			Describe: t.spec, Published: t.published(),
		})
	}
}
