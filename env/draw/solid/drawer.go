package solid

import (
	"image"
	"math"
	"slices"
)

// Scene is what a picture shows.
type Scene struct {
	Camera Camera
	Shapes []Shape
	Cell   float64 // m, side of the squares on planes
}

// Drawer draws scenes; it keeps its memory from picture to picture. The zero
// value is ready. It is not safe for concurrent use.
type Drawer struct {
	width, height int       // in samples, fine for each pixel and direction
	near          []float32 // a sample's nearness: 1/depth, or -depth of an orthographic camera
	color         []float32 // red, green, blue of each sample
	shape         []uint16  // 1 + number of the body seen, 0 for a plane or the sky
	dark          []bool    // in the shadow on the ground

	camera Camera
	light  Vec // towards the light
	right  Vec
	// Scratch of one shape.
	points, normals []Vec
	corners         []corner
}

const (
	fine           = 2 // samples of a pixel along each direction
	nowhere        = -1e30
	outline        = 0.55 // how bright the rim of a shape is
	shadow         = 0.72
	fogAt          = 40  // squares of the ground away
	farthest       = 1e6 // m, of planes
	opaque, unseen = 0.98, 0.02
)

var (
	zenith  = [3]float64{0.36, 0.52, 0.72}
	horizon = [3]float64{0.82, 0.87, 0.92}
)

// Draw draws the scene over the whole of img.
func (d *Drawer) Draw(img *image.RGBA, scene Scene) {
	d.begin(img.Bounds().Dx(), img.Bounds().Dy(), scene.Camera)
	ground := d.ground(scene.Shapes)
	var clear []int // shapes that are seen through, the farthest first
	for i := range scene.Shapes {
		s := &scene.Shapes[i]
		switch {
		case s.Color[3] < unseen:
		case s.Color[3] < opaque:
			clear = append(clear, i)
		case s.Kind != Plane:
			d.body(s, i+1)
		}
		if ground >= 0 && s.Kind != Plane && !s.Mark && s.Color[3] > 0.5 {
			d.cast(s, &scene.Shapes[ground])
		}
	}
	for i := range scene.Shapes {
		if s := &scene.Shapes[i]; s.Kind == Plane && s.Color[3] >= opaque {
			d.plane(s, scene.Cell, i == ground)
		}
	}
	slices.SortStableFunc(clear, func(a, b int) int {
		far, near := d.camera.view(scene.Shapes[a].Position)[2], d.camera.view(scene.Shapes[b].Position)[2]
		switch {
		case far > near:
			return -1
		case far < near:
			return 1
		}
		return 0
	})
	for _, i := range clear {
		if s := &scene.Shapes[i]; s.Kind == Plane {
			d.plane(s, scene.Cell, i == ground)
		} else {
			d.body(s, i+1)
		}
	}
	d.finish(img)
}

// begin clears everything and paints the sky.
func (d *Drawer) begin(width, height int, camera Camera) {
	if n := width * height * fine * fine; len(d.near) != n {
		d.near, d.color, d.shape, d.dark = make([]float32, n), make([]float32, 3*n), make([]uint16, n), make([]bool, n)
	}
	d.width, d.height, d.camera = width*fine, height*fine, camera
	d.right = camera.Forward.cross(camera.Up)
	d.light = Vec{0, 0, 1}.along(d.right, -0.4).along(camera.Forward, -0.35).unit()
	clear(d.shape)
	clear(d.dark)
	for i := range d.near {
		d.near[i] = nowhere
	}
	for y := range d.height {
		_, ray := camera.ray(float64(d.width)/2, float64(y)+0.5, float64(d.width), float64(d.height))
		share := float32(min(1, max(0, 2*ray.unit()[2])))
		row := d.color[3*y*d.width : 3*(y+1)*d.width]
		for i := range row {
			row[i] = float32(horizon[i%3]) + share*float32(zenith[i%3]-horizon[i%3])
		}
	}
}

// ground is the plane that shadows fall on, -1 for none.
func (d *Drawer) ground(shapes []Shape) int {
	for i := range shapes {
		s := &shapes[i]
		if s.Kind == Plane && s.Color[3] >= unseen && s.turn(Vec{0, 0, 1})[2] > 0.7 {
			return i
		}
	}
	return -1
}

// corner is a point in the camera's frame and how bright it is there.
type corner struct {
	at    Vec
	light float64
}

