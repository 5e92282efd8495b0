package nn

import (
	"math"
	"testing"

	"demorl/internal/wire"
	"demorl/rng"
)

// The running statistics are those of all rows at once, also where the mean is
// a million times the deviation.
func TestRunningStatisticsAreThoseOfAllRowsAtOnce(t *testing.T) {
	const rows, dims = 5000, 3
	s := rng.NewStream(rng.Root(4))
	r := NewRunning(dims)
	all := make([][]float32, rows)
	for i := range all {
		all[i] = []float32{float32(s.Normal()), float32(1e4 + 0.5*s.Normal()), 7}
		if !r.Add(all[i]) {
			t.Fatal("a finite row was refused")
		}
	}
	for j := range dims {
		mean, square := 0.0, 0.0
		for _, row := range all {
			mean += float64(row[j]) / rows
		}
		for _, row := range all {
			square += (float64(row[j]) - mean) * (float64(row[j]) - mean) / rows
		}
		if got, want := r.Std(j), math.Sqrt(square); math.Abs(got-want) > 1e-9*(1+want) {
			t.Errorf("feature %d: standard deviation %v, want %v", j, got, want)
		}
		x := []float32{float32(mean), float32(mean), float32(mean)}
		r.Apply(x)
		if math.Abs(float64(x[j])) > 1e-3 {
			t.Errorf("feature %d: the mean is normalised to %v", j, x[j])
		}
	}
	constant := []float32{0, 1e4, 9}
	if r.Apply(constant); constant[2] != 2 {
		t.Errorf("a feature that never varies is scaled: 9 - 7 became %v", constant[2])
	}
}

func TestRunningRefusesRowsThatAreNotFinite(t *testing.T) {
	r := NewRunning(2)
	r.Add([]float32{1, 2})
	before := string(r.AppendState(nil))
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if r.Add([]float32{3, float32(bad)}) {
			t.Errorf("%v was taken in", bad)
		}
	}
	if string(r.AppendState(nil)) != before {
		t.Error("a refused row changed the statistics")
	}
}

func TestRunningGoesOnFromItsSavedState(t *testing.T) {
	s := rng.NewStream(rng.Root(5))
	row := func() []float32 { return []float32{float32(s.Normal()), float32(s.Normal())} }
	a, b := NewRunning(2), NewRunning(2)
	for range 50 {
		a.Add(row())
	}
	in := wire.NewReader(a.AppendState(nil))
	if b.ReadState(in); in.Err() != nil {
		t.Fatal(in.Err())
	}
	for range 50 {
		x := row()
		a.Add(x)
		b.Add(x)
	}
	if string(a.AppendState(nil)) != string(b.AppendState(nil)) {
		t.Error("the restored statistics went another way")
	}
	x := row()
	if n := testing.AllocsPerRun(20, func() { a.Add(x); a.Apply(x) }); n != 0 {
		t.Errorf("%v allocations a row", n)
	}
}
