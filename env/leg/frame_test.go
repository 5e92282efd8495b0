package leg

import (
	"image"
	"image/color"
	"math"
	"testing"

	"demorl/env"
	"demorl/env/draw"
	"demorl/rng"
)

const side = 380 // pixels: 1 mm each

func frame(t *testing.T, e env.Env) *image.RGBA {
	t.Helper()
	r, ok := env.Power[env.Renderer](e)
	if !ok {
		t.Fatal("the leg draws no frames")
	}
	img := image.NewRGBA(image.Rect(0, 0, side, side))
	if err := r.Frame(img); err != nil {
		t.Fatal(err)
	}
	return img
}

// pixel is where a place of the leg's plane is drawn.
func pixel(x, z float64) (px, py int) {
	return int(math.Floor(side/2 + 1000*x)), int(math.Floor(side/2 - 1000*(z+0.125)))
}

func closeTo(a, b color.RGBA) bool {
	d := func(x, y uint8) int { return max(int(x)-int(y), int(y)-int(x)) }
	return d(a.R, b.R)+d(a.G, b.G)+d(a.B, b.B) < 30
}

func TestTheFrameShowsLinksPathAndTarget(t *testing.T) {
	cfg := DefaultConfig()
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	obs := make([]float64, obsDim)
	for _, q := range [][2]float64{{0.4, -0.8}, {-0.5, -0.3}, {1.2, -2}} {
		if err := e.(env.Injector).Inject(map[string][]float64{"state": {q[0], q[1], 0, 0, 2}}, obs); err != nil {
			t.Fatal(err)
		}
		img := frame(t, e)
		kneeX, kneeZ := 0.15*math.Sin(q[0]), -0.15*math.Cos(q[0])
		footX, footZ := kneeX+0.15*math.Sin(q[0]+q[1]), kneeZ-0.15*math.Cos(q[0]+q[1])
		for s := 0.15; s < 0.9; s += 0.05 {
			if x, y := pixel(kneeX*s, kneeZ*s); img.RGBAAt(x, y) != draw.Ink {
				t.Errorf("q %v: %v along the upper link is %v", q, s, img.RGBAAt(x, y))
			}
			if x, y := pixel(kneeX+(footX-kneeX)*s, kneeZ+(footZ-kneeZ)*s); img.RGBAAt(x, y) != draw.Steel && s < 0.9 {
				t.Errorf("q %v: %v along the lower link is %v", q, s, img.RGBAAt(x, y))
			}
		}
		if x, y := pixel(footX, footZ); img.RGBAAt(x, y) != draw.Effort {
			t.Errorf("q %v: the foot is %v", q, img.RGBAAt(x, y))
		}
		// The point of the path at phase 2, ringed, and a point of the path that nothing covers.
		if x, y := pixel(0.06*math.Cos(2)+0.009, -0.22+0.03*math.Sin(2)); !closeTo(img.RGBAAt(x, y), draw.Goal) {
			t.Errorf("q %v: the ring around the target is %v", q, img.RGBAAt(x, y))
		}
		if x, y := pixel(-0.06, -0.22); q[0] > 0 && !closeTo(img.RGBAAt(x, y), draw.Goal) {
			t.Errorf("q %v: the path's end is %v", q, img.RGBAAt(x, y))
		}
	}
}

// The frames of an episode show where the foot was, and the next episode's do not.
func TestTheFramesShowTheFootsPath(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Repeat = 5
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	l, _ := env.Power[*Leg](e)
	obs := make([]float64, obsDim)
	if err := e.Reset(rng.NewStream(rng.Root(1)), obs); err != nil {
		t.Fatal(err)
	}
	var feet [][2]float64
	for range 300 {
		frame(t, e)
		x, z := l.Foot()
		feet = append(feet, [2]float64{x, z})
		if _, err := e.Step([]float64{0.05, 0.02}, obs); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(l.trail.foot); n < 95 || n > 105 { // a second at 100 Hz
		t.Errorf("the trail has %d points", n)
	}
	want := feet[len(feet)-len(l.trail.foot):]
	for i, p := range l.trail.foot {
		if p != want[i] {
			t.Fatalf("point %d of the trail is %v; the foot was at %v", i, p, want[i])
		}
	}
	if err := e.Reset(rng.NewStream(rng.Root(2)), obs); err != nil {
		t.Fatal(err)
	}
	frame(t, e)
	if n := len(l.trail.foot); n != 1 {
		t.Errorf("the trail has %d points at the start of an episode", n)
	}
}
