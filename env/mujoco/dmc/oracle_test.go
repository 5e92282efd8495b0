//go:build mujoco && cgo && linux

package dmc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"sort"
	"testing"

	"demorl/env/mujoco"
	"demorl/env/parity"
	"demorl/rng"
)

// lines runs the oracle's script and decodes each line of its answer.
func lines[T any](t *testing.T, args ...string) []T {
	t.Helper()
	parity.Need(t, oracleFault)
	out, err := suite.Run(args...)
	if err != nil {
		t.Fatal(err)
	}
	var all []T
	for line := range bytes.Lines(out) {
		var one T
		if err := json.Unmarshal(line, &one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	return all
}

func TestToleranceIsDMControlsForEveryShape(t *testing.T) {
	type row struct {
		Shape         string
		Lower, Upper  *float64
		Margin, Value float64
		X, Y          []float64
	}
	rows := lines[row](t, "--tolerance")
	seen := map[string]int{}
	for _, r := range rows {
		lower, upper := math.Inf(-1), math.Inf(1)
		if r.Lower != nil {
			lower = *r.Lower
		}
		if r.Upper != nil {
			upper = *r.Upper
		}
		f := within(lower, upper)
		if r.Margin > 0 {
			f = f.falling(r.Margin, shape(slices.Index(shapeNames[:], r.Shape)), r.Value)
		}
		for i, x := range r.X {
			// An exponent of tens of thousands enlarges the rounding of its factors, where the value is as good as 0.
			if got := f.at(x); math.Abs(got-r.Y[i]) > 1e-15 && math.Abs(got-r.Y[i]) > 4e-14*r.Y[i] {
				t.Errorf("%s within [%g, %g], %g at margin %g: %v at %v, dm_control has %v", r.Shape, lower, upper, r.Value, r.Margin, got, x, r.Y[i])
			}
			if r.Y[i] > 0 && r.Y[i] < 1 {
				seen[r.Shape]++
			}
		}
	}
	for _, name := range shapeNames {
		if seen[name] < 100 {
			t.Errorf("%s: only %d values between 0 and 1 were compared", name, seen[name])
		}
	}
}

func TestTheTableIsWhatDMControlSays(t *testing.T) {
	type row struct {
		Task              string
		Limit, Repeat     int
		Timestep, Control float64
		Low, High         []float64
		Observe           [][2]any
	}
	rows := lines[row](t, "--describe")
	if len(rows) != len(tasks) {
		t.Fatalf("%d tasks are described, the table has %d", len(rows), len(tasks))
	}
	for i := range tasks {
		task, r := &tasks[i], rows[i]
		spec := task.spec()
		var observe []entry
		for _, o := range r.Observe {
			observe = append(observe, entry{o[0].(string), int(o[1].(float64))})
		}
		if r.Task != spec.ID || r.Limit != limit || r.Repeat != task.repeat || r.Timestep != task.timestep ||
			math.Abs(r.Control*float64(r.Repeat)-spec.Dt) > 1e-12 || !slices.Equal(observe, task.observe) ||
			!slices.Equal(r.Low, spec.Low) || !slices.Equal(r.High, spec.High) {
			t.Errorf("the table has %+v, dm_control says %+v", spec, r)
		}
	}
}

// The resets that differ from each other, as ids.
var resets = []string{
	"cartpole-balance", "cartpole-swingup", "pendulum-swingup", "acrobot-swingup", "cheetah-run", "hopper-hop", "walker-run", "humanoid-run",
	"finger-spin", "finger-turn_easy", "finger-turn_hard", "ball_in_cup-catch", "reacher-easy", "reacher-hard", "point_mass-easy",
	"fish-upright", "fish-swim", "swimmer-swimmer6",
}

func TestResetsFollowDMControlsDistributions(t *testing.T) {
	const count = 600
	args := []string{"--resets", fmt.Sprint(count)}
	for _, id := range resets {
		args = append(args, "dmc/"+id)
	}
	type row struct {
		Task       string
		Qpos, Qvel []float64
		Damping    []float64 `json:"dof_damping"`
		SitePos    []float64 `json:"site_pos"`
		SiteSize   []float64 `json:"site_size"`
		GeomPos    []float64 `json:"geom_pos"`
		GeomSize   []float64 `json:"geom_size"`
	}
	original := map[string][][]float64{}
	for _, r := range lines[row](t, args...) {
		original[r.Task] = append(original[r.Task], slices.Concat(r.Qpos, r.Qvel, r.Damping, r.SitePos, r.SiteSize, r.GeomPos, r.GeomSize))
	}
	for _, id := range resets {
		t.Run(id, func(t *testing.T) {
			e := instance(t, find(t, id))
			s := rng.NewStream(rng.Root(13).Derive(id))
			obs := make([]float64, e.spec.ObsDim)
			fields := append([]mujoco.Field{mujoco.Qpos, mujoco.Qvel}, e.task.writes...)
			var own [][]float64
			for range count {
				if err := e.Reset(s, obs); err != nil {
					t.Fatal(err)
				}
				inRange(t, e)
				var row []float64
				for _, f := range fields {
					row = append(row, e.sim.Field(f)...)
				}
				own = append(own, row)
			}
			for _, fault := range differences(own, original["dmc/"+id]) {
				t.Error(fault)
			}
		})
	}
}

// inRange fails a test with a limited joint outside its range; the cheetah has
// moved since its draw.
func inRange(t *testing.T, e *Env) {
	t.Helper()
	if e.task.domain == "cheetah" || e.task.domain == "fish" {
		return
	}
	ranges, q := e.sim.Field(mujoco.JntRange), e.sim.Field(mujoco.Qpos)
	for joint, at := range e.sim.Index(mujoco.JntQposadr) {
		if e.sim.Limited(joint) && !(q[at] >= ranges[2*joint] && q[at] <= ranges[2*joint+1]) {
			t.Errorf("joint %d is at %v, its range is %v", joint, q[at], ranges[2*joint:2*joint+2])
		}
	}
}

// differences compares two samples of vectors: means and standard deviations
// within five standard errors, each entry's law by a Kolmogorov-Smirnov test
// at one in a million, and correlations; what is constant must be equal.
func differences(a, b [][]float64) (faults []string) {
	if len(a) == 0 || len(a) != len(b) || len(a[0]) != len(b[0]) {
		return []string{fmt.Sprintf("%d and %d samples", len(a), len(b))}
	}
	n := float64(len(a))
	var columns [2][][]float64 // of what varies, standardised by b's moments
	for i := range a[0] {
		x, y := column(a, i), column(b, i)
		if slices.Min(x) == slices.Max(x) || slices.Min(y) == slices.Max(y) {
			if slices.Min(x) != slices.Min(y) || slices.Max(x) != slices.Max(y) {
				faults = append(faults, fmt.Sprintf("entry %d: from %v to %v, dm_control's from %v to %v", i, slices.Min(x), slices.Max(x), slices.Min(y), slices.Max(y)))
			}
			continue
		}
		mean, std := moments(y)
		for _, z := range [][]float64{x, y} {
			for j := range z {
				z[j] = (z[j] - mean) / std
			}
		}
		xMean, xStd := moments(x)
		fourth := 0.
		for _, z := range y {
			fourth += z * z * z * z / n
		}
		if math.Abs(xMean) > 5*math.Sqrt(2/n) || math.Abs(xStd-1) > 5*math.Sqrt((fourth-1)/(2*n)) {
			faults = append(faults, fmt.Sprintf("entry %d: mean %+.3f and standard deviation %.3f in units of dm_control's", i, xMean, xStd))
		}
		if d := kolmogorovSmirnov(x, y); d > 2.7*math.Sqrt(2/n) {
			faults = append(faults, fmt.Sprintf("entry %d: the distributions are %.3f apart", i, d))
		}
		columns[0], columns[1] = append(columns[0], column(a, i)), append(columns[1], column(b, i))
	}
	for i := range columns[0] {
		for j := range i {
			x, y := correlation(columns[0][i], columns[0][j]), correlation(columns[1][i], columns[1][j])
			if math.Abs(x-y) > 6*math.Sqrt(2/n) {
				faults = append(faults, fmt.Sprintf("entries %d and %d of those that vary: correlation %.3f, dm_control's %.3f", i, j, x, y))
			}
		}
	}
	return faults
}

func column(rows [][]float64, i int) []float64 {
	x := make([]float64, len(rows))
	for j, row := range rows {
		x[j] = row[i]
	}
	return x
}

func moments(x []float64) (mean, std float64) {
	n := float64(len(x))
	for _, v := range x {
		mean += v / n
	}
	for _, v := range x {
		std += (v - mean) * (v - mean) / n
	}
	return mean, math.Sqrt(std)
}

func correlation(x, y []float64) float64 {
	xMean, xStd := moments(x)
	yMean, yStd := moments(y)
	sum := 0.
	for i := range x {
		sum += (x[i] - xMean) * (y[i] - yMean)
	}
	return sum / float64(len(x)) / (xStd * yStd)
}

// kolmogorovSmirnov is the largest distance between two samples' distributions.
func kolmogorovSmirnov(x, y []float64) float64 {
	x, y = slices.Sorted(slices.Values(x)), slices.Sorted(slices.Values(y))
	largest := 0.
	for i, v := range x {
		below := float64(sort.SearchFloat64s(y, v)) / float64(len(y))
		largest = max(largest, math.Abs(float64(i)/float64(len(x))-below), math.Abs(float64(i+1)/float64(len(x))-below))
	}
	return largest
}

func TestTheComparisonOfResetsSeesADifference(t *testing.T) {
	s := rng.NewStream(rng.Root(17))
	sample := func(draw func() []float64) [][]float64 {
		var rows [][]float64
		for range 800 {
			rows = append(rows, draw())
		}
		return rows
	}
	base := func() []float64 { return []float64{s.Uniform(-1, 1), s.Uniform(-1, 1), 7} }
	if faults := differences(sample(base), sample(base)); len(faults) > 0 {
		t.Error("equal laws differ:", faults)
	}
	for name, draw := range map[string]func() []float64{
		"wider":            func() []float64 { return []float64{s.Uniform(-1.2, 1.2), s.Uniform(-1, 1), 7} },
		"another constant": func() []float64 { return []float64{s.Uniform(-1, 1), s.Uniform(-1, 1), 7.0000001} },
		"shifted":          func() []float64 { return []float64{s.Uniform(-.7, 1.3), s.Uniform(-1, 1), 7} },
		"not constant":     func() []float64 { return []float64{s.Uniform(-1, 1), s.Uniform(-1, 1), s.Uniform(6, 8)} },
		"another shape": func() []float64 {
			return []float64{math.Copysign(math.Sqrt(1./3), s.Uniform(-1, 1)), s.Uniform(-1, 1), 7}
		},
		"coupled": func() []float64 { x := s.Uniform(-1, 1); return []float64{x, x, 7} },
	} {
		if len(differences(sample(draw), sample(base))) == 0 {
			t.Errorf("a law that is %s was not told apart", name)
		}
	}
}
