package hand

import (
	"math"

	"demorl/env/mujoco/rotations"
)

// score is a task's reward from the poses of its objects and their goals.
type score struct {
	positioned bool // whether the position counts, or the rotation alone
	rolls      bool // whether the third Euler angle, a roll about the pen's axis, is left out
	// dense is an object's part of the reward, from its distances; nil for a
	// sparse one: 0 where all objects are near and aligned, else -1.
	dense         func(dp, dr float64) float64
	near, aligned float64 // m and rad
	spin          bool    // the reward of penspin, which has no goal
}

// distance is how far a pose x, y, z, w, x, y, z is from its goal: dp in m and
// dr in radians from 0 to 2 pi.
func (s *score) distance(pose, goal []float64) (dp, dr float64) {
	if s.positioned {
		x, y, z := pose[0]-goal[0], pose[1]-goal[1], pose[2]-goal[2]
		dp = math.Sqrt(float64(x*x) + float64(y*y) + float64(z*z))
	}
	q, p := rotations.At(pose[3:]), rotations.At(goal[3:])
	if s.rolls {
		angles := q.Euler()
		angles[2] = p.Euler()[2]
		q = rotations.FromEuler(angles)
	}
	return dp, rotations.Angle(q, p)
}

// reward of poses, seven numbers an object, with the goals in the same order.
func (s *score) reward(poses, goals []float64) float64 {
	sum, success := 0., true
	for i := 0; i < len(poses); i += 7 {
		dp, dr := s.distance(poses[i:], goals[i:])
		if s.dense != nil {
			sum += s.dense(dp, dr)
		}
		success = success && dp < s.near && dr < s.aligned
	}
	switch {
	case s.dense != nil:
		return sum
	case success:
		return 0
	}
	return -1
}

// spinning is penspin's reward: rate is the pen's first angular velocity in its
// own frame, in rad/s, and tilt the difference of height of its ends in m.
func spinning(rate, tilt float64) float64 { return rate - 15*math.Abs(tilt) }

// penLength is the distance in m of the pen's two end sites.
const penLength = .2

// Reward is the task's reward as a function of the next observation, for a
// batch of rows in float32. In penspin the real reward's tilt is that of the
// pose before the last sub-step, which the pose and the velocity after it tell.
func (e *Env) Reward(_, _, next, reward []float32) {
	t := e.task
	dim, at, n := e.spec.ObsDim, e.posesAt, 7*t.objects
	for row := range reward {
		o := next[row*dim : (row+1)*dim]
		var poses, goals [14]float64
		for i := range t.objects {
			widen(poses[7*i:7*i+7], o[at[i]:])
		}
		if t.score.spin {
			var rates [3]float64
			widen(rates[:], o[at[0]-3:])
			reward[row] = float32(spinning(rates[0], penLength*before(rotations.At(poses[3:]), rates, e.sub).Z33()))
			continue
		}
		widen(goals[:n], o[e.goalAt:])
		reward[row] = float32(t.score.reward(poses[:n], goals[:n]))
	}
}

// before is the rotation that turned into q during dt seconds at the given
// rates in the body's frame.
func before(q rotations.Quat, rates [3]float64, dt float64) rotations.Quat {
	speed := math.Sqrt(rates[0]*rates[0] + rates[1]*rates[1] + rates[2]*rates[2])
	if speed == 0 {
		return q.Unit()
	}
	return q.Unit().Mul(rotations.About(-speed*dt, rates))
}

func widen(dst []float64, x []float32) {
	for i := range dst {
		dst[i] = float64(x[i])
	}
}
