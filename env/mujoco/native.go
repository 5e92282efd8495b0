//go:build mujoco && cgo && linux

package mujoco

/*
#cgo CFLAGS: -I${SRCDIR}/include -O2
#cgo LDFLAGS: -ldl -lm
#cgo noescape dm_step
#cgo nocallback dm_step
#cgo noescape dm_forward
#cgo nocallback dm_forward
#cgo noescape dm_contact
#cgo nocallback dm_contact
#include <math.h>
#include <stdlib.h>
#include "shim.h"
*/
import "C"

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"unsafe"

	"demorl/internal/wire"
)

// Built tells whether this build has the binding.
const Built = true

// The library is opened once per process, at its first use.
var library struct {
	sync.Mutex
	path string // empty until opened
}

// Open opens libmujoco if no earlier call did, and returns the path of the
// library in use. A library of another version than the headers is refused.
func Open() (string, error) {
	library.Lock()
	defer library.Unlock()
	return openLocked()
}

func openLocked() (string, error) {
	if library.path != "" {
		return library.path, nil
	}
	path, err := FindLibrary()
	if err != nil {
		return "", err
	}
	if err := openFile(path); err != nil {
		return "", err
	}
	library.path = path
	return path, nil
}

func openFile(path string) error {
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	var message [C.DM_MESSAGE]C.char
	if C.dm_open(name, &message[0]) != 0 {
		return fmt.Errorf("mujoco: %s; MuJoCo %s is needed: run `demorl env fetch gym`, or set MUJOCO_DIR to its folder", C.GoString(&message[0]), Version)
	}
	return nil
}

// Sim is one model with its simulation. It is not safe for concurrent use;
// different instances may be used at the same time.
type Sim struct {
	sim    *C.dm_sim
	model  string
	fields [numFields][]float64

	indices [numIndices][]int32

	state []float64
	heavy bool  // masses are part of the state, and so is what follows from them
	lost  error // why the present episode cannot go on

	camera  *Camera  // nil for the default
	picture *picture // nil before the first frame
}

// Load compiles the model in the file path.
func Load(path string) (*Sim, error) {
	library.Lock() // MuJoCo's compiler reports errors through process-wide state
	defer library.Unlock()
	if _, err := openLocked(); err != nil {
		return nil, err
	}
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	var message [C.DM_MESSAGE]C.char
	return wrapSim(C.dm_load(name, &message[0]), path, &message[0])
}

// LoadFiles compiles the model called name out of files in memory: every file
// that the model refers to, by the name under which it does so (a mesh by its
// meshdir and file name, an included file by its own), joined by slashes.
func LoadFiles(name string, files map[string][]byte) (*Sim, error) {
	library.Lock()
	defer library.Unlock()
	if _, err := openLocked(); err != nil {
		return nil, err
	}
	f := C.dm_files_new()
	if f == nil {
		return nil, fmt.Errorf("mujoco: model %s: out of memory", name)
	}
	defer C.dm_files_free(f)
	for path, data := range files {
		p := C.CString(path)
		code := C.dm_files_add(f, p, unsafe.Pointer(unsafe.SliceData(data)), C.int(len(data)))
		C.free(unsafe.Pointer(p))
		if code != 0 {
			return nil, fmt.Errorf("mujoco: model %s: its file %s was not taken (code %d)", name, path, int(code))
		}
	}
	p := C.CString(name)
	defer C.free(unsafe.Pointer(p))
	var message [C.DM_MESSAGE]C.char
	return wrapSim(C.dm_load_files(f, p, &message[0]), name, &message[0])
}

// oneLine takes the line breaks out of MuJoCo's words.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// wrapSim makes a Sim of what C loaded from path, or an error of its message.
func wrapSim(c *C.dm_sim, path string, message *C.char) (*Sim, error) {
	if c == nil {
		return nil, fmt.Errorf("mujoco: model %s: %s", path, oneLine(C.GoString(message)))
	}
	s := &Sim{sim: c, model: filepath.Base(path)}
	for f := range numNative {
		if name := nativeName(f); name != f.String() {
			panic("mujoco: sim.go and shim.h differ in the order of fields: " + name + " and " + f.String())
		}
		var n C.int
		p := C.dm_field(c, C.int(f), &n)
		s.fields[f] = view(p, int(n))
	}
	for i := range numIndices {
		if name := C.GoString(C.dm_index_name(C.int(i))); name != i.String() {
			panic("mujoco: sim.go and shim.h differ in the order of indices: " + name + " and " + i.String())
		}
		var n C.int
		p := C.dm_index(c, C.int(i), &n)
		if n > 0 {
			s.indices[i] = unsafe.Slice((*int32)(unsafe.Pointer(p)), int(n))
		}
	}
	nq := len(s.fields[Qpos])
	s.fields[SinQpos], s.fields[CosQpos] = view(C.dm_sin(c), nq), view(C.dm_cos(c), nq)
	s.viewState()
	return s, nil
}

