package pddm

import "demorl/env/mujoco"

// drive turns an action into position targets for the joints' servos, with a
// limit on how far a target may be from where a joint is.
type drive struct {
	mid, up, down []float64 // target of action 0; distance from it at actions 1 and -1
	// twice maps a target that came out at 0 or below once more as if it were an
	// action: the originals' two in-place assignments do that.
	twice     bool
	speed     float64   // limit in rad/s
	low, high []float64 // limits of the target
	// limitFirst applies the target's limits before the speed's and not after.
	limitFirst bool
}

// rad32 is what the originals' float32 arrays hold of a limit.
func rad32(x float64) float64 { return float64(float32(x)) }

// same is n times x.
func same(n int, x float64) []float64 {
	s := make([]float64, n)
	for i := range s {
		s[i] = x
	}
	return s
}

func clip(x, low, high float64) float64 { return min(high, max(low, x)) }

// control writes the targets for one step of dt seconds. Products are rounded
// before they are added, on every machine, as NumPy does.
func (d *drive) control(sim *mujoco.Sim, action []float64, dt float64) {
	q, ctrl := sim.Field(mujoco.Qpos), sim.Field(mujoco.Ctrl)
	for j := range ctrl {
		ctrl[j] = d.target(j, action[j], q[j], dt)
	}
}

func (d *drive) target(j int, action, q, dt float64) float64 {
	a := clip(action, -1, 1)
	if a > 0 {
		a = d.mid[j] + float64(a*d.up[j])
		if d.twice && a <= 0 {
			a = d.mid[j] + float64(a*d.down[j])
		}
	} else {
		a = d.mid[j] + float64(a*d.down[j])
	}
	if d.limitFirst {
		a = clip(a, d.low[j], d.high[j])
	}
	a = q + float64(clip((a-q)/dt, -d.speed, d.speed)*dt)
	if !d.limitFirst {
		a = clip(a, d.low[j], d.high[j])
	}
	return a
}
