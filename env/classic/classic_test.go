package classic

import (
	"math"
	"testing"

	"demorl/env"
	"demorl/rng"
)

// cartPoleEnergy is written from the rod's and cart's velocities, apart from
// the equations of motion.
func cartPoleEnergy(x [4]float64) float64 {
	sin, cos := math.Sincos(x[2])
	vx, vz := x[1]+rodHalf*cos*x[3], -rodHalf*sin*x[3] // the rod's centre
	spin := rodMass * rodLength * rodLength / 12
	return 0.5*cartMass*x[1]*x[1] + 0.5*rodMass*(vx*vx+vz*vz) + 0.5*spin*x[3]*x[3] +
		rodMass*cartGravity*rodHalf*cos
}

func TestCartPoleKeepsItsEnergyWithoutForceAndFriction(t *testing.T) {
	x := [4]float64{0, 0.3, 1, -2}
	before := cartPoleEnergy(x)
	for range 5000 {
		x = cartPoleStep(x, 0, 0, 0.001)
	}
	if drift := math.Abs(cartPoleEnergy(x) - before); drift > 1e-9 {
		t.Errorf("energy drifts by %g J in 5 s", drift)
	}
}

func TestCartPolePowerIsForceTimesSpeedMinusFriction(t *testing.T) {
	s := rng.NewStream(rng.Root(1))
	for range 100 {
		x := [4]float64{s.Uniform(-2, 2), s.Uniform(-3, 3), s.Uniform(-4, 4), s.Uniform(-8, 8)}
		force := s.Uniform(-10, 10)
		const dt = 1e-5
		power := (cartPoleEnergy(cartPoleStep(x, force, cartFriction, dt)) -
			cartPoleEnergy(cartPoleStep(x, force, cartFriction, -dt))) / (2 * dt)
		if want := force*x[1] - cartFriction*x[1]*x[1]; math.Abs(power-want) > 1e-5 {
			t.Fatalf("power %g at %v with force %g, want %g", power, x, force, want)
		}
	}
}

func TestCartPoleRewardIsOneUprightAtTheCentreAndEndsOffTheTrack(t *testing.T) {
	c, obs := NewCartPole(), make([]float64, 5)
	out, err := c.Step([]float64{0}, obs)
	if err != nil || out.Reward != 1 || out.Terminated {
		t.Errorf("upright at rest: %+v, %v; want reward 1", out, err)
	}
	if err := c.Inject(map[string][]float64{"state": {2.39, 1, math.Pi, 0}}, obs); err != nil {
		t.Fatal(err)
	}
	if out, err = c.Step([]float64{0}, obs); err != nil || !out.Terminated || out.Truncated {
		t.Errorf("at %g m: %+v, %v; want terminated", obs[0], out, err)
	}
}

// The oracle is the definition of P, iterated with full matrices, and the sum
// of the rewards that the task itself pays.
func TestLQR2OptimumSolvesTheRiccatiEquation(t *testing.T) {
	p, k := LQR2Optimum()
	a := [4][4]float64{{1, 0, .05, 0}, {0, 1, 0, .05}, {0, 0, 1, 0}, {0, 0, 0, 1}}
	b := [4][2]float64{{.00125, 0}, {0, .00125}, {.05, 0}, {0, .05}}
	q := [4]float64{1, 1, .1, .1}
	closed := a // A - BK
	for i := range 4 {
		for j := range 4 {
			for m := range 2 {
				closed[i][j] -= b[i][m] * k[m][j]
			}
		}
	}
	for i := range 4 {
		for j := range 4 {
			want := 0.0 // Q + K'RK + (A-BK)'P(A-BK): the cost of the policy -Kx
			if i == j {
				want = q[i]
			}
			for m := range 2 {
				want += 0.01 * k[m][i] * k[m][j]
			}
			for r := range 4 {
				for c := range 4 {
					want += closed[r][i] * p[r][c] * closed[c][j]
				}
			}
			if math.Abs(p[i][j]-want) > 1e-9 {
				t.Errorf("P[%d][%d] = %.12g, want %.12g", i, j, p[i][j], want)
			}
		}
	}
	// K is the minimiser: B'P(A - BK) = RK.
	for m := range 2 {
		for j := range 4 {
			got := 0.0
			for r := range 4 {
				for c := range 4 {
					got += b[r][m] * p[r][c] * closed[c][j]
				}
			}
			if math.Abs(got-0.01*k[m][j]) > 1e-9 {
				t.Errorf("K[%d][%d]: gradient %g", m, j, got-0.01*k[m][j])
			}
		}
	}
}

func TestLQR2PaysItsExactValueUnderTheOptimalGain(t *testing.T) {
	p, k := LQR2Optimum()
	l, obs, action := NewLQR2(), make([]float64, 4), make([]float64, 2)
	start := []float64{0.06, -0.05, 0.03, 0.02}
	if err := l.Inject(map[string][]float64{"state": start}, obs); err != nil {
		t.Fatal(err)
	}
	sum, want := 0.0, 0.0
	for i := range 4 {
		for j := range 4 {
			want -= start[i] * p[i][j] * start[j]
		}
	}
	for range 3000 {
		for m := range 2 {
			action[m] = 0
			for j, x := range obs {
				action[m] -= k[m][j] * x
			}
			if math.Abs(action[m]) > 1 {
				t.Fatalf("action %g is clipped", action[m])
			}
		}
		out, err := l.Step(action, obs)
		if err != nil {
			t.Fatal(err)
		}
		sum += out.Reward
	}
	if math.Abs(sum-want) > 1e-9 {
		t.Errorf("return %.12g, exact value %.12g", sum, want)
	}
}

func TestResetsFollowTheirDistributions(t *testing.T) {
	uniform := func(lo, hi float64) [2]float64 { return [2]float64{(lo + hi) / 2, (hi - lo) / math.Sqrt(12)} }
	for _, c := range []struct {
		task env.Env
		want [][2]float64 // mean and standard deviation of each entry
	}{
		{task: NewPendulum(), want: [][2]float64{uniform(-math.Pi, math.Pi), uniform(-1, 1)}},
		{task: NewMountainCar(), want: [][2]float64{uniform(-0.6, -0.4), {0, 0}}},
		{task: NewCartPole(), want: [][2]float64{{0, .05}, {0, .05}, {math.Pi, .05}, {0, .05}}},
		{task: NewLQR2(), want: [][2]float64{uniform(-1, 1), uniform(-1, 1), {0, 0}, {0, 0}}},
	} {
		var x []float64
		switch task := c.task.(type) {
		case *Pendulum:
			x = task.x
		case *MountainCar:
			x = task.x
		case *CartPole:
			x = task.x
		case *LQR2:
			x = task.x
		}
		const n = 4000
		sum, square := make([]float64, len(x)), make([]float64, len(x))
		s, obs := rng.NewStream(rng.Root(2)), make([]float64, 8)
		for range n {
			if err := c.task.Reset(s, obs); err != nil {
				t.Fatal(err)
			}
			for i, v := range x {
				sum[i] += v / n
				square[i] += (v - c.want[i][0]) * (v - c.want[i][0]) / n
			}
		}
		for i, want := range c.want {
			if math.Abs(sum[i]-want[0]) > 0.06*want[1]+1e-12 || math.Abs(math.Sqrt(square[i])-want[1]) > 0.05*want[1] {
				t.Errorf("%s: entry %d has mean %g and deviation %g, want %v", c.task.Spec().ID, i, sum[i], math.Sqrt(square[i]), want)
			}
		}
	}
}
