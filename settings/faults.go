package settings

import (
	"fmt"
	"strings"
)

// Fault is one thing that is wrong with a user's settings.
type Fault struct {
	Source       string // file name, "--set", or empty where the value is a default
	Line, Column int    // 1-based; 0 where the source has no lines
	Path         string // dotted path, empty where the document itself is broken
	Value        string // what was written
	Expected     string // what would have been right
	Nearest      string // the nearest valid name, for an unknown one
	Problem      string // the sentence
}

// Error is the fault on one line: position, path, sentence.
func (f Fault) Error() string {
	var b strings.Builder
	if f.Source != "" {
		b.WriteString(f.Source)
		if f.Line > 0 {
			fmt.Fprintf(&b, ":%d:%d", f.Line, f.Column)
		}
		b.WriteString(": ")
	}
	if f.Path != "" && !strings.Contains(f.Problem, f.Path) {
		b.WriteString(f.Path)
		b.WriteString(": ")
	}
	b.WriteString(f.Problem)
	return b.String()
}

// Faults is every fault of one decoding or validation. A program that gets one
// was used wrongly and exits with 2.
type Faults struct{ List []Fault }

// Error gives one fault a line.
func (e *Faults) Error() string {
	lines := make([]string, len(e.List))
	for i, f := range e.List {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// nearest returns the name that is fewest edits away from word, or "" where
// none is near: more than a third of the letters would have to change, and no
// name begins with word.
func nearest(word string, names []string) string {
	word = strings.ToLower(word)
	best, found := "", max(1, len(word)/3)+1
	for _, n := range names {
		if d := edits(word, n); d < found {
			best, found = n, d
		}
	}
	for _, n := range names {
		if best == "" && len(word) > 1 && strings.HasPrefix(n, word) {
			best = n
		}
	}
	return best
}

// edits is the Levenshtein distance with neighbouring swaps counted as one
// (optimal string alignment), in bytes.
func edits(a, b string) int {
	before, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], before[j-2]+1)
			}
		}
		before, prev, cur = prev, cur, before
	}
	return prev[len(b)]
}
