package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"math"
	"os"
	"strings"
	"testing"

	"demorl/rng"
)

// SciPy's trimmed means, and rliable's intervals within what 50,000 resamples
// leave to chance.
func TestIQMAndIntervalsAgainstSciPyAndRliable(t *testing.T) {
	var golden struct {
		IQM []struct {
			X   []float64
			IQM float64
		}
		Intervals []struct {
			Strata         [][]float64
			IQM, Low, High float64
		}
	}
	text, err := os.ReadFile("testdata/rliable.json")
	if err == nil {
		err = json.Unmarshal(text, &golden)
	}
	if err != nil || len(golden.IQM) != 10 || len(golden.Intervals) != 3 {
		t.Fatalf("%v, %+v", err, golden)
	}
	for _, g := range golden.IQM {
		if got := IQM(g.X); math.Abs(got-g.IQM) > 1e-12*g.IQM {
			t.Errorf("IQM of %v is %v, want %v", g.X, got, g.IQM)
		}
	}
	for i, g := range golden.Intervals {
		low, high := Interval(g.Strata, rng.Root(1))
		if room := 0.03 * (g.High - g.Low); math.Abs(low-g.Low) > room || math.Abs(high-g.High) > room {
			t.Errorf("interval %d is [%v, %v], rliable has [%v, %v]", i, low, high, g.Low, g.High)
		}
	}
}

func TestIQMByHand(t *testing.T) {
	for _, c := range []struct {
		x    []float64
		want float64
	}{{[]float64{7}, 7}, {[]float64{3, 1, 8}, 4}, {[]float64{100, 2, 4, -50}, 3}, {[]float64{9, 1, 2, 3, 1000}, 14. / 3}, {[]float64{8, 7, 6, 5, 4, 3, 2, 1}, 4.5}} {
		if got := IQM(c.x); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("IQM of %v is %v, want %v", c.x, got, c.want)
		}
	}
	if !math.IsNaN(IQM(nil)) {
		t.Error("the IQM of nothing is a number")
	}
}

// Of many samples of a known distribution about 95 in 100 intervals hold the
// true IQM, 0 for a symmetric one; the percentile interval of 40 runs is a little
// too narrow.
func TestTheIntervalCoversTheTruth(t *testing.T) {
	const trials, runs = 1000, 40
	s, held := rng.NewStream(rng.Root(2)), 0
	for range trials {
		x := make([]float64, runs)
		for i := range x {
			x[i] = s.Normal()
		}
		if low, high := interval([][]float64{x}, 400, s); low <= 0 && 0 <= high {
			held++
		}
	}
	if share := float64(held) / trials; share < 0.92 || share > 0.965 {
		t.Errorf("%v of the intervals hold the truth", share)
	}
}

func line(name string, steps []float64, means ...float64) Series {
	return Series{Name: name, Steps: steps[:len(means)], Mean: means}
}

func TestAGroupIsJudgedWhereAllItsRunsAre(t *testing.T) {
	at := []float64{1000, 2000, 3000, 4000, 5000}
	g, err := Summarise("task", "algo", []uint64{0, 1, 2}, []Series{line("a", at, 0, 10, 20, 30, 90), line("b", at, 3, 20, 40, 60), line("c", at, 6, 0, 0, 0, 0)}, []float64{20, 29.5, 31})
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Steps) != 4 || g.Mean[3] != 30 || g.IQM[0] != 3 || g.Low[0] < 0 || g.High[0] > 6 || g.Low[3] > 10 || g.High[3] < 50 {
		t.Errorf("%+v", g)
	}
	if s := g.ThresholdSteps["20"]; s == nil || *s != 3000 {
		t.Errorf("20 is first reached at %v, want 3000", s)
	}
	if s := g.ThresholdSteps["29.5"]; s == nil || *s != 4000 {
		t.Errorf("29.5 is first reached at %v, want 4000", s)
	}
	if g.ThresholdSteps["31"] != nil || g.HeldSteps["20"] != nil {
		t.Errorf("31 is reached, or 20 is known to be held: %+v", g)
	}
	if _, err := Summarise("task", "algo", []uint64{0}, []Series{line("a", at, math.NaN())}, nil); err == nil {
		t.Error("a return that is no number is judged")
	}
}

