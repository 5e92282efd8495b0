package draw

import (
	"image"
	"image/color"
	"math"
	"testing"
)

var ink = color.RGBA{0, 0, 0, 255}

func canvas() (*image.RGBA, *Canvas) {
	img := image.NewRGBA(image.Rect(0, 0, 400, 300))
	return img, NewCanvas(img, 1, 2, 4, 3) // 100 pixels a metre
}

// darkness is how much of a pixel is inked.
func darkness(img *image.RGBA, x, y int) float64 {
	return (float64(Paper.R) - float64(img.RGBAAt(x, y).R)) / float64(Paper.R)
}

// inked is the sum of the darkness of all pixels, in m2.
func inked(img *image.RGBA) float64 {
	sum := 0.0
	for y := range 300 {
		for x := range 400 {
			sum += darkness(img, x, y)
		}
	}
	return sum / 1e4
}

func TestTheRectangleFillsThePicture(t *testing.T) {
	_, c := canvas()
	for _, p := range [][4]float64{{1, 2, 200, 150}, {-1, 3.5, 0, 0}, {3, 0.5, 400, 300}} {
		if x, y := c.Pixel(p[0], p[1]); math.Hypot(x-p[2], y-p[3]) > 1e-9 {
			t.Errorf("(%v, %v) is at pixel %v, %v", p[0], p[1], x, y)
		}
	}
	// In a picture of another form it is whole, in the middle.
	wide := NewCanvas(image.NewRGBA(image.Rect(10, 20, 810, 320)), 0, 0, 3, 3)
	if x, y := wide.Pixel(1.5, -1.5); math.Hypot(x-560, y-320) > 1e-9 {
		t.Errorf("the corner is at %v, %v", x, y)
	}
}

func TestAreasAreThoseOfTheShapes(t *testing.T) {
	for name, c := range map[string]struct {
		draw func(*Canvas)
		want float64
	}{
		"line":    {func(c *Canvas) { c.Line(0, 1.5, 2, 2.5, 0.2, ink) }, 0.2*math.Sqrt(5) + math.Pi*0.01},
		"point":   {func(c *Canvas) { c.Line(1, 2, 1, 2, 0.4, ink) }, math.Pi * 0.04},
		"disc":    {func(c *Canvas) { c.Disc(1.003, 2.004, 0.5, ink) }, math.Pi / 4},
		"ring":    {func(c *Canvas) { c.Ring(1, 2, 0.8, 0.1, ink) }, math.Pi * 2 * 0.8 * 0.1},
		"polygon": {func(c *Canvas) { c.Polygon([][2]float64{{0, 1}, {2, 1}, {2, 3}, {1, 1.5}, {0, 3}}, ink) }, 4 - 1.5},
		"hair":    {func(c *Canvas) { c.Line(0, 2, 2, 2, 0, ink) }, 2 * 0.01}, // a pixel wide
	} {
		img, canvas := canvas()
		c.draw(canvas)
		if got := inked(img); math.Abs(got-c.want) > 0.01*c.want+2e-4 {
			t.Errorf("%s: %v m2; want %v", name, got, c.want)
		}
	}
}

func TestALineIsWhereItShouldBe(t *testing.T) {
	img, c := canvas()
	c.Line(0, 1.2, 2, 2.7, 0.05, ink)
	ax, ay := c.Pixel(0, 1.2)
	bx, by := c.Pixel(2, 2.7)
	for y := range 300 {
		for x := range 400 {
			px, py := float64(x)+0.5, float64(y)+0.5
			s := min(1, max(0, ((px-ax)*(bx-ax)+(py-ay)*(by-ay))/((bx-ax)*(bx-ax)+(by-ay)*(by-ay))))
			d := math.Hypot(px-ax-s*(bx-ax), py-ay-s*(by-ay))
			if k := darkness(img, x, y); d < 2 && k < 0.99 || d > 3.01 && k != 0 {
				t.Fatalf("pixel %d, %d, %.2f from the middle of a line 5 wide, has %v ink", x, y, d, k)
			}
		}
	}
}

// An arrow ends at its tip, and a positive turn is counter-clockwise.
func TestArrows(t *testing.T) {
	left := func(img *image.RGBA) (x float64, n float64) { // centre of the ink
		for j := range 300 {
			for i := range 400 {
				k := darkness(img, i, j)
				x, n = x+k*float64(i), n+k
			}
		}
		return x / max(n, 1e-9), n
	}
	img, c := canvas()
	c.Arrow(1, 2, 1, 0, 0.05, ink)
	if darkness(img, 297, 150) < 0.2 || darkness(img, 302, 150) != 0 || darkness(img, 287, 145) < 0.5 || darkness(img, 230, 145) != 0 {
		t.Error("an arrow to the right has no tip at its end")
	}
	img, c = canvas()
	c.Turn(1, 2, 0.5, 1.5, 0.05, ink)
	if x, n := left(img); x > 190 || n < 100 {
		t.Errorf("a turn of 1.5 rad from straight up has its ink at x = %v, %v pixels", x, n)
	}
	img, c = canvas()
	c.Turn(1, 2, 0.5, -1.5, 0.05, ink)
	if x, n := left(img); x < 210 || n < 100 {
		t.Errorf("a turn of -1.5 rad from straight up has its ink at x = %v, %v pixels", x, n)
	}
	img, c = canvas()
	c.Turn(1, 2, 0.5, 0, 0.05, ink)
	c.Arrow(1, 2, 0, 0, 0.05, ink)
	if inked(img) != 0 {
		t.Error("arrows of length 0 leave ink")
	}
}

// What is outside of the picture, however far, is cut.
func TestDrawingBeyondThePicture(t *testing.T) {
	img, c := canvas()
	c.Line(-1e9, 2, 1e9, 2, 0.1, ink)
	c.Disc(1e300, 1e300, 1, ink)
	c.Disc(math.NaN(), 0, 1, ink)
	if darkness(img, 0, 150) < 0.99 || darkness(img, 399, 150) < 0.99 || darkness(img, 200, 100) != 0 {
		t.Error("a line through the whole picture is wrong")
	}
}
