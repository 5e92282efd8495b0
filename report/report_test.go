package report

import (
	"bytes"
	"encoding/xml"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// sample is a learning curve with a gap.
func sample(name string, top float64) Series {
	s := Series{Name: name}
	for i := range 31 {
		x := float64(i) * 1000
		y := top * (1 - math.Exp(-x/8000)) * (1 + 0.03*math.Sin(float64(i)*1.7))
		s.Steps, s.Mean = append(s.Steps, x), append(s.Mean, y)
		s.Low, s.High = append(s.Low, y-top/12), append(s.High, y+top/15)
	}
	return s
}

// ellipse is the target of leg2r/ellipse and a path near it.
func ellipse() (target, actual [][2]float64) {
	for i := range 501 {
		f := 2 * math.Pi * float64(i) / 500
		target = append(target, [2]float64{.06 * math.Cos(f), -.22 + .03*math.Sin(f)})
		e := .012 * math.Exp(-float64(i)/60)
		actual = append(actual, [2]float64{(.06-e)*math.Cos(f+.05) + .001*math.Sin(7*f), -.22 + (.03+e)*math.Sin(f+.05)})
	}
	return target, actual
}

func TestPicturesAreWellFormedXMLWithoutReferencesOutside(t *testing.T) {
	gap := sample("M-DeMoRL <lite> & \"so\" on\x01", 9000)
	gap.Mean[10], gap.Low[20] = math.NaN(), math.Inf(-1)
	target, actual := ellipse()
	pictures := map[string]func(io.Writer) error{
		"curve": func(w io.Writer) error { return Curve(w, "HalfCheetah", []Series{gap, sample("SAC", 4000)}) },
		"empty": func(w io.Writer) error { return Curve(w, "", nil) },
		"point": func(w io.Writer) error {
			return Curve(w, "one", []Series{{Name: "a", Steps: []float64{5}, Mean: []float64{-3}}})
		},
		"nan": func(w io.Writer) error {
			return Curve(w, "none", []Series{{Name: "a", Steps: []float64{5}, Mean: []float64{math.NaN()}}})
		},
		"tracked": func(w io.Writer) error { return Tracked(w, "leg2r/ellipse", target, actual) },
		"bars": func(w io.Writer) error {
			return Bars(w, "model of <b>", BarPanel{Name: "reward", YName: "gain & loss", Groups: []string{"a name that is long", "b", "c"},
				Sets: []BarSet{{Name: "model", Values: []float64{1, -2, math.NaN()}, Errors: []float64{0.5, math.Inf(1), 1}}}})
		},
		"no bars":  func(w io.Writer) error { return Bars(w, "", BarPanel{}) },
		"no panel": func(w io.Writer) error { return Bars(w, "") },
		"nothing":  func(w io.Writer) error { return Tracked(w, "leg2r/ellipse", nil, nil) },
	}
	for name, draw := range pictures {
		var b, again bytes.Buffer
		if err := draw(&b); err != nil {
			t.Fatal(err)
		}
		draw(&again)
		text := b.String()
		if text != again.String() {
			t.Errorf("%s: drawn twice, two pictures", name)
		}
		d := xml.NewDecoder(strings.NewReader(text))
		for {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if strings.Contains(text, "NaN") || strings.Contains(text, "Inf") || strings.Contains(text, "href") {
			t.Errorf("%s: holds NaN, Inf or a reference", name)
		}
		if folder := os.Getenv("DEMORL_REPORT_PICTURES"); folder != "" { // to look at them
			os.WriteFile(folder+"/"+name+".svg", b.Bytes(), 0o666)
		}
	}
	if err := Curve(io.Discard, "", []Series{{Name: "a", Steps: []float64{1}}}); err == nil || !strings.Contains(err.Error(), `"a"`) {
		t.Errorf("lengths that differ: %v", err)
	}
}

func TestAGapBreaksTheLineInsteadOfBridgingIt(t *testing.T) {
	var b bytes.Buffer
	s := Series{Steps: []float64{0, 1, 2, 3, 4}, Mean: []float64{0, 1, math.NaN(), 3, 4}}
	if err := Curve(&b, "", []Series{s}); err != nil {
		t.Fatal(err)
	}
	_, path, _ := strings.Cut(b.String(), `<path d="`)
	path, _, _ = strings.Cut(path, `"`)
	if strings.Count(path, "M") != 2 || strings.Count(path, "L") != 2 {
		t.Errorf("path %s", path)
	}
}

// Two rounds of dashes, one over the other, would look like a line.
func TestATargetOfSeveralRoundsIsDrawnOnce(t *testing.T) {
	once, _ := ellipse()
	rounds := append(append(once[:500:500], once[:500]...), once[:100]...)
	drawn := func(target [][2]float64) int {
		var b bytes.Buffer
		if err := Tracked(&b, "", target, nil); err != nil {
			t.Fatal(err)
		}
		_, path, _ := strings.Cut(b.String(), `<path d="`)
		path, _, _ = strings.Cut(path, `"`)
		return strings.Count(path, "L")
	}
	if n, want := drawn(rounds), drawn(once[:500]); n != want {
		t.Errorf("%d lines, want %d of one round", n, want)
	}
	if n := drawn(once[:300]); n != 299 {
		t.Errorf("%d lines of a path that never comes back, want 299", n)
	}
}

func TestTheTrackedPictureHasOneScaleForBothAxes(t *testing.T) {
	var b bytes.Buffer
	if err := Tracked(&b, "", [][2]float64{{0, 0}, {3, 0}, {3, 1}, {0, 1}}, nil); err != nil {
		t.Fatal(err)
	}
	_, path, _ := strings.Cut(b.String(), `<path d="`)
	var p [8]float64
	path, _, _ = strings.Cut(path, `"`)
	if n := sscanPath(path, p[:]); n != 8 {
		t.Fatalf("path %q", path)
	}
	width, height := p[2]-p[0], p[3]-p[5]
	if math.Abs(width-3*height) > 0.1 {
		t.Errorf("3 x 1 metres are %v x %v pixels", width, height)
	}
}

func TestTicksAreRoundNumbersInsideTheirSpan(t *testing.T) {
	for _, c := range []struct {
		s     span
		count int
		want  string
	}{
		{span{0, 30000}, 8, "0 5k 10k 15k 20k 25k 30k"},
		{span{-400, 9700}, 6, "0 2000 4000 6000 8000"},
		{span{0, 1.5e6}, 4, "0 0.5M 1M 1.5M"},
		{span{-0.07, 0.07}, 7, "−0.06 −0.04 −0.02 0 0.02 0.04 0.06"},
		{span{199.5, 200.25}, 3, "199.5 200.0"},
	} {
		step := tickStep(c.s, c.count)
		labels := tickLabels(ticks(c.s, step), step)
		if have := strings.Join(labels, " "); have != c.want {
			t.Errorf("%v: %s, want %s", c.s, have, c.want)
		}
	}
}

func TestEvalRowsReadBackAndGatherByStep(t *testing.T) {
	text := "step,episode,return,length,actor\n2000,0,0.1,5,policy\n1000,0,-1e300,5,policy\n2000,1,0.30000000000000004,5,policy\n2000,0,7,5,planner\n3000,0,12"
	rows, err := ReadEval(strings.NewReader(text))
	if err != nil || len(rows) != 4 || rows[2].Return != 0.30000000000000004 || rows[3] != (Episode{2000, 0, 7, 5, "planner"}) {
		t.Fatalf("%+v, %v", rows, err)
	}
	s := ByStep("x", "policy", rows)
	if len(s.Steps) != 2 || s.Steps[0] != 1000 || math.Abs(s.Mean[1]-0.2) > 1e-15 || s.Low[1] != 0.1 || s.High[1] != 0.30000000000000004 {
		t.Errorf("%+v", s)
	}
	for _, bad := range []string{"", "a,b\n", "step,episode,return,length,actor\nx,0,1,2,policy\n", "step,episode,return,length,actor\n1,0\n"} {
		if _, err := ReadEval(strings.NewReader(bad)); err == nil || !strings.Contains(err.Error(), "line") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestTheTerminalCurveKeepsToItsSize(t *testing.T) {
	for _, series := range [][]Series{{sample("M-DeMoRL", 9000)}, {sample("a", 1), sample("b", 2)}, nil} {
		var b bytes.Buffer
		if err := CurveTerminal(&b, series, 60, 14); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
		if len(lines) != 14 {
			t.Errorf("%d lines", len(lines))
		}
		for _, l := range lines {
			if utf8.RuneCountInString(l) > 60 {
				t.Errorf("%d letters: %s", utf8.RuneCountInString(l), l)
			}
		}
		t.Logf("\n%s", b.String())
	}
}

// sscanPath reads the numbers of an SVG path of M and L.
func sscanPath(path string, dst []float64) int {
	n := 0
	for _, f := range strings.FieldsFunc(path, func(r rune) bool { return r == 'M' || r == 'L' || r == ' ' }) {
		if n < len(dst) {
			dst[n] = parse(f)
			n++
		}
	}
	return n
}

func parse(s string) float64 {
	x, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return math.NaN()
	}
	return x
}
