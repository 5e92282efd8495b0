package report

import (
	"bytes"
	"encoding/xml"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestGainsReadBackToTheSameNumbers(t *testing.T) {
	gains := []Gain{{250, 0.1, -1e300, 1. / 3, 0}, {500, math.Inf(1), 2, 3, 4}}
	var b bytes.Buffer
	if err := WriteGains(&b, gains); err != nil {
		t.Fatal(err)
	}
	back, err := ReadGains(&b)
	if err != nil || !slices.Equal(back, gains) {
		t.Errorf("%v, want %v (%v)", back, gains, err)
	}
	for _, bad := range []string{"", "a,b\n", "step,return_plan,return_policy,reward_plan,reward_policy\n1,2,x,3,4\n"} {
		if _, err := ReadGains(strings.NewReader(bad)); err == nil || !strings.Contains(err.Error(), "line") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// Arms without a common step are no fault of the program: what cannot be told is a dash.
func TestArmsThatShareNoStepAreTabledWithoutReturns(t *testing.T) {
	ten := grouped(t, "x", "ten", map[uint64][]float64{100: {1, 2}})
	half := grouped(t, "x", "half", map[uint64][]float64{100: {3}})
	half.Runs[0].Steps, half.Steps = []float64{777}, []float64{777}
	a := Ablation{Setting: "elite fraction", Threshold: 2, Arms: []Arm{{Value: "10 %", Group: ten}, {Value: "50 %", Group: half}}}
	if rows := a.Rows(); !math.IsNaN(a.Step()) || rows[0][2] != "return at -" || rows[1][3] != "-" || rows[2][3] != "-" {
		t.Errorf("judged at %v: %q", a.Step(), rows)
	}
	if err := a.Draw(io.Discard, "Share of elites"); err != nil {
		t.Error(err)
	}
}

// Two fractions, of which one ends earlier: all is judged there. The 10 % arm's
// mean run reaches 20 at 2,000; of the 50 % arm one seed does, the mean does not.
func TestAnAblationIsJudgedWhereAllItsRunsAre(t *testing.T) {
	ten := grouped(t, "x", "ten", map[uint64][]float64{100: {0, 30, 40, 90}, 101: {10, 10, 50, 90}})
	half := grouped(t, "x", "half", map[uint64][]float64{100: {0, 20, 20}, 101: {1, 2, 3}})
	a := Ablation{Setting: "elite fraction", Threshold: 20, PublishedName: "published", Arms: []Arm{
		{Value: "10 %", Group: ten, Published: "29", Gains: [][]Gain{{{500, 3, 1, 1, 0}, {3000, 5, 1, 3, 0}, {4000, 99, 0, 99, 0}}, {{500, 1, 1, 0, 0}}}},
		{Value: "50 %", Group: half, Gains: [][]Gain{nil, nil}},
	}}
	if a.Step() != 3000 {
		t.Fatalf("judged at %v", a.Step())
	}
	want := [][]string{
		{"elite fraction", "seeds", "return at 3,000", "every seed", "steps to 20.00", "every seed", "plan's gain", "every seed", "of rewards", "published"},
		{"10 %", "100 101", "45.00", "40.00 50.00", "2,000", "2,000 3,000", "1.500", "3.000 0.000", "1.000", "29"},
		{"50 %", "100 101", "11.50", "20.00 3.000", "-", "2,000 -", "-", "- -", "-", ""},
	}
	for i, row := range a.Rows() {
		if !slices.Equal(row, want[i]) {
			t.Errorf("row %d is %q, want %q", i, row, want[i])
		}
	}
	var b, again bytes.Buffer
	if err := a.Draw(&b, "Share of elites"); err != nil {
		t.Fatal(err)
	}
	a.Draw(&again, "Share of elites")
	text := b.String()
	for _, part := range []string{"1 never", "2 not measured", "steps to 20.00", "return at 3,000", "10 %"} {
		if !strings.Contains(text, part) {
			t.Errorf("the picture lacks %q", part)
		}
	}
	if n := strings.Count(text, `fill="none" stroke="`+colours[1]); n != 4+3+2 { // a dot a run that has the number
		t.Errorf("%d runs are drawn", n)
	}
	if text != again.String() || strings.Contains(text, "NaN") {
		t.Error("the picture holds NaN, or drawn twice is two pictures")
	}
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	a.Arms = append(a.Arms, Arm{Group: Group{Runs: []Series{{Steps: []float64{7}, Mean: []float64{0}}}}})
	if !math.IsNaN(a.Step()) {
		t.Error("runs without a common step have one")
	}
}
