//go:build mujoco && cgo && linux

package mujoco

/*
#cgo CFLAGS: -I${SRCDIR}/include -O2
#cgo LDFLAGS: -ldl -lm
#cgo noescape dm_step
#cgo nocallback dm_step
#cgo noescape dm_forward
#cgo nocallback dm_forward
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
	state  []float64
	lost   error // why the present episode cannot go on
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
	c := C.dm_load(name, &message[0])
	if c == nil {
		return nil, fmt.Errorf("mujoco: model %s: %s", path, C.GoString(&message[0]))
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
	nq := len(s.fields[Qpos])
	s.fields[SinQpos], s.fields[CosQpos] = view(C.dm_sin(c), nq), view(C.dm_cos(c), nq)
	var n C.int
	p := C.dm_state(c, &n)
	s.state = view(p, int(n))
	return s, nil
}

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
// call into C, as Gymnasium does: mj_step, then mj_rnePostConstraint once and
// no mj_forward (environments.md 0.3). An error of MuJoCo, and any warning of
// it, is returned as a *SimError and ends the episode.
func (s *Sim) Step(substeps int) error {
	if s.lost != nil {
		return s.lost
	}
	before := s.Time()
	if C.dm_step(s.sim, C.int(substeps)) != 0 {
		return s.fail(before)
	}
	return nil
}

// Repeat makes a step with each row of controls in one call into C: what the
// simulator alone costs, for benchmarks.
func (s *Sim) Repeat(controls []float64, substeps int) error {
	if s.lost != nil {
		return s.lost
	}
	nu := len(s.fields[Ctrl])
	if len(controls) == 0 || len(controls)%nu != 0 {
		return fmt.Errorf("mujoco: %d controls are not rows of %d", len(controls), nu)
	}
	before := s.Time()
	if C.dm_repeat(s.sim, (*C.double)(&controls[0]), C.int(len(controls)/nu), C.int(substeps)) != 0 {
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

// Forward computes everything that follows from the state (mj_forward).
func (s *Sim) Forward() error {
	if s.lost != nil {
		return s.lost
	}
	if C.dm_forward(s.sim) != 0 {
		return s.fail(s.Time())
	}
	return nil
}

func (s *Sim) fail(time float64) error {
	s.lost = &SimError{Model: s.model, Time: time, Text: strings.Join(strings.Fields(C.GoString(C.dm_message(s.sim))), " ")}
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
	C.dm_free(s.sim)
	s.sim, s.fields, s.state = nil, [numFields][]float64{}, nil
	s.lost = fmt.Errorf("mujoco: the simulation of %s is closed", s.model)
}
