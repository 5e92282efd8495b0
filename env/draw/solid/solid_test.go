package solid

import (
	"image"
	"math"
	"slices"
	"testing"
)

var upright = [9]float64{1, 0, 0, 0, 1, 0, 0, 0, 1}

var red, blue = [4]float64{1, 0, 0, 1}, [4]float64{0, 0, 1, 1}

func picture(s Scene, width, height int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	s.Cell = max(s.Cell, 1e-3)
	new(Drawer).Draw(img, s)
	return img
}

// isRed and isBlue tell the colours of bodies, however they are lit, also on
// their rims.
func isRed(img *image.RGBA, x, y int) bool {
	c := img.RGBAAt(x, y)
	return c.R > 40 && c.G < c.R/3 && c.B < c.R/3
}

func isBlue(img *image.RGBA, x, y int) bool {
	c := img.RGBAAt(x, y)
	return c.B > 40 && c.G < c.B/3 && c.R < c.B/3
}

// A camera at (0, -2, 1) that looks along y: a point d ahead, r to the right and
// u up is r/d and u/d half heights over tan(fovy/2) from the middle.
func TestProjectionIsThatOfAPinhole(t *testing.T) {
	fovy := 50 * math.Pi / 180
	c := LookAt(Vec{0, -2, 1}, Vec{0, 5, 1}, fovy)
	for _, p := range []Vec{{0, 0, 1}, {0.5, 0, 1.25}, {-1, 3, 0}, {2, 10, -3}} {
		x, y, depth := c.Project(p, 640, 480)
		d := p[1] + 2
		scale := 240 / math.Tan(fovy/2) / d
		if wantX, wantY := 320+p[0]*scale, 240-(p[2]-1)*scale; math.Hypot(x-wantX, y-wantY) > 1e-9 || math.Abs(depth-d) > 1e-12 {
			t.Errorf("%v is at %v, %v, depth %v; want %v, %v, %v", p, x, y, depth, wantX, wantY, d)
		}
	}
	// From above at 45 degrees, what is looked at is in the middle, and a point straight above it is above the middle.
	c = LookAt(Vec{3, 0, 3}, Vec{}, fovy)
	if x, y, depth := c.Project(Vec{}, 100, 100); math.Hypot(x-50, y-50) > 1e-9 || math.Abs(depth-3*math.Sqrt2) > 1e-12 {
		t.Errorf("the target is at %v, %v, depth %v", x, y, depth)
	}
	if x, y, _ := c.Project(Vec{0, 0, 1}, 100, 100); math.Abs(x-50) > 1e-9 || y > 40 {
		t.Errorf("a point above the target is at %v, %v", x, y)
	}
	if c := LookAt(Vec{0, 0, 5}, Vec{}, fovy); math.Abs(c.Up.dot(c.Forward)) > 1e-12 || math.Abs(c.Up.length()-1) > 1e-12 {
		t.Errorf("looking straight down, up is %v", c.Up)
	}
	c.Orthographic, c.Half = true, 2
	if x, y, _ := c.Project(Vec{0, 1, 0}, 100, 100); math.Abs(x-75) > 1e-9 || math.Abs(y-50) > 1e-9 {
		t.Errorf("orthographic: %v, %v", x, y)
	}
}

// extent is the box of the pixels for which test holds, and their number.
func extent(img *image.RGBA, test func(*image.RGBA, int, int) bool) (r image.Rectangle, count int) {
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			if test(img, x, y) {
				r = r.Union(image.Rect(x, y, x+1, y+1))
				count++
			}
		}
	}
	return r, count
}

func TestShapesCoverTheirOutlines(t *testing.T) {
	const width, height = 400, 300
	orthographic := LookAt(Vec{0, -5, 0}, Vec{}, 1)
	orthographic.Orthographic, orthographic.Half = true, 1.5 // 100 pixels a metre
	const metre = 100.0
	for _, c := range []struct {
		name     string
		shape    Shape
		w, h     float64 // m
		area     float64 // m2
		position Vec
	}{
		{"sphere", Shape{Kind: Sphere, Size: Vec{0.5}}, 1, 1, math.Pi / 4, Vec{0.3, 0, -0.2}},
		{"capsule", Shape{Kind: Capsule, Size: Vec{0.2, 0.2, 0.6}}, 0.4, 1.6, 0.4*1.2 + math.Pi*0.04, Vec{}},
		{"ellipsoid", Shape{Kind: Ellipsoid, Size: Vec{0.7, 0.1, 0.4}}, 1.4, 0.8, math.Pi * 0.28, Vec{}},
		{"cylinder", Shape{Kind: Cylinder, Size: Vec{0.3, 0.3, 0.5}}, 0.6, 1, 0.6, Vec{-0.5, 1, 0}},
		{"box", Shape{Kind: Box, Size: Vec{0.6, 0.1, 0.2}}, 1.2, 0.4, 0.48, Vec{0, 0, 0.5}},
		{"triangle", Shape{Kind: Surface, Mesh: &Mesh{Points: []Vec{{0, 0, 0}, {1, 0, 0}, {0, 0, 1}}, Triangles: [][3]int32{{0, 1, 2}}}}, 1, 1, 0.5, Vec{}},
	} {
		c.shape.Rotation, c.shape.Color, c.shape.Position = upright, red, c.position
		img := picture(Scene{Camera: orthographic, Shapes: []Shape{c.shape}}, width, height)
		r, count := extent(img, isRed)
		if math.Abs(float64(r.Dx())-c.w*metre) > 2 || math.Abs(float64(r.Dy())-c.h*metre) > 2 {
			t.Errorf("%s: %d x %d pixels; want %v x %v", c.name, r.Dx(), r.Dy(), c.w*metre, c.h*metre)
		}
		// Round outlines have 28 corners, which takes 0.8 % of a circle; rims blend.
		if got := float64(count) / metre / metre; math.Abs(got-c.area) > 0.03*c.area {
			t.Errorf("%s: area %.4f m2; want %.4f", c.name, got, c.area)
		}
		if c.name == "triangle" {
			continue
		}
		middle := image.Pt(int(200+100*c.position[0]), int(150-100*c.position[2]))
		if off := r.Min.Add(r.Max).Div(2).Sub(middle); off.X < -1 || off.X > 1 || off.Y < -1 || off.Y > 1 {
			t.Errorf("%s: centred at %v; want %v", c.name, r.Min.Add(r.Max).Div(2), middle)
		}
	}
}