func (s *Sim) viewState() {
	var n C.int
	p := C.dm_state(s.sim, &n)
	s.state = view(p, int(n))
}

// Keep makes fields of the model part of what AppendState saves: those that a
// task writes. It is called once, before the first state is saved.
func (s *Sim) Keep(fields ...Field) {
	for _, f := range fields {
		if f < numData || f >= numNative {
			panic("mujoco: Keep is for fields of the model, not for " + f.String())
		}
		s.heavy = s.heavy || f == BodyMass || f == BodyInertia
		C.dm_keep(s.sim, C.int(f))
	}
	s.viewState()
}

// TakeSingular lets a simulation go on where MuJoCo warns that its inertia is
// nearly singular and mends it, as its own Python bindings do: for models whose
// joints reach such poses, three hinges in a row for one.
func (s *Sim) TakeSingular() { C.dm_take_singular(s.sim) }

// Index returns the model's own array of integers; it is invalid after Close.
func (s *Sim) Index(i Index) []int32 { return s.indices[i] }

// ID is the number of a named object of the model.
func (s *Sim) ID(kind Kind, name string) (int, error) {
	c := C.CString(name)
	defer C.free(unsafe.Pointer(c))
	id := int(C.dm_find(s.sim, C.int(kind), c))
	if id < 0 {
		return 0, fmt.Errorf("mujoco: model %s has no %s called %q", s.model, kind, name)
	}
	return id, nil
}

// Name is the name of an object of the model, "" if it has none.
func (s *Sim) Name(kind Kind, id int) string {
	if c := C.dm_name(s.sim, C.int(kind), C.int(id)); c != nil {
		return C.GoString(c)
	}
	return ""
}

// Contacts is the number of contacts that the last computation found.
func (s *Sim) Contacts() int { return int(C.dm_contacts(s.sim)) }

// Contact is one of them, counted from 0.
func (s *Sim) Contact(i int) Contact {
	var geom [2]C.int
	var distance C.double
	C.dm_contact(s.sim, C.int(i), &geom[0], &distance)
	return Contact{int(geom[0]), int(geom[1]), float64(distance)}
}

// ContactForce is the force and torque of a contact in its own frame, the
// normal first, in N and N m.
func (s *Sim) ContactForce(i int) (force [6]float64) {
	C.dm_contact_force(s.sim, C.int(i), (*C.double)(&force[0]))
	return force
}

// RungeKutta tells whether the model's integrator is RK4.
func (s *Sim) RungeKutta() bool { return C.dm_integrator_is_rk4(s.sim) != 0 }

// Limited tells whether a joint keeps to its JntRange.
func (s *Sim) Limited(joint int) bool { return C.dm_joint_limited(s.sim, C.int(joint)) != 0 }

// Log1p is the C library's ln(1 + x): NumPy calls it where it has no vector
// code of its own, and its last bit is not always that of Go's math package.
func Log1p(x float64) float64 { return float64(C.log1p(C.double(x))) }

func view(p *C.double, n int) []float64 {
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*float64)(unsafe.Pointer(p)), n)
}

// Field returns the simulator's own array: it changes with the simulation and
// is invalid after Close.
func (s *Sim) Field(f Field) []float64 { return s.fields[f] }

// nativeName is the name that C has for f.
func nativeName(f Field) string { return C.GoString(C.dm_field_name(C.int(f))) }

// Timestep is the length of one sub-step in seconds.
func (s *Sim) Timestep() float64 { return float64(C.dm_timestep(s.sim)) }

// Time is the simulation time in seconds.
func (s *Sim) Time() float64 { return float64(C.dm_time(s.sim)) }

// SetTime sets the simulation time in seconds.
func (s *Sim) SetTime(t float64) { C.dm_set_time(s.sim, C.double(t)) }

