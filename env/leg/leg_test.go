package leg

import (
	"math"
	"strings"
	"testing"

	"demorl/env"
	"demorl/rng"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s = %.12g, want %.12g within %g", what, got, want, tolerance)
	}
}

// The numbers are environments.md section 7, computed outside this repository.
func TestOneStepGivesTheGoldenNumbersOfBothIntegrators(t *testing.T) {
	d := nominal()
	x := [4]float64{0.5, -1, 1, -2}
	d.rk4(&x, 0.5, -0.3, tick)
	for i, want := range []float64{0.50217467, -1.00438204, 1.1740755, -2.38000421} {
		near(t, "RK4", x[i], want, 1e-8)
	}
	x = [4]float64{0.5, -1, 1, -2}
	d.semiImplicit(&x, 0.5, -0.3, tick)
	for i, want := range []float64{0.5023517, -1.00477226, 1.17585023, -2.3861301} {
		near(t, "semi-implicit", x[i], want, 1e-8)
	}
}

func TestIntegratorsConvergeAtTheirOrder(t *testing.T) {
	d := nominal()
	run := func(step func(x *[4]float64, t1, t2, dt float64), n int) [4]float64 {
		x := [4]float64{0.5, -1, 1, -2}
		for range n {
			step(&x, 0.3, -0.1, 0.1/float64(n))
		}
		return x
	}
	exact := run(d.rk4, 20000)
	distance := func(x [4]float64) float64 {
		sum := 0.0
		for i := range x {
			sum += math.Abs(x[i] - exact[i])
		}
		return sum
	}
	if ratio := distance(run(d.rk4, 20)) / distance(run(d.rk4, 40)); ratio < 12 || ratio > 20 {
		t.Errorf("halving the RK4 step divides the error by %.2f, want 16", ratio)
	}
	if ratio := distance(run(d.semiImplicit, 200)) / distance(run(d.semiImplicit, 400)); ratio < 1.8 || ratio > 2.2 {
		t.Errorf("halving the semi-implicit step divides the error by %.2f, want 2", ratio)
	}
}

func TestInverseKinematicsGivesTheGoldenAnglesAndInvertsTheFoot(t *testing.T) {
	hip, knee := inverse(0.06, -0.22)
	near(t, "hip", hip, 0.9735552975, 1e-10)
	near(t, "knee", knee, -1.4146064967, 1e-10)
	for i := range 100 {
		f := float64(i) / 100 * 2 * math.Pi
		wantX, wantZ := 0.06*math.Cos(f), -0.22+0.03*math.Sin(f)
		q1, q2 := inverse(wantX, wantZ)
		x, z, _, _ := foot(&[4]float64{q1, q2})
		near(t, "x", x, wantX, 1e-14)
		near(t, "z", z, wantZ, 1e-14)
	}
}

func TestEnergyIsKeptWithoutFrictionAndStops(t *testing.T) {
	d := nominal()
	d.viscous, d.stopStiffness, d.stopDamping = 0, 0, 0
	x := [4]float64{0.9, -1.4, 0, 0}
	before := d.energy(&x)
	worst := 0.0
	for range 1000 {
		d.rk4(&x, 0, 0, tick)
		worst = max(worst, math.Abs(d.energy(&x)-before))
	}
	if worst > 1e-10 {
		t.Errorf("energy drifts by %g J over 2 s", worst)
	}
	t.Logf("drift %g J of %g J", worst, before)
}

func TestPowerIsTorqueTimesSpeedMinusFriction(t *testing.T) {
	d := nominal()
	d.coulomb = 0.02
	x := [4]float64{0.4, -1.1, 2, -3}
	const dt = 1e-5
	y := x
	d.rk4(&y, 0.3, 0.2, dt)
	z := x
	d.rk4(&z, 0.3, 0.2, -dt)
	power := (d.energy(&y) - d.energy(&z)) / (2 * dt)
	want := 0.3*2 + 0.2*-3 - 0.02*(4+9) - 0.02*(2*math.Tanh(40)+3*math.Tanh(60))
	near(t, "power", power, want, 1e-7)
}

