package main

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"demorl/report"
)

func main() {
	if err := obey(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "draw:", err)
		os.Exit(1)
	}
}

// obey runs one of the four commands.
func obey(args []string) error {
	switch {
	case len(args) == 2 && args[0] == "all":
		files, err := generate(args[1])
		if err != nil {
			return err
		}
		for _, f := range files {
			if err := os.WriteFile(f.path, f.data, 0o644); err != nil {
				return err
			}
		}
		return nil
	case len(args) > 4 && args[0] == "add" && args[1] == "-as":
		return add(args[3], args[2], args[4:])
	case len(args) > 2 && args[0] == "add" && args[1] != "-as":
		return add(args[1], "", args[2:])
	case len(args) > 4 && args[0] == "elites" && args[1] == "-threshold":
		threshold, err := strconv.ParseFloat(args[2], 64)
		if err != nil || threshold == 0 || math.IsNaN(threshold) || math.IsInf(threshold, 0) {
			return fmt.Errorf("-threshold %q: want a return that is not 0", args[2])
		}
		return addElites(args[3], threshold, args[4:])
	case len(args) > 2 && args[0] == "elites" && args[1] != "-threshold":
		return addElites(args[1], 0, args[2:])
	case len(args) > 3 && args[0] == "curve":
		return draw(args[1:])
	}
	return fmt.Errorf("usage: draw all ROOT, draw add [-as NAME] ROOT RUN..., draw elites [-threshold RETURN] ROOT RUN..., or draw curve TITLE FILE.svg NAME=EVAL.csv,EVAL.csv ...")
}

// draw takes title, file and the curves.
func draw(args []string) error {
	var all []report.Series
	for _, arg := range args[2:] {
		name, files, ok := strings.Cut(arg, "=")
		if !ok {
			return fmt.Errorf("%q is not NAME=FILES", arg)
		}
		s, err := seeds(name, strings.Split(files, ","))
		if err != nil {
			return err
		}
		all = append(all, s)
	}
	out, err := os.Create(args[1])
	if err != nil {
		return err
	}
	if err := report.Curve(out, args[0], all); err != nil {
		return err
	}
	return out.Close()
}

// seeds joins the curves of several seeds at the steps that all of them have.
func seeds(name string, files []string) (report.Series, error) {
	byStep := map[float64][]float64{}
	for _, file := range files {
		in, err := os.Open(file)
		if err != nil {
			return report.Series{}, err
		}
		episodes, err := report.ReadEval(in)
		in.Close()
		if err != nil {
			return report.Series{}, fmt.Errorf("%s: %w", file, err)
		}
		one := report.ByStep(name, "policy", episodes)
		for i, step := range one.Steps {
			byStep[step] = append(byStep[step], one.Mean[i])
		}
	}
	out := report.Series{Name: name}
	var steps []float64
	for step, means := range byStep {
		if len(means) == len(files) {
			steps = append(steps, step)
		}
	}
	slices.Sort(steps)
	for _, step := range steps {
		sum, low, high := 0.0, math.Inf(1), math.Inf(-1)
		for _, m := range byStep[step] {
			sum, low, high = sum+m, min(low, m), max(high, m)
		}
		out.Steps = append(out.Steps, step)
		out.Mean = append(out.Mean, sum/float64(len(files)))
		out.Low, out.High = append(out.Low, low), append(out.High, high)
	}
	return out, nil
}
