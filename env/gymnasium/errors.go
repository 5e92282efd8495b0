package gymnasium

import (
	"fmt"
	"strings"
)

// RefusedError is of an environment that is there, or is not known, and cannot
// be learned by any algorithm of this program.
type RefusedError struct {
	ID      string
	Why     string
	Nearest []string // known names close to one that is not known
	unknown bool     // no such environment
}

func (e *RefusedError) Error() string {
	text := fmt.Sprintf("%s cannot be used: %s", e.ID, e.Why)
	if len(e.Nearest) > 0 {
		text += "; did you mean " + strings.Join(e.Nearest, ", ") + "?"
	}
	return text
}

// ProcessError is a failure of the environment or of its process. Error is one
// line.
type ProcessError struct {
	ID    string
	Doing string // "start", "reset", "step", "save" or "restore"
	What  string // what happened, with the exception and its place
	// Output is the complete Python traceback, or the last that the process
	// printed.
	Output string
}

func (e *ProcessError) Error() string { return fmt.Sprintf("%s: %s: %s", e.ID, e.Doing, e.What) }

// report is what the process tells of a failure; child.py writes it.
type report struct {
	Kind      string   `json:"kind"`
	Text      string   `json:"text"`
	Where     string   `json:"where"`
	Traceback string   `json:"traceback"`
	Nearest   []string `json:"nearest"`
}

// line is the exception and where it was raised.
func (r report) line() string {
	if r.Where == "" {
		return r.Text
	}
	return fmt.Sprintf("%s (%s)", r.Text, r.Where)
}
