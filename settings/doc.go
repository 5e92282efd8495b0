// Package settings owns what a user may set: it decodes YAML documents and
// single assignments (--set planner.samples=50) over a struct that is already
// filled with defaults, so that an explicit zero means zero and what is left
// out keeps its default.
//
// What walks in: a pointer to a struct and its sources, in rising precedence.
// What walks out: the filled struct, Origins (where each value came from), or
// Faults (every fault at once, with file, line, column, path, value, what was
// expected and the nearest valid name). Encode writes the complete settings
// back as YAML; decoding that gives the same struct bit for bit.
//
//	s := agent.DefaultSettings()
//	from, err := settings.Decode(&s,
//		settings.YAML("run.yaml", data),
//		settings.Assign("--set", "planner.samples", "50"))
//
// A setting is an exported field of the struct or of a struct nested in it. Its
// name is its yaml tag, or the field's name in snake_case where there is none;
// `yaml:"-"` leaves a field out and `yaml:",inline"` flattens a struct. Leaves
// are truth values, numbers, strings, time.Duration, types that implement
// encoding.TextMarshaler and TextUnmarshaler, and slices or arrays of these.
// Any other kind of field is a programmer's error and panics.
//
// The package knows nothing of what the values mean: ranges and agreements
// between fields belong to the structs' Validate methods, which the caller
// calls; Explain then adds to such an error where the value came from.
package settings
