package report

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// Episode is one row of eval.csv.
type Episode struct {
	Step    uint64 // real steps of the run so far
	Episode int
	Return  float64
	Length  int
	Actor   string // "policy", "planner" or "newest"
}

// Series is a line with a band around it. Low and High may be nil: no band.
// A point that is not finite is left out and breaks the line.
type Series struct {
	Name  string
	Steps []float64
	Mean  []float64
	Low   []float64
	High  []float64

	// Thin lines stand behind the others, without dots and without a name in
	// the legend.
	Thin bool
	// Colour is the number of the series, counted from 1, whose colour this one
	// has; 0: its own.
	Colour int
}

// ReadEval reads eval.csv. A last line without its end is left out, since a run
// may be writing it; any other fault names the line.
func ReadEval(r io.Reader) ([]Episode, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	data = data[:bytes.LastIndexByte(data, '\n')+1]
	in := csv.NewReader(bytes.NewReader(data))
	in.FieldsPerRecord = 5
	rows, err := in.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("eval.csv: %w", err)
	}
	want := []string{"step", "episode", "return", "length", "actor"}
	if len(rows) == 0 || !slices.Equal(rows[0], want) {
		return nil, fmt.Errorf("eval.csv: the first line must be %s", "step,episode,return,length,actor")
	}
	list := make([]Episode, 0, len(rows)-1)
	for i, row := range rows[1:] {
		e, err := parseEpisode(row)
		if err != nil {
			return nil, fmt.Errorf("eval.csv line %d: %w", i+2, err)
		}
		list = append(list, e)
	}
	return list, nil
}

func parseEpisode(row []string) (Episode, error) {
	e := Episode{Actor: row[4]}
	var err [4]error
	e.Step, err[0] = strconv.ParseUint(row[0], 10, 64)
	e.Episode, err[1] = strconv.Atoi(row[1])
	e.Return, err[2] = strconv.ParseFloat(row[2], 64)
	e.Length, err[3] = strconv.Atoi(row[3])
	return e, errors.Join(err[:]...)
}

// ByStep gathers the episodes of one actor: mean, lowest and highest return of
// each step, in the order of steps. An empty actor takes all.
func ByStep(name, actor string, episodes []Episode) Series {
	groups := map[uint64][]float64{}
	for _, e := range episodes {
		if actor == "" || e.Actor == actor {
			groups[e.Step] = append(groups[e.Step], e.Return)
		}
	}
	steps := make([]uint64, 0, len(groups))
	for s := range groups {
		steps = append(steps, s)
	}
	slices.Sort(steps)
	out := Series{Name: name}
	for _, s := range steps {
		sum := 0.0
		for _, r := range groups[s] {
			sum += r
		}
		out.Steps = append(out.Steps, float64(s))
		out.Mean = append(out.Mean, sum/float64(len(groups[s])))
		out.Low = append(out.Low, slices.Min(groups[s]))
		out.High = append(out.High, slices.Max(groups[s]))
	}
	return out
}
