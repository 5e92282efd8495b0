package report

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// Curve draws learning curves, returns over real steps, as a self-contained SVG.
func Curve(w io.Writer, title string, series []Series) error {
	return Plot(w, title, "real steps", "return", series)
}

// Plot draws series over one pair of axes as a self-contained SVG: Steps are
// what xName says, Mean and the band from Low to High what yName says.
func Plot(w io.Writer, title, xName, yName string, series []Series) error {
	if err := checkSeries(series); err != nil {
		return err
	}
	xs, ys := extent(series)
	c := newCanvas(760, 460, title)
	var names []string
	var named []int
	for i, s := range series {
		if !s.Thin {
			names, named = append(names, s.Name), append(named, i)
		}
	}
	rows := c.legend(names, func(n int, x, y float64) {
		i := named[n]
		colour := colourOf(series, i)
		if series[i].Low != nil {
			c.put(`<rect x="%s" y="%s" width="26" height="12" rx="2" fill="%s" fill-opacity="0.16"/>`, num(x), num(y-6), colour)
		}
		c.put(`<line x1="%s" y1="%s" x2="%s" y2="%s" stroke="%s" stroke-width="2.2"/>`, num(x), num(y), num(x+26), num(y), colour)
	})
	c.x = axis{xs.low, xs.high, 84, c.width - 28}
	c.y = axis{ys.low, ys.high, c.height - 58, 52 + 20*float64(rows)}
	c.frame(tickStep(xs, 8), tickStep(ys, 6), xName, yName)
	for i, s := range series {
		c.band(s, colourOf(series, i))
	}
	for i, s := range series {
		if s.Thin {
			c.path(points(s), fmt.Sprintf(`stroke="%s" stroke-width="0.9" stroke-opacity="0.4"`, colourOf(series, i)))
		}
	}
	for i, s := range series {
		if !s.Thin {
			c.curve(s, colourOf(series, i))
		}
	}
	return c.finish(w)
}

// colourOf returns the colour of the i-th series.
func colourOf(series []Series, i int) string {
	if c := series[i].Colour; c > 0 {
		i = c - 1
	}
	return colours[i%len(colours)]
}

// points are the corners of a series' line.
func points(s Series) [][2]float64 {
	list := make([][2]float64, len(s.Steps))
	for i := range list {
		list[i] = [2]float64{s.Steps[i], s.Mean[i]}
	}
	return list
}

func checkSeries(series []Series) error {
	for _, s := range series {
		n := len(s.Steps)
		if len(s.Mean) != n || (s.Low != nil || s.High != nil) && (len(s.Low) != n || len(s.High) != n) {
			return fmt.Errorf("series %q: %d steps, %d means, %d lows, %d highs; want as many of each",
				s.Name, n, len(s.Mean), len(s.Low), len(s.High))
		}
	}
	return nil
}

// extent returns the ranges of both axes.
func extent(series []Series) (xs, ys span) {
	xs, ys = newSpan(), newSpan()
	for _, s := range series {
		xs.add(s.Steps...)
		ys.add(s.Mean...)
		ys.add(s.Low...)
		ys.add(s.High...)
	}
	if xs.low > 0 && xs.low < xs.high/2 {
		xs.low = 0 // runs begin at step 0
	}
	return xs.wide(), ys.wide().padded(0.04)
}

// band fills the area between Low and High, piece by piece between gaps.
func (c *canvas) band(s Series, colour string) {
	if s.Low == nil {
		return
	}
	for i := 0; i < len(s.Steps); {
		j := i
		for j < len(s.Steps) && isFinite(s.Low[j]) && isFinite(s.High[j]) && isFinite(s.Steps[j]) {
			j++
		}
		if j > i+1 {
			var b strings.Builder
			pen := "M"
			for k := i; k < j; k++ {
				fmt.Fprintf(&b, "%s%s %s", pen, num(c.x.at(s.Steps[k])), num(c.y.at(s.High[k])))
				pen = "L"
			}
			for k := j - 1; k >= i; k-- {
				fmt.Fprintf(&b, "L%s %s", num(c.x.at(s.Steps[k])), num(c.y.at(s.Low[k])))
			}
			c.put(`<path d="%sZ" fill="%s" fill-opacity="0.16"/>`, b.String(), colour)
		}
		i = j + 1
	}
}

