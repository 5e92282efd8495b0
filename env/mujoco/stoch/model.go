package stoch

import (
	"fmt"
	"math"
	"strings"

	"demorl/env/mujoco"
)

// terrain is what the robot stands on.
type terrain int

const (
	flat terrain = iota
	upslope
	downslope
)

// slope is a terrain with its nominal incline in degrees.
type slope struct {
	terrain terrain
	degrees int
}

// The wedge is a prism along y: a trapezoid in x and z, about its centre
// (environments.md 6.8).
const (
	wedgeFoot  = 3.   // m from the centre to where a slope begins
	wedgeTop   = 1.5  // m to where it ends
	wedgeWidth = 1.5  // m to each side
	standing   = .25  // m from the ground to the torso of a robot that stands
	wedgeAdded = .01  // m that the original adds to the wedge's height, for the start
	upCentre   = 2.5  // m, in x
	downCentre = -1.5 // m
)

// heights of the wedges in m by their nominal incline.
var heights = map[int]float64{5: .135, 7: .189, 9: .243, 11: .297, 13: .35622, 15: .41418}

func (s slope) radians() float64 { return float64(s.degrees) * math.Pi / 180 }

// centre is the wedge's, in x.
func (s slope) centre() float64 {
	if s.terrain == downslope {
		return downCentre
	}
	return upCentre
}

// wanted is where a standing torso should be above a place of the terrain, in m:
// the ground's height there and standing, measured square to the slope.
func (s slope) wanted(x, y float64) float64 {
	along := math.Abs(x - s.centre())
	if s.terrain == flat || along > wedgeFoot || math.Abs(y) > wedgeWidth {
		return standing
	}
	top := heights[s.degrees]
	if along < wedgeTop {
		return top + standing
	}
	steep := top / (wedgeFoot - wedgeTop)
	return steep*(wedgeFoot-along) + standing*math.Sqrt(1+steep*steep)
}

// originalHeight is what the original wants instead, on every terrain: the
// height above a slope that rises from x = -0.5 for ever.
func (s slope) originalHeight(x float64) float64 {
	return standing/math.Cos(s.radians()) + math.Tan(s.radians())*(x+.5)
}

// start is the torso's first place in m and its attitude (w, x, y, z).
func (s slope) start() (position vector, quaternion [4]float64) {
	switch s.terrain {
	case upslope:
		half := -s.radians() / 2 // nose up
		return vector{-.8, 0, .38}, [4]float64{math.Cos(half), 0, math.Sin(half), 0}
	case downslope:
		return vector{0, 0, wedgeAdded + .28 + wedgeTop*math.Tan(s.radians())}, [4]float64{1, 0, 0, 0}
	}
	return vector{0, 0, .3}, [4]float64{1, 0, 0, 0}
}

// stand has the joint angles in rad at the beginning of an episode.
var stand = [3]float64{0, .772001, -1.4129}

// body has mass in kg, centre of mass in m for a front left leg, and the
// principal inertia in kg m^2.
type body struct {
	mass    float64
	com     vector
	inertia vector
}

// The robot's bodies (environments.md 6.1). Inertias are those of the bounding
// boxes, which the original's simulator uses; drawn are the robot's own.
var (
	torso     = body{1.582, vector{.00011698, .00043344, -.0081282}, vector{.00719597, .02080199, .02660058}}
	abduction = body{.037, vector{.0029662, .011479, 0}, vector{9.92798e-6, 1.488744e-5, 1.768676e-5}}
	thigh     = body{.320, vector{-1.9979e-5, -.0017695, -.073}, vector{9.172876e-4, 8.824543e-4, 1.476867e-4}}
	shank     = body{.055, vector{4.7e-8, .014581, -.08739}, vector{1.792336e-4, 1.790984e-4, 1.333533e-5}}

	drawn = map[*body]vector{
		&torso: {.00576, .02534, .03026}, &abduction: {7.4e-6, 2.37e-5, 2.63e-5},
		&thigh: {1.081e-3, 1.076e-3, 8.6e-5}, &shank: {9.8e-5, 1.02e-4, 4.1e-6}, // the drawing's 2.3e-6 alone breaks the triangle inequality
	}
)

