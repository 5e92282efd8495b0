package settings

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// expects says in words what a setting takes.
func expects(v reflect.Value) string {
	t := v.Type()
	switch {
	case t == durationType:
		return `a duration such as "50ms"`
	case isText(t):
		return "a name"
	case isGroup(t):
		return "a mapping of settings"
	case t.Kind() == reflect.Array:
		return fmt.Sprintf("a list of %d, each %s", t.Len(), expects(reflect.New(t.Elem()).Elem()))
	case t.Kind() == reflect.Slice:
		return "a list, each element " + expects(reflect.New(t.Elem()).Elem())
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "text"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "an integer of at least 0"
	}
	return "an integer"
}

// scalar decodes one word into v and returns what is wrong with it, or "".
func scalar(n *yaml.Node, v reflect.Value) string {
	want := expects(v)
	if n.Kind != yaml.ScalarNode {
		return fmt.Sprintf("expected %s, have %s", want, kindOf(n))
	}
	quoted := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
	if !quoted && n.ShortTag() == "!!null" {
		return fmt.Sprintf("expected %s, have nothing; leave the line out to keep the default", want)
	}
	word := n.Value
	switch {
	case v.Type() == durationType:
		d, err := time.ParseDuration(word)
		if err != nil {
			return fmt.Sprintf("expected %s, have %q", want, word)
		}
		v.SetInt(int64(d))
		return ""
	case isText(v.Type()):
		if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(word)); err != nil {
			return err.Error()
		}
		return ""
	case v.Kind() == reflect.String:
		v.SetString(word)
		return ""
	case quoted:
		return fmt.Sprintf("expected %s, have the text %q; remove the quotes", want, word)
	}
	return number(word, v, want)
}

// number decodes a truth value or a number.
func number(word string, v reflect.Value, want string) string {
	switch v.Kind() {
	case reflect.Bool:
		if word != "true" && word != "false" {
			return fmt.Sprintf("expected %s, have %q", want, word)
		}
		v.SetBool(word == "true")
	case reflect.Float32, reflect.Float64:
		x, err := parseFloat(word, v.Type().Bits())
		if err != nil {
			return fmt.Sprintf("expected %s, have %q%s", want, word, tooLarge(err))
		}
		v.SetFloat(x)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		x, err := strconv.ParseUint(integer(word), 0, v.Type().Bits())
		if err != nil {
			return fmt.Sprintf("expected %s, have %q%s", want, word, tooLarge(err))
		}
		v.SetUint(x)
	default:
		x, err := strconv.ParseInt(integer(word), 0, v.Type().Bits())
		if err != nil {
			return fmt.Sprintf("expected %s, have %q%s", want, word, tooLarge(err))
		}
		v.SetInt(x)
	}
	return ""
}

// tooLarge adds the reason where a number does not fit its field.
func tooLarge(err error) string {
	if ne, ok := err.(*strconv.NumError); ok && ne.Err == strconv.ErrRange {
		return ", which is out of range"
	}
	return ""
}

// integer rewrites a whole number with an exponent (1e6) as digits. A number
// with leading zeros is refused, since YAML 1.1 reads it as octal and 1.2 does
// not; 5.7 stays as it is and fails to parse.
func integer(word string) string {
	digits := strings.TrimLeft(word, "+-")
	if len(digits) > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9' {
		return "octal"
	}
	if strings.ContainsAny(digits, "eE") && !strings.HasPrefix(digits, "0x") {
		if x, err := strconv.ParseFloat(word, 64); err == nil && x == math.Trunc(x) && math.Abs(x) < 1<<53 {
			return strconv.FormatFloat(x, 'f', 0, 64)
		}
	}
	return strings.TrimPrefix(word, "+")
}

// parseFloat reads a number of YAML: decimal or integer in any base, .inf, .nan.
func parseFloat(word string, bits int) (float64, error) {
	sign, rest := 1, strings.TrimPrefix(word, "+")
	if strings.HasPrefix(word, "-") {
		sign, rest = -1, word[1:]
	}
	switch rest {
	case ".inf", ".Inf", ".INF":
		return math.Inf(sign), nil
	case ".nan", ".NaN", ".NAN":
		return math.NaN(), nil
	}
	if rest == "" || !strings.ContainsAny(rest[:1], "0123456789.") {
		return 0, strconv.ErrSyntax // Go's own "inf", "nan"
	}
	if strings.HasPrefix(rest, "0x") {
		x, err := strconv.ParseInt(word, 0, 64)
		return float64(x), err
	}
	return strconv.ParseFloat(strings.ReplaceAll(word, "_", ""), bits)
}
