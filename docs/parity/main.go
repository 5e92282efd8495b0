// Command parity compares every native task that has a running original with
// it, at length, and writes the rows of the table in docs/environments.md:
//
//	go run ./docs/parity [TASK ...]
//
// Without tasks the whole table between the page's markers is made again; with
// tasks their rows are printed.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"demorl/bench"
	"demorl/env"
	"demorl/env/parity"

	_ "demorl/env/mujoco/gymtasks"
	_ "demorl/env/mujoco/pddm"
)

const begin, end = "<!-- parity: made by make parity -->", "<!-- parity: end -->"

func main() {
	states := flag.String("states", "20", "states a task")
	actions := flag.String("actions", "200", "actions a state")
	flag.Parse()
	if err := run(*states, *actions, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(states, actions string, wanted []string) error {
	var table strings.Builder
	table.WriteString(begin + "\n\n| task | oracle | states x steps | ended | observation | reward | steps/s | oracle's |\n|---|---|---|---|---|---|---|---|\n")
	for _, suite := range parity.Suites {
		ids, err := suite.List()
		if err != nil {
			return err
		}
		if len(ids) > 0 {
			// Before anything is loaded: bits are equal only with the same library file.
			if err := suite.UseOraclesFiles(ids[0]); err != nil {
				return err
			}
		}
		for _, id := range ids {
			if len(wanted) > 0 && !slices.Contains(wanted, id) {
				continue
			}
			row, err := row(suite, id, states, actions)
			if err != nil {
				return err
			}
			fmt.Print(row)
			table.WriteString(row)
		}
	}
	if len(wanted) > 0 {
		return nil
	}
	return replace(table.String() + "\n")
}

// row compares one task and times both sides, on one thread, one after the other.
func row(suite parity.Suite, id, states, actions string) (string, error) {
	out, err := suite.Run("--states", states, "--actions", actions, "--rate", id)
	if err != nil {
		return "", err
	}
	e, err := env.Make(id)
	if err != nil {
		return "", err
	}
	defer e.Close()
	allowed := suite.Tolerance(id)
	report, err := parity.Compare(e, out, allowed)
	if err != nil {
		return "", err
	}
	rate, err := bench.NewEnvironment(id, 1)
	if err != nil {
		return "", err
	}
	obs := "equal"
	if report.Obs > 0 {
		obs = fmt.Sprintf("%.1e", report.Obs)
	}
	if allowed.Reason != "" {
		obs += " (" + allowed.Reason + ")"
	}
	return fmt.Sprintf("| %s | %s | %d x %s | %d | %s | %.1e | %.0f | %.0f |\n", id, report.Oracle, report.States, actions, report.Terminations,
		obs, report.Reward, rate.Steps, report.OracleRate), nil
}

// replace writes the table between the page's markers.
func replace(table string) error {
	root, err := parity.Root()
	if err != nil {
		return err
	}
	path := filepath.Join(root, "docs", "environments.md")
	page, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, found := strings.Cut(string(page), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		return fmt.Errorf("%s has no markers %q and %q", path, begin, end)
	}
	return os.WriteFile(path, []byte(before+table+end+after), 0o644)
}
