package mpc

import (
	"context"
	"math"
	"testing"

	"demorl/env"
	"demorl/env/classic"
	"demorl/rng"
	"demorl/rollout"
)

func TestSphereIsFoundAtTheFrozenAccuracy(t *testing.T) {
	sphere := oneShot(10, func(u []float32) float64 {
		c := 0.0
		for _, x := range u {
			d := float64(x) - 0.7
			c -= d * d
		}
		return c
	})
	for seed := range uint64(5) {
		s := CEM()
		s.Horizon, s.Samples, s.Elites, s.Sigma, s.Bound, s.MinStd = 1, 200, 20, 1, 1e9, 0
		for iterations, limit := range map[int]float64{10: 0.03, 20: 5e-4} {
			s.Iterations = iterations
			p := newPlanner(t, s, sphere, Deps{}, 1)
			p.Plan(context.Background(), rollout.Start{Obs: []float32{0}}, rng.Root(seed))
			d := 0.0
			for _, x := range p.kept.mean {
				d += (x - 0.7) * (x - 0.7)
			}
			if d = math.Sqrt(d); d > limit {
				t.Errorf("seed %d: %g from the optimum after %d iterations, want at most %g", seed, d, iterations, limit)
			}
		}
	}
}

// regulate drives the double integrator from (1, 0) for 100 steps with plans made in w, and returns the cost.
func regulate(t *testing.T, s Settings, w rollout.World, seed uint64) float64 {
	t.Helper()
	s.Horizon, s.Gamma, s.Value = 20, 1, ValueTerminal
	system := integrator(10)
	p := newPlanner(t, s, w, Deps{NewTerminal: quadratic{[]float64{1, 0, 0, 0.1}, 2}.terminal}, 2)
	x, next, cost := []float32{1, 0}, []float32{0, 0}, 0.0
	for step := range 100 {
		r := p.Plan(context.Background(), rollout.Start{Obs: x}, rng.Root(seed).At(uint64(step)))
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		reward, _ := system.step(row{}, 0, x, r.Action, next)
		cost -= float64(reward)
		copy(x, next)
	}
	return cost
}

func TestDoubleIntegratorIsRegulatedNearTheRiccatiOptimum(t *testing.T) {
	const optimum = 6.0225
	cem := CEM()
	cem.Samples, cem.Elites, cem.Iterations, cem.Sigma = 500, 20, 10, 0.35
	icem := ICEM()
	icem.Samples, icem.Elites, icem.Iterations, icem.Sigma, icem.Beta = 500, 20, 7, 0.35, 0.25
	mppi := MPPI()
	mppi.Samples, mppi.Sigma, mppi.Lambda = 500, 0.2, 0.02
	full, knots := cem, cem
	full.Distribution, full.Covariance, full.ShiftCovariance, full.Inflate = DistributionFull, CovOld, CovInflate, 0.1
	knots.Noise, knots.Knots = NoiseKnots, 10
	ar := mppi
	ar.Noise, ar.Sigma = NoiseAR, 0.3
	for _, c := range []struct {
		name  string
		s     Settings
		limit float64
	}{{"cem", cem, 1.05}, {"icem", icem, 1.05}, {"mppi", mppi, 1.2}, {"full", full, 1.05}, {"knots", knots, 1.05}, {"ar", ar, 1.2}} {
		for seed := range uint64(2) {
			cost := regulate(t, c.s, integrator(10), seed)
			if cost < optimum*0.999 || cost > c.limit*optimum {
				t.Errorf("%s, seed %d: cost %.4f, want %.4f to %.4f", c.name, seed, cost, optimum, c.limit*optimum)
			}
			t.Logf("%s, seed %d: %.4f of the optimum", c.name, seed, cost/optimum)
		}
	}
}

// drive plans task with its true simulator for steps, from a state if one is given, and returns the episode's
// reward and its observations.
func drive(t *testing.T, task string, s Settings, from []float64, seed uint64, steps int) (float64, [][]float64) {
	t.Helper()
	open := func() (env.Env, error) {
		e, err := env.ForLearning(task)
		return e, err
	}
	w, err := rollout.NewSimWorld(open)
	if err != nil {
		t.Fatal(err)
	}
	p := newPlanner(t, s, w, Deps{}, 2)
	e, err := open()
	if err != nil {
		t.Fatal(err)
	}
	codec, _ := env.Power[env.StateCodec](e)
	obs := make([]float64, e.Spec().ObsDim)
	if err := e.Reset(rng.NewStream(rng.Root(seed).Derive("reset")), obs); err != nil {
		t.Fatal(err)
	}
	if from != nil {
		in, _ := env.Power[env.Injector](e)
		if err := in.Inject(map[string][]float64{"state": from}, obs); err != nil {
			t.Fatal(err)
		}
	}
	start := rollout.Start{Obs: make([]float32, len(obs))}
	action := make([]float64, e.Spec().ActDim)
	total, path := 0.0, [][]float64{append([]float64(nil), obs...)}
	for step := range steps {
		start.State = codec.AppendState(start.State[:0])
		for j, x := range obs {
			start.Obs[j] = float32(x)
		}
		r := p.Plan(context.Background(), start, rng.Root(seed).At(uint64(step)))
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		for j, u := range r.Action {
			action[j] = float64(u)
		}
		out, err := e.Step(action, obs)
		if err != nil {
			t.Fatal(err)
		}
		total += out.Reward
		path = append(path, append([]float64(nil), obs...))
		if out.Terminated {
			break
		}
	}
	return total, path
}

