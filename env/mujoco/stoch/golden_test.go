package stoch

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// golden is what oracle/golden_stoch.py recorded of the original environment.
type golden struct {
	Library    string
	Kinematics []struct {
		Leg                         string
		Foot, Angles, Free, Reached vector
		Valid                       bool
	}
	Episodes []struct {
		Task  string
		First []float64
		Steps []goldenStep
	}
	Traces []struct {
		Task       string
		Action     []float64
		Z, Rewards []float64
		X, Y       float64
	}
}

type goldenStep struct {
	Reset                     []float64 // the first observation, where the original was reset before the step
	Action, Targets           []float64
	Position, Velocity, Omega vector
	Quaternion                [4]float64 // x, y, z, w
	Angles, Speeds            []float64  // in the original's order of joints
	Contacts                  [4]int     // FR, FL, BR, BL
	Obs                       []float64
	Power, Reward             float64
	Walk                      float64 // the reward for walking on flat ground, of the flat episodes
	Done                      bool
}

func readGolden(t *testing.T) (g golden) {
	t.Helper()
	data, err := os.ReadFile("testdata/stochlite.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// ordered reads joints in the original's order: hip and knee of each leg, then
// all abductions.
func ordered(x []float64) (j joints) {
	for leg := range numLegs {
		j[leg] = [3]float64{x[8+leg], x[2*leg], x[2*leg+1]}
	}
	return j
}

func (s *goldenStep) motion() motion {
	q := s.Quaternion
	return motion{
		position: s.Position, velocity: s.Velocity, omega: s.Omega, quaternion: [4]float64{q[3], q[0], q[1], q[2]},
		angles: ordered(s.Angles), speeds: ordered(s.Speeds),
		touching: [numLegs]bool{s.Contacts[1] == 1, s.Contacts[0] == 1, s.Contacts[3] == 1, s.Contacts[2] == 1},
	}
}

func near(t *testing.T, what string, step int, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("step %d: %s is %v, want %v", step, what, got, want)
	}
}

func TestKinematicsAreTheOriginals(t *testing.T) {
	legs := map[string]int{"FL": frontLeft, "FR": frontRight, "BL": backLeft, "BR": backRight}
	outside := 0
	for i, k := range readGolden(t).Kinematics {
		leg := legs[k.Leg]
		angles, ok := inverse(leg, k.Foot)
		if ok != k.Valid {
			t.Errorf("row %d: reachable %v, want %v", i, ok, k.Valid)
		}
		reached := forward(leg, k.Free)
		back := forward(leg, angles)
		for j := range 3 {
			near(t, "an angle", i, angles[j], k.Angles[j], 1e-9)
			near(t, "a foot", i, reached[j], k.Reached[j], 1e-9)
			if ok {
				near(t, "the foot of the inverse", i, back[j], k.Foot[j], 1e-9)
			}
		}
		if !ok {
			outside++
		}
	}
	if outside < 5 || outside > 60 {
		t.Errorf("%d of the recorded feet are out of reach; both kinds are needed", outside)
	}
}

// The memory of generator and estimator lasts over the recorded reset, as in
// the original, which never clears it.
func TestEveryRecordedStepOfTheOriginalIsReproduced(t *testing.T) {
	steps, ended, planes := 0, 0, 0
	var strong joints
	for leg := range strong {
		strong[leg] = [3]float64{maxTorque, maxTorque, maxTorque}
	}
	for _, episode := range readGolden(t).Episodes {
		g, s := generator{}, level()
		slope := slope{degrees: 9}
		obs := make([]float64, obsDim)
		for i, want := range episode.Steps {
			targets := g.advance(want.Action)
			expected := ordered(want.Targets)
			for leg := range numLegs {
				for j := range 3 {
					near(t, "a joint target", i, targets[leg][j], expected[leg][j], 1e-9)
				}
			}
			m := want.motion()
			before := s.normal
			s.update(&m)
			if s.normal != before {
				planes++
			}
			m.observe(&s, obs)
			for j := range obs {
				near(t, obsNames[j], i, obs[j], want.Obs[j], 1e-9)
			}
			power := m.power(&expected, &strong)
			near(t, "power", i, power, want.Power, 1e-9)
			roll, pitch := m.attitude()
			if done := fallen(m.position[2], roll, pitch); done != want.Done {
				t.Errorf("step %d: terminated %v, want %v", i, done, want.Done)
			} else if done {
				ended++
			} else {
				near(t, "reward", i, m.reward(&s, vector{}, slope.originalHeight(m.position[0]), power), want.Reward, 1e-9)
				if episode.Task == "flat" {
					near(t, "reward for walking", i, m.reward(&s, vector{1, 0, 0}, standing, power), want.Walk, 1e-9)
				}
			}
			steps++
		}
	}
	if steps < 150 || ended == 0 || planes < 3 {
		t.Errorf("%d steps, %d terminations and %d estimates of the plane are too few", steps, ended, planes)
	}
}

// The golden angles of environments.md 6.3 and, for the trot's own lift, the
// spline's knots and slopes.
func TestTheLiftPassesItsKnotsSmoothly(t *testing.T) {
	const h = 1e-6
	for i, want := range liftHeight {
		at := float64(i) * math.Pi / 4
		near(t, "height", i, lift(at), want, 1e-12)
		if i > 0 && i < 4 {
			near(t, "slope", i, (lift(at+h)-lift(at-h))/(2*h), liftSlope[i], 1e-5)
		}
	}
	if lift(math.Pi+.1) != 0 || lift(6) != 0 {
		t.Error("a foot in stance is lifted")
	}
	for i, c := range []struct {
		leg          int
		foot, angles vector
	}{
		{frontLeft, vector{0, .096, -.25}, vector{0, .73339796, -1.33772666}},
		{frontRight, vector{.03, -.1, -.2}, vector{-.01990229, .82831650, -1.75533995}},
		{backLeft, vector{0, .05, -.25}, vector{-.18866622, .81072521, -1.47339806}},
	} {
		angles, _ := inverse(c.leg, c.foot)
		for j := range angles {
			near(t, "a golden angle", i, angles[j], c.angles[j], 1e-8)
		}
	}
}

func TestDecimalsAreRoundedAsInPython(t *testing.T) {
	for _, c := range []struct{ x, scale, product, decimal float64 }{
		{2.675, 100, 2.68, 2.67}, // 2.675 lies below its decimal; the product is a tie
		{.285, 100, .28, .28},    // here NumPy's product is below the tie too
		{-1.005, 100, -1., -1.},
		{.25, 10, .2, .2},
		{1.23456, 1e4, 1.2346, 1.2346},
	} {
		if got := roundDecimal(c.x, c.scale); got != c.decimal {
			t.Errorf("%v to 1/%v exactly is %v, want %v", c.x, c.scale, got, c.decimal)
		}
		if got := roundProduct(c.x, c.scale); got != c.product {
			t.Errorf("%v to 1/%v by its product is %v, want %v", c.x, c.scale, got, c.product)
		}
	}
}