func TestFootVelocityIsTheDerivativeOfItsPosition(t *testing.T) {
	s := [4]float64{0.4, -1.1, 2, -3}
	const dt = 1e-6
	x1, z1, _, _ := foot(&[4]float64{s[0] + dt*s[2], s[1] + dt*s[3]})
	x0, z0, _, _ := foot(&[4]float64{s[0] - dt*s[2], s[1] - dt*s[3]})
	_, _, vx, vz := foot(&s)
	near(t, "vx", vx, (x1-x0)/(2*dt), 1e-8)
	near(t, "vz", vz, (z1-z0)/(2*dt), 1e-8)
}

func TestTargetVelocityIsTheDerivativeOfItsPosition(t *testing.T) {
	for _, path := range []Path{Ellipse, Semi} {
		l := &Leg{cfg: Config{Path: path}}
		for i := range 50 {
			f, dt := 0.01+float64(i)/8, 1e-6
			l.phase = f + 2*math.Pi*dt
			after := l.target()
			l.phase = f - 2*math.Pi*dt
			before := l.target()
			l.phase = f
			near(t, "vx", l.target().vx, (after.x-before.x)/(2*dt), 1e-8)
			near(t, "vz", l.target().vz, (after.z-before.z)/(2*dt), 1e-8)
		}
	}
}

// quiet is the deterministic reset of section 7.
func quiet(path Path, repeat int) Config {
	cfg := DefaultConfig()
	cfg.Path, cfg.Repeat, cfg.AngleStd, cfg.SpeedStd = path, repeat, 0, 0
	return cfg
}

// total is the return of one episode of 2 s in units of the 500 Hz task.
func total(t *testing.T, cfg Config, act func(obs, action []float64)) float64 {
	t.Helper()
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	obs, action := make([]float64, 10), make([]float64, 2)
	if err := e.Reset(rng.NewStream(rng.Root(1)), obs); err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for range e.Spec().Limit {
		act(obs, action)
		out, err := e.Step(action, obs)
		if err != nil {
			t.Fatal(err)
		}
		sum += out.Reward * float64(cfg.Repeat)
		if out.Terminated {
			break
		}
	}
	return sum
}

func still(_, action []float64) { action[0], action[1] = 0, 0 }

func TestReturnsOfReferenceControllersAreThoseOfTheSpecification(t *testing.T) {
	cfg := quiet(Ellipse, 1)
	near(t, "zero torque", total(t, cfg, still), 144.0, 1)
	near(t, "PD (150, 6)", total(t, cfg, Controller{150, 6}.Action), 989.3, 1)
	near(t, "PD (400, 15)", total(t, cfg, Controller{400, 15}.Action), 998.3, 1)
}

// randomReturns are the returns of 50 episodes of uniform random torques.
func randomReturns(t *testing.T, cfg Config) (mean, std float64) {
	t.Helper()
	const n = 50
	square := 0.0
	for seed := range n {
		s := rng.NewStream(rng.Root(uint64(seed)))
		r := total(t, cfg, func(_, a []float64) { a[0], a[1] = s.Uniform(-1, 1), s.Uniform(-1, 1) })
		mean += r / n
		square += r * r / n
	}
	return mean, math.Sqrt(square - mean*mean)
}

// The specification gives one figure for random torques, "about 94". Episodes
// of random torques differ by far more than that figure's digits suggest.
func TestRandomTorquesReturnWhatTheSpecificationSaysWithinOneEpisodesSpread(t *testing.T) {
	mean, std := randomReturns(t, quiet(Ellipse, 1))
	near(t, "random torques, mean of 50 episodes", mean, 68.6, 8)
	near(t, "the specification's figure", 94, mean, 2*std)
	cfg := quiet(Ellipse, 1)
	cfg.PaperReward = true
	mean, _ = randomReturns(t, cfg)
	near(t, "random torques under the paper's reward", mean, 897, 6)
}

func TestPaperRewardIsNearlyFlat(t *testing.T) {
	cfg := quiet(Ellipse, 1)
	cfg.PaperReward = true
	near(t, "zero torque under the paper's reward", total(t, cfg, still), 981.7, 1)
}

