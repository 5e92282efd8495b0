package taskfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"demorl/env"
	"demorl/settings"
)

// reader collects the faults of one file while it is read and compiled.
type reader struct {
	source string // how faults call the file
	faults []settings.Fault
}

// fault records what is wrong at a place.
func (r *reader) fault(at place, format string, args ...any) {
	r.faults = append(r.faults, settings.Fault{Source: r.source, Line: at.line, Column: at.column, Path: at.path, Problem: fmt.Sprintf(format, args...)})
}

// err is every fault, in the order of lines.
func (r *reader) err() error {
	if len(r.faults) == 0 {
		return nil
	}
	slices.SortStableFunc(r.faults, func(a, b settings.Fault) int { return a.Line - b.Line })
	return &settings.Faults{List: r.faults}
}

// place is where something was written.
type place struct {
	path         string // such as reward[1].weight
	line, column int
}

// value is one value of the file with its place.
type value struct {
	place
	node *yaml.Node
}

func at(n *yaml.Node, path string) value {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return value{place{path, n.Line, n.Column}, n}
}

// document parses the text; false means that it is not one YAML mapping.
func (r *reader) document(data []byte) (value, bool) {
	var doc, second yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	err := decoder.Decode(&doc)
	if err == nil {
		if err = decoder.Decode(&second); err == nil {
			r.fault(at(&second, "").place, "a second document begins here; a task is one document, remove the line ---")
		} else if errors.Is(err, io.EOF) {
			err = nil
		}
	}
	switch {
	case errors.Is(err, io.EOF) || err == nil && len(doc.Content) != 1:
		r.fault(place{}, "the file is empty; a task needs at least model, observation and reward")
		return value{}, false
	case err != nil:
		where := place{}
		var load *yaml.LoadError
		text := err.Error()
		if errors.As(err, &load) {
			where.line, where.column, text = max(load.Mark.Line, 1), max(load.Mark.Column, 1), load.Message
		}
		r.fault(where, "not YAML: %s", text)
		return value{}, false
	}
	return at(doc.Content[0], ""), true
}

// mapping returns the values of a mapping by their keys; keys that are not
// known are faults.
func (r *reader) mapping(v value, known ...string) map[string]value {
	out := map[string]value{}
	if v.node.Kind != yaml.MappingNode {
		r.fault(v.place, "want a mapping of %s, have %s", strings.Join(known, ", "), kindOf(v.node))
		return out
	}
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		key := v.node.Content[i]
		child := at(v.node.Content[i+1], strings.TrimPrefix(v.path+"."+key.Value, "."))
		where := place{child.path, key.Line, key.Column}
		switch _, twice := out[key.Value]; {
		case twice:
			r.fault(where, "is given twice; remove one")
		case !slices.Contains(known, key.Value):
			r.fault(where, "there is no such key here%s; known are %s", nearest(key.Value, known), strings.Join(known, ", "))
		default:
			out[key.Value] = child
		}
	}
	return out
}

// nearest suggests a name, or is "".
func nearest(word string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	best := slices.MinFunc(names, func(a, b string) int { return env.EditDistance(word, a) - env.EditDistance(word, b) })
	if d := env.EditDistance(word, best); d > max(2, len(word)/3) || d >= len(word) {
		return ""
	}
	return ", the nearest is " + best
}

// list returns the values of a sequence.
func (r *reader) list(v value) []value {
	if v.node.Kind != yaml.SequenceNode {
		r.fault(v.place, "want a list, have %s", kindOf(v.node))
		return nil
	}
	return v.children()
}

func (v value) children() []value {
	var out []value
	for i, n := range v.node.Content {
		out = append(out, at(n, fmt.Sprintf("%s[%d]", v.path, i)))
	}
	return out
}

// each returns a sequence's values, or the value alone where it is a scalar.
func (r *reader) each(v value) []value {
	if v.node.Kind == yaml.ScalarNode {
		return []value{v}
	}
	return r.list(v)
}

func (r *reader) text(v value) string {
	if v.node.Kind != yaml.ScalarNode || v.node.Value == "" || v.node.ShortTag() == "!!null" {
		r.fault(v.place, "want a name, have %s", kindOf(v.node))
		return ""
	}
	return v.node.Value
}

// texts is a name or a list of names.
func (r *reader) texts(v value) []string {
	var out []string
	for _, v := range r.each(v) {
		out = append(out, r.text(v))
	}
	if len(out) == 0 && v.node.Kind == yaml.SequenceNode {
		r.fault(v.place, "the list is empty")
	}
	return out
}

func (r *reader) number(v value) float64 {
	if v.node.Kind == yaml.ScalarNode {
		switch v.node.Value {
		case ".inf", "+.inf", "-.inf":
			sign := 1
			if v.node.Value[0] == '-' {
				sign = -1
			}
			return math.Inf(sign)
		}
		if x, err := strconv.ParseFloat(v.node.Value, 64); err == nil && !math.IsNaN(x) && !math.IsInf(x, 0) {
			return x
		}
	}
	r.fault(v.place, "want a number, have %s", kindOf(v.node))
	return 0
}

// finite is a number that is not infinite.
func (r *reader) finite(v value) float64 {
	x := r.number(v)
	if math.IsInf(x, 0) {
		r.fault(v.place, "want a finite number, have %s", kindOf(v.node))
	}
	return x
}

// numbers is a number or a list of numbers.
func (r *reader) numbers(v value) []float64 {
	var out []float64
	for _, v := range r.each(v) {
		out = append(out, r.number(v))
	}
	if len(out) == 0 && v.node.Kind == yaml.SequenceNode {
		r.fault(v.place, "the list is empty")
	}
	return out
}

// interval is a list of two numbers, low before high.
func (r *reader) interval(v value) (lo, hi float64) {
	if v.node.Kind != yaml.SequenceNode || len(v.node.Content) != 2 {
		r.fault(v.place, "want [low, high], have %s", kindOf(v.node))
		return 0, 1
	}
	x := r.numbers(v)
	if !(x[0] <= x[1]) {
		r.fault(v.place, "low %g is above high %g", x[0], x[1])
	}
	return x[0], x[1]
}

// symmetric is [low, high], or one number for both signs.
func (r *reader) symmetric(v value) (lo, hi float64) {
	if v.node.Kind != yaml.ScalarNode {
		return r.interval(v)
	}
	x := r.number(v)
	if x < 0 {
		r.fault(v.place, "%g is negative; one number stands for both signs", x)
		x = 0
	}
	return -x, x
}

func (r *reader) integer(v value, least int) int {
	x := r.number(v)
	if x != math.Trunc(x) || x < float64(least) || x > 1e9 {
		r.fault(v.place, "want an integer of at least %d, have %g", least, x)
		return least
	}
	return int(x)
}

func (r *reader) truth(v value) bool {
	if v.node.Kind != yaml.ScalarNode || v.node.Value != "true" && v.node.Value != "false" {
		r.fault(v.place, "want true or false, have %s", kindOf(v.node))
	}
	return v.node.Value == "true"
}

// choice is one of several words.
func (r *reader) choice(v value, words ...string) string {
	word := r.text(v)
	if word != "" && !slices.Contains(words, word) {
		r.fault(v.place, "%q is not known%s; known are %s", word, nearest(word, words), strings.Join(words, ", "))
		return words[0]
	}
	return word
}

func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return fmt.Sprintf("a list of %d", len(n.Content))
	}
	if n.Value == "" || n.ShortTag() == "!!null" {
		return "nothing"
	}
	return strconv.Quote(n.Value)
}
