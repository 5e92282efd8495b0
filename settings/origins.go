package settings

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode"
)

// Origin is where one value was written.
type Origin struct {
	Source       string
	Line, Column int // 0 where the source has no lines
}

// String is "run.yaml:12:3", "preset lite" or "--set".
func (o Origin) String() string {
	if o.Line > 0 {
		return fmt.Sprintf("%s:%d:%d", o.Source, o.Line, o.Column)
	}
	return o.Source
}

// Origins tells for each path where its value came from.
type Origins struct{ at map[string]Origin }

// NewOrigins says that every value is a default.
func NewOrigins() *Origins { return &Origins{at: map[string]Origin{}} }

// Of returns where the value at path came from: "default", "preset lite",
// "run.yaml:12:3", "--set".
func (o *Origins) Of(path string) string {
	if from, ok := o.find(path); ok {
		return from.String()
	}
	return "default"
}

func (o *Origins) find(path string) (Origin, bool) {
	if o == nil {
		return Origin{}, false
	}
	from, ok := o.at[path]
	return from, ok
}

// Mark says that the value at path came from source ("preset lite", "--seed").
func (o *Origins) Mark(path, source string) { o.at[path] = Origin{Source: source} }

// MarkChanged marks every path at which before and after, two structs of one
// type, differ: the way to name a layer that is written in Go.
func (o *Origins) MarkChanged(before, after any, source string) {
	b := structOf(before)
	walk(structOf(after), "", func(path string, leaf reflect.Value) {
		if old, ok := find(b, path); !ok || encodeLeaf(old) != encodeLeaf(leaf) {
			o.Mark(path, source)
		}
	})
}

// Explain turns what a Validate method returned into Faults: the joined errors
// one by one, each with the place where the path that it names was written.
// A nil error stays nil.
func Explain(err error, o *Origins) error {
	if err == nil {
		return nil
	}
	var known *Faults
	if errors.As(err, &known) {
		return err
	}
	all := &Faults{}
	for _, sentence := range sentences(err, "") {
		f := Fault{Problem: sentence}
		if path := o.named(sentence); path != "" {
			from := o.at[path]
			f.Path, f.Source, f.Line, f.Column = path, from.Source, from.Line, from.Column
		}
		all.List = append(all.List, f)
	}
	return all
}

// sentences flattens joined errors, keeping what a wrapper wrote before them.
func sentences(err error, prefix string) []string {
	switch e := err.(type) {
	case interface{ Unwrap() []error }:
		var list []string
		for _, inner := range e.Unwrap() {
			list = append(list, sentences(inner, prefix)...)
		}
		return list
	case interface{ Unwrap() error }:
		inner := e.Unwrap()
		if inner != nil && strings.Contains(inner.Error(), "\n") && strings.HasSuffix(err.Error(), inner.Error()) {
			return sentences(inner, prefix+strings.TrimSuffix(err.Error(), inner.Error()))
		}
	}
	return []string{prefix + err.Error()}
}

// named returns the longest path with a known origin that the sentence names.
// Case and underscores do not count, so that Planner.StepMean names
// planner.step_mean.
func (o *Origins) named(sentence string) string {
	if o == nil {
		return ""
	}
	words := map[string]bool{}
	for _, w := range strings.FieldsFunc(sentence, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '.'
	}) {
		words[plain(strings.Trim(w, "."))] = true
	}
	best := ""
	for path := range o.at {
		if words[plain(path)] && (len(path) > len(best) || len(path) == len(best) && path < best) {
			best = path
		}
	}
	return best
}

func plain(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }
