package dmc

import (
	"math"
	"slices"
	"testing"

	"demorl/env"
)

func TestEveryTaskIsRegisteredAndDescribedWithoutTheLibrary(t *testing.T) {
	t.Setenv("MUJOCO_DIR", t.TempDir())
	for name, want := range map[string]struct {
		id            string
		obs, act, max int
		dt            float64
	}{
		"cartpole-swingup":              {"dmc/cartpole-swingup", 5, 1, 125, .08},
		"dmc/cartpole-swingup:k1":       {"dmc/cartpole-swingup:k1", 5, 1, 1000, .01},
		"dmc/cheetah-run":               {"dmc/cheetah-run", 17, 6, 250, .04},
		"dmc/hopper/hop":                {"dmc/hopper-hop", 15, 4, 500, .04},
		"dmc/finger-turn":               {"dmc/finger-turn_easy", 12, 2, 500, .04},
		"dmc/finger/turn":               {"dmc/finger-turn_easy", 12, 2, 500, .04},
		"finger-turn_hard":              {"dmc/finger-turn_hard", 12, 2, 500, .04},
		"dm_control/finger-spin-v0":     {"dmc/finger-spin", 9, 2, 500, .04},
		"dmc/ball_in_cup/catch":         {"dmc/ball_in_cup-catch", 8, 2, 500, .04},
		"Walker-Run":                    {"dmc/walker-run", 24, 6, 500, .05},
		"dmc/humanoid-walk":             {"dmc/humanoid-walk", 67, 21, 500, .05},
		"dmc/humanoid-walk:k1":          {"dmc/humanoid-walk:k1", 67, 21, 1000, .025},
		"dmc/reacher-hard":              {"dmc/reacher-hard", 6, 2, 250, .08},
		"dmc/pendulum-swingup":          {"dmc/pendulum-swingup", 3, 1, 250, .08},
		"dmc/fish-swim":                 {"dmc/fish-swim", 24, 5, 250, .16},
		"dmc/swimmer15":                 {"dmc/swimmer-swimmer15", 61, 14, 250, .12},
		"dm_control/acrobot-swingup-v0": {"dmc/acrobot-swingup", 6, 1, 250, .04},
	} {
		task, err := env.Lookup(name)
		if err != nil {
			t.Error(err)
			continue
		}
		spec := task.Describe()
		if spec.ID != want.id || task.ID != want.id || spec.ObsDim != want.obs || len(spec.ObsNames) != want.obs || spec.ActDim != want.act ||
			spec.Limit != want.max || math.Abs(spec.Dt-want.dt) > 1e-12 || spec.Terminates || len(spec.Low) != want.act || len(spec.High) != want.act {
			t.Errorf("%s is described as %+v", name, spec)
		}
		if task.Needs() == "" {
			t.Errorf("%s can run without a library", name)
		}
		if _, err := env.Make(name); err == nil {
			t.Errorf("%s was made without a library", name)
		}
	}
}

func TestRepeatsFillEpisodesExactlyAndVariantsLeaveTheirTasksAlone(t *testing.T) {
	if len(tasks) != 2*27 {
		t.Errorf("%d tasks, want 27 with and without repeat", len(tasks))
	}
	for i, task := range tasks {
		if limit%task.repeat != 0 {
			t.Errorf("%s: %d control steps are no multiple of %d", task.id(), limit, task.repeat)
		}
		if once := i >= len(tasks)/2; once != (task.repeat == 1) || once != (task.variant == "k1") {
			t.Errorf("%s: repeat %d, variant %q", task.id(), task.repeat, task.variant)
		}
	}
}

func TestATerminalObservationIsOneThatIsNotFinite(t *testing.T) {
	e := &Env{task: &tasks[0], spec: tasks[0].spec()}
	dim := e.spec.ObsDim
	obs, done := make([]float32, 5*dim), []bool{true, true, true, true, true}
	obs[1*dim+2] = float32(math.NaN())
	obs[2*dim+dim-1] = float32(math.Inf(-1))
	obs[3*dim] = math.MaxFloat32
	if e.Terminal(obs, done); !slices.Equal(done, []bool{false, true, true, false, false}) {
		t.Errorf("terminal: %v", done)
	}
}

func TestAToleranceThatItsShapeCannotHaveIsRefused(t *testing.T) {
	for _, bad := range []func(){
		func() { within(0, 0).falling(1, gaussian, 0) },
		func() { within(0, 0).falling(1, linear, 1) },
		func() { within(0, 0).falling(0, linear, .5) },
		func() { within(0, 0).falling(1, longTail, math.NaN()) },
		func() { within(0, 0).falling(1, quadratic, -.1) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("a tolerance was made that cannot be")
				}
			}()
			bad()
		}()
	}
}

func TestAModelThatIsNotASwimmersIsRefused(t *testing.T) {
	for _, text := range []string{"", "<mujoco></mujoco>", "<mujoco><body></body><body></body></mujoco>"} {
		if _, err := withLinks(text, 6); err == nil {
			t.Errorf("%q was given links", text)
		}
	}
}
