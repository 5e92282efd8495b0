package classic

import (
	"image"
	"image/color"
	"math"
	"slices"
	"testing"

	"demorl/env"
	"demorl/env/draw"
)

func frame(t *testing.T, r env.Renderer) *image.RGBA {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 480, 360))
	if err := r.Frame(img); err != nil {
		t.Fatal(err)
	}
	return img
}

// is tells whether a pixel has exactly a colour.
func is(img *image.RGBA, x, y float64, c color.RGBA) bool {
	return img.RGBAAt(int(math.Floor(x)), int(math.Floor(y))) == c
}

// The rod of a pendulum at theta points to (-sin, cos), as Gymnasium draws it.
func TestThePendulumsRodIsOnItsLine(t *testing.T) {
	scale := 360 / 2.6 // pixels a metre
	for _, theta := range []float64{0, 0.5, math.Pi / 2, 3, -1} {
		p := NewPendulum()
		p.x[0] = theta
		img := frame(t, p)
		sin, cos := math.Sincos(theta)
		at := func(along, across float64) (x, y float64) {
			return 240 + scale*(-sin*along+cos*across), 180 - scale*(cos*along+sin*across)
		}
		for along := 0.1; along <= 1; along += 0.05 {
			if x, y := at(along, 0); !is(img, x, y, draw.Steel) {
				t.Errorf("theta %v: %v m along the rod the pixel is %v", theta, along, img.RGBAAt(int(x), int(y)))
			}
			for _, side := range []float64{-1, 1} { // the rod is 0.12 m wide
				in, out := 0.06-1.5/scale, 0.06+1.5/scale
				if x, y := at(along, side*in); !is(img, x, y, draw.Steel) {
					t.Errorf("theta %v: a pixel within the rod's rim is %v", theta, img.RGBAAt(int(x), int(y)))
				}
				if x, y := at(along, side*out); is(img, x, y, draw.Steel) {
					t.Errorf("theta %v: a pixel beyond the rod's rim is the rod's", theta)
				}
			}
		}
		if x, y := at(1.08, 0); is(img, x, y, draw.Steel) {
			t.Errorf("theta %v: the rod is too long", theta)
		}
	}
}

// count is how many pixels have exactly a colour, and their centre.
func count(img *image.RGBA, c color.RGBA) (n int, x, y float64) {
	for j := range img.Rect.Dy() {
		for i := range img.Rect.Dx() {
			if img.RGBAAt(i, j) == c {
				n, x, y = n+1, x+float64(i), y+float64(j)
			}
		}
	}
	return n, x / float64(max(1, n)), y / float64(max(1, n))
}

// The last action is shown, in its direction, and forgotten at a reset.
func TestEffortsAreShown(t *testing.T) {
	for _, c := range []struct {
		make   func() env.Env
		middle float64 // pixel of what is pushed
	}{
		{func() env.Env { return NewPendulum() }, 240},
		{func() env.Env { return NewCartPole() }, 240},
		{func() env.Env { return NewMountainCar() }, 240 + 0.3*360/1.35*0.85},
		{func() env.Env { return NewLQR2() }, 240},
	} {
		e := c.make()
		spec := e.Spec()
		obs, action := make([]float64, spec.ObsDim), make([]float64, spec.ActDim)
		if n, _, _ := count(frame(t, e.(env.Renderer)), draw.Effort); n != 0 {
			t.Errorf("%s: %d pixels of effort before any step", spec.ID, n)
		}
		var side [2]float64
		for i, a := range []float64{-1, 1} {
			for j := range action {
				action[j] = a
			}
			if _, err := e.Step(action, obs); err != nil {
				t.Fatal(err)
			}
			n, x, _ := count(frame(t, e.(env.Renderer)), draw.Effort)
			if n < 15 {
				t.Errorf("%s: only %d pixels of effort", spec.ID, n)
			}
			side[i] = x
		}
		if counterClockwise := spec.ID == "classic/pendulum"; (side[0] < side[1]) == counterClockwise {
			t.Errorf("%s: an action of -1 is shown at x = %v, one of 1 at %v", spec.ID, side[0], side[1])
		}
	}
}

func TestCartPoleIsDrawnToScale(t *testing.T) {
	c := NewCartPole()
	copy(c.x, []float64{1, 0, math.Pi / 2, 0}) // the rod lies to the right
	img := frame(t, c)
	scale := 480 / 5.3
	for along := 0.25; along < 0.6; along += 0.05 {
		if x, y := 240+scale*(1+along), 180+scale*0.1; !is(img, x, y, draw.Steel) {
			t.Errorf("%v m along the rod the pixel is %v", along, img.RGBAAt(int(x), int(y)))
		}
	}
	if x, y := 240+scale*1.1, 180+scale*0.17; !is(img, x, y, draw.Ink) {
		t.Errorf("the cart's pixel is %v", img.RGBAAt(int(x), int(y)))
	}
}

func TestTheMountainCarIsOnTheCurve(t *testing.T) {
	m := NewMountainCar()
	scale := min(480/1.9, 360/1.35)
	for _, x := range []float64{-1, -0.5, 0.3} {
		m.x[0] = x
		n, cx, cy := count(frame(t, m), draw.Steel)
		wantX, wantY := 240+scale*(x+0.3), 180-scale*(0.45*math.Sin(3*x)+0.55-0.55)
		if d := math.Hypot(cx-wantX, cy-wantY); n < 50 || d > 0.075*scale {
			t.Errorf("at %v the car's middle is %.0f, %.0f, %.0f pixels from the curve's point", x, cx, cy, d)
		}
	}
}

func TestTheLinearSystemsPoint(t *testing.T) {
	l := NewLQR2()
	copy(l.x, []float64{0.5, -0.25, 0, 0})
	n, x, y := count(frame(t, l), draw.Ink)
	if math.Hypot(x+0.5-(240+0.5*120), y+0.5-(180+0.25*120)) > 1 || n < 80 {
		t.Errorf("the point is at %v, %v, %d pixels", x, y, n)
	}
	if !slices.Equal(frame(t, l).Pix, frame(t, l).Pix) {
		t.Error("two frames of one state differ")
	}
}
