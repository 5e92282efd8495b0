package pddm

import (
	"math"
	"slices"

	"demorl/env/mujoco"
	"demorl/rng"
)

// The slots of a ROBEL task's memory begin here.
const (
	atTarget = 0                        // wanted angle of the valve, rad
	atAction = 1                        // the last action, clipped
	atRatio  = atAction + fingerJoints  // of the observation noise
	atNoise  = atRatio + 1              // what the present observation adds: positions, speeds, valve
	atValve  = atNoise + 2*fingerJoints // its last entry
)

// noiseRatio is the share of a joint's range over which an observation of it
// may be wrong.
const noiseRatio = .05

// pi is a variable, so that a third of it is rounded as the original's is.
var pi = math.Pi

var (
	// Limits of the claw's joints and of their speeds, rad and rad/s.
	robelRange = [3]float64{rad32(.48), rad32(pi / 3), rad32(math.Pi / 2)}
	robelSpeed = rad32(2 * pi / 3)
	robelPose  = [3]float64{0, -pi / 3, pi / 3}
)

// robelFixed turns the valve by half a turn (environments.md 5.2).
var robelFixed = task{
	id: "claw:robel-fixed", names: []string{"DClawTurnFixed-v0"}, summary: "ROBEL's claw, turn a valve by half a turn",
	scene: &robelClaw, size: clawSize, limit: 40,
	obs:    slices.Concat(numbered("qpos", fingerJoints), []string{"cos_valve", "sin_valve"}, numbered("last_action", fingerJoints), []string{"target_error"}),
	memory: []slot{{"target", 1}, {"last_action", fingerJoints}, {"noise_ratio", 1}, {"noise", 2*fingerJoints + 1}},
	keep:   []mujoco.Field{mujoco.BodyQuat}, moved: []object{{mujoco.Body, "target"}},
	prepare: prepareRobel, observe: observeRobel, rewardNow: rewardRobel,
	reset: func(e *Env, _ *rng.Stream) { e.startRobel(0, math.Pi) },
	shown: func(e *Env) { e.turnTarget(e.memory[atTarget]) },
	after: func(e *Env, action []float64) {
		for j := range fingerJoints {
			e.memory[atAction+j] = clip(action[j], -1, 1)
		}
		e.drawNoise()
	},
}

// robelRandom begins and ends within 60 degrees of that.
var robelRandom = robelFixed.with(func(t *task) {
	t.id, t.names, t.summary = "claw:robel-random", []string{"DClawTurnRandom-v0"}, "ROBEL's claw, turn a valve between random angles"
	t.reset = func(e *Env, s *rng.Stream) {
		valve := s.Uniform(-math.Pi/3, math.Pi/3)
		e.startRobel(valve, math.Pi+s.Uniform(-math.Pi/3, math.Pi/3))
	}
})

// robelRandomDynamics draws friction, damping, gain and mount too, and adds
// noise to what is observed.
var robelRandomDynamics = robelRandom.with(func(t *task) {
	t.id, t.names = "claw:robel-random-dynamics", []string{"DClawTurnRandomDynamics-v0"}
	t.summary += ", with random dynamics and observation noise"
	t.keep = []mujoco.Field{mujoco.BodyQuat, mujoco.BodyPos, mujoco.DofDamping, mujoco.DofFrictionloss, mujoco.ActuatorGainprm, mujoco.ActuatorBiasprm, mujoco.GeomFriction}
	t.moved = []object{{mujoco.Body, "target"}, {mujoco.Body, "mount"}}
	angles := t.reset
	t.reset = func(e *Env, s *rng.Stream) {
		e.drawDynamics(s)
		angles(e, s)
		e.memory[atRatio] = noiseRatio
		e.noise = *rng.NewStream(s.Key().Derive("observation noise", s.Uint64()))
		e.drawNoise()
	}
})

// with returns a changed copy.
func (t task) with(change func(*task)) task {
	change(&t)
	return t
}

func prepareRobel(e *Env) { e.drive = robelDrive() }