// Turned by 90 degrees about y, a capsule along z lies along x.
func TestShapesAreTurned(t *testing.T) {
	c := LookAt(Vec{0, -5, 0}, Vec{}, 0.8)
	s := Shape{Kind: Capsule, Size: Vec{0.2, 0.2, 0.6}, Color: red, Rotation: [9]float64{0, 0, 1, 0, 1, 0, -1, 0, 0}}
	r, _ := extent(picture(Scene{Camera: c, Shapes: []Shape{s}}, 300, 300), isRed)
	if r.Dx() < 3*r.Dy() {
		t.Errorf("a lying capsule is %d x %d pixels", r.Dx(), r.Dy())
	}
}

// The outline of a sphere seen by a pinhole on its axis is the cone that touches it.
func TestASphereInPerspective(t *testing.T) {
	fovy := 45 * math.Pi / 180
	for _, distance := range []float64{2, 4, 8} {
		s := Shape{Kind: Sphere, Size: Vec{1}, Rotation: upright, Color: red}
		img := picture(Scene{Camera: LookAt(Vec{0, -distance, 0}, Vec{}, fovy), Shapes: []Shape{s}}, 400, 400)
		r, _ := extent(img, isRed)
		want := math.Tan(math.Asin(1/distance)) / math.Tan(fovy/2) * 400
		if math.Abs(float64(r.Dy())-min(400, want)) > 3 {
			t.Errorf("from %v m: %d pixels high; want %v", distance, r.Dy(), want)
		}
	}
}

func TestTheNearerBodyHidesTheFarther(t *testing.T) {
	near := Shape{Kind: Box, Size: Vec{0.3, 0.3, 0.3}, Position: Vec{0, -1, 0}, Rotation: upright, Color: red}
	far := Shape{Kind: Sphere, Size: Vec{0.8}, Position: Vec{0, 1, 0}, Rotation: upright, Color: blue}
	c := LookAt(Vec{0, -5, 0}, Vec{}, 0.8)
	first := picture(Scene{Camera: c, Shapes: []Shape{near, far}}, 200, 200)
	second := picture(Scene{Camera: c, Shapes: []Shape{far, near}}, 200, 200)
	if !isRed(first, 100, 100) || !isBlue(first, 70, 100) {
		t.Errorf("the middle is %v, beside it is %v", first.RGBAAt(100, 100), first.RGBAAt(70, 100))
	}
	if !slices.Equal(first.Pix, second.Pix) {
		t.Error("the picture depends on the order of the shapes")
	}
	// What is seen through shows both, and what is invisible nothing.
	near.Color[3] = 0.5
	if c := picture(Scene{Camera: c, Shapes: []Shape{near, far}}, 200, 200).RGBAAt(100, 100); c.R < 40 || c.B < 40 {
		t.Errorf("through a half opaque red box before blue, %v is seen", c)
	}
	near.Color[3] = 0
	if got := picture(Scene{Camera: c, Shapes: []Shape{near, far}}, 200, 200); !isBlue(got, 100, 100) {
		t.Errorf("an invisible box shows %v", got.RGBAAt(100, 100))
	}
}