// Stored figures of this package, in units of the 500 Hz task: a loop at 100 Hz
// holds its torques for 10 ms, which costs stiff gains their damping. (400, 15),
// best at 500 Hz, is unstable at 100 Hz; (400, 8) is the reference there.
func TestReturnsOfReferenceControllersAt100HzAndOnTheHalfEllipse(t *testing.T) {
	for _, c := range []struct {
		path   Path
		repeat int
		pd     Controller
		want   float64
	}{
		{Ellipse, 1, Controller{400, 8}, 997.9},
		{Ellipse, 5, Controller{150, 6}, 989.0},
		{Ellipse, 5, Controller{400, 8}, 997.8},
		{Ellipse, 5, Controller{400, 15}, 760.1},
		{Semi, 1, Controller{150, 6}, 985.9},
		{Semi, 1, Controller{400, 15}, 997.2},
		{Semi, 5, Controller{400, 8}, 994.3},
	} {
		cfg := quiet(c.path, c.repeat)
		near(t, cfg.id(), total(t, cfg, c.pd.Action), c.want, 0.1)
	}
	near(t, "half ellipse, zero torque", total(t, quiet(Semi, 1), still), 140.4, 0.1)
}

func TestSemiImplicitIntegratorGivesNearlyTheSameTask(t *testing.T) {
	cfg := quiet(Ellipse, 1)
	cfg.Integrator = SemiImplicit
	near(t, "PD (150, 6)", total(t, cfg, Controller{150, 6}.Action), 989.3, 1)
}

// build returns the task of cfg and the leg inside it.
func build(t *testing.T, cfg Config) (env.Env, *Leg) {
	t.Helper()
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	l, ok := env.Power[*Leg](e)
	if !ok {
		t.Fatal("no *Leg inside the task")
	}
	return e, l
}

func TestRewarderExistsExactlyWhereTheObservationsTellTheReward(t *testing.T) {
	for _, c := range []struct {
		repeat   int
		hardware bool
		want     bool
	}{{1, false, true}, {5, false, true}, {1, true, false}, {5, true, false}} {
		cfg := DefaultConfig()
		cfg.Repeat, cfg.Hardware = c.repeat, c.hardware
		e, _ := build(t, cfg)
		if _, got := env.Power[env.Rewarder](e); got != c.want {
			t.Errorf("%s: Rewarder is %v, want %v", e.Spec().ID, got, c.want)
		}
	}
}

func TestOverspeedEndsTheTaskWithRewardZero(t *testing.T) {
	for _, repeat := range []int{1, 5} {
		cfg := DefaultConfig()
		cfg.Repeat = repeat
		e, l := build(t, cfg)
		obs := make([]float64, 10)
		if err := l.Inject(map[string][]float64{"state": {0, -1.3, 0, 61, 0}}, obs); err != nil {
			t.Fatal(err)
		}
		out, err := e.Step([]float64{0, 1}, obs)
		if err != nil {
			t.Fatal(err)
		}
		if !out.Terminated || out.Truncated || out.Reward != 0 {
			t.Errorf("repeat %d at 61 rad/s: %+v, want terminated with reward 0", repeat, out)
		}
		if l.ticks != 1 {
			t.Errorf("repeat %d: %d integrator steps after the end, want 1", repeat, l.ticks)
		}
	}
}

func TestHardwareLegSeesQuantisedAnglesAndActsOneStepLate(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Hardware = true
	_, l := build(t, cfg)
	obs := make([]float64, 10)
	if err := l.Reset(rng.NewStream(rng.Root(3)), obs); err != nil {
		t.Fatal(err)
	}
	for j := range 2 {
		steps := obs[j] / (2 * math.Pi / 4096)
		near(t, "encoder steps", steps, math.Round(steps), 1e-9)
		near(t, "angle", obs[j], l.x[j], math.Pi/4096+1e-15)
	}
	other := *l
	if _, err := l.Step([]float64{1, 1}, obs); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Step([]float64{-1, 0}, obs); err != nil {
		t.Fatal(err)
	}
	if l.x != other.x {
		t.Error("an action moved the leg in its own step; want a delay of one step")
	}
	if _, err := l.Step([]float64{0, 0}, obs); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Step([]float64{0, 0}, obs); err != nil {
		t.Fatal(err)
	}
	if l.x == other.x {
		t.Error("different actions had no effect one step later")
	}
}

