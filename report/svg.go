package report

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Colours that the eyes of most people tell apart (Okabe and Ito).
var colours = [...]string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"}

const (
	inkColour   = "#1f2933"
	quietColour = "#616e7c"
	gridColour  = "#e4e7eb"
	axisColour  = "#9aa5b1"
)

// canvas is an SVG picture with one pair of axes.
type canvas struct {
	buf           bytes.Buffer
	width, height float64
	x, y          axis
}

// newCanvas begins a picture with a title.
func newCanvas(width, height float64, title string) *canvas {
	c := &canvas{width: width, height: height}
	c.put(`<svg xmlns="http://www.w3.org/2000/svg" width="%s" height="%s" viewBox="0 0 %s %s" role="img" font-family="'Helvetica Neue',Helvetica,Arial,sans-serif" font-size="12">`,
		num(width), num(height), num(width), num(height))
	c.put("<title>%s</title>", escape(title))
	c.put(`<rect width="%s" height="%s" fill="#ffffff"/>`, num(width), num(height))
	c.text(24, 32, "start", inkColour, `font-size="17" font-weight="bold"`, title)
	return c
}

func (c *canvas) put(format string, args ...any) {
	fmt.Fprintf(&c.buf, format, args...)
	c.buf.WriteByte('\n')
}

func (c *canvas) text(x, y float64, anchor, colour, more, text string) {
	c.put(`<text x="%s" y="%s" text-anchor="%s" fill="%s" %s>%s</text>`, num(x), num(y), anchor, colour, more, escape(text))
}

func (c *canvas) line(x1, y1, x2, y2 float64, colour string) {
	c.put(`<line x1="%s" y1="%s" x2="%s" y2="%s" stroke="%s"/>`, num(x1), num(y1), num(x2), num(y2), colour)
}

// frame draws grid, axes, tick labels and the names of the axes.
func (c *canvas) frame(xStep, yStep float64, xName, yName string) {
	left, right, bottom, top := c.x.from, c.x.to, c.y.from, c.y.to
	c.rows(yStep)
	values := ticks(span{c.x.low, c.x.high}, xStep)
	for i, label := range tickLabels(values, xStep) {
		p := c.x.at(values[i])
		c.line(p, bottom, p, top, gridColour)
		c.line(p, bottom, p, bottom+5, axisColour)
		c.text(p, bottom+19, "middle", quietColour, "", label)
	}
	c.line(left, bottom, right, bottom, axisColour)
	c.line(left, bottom, left, top, axisColour)
	c.text((left+right)/2, bottom+40, "middle", inkColour, "", xName)
	mid := (bottom + top) / 2
	c.text(22, mid, "middle", inkColour, fmt.Sprintf(`transform="rotate(-90 22 %s)"`, num(mid)), yName)
}

// rows draws the grid's lines along x and the labels of the y axis.
func (c *canvas) rows(step float64) {
	values := ticks(span{c.y.low, c.y.high}, step)
	for i, label := range tickLabels(values, step) {
		p := c.y.at(values[i])
		c.line(c.x.from, p, c.x.to, p, gridColour)
		c.text(c.x.from-8, p+4, "end", quietColour, "", label)
	}
}

// path draws a line through points; one that is not finite breaks it.
func (c *canvas) path(points [][2]float64, style string) {
	var b strings.Builder
	pen := "M"
	for _, p := range points {
		if !isFinite(p[0]) || !isFinite(p[1]) {
			pen = "M"
			continue
		}
		fmt.Fprintf(&b, "%s%s %s", pen, num(c.x.at(p[0])), num(c.y.at(p[1])))
		pen = "L"
	}
	if b.Len() > 0 {
		c.put(`<path d="%s" fill="none" stroke-linejoin="round" stroke-linecap="round" %s/>`, b.String(), style)
	}
}

// legend writes names in a row below the title, each behind its sign, and
// returns how many rows it took.
func (c *canvas) legend(names []string, sign func(i int, x, y float64)) int {
	x, y, rows := 24.0, 56.0, 1
	for i, name := range names {
		width := 34 + 6.6*float64(len([]rune(name))) + 18
		if x+width > c.width-16 && x > 24 {
			x, y, rows = 24, y+20, rows+1
		}
		sign(i, x, y-4)
		c.text(x+32, y, "start", inkColour, "", name)
		x += width
	}
	return rows
}

// finish closes the picture and writes it.
func (c *canvas) finish(w io.Writer) error {
	c.put("</svg>")
	_, err := w.Write(c.buf.Bytes())
	return err
}

// num writes a coordinate with two digits at most.
func num(x float64) string {
	s := strconv.FormatFloat(x, 'f', 2, 64)
	s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	if s == "-0" {
		return "0"
	}
	return s
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

// escape makes text fit for XML; characters that XML forbids become U+FFFD.
func escape(s string) string {
	return escaper.Replace(strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' || r == 0xfffe || r == 0xffff {
			return 0xfffd
		}
		return r
	}, s))
}
