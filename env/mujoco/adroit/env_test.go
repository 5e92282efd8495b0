//go:build mujoco && cgo && linux

package adroit

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"demorl/env"
	"demorl/env/mujoco"
	"demorl/rng"
)

func opening(t testing.TB, task *task) *Env {
	t.Helper()
	needSimulator(t)
	e, err := open(task)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// base are the tasks that differ in more than the reward.
var base = []*task{&door, &hammer, &pen, &relocate}

func each(t *testing.T, test func(t *testing.T, task *task)) {
	for _, task := range base {
		t.Run(task.id, func(t *testing.T) { test(t, task) })
	}
}

func randomAction(s *rng.Stream, action []float64) {
	for j := range action {
		action[j] = s.Uniform(-1, 1)
	}
}

func reset(t *testing.T, e *Env, seed uint64) []float64 {
	t.Helper()
	obs := make([]float64, e.spec.ObsDim)
	if err := e.Reset(rng.NewStream(rng.Root(seed)), obs); err != nil {
		t.Fatal(err)
	}
	return obs
}

func TestTheTableAgreesWithTheModels(t *testing.T) {
	each(t, func(t *testing.T, task *task) {
		e := opening(t, task) // checks the sizes
		if got := e.sim.Timestep() * substeps; math.Abs(got-e.spec.Dt) > 1e-15 {
			t.Errorf("a step of %v s, the table says %v", got, e.spec.Dt)
		}
		obs := reset(t, e, 1)
		for i := task.hand[0]; i < task.hand[1]; i++ {
			if obs[i-task.hand[0]] != e.sim.Field(mujoco.Qpos)[i] {
				t.Errorf("entry %d is not joint %d", i-task.hand[0], i)
			}
		}
	})
}

func TestARestoredEpisodeStepsBitForBit(t *testing.T) {
	each(t, func(t *testing.T, task *task) {
		saved, fresh := opening(t, task), opening(t, task)
		obs := reset(t, saved, 3)
		other := reset(t, fresh, 4) // another target, in the model
		s, action := rng.NewStream(rng.Root(5)), make([]float64, task.nu)
		for range 40 {
			randomAction(s, action)
			if _, err := saved.Step(action, obs); err != nil {
				t.Fatal(err)
			}
		}
		if err := fresh.RestoreState(saved.AppendState(nil), other); err != nil {
			t.Fatal(err)
		}
		for i := range 60 {
			for j := range obs {
				if math.Float64bits(obs[j]) != math.Float64bits(other[j]) {
					t.Fatalf("step %d: observation %d is %v and %v", i, j, obs[j], other[j])
				}
			}
			randomAction(s, action)
			a, err := saved.Step(action, obs)
			b, err2 := fresh.Step(action, other)
			if err := errors.Join(err, err2); err != nil {
				t.Fatal(err)
			}
			if a != b {
				t.Fatalf("step %d: outcomes %+v and %+v", i, a, b)
			}
		}
	})
}

func TestAStateOfAnotherTasksModelIsRefused(t *testing.T) {
	a, b := opening(t, &door), opening(t, &pen)
	if err := b.RestoreState(a.AppendState(nil), make([]float64, 45)); err == nil || !strings.Contains(err.Error(), "adroit_door.xml") {
		t.Errorf("got %v", err)
	}
}

func TestEqualStreamsMakeEqualEpisodesOnAUsedInstance(t *testing.T) {
	each(t, func(t *testing.T, task *task) {
		e := opening(t, task)
		first := reset(t, e, 6)
		obs := slices.Clone(first)
		s, action := rng.NewStream(rng.Root(7)), make([]float64, task.nu)
		for range 20 {
			randomAction(s, action)
			if _, err := e.Step(action, obs); err != nil {
				t.Fatal(err)
			}
		}
		if again := reset(t, e, 6); !slices.Equal(first, again) {
			t.Error("a used instance begins otherwise")
		}
		if another := reset(t, e, 8); slices.Equal(first, another) {
			t.Error("another stream begins the same episode")
		}
	})
}

// The bounds of environments.md section 3; a uniform number has its mean in
// the middle and a variance of a twelfth of the squared width.
func TestResetsDrawTheTargetsUniformly(t *testing.T) {
	for _, c := range []struct {
		task   *task
		name   func(e *Env) []float64
		bounds [][2]float64
	}{
		{&door, func(e *Env) []float64 { return e.targets[0] }, [][2]float64{{-.3, -.2}, {.25, .35}, {.252, .35}}},
		{&hammer, func(e *Env) []float64 { return e.targets[0][2:] }, [][2]float64{{.1, .25}}},
		{&relocate, func(e *Env) []float64 { return e.targets[0][:2] }, [][2]float64{{-.15, .15}, {-.15, .3}}},
		{&relocate, func(e *Env) []float64 { return e.targets[1] }, [][2]float64{{-.2, .2}, {-.2, .2}, {.15, .35}}},
	} {
		e := opening(t, c.task)
		const n = 400
		s, obs := rng.NewStream(rng.Root(9)), make([]float64, e.spec.ObsDim)
		sum, squares := make([]float64, len(c.bounds)), make([]float64, len(c.bounds))
		for range n {
			if err := e.Reset(s, obs); err != nil {
				t.Fatal(err)
			}
			for i, x := range c.name(e) {
				lo, hi := c.bounds[i][0], c.bounds[i][1]
				if x < lo || x > hi {
					t.Fatalf("%s: entry %d is %v, outside [%v, %v]", c.task.id, i, x, lo, hi)
				}
				u := (x - (lo+hi)/2) / (hi - lo)
				sum[i] += u
				squares[i] += u * u
			}
		}
		for i := range c.bounds {
			if math.Abs(sum[i]/n) > 5/math.Sqrt(12*n) || math.Abs(12*squares[i]/n-1) > 5*.9/math.Sqrt(n) {
				t.Errorf("%s: entry %d has mean %v and mean square %v of its width", c.task.id, i, sum[i]/n, squares[i]/n)
			}
		}
	}
}

// Of Euler angles u, v, 0 about rotating axes, the third axis is
// (sin v, -sin u cos v, cos u cos v).
func TestThePensTargetPointsAsItsAnglesSay(t *testing.T) {
	e := opening(t, &pen)
	s, obs := rng.NewStream(rng.Root(10)), make([]float64, 45)
	smallest, largest := 1., -1.
	for range 300 {
		if err := e.Reset(s, obs); err != nil {
			t.Fatal(err)
		}
		axis := vec(obs[36:39])
		v := math.Asin(axis[0])
		u := math.Atan2(-axis[1], axis[2])
		if math.Abs(u) > 1 || math.Abs(v) > 1 {
			t.Fatalf("angles %v and %v", u, v)
		}
		smallest, largest = min(smallest, u, v), max(largest, u, v)
		if math.Abs(axis.norm()-1) > 1e-12 {
			t.Fatalf("a direction of length %v", axis.norm())
		}
	}
	if smallest > -.95 || largest < .95 {
		t.Errorf("angles from %v to %v", smallest, largest)
	}
}

func TestAnInjectedStateIsTakenOrItsFaultIsNamed(t *testing.T) {
	e := opening(t, &relocate)
	obs := reset(t, e, 11)
	q, v := make([]float64, 36), make([]float64, 36)
	if err := e.Inject(map[string][]float64{"qpos": q, "qvel": v, "target": {.1, -.1, .3}, "obj_pos": {.05, .1, .035}}, obs); err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{-.05, .2, -.265} { // object - target
		if math.Abs(obs[36+i]-want) > 1e-12 {
			t.Errorf("object - target is %v", obs[36:])
		}
	}
	if err := e.Inject(map[string][]float64{"qpos": q, "qvel": v}, obs); err != nil {
		t.Fatal(err)
	}
	if math.Abs(obs[36]-.007) > 1e-12 || math.Abs(obs[38]-(.035-.2)) > 1e-12 { // the file's places
		t.Errorf("without targets, object - target is %v", obs[36:])
	}
	for want, fields := range map[string]map[string][]float64{
		"target has 2 numbers; give 3": {"qpos": q, "qvel": v, "target": {1, 2}},
		"obj_pos[1] is NaN":            {"qpos": q, "qvel": v, "obj_pos": {1, math.NaN(), 2}},
		"under two names":              {"qpos": q, "qvel": v, "target": {1, 2, 3}, "target_pos": {1, 2, 3}},
		`has no "goal"`:                {"qpos": q, "qvel": v, "goal": {1, 2, 3}},
		`needs "qvel"`:                 {"qpos": q},
		`has no "lengths"`:             {"qpos": q, "qvel": v, "lengths": {1, 1}},
	} {
		if err := e.Inject(fields, obs); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "adroit/relocate") {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestTheRuleForImaginationAgreesWithTheTask(t *testing.T) {
	e := opening(t, &pen)
	s, action := rng.NewStream(rng.Root(12)), make([]float64, 24)
	pred, done := make([]float32, 45), make([]bool, 1)
	ended := 0
	for episode := range 6 {
		obs := reset(t, e, uint64(20+episode))
		for range 100 {
			randomAction(s, action)
			out, err := e.Step(action, obs)
			if err != nil {
				t.Fatal(err)
			}
			for i, x := range obs {
				pred[i] = float32(x)
			}
			if e.Terminal(pred, done); done[0] != out.Terminated {
				t.Fatalf("terminal %v at a height of %v", done[0], obs[26])
			}
			if out.Terminated {
				ended++
			}
		}
	}
	if ended == 0 {
		t.Error("no pen was dropped")
	}
}

// A float32 observation tells the reward to about 1e-6; only within that of a
// bonus's bound may it be another.
func TestTheKnownRewardIsTheTasks(t *testing.T) {
	needSimulator(t)
	for i := range tasks {
		task := &tasks[i]
		made, err := instance(task)
		if err != nil {
			t.Fatal(err)
		}
		defer made.Close()
		known, ok := env.Power[env.Rewarder](made)
		if want := strings.Contains(task.id, "pen") || task.id == "adroit/door:sparse" || task.id == "adroit/relocate:sparse"; ok != want {
			t.Errorf("%s: a known reward %v, want %v", task.id, ok, want)
		}
		if !ok {
			continue
		}
		s, action, obs := rng.NewStream(rng.Root(13)), make([]float64, task.nu), make([]float64, made.Spec().ObsDim)
		next, reward := make([]float32, len(obs)), make([]float32, 1)
		for range 3 {
			if err := made.Reset(s, obs); err != nil {
				t.Fatal(err)
			}
			for range 60 {
				randomAction(s, action)
				out, err := made.Step(action, obs)
				if err != nil {
					t.Fatal(err)
				}
				for i, x := range obs {
					next[i] = float32(x)
				}
				if known.Reward(nil, nil, next, reward); math.Abs(float64(reward[0])-out.Reward) > 2e-6*max(1, math.Abs(out.Reward)) {
					t.Fatalf("%s: known %v, real %v", task.id, reward[0], out.Reward)
				}
			}
		}
	}
}

func TestActionsBeyondTheBoundsAreClippedAndFaultsNamed(t *testing.T) {
	a, b := opening(t, &door), opening(t, &door)
	obs, other := reset(t, a, 14), reset(t, b, 14)
	wide, bound := make([]float64, 28), make([]float64, 28)
	for i := range wide {
		wide[i], bound[i] = 3, 1
	}
	x, err := a.Step(wide, obs)
	y, err2 := b.Step(bound, other)
	if err := errors.Join(err, err2); err != nil || x != y || !slices.Equal(obs, other) {
		t.Errorf("%v; outcomes %+v and %+v", err, x, y)
	}
	if _, err := a.Step(wide[:3], obs); err == nil || !strings.Contains(err.Error(), "adroit/door: action has 3 entries") {
		t.Errorf("got %v", err)
	}
	wide[2] = math.NaN()
	if _, err := a.Step(wide, obs); err == nil || !strings.Contains(err.Error(), "CTRL") {
		t.Errorf("an action with a NaN gave %v", err)
	}
}

func TestABareStepIsTheSimulatorsPartOfAStep(t *testing.T) {
	a, b := opening(t, &hammer), opening(t, &hammer)
	obs := reset(t, a, 15)
	reset(t, b, 15)
	actions := make([]float64, 10*26)
	randomAction(rng.NewStream(rng.Root(16)), actions)
	for i := range 10 {
		if _, err := a.Step(actions[26*i:26*(i+1)], obs); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Bare(actions); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a.scene.q, b.scene.q) || !slices.Equal(a.scene.v, b.scene.v) {
		t.Error("the simulators differ")
	}
}

func TestStepAndTerminalAllocateNothing(t *testing.T) {
	each(t, func(t *testing.T, task *task) {
		e := opening(t, task)
		obs, action := reset(t, e, 17), make([]float64, task.nu)
		pred, done := make([]float32, 8*e.spec.ObsDim), make([]bool, 8)
		if n := testing.AllocsPerRun(20, func() {
			if _, err := e.Step(action, obs); err != nil {
				t.Fatal(err)
			}
			e.Terminal(pred, done)
		}); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}
