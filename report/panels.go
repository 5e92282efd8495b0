package report

import (
	"fmt"
	"io"
)

// panel is one picture of several that share the values along their x axes.
type panel struct {
	name    string
	runs    [][]float64 // a list a value, a number a run; NaN: it has none
	middle  []float64   // of a value's runs; NaN: it has none
	missing string      // what a run without a number is called
}

// drawPanels draws panels side by side: every run a small dot, the middles a line
// with dots. values are evenly spaced. What has no number is counted in words
// above its place.
func drawPanels(w io.Writer, title, xName string, values []string, panels []panel) error {
	const width, left, right, height = 320, 70, 14, 360
	c := newCanvas(width*float64(len(panels)), height, title)
	for i, p := range panels {
		ys := newSpan()
		for k := range values {
			ys.add(p.runs[k]...)
			ys.add(p.middle[k])
		}
		ys = ys.wide().padded(0.08)
		from := width * float64(i)
		c.x = axis{-0.5, float64(len(values)) - 0.5, from + left, from + width - right}
		c.y = axis{ys.low, ys.high, height - 58, 88}
		c.text((c.x.from+c.x.to)/2, 62, "middle", inkColour, `font-weight="bold"`, p.name)
		c.rows(tickStep(ys, 6))
		c.line(c.x.from, c.y.from, c.x.to, c.y.from, axisColour)
		c.line(c.x.from, c.y.from, c.x.from, c.y.to, axisColour)
		c.text((c.x.from+c.x.to)/2, c.y.from+40, "middle", inkColour, "", xName)
		s := Series{Mean: p.middle}
		for k, value := range values {
			x := c.x.at(float64(k))
			c.text(x, c.y.from+19, "middle", quietColour, "", value)
			absent := 0
			for _, v := range p.runs[k] {
				if !isFinite(v) {
					absent++
					continue
				}
				c.put(`<circle cx="%s" cy="%s" r="2.6" fill="none" stroke="%s" stroke-opacity="0.6"/>`, num(x), num(c.y.at(v)), colours[1])
			}
			if absent > 0 {
				c.text(x, c.y.to-4, "middle", quietColour, `font-size="10"`, fmt.Sprintf("%d %s", absent, p.missing))
			}
			s.Steps = append(s.Steps, float64(k))
		}
		c.curve(s, colours[0])
	}
	return c.finish(w)
}
