package classic

import (
	"image"
	"math"

	"demorl/env"
	"demorl/env/draw"
)

var (
	_ env.Renderer = (*Pendulum)(nil)
	_ env.Renderer = (*CartPole)(nil)
	_ env.Renderer = (*MountainCar)(nil)
	_ env.Renderer = (*LQR2)(nil)
)

// Frame draws the rod, a faint one where it should be, and the torque of the
// last step as a curved arrow.
func (p *Pendulum) Frame(img *image.RGBA) error {
	c := draw.NewCanvas(img, 0, 0, 2.6, 2.6)
	sin, cos := math.Sincos(p.x[0])
	c.Line(0, 0, 0, 1, 0.02, draw.Faint)
	c.Disc(0, 1, 0.05, draw.Faint)
	c.Line(0, 0, -sin, cos, 0.12, draw.Steel) // a positive angle is counter-clockwise
	c.Turn(0, 0, 0.32, p.torque/2*2.2, 0.04, draw.Effort)
	c.Disc(0, 0, 0.05, draw.Ink)
	return nil
}

// Frame draws the cart with its rod, the place where the rod's end should be,
// the ends of the track, and the force of the last step as an arrow.
func (c *CartPole) Frame(img *image.RGBA) error {
	const track, cart, height = 2.4, 0.36, 0.2 // m
	d := draw.NewCanvas(img, 0, 0.1, 2*track+0.5, 2.4)
	d.Line(-track, 0, track, 0, 0.015, draw.Faint)
	for _, end := range []float64{-track, track} {
		d.Line(end, -0.15, end, 0.15, 0.03, draw.Ink)
	}
	d.Ring(0, rodLength, 0.07, 0.02, draw.Goal)
	x := c.x[0]
	d.Arrow(x+math.Copysign(cart/2, c.push), -0.05, 0.6*c.push, 0, 0.04, draw.Effort)
	d.Polygon([][2]float64{{x - cart/2, -height / 2}, {x + cart/2, -height / 2}, {x + cart/2, height / 2}, {x - cart/2, height / 2}}, draw.Ink)
	sin, cos := math.Sincos(c.x[2])
	d.Line(x, 0, x+rodLength*sin, rodLength*cos, 0.06, draw.Steel)
	d.Disc(x, 0, 0.03, draw.Paper)
	return nil
}

// Frame draws the valley, the goal's flag, the car, and the force of the last
// step as an arrow along the slope.
func (m *MountainCar) Frame(img *image.RGBA) error {
	height := func(x float64) float64 { return 0.45*math.Sin(3*x) + 0.55 }
	c := draw.NewCanvas(img, -0.3, 0.55, 1.9, 1.35)
	var valley [][2]float64
	for i := range 121 {
		x := -1.2 + 1.8*float64(i)/120
		valley = append(valley, [2]float64{x, height(x)})
	}
	c.Path(valley, 0.012, draw.Ink)
	c.Line(0.45, height(0.45), 0.45, height(0.45)+0.18, 0.008, draw.Ink)
	c.Polygon([][2]float64{{0.45, height(0.45) + 0.18}, {0.45, height(0.45) + 0.11}, {0.53, height(0.45) + 0.145}}, draw.Goal)
	x := m.x[0]
	slope := math.Atan(1.35 * math.Cos(3*x))
	at := func(along, up float64) (float64, float64) { // from the point of contact
		sin, cos := math.Sincos(slope)
		return x + along*cos - up*sin, height(x) + along*sin + up*cos
	}
	var body [][2]float64
	for _, k := range [][2]float64{{-0.075, 0.035}, {0.075, 0.035}, {0.06, 0.085}, {-0.06, 0.085}} {
		bx, by := at(k[0], k[1])
		body = append(body, [2]float64{bx, by})
	}
	c.Polygon(body, draw.Steel)
	for _, wheel := range []float64{-0.045, 0.045} {
		wx, wy := at(wheel, 0.028)
		c.Disc(wx, wy, 0.024, draw.Ink)
	}
	ax, ay := at(math.Copysign(0.08, m.push), 0.06)
	tx, ty := at(math.Copysign(0.08, m.push)+0.2*m.push, 0.06)
	c.Arrow(ax, ay, tx-ax, ty-ay, 0.014, draw.Effort)
	return nil
}

// Frame draws the point (p1, p2), its velocity and the action of the last step
// as arrows, and the origin where it should be.
func (l *LQR2) Frame(img *image.RGBA) error {
	c := draw.NewCanvas(img, 0, 0, 3, 3)
	c.Line(-1.4, 0, 1.4, 0, 0.006, draw.Faint)
	c.Line(0, -1.4, 0, 1.4, 0.006, draw.Faint)
	c.Ring(0, 0, 0.08, 0.02, draw.Goal)
	x, y := l.x[0], l.x[1]
	c.Arrow(x, y, l.x[2]/2, l.x[3]/2, 0.02, draw.Steel)
	c.Arrow(x, y, l.push[0]/3, l.push[1]/3, 0.03, draw.Effort)
	c.Disc(x, y, 0.05, draw.Ink)
	return nil
}
