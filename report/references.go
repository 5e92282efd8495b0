package report

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Reference is what normalises the returns of one task: 0 is what uniform
// actions earn, 1 what the reference earns (baselines.md section 8.4).
type Reference struct {
	Random          float64 `yaml:"random" json:"random"`
	RandomSource    string  `yaml:"random_source" json:"random_source"`
	Reference       float64 `yaml:"reference" json:"reference"`
	ReferenceSource string  `yaml:"reference_source" json:"reference_source"`
}

// Normalise returns the score of a return.
func (r Reference) Normalise(earned float64) float64 {
	return (earned - r.Random) / (r.Reference - r.Random)
}

//go:embed references.yaml
var references []byte

// References are the stored references by task id.
func References() map[string]Reference {
	all, err := ReadReferences(bytes.NewReader(references))
	if err != nil {
		panic("report: references.yaml: " + err.Error()) // a test reads it
	}
	return all
}

// form is what a file of references looks like.
const form = "TASK: {random: RETURN, random_source: TEXT, reference: RETURN, reference_source: TEXT}"

// ReadReferences reads a file of the form of references.yaml, and returns every
// fault at once.
func ReadReferences(r io.Reader) (map[string]Reference, error) {
	var doc yaml.Node
	if err := yaml.NewDecoder(r).Decode(&doc); err != nil {
		var at *yaml.LoadError
		if errors.As(err, &at) {
			return nil, fmt.Errorf("line %d: not YAML: %s", max(1, at.Mark.Line), at.Message)
		}
		return nil, fmt.Errorf("it holds no references; want lines of the form %s", form)
	}
	all := map[string]Reference{}
	top := doc.Content[0]
	if top.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("line %d: want lines of the form %s", top.Line, form)
	}
	var faults []error
	for i := 0; i+1 < len(top.Content); i += 2 {
		id := top.Content[i].Value
		if _, twice := all[id]; twice {
			faults = append(faults, fmt.Errorf("line %d: %s stands there twice; remove one", top.Content[i].Line, id))
		}
		one, err := readReference(id, top.Content[i+1])
		all[id], faults = one, append(faults, err)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return all, faulty(all)
}

// readReference reads the reference of task id.
func readReference(id string, n *yaml.Node) (one Reference, err error) {
	if n.Kind != yaml.MappingNode {
		return one, fmt.Errorf("line %d: %s: want the form %s", n.Line, id, form)
	}
	into := map[string]any{
		"random": &one.Random, "random_source": &one.RandomSource, "reference": &one.Reference, "reference_source": &one.ReferenceSource,
	}
	var faults []error
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		field, known := into[key.Value]
		if !known {
			faults = append(faults, fmt.Errorf("line %d: %s: there is no %q; want the form %s", key.Line, id, key.Value, form))
			continue
		}
		if value.Kind != yaml.ScalarNode || value.Decode(field) != nil {
			want := "a number"
			if _, text := field.(*string); text {
				want = "text"
			}
			faults = append(faults, fmt.Errorf("line %d: %s: %s is no %s; want %s", value.Line, id, key.Value, strings.TrimPrefix(want, "a "), want))
		}
	}
	return one, errors.Join(faults...)
}

// faulty finds references that cannot normalise or do not say where they are from.
func faulty(all map[string]Reference) error {
	var faults []error
	for _, id := range slices.Sorted(maps.Keys(all)) {
		one := all[id]
		if !isFinite(one.Random) || !isFinite(one.Reference) || one.Reference <= one.Random {
			faults = append(faults, fmt.Errorf("%s: random is %g and reference %g; want finite returns, the reference's the larger", id, one.Random, one.Reference))
		}
		if one.RandomSource == "" || one.ReferenceSource == "" {
			faults = append(faults, fmt.Errorf("%s: random_source is %q and reference_source %q; say where each figure is from", id, one.RandomSource, one.ReferenceSource))
		}
	}
	return errors.Join(faults...)
}
