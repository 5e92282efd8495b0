package adroit

import (
	"demorl/env/mujoco"
	"demorl/env/mujoco/rotations"
	"demorl/rng"
)

// tasks is the whole family (environments.md section 3).
var tasks = []task{
	door, door.asGymnasiumRobotics(), door.sparsely().with(func(t *task) {
		t.known = func(o mujoco.Row) float64 { return onSuccess(opened(o.At(28))) }
	}),
	hammer, hammer.asGymnasiumRobotics(), hammer.sparsely(),
	pen, pen.asGymnasiumRobotics(), pen.sparsely().with(func(t *task) {
		t.known = func(o mujoco.Row) float64 { return onSuccess(penOf(o).held(.95)) }
	}),
	relocate, relocate.asGymnasiumRobotics(), relocate.sparsely().with(func(t *task) {
		t.known = func(o mujoco.Row) float64 { return onSuccess(vecOf(o, 36).norm() < .1) }
	}),
}

var door = task{
	id: "adroit/door", names: []string{"door-v0", "adroit/door:v0"}, gr142: "AdroitHandDoor-v1", sparse: "AdroitHandDoorSparse-v1",
	summary: "unlatch and open a door",
	model:   "assets/adroit_hand/adroit_door.xml", nq: 30, nu: 28, limit: 200, reach: -1,
	hand: [2]int{1, 28}, obsNames: []string{"latch", "hinge", "palm*", "handle*", "palm-handle*", "open"},
	bind: func(f *finder, s *scene) { s.handle = f.site("S_handle") },
	targets: []target{
		{name: "door_body_pos", alias: "target", kind: mujoco.Body, of: "frame", field: mujoco.BodyPos, width: 3},
	},
	draw: func(s *rng.Stream, e *Env) {
		uniform(s, e.targets[0], [2]float64{-.3, -.2}, [2]float64{.25, .35}, [2]float64{.252, .35})
	},
	observe: func(s *scene, obs []float64) {
		obs[0], obs[1] = s.q[len(s.q)-1], s.hinge()
		copy(obs[2:], s.palm)
		copy(obs[5:], s.handle)
		d := between(s.palm, s.handle)
		copy(obs[8:], d[:])
		obs[11] = -1
		if s.hinge() > 1 {
			obs[11] = 1
		}
	},
	dense: func(s *scene, reach float64) float64 {
		h := s.hinge()
		reward := reach*.1*between(s.palm, s.handle).norm() - .1*(h-1.57)*(h-1.57) - 1e-5*sumSquares(s.v)
		return reward + 2*one(h > .2) + 8*one(h > 1) + 10*one(h > 1.35)
	},
	success: func(s *scene) bool { return opened(s.hinge()) },
}

func opened(hinge float64) bool { return hinge >= 1.35 }

var hammer = task{
	id: "adroit/hammer", names: []string{"hammer-v0", "adroit/hammer:v0"}, gr142: "AdroitHandHammer-v1", sparse: "AdroitHandHammerSparse-v1",
	summary: "drive a nail into a board with a hammer",
	model:   "assets/adroit_hand/adroit_hammer.xml", nq: 33, nu: 26, limit: 200, reach: -1,
	hand: [2]int{0, 27}, obsNames: []string{"object velocity*", "object rates*", "palm*", "object*", "object angles*", "nail*", "impact"},
	bind: func(f *finder, s *scene) {
		s.object = f.view(mujoco.Body, "Object", mujoco.Xpos, 3)
		s.quat = f.view(mujoco.Body, "Object", mujoco.Xquat, 4)
		s.nail, s.sunk, s.head = f.site("S_target"), f.site("nail_goal"), f.site("tool")
		at := f.sim.Index(mujoco.SensorAdr)[f.id(mujoco.Sensor, "S_nail")]
		s.impact = f.sim.Field(mujoco.Sensordata)[at : at+1]
	},
	targets: []target{
		{name: "board_pos", alias: "target", kind: mujoco.Body, of: "nail_board", field: mujoco.BodyPos, width: 3},
	},
	draw: func(s *rng.Stream, e *Env) { uniform(s, e.targets[0][2:], [2]float64{.1, .25}) },
	observe: func(s *scene, obs []float64) {
		for i, v := range s.v[len(s.v)-6:] {
			obs[i] = clip(v)
		}
		copy(obs[6:], s.palm)
		copy(obs[9:], s.object)
		angles := rotations.At(s.quat).Euler()
		copy(obs[12:], angles[:])
		copy(obs[15:], s.nail)
		obs[18] = clip(s.impact[0])
	},
	dense: func(s *scene, reach float64) float64 {
		gap := between(s.nail, s.sunk).norm()
		reward := reach*.1*between(s.palm, s.object).norm() - between(s.head, s.nail).norm() - 10*gap - .01*norm(s.v)
		reward += 2 * one(s.object[2] > .04 && s.head[2] > .04)
		return reward + 25*one(gap < .02) + 75*one(gap < .01)
	},
	success: func(s *scene) bool { return between(s.nail, s.sunk).norm() < .01 },
}

