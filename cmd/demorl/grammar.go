package main

import (
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
	if !ok || strings.HasPrefix(text, "--") {
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
