package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Source is one layer of settings: a YAML document, or one assignment.
type Source struct {
	Name  string // how faults and origins call it: a file name, "preset lite", "--set"
	YAML  []byte // the document, where Path is empty
	Path  string // the setting that an assignment sets
	Value string // what an assignment sets it to, as YAML; text needs no quotes

	// NoLines leaves line and column out of origins and faults, for a
	// document that the user cannot open.
	NoLines bool
}

// YAML is the source of a document in the file called name.
func YAML(name string, data []byte) Source { return Source{Name: name, YAML: data} }

// Preset is the source of a document inside the program.
func Preset(name string, data []byte) Source { return Source{Name: name, YAML: data, NoLines: true} }

// Assign is the source of one assignment; name is the flag that it came from.
func Assign(name, path, value string) Source {
	return Source{Name: name, Path: path, Value: value, NoLines: true}
}

// ParseAssign reads "planner.samples=50" as it stands behind a flag called name.
func ParseAssign(name, text string) (Source, error) {
	path, value, ok := strings.Cut(text, "=")
	path = strings.TrimSpace(path)
	if !ok || path == "" {
		return Source{}, &Faults{[]Fault{{Source: name, Value: text, Expected: "path=value",
			Problem: fmt.Sprintf("%q is no assignment; write path=value, for example planner.samples=50", text)}}}
	}
	return Assign(name, path, strings.TrimSpace(value)), nil
}

// Decode decodes sources over dst, a pointer to a struct filled with defaults;
// later sources win. The error is a *Faults with every fault of every source;
// dst then holds what could be decoded and must not be used.
func Decode(dst any, sources ...Source) (*Origins, error) {
	o := NewOrigins()
	return o, o.Decode(dst, sources...)
}

// Decode is the function Decode for a struct some of whose origins are known.
func (o *Origins) Decode(dst any, sources ...Source) error {
	d := decoder{origins: o, root: target(dst)}
	for _, s := range sources {
		d.source = s
		if s.Path != "" {
			d.assign(s.Path, s.Value)
		} else {
			d.document(s.YAML)
		}
	}
	if len(d.faults) > 0 {
		return &Faults{d.faults}
	}
	return nil
}

// Set sets one value, written as behind --set. The error is a *Faults.
func Set(dst any, path, value string) error {
	_, err := Decode(dst, Assign("--set", path, value))
	return err
}

// decoder collects the faults of one decoding.
type decoder struct {
	root    reflect.Value
	source  Source
	origins *Origins
	faults  []Fault
}

// fault records what is wrong at node n, which may be nil.
func (d *decoder) fault(n *yaml.Node, f Fault) {
	f.Source = d.source.Name
	if n != nil && !d.source.NoLines {
		f.Line, f.Column = n.Line, n.Column
	}
	d.faults = append(d.faults, f)
}

// document decodes a whole YAML document. An empty one sets nothing.
func (d *decoder) document(data []byte) {
	var doc, second yaml.Node
	r := yaml.NewDecoder(bytes.NewReader(data))
	if err := r.Decode(&doc); err != nil {
		if !errors.Is(err, io.EOF) {
			d.syntax(err)
		}
		return
	}
	if err := r.Decode(&second); err == nil {
		d.fault(&second, Fault{Problem: "a second document begins here; settings are one document, remove the line ---"})
	} else if !errors.Is(err, io.EOF) {
		d.syntax(err)
	}
	if len(doc.Content) == 1 && doc.Content[0].ShortTag() != "!!null" {
		d.group(doc.Content[0], d.root, "")
	}
}

// syntax records that the text is not YAML.
func (d *decoder) syntax(err error) {
	f := Fault{Source: d.source.Name, Expected: "YAML", Problem: "not YAML: " + err.Error()}
	var at *yaml.LoadError
	if errors.As(err, &at) {
		f.Problem = "not YAML: " + at.Message
		if !d.source.NoLines {
			f.Line, f.Column = max(at.Mark.Line, 1), max(at.Mark.Column, 1)
		}
	}
	d.faults = append(d.faults, f)
}

// assign decodes one assignment.
func (d *decoder) assign(path, value string) {
	v, ok := find(d.root, path)
	if !ok {
		group, inside := deepest(d.root, path)
		d.unknown(nil, group, path, inside)
		return
	}
	if v.Kind() == reflect.String && !isText(v.Type()) { // text stands for itself
		d.leaf(&yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: value}, v, path)
		return
	}
	if isList(v.Type()) && !strings.HasPrefix(strings.TrimSpace(value), "[") && value != "null" {
		value = "[" + value + "]" // --set hidden=256,256
	}
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(value), &doc); err != nil || len(doc.Content) != 1 {
		d.fault(nil, Fault{Path: path, Value: value, Expected: expects(v),
			Problem: fmt.Sprintf("%q is not %s", value, expects(v))})
		return
	}
	if isGroup(v.Type()) {
		d.group(doc.Content[0], v, path)
		return
	}
	d.leaf(doc.Content[0], v, path)
}

