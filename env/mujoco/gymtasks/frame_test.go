//go:build mujoco && cgo && linux

package gymtasks

import (
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"math"
	"os/exec"
	"slices"
	"testing"

	"demorl/env/mujoco"
	"demorl/env/parity"
	"demorl/rng"
)

// withRenderers runs a test with each renderer; without an OpenGL, gl is skipped in CI
// too, since it is optional.
func withRenderers(t *testing.T, test func(t *testing.T)) {
	needSimulator(t)
	for _, name := range []string{mujoco.WireRenderer, mujoco.GLRenderer} {
		t.Run(name, func(t *testing.T) {
			if name == mujoco.GLRenderer {
				needGL(t)
			}
			use(t, name)
			test(t)
		})
	}
}

func needGL(t *testing.T) {
	t.Helper()
	if _, err := mujoco.ProbeGL(); errors.Is(err, mujoco.ErrNoGL) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
}

func use(t *testing.T, renderer string) {
	t.Helper()
	if err := mujoco.UseRenderer(renderer); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mujoco.UseRenderer(mujoco.AutoRenderer) })
}

func frame(t *testing.T, e *Env, width, height int) *image.RGBA {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	if err := e.Frame(img); err != nil {
		t.Fatal(err)
	}
	return img
}

func TestFramesDoNotDisturbTheSimulation(t *testing.T) {
	withRenderers(t, func(t *testing.T) {
		for _, task := range []*task{&halfCheetah, &ant, &invertedDoublePendulum} {
			plain, filmed := instance(t, task), instance(t, task)
			spec := plain.Spec()
			obs, other, action := make([]float64, spec.ObsDim), make([]float64, spec.ObsDim), make([]float64, spec.ActDim)
			for _, e := range []*Env{plain, filmed} {
				if err := e.Reset(rng.NewStream(rng.Root(3)), obs); err != nil {
					t.Fatal(err)
				}
			}
			s := rng.NewStream(rng.Root(4))
			for step := range 120 {
				if step%20 == 0 || step < 5 {
					before := filmed.AppendState(nil)
					frame(t, filmed, 32, 24)
					if !slices.Equal(before, filmed.AppendState(nil)) {
						t.Fatalf("%s step %d: a frame changed the saved state", task.id, step)
					}
				}
				randomAction(s, spec, action)
				a, err := plain.Step(action, obs)
				b, err2 := filmed.Step(action, other)
				if err := errors.Join(err, err2); err != nil {
					t.Fatal(err)
				}
				if a != b {
					t.Fatalf("%s step %d: outcomes %+v and %+v", task.id, step, a, b)
				}
				sameObs(t, step, obs, other)
			}
		}
	})
}

// A restored state lacks what MuJoCo computes for cameras and lights; its frame
// is the saved one's all the same.
func TestARestoredStateLooksTheSame(t *testing.T) {
	withRenderers(t, func(t *testing.T) {
		saved, restored := instance(t, &halfCheetah), instance(t, &halfCheetah)
		spec := saved.Spec()
		obs, action := make([]float64, spec.ObsDim), []float64{1, 1, 1, -1, -1, -1}
		if err := saved.Reset(rng.NewStream(rng.Root(5)), obs); err != nil {
			t.Fatal(err)
		}
		start := frame(t, saved, 96, 72)
		for range 60 {
			if _, err := saved.Step(action, obs); err != nil {
				t.Fatal(err)
			}
		}
		if err := restored.RestoreState(saved.AppendState(nil), obs); err != nil {
			t.Fatal(err)
		}
		want, got := frame(t, saved, 96, 72), frame(t, restored, 96, 72)
		if !slices.Equal(want.Pix, got.Pix) {
			t.Error("the frames of a state and of the same state restored differ")
		}
		if slices.Equal(want.Pix, start.Pix) {
			t.Error("60 steps changed nothing in the frame")
		}
	})
}

// original is what oracle/frame.py draws.
type original struct{ RGB, Body []byte }

func (o *original) draw(t *testing.T, e *Env, camera string, width, height int) {
	t.Helper()
	model, err := mujoco.FindModel(e.task.model)
	if err != nil {
		t.Fatal(err)
	}
	args := []string{model, fmt.Sprint(width), fmt.Sprint(height), camera}
	for _, x := range e.sim.Field(mujoco.Qpos) {
		args = append(args, fmt.Sprint(x))
	}
	out, err := parity.Suite{Script: "frame.py"}.Run(args...)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		t.Skipf("MuJoCo's Python renderer does not work here: %v", err)
	} else if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, o); err != nil {
		t.Fatal(err)
	}
}

// Frames of MuJoCo's own renderer are equal to those of its Python bindings in
// every pixel, and the built-in drawer shows bodies where MuJoCo's segmentation
// has them.
func TestFramesAgainstMuJoCosOwn(t *testing.T) {
	needSimulator(t)
	parity.Need(t, oracleFault)
	needGL(t) // of the oracle, too
	const width, height = 320, 240
	for _, p := range []struct {
		task   *task
		camera string
		step   int
	}{{&halfCheetah, "track", 30}, {&humanoid, "track", 8}, {&invertedDoublePendulum, "0,0,0.5,3.6,90,-8", 2}} {
		e := posed(t, p.task, p.step)
		var want original
		want.draw(t, e, p.camera, width, height)
		use(t, mujoco.GLRenderer)
		gl := frame(t, e, width, height)
		e.sim.SetCamera(camera(p.task)) // draws anew, with the other renderer
		use(t, mujoco.WireRenderer)
		wire := frame(t, e, width, height)
		body, seen := make([]bool, width*height), make([]bool, width*height)
		for i := range width * height {
			if !slices.Equal(gl.Pix[4*i:4*i+3], want.RGB[3*i:3*i+3]) {
				t.Fatalf("%s: pixel %d, %d is %v, MuJoCo's is %v", p.task.id, i%width, i/width, gl.Pix[4*i:4*i+3], want.RGB[3*i:3*i+3])
			}
			body[i], seen[i] = want.Body[i] != 0, vivid(wire.Pix[4*i:4*i+3])
		}
		if n := farFrom(body, make([]bool, len(body)), width); n < 1000 {
			t.Fatalf("%s: MuJoCo sees only %d pixels of bodies", p.task.id, n)
		}
		lost, invented := farFrom(body, seen, width), farFrom(seen, body, width)
		if lost+invented > 3 {
			t.Errorf("%s: %d body pixels are farther than 1 pixel from any in the drawer's picture, and %d the other way round", p.task.id, lost, invented)
		}
	}
}

// farFrom counts the pixels of a that have none of b within one pixel.
func farFrom(a, b []bool, width int) (count int) {
	for i := range a {
		near := !a[i]
		for _, step := range []int{0, 1, -1, width, -width, width + 1, width - 1, -width + 1, -width - 1} {
			near = near || i+step >= 0 && i+step < len(b) && b[i+step]
		}
		if !near {
			count++
		}
	}
	return count
}

// Without any other renderer: cart and tip of the double pendulum are where a
// pinhole camera sees MuJoCo's own positions, within a pixel or two.
func TestTheDrawnPendulumIsWhereAPinholeSeesIt(t *testing.T) {
	withRenderers(t, func(t *testing.T) {
		const width, height = 480, 360
		e := instance(t, &invertedDoublePendulum)
		obs := make([]float64, e.Spec().ObsDim)
		for _, q := range [][]float64{{0, 0, 0}, {0.4, 0.5, -0.3}, {-0.5, -0.2, 0.9}} {
			if err := e.Inject(map[string][]float64{"qpos": q, "qvel": {0, 0, 0}}, obs); err != nil {
				t.Fatal(err)
			}
			img := frame(t, e, width, height)
			// The camera looks along y from 3.6 m, 8 degrees down, at 0.5 m above the origin; fovy is 45 degrees.
			sin, cos := math.Sincos(8 * math.Pi / 180)
			project := func(p []float64) (x, y float64) {
				right, ahead, up := p[0], p[1], p[2]-0.5
				depth := 3.6 + ahead*cos - up*sin
				scale := height / 2 / math.Tan(22.5*math.Pi/180) / depth
				return width/2 + right*scale, height/2 - (up*cos+ahead*sin)*scale
			}
			// The cart is yellow, the poles are cyan.
			var cart [3]float64 // pixels, sums of x and y
			top := image.Pt(0, height)
			for y := range height {
				for x := range width {
					c := img.RGBAAt(x, y)
					switch r, g, b := int(c.R), int(c.G), int(c.B); {
					case r > 2*b+20 && g > 2*b+20:
						cart[0], cart[1], cart[2] = cart[0]+1, cart[1]+float64(x)+0.5, cart[2]+float64(y)+0.5
					case 2*r < g-20 && 2*r < b-20 && g*5 > b*4 && y < top.Y:
						top = image.Pt(x, y)
					}
				}
			}
			body, err := e.sim.ID(mujoco.Body, "cart")
			if err != nil {
				t.Fatal(err)
			}
			x, y := project(e.sim.Field(mujoco.Xpos)[3*body:])
			if d := math.Hypot(cart[1]/cart[0]-x, cart[2]/cart[0]-y); !(d < 2.5) { // the pole covers a part of it
				t.Errorf("qpos %v: the cart is drawn at %.1f, %.1f; a pinhole sees it at %.1f, %.1f", q, cart[1]/cart[0], cart[2]/cart[0], x, y)
			}
			tip := e.sim.Field(mujoco.SiteXpos)[:3]
			x, y = project([]float64{tip[0], tip[1], tip[2] + 0.045}) // the pole's round end is 0.045 m thick
			if math.Hypot(float64(top.X)+0.5-x, float64(top.Y)+0.5-y) > 3 {
				t.Errorf("qpos %v: the tip is drawn at %v; a pinhole sees it at %.1f, %.1f", q, top, x, y)
			}
		}
	})
}

