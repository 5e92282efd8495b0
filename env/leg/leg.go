package leg

import (
	"fmt"
	"math"

	"demorl/env"
	"demorl/internal/wire"
	"demorl/rng"
)

const (
	obsDim       = 10
	episodeTicks = 1000 // 2 s

	errorScale = 0.03 // m, of the position error in observation and reward
	rateScale  = 0.3  // m/s, of the velocity error
	speedScale = 0.1  // s/rad, of the joint speeds in the observation
	speedLimit = 6    // on the scaled joint speeds: 60 rad/s
)

var obsNames = []string{"hip", "knee", "hip speed x0.1", "knee speed x0.1",
	"error x /0.03", "error z /0.03", "rate error x /0.3", "rate error z /0.3", "sin phase", "cos phase"}

// Leg is one leg task. Its powers are env.StateCodec, env.Terminator,
// env.Injector, env.Renderer and env.Measurer; tasks whose reward the observations tell are
// wrapped so that they also have env.Rewarder (see New).
//
// The state vector of env.Injector, field "state", has five numbers: q1, q2
// (rad; hip from straight down, knee relative), q1', q2' (rad/s) and the phase
// f of the path (rad). Injecting into a hardware variant also sets what is
// hidden to its nominal value: encoders agree with q, filtered speeds with q',
// no torque is on its way, masses and friction are unscaled; the noise stream
// goes on where it is.
type Leg struct {
	cfg   Config
	dyn   dynamics
	x     [4]float64 // q1, q2, q1', q2'
	phase float64    // f0, the phase at tick 0
	ticks int        // integrator steps since f0
	hw    hardware   // zero unless cfg.Hardware
	trail *trail     // nil before the first frame
}

// New returns the task that cfg chooses, or all faults of cfg. env.Power finds
// the *Leg in it.
//
// The task has env.Rewarder except on the hardware variant, whose reward is of
// the true foot while its observation is of the measured one.
func New(cfg Config) (env.Env, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	l := &Leg{cfg: cfg, dyn: nominal()}
	l.dyn.coulomb = cfg.Coulomb
	l.start(0)
	if !cfg.Hardware {
		return knownReward{l}, nil
	}
	return l, nil
}

// Spec describes the task.
func (l *Leg) Spec() env.Spec { return l.cfg.spec() }

func (c Config) spec() env.Spec {
	return env.Spec{
		ID: c.id(), ObsDim: obsDim, ActDim: 2,
		Low: []float64{-1, -1}, High: []float64{1, 1},
		Dt: tick * float64(c.Repeat), Limit: (episodeTicks + c.Repeat - 1) / c.Repeat,
		Terminates: true, Simulator: "demorl leg2r 1", ObsNames: obsNames,
	}
}

// start puts the leg at rest on the path at phase f.
func (l *Leg) start(f float64) {
	l.phase, l.ticks = f, 0
	t := l.target()
	q1, q2 := inverse(t.x, t.z)
	l.x = [4]float64{q1, q2, 0, 0}
	l.hw.reset(&l.x)
}

// Reset starts an episode on the path, with the noise of the Config.
func (l *Leg) Reset(s *rng.Stream, obs []float64) error {
	f := 0.0
	if l.cfg.RandomPhase {
		f = s.Uniform(0, 2*math.Pi)
	}
	l.start(f)
	for i := range 2 {
		l.x[i] += l.cfg.AngleStd * s.Normal()
	}
	for i := 2; i < 4; i++ {
		l.x[i] += l.cfg.SpeedStd * s.Normal()
	}
	l.dyn = nominal()
	l.dyn.coulomb = l.cfg.Coulomb
	if l.cfg.Hardware {
		l.dyn.m1 *= s.Uniform(0.9, 1.1)
		l.dyn.m2 *= s.Uniform(0.9, 1.1)
		l.dyn.viscous *= s.Uniform(0.9, 1.1)
		l.hw.noise = *rng.NewStream(rng.Key{Word: s.Uint64(), Space: s.Uint64()})
		l.hw.reset(&l.x)
	}
	l.observe(obs)
	return nil
}

