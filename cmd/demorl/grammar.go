package main

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// negatives writes --flag -5 as --flag=-5: the parser takes what begins with a
// dash for a flag, and no flag's name is a number.
func negatives(args []string) []string {
	var joined []string
	for i, arg := range args {
		number := len(arg) > 1 && arg[0] == '-' && (arg[1] == '.' || arg[1] >= '0' && arg[1] <= '9')
		if last := len(joined) - 1; number && i > 0 && takesValue(args[i-1]) {
			joined[last] += "=" + arg
			continue
		}
		joined = append(joined, arg)
	}
	return joined
}

// takesValue reports whether what follows arg can be its value.
func takesValue(arg string) bool {
	return len(arg) > 2 && strings.HasPrefix(arg, "--") && !strings.Contains(arg, "=")
}

// misread is the error of a command line that does not fit the grammar; where
// words are missing or too many, it tells where the right ones stand.
func misread(err error) error {
	parse, ok := as[*kong.ParseError](err)
	text := err.Error()
	if ok && strings.HasPrefix(text, "--") {
		return usagef("%s", unfit(text))
	}
	if !ok {
		return usage{err}
	}
	help, last := "demorl help", false
	if command := parse.Context.Selected(); command != nil {
		help = strings.Replace(command.FullPath(), "demorl", help, 1)
		last = len(command.Children) == 0
	}
	if word, found := strings.CutPrefix(text, "unexpected argument "); found && !last {
		text = "unknown command " + word
	}
	if word, found := strings.CutPrefix(text, `expected "`); found {
		text = strings.TrimSuffix(word, `"`) + " is missing"
	}
	return usagef("%s (see `%s`)", text, help)
}

// unfits are the parser's sentences about values, in whose words a type of this
// program's language stands, and what to say to a user.
var unfits = []struct {
	parser *regexp.Regexp
	want   string
}{
	{regexp.MustCompile(`expected a valid \d+ bit uint but got (".*")$`), "an integer of at least 0"},
	{regexp.MustCompile(`expected a valid \d+ bit int but got (".*")$`), "an integer"},
	{regexp.MustCompile(`expected a float but got (".*") \(.*\)$`), "a number"},
	{regexp.MustCompile(`expected duration but got (".*"): .*$`), "a time such as 10ms"},
}

var (
	wholeNumber  = regexp.MustCompile(`^"[-+]?\d+"$`)
	missingValue = regexp.MustCompile(`expected \S+ value but got "EOL" .*$`)
)

// unfit says of a flag's value that does not fit what would.
func unfit(text string) string {
	for _, u := range unfits {
		at := u.parser.FindStringSubmatchIndex(text)
		if at == nil {
			continue
		}
		have := text[at[2]:at[3]]
		said := fmt.Sprintf("%sexpected %s, have %s", text[:at[0]], u.want, have)
		if wholeNumber.MatchString(have) && have[1] != '-' {
			said += ", which is out of range"
		}
		return said
	}
	return missingValue.ReplaceAllString(text, "the value is missing")
}

// refuseEmpty refuses flags and words that are there and empty, as an unset
// variable of a script leaves them: taken for left out, they would silently have
// their defaults, such as a place for a run.
func refuseEmpty(parsed *kong.Context) error {
	var all faults
	for _, p := range parsed.Path {
		switch {
		case p.Flag != nil && empty(p.Flag.Target):
			all.add(fmt.Errorf("--%s is empty; give a %s, or leave --%s out", p.Flag.Name, p.Flag.FormatPlaceHolder(), p.Flag.Name))
		case p.Positional != nil && empty(p.Positional.Target):
			all.add(fmt.Errorf("the argument <%s> is empty; give one", p.Positional.Name))
		}
	}
	return all.err()
}

// empty reports whether a value is an empty text, or a list of texts with an
// empty one in it.
func empty(v reflect.Value) bool {
	switch texts := v.Interface().(type) {
	case string:
		return texts == ""
	case []string:
		return slices.Contains(texts, "")
	}
	return false
}