// body draws a shape that is no plane.
func (d *Drawer) body(s *Shape, id int) {
	var mesh *Mesh
	mesh, d.points, d.normals = s.place(d.points[:0], d.normals[:0])
	for _, t := range mesh.Triangles {
		a, b, c := d.points[t[0]], d.points[t[1]], d.points[t[2]]
		flat := 0.0
		if len(d.normals) == 0 {
			flat = d.shade(b.sub(a).cross(c.sub(a)).unit(), a)
		}
		d.corners = d.corners[:0]
		for _, i := range t {
			k := corner{d.camera.view(d.points[i]), flat}
			if len(d.normals) > 0 {
				k.light = d.shade(d.normals[i], d.points[i])
			}
			d.corners = append(d.corners, k)
		}
		d.fill(d.clip(), func(at int, near, light float32) {
			if near <= d.near[at] {
				return
			}
			blend := float32(s.Color[3])
			if blend >= opaque {
				blend, d.near[at], d.shape[at] = 1, near, uint16(id)
			}
			for j := range 3 {
				c := &d.color[3*at+j]
				*c += blend * (light*float32(s.Color[j]) - *c)
			}
		})
	}
}

// shade is how bright a surface with normal n is at p, seen from the camera.
func (d *Drawer) shade(n, p Vec) float64 {
	sight := d.camera.Forward
	if !d.camera.Orthographic {
		sight = p.sub(d.camera.Position).unit()
	}
	facing := -n.dot(sight)
	if facing < 0 { // the back of a thin surface
		n, facing = n.times(-1), -facing
	}
	return 0.44 + 0.46*max(0, n.dot(d.light)) + 0.22*facing
}

// cast darkens what a shape shades on a plane.
func (d *Drawer) cast(s, plane *Shape) {
	var mesh *Mesh
	mesh, d.points, d.normals = s.place(d.points[:0], d.normals[:0])
	normal := plane.turn(Vec{0, 0, 1})
	for i, p := range d.points {
		height := p.sub(plane.Position).dot(normal)
		d.points[i] = p.along(d.light, -max(0, height)/d.light.dot(normal))
	}
	for _, t := range mesh.Triangles {
		d.corners = d.corners[:0]
		for _, i := range t {
			d.corners = append(d.corners, corner{at: d.camera.view(d.points[i])})
		}
		d.fill(d.clip(), func(at int, _, _ float32) { d.dark[at] = true })
	}
}

// clip cuts the corners' polygon at the camera's nearest depth.
func (d *Drawer) clip() []corner {
	inside := 0
	for _, k := range d.corners {
		if k.at[2] >= d.camera.Near {
			inside++
		}
	}
	if inside == len(d.corners) || inside == 0 {
		return d.corners[:inside]
	}
	n := len(d.corners)
	for i := range n {
		a, b := d.corners[i], d.corners[(i+1)%n]
		if a.at[2] >= d.camera.Near {
			d.corners = append(d.corners, a)
		}
		if (a.at[2] >= d.camera.Near) != (b.at[2] >= d.camera.Near) {
			s := (d.camera.Near - a.at[2]) / (b.at[2] - a.at[2])
			d.corners = append(d.corners, corner{a.at.along(b.at.sub(a.at), s), a.light + s*(b.light-a.light)})
		}
	}
	return d.corners[n:]
}

// fill calls put for every sample whose centre is inside the polygon, with its
// number, nearness and brightness.
func (d *Drawer) fill(polygon []corner, put func(at int, near, light float32)) {
	for i := 2; i < len(polygon); i++ {
		d.triangle(polygon[0], polygon[i-1], polygon[i], put)
	}
}

func (d *Drawer) triangle(a, b, c corner, put func(at int, near, light float32)) {
	w, h := float64(d.width), float64(d.height)
	ax, ay := d.camera.screen(a.at, w, h)
	bx, by := d.camera.screen(b.at, w, h)
	cx, cy := d.camera.screen(c.at, w, h)
	area := (bx-ax)*(cy-ay) - (by-ay)*(cx-ax)
	if area == 0 || math.IsNaN(area) {
		return
	}
	left, right := max(0, math.Floor(min(ax, bx, cx)-0.5)), min(w-1, math.Ceil(max(ax, bx, cx)-0.5))
	top, bottom := max(0, math.Floor(min(ay, by, cy)-0.5)), min(h-1, math.Ceil(max(ay, by, cy)-0.5))
	na, nb, nc := d.nearness(a.at[2]), d.nearness(b.at[2]), d.nearness(c.at[2])
	for y := int(top); y <= int(bottom); y++ {
		py := float64(y) + 0.5
		for x := int(left); x <= int(right); x++ {
			px := float64(x) + 0.5
			u := ((cx-bx)*(py-by) - (cy-by)*(px-bx)) / area
			v := ((ax-cx)*(py-cy) - (ay-cy)*(px-cx)) / area
			t := 1 - u - v
			if u < 0 || v < 0 || t < 0 {
				continue
			}
			put(y*d.width+x, float32(u*na+v*nb+t*nc), float32(u*a.light+v*b.light+t*c.light))
		}
	}
}

