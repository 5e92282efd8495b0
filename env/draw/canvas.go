package draw

import (
	"image"
	"image/color"
	"math"
)

// Colours that the tasks' pictures share.
var (
	Paper  = color.RGBA{0xf7, 0xf6, 0xf2, 0xff}
	Ink    = color.RGBA{0x2b, 0x30, 0x3a, 0xff}
	Steel  = color.RGBA{0x4f, 0x6d, 0x8f, 0xff} // bodies
	Faint  = color.RGBA{0xc9, 0xc9, 0xc4, 0xff} // what does not move
	Goal   = color.RGBA{0x3c, 0x9a, 0x5f, 0xff} // where the task wants to be
	Effort = color.RGBA{0xd9, 0x6b, 0x27, 0xff} // forces and torques
)

// Canvas draws on an image in a task's own coordinates, y up. The same number
// of pixels stands for a metre in both directions.
type Canvas struct {
	img   *image.RGBA
	scale float64 // pixels a metre
	x, y  float64 // pixel of the origin
}

// NewCanvas shows the rectangle of the given width and height in m around
// (x, y), all of it and as large as fits, on a picture cleared to Paper.
func NewCanvas(img *image.RGBA, x, y, width, height float64) *Canvas {
	b := img.Bounds()
	w, h := float64(b.Dx()), float64(b.Dy())
	c := &Canvas{img: img, scale: min(w/width, h/height)}
	c.x, c.y = float64(b.Min.X)+w/2-x*c.scale, float64(b.Min.Y)+h/2+y*c.scale
	for py := b.Min.Y; py < b.Max.Y; py++ {
		for px := b.Min.X; px < b.Max.X; px++ {
			img.SetRGBA(px, py, Paper)
		}
	}
	return c
}

// Pixel is where a point of the task is on the image; pixel (i, j) covers
// [i, i+1) x [j, j+1).
func (c *Canvas) Pixel(x, y float64) (px, py float64) { return c.x + x*c.scale, c.y - y*c.scale }

// Line draws a line of the given width in m with round ends. It is never
// thinner than a pixel.
func (c *Canvas) Line(x0, y0, x1, y1, width float64, ink color.RGBA) {
	ax, ay := c.Pixel(x0, y0)
	bx, by := c.Pixel(x1, y1)
	half := max(0.5, width*c.scale/2)
	c.cover(min(ax, bx)-half, min(ay, by)-half, max(ax, bx)+half, max(ay, by)+half, ink, func(px, py float64) float64 {
		return toSegment(px, py, ax, ay, bx, by) - half
	})
}

// Path draws lines from each point to the next one.
func (c *Canvas) Path(points [][2]float64, width float64, ink color.RGBA) {
	for i := 1; i < len(points); i++ {
		c.Line(points[i-1][0], points[i-1][1], points[i][0], points[i][1], width, ink)
	}
}

// Disc fills a circle.
func (c *Canvas) Disc(x, y, radius float64, ink color.RGBA) {
	px, py := c.Pixel(x, y)
	r := radius * c.scale
	c.cover(px-r, py-r, px+r, py+r, ink, func(qx, qy float64) float64 { return math.Hypot(qx-px, qy-py) - r })
}

// Ring draws a circle's line.
func (c *Canvas) Ring(x, y, radius, width float64, ink color.RGBA) {
	px, py := c.Pixel(x, y)
	r, half := radius*c.scale, max(0.5, width*c.scale/2)
	c.cover(px-r-half, py-r-half, px+r+half, py+r+half, ink, func(qx, qy float64) float64 {
		return math.Abs(math.Hypot(qx-px, qy-py)-r) - half
	})
}

// Polygon fills a polygon.
func (c *Canvas) Polygon(points [][2]float64, ink color.RGBA) {
	at := make([][2]float64, len(points))
	left, top, right, bottom := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for i, p := range points {
		x, y := c.Pixel(p[0], p[1])
		at[i] = [2]float64{x, y}
		left, right, top, bottom = min(left, x), max(right, x), min(top, y), max(bottom, y)
	}
	c.cover(left, top, right, bottom, ink, func(px, py float64) float64 {
		distance, inside := math.Inf(1), false
		for i, a := range at {
			b := at[(i+1)%len(at)]
			distance = min(distance, toSegment(px, py, a[0], a[1], b[0], b[1]))
			if (a[1] > py) != (b[1] > py) && px < a[0]+(py-a[1])/(b[1]-a[1])*(b[0]-a[0]) {
				inside = !inside
			}
		}
		if inside {
			return -distance
		}
		return distance
	})
}

