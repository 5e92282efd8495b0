//go:build mujoco && cgo && linux

package mujoco

/*
#include <stdlib.h>
#include "view.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"image"
	"math"
	"os"
	"runtime"
	"strings"
	"unsafe"

	"demorl/env/draw/solid"
)

// picture draws one simulation.
type picture struct {
	c      *C.dm_view
	gl     *glThread // nil for the built-in drawer
	rgb    []byte    // of one frame of gl
	drawer solid.Drawer
	shapes []solid.Shape
	meshes map[[2]int32]*solid.Mesh // by type and number
	cell   float64                  // m, of the ground's squares; 0 before the first frame
}

// SetCamera says from where frames are drawn. Without it, it is the model's
// camera called "track", else its first one, else one at the model's own
// distance that follows what moves freely. A name that the model lacks is an
// error of Frame.
func (s *Sim) SetCamera(c Camera) {
	s.camera = &c
	if s.picture != nil {
		s.picture.close()
		s.picture = nil
	}
}

// Frame draws the present positions over the whole of img, with the renderer
// that UseRenderer chose; it is ErrNoGL where that one is GLRenderer and no
// OpenGL works. The simulation is not disturbed: what a frame needs is computed
// on a copy of its data.
func (s *Sim) Frame(img *image.RGBA) error {
	if s.sim == nil {
		return s.lost
	}
	size := img.Bounds().Size()
	if size.X < 1 || size.Y < 1 {
		return fmt.Errorf("mujoco: a frame of %d x %d pixels; give at least 1 x 1", size.X, size.Y)
	}
	if s.picture == nil {
		p, err := s.newPicture()
		if err != nil {
			return fmt.Errorf("mujoco: a frame of %s: %w", s.model, err)
		}
		s.picture = p
	}
	if err := s.picture.frame(img); err != nil {
		return fmt.Errorf("mujoco: a frame of %s: %w", s.model, err)
	}
	return nil
}

func (s *Sim) newPicture() (*picture, error) {
	library.Lock() // of the C side's table of functions
	defer library.Unlock()
	var message [C.DM_MESSAGE]C.char
	c := C.dm_view_new(s.sim, &message[0])
	if c == nil {
		return nil, errors.New(C.GoString(&message[0]))
	}
	p := &picture{c: c, meshes: map[[2]int32]*solid.Mesh{}}
	if err := p.aim(s); err != nil {
		p.close()
		return nil, err
	}
	if renderer() == WireRenderer {
		return p, nil
	}
	gl, err := openGL()
	switch {
	case err == nil:
		p.gl = gl
	case renderer() == GLRenderer:
		p.close()
		return nil, fmt.Errorf("%w (%v)", ErrNoGL, err)
	}
	return p, nil
}

const cameraKind = 7 // mjOBJ_CAMERA

// aim chooses the camera.
func (p *picture) aim(s *Sim) error {
	find := func(kind Kind, name string) int {
		c := C.CString(name)
		defer C.free(unsafe.Pointer(c))
		return int(C.dm_find(s.sim, C.int(kind), c))
	}
	fixed := func(id int) { C.dm_view_camera(p.c, C.DM_FIXED, C.int(id), nil, 0, 0, 0) }
	if s.camera == nil {
		switch id := find(cameraKind, "track"); {
		case id >= 0:
			fixed(id)
		case C.dm_view_cameras(p.c) > 0:
			fixed(0)
		default:
			kind, body := C.int(C.DM_FREE), 0
			if joints := s.Index(JntType); len(joints) > 0 && joints[0] == 0 {
				kind, body = C.DM_TRACKING, int(s.Index(JntBodyid)[0])
			}
			C.dm_view_camera(p.c, kind, C.int(body), nil, 0, 0, 0)
		}
		return nil
	}
	c := s.camera
	if c.Name != "" {
		id := find(cameraKind, c.Name)
		if id < 0 {
			return fmt.Errorf("the model has no camera called %q", c.Name)
		}
		fixed(id)
		return nil
	}
	kind, body := C.int(C.DM_FREE), 0
	if c.Body != "" {
		if body = find(Body, c.Body); body < 0 {
			return fmt.Errorf("the model has no body called %q for the camera to follow", c.Body)
		}
		kind = C.DM_TRACKING
	}
	var lookat *C.double
	if c.Lookat != nil {
		lookat = (*C.double)(&c.Lookat[0])
	}
	C.dm_view_camera(p.c, kind, C.int(body), lookat, C.double(c.Distance), C.double(c.Azimuth), C.double(c.Elevation))
	return nil
}

func (p *picture) frame(img *image.RGBA) error {
	var message [C.DM_MESSAGE]C.char
	if C.dm_view_update(p.c, &message[0]) != 0 {
		return errors.New(C.GoString(&message[0]))
	}
	if p.gl == nil {
		p.drawer.Draw(img, p.scene())
		return nil
	}
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	if len(p.rgb) != 3*w*h {
		p.rgb = make([]byte, 3*w*h)
	}
	if err := p.gl.frame(p.c, w, h, p.rgb); err != nil {
		if renderer() != AutoRenderer {
			return err
		}
		p.gl.close()
		p.gl = nil
		p.drawer.Draw(img, p.scene())
		return nil
	}
	for y := range h { // OpenGL's first row is the lowest
		row := p.rgb[3*w*(h-1-y):]
		out := img.Pix[img.PixOffset(b.Min.X, b.Min.Y+y):]
		for x := range w {
			out[4*x], out[4*x+1], out[4*x+2], out[4*x+3] = row[3*x], row[3*x+1], row[3*x+2], 255
		}
	}
	return nil
}

func (p *picture) close() {
	if p.gl != nil {
		p.gl.close()
	}
	C.dm_view_free(p.c)
}

// scene is what MuJoCo would draw, for the built-in drawer.
func (p *picture) scene() solid.Scene {
	p.shapes = p.shapes[:0]
	var c C.dm_shape
	for i := range int(C.dm_view_shapes(p.c)) {
		C.dm_view_shape(p.c, C.int(i), &c)
		if shape, ok := p.shape(&c); ok {
			p.shapes = append(p.shapes, shape)
		}
	}
	camera := p.camera()
	if p.cell == 0 {
		p.cell = squares(camera, p.shapes)
	}
	return solid.Scene{Camera: camera, Shapes: p.shapes, Cell: p.cell}
}

// kinds are the forms of MuJoCo's geoms (mjtGeom) that the drawer has. What is
// missing are marks of the viewer, such as arrows.
var kinds = map[C.int]solid.Kind{
	0: solid.Plane, 1: solid.Surface, 2: solid.Sphere, 3: solid.Capsule, 4: solid.Ellipsoid, 5: solid.Cylinder, 6: solid.Box,
	7: solid.Surface, 8: solid.Surface,
}

func (p *picture) shape(c *C.dm_shape) (solid.Shape, bool) {
	kind, ok := kinds[c._type]
	s := solid.Shape{Kind: kind, Mark: c.solid == 0}
	for i := range 3 {
		s.Size[i], s.Position[i] = float64(c.size[i]), float64(c.position[i])
	}
	for i := range 9 {
		s.Rotation[i] = float64(c.rotation[i])
	}
	for i := range 4 {
		s.Color[i] = float64(c.rgba[i])
	}
	if ok && kind == solid.Surface {
		s.Mesh = p.mesh(c._type == 1, int32(c.data))
		ok = s.Mesh != nil
	}
	return s, ok
}

// mesh is a mesh or a height field of the model; nil without triangles.
func (p *picture) mesh(field bool, id int32) *solid.Mesh {
	key := [2]int32{0, id}
	if field {
		key[0] = 1
	}
	m, known := p.meshes[key]
	if !known {
		if field {
			m = p.readField(id)
		} else {
			m = p.readMesh(id)
		}
		p.meshes[key] = m
	}
	return m
}

func (p *picture) readMesh(id int32) *solid.Mesh {
	var points *C.float
	var faces *C.int
	var np, nf C.int
	C.dm_view_mesh(p.c, C.int(id), &points, &np, &faces, &nf)
	if nf == 0 {
		return nil
	}
	m := &solid.Mesh{Points: make([]solid.Vec, np), Triangles: make([][3]int32, nf)}
	for i, x := range unsafe.Slice(points, 3*np) {
		m.Points[i/3][i%3] = float64(x)
	}
	for i, k := range unsafe.Slice(faces, 3*nf) {
		m.Triangles[i/3][i%3] = int32(k)
	}
	return m
}

func (p *picture) readField(id int32) *solid.Mesh {
	var size [4]C.double
	var rows, columns C.int
	var heights *C.float
	C.dm_view_field(p.c, C.int(id), &size[0], &rows, &columns, &heights)
	if rows < 2 || columns < 2 {
		return nil
	}
	m := &solid.Mesh{}
	for i, z := range unsafe.Slice(heights, rows*columns) {
		x, y := float64(i%int(columns))/float64(columns-1), float64(i/int(columns))/float64(rows-1)
		m.Points = append(m.Points, solid.Vec{(2*x - 1) * float64(size[0]), (2*y - 1) * float64(size[1]), float64(z) * float64(size[2])})
	}
	for r := range int32(rows) - 1 {
		for c := range int32(columns) - 1 {
			a := r*int32(columns) + c
			b := a + int32(columns)
			m.Triangles = append(m.Triangles, [3]int32{a, a + 1, b + 1}, [3]int32{a, b + 1, b})
		}
	}
	return m
}

// camera is the scene's own.
func (p *picture) camera() solid.Camera {
	var e C.dm_eye
	C.dm_view_eye(p.c, &e)
	vec := func(x [3]C.float) solid.Vec { return solid.Vec{float64(x[0]), float64(x[1]), float64(x[2])} }
	c := solid.Camera{Position: vec(e.position), Forward: vec(e.forward), Up: vec(e.up), Near: float64(e.near), Orthographic: e.orthographic != 0}
	c.Half = float64(e.top-e.bottom) / 2
	if !c.Orthographic {
		c.Half /= c.Near
	}
	return c
}

// squares is a side of the ground's squares that goes with the picture: 1, 2 or
// 5 times a power of ten, about a fifth of the picture's height at the distance
// of the first body.
func squares(camera solid.Camera, shapes []solid.Shape) float64 {
	want := 1.0
	for _, s := range shapes {
		if s.Kind == solid.Plane {
			continue
		}
		_, _, depth := camera.Project(s.Position, 1, 1)
		if camera.Orthographic {
			depth = 1
		}
		if depth > 0 {
			want = depth * camera.Half * 0.4
			break
		}
	}
	unit := math.Pow(10, math.Floor(math.Log10(want)))
	for _, step := range []float64{5, 2} {
		if want >= step*unit {
			return step * unit
		}
	}
	return unit
}

// glThread is an OpenGL context with the operating system's thread that owns
// it, as OpenGL asks for. It draws one view.
type glThread struct {
	calls chan func()
	c     *C.dm_gl
}

// openGL opens a context by EGL, else by OSMesa. The library is locked.
func openGL() (*glThread, error) {
	g := &glThread{calls: make(chan func())}
	opened := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the context
		var faults []string
		var message [C.DM_MESSAGE]C.char
		for _, kind := range []C.int{C.DM_EGL, C.DM_OSMESA} {
			if g.c = C.dm_gl_open(kind, &message[0]); g.c != nil {
				if kind == C.DM_OSMESA { // libmujoco would ask EGL for functions, which is loaded too
					os.Setenv("MUJOCO_GL", "osmesa")
				}
				break
			}
			faults = append(faults, C.GoString(&message[0]))
		}
		if g.c == nil {
			opened <- errors.New(strings.Join(faults, "; "))
			return
		}
		opened <- nil
		for call := range g.calls {
			call()
		}
	}()
	return g, <-opened
}

// do runs call on the context's thread.
func (g *glThread) do(call func()) {
	done := make(chan struct{})
	g.calls <- func() {
		call()
		close(done)
	}
	<-done
}

func (g *glThread) frame(v *C.dm_view, width, height int, rgb []byte) (err error) {
	g.do(func() {
		var message [C.DM_MESSAGE]C.char
		if C.dm_gl_frame(g.c, v, C.int(width), C.int(height), (*C.uchar)(&rgb[0]), &message[0]) != 0 {
			err = errors.New(C.GoString(&message[0]))
		}
	})
	return err
}

func (g *glThread) name() (name string) {
	g.do(func() { name = C.GoString(C.dm_gl_name(g.c)) })
	return name
}

func (g *glThread) close() {
	g.do(func() { C.dm_gl_close(g.c) })
	close(g.calls)
}

// ProbeGL says what draws with GLRenderer here, or why nothing does (ErrNoGL).
func ProbeGL() (string, error) {
	library.Lock()
	defer library.Unlock()
	if _, err := openLocked(); err != nil {
		return "", err
	}
	g, err := openGL()
	if err != nil {
		return "", fmt.Errorf("%w (%v)", ErrNoGL, err)
	}
	defer g.close()
	return g.name(), nil
}
