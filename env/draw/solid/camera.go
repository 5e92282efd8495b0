package solid

import "math"

// Vec is a point or a direction in space, m.
type Vec [3]float64

func (a Vec) add(b Vec) Vec              { return Vec{a[0] + b[0], a[1] + b[1], a[2] + b[2]} }
func (a Vec) sub(b Vec) Vec              { return Vec{a[0] - b[0], a[1] - b[1], a[2] - b[2]} }
func (a Vec) times(s float64) Vec        { return Vec{a[0] * s, a[1] * s, a[2] * s} }
func (a Vec) dot(b Vec) float64          { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }
func (a Vec) length() float64            { return math.Sqrt(a.dot(a)) }
func (a Vec) along(d Vec, s float64) Vec { return Vec{a[0] + d[0]*s, a[1] + d[1]*s, a[2] + d[2]*s} }

func (a Vec) cross(b Vec) Vec {
	return Vec{a[1]*b[2] - a[2]*b[1], a[2]*b[0] - a[0]*b[2], a[0]*b[1] - a[1]*b[0]}
}

// unit is a with length 1; the zero vector stays as it is.
func (a Vec) unit() Vec {
	if n := a.length(); n > 0 {
		return a.times(1 / n)
	}
	return a
}

// Camera is a pinhole camera, or an orthographic one. Forward and Up are unit
// vectors at a right angle. Half is half the picture's height at distance 1,
// the tangent of half the vertical field of view; of an orthographic camera it
// is a length in m.
type Camera struct {
	Position     Vec
	Forward, Up  Vec
	Half         float64
	Near         float64 // m, nothing nearer is drawn
	Orthographic bool
}

// LookAt is the camera at position that looks at target, upright, with a
// vertical field of view of fovy radians.
func LookAt(position, target Vec, fovy float64) Camera {
	forward := target.sub(position).unit()
	right := forward.cross(Vec{0, 0, 1}).unit()
	if right == (Vec{}) { // straight down or up
		right = Vec{1, 0, 0}
	}
	return Camera{Position: position, Forward: forward, Up: right.cross(forward), Half: math.Tan(fovy / 2), Near: 0.01}
}

// Project returns where a point is on a picture of the given size in pixels,
// (0, 0) the upper left corner, and its distance along Forward in m. Points
// nearer than Near have no place.
func (c Camera) Project(p Vec, width, height int) (x, y, depth float64) {
	v := c.view(p)
	x, y = c.screen(v, float64(width), float64(height))
	return x, y, v[2]
}

// view is p in the camera's frame: right, up, forward.
func (c Camera) view(p Vec) Vec {
	v := p.sub(c.Position)
	return Vec{v.dot(c.Forward.cross(c.Up)), v.dot(c.Up), v.dot(c.Forward)}
}

// screen is the pixel of a point in the camera's frame.
func (c Camera) screen(v Vec, width, height float64) (x, y float64) {
	scale := height / 2 / c.Half
	if !c.Orthographic {
		scale /= v[2]
	}
	return width/2 + v[0]*scale, height/2 - v[1]*scale
}

// ray is the line of sight through a pixel: a point on it and its direction,
// of length 1 along Forward.
func (c Camera) ray(x, y, width, height float64) (origin, direction Vec) {
	right := c.Forward.cross(c.Up)
	across, up := (x-width/2)*2*c.Half/height, (height/2-y)*2*c.Half/height
	if c.Orthographic {
		return c.Position.along(right, across).along(c.Up, up), c.Forward
	}
	return c.Position, c.Forward.along(right, across).along(c.Up, up)
}
