package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"demorl/bench"
	"demorl/env"
	"demorl/env/parity"

	_ "demorl/env/mujoco/adroit"
	_ "demorl/env/mujoco/dmc"
	_ "demorl/env/mujoco/gymtasks"
	_ "demorl/env/mujoco/hand"
	_ "demorl/env/mujoco/pddm"
)

type options struct {
	states, actions string
	compare, rates  bool
	only            string
	tasks           []string
}

func main() {
	o := options{}
	flag.StringVar(&o.states, "states", "20", "states a task")
	flag.StringVar(&o.actions, "actions", "200", "actions a state")
	flag.BoolVar(&o.compare, "compare", true, "compare the tasks")
	flag.BoolVar(&o.rates, "rates", true, "measure both sides' steps a second")
	flag.StringVar(&o.only, "only", "", "the script whose tasks are done")
	flag.Parse()
	o.tasks = flag.Args()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(o options) error {
	root, err := parity.Root()
	if err != nil {
		return err
	}
	folder := filepath.Join(root, "docs")
	t, err := readTable(filepath.Join(folder, "parity", "table.csv"))
	if err != nil {
		return err
	}
	for _, suite := range parity.Suites {
		if o.only != "" && suite.Script != o.only {
			continue
		}
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
			if len(o.tasks) > 0 && !slices.Contains(o.tasks, id) {
				continue
			}
			r := t.row(id)
			if err := r.measure(suite, o); err != nil {
				return err
			}
			fmt.Println(r)
			if err := t.write(); err != nil {
				return err
			}
		}
	}
	return t.publish(filepath.Join(folder, "environments.md"))
}

// measure does what o asks for of one task; both sides are timed on one
// thread, one after the other.
func (r *row) measure(suite parity.Suite, o options) error {
	args := []string{"--states", "0", "--actions", "0"}
	if o.compare {
		args = []string{"--states", o.states, "--actions", o.actions}
	}
	if o.rates {
		args = append(args, "--rate")
	}
	out, err := suite.Run(append(args, r.task)...)
	if err != nil {
		return err
	}
	e, err := env.Make(r.task)
	if err != nil {
		return err
	}
	defer e.Close()
	allowed := suite.Tolerance(r.task)
	report, err := parity.Compare(e, out, allowed)
	if err != nil {
		return err
	}
	if o.compare {
		r.oracle, r.states, r.steps, r.ended = report.Oracle, report.States, report.Steps, report.Terminations
		r.obs, r.reward, r.reason = report.Obs, report.Reward, allowed.Reason
	}
	if !o.rates {
		return nil
	}
	rate, err := bench.NewEnvironment(r.task, 1)
	if err != nil {
		return err
	}
	r.rate, r.oracleRate = rate.Steps, report.OracleRate
	if rate.Bare != nil {
		r.bare = *rate.Bare
	}
	return nil
}

func count(x float64) string {
	if x == 0 {
		return ""
	}
	return strconv.FormatFloat(x, 'f', 0, 64)
}
