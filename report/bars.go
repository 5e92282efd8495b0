package report

import (
	"fmt"
	"io"
)

// letterWidth is what a letter takes in the mean, in pixels.
const letterWidth = 6.2

// BarPanel is one picture of Bars: at every group's place one bar a set.
type BarPanel struct {
	Name, YName string
	Groups      []string
	Sets        []BarSet
}

// BarSet is what one colour of bars tells of every group.
type BarSet struct {
	Name   string
	Values []float64 // one a group; NaN: no bar
	Errors []float64 // half the whiskers' lengths; nil: none
}

// Bars draws panels side by side as a self-contained SVG. The legend names the
// sets of the first panel, whose order the others keep.
func Bars(w io.Writer, title string, panels ...BarPanel) error {
	const left, right, height = 84, 20, 460
	widths, total, below := make([]float64, len(panels)), 0.0, 30.0
	for i, p := range panels {
		if err := p.check(); err != nil {
			return err
		}
		bars := len(p.Groups) * (len(p.Sets) + 1)
		widths[i] = min(max(760/float64(len(panels)), left+right+4*float64(bars)), 4000)
		total += widths[i]
		if letters := p.longest(); letterWidth*letters*float64(len(p.Groups)) > widths[i]-left-right {
			below = max(below, 30+min(letterWidth*letters*0.75, 120)) // turned by 45 degrees
		}
	}
	c := newCanvas(max(total, 320), height, title)
	if len(panels) == 0 {
		return c.finish(w)
	}
	var names []string
	for _, s := range panels[0].Sets {
		names = append(names, s.Name)
	}
	rows := c.legend(names, func(i int, x, y float64) {
		c.put(`<rect x="%s" y="%s" width="26" height="12" rx="2" fill="%s"/>`, num(x), num(y-6), colours[i%len(colours)])
	})
	from := 0.0
	for i, p := range panels {
		c.x = axis{-0.5, float64(max(len(p.Groups), 1)) - 0.5, from + left, from + widths[i] - right}
		c.y = axis{from: height - below, to: 72 + 20*float64(rows)}
		c.bars(p)
		from += widths[i]
	}
	return c.finish(w)
}

func (p BarPanel) check() error {
	for _, s := range p.Sets {
		if n := len(p.Groups); len(s.Values) != n || s.Errors != nil && len(s.Errors) != n {
			return fmt.Errorf("bars %q: %d values and %d errors for %d groups", s.Name, len(s.Values), len(s.Errors), n)
		}
	}
	return nil
}

// bars draws one panel between the pixels of c.x and c.y.
func (c *canvas) bars(p BarPanel) {
	ys := newSpan()
	ys.add(0)
	for _, s := range p.Sets {
		for g, v := range s.Values {
			ys.add(v, v-s.whisker(g), v+s.whisker(g))
		}
	}
	if ys.low == ys.high {
		ys.high = 1
	}
	ys = ys.padded(0.04)
	c.y.low, c.y.high = ys.low, ys.high
	c.rows(tickStep(ys, 6))
	zero, place := c.y.at(0), c.x.at(1)-c.x.at(0)
	for i, s := range p.Sets {
		width := place * 0.8 / float64(len(p.Sets))
		for g, v := range s.Values {
			if !isFinite(v) {
				continue
			}
			x, y := c.x.at(float64(g))-place*0.4+width*float64(i), c.y.at(v)
			c.put(`<rect x="%s" y="%s" width="%s" height="%s" fill="%s"/>`, num(x), num(min(y, zero)), num(width), num(max(y, zero)-min(y, zero)), colours[i%len(colours)])
			if e := s.whisker(g); e > 0 {
				c.line(x+width/2, c.y.at(v-e), x+width/2, c.y.at(v+e), inkColour)
			}
		}
	}
	c.line(c.x.from, zero, c.x.to, zero, axisColour)
	c.line(c.x.from, c.y.from, c.x.from, c.y.to, axisColour)
	c.groups(p, place)
	c.text((c.x.from+c.x.to)/2, c.y.to-10, "middle", inkColour, `font-weight="bold"`, p.Name)
	mid := max((c.y.from+c.y.to)/2, c.y.to+letterWidth*float64(len([]rune(p.YName)))/2) // a name that is longer than the axis goes on below it, not into the legend
	c.text(c.x.from-62, mid, "middle", inkColour, fmt.Sprintf(`transform="rotate(-90 %s %s)"`, num(c.x.from-62), num(mid)), p.YName)
}

// groups writes the names of the groups, which are place pixels apart: turned
// where they are too long, and not all where even that is too much.
func (c *canvas) groups(p BarPanel, place float64) {
	const turned = 15 // pixels along the axis that a turned name takes
	long, every := letterWidth*p.longest() > place, 1
	if long {
		every = int(turned/place) + 1
	}
	for g := 0; g < len(p.Groups); g += every {
		x, y := c.x.at(float64(g)), c.y.from+14
		if long {
			c.text(x, y, "end", quietColour, fmt.Sprintf(`transform="rotate(-45 %s %s)"`, num(x), num(y)), p.Groups[g])
		} else {
			c.text(x, y+5, "middle", quietColour, "", p.Groups[g])
		}
	}
}

// longest returns the letters of the longest group's name.
func (p BarPanel) longest() float64 {
	n := 0
	for _, g := range p.Groups {
		n = max(n, len([]rune(g)))
	}
	return float64(n)
}

// whisker returns half the length of group g's whisker, 0 for none.
func (s BarSet) whisker(g int) float64 {
	if s.Errors == nil || !isFinite(s.Errors[g]) {
		return 0
	}
	return s.Errors[g]
}
