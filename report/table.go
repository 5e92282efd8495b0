package report

import (
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Marks are the steps at which tables tell the return (baselines.md section 8.5).
var Marks = []float64{10_000, 30_000, 50_000, 100_000, 200_000, 300_000}

// Ticks are up to six evenly spaced round steps up to last, for a table of short
// runs.
func Ticks(last float64) []float64 {
	if !(last > 0) {
		return nil
	}
	return ticks(span{1, last}, tickStep(span{0, last}, 6))
}

// Published is one line of published figures: returns by step.
type Published struct {
	Name    string              `yaml:"name"`
	Source  string              `yaml:"source"` // where the figures are from
	Returns map[float64]float64 `yaml:"returns"`
}

// Rows is the table of groups and of published figures: a header and a row each,
// with the return at those of marks that a group or a published figure has, and
// at a group's last step.
func Rows(groups []Group, published []Published, marks []float64) [][]string {
	marks = slices.Clone(marks)
	slices.Sort(marks)
	marks = slices.Compact(marks)
	marks = slices.DeleteFunc(marks, func(m float64) bool {
		for _, g := range groups {
			if slices.Contains(g.Steps, m) {
				return false
			}
		}
		for _, p := range published {
			if _, ok := p.Returns[m]; ok {
				return false
			}
		}
		return true
	})
	header := []string{"task", "algorithm", "seeds"}
	for _, m := range marks {
		header = append(header, "at "+steps(m))
	}
	rows := [][]string{append(header, "last step", "there", "steps to threshold (held)")}
	for _, g := range groups {
		row := []string{g.Env, g.Algo, fmt.Sprint(len(g.Seeds))}
		for _, m := range marks {
			row = append(row, g.at(slices.Index(g.Steps, m)))
		}
		last := "-"
		if n := len(g.Steps); n > 0 {
			last = steps(g.Steps[n-1])
		}
		rows = append(rows, append(row, last, g.at(len(g.Steps)-1), g.thresholds()))
	}
	for _, p := range published {
		row := []string{"", p.Name + " [" + p.Source + "]", ""}
		for _, m := range marks {
			cell := "-"
			if v, ok := p.Returns[m]; ok {
				cell = number(v)
			}
			row = append(row, cell)
		}
		rows = append(rows, append(row, "", "", ""))
	}
	return rows
}

// at is the IQM at the i-th step, with its interval where there are runs enough.
func (g *Group) at(i int) string {
	switch {
	case i < 0:
		return "-"
	case len(g.Seeds) < bandSeeds:
		return number(g.IQM[i])
	}
	return fmt.Sprintf("%s [%s, %s]", number(g.IQM[i]), number(g.Low[i]), number(g.High[i]))
}

func (g *Group) thresholds() string {
	var parts []string
	for name, step := range g.ThresholdSteps {
		one := func(s *float64) string {
			if s == nil {
				return "-"
			}
			return steps(*s)
		}
		parts = append(parts, fmt.Sprintf("%s: %s (%s)", name, one(step), one(g.HeldSteps[name])))
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

// number writes a return with four digits or all before the point.
func number(x float64) string {
	digits := 0
	for _, limit := range []float64{1000, 100, 10} {
		if x < limit && x > -limit {
			digits++
		}
	}
	return fmt.Sprintf("%.*f", digits, x)
}

// steps writes a number of steps with separated thousands.
func steps(x float64) string {
	text := fmt.Sprintf("%.0f", x)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// Markdown writes rows, the first being the header, as a table whose columns are
// also aligned for the eye.
func Markdown(w io.Writer, rows [][]string) error {
	wide := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			wide[i] = max(wide[i], utf8.RuneCountInString(cell), 3)
		}
	}
	var b strings.Builder
	for n, row := range rows {
		for i, cell := range row {
			fmt.Fprintf(&b, "| %-*s ", wide[i], strings.ReplaceAll(cell, "|", `\|`))
		}
		b.WriteString("|\n")
		if n == 0 {
			for i := range row {
				b.WriteString("|" + strings.Repeat("-", wide[i]+2))
			}
			b.WriteString("|\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// page is the self-contained report: nothing is loaded from anywhere.
var page = template.Must(template.New("report").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>demorl report</title>
<style>body{font-family:'Helvetica Neue',Helvetica,Arial,sans-serif;margin:2em auto;max-width:70em;color:#1f2933}
table{border-collapse:collapse;font-size:14px}td,th{padding:4px 10px;border-bottom:1px solid #e4e7eb;text-align:left}
td{font-variant-numeric:tabular-nums}svg{max-width:100%;height:auto}p{color:#616e7c}</style></head><body>
<h1>demorl report</h1>
{{range .Tables}}{{if .Rows}}<table>{{range $i, $row := .Rows}}<tr>{{range $row}}{{if $i}}<td>{{.}}</td>{{else}}<th>{{.}}</th>{{end}}{{end}}</tr>
{{end}}</table>
{{end}}<p>{{.Caption}}</p>
{{end}}{{range .Pictures}}{{.}}
{{end}}</body></html>
`))

// Table is a header with rows, and a paragraph that explains them. Rows may be
// nil: the paragraph alone.
type Table struct {
	Rows    [][]string
	Caption string
}

// Curves is the caption of the table of Rows beside the learning curves.
const Curves = "Interquartile mean over seeds, from 5 seeds on with its 95 % bootstrap interval; thin lines are the seeds. Steps are real steps, warm-up included."

// HTML writes tables and pictures (whole SVG files) as one page.
func HTML(w io.Writer, tables []Table, pictures []string) error {
	inline := make([]template.HTML, len(pictures))
	for i, p := range pictures {
		inline[i] = template.HTML(p)
	}
	return page.Execute(w, map[string]any{"Tables": tables, "Pictures": inline})
}
