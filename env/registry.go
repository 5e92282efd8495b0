package env

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync"
)

// Task is one entry of the registry.
type Task struct {
	ID      string   // canonical: family/task[:variant], lower case
	Aliases []string // other accepted names, such as "HalfCheetah-v5"
	Family  string   // "classic", "leg2r", "gym", ...
	Summary string   // one line for `demorl env list`
	// Make returns a new bare instance (no time limit, no scaling).
	Make func() (Env, error)
	// Needs returns "" when the task can run here, else the one line that mends it.
	Needs func() string
	// Describe returns the Spec without needing the simulator.
	Describe func() Spec
	// Published names the key of the settings tables (method.md part E), such
	// as "HalfCheetah"; empty for a task that no table names.
	Published string
}

var (
	mu        sync.RWMutex
	tasks     = map[string]Task{}
	aliases   = map[string]string{}
	resolvers []func(name string) (Task, bool, error)
)

// Register adds a task. It panics on a name that is taken: that is a mistake
// in the program, not in its input.
func Register(t Task) {
	mu.Lock()
	defer mu.Unlock()
	for _, name := range append([]string{t.ID}, t.Aliases...) {
		key := strings.ToLower(name)
		if _, taken := aliases[key]; taken {
			panic("env: task name registered twice: " + name)
		}
		aliases[key] = t.ID
	}
	tasks[t.ID] = t
}

// AddResolver adds a finder of tasks that are not in the registry: Lookup asks
// it for names that no registered task has. r returns false for a name that is
// not its own, and an error for one that is and names no task.
func AddResolver(r func(name string) (Task, bool, error)) {
	mu.Lock()
	defer mu.Unlock()
	resolvers = append(resolvers, r)
}

// UnknownTaskError is returned for a name that no task has.
type UnknownTaskError struct {
	Name    string
	Nearest []string // the closest known names, best first
}

func (e *UnknownTaskError) Error() string {
	msg := fmt.Sprintf("unknown environment %q", e.Name)
	if len(e.Nearest) > 0 {
		msg += "; did you mean " + strings.Join(e.Nearest, ", ") + "?"
	}
	return msg + " (see `demorl env list`)"
}

// MissingError is returned for a task whose simulator is not installed.
type MissingError struct{ ID, Needs string }

func (e *MissingError) Error() string { return fmt.Sprintf("%s needs %s", e.ID, e.Needs) }

// Lookup finds a task by id or alias, without regard to case, and asks the
// resolvers for a name that no registered task has.
func Lookup(name string) (Task, error) {
	mu.RLock()
	id, ok := aliases[strings.ToLower(name)]
	task, ask := tasks[id], resolvers
	mu.RUnlock()
	if ok {
		return task, nil
	}
	for _, r := range ask {
		if t, found, err := r(name); found || err != nil {
			return t, err
		}
	}
	mu.RLock()
	defer mu.RUnlock()
	return Task{}, &UnknownTaskError{Name: name, Nearest: nearest(name)}
}

// Make returns a new bare instance of the named task.
func Make(name string) (Env, error) {
	t, err := Lookup(name)
	if err != nil {
		return nil, err
	}
	if t.Needs != nil {
		if needs := t.Needs(); needs != "" {
			return nil, &MissingError{ID: t.ID, Needs: needs}
		}
	}
	return t.Make()
}

// Tasks returns all tasks sorted by id.
func Tasks() []Task {
	mu.RLock()
	defer mu.RUnlock()
	all := make([]Task, 0, len(tasks))
	for _, t := range tasks {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b Task) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// nearest returns up to three known names by edit distance. mu is held.
func nearest(name string) []string {
	type scored struct {
		name string
		d    int
	}
	var all []scored
	for id, t := range tasks {
		for _, n := range append([]string{id}, t.Aliases...) {
			all = append(all, scored{n, EditDistance(strings.ToLower(name), strings.ToLower(n))})
		}
	}
	sort.Slice(all, func(i, j int) bool {
		return all[i].d < all[j].d || all[i].d == all[j].d && all[i].name < all[j].name
	})
	var out []string
	for _, s := range all {
		if len(out) == 3 || s.d > max(3, len(name)/2) {
			break
		}
		out = append(out, s.name)
	}
	return out
}

// EditDistance is the Levenshtein distance of a and b in bytes.
func EditDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diag := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diag
			if a[i] != b[j] {
				cost++
			}
			diag = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
