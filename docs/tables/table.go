package main

import (
	"fmt"
	"slices"
	"strings"

	"demorl/agent"
	"demorl/env"
)

// shown is the task whose settings the tables print.
const shown = "gym/halfcheetah"

// others are the tasks that settle whether a value is the same on every task:
// those of the published settings, and one that no published table names.
var others = []string{
	"gym/hopper", "gym/walker2d", "gym/ant", "gym/humanoid", "gym/invertedpendulum", "gym/inverteddoublependulum",
	"leg2r/ellipse-100hz", "classic/pendulum",
}

// differs marks a value that is another one on some other task.
const differs = " †"

// absent stands where an algorithm has no such thing.
const absent = "–"

// member is one algorithm with its resolved settings for one task.
type member struct {
	agent.Settings
	perEpisode bool // the model is fitted after every episode
}

// column is one property of every algorithm.
type column struct {
	title string
	cell  func(m member) string
}

// table is one table of the page, an algorithm a row.
type table struct {
	name    string
	has     func(m member) bool // rows; nil: all
	presets []string            // a cell holds their values side by side, once where they agree
	columns []column
}

// text returns the table as Markdown.
func (t table) text() (string, error) {
	var b strings.Builder
	b.WriteString("| |")
	for _, c := range t.columns {
		b.WriteString(" " + c.title + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(t.columns)) + "\n")
	for _, a := range agent.Algorithms {
		cells, err := t.row(a)
		if err != nil {
			return "", err
		}
		if cells != nil {
			b.WriteString("| `" + a.Name + "` | " + strings.Join(cells, " | ") + " |\n")
		}
	}
	return b.String(), nil
}

// row returns the cells of one algorithm, nil if the table leaves it out.
func (t table) row(a agent.Algorithm) ([]string, error) {
	var all [][]string // of every preset
	for _, preset := range t.presets {
		m, err := resolve(a, preset, shown)
		if err != nil {
			return nil, err
		}
		if t.has != nil && !t.has(m) {
			return nil, nil
		}
		cells, err := t.cells(m)
		if err != nil {
			return nil, fmt.Errorf("%s, preset %s: %w", a.Name, preset, err)
		}
		if len(t.presets) == 1 {
			if err := t.mark(a, preset, cells); err != nil {
				return nil, err
			}
		}
		all = append(all, cells)
	}
	out := make([]string, len(t.columns))
	for c := range out {
		var values []string
		for _, cells := range all {
			values = append(values, cells[c])
		}
		if len(slices.Compact(slices.Clone(values))) == 1 {
			values = values[:1]
		}
		out[c] = strings.Join(values, " / ")
	}
	return out, nil
}

// mark marks the cells that differ on another task.
func (t table) mark(a agent.Algorithm, preset string, cells []string) error {
	marked := make([]bool, len(cells))
	for _, task := range others {
		m, err := resolve(a, preset, task)
		if err != nil {
			return err
		}
		there, err := t.cells(m)
		if err != nil {
			return fmt.Errorf("%s on %s: %w", a.Name, task, err)
		}
		for c := range cells {
			marked[c] = marked[c] || there[c] != cells[c]
		}
	}
	for c := range cells {
		if marked[c] {
			cells[c] += differs
		}
	}
	return nil
}

// cells returns the values of one member, or which setting has no words.
func (t table) cells(m member) (out []string, err error) {
	for _, c := range t.columns {
		s := c.cell(m)
		if strings.Contains(s, unknown) {
			return nil, fmt.Errorf("column %q: docs/tables has no words for %s", c.title, s)
		}
		out = append(out, s)
	}
	return out, nil
}

func resolve(a agent.Algorithm, preset, id string) (member, error) {
	task, err := env.Lookup(id)
	if err != nil {
		return member{}, err
	}
	s, err := agent.Preset(a, preset, task)
	return member{s, a.PerEpisode}, err
}
