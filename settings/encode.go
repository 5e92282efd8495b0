package settings

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Encode writes the complete settings of src (a struct or a pointer to one) as
// YAML, in the order of declaration, with a comment behind each value that is
// not a default. Decoding the text over any struct of the same type gives src
// again, bit for bit. It fails for text that is not UTF-8. Origins may be nil.
func Encode(src any, o *Origins) ([]byte, error) {
	var b bytes.Buffer
	err := encodeGroup(&b, structOf(src), "", 0, o)
	return b.Bytes(), err
}

func encodeGroup(b *bytes.Buffer, v reflect.Value, path string, depth int, o *Origins) error {
	all := fields(v)
	if len(all) == 0 && depth > 0 {
		b.Truncate(b.Len() - 1) // the group stands on its own line
		b.WriteString(" {}\n")
	}
	for _, f := range all {
		p := join(path, f.name)
		b.WriteString(strings.Repeat("  ", depth))
		b.WriteString(f.name)
		b.WriteByte(':')
		if isGroup(f.value.Type()) {
			b.WriteByte('\n')
			if err := encodeGroup(b, f.value, p, depth+1, o); err != nil {
				return err
			}
			continue
		}
		text := encodeLeaf(f.value)
		if !utf8.ValidString(text) {
			return fmt.Errorf("settings: %s: %q is not UTF-8 text and cannot be written as YAML", p, text)
		}
		b.WriteByte(' ')
		b.WriteString(text)
		if from, ok := o.find(p); ok {
			b.WriteString("  # ")
			b.WriteString(comment(from.String()))
		}
		b.WriteByte('\n')
	}
	return nil
}

// comment is text as one line that YAML reads over. A file's name, which it may
// hold, can be of any bytes.
func comment(text string) string {
	line := strings.Join(strings.Fields(text), " ")
	return strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return unicode.ReplacementChar
		}
		return c
	}, strings.ToValidUTF8(line, string(unicode.ReplacementChar)))
}

// encodeLeaf is a setting as YAML. A nil slice is null, so that it stays nil.
func encodeLeaf(v reflect.Value) string {
	if !isList(v.Type()) {
		return encodeScalar(v)
	}
	if v.Kind() == reflect.Slice && v.IsNil() {
		return "null"
	}
	parts := make([]string, v.Len())
	for i := range parts {
		parts[i] = encodeScalar(v.Index(i))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func encodeScalar(v reflect.Value) string {
	switch {
	case v.Type() == durationType:
		return time.Duration(v.Int()).String()
	case isText(v.Type()):
		text, err := v.Addr().Interface().(encoding.TextMarshaler).MarshalText()
		if err != nil {
			panic(fmt.Sprintf("settings: %s cannot be written: %v", v.Type(), err))
		}
		return quote(string(text))
	}
	switch v.Kind() {
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.String:
		return quote(v.String())
	case reflect.Float32, reflect.Float64:
		return encodeFloat(v.Float(), v.Type().Bits())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return strconv.FormatUint(v.Uint(), 10)
	}
	return strconv.FormatInt(v.Int(), 10)
}

// encodeFloat is the shortest text that reads back as the same bits.
func encodeFloat(x float64, bits int) string {
	switch {
	case math.IsNaN(x):
		return ".nan"
	case math.IsInf(x, 1):
		return ".inf"
	case math.IsInf(x, -1):
		return "-.inf"
	}
	return strconv.FormatFloat(x, 'g', -1, bits)
}

// quote writes text, plain where no reader of YAML could take it for anything
// else, else in double quotes.
func quote(s string) string {
	if isPlain(s) || !utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			fmt.Fprintf(&b, `\U%08X`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// isPlain says whether s is a word of letters, digits and / _ - . that begins
// with a letter and is no word of YAML 1.1 or 1.2.
func isPlain(s string) bool {
	switch strings.ToLower(s) {
	case "", "true", "false", "yes", "no", "on", "off", "y", "n", "null":
		return false
	}
	for i, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || !strings.ContainsRune("0123456789/_-.", r)) {
			return false
		}
	}
	return true
}

// JSON writes the complete settings of src (a struct or a pointer to one) as
// one JSON object with the names of the YAML form, in the order of declaration.
// Numbers that JSON does not have are the strings "NaN", "Infinity" and
// "-Infinity"; durations are strings.
func JSON(src any) []byte {
	var b bytes.Buffer
	jsonGroup(&b, structOf(src))
	return b.Bytes()
}

func jsonGroup(b *bytes.Buffer, v reflect.Value) {
	b.WriteByte('{')
	for i, f := range fields(v) {
		if i > 0 {
			b.WriteByte(',')
		}
		name, _ := json.Marshal(f.name)
		b.Write(name)
		b.WriteByte(':')
		switch {
		case isGroup(f.value.Type()):
			jsonGroup(b, f.value)
		case isList(f.value.Type()):
			jsonList(b, f.value)
		default:
			b.WriteString(jsonScalar(f.value))
		}
	}
	b.WriteByte('}')
}

func jsonList(b *bytes.Buffer, v reflect.Value) {
	if v.Kind() == reflect.Slice && v.IsNil() {
		b.WriteString("null")
		return
	}
	b.WriteByte('[')
	for i := range v.Len() {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(jsonScalar(v.Index(i)))
	}
	b.WriteByte(']')
}

func jsonScalar(v reflect.Value) string {
	text := ""
	switch {
	case v.Type() == durationType:
		text = time.Duration(v.Int()).String()
	case isText(v.Type()):
		raw, err := v.Addr().Interface().(encoding.TextMarshaler).MarshalText()
		if err != nil {
			panic(fmt.Sprintf("settings: %s cannot be written: %v", v.Type(), err))
		}
		text = string(raw)
	case v.Kind() == reflect.String:
		text = v.String()
	case v.CanFloat() && math.IsNaN(v.Float()):
		text = "NaN"
	case v.CanFloat() && math.IsInf(v.Float(), 1):
		text = "Infinity"
	case v.CanFloat() && math.IsInf(v.Float(), -1):
		text = "-Infinity"
	default:
		return encodeScalar(v)
	}
	raw, _ := json.Marshal(text)
	return string(raw)
}