func TestTrueModelPlanningComesWithinOnePercentOfLQR2(t *testing.T) {
	value, _ := classic.LQR2Optimum()
	flat := make([]float64, 0, 16)
	for _, line := range value {
		flat = append(flat, line[:]...)
	}
	cost := func(x []float64) float64 {
		c := 0.0
		for i := range x {
			for j := range x {
				c += x[i] * value[i][j] * x[j]
			}
		}
		return c
	}
	s := CEM()
	s.Horizon, s.Samples, s.Elites, s.Iterations, s.Gamma, s.Sigma = 25, 400, 15, 8, 1, 0.2
	s.MinStd, s.StepCov, s.ShiftCovariance, s.Inflate = 1e-4, 0.5, CovInflate, 0.01
	for i, from := range [][]float64{{0.1, -0.05, 0, 0}, {-0.08, 0.1, 0, 0}} {
		total, path := drive(t, "classic/lqr2", s, from, uint64(i), 40)
		got := -total + cost(path[len(path)-1]) // what is left is worth its optimum
		want := cost(path[0])
		t.Logf("start %d: %.4f of the optimum", i, got/want)
		if got < want*(1-1e-6) || got > 1.01*want {
			t.Errorf("start %d: cost %g, want %g to one percent above", i, got, want)
		}
	}
}

// follow rolls actions(h, x, z) through w from x0 and returns reward plus value.
func follow(w world, value quadratic, x0 []float32, horizon int, action func(h int, x []float32) float32) float64 {
	x, next, total := append([]float32(nil), x0...), make([]float32, len(x0)), 0.0
	for h := range horizon {
		reward, _ := w.step(row{}, h, x, []float32{min(1, max(-1, action(h, x)))}, next)
		total += float64(reward)
		copy(x, next)
	}
	b := rollout.NewBlock(1, len(x), 1)
	b.Rows = 1
	copy(b.Obs, x)
	out := []float32{0}
	value.Value(b, out)
	return total + float64(out[0])
}

// riccati is the optimum of the double integrator in units of actions of 10.
var riccati = linear{gain: []float32{0.7613, 0.4585}, obs: 2, act: 1}

// optimalValue is its value matrix, by iterating the policy's own cost.
func optimalValue() quadratic {
	p := [3]float64{} // pp, pv, vv
	k1, k2 := 7.613, 4.585
	a := [2][2]float64{{1 - 0.005*k1, 0.1 - 0.005*k2}, {-0.1 * k1, 1 - 0.1*k2}}
	for range 5000 {
		m := [2][2]float64{{p[0], p[1]}, {p[1], p[2]}}
		q := [2][2]float64{{1 + 0.01*k1*k1, 0.01 * k1 * k2}, {0.01 * k1 * k2, 0.1 + 0.01*k2*k2}}
		for i := range 2 {
			for j := range 2 {
				for r := range 2 {
					for c := range 2 {
						q[i][j] += a[r][i] * m[r][c] * a[c][j]
					}
				}
			}
		}
		p = [3]float64{q[0][0], (q[0][1] + q[1][0]) / 2, q[1][1]}
	}
	return quadratic{[]float64{p[0], p[1], p[1], p[2]}, 2}
}

func TestAPlanningRoundImprovesAPoorPolicyAndClaimsNothingOverTheOptimum(t *testing.T) {
	value := optimalValue()
	near(t, "cost from (1, 0)", value.p[0], 6.0225, 1e-3)
	w := integrator(10)
	starts := startsAt(400, 2, 11)
	for i := range starts { // where the optimum stays inside the bounds
		starts[i].Obs[0] *= 0.8
		starts[i].Obs[1] *= 0.4
	}
	gains := func(policy linear, form string, horizon int) (wins, gain float64) {
		s := MDeMoRL()
		s.Horizon, s.Gamma, s.PlanForm = horizon, 1, form
		p := newPlanner(t, s, w, Deps{NewActor: policy.actor, NewTerminal: value.terminal}, 2)
		out := &Plans{}
		if _, err := p.PlanBatch(starts, rng.Root(1), out); err != nil {
			t.Fatal(err)
		}
		own := func(_ int, x []float32) float32 {
			u := []float32{0}
			policy.Act(x, 1, nil, nil, u)
			return u[0]
		}
		for i := range starts {
			improved := follow(w, value, starts[i].Obs, horizon, func(h int, x []float32) float32 {
				u := out.At(i, h)[0]
				if !out.Form.OpenLoop() {
					u += own(h, x)
				}
				return u
			})
			d := improved - follow(w, value, starts[i].Obs, horizon, own)
			gain += d / float64(len(starts))
			if d > 0 {
				wins += 1 / float64(len(starts))
			}
		}
		return wins, gain
	}
	away := linear{gain: []float32{-0.1, -0.1}, obs: 2, act: 1, bias: 0.7}
	for _, form := range []string{PlanMean, PlanResidual, PlanResidualMean} {
		for _, horizon := range []int{5, 8} {
			wins, gain := gains(away, form, horizon)
			t.Logf("%s, H %d: wins %.3f, gain %.3f", form, horizon, wins, gain)
			if wins <= 0.95 || gain <= 0 {
				t.Errorf("%s, H %d: better than the poor policy from %.1f %% of the starts with gain %g", form, horizon, 100*wins, gain)
			}
			wins, gain = gains(riccati, form, horizon)
			if wins > 0.01 || gain > 1e-5 {
				t.Errorf("%s, H %d: claims a gain of %g over the optimum", form, horizon, gain)
			}
		}
	}
}
