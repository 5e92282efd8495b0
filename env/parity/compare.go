package parity

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math"

	"demorl/env"
	"demorl/env/replay"
)

// Head is a script's first line.
type Head struct {
	Library string            // libmujoco's file, "" for a task without it
	Assets  string            // folder of models, where the task reads the original's own
	Oracle  string            // the original and its version
	Other   map[string]string `json:"-"`
}

// Report is what a comparison found.
type Report struct {
	Task, Oracle  string
	States, Steps int
	Terminations  int
	Obs, Reward   float64 // largest differences
	OracleRate    float64 // the original's steps per second; 0 if not asked for
}

// answer is a line of either side.
type answer struct {
	Action     []float64
	Obs        []float64
	Reward     float64
	Terminated bool
}

// Compare puts e in the states of a script's output, gives it the actions, and
// returns an error that names the first number which differs by more than
// allowed. e is a task without wrappers.
func Compare(e env.Env, out []byte, allowed Tolerance) (Report, error) {
	report := Report{Task: e.Spec().ID}
	head, in, want, err := parse(out, &report)
	if err != nil {
		return report, err
	}
	report.Oracle = head.Oracle
	var got bytes.Buffer
	if err := replay.Replay(e, bytes.NewReader(in), &got); err != nil {
		return report, fmt.Errorf("parity: %s: %w", report.Task, err)
	}
	lines := bufio.NewScanner(&got)
	lines.Buffer(nil, 1<<20)
	for n, w := range want {
		var g answer
		if !lines.Scan() {
			return report, fmt.Errorf("parity: %s: answer %d of %d is missing", report.Task, n, len(want))
		}
		if err := json.Unmarshal(lines.Bytes(), &g); err != nil {
			return report, fmt.Errorf("parity: %s: answer %d: %w", report.Task, n, err)
		}
		if err := report.add(e.Spec(), w, g, allowed); err != nil {
			return report, fmt.Errorf("parity: %s: answer %d: %w", report.Task, n, err)
		}
	}
	return report, nil
}

// parse splits a script's output into what replay.Replay reads and the answers.
func parse(out []byte, report *Report) (head Head, in []byte, want []answer, err error) {
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	if err := json.Unmarshal(lines[0], &head); err != nil {
		return head, nil, nil, fmt.Errorf("parity: the script's first line: %w", err)
	}
	var replayed bytes.Buffer
	encoder := json.NewEncoder(&replayed)
	for _, line := range lines[1:] {
		var object map[string]json.RawMessage
		if err := json.Unmarshal(line, &object); err != nil {
			return head, nil, nil, fmt.Errorf("parity: %w", err)
		}
		switch {
		case object["rate"] != nil:
			err = json.Unmarshal(object["rate"], &report.OracleRate)
		case object["task"] != nil: // a state: its observation is the next line
			delete(object, "task")
			err = encoder.Encode(object)
			report.States++
		default:
			var a answer
			if err = json.Unmarshal(line, &a); err == nil && a.Action != nil {
				err = encoder.Encode(map[string][]float64{"action": a.Action})
				report.Steps++
			}
			want = append(want, a)
		}
		if err != nil {
			return head, nil, nil, fmt.Errorf("parity: %w", err)
		}
	}
	return head, replayed.Bytes(), want, nil
}

// add compares one answer.
func (r *Report) add(spec env.Spec, want, got answer, allowed Tolerance) error {
	if len(got.Obs) != len(want.Obs) {
		return fmt.Errorf("%d observations, want %d", len(got.Obs), len(want.Obs))
	}
	for i, w := range want.Obs {
		if math.Float64bits(got.Obs[i]) == math.Float64bits(w) {
			continue
		}
		d := math.Abs(got.Obs[i] - w)
		r.Obs = max(r.Obs, d)
		if !(d <= allowed.Obs) || allowed.Obs == 0 {
			name := fmt.Sprint(i)
			if i < len(spec.ObsNames) {
				name += " (" + spec.ObsNames[i] + ")"
			}
			return fmt.Errorf("observation %s is %v, want %v", name, got.Obs[i], w)
		}
	}
	if want.Action == nil {
		return nil
	}
	d := math.Abs(got.Reward - want.Reward)
	r.Reward = max(r.Reward, d)
	if !(d <= allowed.Reward) {
		return fmt.Errorf("reward %v, want %v", got.Reward, want.Reward)
	}
	if got.Terminated != want.Terminated {
		return fmt.Errorf("terminated %v, want %v", got.Terminated, want.Terminated)
	}
	if want.Terminated {
		r.Terminations++
	}
	return nil
}