// curve draws the mean, with dots where there are few points.
func (c *canvas) curve(s Series, colour string) {
	points := points(s)
	c.path(points, fmt.Sprintf(`stroke="%s" stroke-width="2.2"`, colour))
	if len(points) > 40 {
		return
	}
	for _, p := range points {
		if isFinite(p[0]) && isFinite(p[1]) {
			c.put(`<circle cx="%s" cy="%s" r="2.8" fill="%s"/>`, num(c.x.at(p[0])), num(c.y.at(p[1])), colour)
		}
	}
}

// Tracked draws the path that a foot or a tip was to follow and the one that it
// went, in metres, with one scale for both axes.
func Tracked(w io.Writer, title string, target, actual [][2]float64) error {
	xs, ys := newSpan(), newSpan()
	for _, p := range append(append([][2]float64(nil), target...), actual...) {
		xs.add(p[0])
		ys.add(p[1])
	}
	xs, ys = xs.wide().padded(0.08), ys.wide().padded(0.08)
	part := min(max((ys.high-ys.low)/(xs.high-xs.low), 0.45), 1) // of a square
	c := newCanvas(640, 134+528*part, title)
	c.legend([]string{"target", "actual", "start"}, func(i int, x, y float64) {
		switch i {
		case 0:
			c.put(`<line x1="%s" y1="%s" x2="%s" y2="%s" stroke="%s" stroke-width="2.2" stroke-dasharray="6 4"/>`, num(x), num(y), num(x+26), num(y), quietColour)
		case 1:
			c.put(`<line x1="%s" y1="%s" x2="%s" y2="%s" stroke="%s" stroke-width="2"/>`, num(x), num(y), num(x+26), num(y), colours[0])
		default:
			c.dot(x+16, y)
		}
	})
	left, right, bottom, top := 84.0, c.width-28, c.height-58, 76.0
	scale := math.Min((right-left)/(xs.high-xs.low), (bottom-top)/(ys.high-ys.low)) // pixels per metre
	xs = around(xs, (right-left)/scale)
	ys = around(ys, (bottom-top)/scale)
	c.x, c.y = axis{xs.low, xs.high, left, right}, axis{ys.low, ys.high, bottom, top}
	step := tickStep(xs, 7)
	c.frame(step, step, "x (m)", "z (m)")
	c.path(lap(target), fmt.Sprintf(`stroke="%s" stroke-width="2.2" stroke-dasharray="6 4"`, quietColour))
	c.path(actual, fmt.Sprintf(`stroke="%s" stroke-width="2" stroke-opacity="0.85"`, colours[0]))
	if len(actual) > 0 && isFinite(actual[0][0]) && isFinite(actual[0][1]) {
		c.dot(c.x.at(actual[0][0]), c.y.at(actual[0][1]))
	}
	return c.finish(w)
}

// lap is a path up to where it comes back to its start: a second round would fill
// the gaps between the first one's dashes.
func lap(path [][2]float64) [][2]float64 {
	apart := func(i, j int) float64 { return math.Hypot(path[i][0]-path[j][0], path[i][1]-path[j][1]) }
	step, away := 0.0, false
	for i := range len(path) - 1 {
		step = max(step, apart(i, i+1))
	}
	for i := range path {
		away = away || apart(i, 0) > 2*step
		if away && apart(i, 0) <= step {
			return path[:i+1]
		}
	}
	return path
}

func (c *canvas) dot(x, y float64) {
	c.put(`<circle cx="%s" cy="%s" r="4.5" fill="#ffffff" stroke="%s" stroke-width="2"/>`, num(x), num(y), colours[1])
}

// around widens a span to a width, keeping its middle.
func around(s span, width float64) span {
	mid := (s.low + s.high) / 2
	return span{mid - width/2, mid + width/2}
}