// group decodes a mapping into a struct.
func (d *decoder) group(n *yaml.Node, v reflect.Value, path string) {
	n = resolve(n)
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
		return // a group whose every line is a comment
	}
	if n.Kind != yaml.MappingNode {
		f := Fault{Path: path, Value: text(n), Expected: "a mapping of settings"}
		f.Problem = fmt.Sprintf("expected a mapping of settings (name: value), have %s", kindOf(n))
		d.fault(n, f)
		return
	}
	all := fields(v)
	seen := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		name := key.Value
		if first := seen[name]; first != nil {
			d.fault(key, Fault{Path: join(path, name), Value: text(value), Expected: "one value",
				Problem: fmt.Sprintf("is set twice, first at line %d; remove one", first.Line)})
			continue
		}
		seen[name] = key
		at := -1
		for j := range all {
			if all[j].name == name && key.Kind == yaml.ScalarNode {
				at = j
			}
		}
		switch {
		case at < 0:
			d.unknown(key, path, join(path, name), v)
		case isGroup(all[at].value.Type()):
			d.group(value, all[at].value, join(path, name))
		default:
			d.leaf(value, all[at].value, join(path, name))
		}
	}
}

// leaf decodes a scalar or a list and notes where it came from.
func (d *decoder) leaf(n *yaml.Node, v reflect.Value, path string) {
	n = resolve(n)
	before := len(d.faults)
	if isList(v.Type()) {
		d.list(n, v, path)
	} else if problem := scalar(n, v); problem != "" {
		d.fault(n, Fault{Path: path, Value: text(n), Expected: expects(v), Problem: problem})
	}
	if len(d.faults) > before {
		return
	}
	from := Origin{Source: d.source.Name}
	if !d.source.NoLines {
		from.Line, from.Column = n.Line, n.Column
	}
	d.origins.at[path] = from
}

// list decodes a sequence; it replaces the default, it does not add to it.
func (d *decoder) list(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" && v.Kind() == reflect.Slice && n.Value != "" {
		v.SetZero()
		return
	}
	if n.Kind != yaml.SequenceNode {
		d.fault(n, Fault{Path: path, Value: text(n), Expected: expects(v),
			Problem: fmt.Sprintf("expected %s, have %s", expects(v), kindOf(n))})
		return
	}
	if v.Kind() == reflect.Array && len(n.Content) != v.Len() {
		d.fault(n, Fault{Path: path, Value: text(n), Expected: expects(v),
			Problem: fmt.Sprintf("expected %s, have %d elements", expects(v), len(n.Content))})
		return
	}
	fresh := reflect.New(v.Type()).Elem()
	if v.Kind() == reflect.Slice {
		fresh.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	}
	for i, c := range n.Content {
		c = resolve(c)
		if problem := scalar(c, fresh.Index(i)); problem != "" {
			d.fault(c, Fault{Path: fmt.Sprintf("%s[%d]", path, i), Value: text(c), Expected: expects(fresh.Index(i)), Problem: problem})
		}
	}
	v.Set(fresh)
}

// unknown records a name that is no setting, and the nearest that is one: a
// neighbour in its own group first, else any path.
func (d *decoder) unknown(n *yaml.Node, group, path string, v reflect.Value) {
	f := Fault{Path: path, Problem: path + " is not a setting"}
	var names, near []string
	for _, g := range fields(v) {
		names, near = append(names, g.name), append(near, join(group, g.name))
	}
	last := path[strings.LastIndexByte(path, '.')+1:]
	if n := nearest(last, names); n != "" {
		f.Nearest = join(group, n)
	} else {
		f.Nearest = elsewhere(path, last, Paths(d.root.Addr().Interface()))
	}
	switch {
	case f.Nearest != "":
		f.Expected = f.Nearest
		f.Problem += "; did you mean " + f.Nearest + "?"
	case len(near) <= 12:
		f.Expected = "one of " + strings.Join(near, ", ")
		f.Problem += "; there are " + strings.Join(near, ", ")
	default:
		f.Problem += "; `demorl config` lists all of them"
	}
	d.fault(n, f)
}

// elsewhere finds the right name in another group, or the nearest path.
func elsewhere(path, last string, all []string) string {
	for _, p := range all {
		if p == last || strings.HasSuffix(p, "."+last) {
			return p
		}
	}
	return nearest(path, all)
}

// resolve follows aliases.
func resolve(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// text is a node as one short line, for faults.
func text(n *yaml.Node) string {
	switch n.Kind {
	case yaml.SequenceNode:
		return fmt.Sprintf("a list of %d", len(n.Content))
	case yaml.MappingNode:
		return "a mapping"
	}
	return n.Value
}

// kindOf is what a node is, in words.
func kindOf(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.ShortTag() == "!!null":
		return "nothing"
	}
	return fmt.Sprintf("%q", n.Value)
}
