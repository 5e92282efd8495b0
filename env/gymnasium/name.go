package gymnasium

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Prefix begins every name that only this package understands.
const Prefix = "gymnasium:"

// Default time limits of one request.
const (
	DefaultStep  = time.Minute
	DefaultStart = 5 * time.Minute
)

// Name is what a task's name says: which environment, made with which
// arguments, and how its process is run.
type Name struct {
	Module    string            // imported first; "" for none
	Env       string            // registered id, or a class of Module
	Arguments map[string]string // of gymnasium.make or the class, as written
	// Python is the interpreter; "" means $VIRTUAL_ENV/bin/python, else python3.
	Python string
	// Folder is where Module is looked for before the interpreter's packages.
	Folder string
	Step   time.Duration // within which a step must return
	Start  time.Duration // within which the start and every reset must return
	// Endless says that no episode ends before its time limit, so that no model
	// of endings is learned.
	Endless bool
}

// NameError is a name of this package's form that is wrong.
type NameError struct{ Name, Fault string }

func (e *NameError) Error() string {
	return fmt.Sprintf("%q: %s; the form is gymnasium:ENV, gymnasium:MODULE:ENV or gymnasium:MODULE:CLASS, then ?ARGUMENT=VALUE&... and #OPTION=VALUE&...", e.Name, e.Fault)
}

var (
	identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	module     = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$`)
	envID      = regexp.MustCompile(`^([\w-]+/)?[\w.-]+$`)
	// plain is a name without the prefix that may be a Gymnasium id.
	plain = regexp.MustCompile(`^([A-Za-z_][\w.]*:)?([\w-]+/)?[\w.-]+-v\d+([?#].*)?$`)
)

// Parse reads a name, with or without the prefix.
func Parse(text string) (Name, error) {
	n := Name{Step: DefaultStep, Start: DefaultStart}
	wrong := func(format string, args ...any) (Name, error) {
		return n, &NameError{text, fmt.Sprintf(format, args...)}
	}
	rest, options, _ := strings.Cut(strings.TrimPrefix(text, Prefix), "#")
	rest, arguments, _ := strings.Cut(rest, "?")
	n.Env = rest
	if i := strings.LastIndexByte(rest, ':'); i >= 0 {
		n.Module, n.Env = rest[:i], rest[i+1:]
		if !module.MatchString(n.Module) {
			return wrong("%q is no Python module", n.Module)
		}
	}
	if !envID.MatchString(n.Env) {
		return wrong("%q is no environment's id", n.Env)
	}
	var err error
	if n.Arguments, err = pairs(arguments); err != nil {
		return wrong("%v", err)
	}
	for key := range n.Arguments {
		if !identifier.MatchString(key) {
			return wrong("%q is no argument's name", key)
		}
	}
	set, err := pairs(options)
	if err != nil {
		return wrong("%v", err)
	}
	for _, key := range slices.Sorted(maps.Keys(set)) {
		if err := n.option(key, set[key]); err != nil {
			return wrong("%v", err)
		}
	}
	return n, nil
}

// option sets one option.
func (n *Name) option(key, value string) error {
	duration := func(d *time.Duration) error {
		got, err := time.ParseDuration(value)
		if err != nil || got <= 0 {
			return fmt.Errorf("%s=%s is no time such as 30s or 5m", key, value)
		}
		*d = got
		return nil
	}
	switch key {
	case "python":
		n.Python = value
	case "folder":
		n.Folder = value
	case "step_timeout":
		return duration(&n.Step)
	case "start_timeout":
		return duration(&n.Start)
	case "terminates":
		ends, err := strconv.ParseBool(value)
		if err != nil {
			return fmt.Errorf("terminates=%s; want true or false", value)
		}
		n.Endless = !ends
	default:
		return fmt.Errorf("no option is called %q; there are python, folder, step_timeout, start_timeout and terminates", key)
	}
	return nil
}

// pairs reads KEY=VALUE&KEY=VALUE with percent-encoded values.
func pairs(text string) (map[string]string, error) {
	if text == "" {
		return nil, nil
	}
	out := map[string]string{}
	for _, part := range strings.Split(text, "&") {
		key, value, ok := strings.Cut(part, "=")
		if !ok {
			return nil, fmt.Errorf("%q is no KEY=VALUE", part)
		}
		if _, twice := out[key]; twice {
			return nil, fmt.Errorf("%s is given twice", key)
		}
		decoded, err := url.PathUnescape(value)
		if err != nil {
			return nil, fmt.Errorf("%s=%s: a %% must be followed by two hexadecimal digits (%%25 for the sign itself)", key, value)
		}
		out[key] = decoded
	}
	return out, nil
}

// Short is the name of the environment with its arguments, without how it is run.
func (n Name) Short() string {
	text := Prefix
	if n.Module != "" {
		text += n.Module + ":"
	}
	return text + n.Env + join("?", n.Arguments)
}

// String is the complete name, which Parse reads back.
func (n Name) String() string {
	options := map[string]string{}
	set := func(key, value string, given bool) {
		if given {
			options[key] = value
		}
	}
	set("python", n.Python, n.Python != "")
	set("folder", n.Folder, n.Folder != "")
	set("step_timeout", n.Step.String(), n.Step != DefaultStep)
	set("start_timeout", n.Start.String(), n.Start != DefaultStart)
	set("terminates", "false", n.Endless)
	return n.Short() + join("#", options)
}

// join writes pairs in the order of their keys, first before all.
func join(first string, all map[string]string) string {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(all)) {
		b.WriteString(first)
		b.WriteString(key + "=")
		for _, c := range []byte(all[key]) {
			if c <= ' ' || c == 0x7f || strings.IndexByte("%&#?", c) >= 0 {
				fmt.Fprintf(&b, "%%%02X", c)
			} else {
				b.WriteByte(c)
			}
		}
		first = "&"
	}
	return b.String()
}

// settle completes a name with what holds now, so that it means the same in
// another shell and another folder.
func (n Name) settle() (Name, error) {
	path, err := interpreter(n.Python)
	if err != nil {
		return n, err
	}
	n.Python = path
	if n.Module != "" && n.Folder == "" {
		n.Folder = "."
	}
	if n.Folder != "" {
		if n.Folder, err = filepath.Abs(n.Folder); err != nil {
			return n, err
		}
	}
	return n, nil
}

// WithPython returns the name of the task with another interpreter. A name
// without the prefix gets it.
func WithPython(name, python string) (string, error) {
	n, err := Parse(name)
	if err != nil {
		return "", err
	}
	n.Python = python
	return n.String(), nil
}

// arguments are the keyword arguments as JSON: what is JSON itself, or Python's
// True, False and None, is that value, and everything else a string.
func (n Name) arguments() map[string]json.RawMessage {
	out := map[string]json.RawMessage{}
	for key, text := range n.Arguments {
		value := json.RawMessage(text)
		switch {
		case text == "True" || text == "False":
			value = json.RawMessage(strings.ToLower(text))
		case text == "None":
			value = json.RawMessage("null")
		case !json.Valid([]byte(text)):
			value, _ = json.Marshal(text) // a string can always be written
		}
		out[key] = value
	}
	return out
}

// isFile reports whether path is there and no folder.
func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}
