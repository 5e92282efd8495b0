//go:build mujoco && cgo && linux

package hand

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"demorl/env/mujoco"
	"demorl/env/mujoco/rotations"
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

// each runs a test for one task of every kind of model.
func each(t *testing.T, test func(t *testing.T, task *task)) {
	for _, id := range []string{"hand/pen", "dext/penspin", "dext/egg-handover", "dext/block-catch-overarm", "dext/two-egg-catch-underarm"} {
		t.Run(id, func(t *testing.T) { test(t, find(t, id)) })
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

// Every model is loaded once; opening checks its sizes and the order of its joints.
func TestTheTableAgreesWithTheModels(t *testing.T) {
	needSimulator(t)
	for _, tasks := range [][]task{manipulation, dexterous} {
		for i := range tasks {
			if strings.HasSuffix(tasks[i].id, ":sparse") || strings.Contains(tasks[i].id, "-rotate") {
				continue // the model of another task
			}
			e, err := open(&tasks[i])
			if err != nil {
				t.Error(err)
				continue
			}
			if got := e.sim.Timestep() * substeps; math.Abs(got-e.spec.Dt) > 1e-15 {
				t.Errorf("%s: a step of %v s, the table says %v", tasks[i].id, got, e.spec.Dt)
			}
			e.Close()
		}
	}
}

func TestARestoredEpisodeStepsBitForBit(t *testing.T) {
	each(t, func(t *testing.T, task *task) {
		saved, fresh := opening(t, task), opening(t, task)
		obs, other := reset(t, saved, 3), reset(t, fresh, 4)
		s, action := rng.NewStream(rng.Root(5)), make([]float64, task.nu())
		for range 15 {
			randomAction(s, action)
			if _, err := saved.Step(action, obs); err != nil {
				t.Fatal(err)
			}
		}
		if err := fresh.RestoreState(saved.AppendState(nil), other); err != nil {
			t.Fatal(err)
		}
		for i := range 25 {
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
		if err := fresh.RestoreState(saved.AppendState(nil)[:60], other); err == nil {
			t.Error("half a state was taken")
		}
	})
}

func TestAStateOfAnotherModelIsRefused(t *testing.T) {
	a, b := opening(t, find(t, "hand/egg")), opening(t, find(t, "hand/block"))
	if err := b.RestoreState(a.AppendState(nil), make([]float64, 68)); err == nil || !strings.Contains(err.Error(), "manipulate_egg.xml") {
		t.Errorf("got %v", err)
	}
}

func TestEqualStreamsMakeEqualEpisodesOnAUsedInstance(t *testing.T) {
	each(t, func(t *testing.T, task *task) {
		e := opening(t, task)
		play := func(seed uint64) []float64 {
			obs := reset(t, e, seed)
			s, action := rng.NewStream(rng.Root(7)), make([]float64, task.nu())
			for range 5 { // the warm start shows only in steps
				randomAction(s, action)
				if _, err := e.Step(action, obs); err != nil {
					t.Fatal(err)
				}
			}
			return obs
		}
		first := play(6)
		if again := play(6); !slices.Equal(first, again) {
			t.Error("a used instance plays otherwise")
		}
		if another := play(8); slices.Equal(first, another) {
			t.Error("another stream plays the same episode")
		}
	})
}

// Without the settling a reset shows what it drew: a normal displacement of
// 5 mm and a uniform angle about the task's axis.
func TestStartsAreDrawnAsTheOriginalsAre(t *testing.T) {
	for _, c := range []struct {
		id    string
		about rotation
	}{{"hand/block-rotate-z", aboutZ}, {"hand/block-rotate-parallel", parallel}, {"hand/egg", anyAxis}, {"hand/pen", unturned}, {"dext/egg-handover", anyAxis}} {
		unsettled := *find(t, c.id)
		unsettled.start.settle, unsettled.center = 0, ""
		e := opening(t, &unsettled)
		const n = 600
		s, obs := rng.NewStream(rng.Root(9)), make([]float64, e.spec.ObsDim)
		initial := rotations.At(e.home[3:])
		squares, angles, uprights := 0., 0., 0.
		for range n {
			if err := e.Reset(s, obs); err != nil {
				t.Fatal(err)
			}
			for i := range 3 {
				d := e.poses[0][i] - e.home[i]
				squares += d * d
			}
			q := initial.Conj().Mul(rotations.At(e.poses[0][3:]))
			angles += math.Min(rotations.Angle(q, rotations.Quat{1}), rotations.Angle(rotations.Quat{-q[0], -q[1], -q[2], -q[3]}, rotations.Quat{1}))
			if z := math.Abs(q.Z33()); c.about == aboutZ && z < 1-1e-9 || c.about == parallel && math.Abs(z-math.Round(z)) > 1e-9 || c.about == unturned && q[0] < 1-1e-12 {
				t.Fatalf("%s: turned by %v", c.id, q)
			} else if z > .5 {
				uprights++
			}
		}
		wantNoise := unsettled.start.noise
		if got := math.Sqrt(squares / (3 * n)); wantNoise == 0 && got != 0 || wantNoise > 0 && math.Abs(got/wantNoise-1) > 5/math.Sqrt(6*n) {
			t.Errorf("%s: displaced by %v m, want %v", c.id, got, wantNoise)
		}
		// The mean of a uniform angle up to pi; of the 24 rotations 8 keep z upright or overhead.
		if mean := angles / n; c.about != parallel && c.about != unturned && math.Abs(mean-math.Pi/2) > 5*math.Pi/math.Sqrt(12*n) {
			t.Errorf("%s: mean angle %v", c.id, mean)
		}
		if c.about == parallel && math.Abs(uprights/n-1./3) > 5*math.Sqrt(2./9/n) {
			t.Errorf("%s: %v of the starts are upright, want a third", c.id, uprights/n)
		}
	}
}

func TestEveryStartOfManipulationIsOnThePalm(t *testing.T) {
	for _, id := range []string{"hand/egg", "hand/pen"} {
		e := opening(t, find(t, id))
		for seed := range uint64(30) {
			obs := reset(t, e, 100+seed)
			if e.center[2] <= .04 || obs[56] < .04 {
				t.Errorf("%s: the object is at a height of %v", id, obs[56])
			}
		}
	}
}

// The scene's keyframe holds the same pose as the package's code.
func TestTheOverarmStartIsTheScenesKeyframe(t *testing.T) {
	for _, object := range []string{"egg", "block", "pen"} {
		e := opening(t, find(t, "dext/"+object+"-catch-overarm"))
		obs := reset(t, e, 18)
		if !slices.Equal(e.sim.Field(mujoco.Qpos), e.sim.Field(mujoco.KeyQpos)[:74]) {
			t.Errorf("%s: the start differs from the keyframe", object)
		}
		if !slices.Equal(obs[:30], overarmPose[:30]) || !slices.Equal(obs[60:90], overarmPose[30:60]) {
			t.Errorf("%s: the hands are not where the start says", object)
		}
	}
}

// The boxes and ranges of environments.md section 4, and the rule that a goal
// lies in the box farther from the object.
func TestGoalsAreDrawnAsTheOriginalsAre(t *testing.T) {
	for _, c := range []struct {
		id            string
		object        [3]float64 // where the object is put
		first, second box        // of the first and the second object's goal
	}{
		{"hand/egg", [3]float64{1, .9, .2}, box{{.96, 1.04}, {.84, .92}, {.2, .26}}, box{}},
		{"hand/egg-rotate", [3]float64{1, .9, .2}, box{{1, 1}, {.9, .9}, {.2, .2}}, box{}},
		{"dext/egg-handover", [3]float64{1, .87, .2}, box{{.96, 1.04}, {.6, .68}, {.2, .26}}, box{}},
		{"dext/egg-handover", [3]float64{1, .5, .2}, box{{.96, 1.04}, {.81, .89}, {.2, .26}}, box{}},
		{"dext/two-egg-catch-underarm", [3]float64{1, .35, .4}, box{{.97, 1.03}, {.9, .97}, {.15, .35}}, box{{.97, 1.03}, {.38, .45}, {.15, .35}}},
	} {
		e := opening(t, find(t, c.id))
		copy(e.poses[0], c.object[:])
		const n = 500
		s := rng.NewStream(rng.Root(10))
		var sum [2][3]float64
		angles := 0.
		for range n {
			e.drawGoal(s)
			for k, b := range []box{c.first, c.second}[:e.task.objects] {
				for i, bounds := range b {
					x := e.goal[7*k+i]
					if x < bounds[0]-1e-12 || x > bounds[1]+1e-12 {
						t.Fatalf("%s: goal %d is at %v, outside %v", c.id, k, e.goal[7*k:7*k+3], b)
					}
					sum[k][i] += x
				}
				q := rotations.At(e.goal[7*k+3:])
				if math.Abs(q.Mul(q.Conj())[0]-1) > 1e-12 {
					t.Fatalf("%s: a rotation that is not of unit length", c.id)
				}
				// From -pi to pi: an angle of zero is in the middle, so w is never negative.
				if q[0] < 0 {
					t.Fatalf("%s: a rotation by more than pi", c.id)
				}
				angles += rotations.Angle(q, rotations.Quat{1}) / float64(e.task.objects)
			}
		}
		for k, b := range []box{c.first, c.second}[:e.task.objects] {
			for i, bounds := range b {
				if width := bounds[1] - bounds[0]; math.Abs(sum[k][i]/n-(bounds[0]+bounds[1])/2) > 5*width/math.Sqrt(12*n)+1e-12 {
					t.Errorf("%s: coordinate %d of goal %d has the mean %v", c.id, i, k, sum[k][i]/n)
				}
			}
		}
		if math.Abs(angles/n-math.Pi/2) > 5*math.Pi/math.Sqrt(12*n) {
			t.Errorf("%s: mean angle %v of the goals", c.id, angles/n)
		}
	}
}

func TestAnInjectedStateIsTakenOrItsFaultIsNamed(t *testing.T) {
	e := opening(t, find(t, "hand/block"))
	obs := make([]float64, 68)
	q, v, goal := slices.Clone(e.sim.Field(mujoco.Qpos)), make([]float64, 36), []float64{1, .9, .3, 0, 1, 0, 0}
	for _, name := range []string{"goal", "target"} {
		reset(t, e, 11)
		if err := e.Inject(map[string][]float64{"qpos": q, "qvel": v, name: goal}, obs); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(obs[61:], goal) || !slices.Equal(obs[:24], q[:24]) || !slices.Equal(obs[54:61], e.poses[0]) {
			t.Errorf("obs %v", obs)
		}
	}
	if err := e.Inject(map[string][]float64{"qpos": q, "qvel": v}, obs); err != nil || !slices.Equal(obs[61:], e.home) {
		t.Errorf("%v; without a goal it is %v", err, obs[61:])
	}
	for want, fields := range map[string]map[string][]float64{
		"both goal and target":       {"qpos": q, "qvel": v, "goal": goal, "target": goal},
		"goal has 3 numbers; give 7": {"qpos": q, "qvel": v, "goal": goal[:3]},
		"target[0] is +Inf":          {"qpos": q, "qvel": v, "target": {math.Inf(1), 0, 0, 1, 0, 0, 0}},
		`needs "qpos"`:               {"qvel": v, "goal": goal},
		"ctrl has 1 number;":         {"qpos": q, "qvel": v, "ctrl": {1}},
	} {
		if err := e.Inject(fields, obs); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "hand/block") {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	spin := opening(t, &penspin)
	if err := spin.Inject(map[string][]float64{"qpos": q, "qvel": v, "goal": goal}, make([]float64, 61)); err == nil || !strings.Contains(err.Error(), `has no "goal"`) {
		t.Errorf("penspin, which has no goal: %v", err)
	}
}

// A float32 observation tells a distance to about 1e-6, but an angle that is
// nearly 0 or 2 pi only to the root of that.
func TestTheKnownRewardIsTheTasks(t *testing.T) {
	for _, id := range []string{"hand/pen", "hand/block:sparse", "dext/penspin", "dext/egg-handover", "dext/two-block-catch-underarm"} {
		e := opening(t, find(t, id))
		s, action := rng.NewStream(rng.Root(12)), make([]float64, e.spec.ActDim)
		next, reward := make([]float32, e.spec.ObsDim), make([]float32, 1)
		for episode := range uint64(3) {
			obs := reset(t, e, 30+episode)
			if episode == 2 && !e.task.goal.none { // at the goal
				for i := range e.goal {
					e.goal[i] = e.poses[i/7][i%7]
				}
			}
			for step := range 20 {
				if step > 5 || episode < 2 {
					randomAction(s, action)
				}
				out, err := e.Step(action, obs)
				if err != nil {
					t.Fatal(err)
				}
				for i, x := range obs {
					next[i] = float32(x)
				}
				bound := 1e-5 * max(1, math.Abs(out.Reward))
				if episode == 2 && !e.task.score.spin {
					bound = 2e-3
				}
				if e.Reward(nil, nil, next, reward); math.Abs(float64(reward[0])-out.Reward) > bound {
					t.Errorf("%s: step %d of episode %d: known %v, real %v", id, step, episode, reward[0], out.Reward)
				}
			}
		}
	}
}

func TestActionsBeyondTheBoundsAreClippedAndFaultsNamed(t *testing.T) {
	task := find(t, "dext/egg-handover")
	a, b := opening(t, task), opening(t, task)
	obs, other := reset(t, a, 14), reset(t, b, 14)
	wide, bound := make([]float64, 40), make([]float64, 40)
	for i := range wide {
		wide[i], bound[i] = -3, -1
	}
	x, err := a.Step(wide, obs)
	y, err2 := b.Step(bound, other)
	if err := errors.Join(err, err2); err != nil || x != y || !slices.Equal(obs, other) {
		t.Errorf("%v; outcomes %+v and %+v", err, x, y)
	}
	if _, err := a.Step(wide[:3], obs); err == nil || !strings.Contains(err.Error(), "dext/egg-handover: action has 3 entries") {
		t.Errorf("got %v", err)
	}
	wide[2] = math.NaN()
	if _, err := a.Step(wide, obs); err == nil || !strings.Contains(err.Error(), "CTRL") {
		t.Errorf("an action with a NaN gave %v", err)
	}
}

func TestABareStepIsTheSimulatorsPartOfAStep(t *testing.T) {
	task := find(t, "hand/egg")
	a, b := opening(t, task), opening(t, task)
	obs, other := reset(t, a, 15), reset(t, b, 15)
	actions := make([]float64, 5*20)
	randomAction(rng.NewStream(rng.Root(16)), actions)
	for i := range 5 {
		if _, err := a.Step(actions[20*i:20*(i+1)], obs); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Bare(actions); err != nil {
		t.Fatal(err)
	}
	if b.observe(other); !slices.Equal(obs, other) {
		t.Error("the simulators differ")
	}
}

func TestStepTerminalAndRewardAllocateNothing(t *testing.T) {
	each(t, func(t *testing.T, task *task) {
		e := opening(t, task)
		obs, action := reset(t, e, 17), make([]float64, task.nu())
		pred, done, reward := make([]float32, 8*e.spec.ObsDim), make([]bool, 8), make([]float32, 8)
		if n := testing.AllocsPerRun(10, func() {
			if _, err := e.Step(action, obs); err != nil {
				t.Fatal(err)
			}
			e.Terminal(pred, done)
			e.Reward(nil, nil, pred, reward)
		}); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}
