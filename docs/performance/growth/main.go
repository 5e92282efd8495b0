package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"demorl/bench"
	"demorl/par"
	"demorl/report"
)

// sweep is one quantity that grows while the others keep the reference's size.
type sweep struct {
	name, axis string
	values     []int
	set        func(w *bench.PlannerWork, v int)
}

var sweeps = []sweep{
	{"candidates", "candidate sequences", []int{25, 50, 105, 200, 400}, func(w *bench.PlannerWork, v int) { w.Samples = v }},
	{"horizon", "imagined steps", []int{1, 2, 3, 5, 8, 12}, func(w *bench.PlannerWork, v int) { w.Horizon = v }},
	{"members", "ensemble members", []int{1, 2, 3, 5, 7, 10}, func(w *bench.PlannerWork, v int) { w.Members = v }},
	{"width", "units of each hidden layer", []int{64, 96, 128, 200, 256, 400}, func(w *bench.PlannerWork, v int) { w.Width = v }},
}

func main() {
	out := flag.String("out", "docs/performance", "folder to write to")
	repeat := flag.Int("repeat", 40, "decisions behind a median")
	flag.Parse()
	if err := run(*out, *repeat); err != nil {
		fmt.Fprintln(os.Stderr, "growth:", err)
		os.Exit(1)
	}
}

func run(out string, repeat int) error {
	one := par.New(1)
	defer one.Close()
	for _, s := range sweeps {
		if err := s.run(out, repeat, one); err != nil {
			return err
		}
	}
	return threads(out, repeat)
}

// run measures and draws one sweep on one thread.
func (s sweep) run(out string, repeat int, pool *par.Pool) error {
	var lines [2]report.Series
	for i, half := range []bool{false, true} {
		for _, v := range s.values {
			w := bench.ReferencePlanner(5)
			w.BFloat16 = half
			s.set(&w, v)
			p, err := bench.NewPlanner("reference", w, repeat, pool)
			if err != nil {
				return err
			}
			lines[i].Name = p.Precision
			lines[i].Steps, lines[i].Mean = append(lines[i].Steps, float64(v)), append(lines[i].Mean, p.Median)
		}
	}
	return write(out, s.name, "One decision at the reference size, one thread", s.axis, "median ms", lines[:])
}

// threads measures what more threads bring to each hot path, as a multiple of
// one thread.
func threads(out string, repeat int) error {
	lines := []report.Series{{Name: "decision"}, {Name: "SAC update"}, {Name: "fit step"}}
	for n := 1; n <= runtime.NumCPU(); n++ {
		rates, err := measure(n, repeat)
		if err != nil {
			return err
		}
		for i, rate := range rates {
			l := &lines[i]
			l.Steps, l.Mean = append(l.Steps, float64(n)), append(l.Mean, rate)
		}
	}
	for i := range lines {
		base := lines[i].Mean[0]
		for j := range lines[i].Mean {
			lines[i].Mean[j] /= base
		}
	}
	return write(out, "threads", "Speed beside one thread", "threads", "times as fast", lines)
}

func measure(threads, repeat int) ([]float64, error) {
	pool := par.New(threads)
	defer pool.Close()
	p, err := bench.NewPlanner("reference", bench.ReferencePlanner(5), repeat, pool)
	if err != nil {
		return nil, err
	}
	l, err := bench.NewLearner(256, []int{256, 256}, pool)
	if err != nil {
		return nil, err
	}
	f, err := bench.NewFit(7, pool)
	if err != nil {
		return nil, err
	}
	return []float64{p.Hz, l.Updates, f.Steps}, nil
}

// write stores lines as CSV and draws them.
func write(out, name, title, x, y string, lines []report.Series) error {
	var csv strings.Builder
	csv.WriteString(name)
	for _, l := range lines {
		csv.WriteString("," + l.Name)
	}
	for i := range lines[0].Steps {
		fmt.Fprintf(&csv, "\n%g", lines[0].Steps[i])
		for _, l := range lines {
			fmt.Fprintf(&csv, ",%.3f", l.Mean[i])
		}
	}
	csv.WriteString("\n")
	if err := os.WriteFile(filepath.Join(out, name+".csv"), []byte(csv.String()), 0o644); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(out, name+".svg"))
	if err != nil {
		return err
	}
	if err := report.Plot(f, title, x, y, lines); err != nil {
		return err
	}
	return f.Close()
}
