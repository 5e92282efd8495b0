package report

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// brailleBit is the dot of a Braille letter at column x (0, 1) and row y (0-3).
var brailleBit = [4][2]rune{{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}

// brailleGrid is a picture of 2 x 4 dots a letter.
type brailleGrid struct {
	columns, rows int
	cells         []rune
}

func (g *brailleGrid) set(x, y int) {
	if x >= 0 && y >= 0 && x < 2*g.columns && y < 4*g.rows {
		g.cells[y/4*g.columns+x/2] |= brailleBit[y%4][x%2]
	}
}

// line sets the dots between two points.
func (g *brailleGrid) line(x0, y0, x1, y1 float64) {
	n := int(math.Ceil(max(math.Abs(x1-x0), math.Abs(y1-y0), 1)))
	for i := range n + 1 {
		f := float64(i) / float64(n)
		g.set(int(math.Round(x0+f*(x1-x0))), int(math.Round(y0+f*(y1-y0))))
	}
}

// CurveTerminal draws the means of learning curves with Braille letters, in
// width x height letters, axes included (at least 30 x 6). All series share one
// colour, so it is for one or two of them.
func CurveTerminal(w io.Writer, series []Series, width, height int) error {
	if err := checkSeries(series); err != nil {
		return err
	}
	xs, ys := extent(series)
	const margin = 10 // letters for the y labels and the axis
	g := brailleGrid{columns: max(width, 30) - margin, rows: max(height, 6) - 2}
	g.cells = make([]rune, g.columns*g.rows)
	x := axis{xs.low, xs.high, 0, float64(2*g.columns - 1)}
	y := axis{ys.low, ys.high, float64(4*g.rows - 1), 0}
	for _, s := range series {
		for i := range s.Steps {
			if !isFinite(s.Mean[i]) || !isFinite(s.Steps[i]) {
				continue
			}
			from := i
			if i > 0 && isFinite(s.Mean[i-1]) && isFinite(s.Steps[i-1]) {
				from = i - 1
			}
			g.line(x.at(s.Steps[from]), y.at(s.Mean[from]), x.at(s.Steps[i]), y.at(s.Mean[i]))
		}
	}
	_, err := io.WriteString(w, g.render(xs, ys, y, series, margin))
	return err
}

// render joins labels, axes and dots to lines of text.
func (g *brailleGrid) render(xs, ys span, y axis, series []Series, margin int) string {
	labels := map[int]string{}
	step := tickStep(ys, max(2, g.rows/2))
	values := ticks(ys, step)
	for i, label := range tickLabels(values, step) {
		labels[int(y.at(values[i]))/4] = label
	}
	var b strings.Builder
	for r := range g.rows {
		mark := "│"
		if labels[r] != "" {
			mark = "┤"
		}
		dots := make([]rune, g.columns)
		for i, c := range g.cells[r*g.columns : (r+1)*g.columns] {
			dots[i] = ' '
			if c != 0 {
				dots[i] = 0x2800 + c
			}
		}
		fmt.Fprintf(&b, "%*s %s%s\n", margin-2, labels[r], mark, strings.TrimRight(string(dots), " "))
	}
	fmt.Fprintf(&b, "%*s └%s\n", margin-2, "", strings.Repeat("─", g.columns))
	ends := tickLabels([]float64{xs.low, xs.high}, tickStep(xs, 100))
	low, high := ends[0], ends[1]
	middle := "real steps"
	if len(series) == 1 && series[0].Name != "" {
		middle = series[0].Name + " over real steps"
	}
	room := g.columns - len([]rune(low)) - len([]rune(high))
	if n := len([]rune(middle)); n+2 <= room {
		left := (room - n) / 2
		middle = strings.Repeat(" ", left) + middle + strings.Repeat(" ", room-n-left)
	} else {
		middle = strings.Repeat(" ", max(room, 1))
	}
	fmt.Fprintf(&b, "%*s%s%s%s\n", margin, "", low, middle, high)
	return b.String()
}