// Arrow draws an arrow from (x, y) along (dx, dy); one of length 0 is nothing.
func (c *Canvas) Arrow(x, y, dx, dy, width float64, ink color.RGBA) {
	length := math.Hypot(dx, dy)
	if length*c.scale < 1 {
		return
	}
	ux, uy := dx/length, dy/length
	head := min(3*width, length)
	c.Line(x, y, x+dx-ux*head, y+dy-uy*head, width, ink)
	c.head(x+dx, y+dy, ux, uy, head, ink)
}

// head is an arrow's tip at (x, y), which points along the unit vector (ux, uy).
func (c *Canvas) head(x, y, ux, uy, size float64, ink color.RGBA) {
	bx, by := x-ux*size, y-uy*size
	c.Polygon([][2]float64{{x, y}, {bx - uy*size/2, by + ux*size/2}, {bx + uy*size/2, by - ux*size/2}}, ink)
}

// Turn draws a curved arrow around (x, y) that begins straight up and turns by
// angle, counter-clockwise where that is positive: a torque.
func (c *Canvas) Turn(x, y, radius, angle, width float64, ink color.RGBA) {
	if math.Abs(angle)*radius*c.scale < 1 {
		return
	}
	const parts = 24
	at := func(a float64) [2]float64 { return [2]float64{x - radius*math.Sin(a), y + radius*math.Cos(a)} }
	head := min(3*width, radius*math.Abs(angle))
	stem := angle - math.Copysign(head/radius, angle)
	line := make([][2]float64, parts+1)
	for i := range line {
		line[i] = at(stem * float64(i) / parts)
	}
	c.Path(line, width, ink)
	tip, base := at(angle), at(stem)
	length := math.Hypot(tip[0]-base[0], tip[1]-base[1])
	if length > 0 {
		c.head(tip[0], tip[1], (tip[0]-base[0])/length, (tip[1]-base[1])/length, head, ink)
	}
}

// toSegment is the distance of p from the segment a b.
func toSegment(px, py, ax, ay, bx, by float64) float64 {
	dx, dy := bx-ax, by-ay
	s := 0.0
	if n := dx*dx + dy*dy; n > 0 {
		s = min(1, max(0, ((px-ax)*dx+(py-ay)*dy)/n))
	}
	return math.Hypot(px-ax-s*dx, py-ay-s*dy)
}

// cover blends ink over the pixels of a rectangle by how far their centres are
// inside a shape: distance is negative inside, in pixels. Lines that touch each
// other leave no seam where both are opaque.
func (c *Canvas) cover(left, top, right, bottom float64, ink color.RGBA, distance func(px, py float64) float64) {
	b := c.img.Bounds()
	within := func(x float64, low, high int) int { // also where x is beyond what an int holds
		return int(min(float64(high), max(float64(low), math.Floor(x))))
	}
	for y := within(top-1, b.Min.Y, b.Max.Y); y < within(bottom+2, b.Min.Y, b.Max.Y); y++ {
		for x := within(left-1, b.Min.X, b.Max.X); x < within(right+2, b.Min.X, b.Max.X); x++ {
			share := min(1, max(0, 0.5-distance(float64(x)+0.5, float64(y)+0.5)))
			if share > 0 {
				Blend(c.img, x, y, ink, share*float64(ink.A)/255)
			}
		}
	}
}

// Blend mixes a share of ink into one pixel.
func Blend(img *image.RGBA, x, y int, ink color.RGBA, share float64) {
	p := img.Pix[img.PixOffset(x, y):]
	for j, v := range [3]uint8{ink.R, ink.G, ink.B} {
		p[j] = uint8(float64(p[j]) + share*(float64(v)-float64(p[j])) + 0.5)
	}
	p[3] = 255
}