// Step holds the torques 2 N m x action, clipped to the motors' limit, for
// Repeat integrator steps. The reward is the mean over them, and 0 when the
// task ends, which stops the step at once. A hardware leg ends by its measured
// speed, as an overspeed guard does.
func (l *Leg) Step(action, obs []float64) (env.Outcome, error) {
	for j, a := range action[:2] {
		if math.IsNaN(a) || math.IsInf(a, 0) {
			return env.Outcome{}, fmt.Errorf("%s: action[%d] is %g at step %d; give a finite number",
				l.cfg.id(), j, a, l.ticks/l.cfg.Repeat)
		}
	}
	torque := [2]float64{torqueMax * min(1, max(-1, action[0])), torqueMax * min(1, max(-1, action[1]))}
	sum := 0.0
	for range l.cfg.Repeat {
		l.advance(torque)
		if l.over() {
			l.observe(obs)
			return env.Outcome{Terminated: true}, nil
		}
		sum += l.reward()
	}
	l.observe(obs)
	return env.Outcome{Reward: sum / float64(l.cfg.Repeat)}, nil
}

// advance makes one integrator step.
func (l *Leg) advance(torque [2]float64) {
	if l.cfg.Hardware {
		torque = l.hw.drive(torque)
	}
	if l.cfg.Integrator == SemiImplicit {
		l.dyn.semiImplicit(&l.x, torque[0], torque[1], tick)
	} else {
		l.dyn.rk4(&l.x, torque[0], torque[1], tick)
	}
	l.ticks++
	if l.cfg.Hardware {
		l.hw.measure(&l.x)
	}
}

// seen is the state as the observation has it: measured or true.
func (l *Leg) seen() [4]float64 {
	if l.cfg.Hardware {
		return l.hw.seen
	}
	return l.x
}

// over tells whether the task ended.
func (l *Leg) over() bool {
	for _, v := range l.x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return true
		}
	}
	s := l.seen()
	return overspeed(float32(speedScale*s[2]), float32(speedScale*s[3]))
}

// overspeed is the one termination rule, on the observation's own numbers, so
// that imagination and the simulator agree to the last bit.
func overspeed(hip, knee float32) bool {
	return hip > speedLimit || hip < -speedLimit || knee > speedLimit || knee < -speedLimit
}

// point is a place (m) and a velocity (m/s) in the leg's plane.
type point struct{ x, z, vx, vz float64 }

func (l *Leg) angle() float64 { return l.phase + 2*math.Pi*tick*float64(l.ticks) }

// target is the reference at the present time.
func (l *Leg) target() point {
	s, c := math.Sincos(l.angle())
	rise, rate := s, c
	if l.cfg.Path == Semi && s <= 0 {
		rise, rate = 0, 0
	}
	return point{0.06 * c, -0.22 + 0.03*rise, -0.06 * s * 2 * math.Pi, 0.03 * rate * 2 * math.Pi}
}

// Measures are how well the foot follows its path.
func (l *Leg) Measures() []env.Measure {
	return []env.Measure{{Name: "tracking error", Unit: "mm", Summary: env.RMS}}
}

// Measure writes the foot's distance from its target.
func (l *Leg) Measure(values []float64) {
	e := l.trackingError(&l.x)
	values[0] = 1000 * math.Hypot(e.x, e.z)
}

// trackingError is foot minus target in state s.
func (l *Leg) trackingError(s *[4]float64) point {
	t := l.target()
	x, z, vx, vz := foot(s)
	return point{x - t.x, z - t.z, vx - t.vx, vz - t.vz}
}

