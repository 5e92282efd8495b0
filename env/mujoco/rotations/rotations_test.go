package rotations

import (
	"math"
	"testing"

	"demorl/rng"
)

type matrix [3][3]float64

func (a matrix) times(b matrix) (c matrix) {
	for i := range 3 {
		for j := range 3 {
			for k := range 3 {
				c[i][j] += a[i][k] * b[k][j]
			}
		}
	}
	return c
}

func (a matrix) distance(b matrix) float64 {
	d := 0.
	for i := range 3 {
		for j := range 3 {
			d = max(d, math.Abs(a[i][j]-b[i][j]))
		}
	}
	return d
}

// turn is the textbook matrix of a rotation about axis 0, 1 or 2.
func turn(axis int, angle float64) matrix {
	i, j := (axis+1)%3, (axis+2)%3
	var m matrix
	m[axis][axis] = 1
	m[i][i], m[i][j] = math.Cos(angle), -math.Sin(angle)
	m[j][i], m[j][j] = math.Sin(angle), math.Cos(angle)
	return m
}

// matrixOf is Rodrigues' formula on the angle and axis of a unit quaternion.
func matrixOf(q Quat) matrix {
	n := math.Sqrt(q[1]*q[1] + q[2]*q[2] + q[3]*q[3])
	angle := 2 * math.Atan2(n, q[0])
	var k matrix
	if n > 0 {
		x, y, z := q[1]/n, q[2]/n, q[3]/n
		k = matrix{{0, -z, y}, {z, 0, -x}, {-y, x, 0}}
	}
	kk, m := k.times(k), matrix{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}
	for i := range 3 {
		for j := range 3 {
			m[i][j] += math.Sin(angle)*k[i][j] + (1-math.Cos(angle))*kk[i][j]
		}
	}
	return m
}

func anyAngles(s *rng.Stream) [3]float64 {
	return [3]float64{s.Uniform(-math.Pi, math.Pi), s.Uniform(-math.Pi/2, math.Pi/2), s.Uniform(-math.Pi, math.Pi)}
}

func TestEulerAnglesAreTurnsAboutTheRotatingAxes(t *testing.T) {
	s := rng.NewStream(rng.Root(1))
	for range 200 {
		e := anyAngles(s)
		q := FromEuler(e)
		if d := matrixOf(q).distance(turn(0, e[0]).times(turn(1, e[1])).times(turn(2, e[2]))); d > 1e-14 {
			t.Fatalf("angles %v: the matrix differs by %g", e, d)
		}
		for i, back := range q.Euler() {
			if math.Abs(back-e[i]) > 1e-9 {
				t.Fatalf("angles %v come back as %v", e, q.Euler())
			}
		}
	}
	if e := FromEuler([3]float64{.3, math.Pi / 2, .4}).Euler(); e[0] != 0 || math.Abs(e[1]-math.Pi/2) > 1e-7 || math.Abs(e[2]-.7) > 1e-7 {
		t.Errorf("at a right second angle: %v", e)
	}
}

func TestProductsAreMatrixProductsAndTheInverseUndoes(t *testing.T) {
	s := rng.NewStream(rng.Root(2))
	for range 200 {
		q, p := FromEuler(anyAngles(s)), FromEuler(anyAngles(s))
		if d := matrixOf(q.Mul(p)).distance(matrixOf(q).times(matrixOf(p))); d > 1e-14 {
			t.Fatalf("the product's matrix differs by %g", d)
		}
		if one := q.Mul(q.Conj()); math.Abs(one[0]-1) > 1e-15 || math.Abs(one[1])+math.Abs(one[2])+math.Abs(one[3]) > 1e-15 {
			t.Fatalf("q conj(q) is %v", one)
		}
		if d := math.Abs(q.Z33() - matrixOf(q)[2][2]); d > 1e-14 {
			t.Fatalf("Z33 differs by %g", d)
		}
	}
}

func TestTheAngleIsThatOfTheRotationBetween(t *testing.T) {
	s := rng.NewStream(rng.Root(3))
	for range 200 {
		p := FromEuler(anyAngles(s))
		angle, axis := s.Uniform(0, 2*math.Pi), [3]float64{s.Normal(), s.Normal(), s.Normal()}
		if got := Angle(About(angle, axis).Mul(p), p); math.Abs(got-angle) > 1e-7 {
			t.Fatalf("angle %v, want %v", got, angle)
		}
	}
	q := Quat{2, -2, 4, 5}
	if u := q.Unit(); math.Abs(u[0]*7-2) > 1e-14 || Angle(u, u) > 3e-8 || math.Abs(Angle(Quat{-1, 0, 0, 0}, Quat{1, 0, 0, 0})-2*math.Pi) > 1e-15 {
		t.Errorf("unit %v", u)
	}
}

func TestAxisAlignedRotationsMapAxesOntoAxesAndAreAllDifferent(t *testing.T) {
	all := AxisAligned()
	if len(all) != 24 {
		t.Fatalf("%d rotations", len(all))
	}
	for i, q := range all {
		m := matrixOf(q)
		for _, row := range m {
			for _, x := range row {
				if math.Abs(x-math.Round(x)) > 1e-14 {
					t.Errorf("rotation %d has an entry %v", i, x)
				}
			}
		}
		for j, p := range all[:i] {
			if m.distance(matrixOf(p)) < .5 {
				t.Errorf("rotations %d and %d are the same", i, j)
			}
		}
	}
}