// Friction coefficients that the original's simulator multiplies.
const (
	frictionShank = .8
	frictionOther = .5
	frictionPlane = 1.
	frictionWedge = .7
)

// nearby is the distance in m within which a foot counts as touching, without
// a force: the original reports feet in contact up to 2.2 mm away.
const nearby = .002

// rim is what Bullet adds to every hull, in m.
const rim = .001

// Bullet slows every body by this share of its speed a second.
const drag = .04

var legNames = [numLegs]string{"fl", "fr", "bl", "br"}

// writer collects the model's text.
type writer struct {
	strings.Builder
	cad bool
}

func (w *writer) line(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

// model writes the robot on its terrain as MJCF. The torso's frame is at its
// centre of mass, which is the place that observation and reward speak of.
func (t *task) model() []byte {
	w := &writer{cad: t.cad}
	// A servo's damping is stiff for a bare shank: 10 N m s/rad on 6e-4 kg m^2.
	// Explicit torques chatter between their limits, in the original as here.
	// A softer contact lets the feet creep: with twice the time constant the trot
	// loses a sixth of its speed and the 9 degrees that the original climbs.
	integrator, hardness := "implicitfast", .001
	if t.original {
		integrator, hardness = "Euler", .0006
	}
	w.line(`<mujoco model="stochlite">`)
	w.line(`<compiler angle="radian"/>`)
	w.line(`<option timestep="%g" gravity="0 0 -9.8" integrator="%s" cone="elliptic"/>`, t.tick(), integrator)
	w.line(`<default><geom contype="0" conaffinity="0"/><pair condim="3" solref="%g 1" solimp="0.5 0.9 0.002" margin="%g" gap="%g"/></default>`,
		hardness, rim, nearby-rim)
	// What follows of looks serves frames alone.
	w.line(`<visual><headlight ambient="0.4 0.4 0.4" diffuse="0.5 0.5 0.5"/></visual>`)
	w.line(`<asset><texture type="skybox" builtin="gradient" rgb1="0.8 0.88 0.96" rgb2="0.45 0.55 0.7" width="64" height="64"/>`)
	w.line(`<texture name="ground" type="2d" builtin="checker" rgb1="0.62 0.66 0.62" rgb2="0.52 0.57 0.53" width="64" height="64"/>`)
	w.line(`<material name="ground" texture="ground" texrepeat="2 2" texuniform="true"/></asset>`)
	if t.terrain != flat {
		w.wedge(t.slope)
	}
	w.line(`<worldbody>`)
	w.line(`<light pos="0 0 4" dir="0.2 0.2 -1" directional="true" diffuse="0.5 0.5 0.5"/>`)
	w.line(`<geom name="plane" type="plane" size="0 0 1" material="ground"/>`)
	if t.terrain != flat {
		w.line(`<geom name="wedge" type="mesh" mesh="wedge" rgba="0.7 0.62 0.5 1"/>`)
	}
	w.line(`<body name="torso"><freejoint name="root"/>`)
	w.inertial(&torso, torso.com, 1, 1)
	w.line(`<geom name="torso" type="box" pos="%g %g %g" size="0.192 0.108 0.033" rgba="0.2 0.4 0.75 1"/>`, -torso.com[0], -torso.com[1], -.005-torso.com[2])
	for leg := range numLegs {
		w.leg(leg)
	}
	w.line(`</body></worldbody>`)
	w.pairs(t.terrain != flat)
	w.line(`<actuator>`)
	for _, leg := range legNames {
		for _, joint := range [3]string{"abd", "hip", "knee"} {
			w.line(`<general name="%s_%s" joint="%s_%s" gainprm="%g" biastype="affine" biasprm="0 %g %g" forcelimited="true" forcerange="%g %g"/>`,
				leg, joint, leg, joint, stiffness, -stiffness, -damping, -maxTorque, maxTorque)
		}
	}
	w.line(`</actuator></mujoco>`)
	return []byte(w.String())
}

// wedge writes the corners of the prism.
func (w *writer) wedge(s slope) {
	fmt.Fprint(w, `<asset><mesh name="wedge" vertex="`)
	for _, y := range [2]float64{-wedgeWidth, wedgeWidth} {
		for _, sign := range [2]float64{-1, 1} {
			fmt.Fprintf(w, "%g %g 0 %g %g %g ", s.centre()+sign*wedgeFoot, y, s.centre()+sign*wedgeTop, y, heights[s.degrees])
		}
	}
	w.line(`"/></asset>`)
}

// inertial writes a body's mass about a frame at origin of the body's own, of
// a leg that is at the front (or -1 the rear) and on the left (or -1 the right).
func (w *writer) inertial(b *body, origin vector, front, side float64) {
	inertia := b.inertia
	if w.cad {
		inertia = drawn[b]
	}
	w.line(`<inertial pos="%g %g %g" mass="%g" diaginertia="%g %g %g"/>`,
		front*(b.com[0]-origin[0]), side*(b.com[1]-origin[1]), b.com[2]-origin[2], b.mass, inertia[0], inertia[1], inertia[2])
}

// leg writes the three bodies of a leg.
func (w *writer) leg(leg int) {
	name, s, f := legNames[leg], side(leg), front(leg)
	hip := .0956
	if s < 0 {
		hip = -.0964
	}
	joint := func(kind, axis string, limit float64) {
		w.line(`<joint name="%s_%s" axis="%s" range="%g %g"/>`, name, kind, axis, -limit, limit)
	}
	w.line(`<body name="%s_abd" pos="%g %g %g">`, name, f*.16695-torso.com[0], hip-torso.com[1], -.005-torso.com[2])
	joint("abd", "1 0 0", 1.57)
	w.inertial(&abduction, vector{}, f, s)
	w.line(`<body name="%s_thigh" pos="0 %g 0">`, name, s*.052019)
	joint("hip", "0 1 0", 5.2)
	w.inertial(&thigh, vector{}, s, s)
	w.line(`<geom name="%s_thigh" type="capsule" size="0.018" rgba="0.85 0.5 0.2 1" fromto="0 0 0 0 0 -0.146"/>`, name)
	w.line(`<body name="%s_shank" pos="0 %g -0.146">`, name, s*.023481)
	joint("knee", "0 1 0", 5.2)
	w.inertial(&shank, vector{}, s, s)
	w.line(`<geom name="%s_shank" type="capsule" size="0.009" rgba="0.25 0.25 0.28 1" fromto="0 %g -0.01 0 %g -0.155"/>`, name, s*.01, s*.02)
	w.line(`<geom name="%s_foot" type="sphere" size="0.0125" rgba="0.1 0.1 0.1 1" pos="0 %g -0.1595"/>`, name, s*.02)
	w.line(`</body></body></body>`)
}

// pairs writes what may touch: every part of the robot the terrain, and no
// part another one.
func (w *writer) pairs(wedge bool) {
	w.line(`<contact>`)
	pair := func(geom string, friction float64) {
		for _, ground := range []struct {
			name     string
			friction float64
			there    bool
		}{{"plane", frictionPlane, true}, {"wedge", frictionWedge, wedge}} {
			if ground.there {
				f := friction * ground.friction
				w.line(`<pair geom1="%s" geom2="%s" friction="%g %g 0.005 0.0001 0.0001"/>`, ground.name, geom, f, f)
			}
		}
	}
	pair("torso", frictionOther)
	for _, leg := range legNames {
		pair(leg+"_thigh", frictionOther)
		pair(leg+"_shank", frictionShank)
		pair(leg+"_foot", frictionShank)
	}
	w.line(`</contact>`)
}

// slow gives the torso the drag that Bullet gives to all bodies: the legs are
// carried along with it.
func slow(sim *mujoco.Sim) {
	mass := 0.
	for _, m := range sim.Field(mujoco.BodyMass) {
		mass += m
	}
	damping := sim.Field(mujoco.DofDamping)
	for i := range 3 {
		damping[i] = drag * mass
		damping[3+i] = drag * torso.inertia[i]
	}
}