func (l *Leg) reward() float64 {
	e := l.trackingError(&l.x)
	position, rate := errorScale, rateScale
	if l.cfg.PaperReward {
		position, rate = 1, 1
	}
	return 0.8*math.Exp(-(e.x*e.x+e.z*e.z)/(position*position)) +
		0.2*math.Exp(-(e.vx*e.vx+e.vz*e.vz)/(rate*rate))
}

func (l *Leg) observe(obs []float64) {
	s := l.seen()
	e := l.trackingError(&s)
	sin, cos := math.Sincos(l.angle())
	obs = obs[:obsDim]
	obs[0], obs[1], obs[2], obs[3] = s[0], s[1], speedScale*s[2], speedScale*s[3]
	obs[4], obs[5] = e.x/errorScale, e.z/errorScale
	obs[6], obs[7] = e.vx/rateScale, e.vz/rateScale
	obs[8], obs[9] = sin, cos
}

// Foot is the true position of the foot from the hip, m, x forward and z up.
func (l *Leg) Foot() (x, z float64) {
	x, z, _, _ = foot(&l.x)
	return x, z
}

// Target is the position where the foot should be now, m.
func (l *Leg) Target() (x, z float64) {
	t := l.target()
	return t.x, t.z
}

// Energy is the mechanical energy in J; potential energy is zero at hip height.
func (l *Leg) Energy() float64 { return l.dyn.energy(&l.x) }

// Close does nothing.
func (l *Leg) Close() error { return nil }

// Terminal reports joint speeds above 60 rad/s and rows that are not finite.
// obs is rows x 10.
func (l *Leg) Terminal(obs []float32, done []bool) {
	for r := range done {
		row := obs[r*obsDim : (r+1)*obsDim]
		done[r] = overspeed(row[2], row[3])
		for _, v := range row {
			if v-v != 0 { // NaN or infinite
				done[r] = true
			}
		}
	}
}

// Inject sets the state from fields["state"]; see Leg for its five numbers.
func (l *Leg) Inject(fields map[string][]float64, obs []float64) error {
	for name := range fields {
		if name != "state" {
			return fmt.Errorf("%s: field %q is not known; give \"state\": [q1, q2, q1', q2', phase]", l.cfg.id(), name)
		}
	}
	v := fields["state"]
	if len(v) != 5 {
		return fmt.Errorf("%s: \"state\" has %d numbers; give 5: [q1, q2, q1', q2', phase]", l.cfg.id(), len(v))
	}
	for i, x := range v {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("%s: state[%d] is %g; give a finite number", l.cfg.id(), i, x)
		}
	}
	copy(l.x[:], v)
	l.phase, l.ticks = v[4], 0
	l.dyn = nominal()
	l.dyn.coulomb = l.cfg.Coulomb
	l.hw.reset(&l.x)
	l.observe(obs)
	return nil
}

// AppendState saves everything that later steps depend on.
func (l *Leg) AppendState(dst []byte) []byte {
	for _, v := range l.x {
		dst = wire.F64(dst, v)
	}
	dst = wire.Int(wire.F64(dst, l.phase), l.ticks)
	if l.cfg.Hardware {
		dst = wire.F64(wire.F64(wire.F64(dst, l.dyn.m1), l.dyn.m2), l.dyn.viscous)
		dst = l.hw.appendState(dst)
	}
	return dst
}

// RestoreState sets a state that AppendState of the same task wrote; on an
// error the leg keeps its own.
func (l *Leg) RestoreState(state []byte, obs []float64) error {
	r, next := wire.NewReader(state), *l
	for i := range next.x {
		next.x[i] = r.F64()
	}
	next.phase, next.ticks = r.F64(), r.Int()
	if l.cfg.Hardware {
		next.dyn.m1, next.dyn.m2, next.dyn.viscous = r.F64(), r.F64(), r.F64()
		next.hw.restoreState(r)
	}
	if err := r.Err(); err != nil {
		return fmt.Errorf("%s: restore: %w", l.cfg.id(), err)
	}
	*l = next
	l.observe(obs)
	return nil
}
