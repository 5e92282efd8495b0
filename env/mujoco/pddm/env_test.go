//go:build mujoco && cgo && linux

package pddm

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"

	"demorl/env"
	"demorl/env/mujoco"
	"demorl/rng"
)

func instance(t testing.TB, task *task) *Env {
	t.Helper()
	need(t, task)
	e, err := open(task)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// each runs a test for every task of the table.
func each(t *testing.T, test func(t *testing.T, task *task)) {
	for i := range tasks {
		t.Run(tasks[i].id, func(t *testing.T) {
			need(t, &tasks[i])
			test(t, &tasks[i])
		})
	}
}

func randomAction(s *rng.Stream, action []float64) {
	for j := range action {
		action[j] = s.Uniform(-1.1, 1.1)
	}
}

func sameBits(t *testing.T, what string, a, b []float64) {
	t.Helper()
	for i := range a {
		if math.Float64bits(a[i]) != math.Float64bits(b[i]) {
			t.Fatalf("%s: entry %d is %v and %v", what, i, a[i], b[i])
		}
	}
}

func TestTheModelsHaveTheTablesTimestepAndNames(t *testing.T) {
	each(t, func(t *testing.T, task *task) {
		e := instance(t, task)
		if got := e.sim.Timestep(); got != timestep || e.dt != .1 {
			t.Errorf("time step %v and step %v", got, e.dt)
		}
		for j, limits := 0, e.sim.Field(mujoco.ActuatorCtrlrange); j < task.size.nu; j++ { // the pose lies within the servos' range
			if p := e.drive.mid[j]; task.scene.own != "" && !(limits[2*j] <= p && p <= limits[2*j+1]) {
				t.Errorf("joint %d: pose %v is not within %v", j, p, limits[2*j:2*j+2])
			}
			if e.sim.Index(mujoco.ActuatorTrnid)[2*j] != int32(j) {
				t.Errorf("servo %d moves joint %d", j, e.sim.Index(mujoco.ActuatorTrnid)[2*j])
			}
		}
	})
}

func TestARestoredEpisodeStepsBitForBit(t *testing.T) {
	each(t, func(t *testing.T, task *task) {
		saved, fresh := instance(t, task), instance(t, task)
		s := rng.NewStream(rng.Root(7).Derive(task.id))
		obs, other := make([]float64, len(task.obs)), make([]float64, len(task.obs))
		action := make([]float64, task.size.nu)
		if err := fresh.Reset(s, other); err != nil { // an instance with a past of its own
			t.Fatal(err)
		}
		if err := saved.Reset(s, obs); err != nil {
			t.Fatal(err)
		}
		for i := range 30 {
			randomAction(s, action)
			if i%10 == 0 {
				state := saved.AppendState(nil)
				if err := fresh.RestoreState(state, other); err != nil {
					t.Fatal(err)
				}
				sameBits(t, "restored observation", obs, other)
				if !bytes.Equal(state, fresh.AppendState(nil)) {
					t.Fatal("the restored instance saves another state")
				}
			}
			x, err := saved.Step(action, obs)
			y, err2 := fresh.Step(action, other)
			if err := errors.Join(err, err2); err != nil {
				t.Fatal(err)
			}
			if x != y {
				t.Fatalf("step %d: outcomes %+v and %+v", i, x, y)
			}
			sameBits(t, "step", obs, other)
		}
	})
}

func TestARefusedStateChangesNothing(t *testing.T) {
	e, cube := instance(t, find(t, "claw")), instance(t, find(t, "cube"))
	obs := make([]float64, 39)
	if err := e.Reset(rng.NewStream(rng.Root(1)), obs[:21]); err != nil {
		t.Fatal(err)
	}
	before := e.AppendState(nil)
	for name, state := range map[string][]byte{"of another task": cube.AppendState(nil), "that is cut": before[:len(before)-9], "that is empty": nil} {
		if err := e.RestoreState(state, obs[:21]); err == nil || !strings.Contains(err.Error(), "pddm/claw") {
			t.Errorf("a state %s: %v", name, err)
		}
		if !bytes.Equal(before, e.AppendState(nil)) {
			t.Errorf("a state %s changed the instance", name)
		}
	}
}

func TestAResetForgetsTheEpisodeBefore(t *testing.T) {
	each(t, func(t *testing.T, task *task) {
		e, fresh := instance(t, task), instance(t, task)
		obs, other, action := make([]float64, len(task.obs)), make([]float64, len(task.obs)), make([]float64, task.size.nu)
		s := rng.NewStream(rng.Root(3))
		if err := e.Reset(s, obs); err != nil {
			t.Fatal(err)
		}
		for range 10 {
			randomAction(s, action)
			if _, err := e.Step(action, obs); err != nil {
				t.Fatal(err)
			}
		}
		key := rng.Root(4).Derive("episode")
		if err := errors.Join(e.Reset(rng.NewStream(key), obs), fresh.Reset(rng.NewStream(key), other)); err != nil {
			t.Fatal(err)
		}
		sameBits(t, "observation", obs, other)
		if !bytes.Equal(e.AppendState(nil), fresh.AppendState(nil)) {
			t.Error("something of the episode before is left in the state")
		}
	})
}

// Float32 observations move a reward by their own rounding, except beside a
// bonus' bound, where both may fall on different sides.
func TestTheRulesForImaginationAgreeWithTheTask(t *testing.T) {
	each(t, func(t *testing.T, task *task) {
		made, err := task.open()
		if err != nil {
			t.Fatal(err)
		}
		defer made.Close()
		terminator, _ := env.Power[env.Terminator](made)
		rewarder, known := env.Power[env.Rewarder](made)
		if known != (task.reward != nil) {
			t.Fatalf("a known reward %v", known)
		}
		s := rng.NewStream(rng.Root(11).Derive(task.id))
		obs, action := make([]float64, len(task.obs)), make([]float64, task.size.nu)
		pred, done, reward := make([]float32, len(task.obs)), make([]bool, 1), make([]float32, 1)
		ended, steps := 0, 0
		for range 4 {
			if err := made.Reset(s, obs); err != nil {
				t.Fatal(err)
			}
			for range 25 {
				randomAction(s, action)
				out, err := made.Step(action, obs)
				if err != nil {
					t.Fatal(err)
				}
				for i, x := range obs {
					pred[i] = float32(x)
				}
				steps++
				if terminator.Terminal(pred, done); done[0] != out.Terminated {
					t.Errorf("Terminal says %v, the task %v", done[0], out.Terminated)
				}
				if known {
					if rewarder.Reward(nil, nil, pred, reward); math.Abs(float64(reward[0])-out.Reward) > 2e-5*(1+math.Abs(out.Reward)) {
						t.Errorf("Reward says %v, the task %v", reward[0], out.Reward)
					}
				}
				if out.Terminated {
					ended++
				}
				if out.Truncated {
					t.Error("the bare task cuts its own episode")
				}
			}
		}
		if (task.terminal != nil) != (ended > 0) {
			t.Errorf("%d of %d steps ended", ended, steps)
		}
		pred[3] = float32(math.NaN())
		if terminator.Terminal(pred, done); !done[0] {
			t.Error("an observation with a NaN is not terminal")
		}
	})
}

// bounded tells whether x is spread over [low, high] as uniform numbers are:
// five standard errors of the mean, and both ends nearly reached.
func bounded(t *testing.T, name string, x []float64, low, high float64) {
	t.Helper()
	least, most, sum := math.Inf(1), math.Inf(-1), 0.
	for _, x := range x {
		least, most, sum = min(least, x), max(most, x), sum+x
	}
	n, width := float64(len(x)), high-low
	if least < low || most > high || least > low+.05*width || most < high-.05*width {
		t.Errorf("%s: between %v and %v, want %v to %v", name, least, most, low, high)
	}
	if mean := sum / n; math.Abs(mean-(low+high)/2) > 5*width/math.Sqrt(12*n) {
		t.Errorf("%s: mean %v", name, mean)
	}
}

func TestResetsFollowTheOriginalsDistributions(t *testing.T) {
	const n = 400
	draw := func(id string, look func(e *Env, obs []float64)) {
		e := instance(t, find(t, id))
		obs, s := make([]float64, len(e.task.obs)), rng.NewStream(rng.Root(13).Derive(id))
		for range n {
			if err := e.Reset(s, obs); err != nil {
				t.Fatal(err)
			}
			look(e, obs)
		}
	}
	var valve, goal, side []float64
	draw("claw", func(e *Env, obs []float64) {
		valve, goal, side = append(valve, obs[18]), append(goal, math.Abs(obs[20])), append(side, math.Copysign(1, obs[20]))
		sameBits(t, "pose", obs[:9], []float64{0, -1, 1.35, 0, -1, 1.35, 0, -1, 1.35})
		for _, x := range e.sim.Field(mujoco.Qpos)[9:18] {
			if x != 0 {
				t.Fatal("the picture's copy of the claw moved")
			}
		}
	})
	bounded(t, "valve", valve, -math.Pi/4, math.Pi/4)
	bounded(t, "goal", goal, math.Pi/2, math.Pi)
	bounded(t, "side of the goal", side, -1, 1)

	var start, target []float64
	draw("claw:robel-random", func(e *Env, obs []float64) {
		start = append(start, math.Atan2(obs[10], obs[9]))
		target = append(target, wrapped(e.memory[atTarget]-math.Pi))
	})
	bounded(t, "ROBEL's valve", start, -math.Pi/3, math.Pi/3)
	bounded(t, "ROBEL's target", target, -math.Pi/3-1e-6, math.Pi/3+1e-6)
	draw("claw:robel-fixed", func(e *Env, obs []float64) {
		if obs[9] != 1 || obs[10] != 0 || math.Abs(math.Abs(obs[20])-math.Pi) > 1e-6 {
			t.Fatalf("the fixed task begins at %v", obs)
		}
	})

	goals := map[[3]float64]int{}
	draw("cube:fixed", func(_ *Env, obs []float64) { goals[[3]float64(obs[36:])]++ })
	for _, g := range cubeGoals {
		if c := goals[g]; math.Abs(float64(c)-n/4) > 5*math.Sqrt(n*.25*.75) {
			t.Errorf("goal %v was drawn %d times of %d", g, c, n)
		}
	}
	draw("cube", func(_ *Env, obs []float64) { // the goal shows from the first step on, as in a fresh original
		sameBits(t, "goal shown at the reset", obs[36:], []float64{0, 0, 0})
	})
}

func TestRandomDynamicsAndNoiseFollowTheOriginalsDistributions(t *testing.T) {
	e := instance(t, find(t, "claw:robel-random-dynamics"))
	mount, err := e.sim.ID(mujoco.Body, "mount")
	if err != nil {
		t.Fatal(err)
	}
	obs, s := make([]float64, 21), rng.NewStream(rng.Root(17))
	seen := map[string][]float64{}
	see := func(name string, x float64) { seen[name] = append(seen[name], x) }
	for range 500 {
		if err := e.Reset(s, obs); err != nil {
			t.Fatal(err)
		}
		see("damping", e.sim.Field(mujoco.DofDamping)[18])
		see("friction loss", e.sim.Field(mujoco.DofFrictionloss)[3])
		see("gain", e.sim.Field(mujoco.ActuatorGainprm)[10*4])
		if e.sim.Field(mujoco.ActuatorBiasprm)[10*4+1] != -e.sim.Field(mujoco.ActuatorGainprm)[10*8] {
			t.Fatal("gain and bias differ")
		}
		see("sliding", e.sim.Field(mujoco.GeomFriction)[3*20])
		see("spinning", e.sim.Field(mujoco.GeomFriction)[3*20+1])
		see("rolling", e.sim.Field(mujoco.GeomFriction)[3*20+2])
		see("mount", e.sim.Field(mujoco.BodyPos)[3*mount+2])
		see("noise of a first joint", obs[0])
		see("noise of a last joint", obs[8]-robelPose[2])
		see("noise of a speed", e.memory[atNoise+9])
		see("noise of the valve", e.memory[atValve])
		if e.sim.Field(mujoco.DofDamping)[9] != 100 {
			t.Fatal("the picture's copy of the claw was changed")
		}
	}
	for name, limits := range map[string][2]float64{
		"damping": {.005, .1}, "friction loss": {.001, .005}, "gain": {1, 3}, "sliding": {.8, 1.2}, "spinning": {.003, .007}, "rolling": {5e-5, 15e-5},
		"mount": {.325, .345}, "noise of a first joint": {-.024, .024}, "noise of a last joint": {-.05 * math.Pi / 2, .05 * math.Pi / 2},
		"noise of a speed": {-.05 * 2 * math.Pi / 3, .05 * 2 * math.Pi / 3}, "noise of the valve": {-.05 * math.Pi, .05 * math.Pi},
	} {
		slack := 1e-6 * limits[1] // the originals' limits are float32
		bounded(t, name, seen[name], limits[0]-slack, limits[1]+slack)
	}
	before := e.memory[atValve]
	if _, err := e.Step(make([]float64, 9), obs); err != nil || e.memory[atValve] == before {
		t.Errorf("a step observes with the noise of the one before (%v)", err)
	}
}

func TestAnInjectedStateIsTakenOrItsFaultIsNamed(t *testing.T) {
	e := instance(t, find(t, "claw"))
	obs := make([]float64, 21)
	q, v := make([]float64, 19), make([]float64, 19)
	q[18], v[18] = .7, -.2
	if err := e.Inject(map[string][]float64{"qpos": q, "qvel": v, "goal": {2}, "time": {3}}, obs); err != nil {
		t.Fatal(err)
	}
	if obs[18] != .7 || obs[19] != -.2 || obs[20] != 2 || e.sim.Time() != 3 {
		t.Errorf("obs %v, time %v", obs, e.sim.Time())
	}
	before := e.AppendState(nil)
	for want, fields := range map[string]map[string][]float64{
		`needs "qvel"`:         {"qpos": q, "goal": {1}},
		"goal has 2 numbers":   {"qpos": q, "qvel": v, "goal": {1, 2}},
		"goal[0] is NaN":       {"qpos": q, "qvel": v, "goal": {math.NaN()}},
		"qpos has 2 numbers":   {"qpos": q[:2], "qvel": v},
		"the task's own: goal": {"qpos": q, "qvel": v, "target": {1}},
	} {
		if err := e.Inject(fields, obs); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
		if !bytes.Equal(before, e.AppendState(nil)) {
			t.Errorf("%q: the refused state changed the instance", want)
		}
	}
}

func TestStepAndTheRulesAllocateNothing(t *testing.T) {
	each(t, func(t *testing.T, task *task) {
		e := instance(t, task)
		dim := len(task.obs)
		obs, action := make([]float64, dim), make([]float64, task.size.nu)
		if err := e.Reset(rng.NewStream(rng.Root(1)), obs); err != nil {
			t.Fatal(err)
		}
		pred, done, reward := make([]float32, 8*dim), make([]bool, 8), make([]float32, 8)
		if n := testing.AllocsPerRun(3, func() {
			if _, err := e.Step(action, obs); err != nil {
				t.Fatal(err)
			}
			e.Terminal(pred, done)
			if task.reward != nil {
				known{e}.Reward(nil, nil, pred, reward)
			}
		}); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

// The hand's tasks write into the simulation between steps, the claw's do not.
func TestABareRunMakesTheSameSimulatorCalls(t *testing.T) {
	each(t, func(t *testing.T, task *task) {
		if task.scene != &robelClaw {
			return
		}
		e, bare := instance(t, task), instance(t, task)
		obs, s, key := make([]float64, len(task.obs)), rng.NewStream(rng.Root(5)), rng.Root(6)
		if err := errors.Join(e.Reset(rng.NewStream(key), obs), bare.Reset(rng.NewStream(key), obs)); err != nil {
			t.Fatal(err)
		}
		var rows []float64
		action := make([]float64, task.size.nu)
		for range 5 {
			randomAction(s, action)
			if _, err := e.Step(action, obs); err != nil {
				t.Fatal(err)
			}
			rows = append(rows, e.sim.Field(mujoco.Ctrl)...)
		}
		if err := bare.Bare(rows); err != nil {
			t.Fatal(err)
		}
		sameBits(t, "qpos", e.sim.Field(mujoco.Qpos), bare.sim.Field(mujoco.Qpos))
	})
}

// fingers is a hand-made gait for the claw: for three steps the finger tips
// sweep along the valve's rim, then they are lifted and swept back.
func fingers(step int, side float64, action []float64) {
	sweep, bend := -1+2*float64(step%6+1)/3, [2]float64{.14, .39}
	if step%6 >= 3 {
		sweep, bend = 1-2*float64(step%6-2)/3, [2]float64{-.64, .67}
	}
	for j := 0; j < fingerJoints; j += 3 {
		action[j], action[j+1], action[j+2] = side*sweep*.45/.48, bend[0]/1.57, bend[1]/1.57
	}
}

func TestAHandMadeGaitTurnsTheValveToItsGoal(t *testing.T) {
	e := instance(t, find(t, "claw"))
	obs, action := make([]float64, 21), make([]float64, 9)
	for _, goal := range []float64{2, -2, 2.5, -2.5} {
		q := make([]float64, 19)
		copy(q, []float64{0, -1, 1.35, 0, -1, 1.35, 0, -1, 1.35})
		if err := e.Inject(map[string][]float64{"qpos": q, "qvel": make([]float64, 19), "goal": {goal}}, obs); err != nil {
			t.Fatal(err)
		}
		best, turned := math.Inf(-1), 0.
		for k := 0; k < 60 && best < 19; k++ {
			fingers(k, math.Copysign(1, goal), action)
			out, err := e.Step(action, obs)
			if err != nil {
				t.Fatal(err)
			}
			best, turned = max(best, out.Reward), math.Copysign(1, goal)*obs[18]
		}
		t.Logf("goal %v: turned %.2f rad, best reward %.2f", goal, turned, best)
		if turned < math.Pi/2 {
			t.Errorf("goal %v: the valve was turned by %.2f rad, less than a quarter turn", goal, turned)
		}
	}
}

// The cupped hand of demorl's own scenes: action 0 holds the pose.
func TestTheCuppedHandHolds(t *testing.T) {
	for _, id := range []string{"cube:fixed", "baoding:fixed"} {
		e := instance(t, find(t, id))
		obs, action := make([]float64, len(e.task.obs)), make([]float64, handJoints)
		if err := e.Reset(rng.NewStream(rng.Root(1)), obs); err != nil {
			t.Fatal(err)
		}
		for k := range 100 { // 10 s
			out, err := e.Step(action, obs)
			if err != nil {
				t.Fatal(err)
			}
			if out.Terminated {
				t.Fatalf("%s: dropped after %d steps", id, k+1)
			}
		}
	}
}

// BenchmarkStep reports environment steps a second on one core, with random actions.
func BenchmarkStep(b *testing.B) {
	for _, id := range []string{"claw", "cube", "baoding"} {
		for i := range tasks {
			if tasks[i].id != id {
				continue
			}
			b.Run(id, func(b *testing.B) {
				e, s := instance(b, &tasks[i]), rng.NewStream(rng.Root(1))
				obs, action := make([]float64, len(tasks[i].obs)), make([]float64, tasks[i].size.nu)
				done := true
				for b.Loop() {
					if done {
						if err := e.Reset(s, obs); err != nil {
							b.Fatal(err)
						}
					}
					randomAction(s, action)
					out, err := e.Step(action, obs)
					if err != nil {
						b.Fatal(err)
					}
					done = out.Terminated
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "steps/s")
			})
		}
	}
}