// Trigonometry asks for SinQpos and CosQpos to be kept up to date.
func (s *Sim) Trigonometry() { C.dm_trigonometry(s.sim) }

// Step holds the controls in Ctrl for the given number of sub-steps, in one
// call into C, as style says. An error of MuJoCo, and any warning of it, is
// returned as a *SimError and ends the episode.
func (s *Sim) Step(style Style, substeps int) error {
	if s.lost != nil {
		return s.lost
	}
	before := s.Time()
	if C.dm_step(s.sim, C.int(style), C.int(substeps)) != 0 {
		return s.fail(before)
	}
	return nil
}

// Repeat makes a step with each row of controls in one call into C: what the
// simulator alone costs, for benchmarks.
func (s *Sim) Repeat(style Style, controls []float64, substeps int) error {
	if s.lost != nil {
		return s.lost
	}
	nu := len(s.fields[Ctrl])
	if len(controls) == 0 || len(controls)%nu != 0 {
		return fmt.Errorf("mujoco: %d controls are not rows of %d", len(controls), nu)
	}
	before := s.Time()
	if C.dm_repeat(s.sim, C.int(style), (*C.double)(&controls[0]), C.int(len(controls)/nu), C.int(substeps)) != 0 {
		return s.fail(before)
	}
	return nil
}

// Reset sets the model's initial state (mj_resetData); Forward must follow.
func (s *Sim) Reset() error {
	s.lost = nil
	if C.dm_reset(s.sim) != 0 {
		return s.fail(0)
	}
	return nil
}

// SetConst computes what of the model follows from BodyMass and BodyInertia
// (mj_setConst). It leaves no valid state: Reset must follow.
func (s *Sim) SetConst() error {
	if C.dm_set_const(s.sim) != 0 {
		return s.fail(0)
	}
	return nil
}

// Forward computes everything that follows from the state (mj_forward).
func (s *Sim) Forward() error { return s.forward(1) }

// ForwardUnactuated does so with actuation disabled for this call, as
// dm_control resets do.
func (s *Sim) ForwardUnactuated() error { return s.forward(0) }

func (s *Sim) forward(actuated C.int) error {
	if s.lost != nil {
		return s.lost
	}
	if C.dm_forward(s.sim, actuated) != 0 {
		return s.fail(s.Time())
	}
	return nil
}

// Step1 computes what follows from positions and velocities (mj_step1): what a
// restored state needs before a step of style Control.
func (s *Sim) Step1() error {
	if s.lost != nil {
		return s.lost
	}
	if C.dm_step1(s.sim) != 0 {
		return s.fail(s.Time())
	}
	return nil
}

func (s *Sim) fail(time float64) error {
	s.lost = &SimError{Model: s.model, Time: time, Text: oneLine(C.GoString(C.dm_message(s.sim)))}
	return s.lost
}

// AppendState saves MuJoCo's integration state, the warm start among it, and
// all arrays that lag behind it; the simulation is not disturbed.
func (s *Sim) AppendState(dst []byte) []byte {
	if C.dm_get_state(s.sim) != 0 {
		panic("mujoco: saving a state: " + C.GoString(C.dm_message(s.sim)))
	}
	return wire.F64s(wire.Bool(dst, s.lost != nil), s.state)
}

// RestoreState sets a state that AppendState of the same model wrote, without
// computing anything anew.
func (s *Sim) RestoreState(r *wire.Reader) error {
	lost := r.Bool()
	r.F64sInto(s.state, "MuJoCo state of "+s.model)
	if err := r.Err(); err != nil {
		return err
	}
	s.lost = nil
	if s.heavy && (C.dm_set_state(s.sim) != 0 || C.dm_set_const(s.sim) != 0) {
		return s.fail(0)
	}
	if C.dm_set_state(s.sim) != 0 {
		return s.fail(0)
	}
	if lost {
		s.lost = &SimError{Model: s.model, Time: s.Time(), Text: "error: the episode was already lost when its state was saved,"}
	}
	return nil
}

// Close frees the simulation. A second call does nothing.
func (s *Sim) Close() {
	if s.sim == nil {
		return
	}
	if s.picture != nil {
		s.picture.close()
		s.picture = nil
	}
	C.dm_free(s.sim)
	s.sim, s.fields, s.indices, s.state = nil, [numFields][]float64{}, [numIndices][]int32{}, nil
	s.lost = fmt.Errorf("mujoco: the simulation of %s is closed", s.model)
}