// A threshold is held from the first step whose running mean and all those of the
// next 10,000 steps reach it.
func TestAThresholdIsHeld(t *testing.T) {
	steps, means := make([]float64, 40), make([]float64, 40)
	for i := range steps {
		steps[i] = float64(1000 * (i + 1))
		if i >= 5 {
			means[i] = 10
		}
	}
	means[12] = -21 // spoils the running means at 13,000 to 15,000
	g, err := Summarise("t", "a", []uint64{0}, []Series{line("a", steps, means...)}, []float64{10})
	if err != nil {
		t.Fatal(err)
	}
	if first, held := g.ThresholdSteps["10"], g.HeldSteps["10"]; first == nil || *first != 6000 || held == nil || *held != 16000 {
		t.Errorf("first %v, held %v; want 6000 and 16000", first, held)
	}
}

func TestLinesShowEverySeedAndABandFromFive(t *testing.T) {
	at := []float64{1000, 2000}
	group := func(algo string, n int) Group {
		var seeds []uint64
		var runs []Series
		for i := range n {
			seeds, runs = append(seeds, uint64(i)), append(runs, line(algo, at, float64(i), float64(2*i)))
		}
		g, err := Summarise("task", algo, seeds, runs, nil)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	lines := Lines([]Group{group("sac", 5), group("mbpo", 3), group("one", 1)})
	if len(lines) != 3+5+3 || lines[0].Low == nil || lines[1].Low != nil || lines[0].Name != "sac, 5 seeds" || lines[2].Name != "one, 1 seed" {
		t.Fatalf("%+v", lines)
	}
	var picture bytes.Buffer
	if err := Curve(&picture, "task", lines); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(picture.String(), `stroke-opacity="0.4"`); n != 8 {
		t.Errorf("%d thin lines, want one a seed: 8", n)
	}
	for _, colour := range []string{colours[0], colours[1]} {
		if n := strings.Count(picture.String(), `stroke="`+colour+`" stroke-width="0.9"`); n != map[string]int{colours[0]: 5, colours[1]: 3}[colour] {
			t.Errorf("%d thin lines of colour %s", n, colour)
		}
	}
}

func TestTablesAndThePage(t *testing.T) {
	at := []float64{5000, 10000}
	g, err := Summarise("gym/x", "sac<1>", []uint64{0, 1}, []Series{line("a", at, 1, 1234.6), line("b", at, 3, 2000)}, []float64{2})
	if err != nil {
		t.Fatal(err)
	}
	rows := Rows([]Group{g}, []Published{{Name: "MBPO", Source: "paper", Returns: map[float64]float64{30000: 5777}}}, Marks)
	var b bytes.Buffer
	if err := Markdown(&b, rows); err != nil {
		t.Fatal(err)
	}
	want := `| task  | algorithm    | seeds | at 10,000 | at 30,000 | last step | there | steps to threshold (held) |
|-------|--------------|-------|-----------|-----------|-----------|-------|---------------------------|
| gym/x | sac<1>       | 2     | 1617      | -         | 10,000    | 1617  | 2: 5,000 (-)              |
|       | MBPO [paper] |       | -         | 5777      |           |       |                           |
`
	if b.String() != want {
		t.Errorf("table is\n%swant\n%s", b.String(), want)
	}
	b.Reset()
	if err := HTML(&b, []Table{{rows, "what the rows say"}, {nil, "a < b"}}, []string{"<svg></svg>"}); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"<td>sac&lt;1&gt;</td>", "<svg></svg>", "<th>at 30,000</th>", "<p>what the rows say</p>", "<p>a &lt; b</p>"} {
		if !strings.Contains(b.String(), part) {
			t.Errorf("the page lacks %s", part)
		}
	}
	for _, outside := range []string{"http://", "https://", "src=", "href="} {
		if strings.Contains(b.String(), outside) {
			t.Errorf("the page loads something: %s", outside)
		}
	}
	body := strings.NewReplacer("<!doctype html>", "", `<meta charset="utf-8">`, "").Replace(b.String())
	for d := xml.NewDecoder(strings.NewReader(body)); ; {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("the page is not well formed: %v", err)
		}
	}
}
