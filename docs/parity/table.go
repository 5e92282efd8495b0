package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sort"
	"strconv"
	"strings"
)

const begin, end = "<!-- parity: made by make parity -->", "<!-- parity: end -->"

var header = []string{"task", "oracle", "states", "steps", "ended", "obs", "reward", "reason", "rate", "bare", "oracle_rate"}

// row is what is known of one task.
type row struct {
	task, oracle           string
	states, steps, ended   int
	obs, reward            float64 // largest differences
	reason                 string  // why observations may differ
	rate, bare, oracleRate float64 // steps a second; 0 where not measured
}

func (r *row) String() string {
	obs := "equal"
	if r.obs > 0 {
		obs = fmt.Sprintf("%.1e", r.obs)
	}
	if r.reason != "" {
		obs += " (" + r.reason + ")"
	}
	share := ""
	if r.rate > 0 && r.bare > 0 {
		share = fmt.Sprintf("%.0f %%", 100*r.rate/r.bare)
	}
	times := ""
	if r.rate > 0 && r.oracleRate > 0 {
		times = fmt.Sprintf("%.1f", r.rate/r.oracleRate)
	}
	return fmt.Sprintf("| %s | %s | %d x %d | %d | %s | %.1e | %s | %s | %s | %s |", r.task, r.oracle, r.states, r.steps/max(1, r.states), r.ended,
		obs, r.reward, count(r.rate), share, count(r.oracleRate), times)
}

// table is the stored file.
type table struct {
	path string
	rows []*row
}

func readTable(path string) (*table, error) {
	t := &table{path: path}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return t, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for _, l := range lines[1:] {
		r := &row{task: l[0], oracle: l[1], reason: l[7]}
		for i, to := range map[int]*int{2: &r.states, 3: &r.steps, 4: &r.ended} {
			if *to, err = strconv.Atoi(l[i]); err != nil {
				return nil, fmt.Errorf("%s: %s: %w", path, r.task, err)
			}
		}
		for i, to := range map[int]*float64{5: &r.obs, 6: &r.reward, 8: &r.rate, 9: &r.bare, 10: &r.oracleRate} {
			if *to, err = strconv.ParseFloat(l[i], 64); err != nil {
				return nil, fmt.Errorf("%s: %s: %w", path, r.task, err)
			}
		}
		t.rows = append(t.rows, r)
	}
	return t, nil
}

// row returns the line of a task, a new one if there is none.
func (t *table) row(task string) *row {
	for _, r := range t.rows {
		if r.task == task {
			return r
		}
	}
	r := &row{task: task}
	t.rows = append(t.rows, r)
	sort.Slice(t.rows, func(i, j int) bool { return t.rows[i].task < t.rows[j].task })
	return r
}

func (t *table) write() error {
	f, err := os.Create(t.path)
	if err != nil {
		return err
	}
	w := csv.NewWriter(f)
	w.Write(header)
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', 4, 64) }
	for _, r := range t.rows {
		w.Write([]string{
			r.task, r.oracle, strconv.Itoa(r.states), strconv.Itoa(r.steps), strconv.Itoa(r.ended), number(r.obs), number(r.reward), r.reason,
			number(r.rate), number(r.bare), number(r.oracleRate),
		})
	}
	w.Flush()
	return errors.Join(w.Error(), f.Close())
}

// publish writes the table between the page's markers.
func (t *table) publish(path string) error {
	page, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, found := strings.Cut(string(page), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		return fmt.Errorf("%s has no markers %q and %q", path, begin, end)
	}
	var text strings.Builder
	text.WriteString(begin + "\n\n| task | oracle | states x steps | ended | observation | reward | steps/s | of the bare loop | oracle's steps/s | times |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for _, r := range t.rows {
		text.WriteString(r.String() + "\n")
	}
	return os.WriteFile(path, []byte(before+text.String()+"\n"+end+after), 0o644)
}
