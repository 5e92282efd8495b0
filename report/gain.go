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

// Gain is one measurement of what plans gain over the policy from the same
// states, in the model (method.md A.4 step 8): mean discounted rewards over the
// horizon, and the same with the value at its end.
type Gain struct {
	Step         uint64 // real steps of the run so far
	ReturnPlan   float64
	ReturnPolicy float64
	RewardPlan   float64
	RewardPolicy float64
}

var gainHeader = []string{"step", "return_plan", "return_policy", "reward_plan", "reward_policy"}

// WriteGains writes a file that ReadGains reads back to the same numbers.
func WriteGains(w io.Writer, gains []Gain) error {
	out := csv.NewWriter(w)
	rows := [][]string{gainHeader}
	for _, g := range gains {
		row := []string{strconv.FormatUint(g.Step, 10)}
		for _, x := range []float64{g.ReturnPlan, g.ReturnPolicy, g.RewardPlan, g.RewardPolicy} {
			row = append(row, strconv.FormatFloat(x, 'g', -1, 64))
		}
		rows = append(rows, row)
	}
	return out.WriteAll(rows)
}

// ReadGains reads what WriteGains wrote; a fault names the line.
func ReadGains(r io.Reader) ([]Gain, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	in := csv.NewReader(bytes.NewReader(data))
	rows, err := in.ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 || !slices.Equal(rows[0], gainHeader) {
		return nil, fmt.Errorf("the first line must be the columns %v", gainHeader)
	}
	var gains []Gain
	for i, row := range rows[1:] {
		var g Gain
		var faults [5]error
		g.Step, faults[0] = strconv.ParseUint(row[0], 10, 64)
		for j, x := range []*float64{&g.ReturnPlan, &g.ReturnPolicy, &g.RewardPlan, &g.RewardPolicy} {
			*x, faults[j+1] = strconv.ParseFloat(row[j+1], 64)
		}
		if err := errors.Join(faults[:]...); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+2, err)
		}
		gains = append(gains, g)
	}
	return gains, nil
}
