package report

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

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

// ReadReferences reads a file of the form of references.yaml, and returns every
// fault at once.
func ReadReferences(r io.Reader) (map[string]Reference, error) {
	all := map[string]Reference{}
	in := yaml.NewDecoder(r)
	in.KnownFields(true)
	if err := in.Decode(&all); err != nil {
		return nil, err
	}
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
	return all, errors.Join(faults...)
}
