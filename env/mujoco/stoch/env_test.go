//go:build mujoco && cgo && linux

package stoch

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"demorl/env"
	"demorl/env/mujoco"
	"demorl/env/parity"
	"demorl/rng"
)

// TestMain finds the library that `demorl env fetch gym` put into the source tree.
func TestMain(m *testing.M) {
	if root, err := parity.Root(); err == nil && os.Getenv("MUJOCO_DIR") == "" {
		if dir := filepath.Join(root, "third_party", "mujoco-"+mujoco.Version); isFolder(dir) {
			os.Setenv("MUJOCO_DIR", dir)
		}
	}
	os.Exit(m.Run())
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func find(t testing.TB, id string) *task {
	t.Helper()
	for i := range tasks {
		if tasks[i].id == id {
			return &tasks[i]
		}
	}
	t.Fatalf("no task %s", id)
	return nil
}

func instance(t testing.TB, id string) *Env {
	t.Helper()
	if needs := mujoco.NeedsLibrary(); needs != "" {
		parity.Need(t, "needs "+needs)
	}
	e, err := open(find(t, id))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// play resets e and steps it with the same action until it ends.
func play(t *testing.T, e *Env, action []float64, steps int) (heights, rewards []float64) {
	t.Helper()
	obs := make([]float64, obsDim)
	if err := e.Reset(rng.NewStream(rng.Root(1)), obs); err != nil {
		t.Fatal(err)
	}
	for range steps {
		out, err := e.Step(action, obs)
		if err != nil {
			t.Fatal(err)
		}
		heights, rewards = append(heights, obs[0]), append(rewards, out.Reward)
		if out.Terminated {
			break
		}
	}
	return heights, rewards
}

func sum(x []float64) (total float64) {
	for _, x := range x {
		total += x
	}
	return total
}

// The model is another simulator's than the original's, so that the two agree
// in kind: the first heights, how high it stands, how far it walks, what it earns.
func TestTheRobotMovesAsInPyBullet(t *testing.T) {
	for _, trace := range readGolden(t).Traces {
		e := instance(t, trace.Task+":ref")
		z, rewards := play(t, e, trace.Action, len(trace.Z))
		if len(z) != len(trace.Z) {
			t.Errorf("%s: fell after %d steps", trace.Task, len(z))
			continue
		}
		for i := range 3 {
			near(t, trace.Task+": height", i, z[i], trace.Z[i], .0005)
			near(t, trace.Task+": reward", i, rewards[i], trace.Rewards[i], 4)
		}
		got, want := sum(rewards), sum(trace.Rewards)
		x := e.motion.position[0]
		t.Logf("%s with vx %g: return %.0f, PyBullet %.0f (%+.1f %%); x %.3f m, PyBullet %.3f m", trace.Task, trace.Action[12], got, want, 100*(got/want-1), x, trace.X)
		if math.Abs(got/want-1) > .15 {
			t.Errorf("%s: return %.0f, PyBullet %.0f", trace.Task, got, want)
		}
		within := .1
		if trace.Task == "upslope" {
			within = .15
		}
		near(t, trace.Task+": x", len(z), x, trace.X, within)
	}
}

// The default's ticks are longer and its servos do not chatter, so its returns
// are not the original's; where the same trot takes the robot is, uphill too.
func TestTheRobotOfTheDefaultGoesAsFarAsInPyBullet(t *testing.T) {
	for _, trace := range readGolden(t).Traces {
		e := instance(t, trace.Task)
		z, _ := play(t, e, trace.Action, len(trace.Z))
		x := e.motion.position[0]
		t.Logf("%s with shift %g and vx %g: x %.3f m, PyBullet %.3f m", trace.Task, trace.Action[0], trace.Action[12], x, trace.X)
		if len(z) != len(trace.Z) {
			t.Errorf("%s: fell after %d steps", trace.Task, len(z))
		}
		near(t, trace.Task+": x", len(z), x, trace.X, .3)
	}
}

func TestATrotWithoutShiftsWalksAtTheRobotsHeight(t *testing.T) {
	walk := make([]float64, actDim)
	walk[12] = 1
	for _, id := range []string{"flat", "flat:ref", "flat:cad"} {
		e := instance(t, id)
		z, _ := play(t, e, walk, 400)
		x := e.motion.position[0]
		mean := sum(z[100:]) / float64(len(z)-100)
		t.Logf("%s: %.2f m in 4 s at a height of %.4f m", id, x, mean)
		if len(z) < 400 || x < 1 || math.Abs(mean-standing) > .01 {
			t.Errorf("%s: %d steps, %.2f m, mean height %.4f m", id, len(z), x, mean)
		}
	}
	e := instance(t, "flat")
	z, _ := play(t, e, make([]float64, actDim), 300)
	if mean := sum(z[100:]) / 200; math.Abs(mean-standing) > .01 {
		t.Errorf("trots in place at a height of %.4f m", mean)
	}
}

// The wedge of the model is that of slope.wanted: a ball of the terrain's
// geometry is not needed, since a foot that stands on it tells its height.
func TestTheTerrainIsWhereTheRewardTakesItToBe(t *testing.T) {
	for _, id := range []string{"upslope", "upslope:slope15", "downslope", "downslope:slope5", "flat"} {
		e := instance(t, id)
		obs, q, v := make([]float64, obsDim), make([]float64, 19), make([]float64, 18)
		for _, x := range []float64{-1.4, -.9, -.2, .4, .9, 1.3, 1.8} {
			low, high := 0., 1.
			for range 30 { // the lowest place where no foot touches
				q[0], q[2], q[3] = x, (low+high)/2, 1
				if err := e.Inject(map[string][]float64{"qpos": q, "qvel": v}, obs); err != nil {
					t.Fatal(err)
				}
				if e.motion.touching == [numLegs]bool{} {
					high = q[2]
				} else {
					low = q[2]
				}
			}
			// Straight legs: the soles are .146+.172 below the hips, .02 and more to each side.
			legs := .005 - .0081282 + thighLength + shankLength + nearby
			ground := math.Inf(-1)
			for _, hip := range []float64{-.16695, .16695} {
				ground = max(ground, sole(e.task.slope, x+hip-torso.com[0]))
			}
			near(t, id+": the height at which feet leave the ground", int(10*x), high, ground+legs, .0005)
		}
	}
}

// sole is the height of the lowest point of a foot's ball that rests on the
// terrain below x, so close that it counts as touching.
func sole(s slope, x float64) float64 {
	const radius, steps = .0125, 4000
	top := math.Inf(-1)
	for i := range steps + 1 { // the ball's underside against the ground
		d := (2*float64(i)/steps - 1) * (radius + nearby)
		under := math.Sqrt(max(0, (radius+nearby)*(radius+nearby)-d*d))
		top = max(top, ground(s, x+d)+under-radius-nearby)
	}
	return top
}

// ground is the terrain's height, written down a second time: the corners of
// environments.md 6.8.
func ground(s slope, x float64) float64 {
	var corners [4]float64
	switch s.terrain {
	case flat:
		return 0
	case upslope:
		corners = [4]float64{-.5, 1, 4, 5.5}
	case downslope:
		corners = [4]float64{-4.5, -3, 0, 1.5}
	}
	k := map[int]float64{5: 1.5, 7: 2.1, 9: 2.7, 11: 3.3, 13: 3.958, 15: 4.602}[s.degrees]
	rise := math.Min((x-corners[0])/(corners[1]-corners[0]), (corners[3]-x)/(corners[3]-corners[2]))
	return .09 * k * math.Max(0, math.Min(1, rise))
}

func TestTheWantedHeightFollowsTheGround(t *testing.T) {
	for _, id := range []string{"flat", "upslope", "upslope:slope13", "downslope:slope7"} {
		s := find(t, id).slope
		for x := -6.0; x < 6; x += .0137 {
			steep := (ground(s, x+1e-6) - ground(s, x-1e-6)) / 2e-6
			near(t, id, int(100*x), s.wanted(x, 0), ground(s, x)+standing/math.Cos(math.Atan(steep)), 1e-9)
		}
		if s.wanted(1, 1.6) != standing {
			t.Errorf("%s: beside the wedge the ground is not flat", id)
		}
	}
}

func randomAction(s *rng.Stream, action []float64) {
	for j := range action {
		action[j] = s.Uniform(-1, 1)
	}
}

func TestARestoredEpisodeStepsBitForBit(t *testing.T) {
	for _, c := range []struct {
		id     string
		ranges env.Randomization
	}{{"flat", env.Randomization{}}, {"flat", everything}, {"upslope:ref", env.Randomization{}}, {"noisy", env.Randomization{}}, {"downslope:slope11", everything}} {
		saved, undisturbed := instance(t, c.id), instance(t, c.id)
		vary := func(e *Env) {
			if !c.ranges.Off() {
				if err := e.Randomize(c.ranges); err != nil {
					t.Fatal(err)
				}
			}
		}
		vary(saved)
		vary(undisturbed)
		obs, other := make([]float64, obsDim), make([]float64, obsDim)
		action := make([]float64, actDim)
		s := rng.NewStream(rng.Root(3))
		for episode := range 2 { // the second begins with a memory in :ref
			for _, e := range []*Env{saved, undisturbed} {
				if err := e.Reset(rng.NewStream(rng.Root(uint64(5+episode))), obs); err != nil {
					t.Fatal(err)
				}
			}
			for i := range 140 {
				if i%3 == 0 {
					randomAction(s, action)
				}
				if i%45 == 30 {
					fresh := instance(t, c.id)
					vary(fresh)
					if err := fresh.RestoreState(saved.AppendState(nil), other); err != nil {
						t.Fatal(err)
					}
					same(t, c.id, i, obs, other)
					saved = fresh
				}
				a, err := saved.Step(action, obs)
				b, err2 := undisturbed.Step(action, other)
				if err := errors.Join(err, err2); err != nil {
					t.Fatal(err)
				}
				if a != b {
					t.Fatalf("%s, step %d: outcomes %+v and %+v", c.id, i, a, b)
				}
				same(t, c.id, i, obs, other)
			}
		}
	}
	a, b := instance(t, "flat"), instance(t, "noisy")
	if err := b.RestoreState(a.AppendState(nil), make([]float64, obsDim)); err == nil || !strings.Contains(err.Error(), "stoch/flat") {
		t.Errorf("a state of another task: %v", err)
	}
}

func same(t *testing.T, id string, step int, a, b []float64) {
	t.Helper()
	for i := range a {
		if math.Float64bits(a[i]) != math.Float64bits(b[i]) {
			t.Fatalf("%s, step %d: %s is %v and %v", id, step, obsNames[i], a[i], b[i])
		}
	}
}

func TestTheRuleForImaginationAgreesWithTheTask(t *testing.T) {
	e := instance(t, "flat")
	s := rng.NewStream(rng.Root(11))
	obs, action := make([]float64, obsDim), make([]float64, actDim)
	pred, done := make([]float32, obsDim), make([]bool, 1)
	ended := 0
	for range 12 {
		if err := e.Reset(s, obs); err != nil {
			t.Fatal(err)
		}
		randomAction(s, action)
		for range 150 {
			out, err := e.Step(action, obs)
			if err != nil {
				t.Fatal(err)
			}
			for i, x := range obs {
				pred[i] = float32(x)
			}
			if e.Terminal(pred, done); done[0] != out.Terminated {
				t.Fatalf("rule %v, task %v at %v", done[0], out.Terminated, obs)
			}
			if out.Terminated {
				if out.Reward != 0 {
					t.Errorf("reward %v on the last step, want 0", out.Reward)
				}
				ended++
				break
			}
		}
	}
	if ended < 4 {
		t.Errorf("only %d of 12 random gaits fall", ended)
	}
	for o, want := range map[[3]float32]bool{{.25, .523, .61}: false, {.25, -.524, 0}: true, {.25, 0, .612}: true, {.71, 0, 0}: true, {.25, float32(math.NaN()), 0}: true} {
		copy(pred, make([]float32, obsDim))
		copy(pred, o[:])
		if e.Terminal(pred, done); done[0] != want {
			t.Errorf("terminal at %v is %v", o, done[0])
		}
	}
}

func TestTheFirstObservationIsTheOriginals(t *testing.T) {
	for _, episode := range readGolden(t).Episodes {
		e := instance(t, episode.Task+":ref")
		obs := make([]float64, obsDim)
		if err := e.Reset(rng.NewStream(rng.Root(1)), obs); err != nil {
			t.Fatal(err)
		}
		for i := range obs {
			// The drag acts on the torso alone, which so turns a little as it falls.
			within := 1e-5
			if i >= 3 && i < 6 {
				within = 1e-4
			}
			near(t, episode.Task+": "+obsNames[i], 0, obs[i], episode.First[i], within)
		}
		near(t, "vertical speed", 0, e.motion.velocity[2], -.588, 1e-3)
	}
}

func TestCommandsChangeTheRewardAndWrongOnesAreNamed(t *testing.T) {
	a, b := instance(t, "flat"), instance(t, "flat")
	if err := b.Command([]float64{-1, .5, 0}); err != nil {
		t.Fatal(err)
	}
	still := make([]float64, actDim)
	_, x := play(t, a, still, 3)
	_, y := play(t, b, still, 3)
	m := &b.motion
	term := func(c vector) float64 {
		fast, side := m.velocity[0]-.5*c[0], m.velocity[1]-.25*c[1]
		return math.Round(1e4*15*math.Exp(-5*(fast*fast+side*side))) / 1e4
	}
	near(t, "difference of rewards", 2, x[2]-y[2], term(vector{1, 0, 0})-term(vector{-1, .5, 0}), 1e-9)
	for want, c := range map[string][]float64{"has 2 numbers": {1, 2}, "command[1] is 1.5": {0, 1.5, 0}, "command[2] is NaN": {0, 0, math.NaN()}} {
		if err := a.Command(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestAnInjectedStateIsTakenOrItsFaultIsNamed(t *testing.T) {
	e := instance(t, "flat")
	obs, q, v := make([]float64, obsDim), make([]float64, 19), make([]float64, 18)
	q[2], q[3], q[5], v[5] = .4, math.Cos(.1), math.Sin(.1), 2
	feet := make([]float64, 12)
	feet[3] = .03
	if err := e.Inject(map[string][]float64{"qpos": q, "qvel": v, "theta": {3}, "feet": feet, "normal": {0, .6, .8}}, obs); err != nil {
		t.Fatal(err)
	}
	near(t, "pitch", 0, obs[2], .2, 1e-12)
	near(t, "angular velocity x", 0, obs[3], 2*math.Sin(.2), 1e-12) // about the body's z
	near(t, "angular velocity z", 0, obs[5], 2*math.Cos(.2), 1e-12)
	if e.generator.theta != 3 || e.generator.feet[1][0] != .03 || e.support.normal[1] != .6 {
		t.Errorf("memory %+v", e.memory)
	}
	for want, fields := range map[string]map[string][]float64{
		"theta has 2":    {"qpos": q, "qvel": v, "theta": {1, 2}},
		"feet[1] is NaN": {"qpos": q, "qvel": v, "feet": append([]float64{0, math.NaN()}, feet[2:]...)},
		`has no "goal"`:  {"qpos": q, "qvel": v, "goal": {1}},
		`needs "qvel"`:   {"qpos": q},
	} {
		if err := e.Inject(fields, obs); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if _, err := e.Step(append(make([]float64, 14), math.NaN()), obs); err == nil || !strings.Contains(err.Error(), "action[14] is NaN") {
		t.Errorf("an action with a NaN: %v", err)
	}
}

func TestStepAndTerminalAllocateNothing(t *testing.T) {
	for _, id := range []string{"flat", "upslope:ref", "noisy"} {
		e := instance(t, id)
		obs, action := make([]float64, obsDim), make([]float64, actDim)
		pred, done := make([]float32, 8*obsDim), make([]bool, 8)
		if err := e.Randomize(everything); err != nil {
			t.Fatal(err)
		}
		if err := e.Reset(rng.NewStream(rng.Root(1)), obs); err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(50, func() {
			if _, err := e.Step(action, obs); err != nil {
				t.Fatal(err)
			}
			e.Terminal(pred, done)
		}); n != 0 {
			t.Errorf("%s: %v allocations", id, n)
		}
	}
}

func TestUnusedActionsChangeNothing(t *testing.T) {
	long, short := instance(t, "flat:a20"), instance(t, "flat")
	action := make([]float64, 20)
	randomAction(rng.NewStream(rng.Root(2)), action)
	_, x := play(t, long, action, 20)
	_, y := play(t, short, action[:15], 20)
	if len(x) != len(y) || sum(x) != sum(y) {
		t.Errorf("rewards %v and %v", x, y)
	}
}

// BenchmarkStep reports environment steps a second on one core, with random actions.
func BenchmarkStep(b *testing.B) {
	for _, id := range []string{"flat", "flat:ref", "upslope"} {
		e := instance(b, id)
		s := rng.NewStream(rng.Root(1))
		actions, obs := make([]float64, 100*actDim), make([]float64, obsDim)
		for i := range actions {
			actions[i] = s.Uniform(-.3, .3)
		}
		b.Run(id, func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				at := i % 100 * actDim
				out, err := e.Step(actions[at:at+actDim], obs)
				if err == nil && out.Terminated {
					err = e.Reset(s, obs)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "steps/s")
		})
		b.Run(id+"/bare", func(b *testing.B) {
			for b.Loop() {
				if err := e.Reset(s, obs); err != nil {
					b.Fatal(err)
				}
				if err := e.Bare(actions); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(100*float64(b.N)/b.Elapsed().Seconds(), "steps/s")
		})
	}
}
