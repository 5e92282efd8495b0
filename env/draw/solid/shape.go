package solid

import "math"

// Kind is the form of a shape.
type Kind int

// Size is in m: see each kind. Shapes stand along their own z axis.
const (
	Plane     Kind = iota // through the origin, normal z; half lengths along x and y, 0 for without end
	Sphere                // radius
	Capsule               // radius, radius, half length of the straight part
	Ellipsoid             // half axes
	Cylinder              // radius, radius, half length
	Box                   // half lengths
	Surface               // a Mesh; Size is not used
)

// Shape is one body in the world.
type Shape struct {
	Kind     Kind
	Size     Vec
	Position Vec
	Rotation [9]float64 // row by row; columns are the shape's axes in the world
	Color    [4]float64 // red, green, blue, opacity, each 0 to 1
	Mesh     *Mesh      // of a Surface
	Mark     bool       // something shown that is no body: it casts no shadow
}

// Mesh is a surface of triangles, each three numbers of points.
type Mesh struct {
	Points    []Vec
	Triangles [][3]int32
	normals   []Vec // one a point where the surface is round, else nil
}

// world turns a point of the shape into one of the world.
func (s *Shape) world(p Vec) Vec { return s.Position.add(s.turn(p)) }

// turn turns a direction of the shape into one of the world.
func (s *Shape) turn(p Vec) Vec {
	r := &s.Rotation
	return Vec{
		r[0]*p[0] + r[1]*p[1] + r[2]*p[2],
		r[3]*p[0] + r[4]*p[1] + r[5]*p[2],
		r[6]*p[0] + r[7]*p[1] + r[8]*p[2],
	}
}

// local turns a direction of the world into one of the shape.
func (s *Shape) local(p Vec) Vec {
	r := &s.Rotation
	return Vec{
		r[0]*p[0] + r[3]*p[1] + r[6]*p[2],
		r[1]*p[0] + r[4]*p[1] + r[7]*p[2],
		r[2]*p[0] + r[5]*p[1] + r[8]*p[2],
	}
}

const tiny = 1e-9 // m, stands for a size of 0 where one is divided by

// The fineness of round shapes.
const (
	around = 28 // corners of a circle
	rings  = 9  // from a pole to the equator
)

// The unit shapes, scaled to size when they are drawn. A capsule's points
// beyond its straight part are moved along z by its half length.
var (
	unitSphere   = ball()
	unitCylinder = tin()
	unitBox      = cube()
)

// ball is a sphere whose equator is doubled, so that its halves can be pulled
// apart into a capsule.
func ball() *Mesh {
	m := &Mesh{}
	for i := range 2 * (rings + 1) { // the equator is ring rings and ring rings+1
		step := i
		if i > rings {
			step--
		}
		sin, cos := math.Sincos(math.Pi / 2 * float64(step) / rings)
		for j := range around {
			y, x := math.Sincos(2 * math.Pi * float64(j) / around)
			m.Points = append(m.Points, Vec{sin * x, sin * y, cos})
		}
	}
	for i := range int32(2*rings + 1) {
		m.band(i*around, (i+1)*around)
	}
	m.normals = m.Points
	return m
}

// band joins two circles of points, the first above the second.
func (m *Mesh) band(upper, lower int32) {
	for j := range int32(around) {
		next := (j + 1) % around
		m.Triangles = append(m.Triangles, [3]int32{upper + j, lower + j, lower + next}, [3]int32{upper + j, lower + next, upper + next})
	}
}

// tin is a cylinder with its own points for the side and for each lid.
func tin() *Mesh {
	m := &Mesh{}
	circle := func(z float64, normal func(x, y float64) Vec) int32 {
		first := int32(len(m.Points))
		for j := range around {
			y, x := math.Sincos(2 * math.Pi * float64(j) / around)
			m.Points, m.normals = append(m.Points, Vec{x, y, z}), append(m.normals, normal(x, y))
		}
		return first
	}
	side := func(x, y float64) Vec { return Vec{x, y, 0} }
	m.band(circle(1, side), circle(-1, side))
	for _, z := range []float64{1, -1} {
		first := circle(z, func(_, _ float64) Vec { return Vec{0, 0, z} })
		for j := int32(1); j+1 < around; j++ {
			m.Triangles = append(m.Triangles, [3]int32{first, first + j, first + j + 1})
		}
	}
	return m
}

func cube() *Mesh {
	m := &Mesh{}
	for axis := range 3 {
		for _, side := range []float64{1, -1} {
			first := int32(len(m.Points))
			for _, corner := range [][2]float64{{-1, -1}, {1, -1}, {1, 1}, {-1, 1}} {
				var p, n Vec
				p[axis], p[(axis+1)%3], p[(axis+2)%3] = side, corner[0], corner[1]
				n[axis] = side
				m.Points, m.normals = append(m.Points, p), append(m.normals, n)
			}
			m.Triangles = append(m.Triangles, [3]int32{first, first + 1, first + 2}, [3]int32{first, first + 2, first + 3})
		}
	}
	return m
}

// place appends the shape's points and their normals in the world to dst; of
// a flat-sided mesh the normals are left out.
func (s *Shape) place(points, normals []Vec) (*Mesh, []Vec, []Vec) {
	m, scale, apart := s.Mesh, s.Size, 0.0
	switch s.Kind {
	case Sphere:
		m, scale = unitSphere, Vec{s.Size[0], s.Size[0], s.Size[0]}
	case Capsule:
		m, scale, apart = unitSphere, Vec{s.Size[0], s.Size[0], s.Size[0]}, s.Size[2]
	case Ellipsoid:
		m = unitSphere
	case Cylinder:
		m, scale = unitCylinder, Vec{s.Size[0], s.Size[0], s.Size[2]}
	case Box:
		m = unitBox
	case Surface:
		scale = Vec{1, 1, 1}
	}
	half := len(m.Points) / 2
	for i, p := range m.Points {
		p = Vec{p[0] * scale[0], p[1] * scale[1], p[2] * scale[2]}
		if i < half {
			p[2] += apart
		} else {
			p[2] -= apart
		}
		points = append(points, s.world(p))
	}
	for _, n := range m.normals {
		normals = append(normals, s.turn(Vec{n[0] / max(scale[0], tiny), n[1] / max(scale[1], tiny), n[2] / max(scale[2], tiny)}).unit())
	}
	return m, points, normals
}
