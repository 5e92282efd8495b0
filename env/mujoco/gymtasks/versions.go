package gymtasks

import (
	"slices"
	"strings"

	"demorl/env/mujoco"
)

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

// v2 makes version 2 of version 4: the one of mujoco-py and of MBPO-style
// benchmarks, where contact forces are never computed and so remain zero.
func (t task) v2() task {
	return t.with(func(t *task) {
		base, _, _ := strings.Cut(t.id, ":")
		t.id = base + ":v2"
		t.names = []string{strings.TrimSuffix(t.names[0], "-v4") + "-v2"}
		t.summary = strings.Replace(t.summary, "(Gymnasium v4)", "(gym v2)", 1)
		t.style = mujoco.Plain
	})
}

// physics names what must be equal for a state of one task to be one of another.
func (t *task) physics() string {
	if t.style == mujoco.Plain {
		return t.model + " without contact forces"
	}
	return t.model
}

// truncated observes only q and v, as MBPO-style benchmarks do. names are the
// original's, if it has any.
func truncated(t task, names ...string) task {
	return t.with(func(t *task) {
		if base, version, ok := strings.Cut(t.id, ":"); ok {
			t.id = base + ":trunc-" + version
		} else {
			t.id += ":trunc"
		}
		t.names = names
		t.summary += ", positions and velocities only"
		t.observe = t.observe[:2]
	})
}

var walker2dV4 = walker2d.v4().with(func(t *task) { t.model = "walker2d.xml" })

var antV4 = ant.v4().with(func(t *task) { t.observe, t.cost = t.observe[:2:2], antControlCost })

// antV4Contact is version 4 with its option use_contact_forces.
var antV4Contact = ant.v4().with(func(t *task) {
	t.id, t.names, t.published = "ant:v4-contact", nil, ""
	t.summary += ", contact forces in observation and reward"
	t.observe = []part{q(2), v(0), {field: mujoco.CfrcExt, clip: 1}}
})

// antV2 has the observation and the cost of antV4Contact, with forces of zero.
var antV2 = ant.v4().with(func(t *task) { t.observe = slices.Clone(antV4Contact.observe) }).v2()

// humanoidV4Parts observes the world's rows and the root's actuator forces too.
var humanoidV4Parts = []part{
	q(2), v(0), {field: mujoco.Cinert}, {field: mujoco.Cvel}, {field: mujoco.QfrcActuator}, {field: mujoco.CfrcExt},
}

var humanoidV4 = humanoid.v4().with(func(t *task) {
	t.cost = func(_ *mujoco.Sim, a []float64) float64 { return .1 * sumSquares(a) }
	t.observe = humanoidV4Parts
})

// humanoidV2 is healthy on both bounds too.
var humanoidV2 = humanoid.v4().with(func(t *task) {
	t.observe = humanoidV4Parts
	t.healthy = func(o mujoco.Row) bool { return 1 <= o.At(0) && o.At(0) <= 2 }
}).v2()

var humanoidStandupV4 = humanoidStandup.v4().with(func(t *task) { t.observe = humanoidV4Parts })

var invertedDoublePendulumV4 = invertedDoublePendulum.v4().with(func(t *task) { t.observe[4].count = 0 })

// reacherV4 observes all three coordinates of the difference.
var reacherV4 = reacher.v4().with(func(t *task) { t.observe[4].count, t.worthBefore = 3, true })

// pusherV4 is what Gymnasium refuses to run on MuJoCo 3, whose physics of its
// nearly weightless object is another.
var pusherV4 = pusher.v4().with(func(t *task) { t.model, t.worthBefore = "pusher.xml", true })