func TestHardwareLegVariesMassesAndFrictionPerEpisodeWithinTenPercent(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Hardware = true
	_, l := build(t, cfg)
	s, obs, n := rng.NewStream(rng.Root(4)), make([]float64, 10), nominal()
	low, high := 2.0, 0.0
	for range 300 {
		if err := l.Reset(s, obs); err != nil {
			t.Fatal(err)
		}
		for _, r := range []float64{l.dyn.m1 / n.m1, l.dyn.m2 / n.m2, l.dyn.viscous / n.viscous} {
			low, high = min(low, r), max(high, r)
		}
	}
	if low < 0.9 || high > 1.1 || low > 0.905 || high < 1.095 {
		t.Errorf("factors within [%g, %g], want [0.9, 1.1]", low, high)
	}
}

func TestFilteredSpeedFollowsAConstantSpeed(t *testing.T) {
	var h hardware
	x := [4]float64{0, 0, 0, 0}
	h.reset(&x)
	for i := range 500 {
		x[0], x[1] = 2*tick*float64(i), -3*tick*float64(i)
		h.measure(&x)
	}
	// One encoder step in 2 ms is 0.77 rad/s; the filter leaves about half of it.
	near(t, "hip speed", h.seen[2], 2, 0.77)
	near(t, "knee speed", h.seen[3], -3, 0.77)
}

func TestResetNoiseHasTheSpecifiedDeviations(t *testing.T) {
	e, l := build(t, DefaultConfig())
	hip, knee := inverse(0.06, -0.22)
	s, obs := rng.NewStream(rng.Root(5)), make([]float64, 10)
	const n = 4000
	var square [4]float64
	for range n {
		if err := e.Reset(s, obs); err != nil {
			t.Fatal(err)
		}
		for i, centre := range [4]float64{hip, knee, 0, 0} {
			square[i] += (l.x[i] - centre) * (l.x[i] - centre) / n
		}
	}
	for i, want := range [4]float64{0.02, 0.02, 0.05, 0.05} {
		near(t, "standard deviation", math.Sqrt(square[i]), want, 0.05*want)
	}
}

func TestStepAllocatesNothing(t *testing.T) {
	for _, hardware := range []bool{false, true} {
		cfg := DefaultConfig()
		cfg.Repeat, cfg.Hardware = 5, hardware
		e, _ := build(t, cfg)
		obs, action := make([]float64, 10), []float64{0.1, -0.1}
		s := rng.NewStream(rng.Root(6))
		if n := testing.AllocsPerRun(100, func() {
			if e.Reset(s, obs) != nil {
				t.Fatal("reset")
			}
			if _, err := e.Step(action, obs); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("hardware %v: Reset and Step allocate %g times", hardware, n)
		}
	}
}

func TestValidateNamesEveryFault(t *testing.T) {
	cfg := Config{Path: 9, Integrator: 9, Repeat: 0, Coulomb: -1, AngleStd: math.NaN(), SpeedStd: math.Inf(1)}
	err := cfg.Validate()
	if err == nil {
		t.Fatal("no fault found")
	}
	for _, field := range []string{"Path", "Integrator", "Repeat", "Coulomb", "AngleStd", "SpeedStd"} {
		if !strings.Contains(err.Error(), field) {
			t.Errorf("no fault names %s: %v", field, err)
		}
	}
	if DefaultConfig().Validate() != nil {
		t.Error("the default has faults")
	}
}

func TestTraceTellsFootAndTarget(t *testing.T) {
	_, l := build(t, quiet(Ellipse, 1))
	if err := l.Reset(rng.NewStream(rng.Root(7)), make([]float64, 10)); err != nil {
		t.Fatal(err)
	}
	x, z := l.Foot()
	tx, tz := l.Target()
	near(t, "target x", tx, 0.06, 1e-15)
	near(t, "target z", tz, -0.22, 1e-15)
	near(t, "foot x", x, tx, 1e-14)
	near(t, "foot z", z, tz, 1e-14)
}

func BenchmarkStep(b *testing.B) {
	e, err := New(DefaultConfig())
	if err != nil {
		b.Fatal(err)
	}
	obs, action := make([]float64, 10), []float64{0.1, -0.1}
	for b.Loop() {
		if _, err := e.Step(action, obs); err != nil {
			b.Fatal(err)
		}
	}
}
