package main

import (
	"fmt"
	"os"
	"strings"

	_ "demorl/env/classic"
	_ "demorl/env/leg"
	_ "demorl/env/mujoco/gymtasks" // the tasks of the published settings
)

func main() {
	if err := obey(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "tables:", err)
		os.Exit(1)
	}
}

func obey(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("usage: tables PAGE")
	}
	page, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	text, err := fill(string(page))
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	return os.WriteFile(args[0], []byte(text), 0o644)
}

// fill returns the page with every table written anew.
func fill(page string) (string, error) {
	for _, t := range tables {
		text, err := t.text()
		if err != nil {
			return "", err
		}
		begin, end := fmt.Sprintf("<!-- table %s: made by make tables -->\n", t.name), fmt.Sprintf("<!-- table %s: end -->", t.name)
		before, rest, found := strings.Cut(page, begin)
		_, after, closed := strings.Cut(rest, end)
		if !found || !closed {
			return "", fmt.Errorf("no lines %q and %q", strings.TrimSpace(begin), end)
		}
		page = before + begin + "\n" + text + "\n" + end + after
	}
	return page, nil
}
