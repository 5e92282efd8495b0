package report

import (
	"bytes"
	"encoding/xml"
	"math"
	"strconv"
	"strings"
	"testing"
)

// element is what an SVG says of a rectangle or a line.
type element map[string]string

func (e element) number(t *testing.T, name string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(e[name], 64)
	if err != nil {
		t.Fatalf("%s of %v: %v", name, e, err)
	}
	return x
}

// elements lists the elements of a name that have a colour.
func elements(t *testing.T, svg []byte, name, attribute, colour string) []element {
	t.Helper()
	var list []element
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := d.Token()
		if token == nil {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		start, is := token.(xml.StartElement)
		if !is || start.Name.Local != name {
			continue
		}
		e := element{}
		for _, a := range start.Attr {
			e[a.Name.Local] = a.Value
		}
		if e[attribute] == colour {
			list = append(list, e)
		}
	}
}

// A bar reaches from 0 to its value, up or down, at one scale, and its whisker
// as far on both sides of it; what is not a number has none.
func TestBarsReachFromZeroToTheirValues(t *testing.T) {
	var b bytes.Buffer
	err := Bars(&b, "gain", BarPanel{Groups: []string{"plan", "mean", "none"}, Sets: []BarSet{
		{Name: "model", Values: []float64{2, -1, math.NaN()}, Errors: []float64{0.5, 0, 1}},
		{Name: "task", Values: []float64{1, 0.5, 3}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	first := elements(t, b.Bytes(), "rect", "fill", colours[0])[1:] // the legend's sign is the first
	second := elements(t, b.Bytes(), "rect", "fill", colours[1])[1:]
	if len(first) != 2 || len(second) != 3 {
		t.Fatalf("%d and %d bars, want 2 and 3", len(first), len(second))
	}
	unit := second[0].number(t, "height")
	for i, want := range []float64{2, 1} {
		if h := first[i].number(t, "height"); math.Abs(h-want*unit) > 0.05 {
			t.Errorf("bar %d is %v high, want %v", i, h, want*unit)
		}
	}
	zero := first[1].number(t, "y") // a bar below 0 hangs from it
	for i, e := range []element{first[0], second[0], second[1], second[2]} {
		if foot := e.number(t, "y") + e.number(t, "height"); math.Abs(foot-zero) > 0.05 {
			t.Errorf("bar %d stands on %v, zero is at %v", i, foot, zero)
		}
	}
	whiskers := elements(t, b.Bytes(), "line", "stroke", inkColour)
	if len(whiskers) != 1 {
		t.Fatalf("%d whiskers, want 1", len(whiskers))
	}
	low, high := zero-whiskers[0].number(t, "y1"), zero-whiskers[0].number(t, "y2")
	if math.Abs(low-1.5*unit) > 0.05 || math.Abs(high-2.5*unit) > 0.05 {
		t.Errorf("the whisker reaches from %v to %v units, want 1.5 to 2.5", low/unit, high/unit)
	}
}

// Names stand upright where they have room, are turned where they have not, and
// are left out only where even that is too much.
func TestNamesOfManyGroupsStayReadable(t *testing.T) {
	draw := func(groups ...string) string {
		var b bytes.Buffer
		if err := Bars(&b, "", BarPanel{Groups: groups, Sets: []BarSet{{Values: make([]float64, len(groups))}}}); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	if text := draw("plan", "mean"); strings.Contains(text, "rotate(-45") {
		t.Error("two short names are turned")
	}
	if n := strings.Count(draw(strings.Fields(strings.Repeat("velocity[17] ", 20))...), "rotate(-45"); n != 20 {
		t.Errorf("%d of 20 names are shown turned", n)
	}
	many := draw(strings.Fields(strings.Repeat("qpos ", 2000))...)
	if n := strings.Count(many, "rotate(-45"); n < 50 || n > 400 {
		t.Errorf("%d of 2000 names are shown", n)
	}
}

func TestBarsRefuseListsOfOtherLengths(t *testing.T) {
	for _, s := range []BarSet{{Name: "x", Values: []float64{1}}, {Name: "x", Values: []float64{1, 2}, Errors: []float64{1}}} {
		if err := Bars(&bytes.Buffer{}, "", BarPanel{Groups: []string{"a", "b"}, Sets: []BarSet{s}}); err == nil || !strings.Contains(err.Error(), `"x"`) {
			t.Errorf("error is %v", err)
		}
	}
}

// The axis' name may be longer than the axis; it then begins beside its top, below
// the legend.
func TestALongNameOfAnAxisStaysClearOfTheLegend(t *testing.T) {
	set := func(name string) BarSet { return BarSet{Name: name, Values: []float64{1}} }
	name := strings.Repeat("deviations ", 5)
	var b bytes.Buffer
	err := Bars(&b, "", BarPanel{YName: name, Groups: []string{strings.Repeat("a long name ", 12)},
		Sets: []BarSet{set("fresh episodes, observed"), set("fresh episodes, stated"), set("fresh episodes, disagreement"), set("replay, observed")}})
	if err != nil {
		t.Fatal(err)
	}
	lowest := 0.0 // of the legend
	for _, e := range elements(t, b.Bytes(), "rect", "width", "26") {
		lowest = max(lowest, e.number(t, "y")+e.number(t, "height"))
	}
	for _, e := range elements(t, b.Bytes(), "text", "text-anchor", "middle") {
		if strings.HasPrefix(e["transform"], "rotate(-90") && e.number(t, "y")-letterWidth*float64(len(name))/2 < lowest {
			t.Errorf("the name begins at %g, above the legend's end at %g", e.number(t, "y")-letterWidth*float64(len(name))/2, lowest)
		}
	}
}
