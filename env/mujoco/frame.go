package mujoco

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
)

// Camera says from where the frames of a simulation are drawn.
type Camera struct {
	Name string // a camera of the model; with it nothing else is used
	Body string // a body that is followed; "" looks at Lookat
	// Lookat is a point in the world, m; nil is the model's own centre.
	Lookat *[3]float64
	// Distance is m from what is looked at; 0 takes distance, azimuth and
	// elevation from the model.
	Distance  float64
	Azimuth   float64 // degrees; 90 looks along y
	Elevation float64 // degrees; negative looks down
}

// The renderers that UseRenderer knows.
const (
	AutoRenderer = "auto" // GL where an OpenGL without a window is installed, else Wire
	GLRenderer   = "gl"   // MuJoCo's own renderer
	WireRenderer = "wire" // the built-in drawer, which needs nothing installed
)

// ErrNoGL is returned where MuJoCo's own renderer was asked for and no OpenGL
// works here.
var ErrNoGL = errors.New("MuJoCo's own renderer needs an OpenGL that works without a window: install EGL or OSMesa (Debian: apt-get install libegl1 libgl1-mesa-dri, or libosmesa6), or use --renderer wire")

var chosen atomic.Pointer[string]

// Renderers lists the names that UseRenderer takes.
func Renderers() []string { return []string{AutoRenderer, GLRenderer, WireRenderer} }

// UseRenderer says what draws the frames of every simulation in this process
// that has not drawn yet. At first it is AutoRenderer.
func UseRenderer(name string) error {
	if !slices.Contains(Renderers(), name) {
		return fmt.Errorf("the renderer is %q; use one of %s", name, strings.Join(Renderers(), ", "))
	}
	chosen.Store(&name)
	return nil
}

func renderer() string {
	if name := chosen.Load(); name != nil {
		return *name
	}
	return AutoRenderer
}
