package gymtasks

import (
	"strings"
	"testing"

	"demorl/env"
	"demorl/env/mujoco"
)

func TestEveryTaskIsRegisteredAndDescribedWithoutTheLibrary(t *testing.T) {
	t.Setenv("MUJOCO_DIR", t.TempDir())
	for name, want := range map[string]struct{ obs, act int }{
		"HalfCheetah-v5": {17, 6}, "HalfCheetah-v4": {17, 6}, "gym/hopper": {11, 3}, "Hopper-v4": {11, 3},
		"gym/walker2d": {17, 6}, "gym/walker2d:v4": {17, 6}, "gym/ant": {105, 8}, "gym/ant:trunc": {27, 8}, "Ant-v4": {27, 8},
		"gym/ant:v4-contact": {111, 8}, "gym/humanoid": {348, 17}, "gym/humanoid:trunc": {45, 17}, "Humanoid-v4": {376, 17},
		"gym/humanoid:trunc-v4": {45, 17}, "InvertedPendulum-v5": {4, 1}, "gym/invertedpendulum:v4": {4, 1},
		"gym/inverteddoublependulum": {9, 1}, "InvertedDoublePendulum-v4": {11, 1},
		"HumanoidStandup-v5": {348, 17}, "HumanoidStandup-v4": {376, 17}, "Swimmer-v5": {8, 2}, "Swimmer-v4": {8, 2}, "gym/swimmer:v2": {8, 2},
		"Reacher-v5": {10, 2}, "Reacher-v4": {11, 2}, "Reacher-v2": {11, 2}, "Pusher-v5": {23, 7}, "Pusher-v4": {23, 7},
		"HalfCheetah-v2": {17, 6}, "Hopper-v2": {11, 3}, "Walker2d-v2": {17, 6}, "Ant-v2": {111, 8}, "AntTruncatedObs-v2": {27, 8},
		"Humanoid-v2": {376, 17}, "HumanoidTruncatedObs-v2": {45, 17}, "InvertedPendulum-v2": {4, 1}, "InvertedDoublePendulum-v2": {11, 1},
	} {
		task, err := env.Lookup(name)
		if err != nil {
			t.Error(err)
			continue
		}
		spec := task.Describe()
		if spec.ObsDim != want.obs || spec.ActDim != want.act || len(spec.Low) != want.act || len(spec.High) != want.act || len(spec.ObsNames) != want.obs || spec.ID != task.ID || spec.Limit != limit(task.ID) {
			t.Errorf("%s is described as %+v", name, spec)
		}
		if task.Needs() == "" {
			t.Errorf("%s can run without a library", name)
		}
		if _, err := env.Make(name); err == nil {
			t.Errorf("%s was made without a library", name)
		}
	}
	if len(tasks) != 37 {
		t.Errorf("%d tasks in the table, 37 are tested here", len(tasks))
	}
}

func limit(id string) int {
	switch base, _, _ := strings.Cut(id, ":"); base {
	case "gym/reacher":
		return 50
	case "gym/pusher":
		return 100
	}
	return 1000
}

func TestObservationsAreNamedByWhatTheyAre(t *testing.T) {
	for task, want := range map[*task]string{
		&reacher: "cos_qpos[0] cos_qpos[1] sin_qpos[0] sin_qpos[1] qpos[2] qpos[3] qvel[0] qvel[1] fingertip-target[0] fingertip-target[1]",
		&swimmer: "qpos[2] qpos[3] qpos[4] qvel[0] qvel[1] qvel[2] qvel[3] qvel[4]",
	} {
		if got := strings.Join(task.spec().ObsNames, " "); got != want {
			t.Errorf("%s observes %s", task.id, got)
		}
	}
	if names := pusher.spec().ObsNames; names[14] != "tips_arm[0]" || names[22] != "goal[2]" {
		t.Errorf("pusher observes %s", names)
	}
}

func TestVariantsDoNotChangeTheTaskTheyCameFrom(t *testing.T) {
	if n := len(invertedDoublePendulum.observe); n != 5 || invertedDoublePendulum.observe[4].count != 1 {
		t.Error("the double pendulum's observation was changed by its v4 variant")
	}
	if len(ant.observe) != 3 || ant.observe[2].field != mujoco.CfrcExt || ant.observe[2].from != 6 || ant.aliveAlways {
		t.Error("the ant was changed by one of its variants")
	}
	if reacher.worthBefore || reacher.observe[4].count != 2 || pusher.worthBefore || pusher.model != "pusher_v5.xml" {
		t.Error("an arm was changed by its v4 variant")
	}
	if antV4Contact.style != mujoco.Gymnasium || humanoidV4.style != mujoco.Gymnasium || humanoid.id != "humanoid" || humanoid.worth != nil {
		t.Error("a task was changed by its v2 variant or by the humanoid that stands up")
	}
	if halfCheetah.healthy != nil || hopper.id != "hopper" {
		t.Error("a base task was changed")
	}
}

// The rules of method.md A.8, tested from both sides of each bound.
func TestTerminationRulesHoldAtTheirBounds(t *testing.T) {
	observation := func(dim int, at map[int]float32) []float32 {
		o := make([]float32, dim)
		for i, x := range at {
			o[i] = x
		}
		return o
	}
	for _, c := range []struct {
		task *task
		at   map[int]float32
		want bool
	}{
		{&halfCheetah, map[int]float32{0: 1e6}, false},
		{&hopper, map[int]float32{0: .71}, false},
		{&hopper, map[int]float32{0: .69}, true},
		{&hopper, map[int]float32{0: 1, 1: .21}, true},
		{&hopper, map[int]float32{0: 1, 1: -.21}, true},
		{&hopper, map[int]float32{0: 1, 10: 100}, true},
		{&hopper, map[int]float32{0: 1, 10: -99}, false},
		{&walker2d, map[int]float32{0: .81, 1: -.99}, false},
		{&walker2d, map[int]float32{0: .79}, true},
		{&walker2d, map[int]float32{0: 2}, true},
		{&walker2d, map[int]float32{0: 1, 1: -1}, true},
		{&ant, map[int]float32{0: 1}, false},
		{&ant, map[int]float32{0: .19}, true},
		{&ant, map[int]float32{0: 1.01}, true},
		{&humanoid, map[int]float32{0: 1}, true},
		{&humanoid, map[int]float32{0: 1.01}, false},
		{&humanoid, map[int]float32{0: 2}, true},
		{&humanoidV2, map[int]float32{0: 1}, false},
		{&humanoidV2, map[int]float32{0: .99}, true},
		{&humanoidV2, map[int]float32{0: 2}, false},
		{&humanoidStandup, map[int]float32{0: .1}, false},
		{&reacher, map[int]float32{9: 1e6}, false},
		{&invertedPendulum, map[int]float32{1: .199}, false},
		{&invertedPendulum, map[int]float32{1: -.201}, true},
		{&invertedDoublePendulum, map[int]float32{3: 1, 4: 1}, false},
		{&invertedDoublePendulum, map[int]float32{1: 1, 3: 0, 4: 1}, true},
		{&invertedDoublePendulum, map[int]float32{1: .6, 3: .8, 4: 1}, true}, // 0.6 * 1.6 = 0.96
	} {
		e := &Env{task: c.task, spec: c.task.spec()}
		done := make([]bool, 1)
		if e.Terminal(observation(e.spec.ObsDim, c.at), done); done[0] != c.want {
			t.Errorf("%s with %v: terminal %v, want %v", c.task.id, c.at, done[0], c.want)
		}
	}
}
