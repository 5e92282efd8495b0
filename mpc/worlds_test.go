package mpc

import (
	"math"
	"testing"

	"demorl/par"
	"demorl/rng"
	"demorl/rollout"
)

// stepFunc is a closed-form world: it fills next and returns reward and fate.
// row tells which start, candidate and particle it steps.
type stepFunc func(row row, h int, obs, act, next []float32) (float32, rollout.Fate)

type row struct{ start, candidate, particle int32 }

type world struct {
	obs, act int
	step     stepFunc
}

func (w world) ObsDim() int                                 { return w.obs }
func (w world) ActDim() int                                 { return w.act }
func (w world) NewLane(int) rollout.Lane                    { return w }
func (w world) Begin(*rollout.Block, []rollout.Start) error { return nil }
func (w world) Step(b *rollout.Block, h int) error {
	for r := range b.Rows {
		if b.Fate[r] != rollout.Running {
			continue
		}
		b.Reward[r], b.Fate[r] = w.step(row{b.Start[r], b.Candidate[r], b.Particle[r]}, h,
			b.Obs[r*w.obs:(r+1)*w.obs], b.Action[r*w.act:(r+1)*w.act], b.Next[r*w.obs:(r+1)*w.obs])
		b.RewardStd[r] = 0
	}
	return nil
}

// oneShot is a world of one step: reward is a function of the action.
func oneShot(act int, reward func(u []float32) float64) world {
	return world{1, act, func(_ row, _ int, _, u, next []float32) (float32, rollout.Fate) {
		next[0] = 0
		return float32(reward(u)), rollout.Running
	}}
}

// integrator is the double integrator of method.md G.2 with actions in units
// of scale: cost x'diag(1, 0.1)x + 0.01 u^2.
func integrator(scale float32) world {
	return world{2, 1, func(_ row, _ int, x, u, next []float32) (float32, rollout.Fate) {
		a := scale * u[0]
		next[0] = x[0] + 0.1*x[1] + 0.005*a
		next[1] = x[1] + 0.1*a
		return -(x[0]*x[0] + 0.1*x[1]*x[1] + 0.01*a*a), rollout.Running
	}}
}

// linear is a policy u = clip(bias - gain x + std z).
type linear struct {
	gain     []float32 // ActDim x ObsDim
	obs, act int
	std      float32
	bias     float32
}

func (l linear) actor(int) rollout.Actor { return l }

func (l linear) Act(obs []float32, rows int, noise, sample, mean []float32) {
	for r := range rows {
		for j := range l.act {
			m := l.bias
			for i := range l.obs {
				m -= l.gain[j*l.obs+i] * obs[r*l.obs+i]
			}
			if mean != nil {
				mean[r*l.act+j] = min(1, max(-1, m))
			}
			if sample != nil {
				sample[r*l.act+j] = min(1, max(-1, m+l.std*noise[r*rollout.Stride(l.act)+j]))
			}
		}
	}
}

func (l linear) perturbed(int) Perturbed { return l }

// Parameters are the gains and the bias, for one action.
func (l linear) Parameters() int { return l.obs + 1 }

func (l linear) ActPerturbed(offset, obs []float32, rows int, action []float32) {
	for r := range rows {
		m := l.bias + offset[l.obs]
		for i := range l.obs {
			m -= (l.gain[i] + offset[i]) * obs[r*l.obs+i]
		}
		action[r] = min(1, max(-1, m))
	}
}

// quadratic is the terminal value -x'Px, P row-major.
type quadratic struct {
	p   []float64
	obs int
}

func (q quadratic) terminal(int) rollout.Terminal { return q }

func (q quadratic) Value(b *rollout.Block, out []float32) {
	for r := range b.Rows {
		v := 0.0
		x := b.Obs[r*q.obs : (r+1)*q.obs]
		for i := range x {
			for j := range x {
				v -= float64(x[i]) * q.p[i*q.obs+j] * float64(x[j])
			}
		}
		out[r] = float32(v)
	}
}

func newPlanner(t testing.TB, s Settings, w rollout.World, d Deps, workers int) *Planner {
	t.Helper()
	pool := par.New(workers)
	t.Cleanup(pool.Close)
	p, err := New(s, w, d, pool)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func startsAt(n, obs int, seed uint64) []rollout.Start {
	s := make([]rollout.Start, n)
	z := rng.NewStream(rng.Root(seed))
	for i := range s {
		s[i] = rollout.Start{ID: uint64(i), Obs: make([]float32, obs)}
		for j := range s[i].Obs {
			s[i].Obs[j] = float32(z.Uniform(-1, 1))
		}
	}
	return s
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s is %g, want %g within %g", what, got, want, tolerance)
	}
}