// nearness is linear on the screen and grows towards the camera.
func (d *Drawer) nearness(depth float64) float64 {
	if d.camera.Orthographic {
		return -depth
	}
	return 1 / depth
}

// plane draws a plane with squares of side cell, and on it the shadow.
func (d *Drawer) plane(s *Shape, cell float64, ground bool) {
	w, h := float64(d.width), float64(d.height)
	start, sight := d.camera.ray(0.5, 0.5, w, h)
	startX, sightX := d.camera.ray(1.5, 0.5, w, h)
	startY, sightY := d.camera.ray(0.5, 1.5, w, h)
	// Origin and direction of the line of sight in the plane's frame are linear in the sample's place.
	from, fromX, fromY := s.local(start.sub(s.Position)), s.local(startX.sub(start)), s.local(startY.sub(start))
	to, toX, toY := s.local(sight), s.local(sightX.sub(sight)), s.local(sightY.sub(sight))
	light := min(1, d.shade(s.turn(Vec{0, 0, 1}), s.Position)) * 0.92
	for y := range d.height {
		origin, ray := from.along(fromY, float64(y)), to.along(toY, float64(y))
		for x := range d.width {
			at := y*d.width + x
			depth := -origin[2] / ray[2]
			px, py := origin[0]+depth*ray[0], origin[1]+depth*ray[1]
			origin, ray = origin.add(fromX), ray.add(toX)
			if !(depth > d.camera.Near) || depth > farthest {
				continue
			}
			near := float32(d.nearness(depth))
			if near <= d.near[at] || s.Size[0] > 0 && math.Abs(px) > s.Size[0] || s.Size[1] > 0 && math.Abs(py) > s.Size[1] {
				continue
			}
			bright := light
			if (int(math.Floor(px/cell))+int(math.Floor(py/cell)))&1 == 0 {
				bright *= 0.86
			}
			if ground && d.dark[at] {
				bright *= shadow
			}
			d.paint(at, near, s, bright, depth/(cell*fogAt))
		}
	}
}

// paint puts a plane's colour on a sample; far in units of where fog hides half
// of it.
func (d *Drawer) paint(at int, near float32, s *Shape, bright, far float64) {
	fog := far * far / (1 + far*far)
	blend := s.Color[3]
	if blend >= opaque {
		blend, d.near[at], d.shape[at] = 1, near, 0
	}
	for j := range 3 {
		c := &d.color[3*at+j]
		want := bright*s.Color[j]*(1-fog) + horizon[j]*fog
		*c += float32(blend) * (float32(want) - *c)
	}
}

// finish draws the rims of shapes and averages the samples of each pixel.
func (d *Drawer) finish(img *image.RGBA) {
	b := img.Bounds()
	for y := range b.Dy() {
		for x := range b.Dx() {
			var sum [3]float32
			for sy := range fine {
				for sx := range fine {
					at := (y*fine+sy)*d.width + x*fine + sx
					weight := float32(1)
					if d.rim(at, x*fine+sx, y*fine+sy) {
						weight = outline
					}
					for j := range 3 {
						sum[j] += weight * d.color[3*at+j]
					}
				}
			}
			p := img.Pix[img.PixOffset(b.Min.X+x, b.Min.Y+y):]
			for j := range 3 {
				p[j] = uint8(min(255, max(0, sum[j]*(255/(fine*fine))+0.5)))
			}
			p[3] = 255
		}
	}
}

// rim tells whether another body, or what is behind all bodies, begins right of
// a sample or below it.
func (d *Drawer) rim(at, x, y int) bool {
	id := d.shape[at]
	return x+1 < d.width && d.shape[at+1] != id || y+1 < d.height && d.shape[at+d.width] != id
}
