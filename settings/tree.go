package settings

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode"
)

// field is one setting or one group of settings in a struct.
type field struct {
	name  string
	value reflect.Value
}

var (
	durationType  = reflect.TypeFor[time.Duration]()
	unmarshalType = reflect.TypeFor[encoding.TextUnmarshaler]()
	marshalType   = reflect.TypeFor[encoding.TextMarshaler]()
)

// isText says whether t reads and writes itself as text.
func isText(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(unmarshalType) && reflect.PointerTo(t).Implements(marshalType)
}

// isGroup says whether t is a struct of further settings.
func isGroup(t reflect.Type) bool { return t.Kind() == reflect.Struct && !isText(t) }

// isList says whether t is a slice or array of scalars.
func isList(t reflect.Type) bool {
	return (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) && !isText(t)
}

// isScalar says whether a value of t is one word.
func isScalar(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Bool, reflect.String, reflect.Float32, reflect.Float64,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return true
	}
	return isText(t)
}

// fields lists the settings of a struct in the order of their declaration.
func fields(v reflect.Value) []field {
	t := v.Type()
	var list []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, option, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if name == "-" || !f.IsExported() {
			continue
		}
		if option == "inline" {
			list = append(list, fields(v.Field(i))...)
			continue
		}
		if name == "" {
			name = snake(f.Name)
		}
		if !isGroup(f.Type) && !isScalar(f.Type) && !(isList(f.Type) && isScalar(f.Type.Elem())) {
			panic(fmt.Sprintf("settings: field %s.%s has the type %s, which is no setting; tag it `yaml:\"-\"`", t, f.Name, f.Type))
		}
		list = append(list, field{name, v.Field(i)})
	}
	return list
}

// snake turns StepMean into step_mean and MinQ into min_q.
func snake(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 &&
			(!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// structOf returns the struct behind src, which is a struct or a pointer to one.
func structOf(src any) reflect.Value {
	v := reflect.ValueOf(src)
	for v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		panic(fmt.Sprintf("settings: %T is not a struct", src))
	}
	if !v.CanAddr() { // text types need an address
		c := reflect.New(v.Type()).Elem()
		c.Set(v)
		v = c
	}
	return v
}

// target returns the struct that dst points to.
func target(dst any) reflect.Value {
	v := reflect.ValueOf(dst)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		panic(fmt.Sprintf("settings: cannot decode into %T; give a pointer to a struct", dst))
	}
	return v.Elem()
}

// join appends a name to a dotted path.
func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// walk calls visit for every leaf below v, in the order of declaration.
func walk(v reflect.Value, path string, visit func(path string, leaf reflect.Value)) {
	for _, f := range fields(v) {
		p := join(path, f.name)
		if isGroup(f.value.Type()) {
			walk(f.value, p, visit)
			continue
		}
		visit(p, f.value)
	}
}

// Paths lists the dotted path of every setting of src (a struct or a pointer to
// one), in the order of declaration.
func Paths(src any) []string {
	var list []string
	walk(structOf(src), "", func(path string, _ reflect.Value) { list = append(list, path) })
	return list
}

// find returns the setting or group at a dotted path.
func find(v reflect.Value, path string) (reflect.Value, bool) {
	name, rest, more := strings.Cut(path, ".")
	for _, f := range fields(v) {
		if f.name != name {
			continue
		}
		if !more {
			return f.value, true
		}
		if isGroup(f.value.Type()) {
			return find(f.value, rest)
		}
	}
	return reflect.Value{}, false
}

// deepest follows a dotted path as long as it names groups; it returns the last
// one and its path.
func deepest(v reflect.Value, path string) (string, reflect.Value) {
	group := ""
	for {
		name, rest, more := strings.Cut(path, ".")
		inner, ok := find(v, name)
		if !more || !ok || !isGroup(inner.Type()) {
			return group, v
		}
		group, v, path = join(group, name), inner, rest
	}
}
