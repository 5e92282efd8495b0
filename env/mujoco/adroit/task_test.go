package adroit

import (
	"math"
	"testing"

	"demorl/env"
)

func TestEveryTaskIsRegisteredAndDescribedWithoutTheLibrary(t *testing.T) {
	t.Setenv("MUJOCO_DIR", t.TempDir())
	for name, want := range map[string]struct {
		id              string
		obs, act, limit int
		terminates      bool
	}{
		"door-v0":                     {"adroit/door", 39, 28, 200, false},
		"adroit/door:v0":              {"adroit/door", 39, 28, 200, false},
		"AdroitHandDoor-v1":           {"adroit/door:gr142", 39, 28, 200, false},
		"AdroitHandDoorSparse-v1":     {"adroit/door:sparse", 39, 28, 200, false},
		"hammer-v0":                   {"adroit/hammer", 46, 26, 200, false},
		"AdroitHandHammer-v1":         {"adroit/hammer:gr142", 46, 26, 200, false},
		"AdroitHandHammerSparse-v1":   {"adroit/hammer:sparse", 46, 26, 200, false},
		"pen-v0":                      {"adroit/pen", 45, 24, 100, true},
		"AdroitHandPen-v1":            {"adroit/pen:gr142", 45, 24, 200, false},
		"AdroitHandPenSparse-v1":      {"adroit/pen:sparse", 45, 24, 200, false},
		"relocate-v0":                 {"adroit/relocate", 39, 30, 200, false},
		"AdroitHandRelocate-v1":       {"adroit/relocate:gr142", 39, 30, 200, false},
		"AdroitHandRelocateSparse-v1": {"adroit/relocate:sparse", 39, 30, 200, false},
	} {
		task, err := env.Lookup(name)
		if err != nil {
			t.Error(err)
			continue
		}
		spec := task.Describe()
		if spec.ID != want.id || spec.ObsDim != want.obs || len(spec.ObsNames) != want.obs || spec.ActDim != want.act ||
			spec.Limit != want.limit || spec.Terminates != want.terminates || spec.Low[0] != -1 || spec.High[want.act-1] != 1 {
			t.Errorf("%s is described as %+v", name, spec)
		}
		if task.Needs() == "" {
			t.Errorf("%s can run without a library", name)
		}
		if _, err := env.Make(name); err == nil {
			t.Errorf("%s was made without a library", name)
		}
	}
	if len(tasks) != 12 {
		t.Errorf("%d tasks in the table, 12 are tested here", len(tasks))
	}
}

func TestVariantsDoNotChangeTheTaskTheyCameFrom(t *testing.T) {
	if door.reach != -1 || pen.dropped == nil || pen.limit != 100 || relocate.onlySuccess || hammer.id != "adroit/hammer" || door.known != nil {
		t.Error("a base task was changed by one of its variants")
	}
}

// Numbers worked out by hand from environments.md section 3.
func TestThePensRewardHasItsBonuses(t *testing.T) {
	for _, c := range []struct {
		p    penState
		want float64
	}{
		{penState{.5, .3, .2}, -.2},
		{penState{.05, .91, .2}, -.05 + .91 + 10},
		{penState{.05, .96, .2}, -.05 + .96 + 60},
		{penState{.075, .96, .2}, -.075 + .96},
		{penState{.3, -1, .07}, -1.3 - 5},
	} {
		if got := c.p.reward(); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%+v: reward %v, want %v", c.p, got, c.want)
		}
	}
}

func TestOnlyADroppedPenIsTerminalFromBothSidesOfItsBound(t *testing.T) {
	done := make([]bool, 2)
	obs := make([]float32, 90)
	obs[26], obs[45+26] = .0751, .0749
	e := &Env{task: &pen, spec: pen.spec()}
	if e.Terminal(obs, done); done[0] || !done[1] {
		t.Errorf("terminal %v", done)
	}
	e = &Env{task: &tasks[4], spec: tasks[4].spec()}
	obs = make([]float32, 92)
	obs[46+45] = float32(math.Inf(1))
	if e.Terminal(obs, done); done[0] || !done[1] {
		t.Errorf("hammer: terminal %v, want it for what is not finite alone", done)
	}
}