func robelDrive() drive {
	d := drive{mid: same(fingerJoints, 0), speed: robelSpeed, limitFirst: true}
	for j := range fingerJoints {
		d.up, d.low = append(d.up, robelRange[j%3]), append(d.low, -robelRange[j%3])
	}
	d.down, d.high = d.up, d.up
	return d
}

// startRobel writes the first pose. The original keeps the target in float32.
func (e *Env) startRobel(valve, target float64) {
	q := e.sim.Field(mujoco.Qpos)
	for j := range fingerJoints {
		q[j] = robelPose[j%3]
	}
	q[clawSize.nq-1] = valve
	e.memory[atTarget] = rad32(wrapped(target))
}

// wrapped takes an angle into [-pi, pi), as NumPy's mod does.
func wrapped(x float64) float64 {
	m := math.Mod(x+math.Pi, 2*math.Pi)
	if m < 0 {
		m += 2 * math.Pi
	}
	return m - math.Pi
}

// drawDynamics draws what the original draws, colours aside.
func (e *Env) drawDynamics(s *rng.Stream) {
	damping, friction := e.sim.Field(mujoco.DofDamping), e.sim.Field(mujoco.DofFrictionloss)
	joints := [fingerJoints + 1]int{0, 1, 2, 3, 4, 5, 6, 7, 8, clawSize.nv - 1}
	for _, j := range joints {
		damping[j] = s.Uniform(.005, .1)
	}
	for _, j := range joints {
		friction[j] = s.Uniform(.001, .005)
	}
	gain, bias := e.sim.Field(mujoco.ActuatorGainprm), e.sim.Field(mujoco.ActuatorBiasprm)
	kp := s.Uniform(1, 3)
	for j := range fingerJoints {
		gain[10*j], bias[10*j+1] = kp, -kp
	}
	slide, spin, roll := s.Uniform(.8, 1.2), s.Uniform(.003, .007), s.Uniform(.00005, .00015)
	for f := e.sim.Field(mujoco.GeomFriction); len(f) > 0; f = f[3:] {
		f[0], f[1], f[2] = slide, spin, roll
	}
	mount := e.sim.Field(mujoco.BodyPos)[3*e.ids[1]:][:3]
	for i := range mount {
		mount[i] += s.Uniform(-.01, .01)
	}
}

// drawNoise draws what the next observation is wrong by. The valve's speed has
// no range and so no noise.
func (e *Env) drawNoise() {
	ratio := e.memory[atRatio]
	if ratio == 0 {
		return
	}
	amount := func(limit float64) float64 {
		return float64(float32(ratio)*float32(2*limit)) * e.noise.Uniform(-.5, .5)
	}
	noise := e.memory[atNoise:]
	for j := range fingerJoints {
		noise[j] = amount(robelRange[j%3])
	}
	for j := range fingerJoints {
		noise[fingerJoints+j] = amount(robelSpeed)
	}
	noise[2*fingerJoints] = amount(rad32(math.Pi))
}

func observeRobel(e *Env, obs []float64) {
	q := e.sim.Field(mujoco.Qpos)
	for j := range fingerJoints {
		obs[j] = q[j] + e.memory[atNoise+j]
	}
	valve := q[len(q)-1] + e.memory[atValve]
	obs[10], obs[9] = mujoco.SinCos(valve)
	copy(obs[11:], e.memory[atAction:atAction+fingerJoints])
	obs[20] = wrapped(e.memory[atTarget] - valve)
}

func rewardRobel(e *Env, o mujoco.Row) float64 {
	return robelReward(o, e.sim.Field(mujoco.Qvel), e.memory[atNoise+fingerJoints:])
}

// robelReward needs the joints' speeds v, which the observation leaves out,
// and what is observed of them beside that.
func robelReward(o mujoco.Row, v, noise []float64) float64 {
	pose, speed := 0., 0.
	for j := range fingerJoints {
		d := o.At(j) - robelPose[j%3]
		pose += d * d
		if s := v[j] + noise[j]; math.Abs(s) >= .5 {
			speed += s * s
		}
	}
	distance := math.Abs(o.At(20))
	reward := -5*distance - math.Sqrt(pose) - math.Sqrt(speed)
	if distance < .25 {
		reward += 10
	}
	if distance < .1 {
		reward += 50
	}
	return reward
}