var pen = task{
	id: "adroit/pen", names: []string{"pen-v0", "adroit/pen:v0"}, gr142: "AdroitHandPen-v1", sparse: "AdroitHandPenSparse-v1",
	summary: "turn a pen in the hand like the one shown",
	model:   "assets/adroit_hand/adroit_pen.xml", nq: 30, nu: 24, limit: 100,
	hand: [2]int{0, 24}, obsNames: []string{
		"object*", "object velocity*", "object rates*", "direction*", "target direction*", "object-target*", "direction-target direction*",
	},
	bind: func(f *finder, s *scene) {
		s.object = f.view(mujoco.Body, "Object", mujoco.Xpos, 3)
		s.target = f.site("eps_ball")
		s.top, s.bottom = f.site("object_top"), f.site("object_bottom")
		s.targetTop, s.targetBottom = f.site("target_top"), f.site("target_bottom")
	},
	targets: []target{
		{name: "desired_orien", alias: "target", kind: mujoco.Body, of: "target", field: mujoco.BodyQuat, width: 4},
	},
	draw: func(s *rng.Stream, e *Env) {
		var angles [3]float64
		uniform(s, angles[:2], [2]float64{-1, 1}, [2]float64{-1, 1})
		q := rotations.FromEuler(angles)
		copy(e.targets[0], q[:])
	},
	observe: func(s *scene, obs []float64) {
		copy(obs, s.object)
		copy(obs[3:], s.v[len(s.v)-6:])
		u, wanted := s.directions()
		away, differ := between(s.object, s.target), u.minus(wanted)
		for i, v := range [][3]float64{u, wanted, away, differ} {
			copy(obs[9+3*i:], v[:])
		}
	},
	dense:   func(s *scene, _ float64) float64 { return s.pen().reward() },
	success: func(s *scene) bool { return s.pen().held(.95) },
	dropped: func(o mujoco.Row) bool { return o.At(26) < low },
	known:   func(o mujoco.Row) float64 { return penOf(o).reward() },
}

// low is the height in m below which a pen is dropped.
const low = .075

// penState is what the pen's reward is made of.
type penState struct{ distance, similarity, height float64 }

func (s *scene) pen() penState {
	u, wanted := s.directions()
	return penState{between(s.object, s.target).norm(), u.dot(wanted), s.object[2]}
}

// penOf reads the same from an observation.
func penOf(o mujoco.Row) penState {
	return penState{vecOf(o, 39).norm(), vecOf(o, 33).dot(vecOf(o, 36)), o.At(26)}
}

// held tells whether the pen is in its place and as similar as that.
func (p penState) held(similarity float64) bool {
	return p.distance < .075 && p.similarity > similarity
}

func (p penState) reward() float64 {
	return p.similarity - p.distance + 10*one(p.held(.9)) + 50*one(p.held(.95)) - 5*one(p.height < low)
}

var relocate = task{
	id: "adroit/relocate", names: []string{"relocate-v0", "adroit/relocate:v0"}, gr142: "AdroitHandRelocate-v1", sparse: "AdroitHandRelocateSparse-v1",
	summary: "carry a ball to a place in the air",
	model:   "assets/adroit_hand/adroit_relocate.xml", nq: 36, nu: 30, limit: 200, reach: -1,
	hand: [2]int{0, 30}, obsNames: []string{"palm-object*", "palm-target*", "object-target*"},
	bind: func(f *finder, s *scene) {
		s.object, s.target = f.view(mujoco.Body, "Object", mujoco.Xpos, 3), f.site("target")
	},
	targets: []target{
		{name: "obj_pos", kind: mujoco.Body, of: "Object", field: mujoco.BodyPos, width: 3},
		{name: "target_pos", alias: "target", kind: mujoco.Site, of: "target", field: mujoco.SitePos, width: 3},
	},
	draw: func(s *rng.Stream, e *Env) {
		uniform(s, e.targets[0], [2]float64{-.15, .15}, [2]float64{-.15, .3})
		uniform(s, e.targets[1], [2]float64{-.2, .2}, [2]float64{-.2, .2}, [2]float64{.15, .35})
	},
	observe: func(s *scene, obs []float64) {
		for i, d := range [][3]float64{between(s.palm, s.object), between(s.palm, s.target), between(s.object, s.target)} {
			copy(obs[3*i:], d[:])
		}
	},
	dense: func(s *scene, reach float64) float64 {
		gap := between(s.object, s.target).norm()
		reward := reach * .1 * between(s.palm, s.object).norm()
		if s.object[2] > .04 {
			reward += 1 - .5*between(s.palm, s.target).norm() - .5*gap
		}
		return reward + 10*one(gap < .1) + 20*one(gap < .05)
	},
	success: func(s *scene) bool { return between(s.object, s.target).norm() < .1 },
}

// uniform draws the first entries of x, one for each pair of bounds.
func uniform(s *rng.Stream, x []float64, bounds ...[2]float64) {
	for i, b := range bounds {
		x[i] = s.Uniform(b[0], b[1])
	}
}