// The squares of the ground change where their lines are projected to.
func TestTheGroundsSquares(t *testing.T) {
	const width, height, cell = 400, 300, 0.5
	c := LookAt(Vec{0.1, -3, 2}, Vec{0.1, 0, 0}, 0.7)
	ground := Shape{Kind: Plane, Rotation: upright, Color: [4]float64{1, 1, 1, 1}}
	img := picture(Scene{Camera: c, Shapes: []Shape{ground}, Cell: cell}, width, height)
	checked := 0
	for i := -2; i < 2; i++ {
		for j := -2; j < 2; j++ {
			x, y, _ := c.Project(Vec{(float64(i) + 0.5) * cell, (float64(j) + 0.5) * cell, 0}, width, height)
			if x < 1 || y < 1 || x > width-1 || y > height-1 {
				continue
			}
			checked++
			bright := img.RGBAAt(int(x), int(y)).R
			x, y, _ = c.Project(Vec{(float64(i) + 1.5) * cell, (float64(j) + 0.5) * cell, 0}, width, height)
			next := img.RGBAAt(int(x), int(y)).R
			if even := (i+j)%2 == 0; even == (bright > next) {
				t.Errorf("square %d, %d is %d, the next one %d", i, j, bright, next)
			}
		}
	}
	if checked < 8 {
		t.Fatalf("only %d squares are in the picture", checked)
	}
	// The line x = 0 at y = 0: the brightness changes there, within a pixel.
	x, y, _ := c.Project(Vec{0, 0.1, 0}, width, height)
	left, right := img.RGBAAt(int(x)-2, int(y)).R, img.RGBAAt(int(x)+2, int(y)).R
	if d := int(left) - int(right); d > -10 && d < 10 {
		t.Errorf("no change across a line: %d and %d", left, right)
	}
	// A plane with ends is not beyond them.
	ground.Size = Vec{0.5, 0.5}
	ground.Color = red
	img = picture(Scene{Camera: c, Shapes: []Shape{ground}, Cell: cell}, width, height)
	for _, p := range []struct {
		at   Vec
		want bool
	}{{Vec{0.45, 0, 0}, true}, {Vec{0.55, 0, 0}, false}, {Vec{0, 0.45, 0}, true}, {Vec{0, -0.55, 0}, false}} {
		x, y, _ := c.Project(p.at, width, height)
		if isRed(img, int(x), int(y)) != p.want {
			t.Errorf("at %v a plane of 1 m x 1 m is seen: %v", p.at, !p.want)
		}
	}
}

// A body above the ground darkens it where the light's line through the body
// meets it; a mark does not.
func TestShadowsFallOnTheGround(t *testing.T) {
	c := LookAt(Vec{0, -4, 3}, Vec{}, 0.8)
	ground := Shape{Kind: Plane, Rotation: upright, Color: [4]float64{1, 1, 1, 1}}
	ball := Shape{Kind: Sphere, Size: Vec{0.3}, Position: Vec{0, 0, 1}, Rotation: upright, Color: red}
	light := Vec{0, 0, 1}.along(c.Forward.cross(c.Up), -0.4).along(c.Forward, -0.35)
	foot := ball.Position.along(light, -1/light[2])
	x, y, _ := c.Project(foot, 300, 300)
	at := func(shapes ...Shape) int {
		return int(picture(Scene{Camera: c, Shapes: shapes, Cell: 100}, 300, 300).RGBAAt(int(x), int(y)).R)
	}
	bare, shaded := at(ground), at(ground, ball)
	if shaded > bare*4/5 {
		t.Errorf("the ground's brightness is %d without a ball above it and %d with it", bare, shaded)
	}
	ball.Mark = true
	if got := at(ground, ball); got != bare {
		t.Errorf("a mark darkens the ground from %d to %d", bare, got)
	}
}

// What reaches behind the camera is cut, and what is behind it is not drawn.
func TestBodiesAroundTheCameraAreCut(t *testing.T) {
	c := LookAt(Vec{0, 0, 0}, Vec{0, 1, 0}, 0.8)
	rod := Shape{Kind: Box, Size: Vec{0.02, 5, 0.02}, Position: Vec{0.1, 0, -0.1}, Rotation: upright, Color: red}
	if r, count := extent(picture(Scene{Camera: c, Shapes: []Shape{rod}}, 200, 200), isRed); count < 50 || r.Min.X < 95 || r.Min.Y < 95 {
		t.Errorf("a rod past the camera covers %v, %d pixels", r, count)
	}
	rod.Position[1] = -6
	if _, count := extent(picture(Scene{Camera: c, Shapes: []Shape{rod}}, 200, 200), isRed); count != 0 {
		t.Errorf("a rod behind the camera covers %d pixels", count)
	}
}

func BenchmarkDraw(b *testing.B) {
	s := Scene{Camera: LookAt(Vec{0, -3, 1}, Vec{0, 0, 0.5}, math.Pi/4), Cell: 0.5}
	s.Shapes = append(s.Shapes, Shape{Kind: Plane, Rotation: upright, Color: [4]float64{.8, .9, .8, 1}})
	for i := range 10 {
		s.Shapes = append(s.Shapes, Shape{Kind: Capsule, Rotation: upright, Size: Vec{.05, .05, .2}, Position: Vec{float64(i)/5 - 1, 0, .5}, Color: red})
	}
	img := image.NewRGBA(image.Rect(0, 0, 480, 360))
	var d Drawer
	for b.Loop() {
		d.Draw(img, s)
	}
}