func camera(task *task) mujoco.Camera {
	if task.camera != nil {
		return *task.camera
	}
	return mujoco.Camera{Name: "track"}
}

// vivid tells a body's colour from the ground's and the sky's, in these models.
func vivid(p []uint8) bool {
	high, low := max(p[0], p[1], p[2]), min(p[0], p[1], p[2])
	return p[0] > p[2]+12 || int(low)*20 < int(high)*9
}

// posed is a task some steps into an episode, with positions as they are now.
func posed(t *testing.T, task *task, steps int) *Env {
	e := instance(t, task)
	spec := e.Spec()
	obs, action := make([]float64, spec.ObsDim), make([]float64, spec.ActDim)
	s := rng.NewStream(rng.Root(9).Derive(task.id))
	if err := e.Reset(s, obs); err != nil {
		t.Fatal(err)
	}
	for range steps {
		randomAction(s, spec, action)
		if _, err := e.Step(action, obs); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

func TestFramesOfManySizesAndAfterClose(t *testing.T) {
	withRenderers(t, func(t *testing.T) {
		e := posed(t, &hopper, 3)
		for _, size := range []image.Point{{64, 48}, {800, 600}, {17, 31}} { // larger than the model's own off-screen buffer, and back
			img := frame(t, e, size.X, size.Y)
			colors := map[[3]uint8]bool{}
			for i := 0; i < len(img.Pix); i += 4 {
				colors[[3]uint8(img.Pix[i:i+3])] = true
			}
			if len(colors) < 10 {
				t.Errorf("a frame of %v has %d colours", size, len(colors))
			}
		}
		part := image.NewRGBA(image.Rect(0, 0, 64, 48)).SubImage(image.Rect(10, 10, 40, 40)).(*image.RGBA)
		if err := e.Frame(part); err != nil {
			t.Fatal(err)
		}
		if part.Pix[0] == 0 && part.Pix[3] == 0 {
			t.Error("the corner of a part of an image was not drawn")
		}
		if err := e.Frame(image.NewRGBA(image.Rectangle{})); err == nil {
			t.Error("a frame without pixels is no error")
		}
		e.Close()
		if err := e.Frame(part); err == nil {
			t.Error("a frame of a closed task is no error")
		}
	})
}

func TestAnUnknownCameraOrRendererIsRefused(t *testing.T) {
	e := instance(t, &hopper)
	img := image.NewRGBA(image.Rect(0, 0, 16, 16))
	for _, c := range []mujoco.Camera{{Name: "nose"}, {Body: "wing"}} {
		e.sim.SetCamera(c)
		if err := e.Frame(img); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
	e.sim.SetCamera(mujoco.Camera{Body: "torso", Distance: 3, Azimuth: 90})
	if err := e.Frame(img); err != nil {
		t.Error(err)
	}
	if err := mujoco.UseRenderer("crayon"); err == nil {
		t.Error("a renderer called crayon is taken")
	}
}
