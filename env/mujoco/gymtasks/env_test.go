//go:build mujoco && cgo && linux

package gymtasks

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

func instance(t testing.TB, task *task) *Env {
	t.Helper()
	needSimulator(t)
	e, err := open(task)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// each runs a test for every task of the table.
func each(t *testing.T, test func(t *testing.T, task *task)) {
	needSimulator(t)
	for i := range tasks {
		t.Run(tasks[i].id, func(t *testing.T) { test(t, &tasks[i]) })
	}
}

func randomAction(s *rng.Stream, spec env.Spec, action []float64) {
	for j := range action {
		action[j] = s.Uniform(spec.Low[j], spec.High[j])
	}
}

func TestTheTableAgreesWithTheModels(t *testing.T) {
	each(t, func(t *testing.T, task *task) {
		e := instance(t, task)
		if got := e.sim.Timestep(); got != task.timestep {
			t.Errorf("time step %v, the table says %v", got, task.timestep)
		}
		got := size{len(e.sim.Field(mujoco.Qpos)), len(e.sim.Field(mujoco.Qvel)), len(e.sim.Field(mujoco.Ctrl)), len(e.sim.Field(mujoco.BodyMass))}
		if got != task.size {
			t.Errorf("sizes %+v, the table says %+v", got, task.size)
		}
		for i, x := range e.sim.Field(mujoco.ActuatorCtrlrange) {
			if math.Abs(x) != task.bound || (i%2 == 0) != (x < 0) {
				t.Errorf("control range entry %d is %v, the table says +-%v", i, x, task.bound)
			}
		}
	})
}

func TestARestoredEpisodeStepsBitForBit(t *testing.T) {
	each(t, func(t *testing.T, task *task) {
		saved, undisturbed := instance(t, task), instance(t, task)
		spec := saved.Spec()
		s := rng.NewStream(rng.Root(7).Derive(task.id))
		obs, other := make([]float64, spec.ObsDim), make([]float64, spec.ObsDim)
		key := s.Uint64()
		for _, e := range []*Env{saved, undisturbed} {
			if err := e.Reset(rng.NewStream(rng.Root(key)), obs); err != nil {
				t.Fatal(err)
			}
		}
		action := make([]float64, spec.ActDim)
		var fresh *Env
		same := func(step int, a, b *Env) {
			t.Helper()
			x, err := a.Step(action, obs)
			y, err2 := b.Step(action, other)
			if err := errors.Join(err, err2); err != nil {
				t.Fatal(err)
			}
			if math.Float64bits(x.Reward) != math.Float64bits(y.Reward) || x != y {
				t.Fatalf("step %d: outcomes %+v and %+v", step, x, y)
			}
			sameObs(t, step, obs, other)
		}
		for i := range 300 { // most robots fall within the first 100 and stay in contact
			randomAction(s, spec, action)
			if i%110 == 40 { // save, restore elsewhere, and go on with both for at least 100 steps
				if fresh != nil {
					fresh.Close()
				}
				fresh = instance(t, task)
				if err := fresh.RestoreState(saved.AppendState(nil), other); err != nil {
					t.Fatal(err)
				}
				if i > 0 {
					sameObs(t, i, obs, other)
				}
			}
			if fresh == nil {
				same(i, saved, undisturbed)
				continue
			}
			same(i, fresh, undisturbed)
			if _, err := saved.Step(action, other); err != nil {
				t.Fatal(err)
			}
			sameObs(t, i, obs, other)
		}
	})
}

func sameObs(t *testing.T, step int, a, b []float64) {
	t.Helper()
	for i := range a {
		if math.Float64bits(a[i]) != math.Float64bits(b[i]) {
			t.Fatalf("step %d: observation %d is %v and %v", step, i, a[i], b[i])
		}
	}
}

func TestAStateOfAnotherModelIsRefused(t *testing.T) {
	a, b := instance(t, &halfCheetah), instance(t, &hopper)
	if err := b.RestoreState(a.AppendState(nil), make([]float64, 11)); err == nil || !strings.Contains(err.Error(), "half_cheetah.xml") {
		t.Errorf("got %v", err)
	}
}

// The ant of version 4 has forces in contact that version 2 would keep for ever.
func TestVersion2HasNoContactForcesAndTakesNone(t *testing.T) {
	forces := func(e *Env, obs []float64) bool {
		s := rng.NewStream(rng.Root(5))
		action := make([]float64, 8)
		if err := e.Reset(s, obs); err != nil {
			t.Fatal(err)
		}
		for range 50 {
			randomAction(s, e.spec, action)
			if _, err := e.Step(action, obs); err != nil {
				t.Fatal(err)
			}
		}
		return slices.ContainsFunc(obs[27:], func(x float64) bool { return x != 0 })
	}
	v4, v2, obs := instance(t, &antV4Contact), instance(t, &antV2), make([]float64, 111)
	if !forces(v4, obs) {
		t.Error("version 4 observes no contact forces")
	}
	if forces(v2, obs) {
		t.Error("version 2 observes contact forces")
	}
	if err := v2.RestoreState(v4.AppendState(nil), obs); err == nil || !strings.Contains(err.Error(), "without contact forces") {
		t.Errorf("version 2 takes a state of version 4: %v", err)
	}
}

func TestTheRuleForImaginationAgreesWithTheTask(t *testing.T) {
	each(t, func(t *testing.T, task *task) {
		e := instance(t, task)
		spec := e.Spec()
		s := rng.NewStream(rng.Root(11).Derive(task.id))
		obs, action := make([]float64, spec.ObsDim), make([]float64, spec.ActDim)
		pred, done := make([]float32, spec.ObsDim), make([]bool, 1)
		ended, differ := 0, 0
		for episode := range 10 {
			if err := e.Reset(s, obs); err != nil {
				t.Fatal(err)
			}
			for range 60 + episode {
				randomAction(s, spec, action)
				out, err := e.Step(action, obs)
				if err != nil {
					t.Fatal(err)
				}
				for i, x := range obs {
					pred[i] = float32(x)
				}
				e.Terminal(pred, done)
				if done[0] != out.Terminated {
					differ++
				}
				if out.Terminated {
					ended++
				}
			}
		}
		// The double pendulum's own test looks one sub-step back.
		if differ > 0 && (task.healthyNow == nil || differ > 30) {
			t.Errorf("rule and task differ on %d steps", differ)
		}
		if spec.Terminates != (ended > 0) {
			t.Errorf("terminated on %d steps, Terminates is %v", ended, spec.Terminates)
		}
		pred[spec.ObsDim-1] = float32(math.NaN())
		if e.Terminal(pred, done); !done[0] {
			t.Error("an observation with a NaN is not terminal")
		}
	})
}

func TestResetsFollowTheOriginalsDistributions(t *testing.T) {
	each(t, func(t *testing.T, task *task) {
		e := instance(t, task)
		s := rng.NewStream(rng.Root(13).Derive(task.id))
		obs := make([]float64, e.Spec().ObsDim)
		var q, v []float64
		for range 400 {
			if err := e.Reset(s, obs); err != nil {
				t.Fatal(err)
			}
			for i, x := range e.sim.Field(mujoco.Qpos) {
				if x -= e.sim.Field(mujoco.Qpos0)[i]; task.noisy == 0 || i < task.noisy {
					q = append(q, x)
				}
			}
			for i, x := range e.sim.Field(mujoco.Qvel) {
				if task.noisy == 0 || i < task.noisy {
					v = append(v, x)
				} else if x != 0 {
					t.Fatalf("velocity %d is %v after a reset", i, x)
				}
			}
		}
		task.qNoise.check(t, "qpos", q)
		task.vNoise.check(t, "qvel", v)
	})
}

// The moments are those of the shapes, by integration: a disc of radius R has
// E x = 0, E xx = RR/4 and E rr = RR/2; the pusher's box less its half disc is
// the difference of the two.
func TestRejectionLeavesUniformShapes(t *testing.T) {
	const (
		radius  = .17
		removed = math.Pi * radius * radius / 2
		area    = .3*.4 - removed
	)
	for _, c := range []struct {
		task                     *task
		first                    int // of the two entries of qpos
		inside                   func(x, y float64) bool
		meanX, squareX, squareY  float64
		lowX, highX, lowY, highY float64
	}{
		{
			&reacher, 2, func(x, y float64) bool { return math.Hypot(x, y) < .2 },
			0, .01, .01, -.2, .2, -.2, .2,
		},
		{
			&pusher, 7, func(x, y float64) bool { return -.3 <= x && x <= 0 && math.Abs(y) <= .2 && math.Hypot(x, y) > radius },
			(-.15*.12 + 4*radius/(3*math.Pi)*removed) / area,
			(.3*.3/3*.12 - radius*radius/4*removed) / area,
			(.2*.2/3*.12 - radius*radius/4*removed) / area,
			-.3, 0, -.2, .2,
		},
	} {
		t.Run(c.task.id, func(t *testing.T) {
			e := instance(t, c.task)
			s := rng.NewStream(rng.Root(17).Derive(c.task.id))
			obs := make([]float64, e.Spec().ObsDim)
			const count = 20000
			var x, y []float64
			for range count {
				if err := e.Reset(s, obs); err != nil {
					t.Fatal(err)
				}
				q := e.sim.Field(mujoco.Qpos)[c.first:]
				if !c.inside(q[0], q[1]) {
					t.Fatalf("(%v, %v) is outside", q[0], q[1])
				}
				x, y = append(x, q[0]), append(y, q[1])
			}
			if slices.Min(x) > c.lowX+.01 || slices.Max(x) < c.highX-.01 || slices.Min(y) > c.lowY+.01 || slices.Max(y) < c.highY-.01 {
				t.Errorf("x from %v to %v, y from %v to %v", slices.Min(x), slices.Max(x), slices.Min(y), slices.Max(y))
			}
			for _, m := range []struct {
				name      string
				of        []float64
				power     int
				want, std float64 // std: of one draw, an upper bound
			}{{"x", x, 1, c.meanX, .1}, {"y", y, 1, 0, .12}, {"xx", x, 2, c.squareX, .03}, {"yy", y, 2, c.squareY, .015}} {
				sum := 0.
				for _, x := range m.of {
					sum += math.Pow(x, float64(m.power))
				}
				if got := sum / count; math.Abs(got-m.want) > 5*m.std/math.Sqrt(count) {
					t.Errorf("mean of %s is %v, want %v", m.name, got, m.want)
				}
			}
		})
	}
}

// check compares mean, standard deviation and bounds within five standard errors.
func (n noise) check(t *testing.T, name string, x []float64) {
	t.Helper()
	if n.size == 0 {
		for _, x := range x {
			if x != 0 {
				t.Fatalf("%s: %v without noise", name, x)
			}
		}
		return
	}
	want := n.size
	if !n.normal {
		want /= math.Sqrt(3)
	}
	sum, squares, largest := 0., 0., 0.
	for _, x := range x {
		sum += x
		squares += x * x
		largest = max(largest, math.Abs(x))
	}
	count := float64(len(x))
	if mean := sum / count; math.Abs(mean) > 5*want/math.Sqrt(count) {
		t.Errorf("%s: mean %v", name, mean)
	}
	if std := math.Sqrt(squares / count); math.Abs(std/want-1) > 5/math.Sqrt(count) {
		t.Errorf("%s: standard deviation %v, want %v", name, std, want)
	}
	if !n.normal && (largest > n.size*1.0000001 || largest < .97*n.size) || n.normal && largest < 2.5*n.size {
		t.Errorf("%s: largest deviation %v for size %v", name, largest, n.size)
	}
}

func TestAnInjectedStateIsTakenOrItsFaultIsNamed(t *testing.T) {
	e := instance(t, &hopper)
	obs := make([]float64, 11)
	q, v := []float64{1, 1.2, .1, -.1, -.2, .3}, []float64{1, 2, 3, 4, 50, 6}
	if err := e.Inject(map[string][]float64{"qpos": q, "qvel": v, "time": {3}}, obs); err != nil {
		t.Fatal(err)
	}
	if obs[0] != 1.2 || obs[9] != 10 || obs[10] != 6 || e.sim.Time() != 3 {
		t.Errorf("obs %v, time %v", obs, e.sim.Time())
	}
	for want, fields := range map[string]map[string][]float64{
		`needs "qvel"`:         {"qpos": q},
		"qpos has 2 numbers":   {"qpos": q[:2], "qvel": v},
		`has no "state"`:       {"qpos": q, "qvel": v, "state": v},
		"qvel[0] is NaN":       {"qpos": q, "qvel": {math.NaN(), 0, 0, 0, 0, 0}},
		"ctrl has 1 number;":   {"qpos": q, "qvel": v, "ctrl": {1}},
		"time has 2 numbers":   {"qpos": q, "qvel": v, "time": {1, 2}},
		"mocap_pos has 3 numb": {"qpos": q, "qvel": v, "mocap_pos": {1, 2, 3}},
	} {
		if err := e.Inject(fields, obs); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestAnUnstableSimulationNamesTaskWarningAndTime(t *testing.T) {
	e := instance(t, &halfCheetah)
	obs := make([]float64, 17)
	q, v := make([]float64, 9), make([]float64, 9)
	v[3] = 1e9
	err := e.Inject(map[string][]float64{"qpos": q, "qvel": v, "time": {2.5}}, obs)
	if err == nil {
		_, err = e.Step(make([]float64, 6), obs)
	}
	var failure *mujoco.SimError
	if !errors.As(err, &failure) || failure.Time != 2.5 || !strings.Contains(err.Error(), "gym/halfcheetah") || !strings.Contains(failure.Text, "Nan, Inf or huge value in Q") {
		t.Fatalf("got %v", err)
	}
	if err := e.Reset(rng.NewStream(rng.Root(1)), obs); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Step(make([]float64, 6), obs); err != nil {
		t.Error("a reset does not mend the instance:", err)
	}
	if _, err := e.Step([]float64{0, 0, math.NaN(), 0, 0, 0}, obs); err == nil || !strings.Contains(err.Error(), "CTRL") {
		t.Errorf("an action with a NaN gave %v", err)
	}
}

func TestStepAndTerminalAllocateNothing(t *testing.T) {
	each(t, func(t *testing.T, task *task) {
		e := instance(t, task)
		spec := e.Spec()
		obs, action := make([]float64, spec.ObsDim), make([]float64, spec.ActDim)
		pred, done := make([]float32, 8*spec.ObsDim), make([]bool, 8)
		if n := testing.AllocsPerRun(50, func() {
			if _, err := e.Step(action, obs); err != nil {
				t.Fatal(err)
			}
			e.Terminal(pred, done)
		}); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

// BenchmarkStep reports environment steps a second on one core, with random actions.
func BenchmarkStep(b *testing.B) {
	for _, task := range []*task{&halfCheetah, &hopper, &ant, &humanoid, &reacher, &swimmer, &pusher} {
		actions := func(e *Env) []float64 {
			s := rng.NewStream(rng.Root(1))
			a := make([]float64, 1000*e.spec.ActDim)
			for i := range a {
				a[i] = s.Uniform(-task.bound, task.bound)
			}
			return a
		}
		b.Run(task.id, func(b *testing.B) {
			e := instance(b, task)
			all, obs, nu, i := actions(e), make([]float64, e.spec.ObsDim), e.spec.ActDim, 0
			for b.Loop() {
				if _, err := e.Step(all[i*nu:(i+1)*nu], obs); err != nil {
					b.Fatal(err)
				}
				i = (i + 1) % 1000
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "steps/s")
		})
		b.Run(task.id+"/bare", func(b *testing.B) {
			e := instance(b, task)
			all := actions(e)
			for b.Loop() {
				if err := e.Bare(all); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(1000*float64(b.N)/b.Elapsed().Seconds(), "steps/s")
		})
	}
}

func TestARandomizedEpisodeIsRestoredWithItsPhysics(t *testing.T) {
	ranges := env.Randomization{Friction: env.Range{.3, 2}, Mass: env.Range{.7, 1.3}, Motor: env.Range{.7, 1.3}}
	saved, fresh := instance(t, &hopper), instance(t, &hopper)
	for _, e := range []*Env{saved, fresh} {
		if err := e.Randomize(ranges); err != nil {
			t.Fatal(err)
		}
	}
	s := rng.NewStream(rng.Root(3))
	obs, other, action := make([]float64, 11), make([]float64, 11), make([]float64, 3)
	masses := map[float64]bool{}
	for range 3 {
		if err := saved.Reset(s, obs); err != nil {
			t.Fatal(err)
		}
		masses[saved.sim.Field(mujoco.BodyMass)[1]] = true
		if err := fresh.RestoreState(saved.AppendState(nil), other); err != nil {
			t.Fatal(err)
		}
		for i := range 60 {
			randomAction(s, saved.spec, action)
			x, err := saved.Step(action, obs)
			y, err2 := fresh.Step(action, other)
			if err := errors.Join(err, err2); err != nil || x != y {
				t.Fatalf("step %d: %+v and %+v, %v", i, x, y, err)
			}
			sameObs(t, i, obs, other)
		}
	}
	if len(masses) != 3 {
		t.Errorf("three resets drew the masses %v", masses)
	}
	if err := saved.Randomize(env.Randomization{Push: env.Range{1, 2}}); err == nil || !strings.Contains(err.Error(), "randomize.push") {
		t.Errorf("got %v", err)
	}
}
