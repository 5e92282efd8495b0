package dmc

import (
	"math"

	"demorl/env/mujoco"
	"demorl/rng"
)

// The finger that turns a spinner, and the cup that catches a ball.
var (
	fingers = []task{
		{
			domain: "finger", name: "spin", summary: "planar finger, keep a free body spinning",
			timestep: .01, substeps: 2, repeat: 2, size: size{3, 3, 2},
			observe: []entry{{"position", 4}, {"velocity", 3}, {"touch", 2}},
			writes:  []mujoco.Field{mujoco.DofDamping},
			scene: func(f *finder) scene {
				s := &spin{finger: newFinger(f), damping: f.damping("hinge")}
				*s.damping = spinDamping
				return s
			},
		},
		turn("turn_easy", "planar finger, turn a body until its tip is in a wide target", .07, "dmc/finger-turn", "dmc/finger/turn", "finger-turn"),
		turn("turn_hard", "planar finger, turn a body until its tip is in a narrow target", .03),
	}
	cups = []task{{
		domain: "ball_in_cup", name: "catch", summary: "planar cup with a ball on a string, catch it",
		timestep: .002, substeps: 10, repeat: 2, size: size{4, 4, 2},
		observe: []entry{{"position", 4}, {"velocity", 4}},
		scene: func(f *finder) scene {
			return &cup{
				plant: newPlant(f), ball: f.body(mujoco.Xpos, "ball"), target: f.site(mujoco.SiteXpos, "target"),
				size: f.site(mujoco.SiteSize, "target"), radius: f.geom(mujoco.GeomSize, "ball"),
				ballX: f.angle("ball_x"), ballZ: f.angle("ball_z"),
			}
		},
	}}
)

// finger is what the finger's tasks share; everything is read from sensors.
type finger struct {
	plant
	angles      [2][]float64 // proximal, distal
	speeds      [3][]float64 // proximal, distal, spinner
	tip, hinge  []float64    // of the spinner
	top, bottom []float64    // normal forces on the fingertip, N
}

func newFinger(f *finder) finger {
	return finger{
		plant:  newPlant(f),
		angles: [2][]float64{f.sensor("proximal"), f.sensor("distal")},
		speeds: [3][]float64{f.sensor("proximal_velocity"), f.sensor("distal_velocity"), f.sensor("hinge_velocity")},
		tip:    f.sensor("tip"), hinge: f.sensor("spinner"), top: f.sensor("touchtop"), bottom: f.sensor("touchbottom"),
	}
}

func (f *finger) observe(obs []float64) {
	obs[0], obs[1] = f.angles[0][0], f.angles[1][0]
	obs[2], obs[3] = f.tip[0]-f.hinge[0], f.tip[2]-f.hinge[2]
	for i, speed := range f.speeds {
		obs[4+i] = speed[0]
	}
	obs[7], obs[8] = mujoco.Log1p(f.top[0]), mujoco.Log1p(f.bottom[0])
}

const spinDamping = .03 // N m s/rad, a fraction of the model's own

type spin struct {
	finger
	damping *float64 // of the spinner
}

func (s *spin) reset(stream *rng.Stream) error {
	*s.damping = spinDamping
	return s.drawFree(stream, s.drawJoints)
}

func (s *spin) reward() float64 {
	if s.speeds[2][0] <= -15 {
		return 1
	}
	return 0
}

func turn(name, summary string, radius float64, aliases ...string) task {
	return task{
		domain: "finger", name: name, summary: summary, aliases: aliases,
		timestep: .01, substeps: 2, repeat: 2, size: size{3, 3, 2},
		observe: []entry{{"position", 4}, {"velocity", 3}, {"touch", 2}, {"target_position", 2}, {"dist_to_target", 0}},
		writes:  []mujoco.Field{mujoco.SitePos, mujoco.SiteSize},
		scene: func(f *finder) scene {
			t := &turner{
				finger: newFinger(f), radius: radius, target: f.sensor("target"),
				position: f.site(mujoco.SitePos, "target"), size: f.site(mujoco.SiteSize, "target"),
				anchor: f.body(mujoco.Xpos, "spinner"), cap: f.geom(mujoco.GeomSize, "cap1"),
			}
			t.size[0] = radius
			return t
		},
	}
}

// turner is the finger with a target for the spinner's tip.
type turner struct {
	finger
	radius         float64 // of the target
	target         []float64
	position, size []float64 // of the target's site in the model
	anchor         []float64 // of the spinner's joint, which is at its body's origin
	cap            []float64 // radius and half length of the spinner's capsule
}

// reset puts the target on the circle that the tip can reach.
func (t *turner) reset(s *rng.Stream) error {
	angle := s.Uniform(-math.Pi, math.Pi)
	reach := t.cap[0] + t.cap[1] + t.cap[2]
	t.position[0] = t.anchor[0] + reach*math.Sin(angle)
	t.position[2] = t.anchor[2] + reach*math.Cos(angle)
	t.size[0] = t.radius
	return t.drawFree(s, t.drawJoints)
}

func (t *turner) observe(obs []float64) {
	t.finger.observe(obs)
	obs[9], obs[10] = t.target[0]-t.hinge[0], t.target[2]-t.hinge[2]
	obs[11] = t.outside()
}

// outside is the tip's distance to the target's rim, negative inside. The order
// of the differences is the original's.
func (t *turner) outside() float64 {
	x := (t.target[0] - t.hinge[0]) - (t.tip[0] - t.hinge[0])
	z := (t.target[2] - t.hinge[2]) - (t.tip[2] - t.hinge[2])
	return math.Sqrt(float64(x*x)+float64(z*z)) - t.size[0]
}

func (t *turner) reward() float64 {
	if t.outside() <= 0 {
		return 1
	}
	return 0
}

type cup struct {
	plant
	ball, target []float64
	size         []float64 // half sizes of the target, a box inside the cup
	radius       []float64 // of the ball
	ballX, ballZ *float64  // in qpos
}

func (c *cup) reset(s *rng.Stream) error { return c.drawFree(s, c.draw) }

func (c *cup) draw(s *rng.Stream) {
	*c.ballX = s.Uniform(-.2, .2)
	*c.ballZ = s.Uniform(.2, .5)
}

func (c *cup) observe(obs []float64) {
	n := copy(obs, c.qpos)
	copy(obs[n:], c.qvel)
}

func (c *cup) reward() float64 {
	for _, i := range []int{0, 2} {
		if !(math.Abs(c.target[i]-c.ball[i]) < c.size[i]-c.radius[0]) {
			return 0
		}
	}
	return 1
}
